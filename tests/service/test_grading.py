"""The queue: what kills a worker, what is stopped, what counts, what is late."""

from __future__ import annotations

import dataclasses
import json
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.grading import Spec, Variants, variant_mark
from autograder.runs import latest_results, pack_result, unpack_submission, warm_up_worker
from autograder.sandbox import Isolation
from autograder.service import Entry, Store, entry_that_counts
from autograder.service.grading import Grading
from autograder.service.intake import is_late, iso
from autograder.service.ledgers import Ledgers
from autograder.service.store import Incoming
from autograder.service.turns import Turns
from autograder.submissions import Submission

NOON = 1_800_000_000


class Worker(Executor):
    """Stands where worker processes do: it dies of `poison`, and does not end `endless`."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.dead = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        if self.dead:
            raise BrokenExecutor("a worker that died takes nothing more")
        future: Future[Any] = Future()
        if function is warm_up_worker:
            future.set_result(None)
            return future
        submission, _ = unpack_submission(args[3])
        if submission.student == "poison":
            self.dead = True
            future.set_exception(BrokenExecutor("it died"))
        elif submission.student == "ours":
            future.set_exception(OSError("a defect of the kit"))
        elif submission.student != "endless":
            future.set_result(pack_result(graded(submission, self.spec), {}))
        return future


def graded(submission: Submission, spec: Spec) -> dict[str, Any]:
    result = {"schema": "autograder/result/v1", "assignment": spec.assignment.slug, "student": submission.student}
    result |= {"submitted_at": submission.submitted_at, "notebook_sha256": "", "spec_sha256": spec.sha256}
    return result | {
        "isolation": "strict",
        "status": "graded",
        "score": _score(submission),
        "seed": submission.seed,
        "variant": None if submission.seed is None else variant_mark(submission.seed),
        "parts": [],
    }


def _score(submission: Submission) -> float:
    return float(submission.read()) if submission.read().isdigit() else 1.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'submissions.db'}")
    yield store
    store.close()


@pytest.fixture
def start(store: Store, tmp_path: Path, course_spec: Spec) -> Callable[..., tuple[Grading, queue.SimpleQueue[int]]]:
    """A queue that grades what is in the store, and tells which receipts have come into the ledger."""

    def started(jobs: int = 1, variants: Any = None, **more: Any) -> tuple[Grading, queue.SimpleQueue[int]]:
        told: queue.SimpleQueue[int] = queue.SimpleQueue()
        slug = course_spec.assignment.slug

        class Telling(Ledgers):
            def settled(self, receipt: int, *rest: Any) -> None:
                super().settled(receipt, *rest)
                told.put(receipt)

        ledgers = Telling(store, tmp_path, {slug: course_spec.assignment})
        workers: Any = lambda _: Worker(course_spec)  # noqa: E731
        grading = Grading(store, {slug: course_spec}, ledgers, jobs, Isolation.strict, workers, variants)
        grading.start(**more)
        return grading, told

    return started


def hand_in(store: Store, student: str, score: int = 5, submission_id: str = "1") -> int:
    return store.accept(
        Incoming("em_gmm", student, submission_id, "n.ipynb", "0" * 64, b"%d" % score, b"{}"), NOON, 99
    )[0]


def in_ledger(tmp_path: Path) -> dict[str, Any]:
    return latest_results(tmp_path / "em_gmm/results.jsonl")


def test_a_submission_that_kills_its_worker_is_an_error_of_ours_and_the_others_are_graded(
    store: Store, tmp_path: Path, start: Any
) -> None:
    for student in ("ash", "poison", "ours", "elm"):
        hand_in(store, student)
    grading, told = start()
    assert [told.get(timeout=60) for _ in range(4)] == [1, 2, 3, 4]
    assert grading.alive
    assert grading.close(60) == 0
    statuses = {student: result["status"] for student, result in in_ledger(tmp_path).items()}
    assert statuses == {"ash": "graded", "poison": "error", "ours": "error", "elm": "graded"}
    assert list(store.due("em_gmm")) == [2, 3]  # tried again at the next start


def test_what_is_still_being_graded_when_it_stops_and_what_waits_is_graded_by_the_next_one(
    store: Store, tmp_path: Path, start: Any
) -> None:
    ash, endless, elm = hand_in(store, "ash"), hand_in(store, "endless"), hand_in(store, "elm")
    grading, told = start()
    assert told.get(timeout=60) == ash
    assert grading.close(0) == 1
    assert store.due("em_gmm") == {endless: "endless", elm: "elm"}
    assert set(in_ledger(tmp_path)) == {"ash"}


def test_what_the_ledger_lacks_is_caught_up_at_the_start_and_nothing_is_written_twice(
    store: Store, tmp_path: Path, start: Any
) -> None:
    hand_in(store, "ash", 5)
    grading, told = start()
    told.get(timeout=60)
    grading.close(60)
    ledger = tmp_path / "em_gmm/results.jsonl"
    before = ledger.read_bytes()
    start()[0].close(60)
    assert ledger.read_bytes() == before
    ledger.unlink()
    start()[0].close(60)
    assert ledger.read_bytes() == before


def test_other_checks_than_todays_are_asked_again_when_that_is_wanted(store: Store, start: Any) -> None:
    receipt = hand_in(store, "ash")
    grading, told = start()
    told.get(timeout=60)
    grading.close(60)
    result = store.result(receipt)
    assert result is not None
    store.settle(receipt, {**result, "spec_sha256": "of yesterday"})
    assert not store.due("em_gmm")
    grading, told = start(regrade=True)
    assert told.get(timeout=60) == receipt
    grading.close(60)


def test_a_secret_that_the_course_has_since_makes_grading_anew_on_data_of_ones_own(store: Store, start: Any) -> None:
    ash, elm = hand_in(store, "ash"), hand_in(store, "elm")
    own = {"em_gmm": Variants("em_gmm", frozenset({"ash"}), "a secret of the course, long enough to be one")}
    grading, told = start()
    assert [told.get(timeout=60) for _ in range(2)] == [ash, elm]
    grading.close(60)
    grading, told = start(regrade=True, variants=own)
    assert told.get(timeout=60) == ash  # elm is not on the roster of the variants
    grading.close(60)
    assert told.empty()
    oak = hand_in(store, "oak")
    grading, told = start(regrade=True, variants=own)
    assert told.get(timeout=60) == oak  # and not ash once more
    grading.close(60)


def test_students_take_turns_however_much_one_hands_in() -> None:
    turns = Turns()
    for receipt, student in enumerate(["ash", "ash", "ash", "ash", "elm", "oak", "elm"]):
        turns.put(student, receipt)
    first = [turns.get() for _ in range(4)]
    assert first == [0, 4, 5, 1]
    turns.put("fir", 7)
    assert [turns.get() for _ in range(4)] == [6, 2, 7, 3]
    turns.put("ash", 8)
    turns.close()
    assert turns.get() is None


def entry(receipt: int, status: str | None, score: float | None) -> Entry:
    return Entry(receipt, "em_gmm", "ash", NOON - receipt, "n.ipynb", "", status, score)


@pytest.mark.parametrize(
    ("policy", "entries", "stands"),
    [
        ("best", [("graded", 5), ("graded", 9), ("graded", 9), ("graded", 1)], 2),
        ("best", [("graded", 0), ("error", 0), (None, None)], 1),
        ("best", [("error", 0), ("error", 0)], 2),
        ("last", [("graded", 9), ("graded", 1), (None, None)], 2),
        ("last", [("graded", 9), ("unreadable", 0)], 2),
        ("last", [(None, None)], None),
    ],
)
def test_which_submission_counts(policy: str, entries: list[Any], stands: int | None) -> None:
    chosen = entry_that_counts([entry(number, *values) for number, values in enumerate(entries, 1)], policy)
    assert (chosen.receipt if chosen else None) == stands


def test_late_is_what_comes_after_the_due_date(course: Assignment) -> None:
    due = dataclasses.replace(course, due=iso(NOON))
    assert [is_late(due, NOON + seconds) for seconds in (-1, 0, 1)] == [False, False, True]
    assert not is_late(dataclasses.replace(course, due=None), NOON)


def test_where_students_have_data_of_their_own_each_is_graded_on_it_and_the_instructor_reads_whose_a_notebook_is(
    store: Store, tmp_path: Path, start: Any
) -> None:
    course = Variants("em_gmm", frozenset({"ash", "oak"}), "a secret of the course, long enough to be one")
    oaks = variant_mark(course.seed("oak") or 0)
    notebook = json.dumps({"nbformat": 4, "cells": [], "metadata": {"autograder": {"variant": oaks}}}).encode()
    for student in ("ash", "oak", "elm"):
        store.accept(Incoming("em_gmm", student, "1", "n.ipynb", "0" * 64, notebook, b"{}"), NOON, 99)
    _, told = start(variants={"em_gmm": course})
    assert [told.get(timeout=60) for _ in range(3)] == [1, 2, 3]
    results = in_ledger(tmp_path)
    assert {name: result["seed"] for name, result in results.items()} == {
        "ash": course.seed("ash"),
        "oak": course.seed("oak"),
        "elm": None,
    }
    assert {name: result["made_for"] for name, result in results.items()} == {"ash": ["oak"], "oak": [], "elm": ["oak"]}
