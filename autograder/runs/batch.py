"""Grades submissions in worker processes, and goes on when a worker dies."""

from __future__ import annotations

import contextlib
import functools
import pickle
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from pathlib import Path

from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.grading import (
    Looked,
    Result,
    Spec,
    SpecMark,
    Student,
    draw_pictures,
    error_result,
    grade_submission,
    load_spec,
    statuses_of_notebook,
)
from autograder.runs.messages import Graded, pack_result, pack_submission, unpack_result, unpack_submission
from autograder.runs.worker_process import FreshContext, start_worker
from autograder.sandbox import Isolation, Sandbox, SandboxBroken, memory_of_container, strictest_isolation
from autograder.submissions import Submission, files_beside

Pool = Callable[[int], Executor]  # makes an Executor with so many workers


def worker_processes(count: int) -> ProcessPoolExecutor:
    """Return worker processes on this machine. Each is a fresh interpreter, because threads do not survive a fork."""
    return ProcessPoolExecutor(count, FreshContext(), start_worker)


@contextlib.contextmanager
def warm_pool(count: int, assignment: Assignment, isolation: Isolation, wait_for_all: bool = False) -> Iterator[Pool]:
    """Start `count` workers. They load what they need while the caller still reads the submissions.

    With `wait_for_all`, wait here until they have. The first call of the Pool returns these workers. Later calls start
    new workers.
    """
    first = worker_processes(count)
    ready = [first]
    try:
        with contextlib.suppress(BrokenExecutor):  # the first submission meets the same error, and it is handled there
            place = (assignment.root, assignment.slug, isolation)
            warming = [first.submit(warm_up_worker, *place, wait_for_all) for _ in range(count)]
            if wait_for_all:
                wait(warming)
        yield lambda size: ready.pop() if ready else worker_processes(size)
    finally:
        first.shutdown(cancel_futures=True)


def grade_all(
    spec: SpecMark,
    submissions: Sequence[Submission],
    jobs: int,
    isolation: Isolation,
    illustrate: bool = False,
    pool: Pool = worker_processes,
    with_looks: bool = False,
) -> Iterator[Graded]:
    """Yield results and their pictures as they come from `jobs` workers. Each worker has a sandbox.

    With `with_looks`, what naming looked at comes in place of the pictures: pickled, by part.

    If a worker dies, the cause may be any submission that was being graded. Each of them is then graded again alone.
    A submission that kills its worker twice becomes an error. The other submissions are graded as before.
    """
    left = list(submissions)
    while left:
        answered: set[str] = set()
        suspects: list[Submission] = []
        for submission, graded in _in_workers(spec, left, jobs, isolation, illustrate, pool, with_looks):
            answered.add(submission.student)
            if isinstance(graded, BrokenExecutor):
                suspects.append(submission)
            else:
                yield _or_error(submission, graded, spec, isolation)
        for suspect in suspects:
            for submission, graded in _in_workers(spec, [suspect], 1, isolation, illustrate, pool, with_looks):
                yield _or_error(submission, graded, spec, isolation)
        left = [submission for submission in left if submission.student not in answered]


def _or_error(submission: Submission, graded: Graded | Exception, spec: SpecMark, isolation: Isolation) -> Graded:
    return (error_result(submission, spec, isolation, graded), {}) if isinstance(graded, Exception) else graded


