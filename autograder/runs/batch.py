"""Grades many submissions in worker processes and writes each result to the ledger as it comes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from autograder.assignment import (
    Assignment,
    Unreadable,
    UsageError,
    course_root,
    load,
)
from autograder.grading import (
    Result,
    Spec,
    Student,
    draw_pictures,
    error_result,
    grade_submission,
    load_spec,
    made_for,
    remove_pictures,
    save_pictures,
    variant_mark,
)
from autograder.runs.ledger import Ledger, StoredResults, settles
from autograder.runs.messages import (
    Graded,
    pack_result,
    pack_submission,
    unpack_result,
    unpack_submission,
)
from autograder.runs.worker_process import start_worker
from autograder.sandbox import Isolation, Sandbox, SandboxBroken
from autograder.submissions import Submission, file_name

Pool = Callable[[int], Executor]  # gives so many workers, wherever they are


def worker_processes(count: int) -> Executor:
    """Worker processes on this machine, each a fresh interpreter: threads do not survive a fork."""
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), start_worker)


@contextlib.contextmanager
def warm_pool(count: int, assignment: Assignment, isolation: Isolation) -> Iterator[Pool]:
    """So many processes that get ready at once, while whoever asks for them still reads; later ones on demand."""
    first = worker_processes(count)
    ready = [first]
    try:
        with contextlib.suppress(BrokenExecutor):  # whoever submits the first submission hears of it, and goes on
            for _ in range(count):
                first.submit(warm_up_worker, assignment.root, assignment.slug, isolation)
        yield lambda size: ready.pop() if ready else worker_processes(size)
    finally:
        first.shutdown(cancel_futures=True)


def grade_into_ledger(
    spec: Spec,
    submissions: Sequence[Submission],
    ledger: Ledger,
    jobs: int,
    isolation: Isolation,
    progress: Callable[[Result | None], None],
    pool: Pool = worker_processes,
    owners: Mapping[str, str] | None = None,
) -> None:
    """Grade what the ledger does not settle yet, and write it there; nothing of a result is kept but that line.

    `progress` is called once for each submission, with None for one that was settled already. `owners` are the
    students by the marks of their personal variants, where there are any.
    """
    due = []
    moved: dict[str, dict[str, Any]] = {}  # what else than the grade is another one now
    known = ledger.heads()
    for submission in submissions:
        old = known.get(submission.student)
        variant = None if submission.seed is None else variant_mark(submission.seed)
        raw, why = _read(submission) if old else (b"", "")
        digest = hashlib.sha256(raw).hexdigest()
        if old and settles(old, digest, spec.sha256, variant) and (not why or why == old["message"]):
            now: dict[str, Any] = {"submitted_at": submission.submitted_at}  # it may be handed in again, unchanged
            if owners is not None:  # and another may be on the roster by now
                now["made_for"] = made_for(raw, submission.seed, owners)
            if any((old[name] or None) != (value or None) for name, value in now.items()):
                moved[submission.student] = now
            progress(None)
        else:
            due.append(submission)
    if moved:
        latest = StoredResults(ledger.path)
        for student, now in moved.items():
            _keep(ledger, {**latest[student], **now})
    by_student = {submission.student: submission for submission in due}
    for result, drawn in grade_all(spec, due, jobs, isolation, illustrate=True, pool=pool):
        if owners is not None:
            submission = by_student[result["student"]]
            result["made_for"] = made_for(_read(submission)[0], submission.seed, owners)
        name = file_name(result["student"])
        remove_pictures(ledger.path.parent, name)  # of an earlier submission
        _keep(ledger, result)
        save_pictures(ledger.path.parent, name, drawn)
        progress(result)


def _keep(ledger: Ledger, result: Result) -> None:
    try:
        ledger.append(result)
    except OSError as problem:
        raise UsageError(
            f"{ledger.path}: can't be written ({problem.strerror}); mend that, and run the same command again: what is "
            "in it is kept."
        ) from None


def grade_all(
    spec: Spec,
    submissions: Sequence[Submission],
    jobs: int,
    isolation: Isolation,
    illustrate: bool = False,
    pool: Pool = worker_processes,
) -> Iterator[Graded]:
    """Results and their pictures as they come, from `jobs` workers with a sandbox each.

    When a worker dies, nobody knows over which submission: each of those that were under way is then graded again
    on its own, so that one that does it twice is known and takes no other with it. The rest goes on as before.
    """
    left = list(submissions)
    while left:
        answered: set[str] = set()
        suspects: list[Submission] = []
        for submission, graded in _in_workers(spec, left, jobs, isolation, illustrate, pool):
            answered.add(submission.student)
            if isinstance(graded, BrokenExecutor):
                suspects.append(submission)
            else:
                yield _or_error(submission, graded, spec, isolation)
        for suspect in suspects:
            for submission, graded in _in_workers(spec, [suspect], 1, isolation, illustrate, pool):
                yield _or_error(submission, graded, spec, isolation)
        left = [submission for submission in left if submission.student not in answered]


def _or_error(submission: Submission, graded: Graded | Exception, spec: Spec, isolation: Isolation) -> Graded:
    return (error_result(submission, spec, isolation, graded), {}) if isinstance(graded, Exception) else graded


def _in_workers(
    spec: Spec, submissions: Sequence[Submission], jobs: int, isolation: Isolation, illustrate: bool, pool: Pool
) -> Iterator[tuple[Submission, Graded | Exception]]:
    """Sends no more than there are workers: what waits is on the disk, and one that dies takes nothing with it.

    Ends early where the workers are gone; what it has not named by then was not sent.
    """
    root, slug = spec.assignment.root, spec.assignment.slug
    waiting = iter(submissions)
    with pool(min(jobs, len(submissions))) as workers:
        futures: dict[Future[bytes], Submission] = {}
        ended: list[tuple[Submission, Future[bytes]]] = []
        more = True
        while more or futures or ended:
            while more and len(futures) < jobs:
                submission = next(waiting, None)
                if submission is None:
                    more = False
                    break
                try:
                    message = pack_submission(submission, spec.sha256)
                except OSError as problem:
                    yield submission, problem
                    continue
                try:
                    futures[workers.submit(grade_in_worker, root, slug, isolation, message, illustrate)] = submission
                except BrokenExecutor as problem:
                    more = False
                    yield submission, problem
                    break
            for submission, future in ended:  # while the workers have the next ones
                try:
                    yield submission, unpack_result(future.result())
                except UsageError:
                    raise
                except Exception as problem:  # noqa: BLE001 - ours, whatever it is, and no other submission's
                    yield submission, problem
            done = wait(futures, return_when=FIRST_COMPLETED).done if futures else ()
            ended = [(futures.pop(future), future) for future in done]


def warm_up_worker(root: Path, slug: str, isolation: Isolation) -> None:
    """What a worker may do before the first submission comes."""
    _sandbox(root, slug, isolation)
    loaded_spec(root, slug)


def grade_in_worker(root: Path | None, slug: str, isolation: Isolation, message: bytes, illustrate: bool) -> bytes:
    """What a worker does, with the course at `root` or around its current folder.

    Raises whatever is ours, SandboxBroken among it, and UsageError when the course here is not the one that is meant.
    """
    root = root or course_root()
    submission, spec_sha256 = unpack_submission(message)
    _sandbox(root, slug, isolation)  # gets warm while the spec is loaded
    spec = loaded_spec(root, slug)
    if spec.sha256 != spec_sha256:
        raise UsageError(
            f"the worker on {platform.node()} has another version of {slug} or of the kit than the one that asks: "
            "bring both to the same, start it again, and run the same command to go on."
        )
    try:
        return _graded(spec, _sandbox(root, slug, isolation), submission, illustrate)
    except SandboxBroken:  # what broke it may be over: once more, in a new one
        return _graded(spec, _sandbox(root, slug, isolation), submission, illustrate)


def _graded(spec: Spec, sandbox: Sandbox, submission: Submission, illustrate: bool) -> bytes:
    drawn: dict[str, bytes] = {}

    def draw(student: Student, result: Result) -> None:
        drawn.update(draw_pictures(spec.assignment, student, result, submission.seed))

    try:
        _ = sandbox.means  # warm before the first submission's clock runs
        result = grade_submission(submission, spec, sandbox, *([draw] if illustrate else []))
    except SandboxBroken:
        sandbox.close()
        _sandbox.cache_clear()  # the next one gets a new sandbox
        raise
    return pack_result(result, drawn)


@functools.cache
def loaded_spec(root: Path, slug: str) -> Spec:
    """The spec that this process has loaded, and goes on with whatever changes on the disk."""
    return load_spec(load(root, slug))


@functools.cache
def _sandbox(root: Path, slug: str, isolation: Isolation) -> Sandbox:
    """What a worker process keeps from one submission to the next."""
    return Sandbox(load(root, slug).limits, isolation)


def _read(submission: Submission) -> tuple[bytes, str]:
    """The notebook, or why it can't be read."""
    try:
        return submission.read(), ""
    except Unreadable as problem:
        return b"", str(problem)
    except OSError:
        return b"", "not to be read now"  # whoever grades it finds out why
