"""Disturbs grading to see whether a verdict changes: a busy machine, and several threads of linear algebra."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from threadpoolctl import threadpool_info, threadpool_limits

from autograder.assignment import (
    Alternative,
    Assignment,
    Case,
    Check,
    CheckFailed,
    Function,
    Misconception,
    declared_in,
)
from autograder.grading import Spec
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.prove import Row, row_of
from autograder.proof.trust import LoadTrust, ThreadTrust, outcome_line
from autograder.runs import grade_all, loaded_spec, warm_pool, worker_count, worker_processes
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission

BUSY = 4  # busy processes for each core
THREADS = (1, 4)
_SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(10**6))"
_SECONDS = 40.0  # how long grading the sample on the busy machine should take


def grade_under_load(
    spec: Spec, notebooks: Mapping[str, bytes], rows: Sequence[Row], jobs: int, progress: Callable[[str], None]
) -> LoadTrust:
    """Grade a sample of the notebooks again beside busy processes, and compare the outcomes with those in `rows`.

    The workers start before the machine is busy, because no limit counts how long they take.
    """
    cores = worker_count(0)
    sample, isolation = sample_for_load(rows, jobs, cores), strictest_isolation()
    results = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        warm_pool(min(jobs, len(sample)), spec.assignment, isolation, wait_for_all=True) as pool,
        busy_processes(BUSY * cores),
    ):
        submissions = [Submission(name, Path(folder, f"{name}.ipynb")) for name in sample]
        for submission in submissions:
            submission.path.write_bytes(notebooks[submission.student])
        for result, _ in grade_all(spec, submissions, jobs, isolation, pool=pool):
            results[result["student"]] = result
            progress(result["student"])
    before = {row.name: outcome_line(row.outcomes, row.named) for row in rows}
    now = [row_of(results[name], {}) for name in sample]
    differ = [row.name for row in now if outcome_line(row.outcomes, row.named) != before[row.name]]
    return LoadTrust(cores, BUSY * cores, len(results), differ)


def sample_for_load(rows: Sequence[Row], jobs: int, cores: int) -> list[str]:
    """Names of right and of wrong solutions, from the slowest to the quickest, as many as fit into the time.

    A slow solution is the first to meet a time limit, so the slowest one that fits is always among them.
    """
    slowdown = (jobs + BUSY * cores) / cores  # each process gets its share of the cores
    time_for_each_kind = _SECONDS / 2 * jobs / slowdown
    sample = []
    for kind in ("right", "wrong"):
        slowest_first = sorted((row for row in rows if row.kind == kind), key=lambda row: -row.seconds)
        fitting = [row for row in slowest_first if row.seconds <= time_for_each_kind] or slowest_first[-1:]
        for count in range(len(fitting), 0, -1):
            chosen = _spread(fitting, count)
            if count == 1 or sum(row.seconds for row in chosen) <= time_for_each_kind:
                sample += [row.name for row in chosen]
                break
    return sample


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    """So many of the rows, at even distances, with the first and, if there are several, the last one."""
    step = (len(rows) - 1) / max(1, count - 1)
    return [rows[round(i * step)] for i in range(count)]


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep the machine busy with this number of processes. They also end if this process is killed."""
    processes = [subprocess.Popen([sys.executable, "-I", "-S", "-c", _SPIN]) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def ask_with_threads(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> ThreadTrust | None:
    """Ask the checks of each right and wrong function with each number of threads. None if no library obeys the number.

    They run in worker processes of the kit, because a sandbox sets one thread of linear algebra.
    """
    names = solutions_of(assignment)
    ask = functools.partial(_ask_with_threads, assignment.root, assignment.slug)
    differ: list[str] = []
    with worker_processes(jobs) as pool:
        for name, found in zip(names, pool.map(ask, names), strict=True):
            if found is None:
                pool.shutdown(cancel_futures=True)
                return None
            differ += [f"{name}: {check}" for check in found]
            progress(name)
    return ThreadTrust(list(THREADS), len(names), differ)


def solutions_of(assignment: Assignment) -> list[str]:
    """The names of all right and wrong functions."""
    return [s.name for kind in (Alternative, Misconception) for s in _declared(assignment, kind)]


def _declared(assignment: Assignment, kind: type[Alternative | Misconception]) -> Sequence[Alternative | Misconception]:
    return declared_in(assignment.alternatives if kind is Alternative else assignment.misconceptions, kind)


def _ask_with_threads(root: Path, slug: str, name: str) -> list[str] | None:
    """The checks that judge a solution differently with another number of threads. None if the number can't be set."""
    spec = loaded_spec(root, slug)
    solved, function = _function_of(spec.assignment, name)  # loads the libraries before their threads are limited
    outcomes = []
    for count in THREADS:
        with threadpool_limits(count):
            if {library["num_threads"] for library in threadpool_info()} != {count}:
                return None
            outcomes.append(_outcomes_in_process(spec, solved, function))
    return [check for check, passed in outcomes[0].items() if any(other[check] != passed for other in outcomes)]


def _function_of(assignment: Assignment, name: str) -> tuple[str, Function]:
    """The name of the function that a solution is for, and the solution."""
    solution = next(s for kind in (Alternative, Misconception) for s in _declared(assignment, kind) if s.name == name)
    solved = solution.solves if isinstance(solution, Alternative) else assignment.part(solution.part).function
    return solved, solution.function


def _outcomes_in_process(spec: Spec, solved: str, function: Function) -> dict[str, bool]:
    """Which of the checks of its own function a solution passes."""
    assignment = spec.assignment
    functions = {f: getattr(assignment.solution, f) for f in assignment.functions} | {solved: function}
    student = InProcessStudent(functions)
    return {
        check.name: all(_passes(check, case, student) for case in cases)
        for check, cases in spec.checks_with_cases
        if assignment.part(check.part).function == solved
    }


def _passes(check: Check, case: Case, student: InProcessStudent) -> bool:
    try:
        check.ask(student, case)
    except CheckFailed:
        return False
    return True
