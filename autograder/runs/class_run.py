"""Grades a class: finds the submissions, resumes where the ledger ends, and prints notes for the instructor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.assignment import Assignment, UsageError
from autograder.grading import Result, SpecMark, printable, rubric, spec_mark, variants_of_class, why_common_data
from autograder.runs.batch import Pool, warm_pool, worker_processes
from autograder.runs.cluster import connected_cluster
from autograder.runs.fingerprints import record_fingerprints
from autograder.runs.ledger import LEDGER_NAME, NOT_CONFIRMED, Ledger, ResultsInOrder, StoredResults
from autograder.runs.notebooks import record_notebooks
from autograder.runs.rescore import rescore
from autograder.runs.resume import grade_into_ledger
from autograder.runs.worker_process import worker_count
from autograder.sandbox import Isolation, describe_isolation, memory_bytes, why_unavailable
from autograder.submissions import Roster, Submission, find_submissions, names_without_submission

_MOST_NAMES = 20  # in one sentence
Step = Callable[[object], None]  # moves a progress bar on by one


@dataclass(frozen=True)
class Options:
    """How a class is graded. `jobs` is the number of workers. 0 means one for each core, or a whole cluster."""

    jobs: int
    isolation: Isolation
    regrade: bool = False
    scheduler: str | None = None


@dataclass(frozen=True)
class ClassRun:
    """The submissions, their results, and the results that the ledger held before. A result is read when it is used."""

    submissions: Sequence[Submission]
    results: Sequence[Result]
    previous: Mapping[str, Result]


def grade_class(
    assignment: Assignment,
    paths: Sequence[Path],
    out: Path,
    options: Options,
    roster: Roster,
    say: Callable[[str], None],
    progress: Callable[[int], AbstractContextManager[Step]],
) -> ClassRun:
    """Grade every submission under the paths into the ledger in `out`.

    The caller holds the ledger's lock. `say` prints a note for the instructor. `progress` opens a bar for a number
    of submissions. Raises UsageError if the class cannot be graded.
    """
    submissions = find_submissions(paths, assignment)
    _demand_one_each(submissions, roster)
    with ExitStack() as opened:
        local_pool: Pool = worker_processes
        if options.scheduler is None:
            if options.regrade or not (out / LEDGER_NAME).exists():  # otherwise the workers may have nothing to do
                count = min(worker_count(options.jobs), len(submissions))
                local_pool = opened.enter_context(warm_pool(count, assignment, options.isolation))
            if why := why_unavailable(options.isolation, assignment.limits):
                raise UsageError(why)
        spec = spec_mark(assignment)
        # Some rows of a roster may have no student_id. Those students have no personal data.
        variants = variants_of_class(assignment, roster.students)
        if variants:
            submissions = [replace(s, seed=variants.seed(roster.student(s.student))) for s in submissions]
        ledger = _open_ledger(out)
        if options.regrade:
            ledger.set_aside()
            previous = ledger.previous([s.student for s in submissions], spec.sha256)
        else:
            previous = StoredResults(ledger.path)
            if changed := rescore(ledger, rubric(assignment)):
                say(f"The rubric changed since the last run. This changes the score of {len(changed)} students.")
        size, pool, levels = opened.enter_context(_workers(options, spec, local_pool))
        for line in (*(f"isolation {level}" for level in levels), *_notes_on_memory(assignment, options)):
            say(line)
        if variants:
            count = sum(submission.seed is not None for submission in submissions)
            say(f"personal data for {count} of {len(submissions)}")
        elif why := why_common_data(assignment, roster, submissions):
            say(why)
        for note in _notes_on_missing(names_without_submission(paths, assignment), submissions, roster):
            say(note)
        owners = variants.owners() if variants else None
        with progress(len(submissions)) as step:
            grade_into_ledger(spec, submissions, ledger, size, options.isolation, step, pool, owners)
    results = ResultsInOrder(StoredResults(ledger.path), [submission.student for submission in submissions])
    record_notebooks(out, submissions)
    doubt = "" if ledger.is_confirmed else NOT_CONFIRMED.format(folder=out)
    for problem in filter(None, (doubt, record_fingerprints(out, assignment, submissions, results))):
        say(problem)
    return ClassRun(submissions, results, previous)


def _open_ledger(out: Path) -> Ledger:
    try:
        return Ledger(out)
    except OSError as problem:
        raise UsageError(f"{out}: no ledger can be kept here ({problem.strerror}).") from None


@contextmanager
def _workers(options: Options, spec: SpecMark, local_pool: Pool) -> Iterator[tuple[int, Pool, tuple[str, ...]]]:
    """Yield the number of workers, their pool and their isolation. They are local processes or those of a cluster."""
    if options.scheduler is None:
        yield worker_count(options.jobs), local_pool, (describe_isolation(options.isolation, spec.assignment.limits),)
        return
    with connected_cluster(options.scheduler, spec, options.isolation) as cluster:
        levels = tuple(f"on the workers: {line}" for line in cluster.isolation)
        yield options.jobs or cluster.size, cluster.pool, levels


def _notes_on_memory(assignment: Assignment, options: Options) -> Iterator[str]:
    """Yield a sentence if the container has less memory than a submission may use."""
    has, may = memory_bytes(), assignment.limits.memory_mb
    if options.scheduler is None and has is not None and has < may << 20:
        yield (
            f"This container has {has >> 20} MB of memory, less than the {may} MB that a submission may use. "
            "A submission for which it is not enough becomes an error, not a grade."
        )


def _demand_one_each(submissions: Sequence[Submission], roster: Roster) -> None:
    """Raise UsageError if two submissions, whose names differ in capitals, would be those of one student."""
    found: dict[str, Submission] = {}
    for submission in submissions:
        student = roster.student(submission.student)
        if student and (other := found.setdefault(student, submission)) is not submission:
            raise UsageError(
                f"two submissions of '{student}': {other.path} ('{other.student}') and {submission.path} "
                f"('{submission.student}'). Keep one of them."
            )


def _notes_on_missing(ignored: Sequence[str], submissions: Sequence[Submission], roster: Roster) -> Iterator[str]:
    """Yield a sentence about what was ignored, and where the roster and the submissions differ."""
    present = {roster.student(submission.student) for submission in submissions}
    missing = [student for student in roster.students if student not in present]
    strangers = [s.student for s in submissions if roster.students and not roster.student(s.student)]
    for what, names in (
        ("Ignored, because it holds no notebook", ignored),
        ("On the roster, but no submission", missing),
        ("Submitted, but not on the roster", strangers),
    ):
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield printable(f"{what}: {', '.join(names[:_MOST_NAMES])}{more}", 2000)
