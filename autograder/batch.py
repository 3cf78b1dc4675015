"""Grades many submissions in worker processes and writes each result to the ledger as it comes."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
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
    spec: Spec, submissions: Sequence[Submission], jobs: int, isolation: Isolation, illustrate: bool = False
) -> Iterator[Graded]:
    """Results and their pictures as they come, from `jobs` worker processes with a jail each.

    When a worker dies, nobody knows over which submission: those that were left are then graded again, one
    after the other, so that one that does it twice is known and takes no other with it.
    """
    left, workers, again = list(submissions), jobs, False
    while left:
        unfinished = {}
        for submission, graded in _in_workers(spec, left, workers, isolation, illustrate):
            if isinstance(graded, BrokenProcessPool):
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
    spec: Spec, submissions: Sequence[Submission], jobs: int, isolation: Isolation, illustrate: bool
) -> Iterator[tuple[Submission, Graded | Exception]]:
    if not submissions:
        return
    root, slug = spec.assignment.root, spec.assignment.slug
    # A fresh interpreter a worker: this process may have threads, which do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(submissions)), context, single) as pool:
        futures: dict[Future[Graded], Submission] = {}
        for submission in submissions:
            try:
                futures[pool.submit(_grade_one, root, slug, isolation, submission, illustrate)] = submission
            except BrokenProcessPool as problem:
                yield submission, problem
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except Exception as problem:  # noqa: BLE001 - ours, whatever it is, and no other submission's
                yield futures[future], problem


def _grade_one(root: Path, slug: str, isolation: Isolation, submission: Submission, illustrate: bool) -> Graded:
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
