"""Grades a class: finds the submissions, resumes where the ledger ends, and prints notes for the instructor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, UsageError
from autograder.grading import (
    Result,
    SpecMark,
    Variants,
    marks_in,
    printable,
    rubric,
    spec_mark,
    variant_mark,
    variants_of_class,
    why_common_data,
)
from autograder.runs.batch import Pool, warm_pool, worker_processes
from autograder.runs.cluster import connected_cluster
from autograder.runs.fingerprints import record_fingerprints
from autograder.runs.ledger import LEDGER_NAME, NOT_CONFIRMED, Ledger, ResultsInOrder, StoredResults, locked
from autograder.runs.notebooks import record_notebooks
from autograder.runs.rescore import rescore
from autograder.runs.resume import append_result, grade_into_ledger
from autograder.runs.worker_process import worker_count
from autograder.sandbox import Isolation, describe_isolation, memory_bytes, why_not_installed, why_unavailable
from autograder.submissions import (
    Groups,
    Roster,
    Submission,
    find_submissions,
    name_students,
    names_without_submission,
)

_MOST_NAMES = 20  # in one sentence


@dataclass(frozen=True)
class Options:
    """How a class is graded. `jobs` is the number of workers. 0 means one for each core, or a whole cluster.

    `platform` exported the submissions. None means that the names decide, and "files" that none did.
    """

    jobs: int
    isolation: Isolation
    regrade: bool = False
    scheduler: str | None = None
    platform: str | None = None


class ClassRun(Iterator[Result]):
    """A class that is being graded. It yields the result of each submission as soon as the ledger has it.

    - `submissions` are graded. Their number is the length of the run.
    - `previous` maps a student to the result that the ledger held before. It is read when it is used.

    While a run is open, no other run can write the same ledger. It closes at its end. In a `with` statement it closes
    when the statement ends, so that what is read there stays as it is.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        previous: Mapping[str, Result],
        coming: Generator[Result],
        ledger: Ledger,
        opened: ExitStack,
    ) -> None:
        self.submissions = submissions
        self.previous = previous
        self._coming = coming
        self._ledger = ledger
        self._opened = opened
        self._closes_at_end = True

    def __len__(self) -> int:
        return len(self.submissions)

    def __next__(self) -> Result:
        try:
            return next(self._coming)
        except BaseException:  # the end, or what ended it
            if self._closes_at_end:
                self.close()
            raise

    def __enter__(self) -> ClassRun:
        self._closes_at_end = False
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def results(self) -> Sequence[Result]:
        """The results of the submissions, in their order, when all are graded. A result is read when it is used."""
        return _in_order(self._ledger, self.submissions)

    def note(self, result: Result, **fields: Any) -> None:
        """Add fields to a result in the ledger, if they are new. Raises UsageError if they cannot be written."""
        if any(result.get(name) != value for name, value in fields.items()):
            append_result(self._ledger, Result(result | fields))

    def close(self) -> None:
        """End the workers and release the ledger. What was graded until now is in the ledger."""
        self._coming.close()
        self._opened.close()


def _in_order(ledger: Ledger, submissions: Sequence[Submission]) -> Sequence[Result]:
    return ResultsInOrder(StoredResults(ledger.path), [submission.student for submission in submissions])


def grade_class(
    assignment: Assignment,
    paths: Sequence[Path],
    out: Path,
    options: Options,
    roster: Roster,
    say: Callable[[str], None],
    groups: Groups | None = None,
) -> ClassRun:
    """Begin to grade every submission under the paths into the ledger in `out`. Take the results to go on.

    `say` gets notes for the instructor, each a sentence. Raises UsageError if the class cannot be graded.
    """
    with ExitStack() as opened:
        if options.scheduler is None and (why := why_not_installed(options.isolation, assignment.limits)):
            raise UsageError(why)  # with a cluster, student code does not run on this machine
        opened.enter_context(locked(out, say))
        found = find_submissions(paths, assignment, options.platform, say)
        submissions, notes = name_students(found, roster, groups or {}, assignment.zone)
        _demand_one_each(submissions, roster)
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
            submissions = [replace(s, seed=_seed(s, variants, roster)) for s in submissions]
        ledger = _open_ledger(out)
        if options.regrade:
            ledger.set_aside()
            previous = ledger.previous([s.student for s in submissions], spec.sha256)
        else:
            previous = StoredResults(ledger.path)
            renamed = {s.student for s in found} - {s.student for s in submissions}
            twice = [student for student in previous if student in renamed]
            notes.append(("In the ledger twice now, as the roster gave them other names. --regrade mends it", twice))
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
        ignored = names_without_submission(paths, assignment, options.platform)
        for note in _sentences([*_missing(ignored, submissions, roster), *notes]):
            say(note)
        owners = variants.owners() if variants else None

        def coming() -> Generator[Result]:
            yield from grade_into_ledger(spec, submissions, ledger, size, options.isolation, pool, owners)
            record_notebooks(out, submissions)
            results = _in_order(ledger, submissions)
            doubt = "" if ledger.is_confirmed else NOT_CONFIRMED.format(folder=out)
            for problem in filter(None, (doubt, record_fingerprints(out, assignment, submissions, results))):
                say(problem)

        return ClassRun(submissions, previous, coming(), ledger, opened.pop_all())


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


def _seed(submission: Submission, variants: Variants, roster: Roster) -> int | None:
    """The seed of a student. A group has that of the member for whom the notebook was made, or of its first member."""
    if not submission.members:
        return variants.seed(roster.student(submission.student))
    seeds = [seed for m in submission.members if (seed := variants.seed(roster.student(m))) is not None]
    made_for = marks_in(submission)
    return next((seed for seed in seeds if variant_mark(seed) in made_for), seeds[0] if seeds else None)


def _missing(
    ignored: Sequence[str], submissions: Sequence[Submission], roster: Roster
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what was ignored, and where the roster and the submissions differ."""
    present = {roster.student(submission.student) for submission in submissions}
    yield "Ignored, because it holds no notebook", ignored
    yield "On the roster, but no submission", [student for student in roster.students if student not in present]
    strangers = [s.student for s in submissions if roster.students and not roster.student(s.student)]
    yield "Submitted, but not on the roster", strangers


def _sentences(notes: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield what is the case, with the names of which it is, unless there are none."""
    for what, names in notes:
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield printable(f"{what}: {', '.join(names[:_MOST_NAMES])}{more}", 2000)