def _in_workers(
    spec: SpecMark,
    submissions: Sequence[Submission],
    jobs: int,
    isolation: Isolation,
    illustrate: bool,
    pool: Pool,
    with_looks: bool,
) -> Iterator[tuple[Submission, Graded | Exception]]:
    """Send the workers one submission each, so that a worker that dies loses no other submission.

    End early if the workers are gone. Submissions that were not yielded by then were not sent.
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
                    message = pack_submission(submission, spec.sha256, files_beside(submission, spec.assignment))
                except OSError as problem:
                    yield submission, problem
                    continue
                try:
                    extra = (illustrate, with_looks)
                    futures[workers.submit(grade_in_worker, root, slug, isolation, message, *extra)] = submission
                except BrokenExecutor as problem:
                    more = False
                    yield submission, problem
                    break
            for submission, future in ended:  # the workers grade the next submissions meanwhile
                try:
                    yield submission, unpack_result(future.result())
                except UsageError:
                    raise
                except Exception as problem:  # noqa: BLE001 - an error of the grader, for this submission only
                    yield submission, problem
            done = wait(futures, return_when=FIRST_COMPLETED).done if futures else ()
            ended = [(futures.pop(future), future) for future in done]


def warm_up_worker(root: Path, slug: str, isolation: Isolation, wait_for_sandbox: bool = False) -> None:
    """Let a worker load what it needs before the first submission comes."""
    sandbox = _sandbox(root, slug, isolation)
    loaded_spec(root, slug)
    if wait_for_sandbox:
        _ = sandbox.protections


def grade_in_worker(
    root: Path | None, slug: str, isolation: Isolation, message: bytes, illustrate: bool, with_looks: bool = False
) -> bytes:
    """Grade one submission in a worker. Without a `root`, use the course of the worker's folder.

    Raises UsageError if the worker's course differs from the caller's. Any other exception is the grader's own error.
    """
    root = root or course_root()
    submission, spec_sha256 = unpack_submission(message)
    _sandbox(root, slug, isolation)  # the sandbox starts while the spec is loaded
    spec = loaded_spec(root, slug)
    if spec.sha256 != spec_sha256:
        raise UsageError(
            f"the worker on {platform.node()} has another version of {slug} or of the kit than this command: "
            "give both the same version, restart the worker, and run the same command again to resume."
        )
    try:
        return _graded(spec, _sandbox(root, slug, isolation), submission, illustrate, with_looks)
    except SandboxBroken:  # the cause may have passed, so try once more in a new sandbox
        return _graded(spec, _sandbox(root, slug, isolation), submission, illustrate, with_looks)


def statuses_in_worker(root: Path, slug: str, notebook: bytes) -> dict[str, str]:
    """Return the status of each check of a notebook of ours, without names and explanations."""
    spec, isolation = loaded_spec(root, slug), strictest_isolation()
    try:
        return statuses_of_notebook(notebook, spec, _sandbox(root, slug, isolation))
    except SandboxBroken:
        _sandbox(root, slug, isolation).close()
        _sandbox.cache_clear()
        return statuses_of_notebook(notebook, spec, _sandbox(root, slug, isolation))


def _graded(spec: Spec, sandbox: Sandbox, submission: Submission, illustrate: bool, with_looks: bool) -> bytes:
    beside: dict[str, bytes] = {}
    noted: list[Looked | None] = []

    def draw(student: Student, result: Result) -> None:
        if illustrate:
            beside.update(draw_pictures(spec.assignment, student, result, submission.seed))

    try:
        _ = sandbox.protections  # wait for the sandbox before the submission's time is counted
        with memory_of_container():
            result = grade_submission(submission, spec, sandbox, draw, noted)
    except SandboxBroken:
        sandbox.close()
        _sandbox.cache_clear()  # the next submission gets a new sandbox
        raise
    return pack_result(result, _packed_looks(noted) if with_looks else beside)


def _packed_looks(noted: Sequence[Looked | None]) -> dict[str, bytes]:
    """What naming looked at, by part. An empty text stands for what is not known or can't be packed."""
    packed = {}
    for looked in noted:
        try:
            packed[looked.part if looked else ""] = pickle.dumps(looked) if looked else b""
        except Exception:  # noqa: BLE001 - an object of a notebook can't be packed
            packed[""] = b""
    return packed


@functools.cache
def loaded_spec(root: Path, slug: str) -> Spec:
    """Return the spec that this process loaded first. Later changes on the disk do not count for it."""
    return load_spec(load(root, slug))


@functools.cache
def _sandbox(root: Path, slug: str, isolation: Isolation) -> Sandbox:
    """Return the sandbox that a worker keeps from one submission to the next."""
    return Sandbox(load(root, slug).limits, isolation)
