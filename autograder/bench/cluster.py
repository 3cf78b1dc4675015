"""Measures how long the scheduler, the client and the ledger take for a large class, if grading itself costs nothing.

    python -m autograder.bench.cluster SLUG --tasks 1000 --tasks 20000 --tasks 100000

starts a scheduler and workers on this machine. The client does all that `autograder grade --scheduler` does for a
class. It reads each notebook, sends it, receives a result of the usual size and writes the result to the ledger. At the
end it records the fingerprints of the code and prints the class. Only the function that grades is replaced: the new one
returns at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.assignment import course_root, load
from autograder.commands.grade import print_class
from autograder.grading import Result, error_result, load_spec
from autograder.marking import grades_of
from autograder.runs import (
    Ledger,
    ResultsInOrder,
    StoredResults,
    connected_cluster,
    grade_all,
    grade_into_ledger,
    pack_result,
    record_fingerprints,
    unpack_submission,
)
from autograder.sandbox import strictest_isolation
from autograder.submissions import Roster, Submission


def no_op(template: str, message: bytes) -> bytes:
    """A packed result of the usual size, without grading."""
    return pack_result(Result(json.loads(template), student=unpack_submission(message)[0].student), {})


class _NoOp(Executor):
    """Passes each call on to a cluster, which then calls `no_op` instead of grading."""

    def __init__(self, inner: Executor, template: str) -> None:
        self._inner = inner
        self._template = template

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        from autograder.bench.cluster import without_root  # a worker can import this name, but not __main__

        root, _, _, message, _ = args
        return self._inner.submit(without_root, root, self._template, message)


def without_root(_: None, template: str, message: bytes) -> bytes:
    """Call `no_op`. A worker calls this function instead of `grade_one`."""
    return no_op(template, message)


def measure(root: Path, slug: str, address: str, tasks: int, in_flight: int) -> dict[str, float]:
    """Seconds and megabytes of a client that sends `tasks` submissions to a cluster that does not grade them."""
    assignment = load(root, slug)
    spec = load_spec(assignment)
    notebook = assignment.source / assignment.notebook
    [(solved, _)] = grade_all(spec, [Submission("nobody", notebook)], 1, strictest_isolation())
    template = json.dumps(solved)
    # All submissions are the same file: the client reads just as often, and the disk needs no more space.
    submissions = [Submission(f"s{i:06}", notebook) for i in range(tasks)]
    with tempfile.TemporaryDirectory() as folder, connected_cluster(address, spec, strictest_isolation()) as cluster:
        ledger = Ledger(Path(folder))
        before = _megabytes()
        started = time.perf_counter()

        def pool(count: int) -> _NoOp:
            return _NoOp(cluster.pool(count), template)

        for _ in grade_into_ledger(spec, submissions, ledger, in_flight, strictest_isolation(), pool):
            pass
        seconds = time.perf_counter() - started
        size = ledger.path.stat().st_size / 2**20
        graded = _megabytes()
        started = time.perf_counter()
        results = ResultsInOrder(StoredResults(ledger.path), [submission.student for submission in submissions])
        assert not record_fingerprints(Path(folder), assignment, submissions, results)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            print_class(
                assignment, results, grades_of(assignment, Path(folder), results, Roster()), {}, {}, regrade=False
            )
        end, most = time.perf_counter() - started, _megabytes()
        assert len(ledger.latest()) == tasks  # reads all results at once, as a report does
    found = {"seconds": seconds, "end": end, "before": before, "graded": graded, "most": most, "ledger": size}
    return {**found, "report": _megabytes()}


def ledger_alone(root: Path, slug: str, tasks: int) -> float:
    """Seconds to append `tasks` results to a ledger, each of them on the disk before the next."""
    spec = load_spec(load(root, slug))
    outcomes = error_result(
        Submission("nobody", Path("nobody.ipynb")), spec, strictest_isolation(), OSError("x" * 9000)
    )
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        started = time.perf_counter()
        for i in range(tasks):
            ledger.append({**outcomes, "student": f"s{i:06}"})
        return time.perf_counter() - started


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _cluster(root: Path, workers: int) -> Any:
    dask = str(Path(sys.executable).with_name("dask"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": root}
        options = ["--scheduler-file", str(file), "--no-dashboard"]
        running = [subprocess.Popen([dask, "scheduler", *options, "--host", "127.0.0.1", "--port", "0"], **quiet)]
        more = ["--nthreads", "1", "--nworkers", str(workers), "--local-directory", folder]
        running.append(subprocess.Popen([dask, "worker", *options, *more], **quiet))
        try:
            while not file.exists() or not file.stat().st_size:
                time.sleep(0.1)
            yield json.loads(file.read_text())["address"]
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait()


def main() -> None:
    """Print a line for each number of tasks. Each is measured in a client process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slug")
    parser.add_argument("--tasks", type=int, action="append")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=64, help="how many submissions are sent ahead")
    options = parser.parse_args()
    root = course_root()
    with _cluster(root, options.workers) as address:
        for tasks in options.tasks or [1000]:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client:
                found = client.submit(measure, root, options.slug, address, tasks, options.in_flight).result()
                alone = client.submit(ledger_alone, root, options.slug, tasks).result()
            print(
                f"{tasks:>7} tasks: {found['seconds']:7.1f} s, {tasks / found['seconds']:5.0f} a second. "
                f"The client's memory grew from {found['before']:.0f} to at most {found['graded']:.0f} MB in grading, "
                f"to {found['most']:.0f} MB in the {found['end']:.1f} s after grading, "
                f"and to {found['report']:.0f} MB for a report, which reads all results. "
                f"The ledger has {found['ledger']:.0f} MB; writing it alone takes {alone:.1f} s, "
                f"{tasks / alone:.0f} a second.",
                flush=True,
            )


if __name__ == "__main__":
    main()
