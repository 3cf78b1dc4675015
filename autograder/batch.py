"""Grades many submissions in worker processes and writes each result to the ledger as it comes."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from autograder import judge, pictures
from autograder.assignment import load
from autograder.file_names import file_name
from autograder.jail import Isolation, Jail, JailBroken
from autograder.ledger import Ledger, Result, settles
from autograder.notebook import Unreadable
from autograder.spec import Spec, load_spec
from autograder.student import Student
from autograder.submissions import Submission
from autograder.workers import single

Graded = tuple[Result, dict[str, bytes]]
Pool = Callable[[int], Executor]  # gives so many workers, wherever they are


def processes(count: int) -> Executor:
    """Worker processes on this machine, each a fresh interpreter: threads do not survive a fork."""
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), single)


def run(
    spec: Spec,
    submissions: Sequence[Submission],
    ledger: Ledger,
    jobs: int,
    isolation: Isolation,
    progress: Callable[[Result | None], None],
) -> list[Result]:
    """Grade what the ledger does not settle yet; the results of all submissions, in their order.

    `progress` is called once for each submission, with None for one that was settled already.
    """
    results = {}
    due = []
    known = ledger.latest()
    for submission in submissions:
        old = known.get(submission.student)
        if old and settles(old, _notebook_sha256(submission), spec.sha256):
            if old.get("submitted_at") != submission.submitted_at:  # handed in again, unchanged
                old = {**old, "submitted_at": submission.submitted_at}
                ledger.append(old)
            results[submission.student] = old
            progress(None)
        else:
            due.append(submission)
    for result, drawn in grade_all(spec, due, jobs, isolation, illustrate=True):
        pictures.keep(ledger.path.parent, file_name(result["student"]), drawn)
        ledger.append(result)
        results[result["student"]] = result
        progress(result)
    return [results[submission.student] for submission in submissions]


def grade_all(
    spec: Spec,
    submissions: Sequence[Submission],
    jobs: int,
    isolation: Isolation,
    illustrate: bool = False,
    pool: Pool = processes,
) -> Iterator[Graded]:
    """Results and their pictures as they come, from `jobs` workers with a jail each.

    When a worker dies, nobody knows over which submission: those that were left are then graded again, one
    after the other, so that one that does it twice is known and takes no other with it.
    """
    left, workers, again = list(submissions), jobs, False
    while left:
        unfinished = {}
        for submission, graded in _in_workers(spec, left, workers, isolation, illustrate, pool):
            if isinstance(graded, BrokenExecutor):
                unfinished[submission.student] = graded
            elif isinstance(graded, Exception):
                yield judge.error(submission, spec, isolation, graded), {}
            else:
                yield graded
        left = [submission for submission in left if submission.student in unfinished]
        if left and again:
            blamed = left.pop(0)  # the only one that was being graded
            yield judge.error(blamed, spec, isolation, unfinished[blamed.student]), {}
        workers, again = 1, True


def _in_workers(
    spec: Spec, submissions: Sequence[Submission], jobs: int, isolation: Isolation, illustrate: bool, pool: Pool
) -> Iterator[tuple[Submission, Graded | Exception]]:
    if not submissions:
        return
    root, slug = spec.assignment.root, spec.assignment.slug
    with pool(min(jobs, len(submissions))) as workers:
        futures: dict[Future[Graded], Submission] = {}
        for submission in submissions:
            try:
                futures[workers.submit(grade_one, root, slug, isolation, submission, illustrate)] = submission
            except BrokenExecutor as problem:
                yield submission, problem
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except Exception as problem:  # noqa: BLE001 - ours, whatever it is, and no other submission's
                yield futures[future], problem


def prepare(root: Path, slug: str, isolation: Isolation) -> None:
    """What a worker may do before the first submission comes."""
    _bench(root, slug, isolation)


def grade_one(root: Path, slug: str, isolation: Isolation, submission: Submission, illustrate: bool) -> Graded:
    """What a worker does. Raises whatever is ours, JailBroken among it."""
    spec, jail = _bench(root, slug, isolation)
    drawn: dict[str, bytes] = {}

    def draw(student: Student, result: Result) -> None:
        drawn.update(pictures.draw(spec.assignment, student, result))

    try:
        return judge.grade(submission, spec, jail, *([draw] if illustrate else [])), drawn
    except JailBroken:
        jail.close()
        _bench.cache_clear()  # the next submission gets a new jail
        raise


@functools.cache
def _bench(root: Path, slug: str, isolation: Isolation) -> tuple[Spec, Jail]:
    """What a worker process keeps from one submission to the next."""
    assignment = load(root, slug)
    jail = Jail(assignment.limits, isolation)  # gets warm while the spec is loaded
    return load_spec(assignment), jail


def _notebook_sha256(submission: Submission) -> str:
    try:
        raw = submission.read()
    except Unreadable:
        raw = b""
    return hashlib.sha256(raw).hexdigest()
