"""Grading in the background: dying workers, stopping, which submission counts, and which is late."""

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
from autograder.assignment.policy_model import Late
from autograder.grading import Spec, Variants, variant_mark
from autograder.runs import latest_results, pack_result, unpack_submission, warm_up_worker
from autograder.sandbox import Isolation
from autograder.service import Deadlines, Entry, Store, choose_counted_entry, iso_time
from autograder.service.fair_queue import FairQueue
from autograder.service.grading import Grading
from autograder.service.ledgers import Ledgers
from autograder.service.store import Incoming
from autograder.submissions import Submission

NOON = 1_800_000_000


class Worker(Executor):
    """Replaces a worker process. It dies on the student `poison` and never finishes the student `endless`."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.dead = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        if self.dead:
            raise BrokenExecutor("a dead worker accepts nothing")
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
    """A function that starts grading what is in the store. Its queue gets each receipt whose result is recorded."""

    def start_grading(jobs: int = 1, variants: Any = None, **more: Any) -> tuple[Grading, queue.SimpleQueue[int]]:
        recorded: queue.SimpleQueue[int] = queue.SimpleQueue()
        slug = course_spec.assignment.slug

        class RecordingLedgers(Ledgers):
            def record(self, receipt: int, *rest: Any) -> None:
                super().record(receipt, *rest)
                recorded.put(receipt)

        ledgers = RecordingLedgers(store, tmp_path, {slug: course_spec.assignment})
        workers: Any = lambda _: Worker(course_spec)  # noqa: E731
        grading = Grading(store, {slug: course_spec}, ledgers, jobs, Isolation.strict, workers, variants)
        grading.start(**more)
        return grading, recorded

    return start_grading


def hand_in(store: Store, student: str, score: int = 5, submission_id: str = "1") -> int:
    return store.accept(
        Incoming("em_gmm", student, submission_id, "n.ipynb", "0" * 64, b"%d" % score, b"{}"), NOON, 99
    )[0]


def results_in_ledger(tmp_path: Path) -> dict[str, Any]:
    return latest_results(tmp_path / "em_gmm/results.jsonl")


def test_if_a_submission_kills_its_worker_it_gets_an_error_and_the_others_are_graded(
    store: Store, tmp_path: Path, start: Any
) -> None:
    for student in ("ash", "poison", "ours", "elm"):
        hand_in(store, student)
    grading, recorded = start()
    assert [recorded.get(timeout=60) for _ in range(4)] == [1, 2, 3, 4]
    assert grading.alive
    assert grading.close(60) == 0
    statuses = {student: result["status"] for student, result in results_in_ledger(tmp_path).items()}
    assert statuses == {"ash": "graded", "poison": "error", "ours": "error", "elm": "graded"}
    assert list(store.receipts_to_grade("em_gmm")) == [2, 3]  # tried again at the next start


def test_running_and_waiting_submissions_stay_to_be_graded_when_the_service_stops(
    store: Store, tmp_path: Path, start: Any
) -> None:
    ash, endless, elm = hand_in(store, "ash"), hand_in(store, "endless"), hand_in(store, "elm")
    grading, recorded = start()
    assert recorded.get(timeout=60) == ash
    assert grading.close(0) == 1
    assert store.receipts_to_grade("em_gmm") == {endless: "endless", elm: "elm"}
    assert set(results_in_ledger(tmp_path)) == {"ash"}


def test_a_start_adds_what_the_ledger_lacks_and_writes_nothing_twice(store: Store, tmp_path: Path, start: Any) -> None:
    hand_in(store, "ash", 5)
    grading, recorded = start()
    recorded.get(timeout=60)
    grading.close(60)
    ledger = tmp_path / "em_gmm/results.jsonl"
    before = ledger.read_bytes()
    start()[0].close(60)
    assert ledger.read_bytes() == before
    ledger.unlink()
    start()[0].close(60)
    assert ledger.read_bytes() == before


def test_regrade_grades_again_what_other_checks_graded(store: Store, start: Any) -> None:
    receipt = hand_in(store, "ash")
    grading, recorded = start()
    recorded.get(timeout=60)
    grading.close(60)
    result = store.result(receipt)
    assert result is not None
    store.save_result(receipt, {**result, "spec_sha256": "of yesterday"})
    assert not store.receipts_to_grade("em_gmm")
    grading, recorded = start(regrade=True)
    assert recorded.get(timeout=60) == receipt
    grading.close(60)


def test_regrade_uses_each_students_own_data_after_the_course_gets_a_secret(store: Store, start: Any) -> None:
    ash, elm = hand_in(store, "ash"), hand_in(store, "elm")
    variants = {"em_gmm": Variants("em_gmm", frozenset({"ash"}), "a secret of the course, long enough to be one")}
    grading, recorded = start()
    assert [recorded.get(timeout=60) for _ in range(2)] == [ash, elm]
    grading.close(60)
    grading, recorded = start(regrade=True, variants=variants)
    assert recorded.get(timeout=60) == ash  # elm is not on the roster of the variants
    grading.close(60)
    assert recorded.empty()
    oak = hand_in(store, "oak")
    grading, recorded = start(regrade=True, variants=variants)
    assert recorded.get(timeout=60) == oak  # and ash is not graded again
    grading.close(60)


def test_students_take_turns_however_many_submissions_one_student_makes() -> None:
    waiting = FairQueue()
    for receipt, student in enumerate(["ash", "ash", "ash", "ash", "elm", "oak", "elm"]):
        waiting.put(student, receipt)
    first = [waiting.get() for _ in range(4)]
    assert first == [0, 4, 5, 1]
    waiting.put("fir", 7)
    assert [waiting.get() for _ in range(4)] == [6, 2, 7, 3]
    waiting.put("ash", 8)
    waiting.close()
    assert waiting.get() is None


def entry(receipt: int, status: str | None, score: float | None) -> Entry:
    return Entry(receipt, "em_gmm", "ash", NOON - receipt, "n.ipynb", "", status, score)


@pytest.mark.parametrize(
    ("policy", "entries", "counted"),
    [
        ("best", [("graded", 5), ("graded", 9), ("graded", 9), ("graded", 1)], 2),
        ("best", [("graded", 0), ("error", 0), (None, None)], 1),
        ("best", [("error", 0), ("error", 0)], 2),
        ("last", [("graded", 9), ("graded", 1), (None, None)], 2),
        ("last", [("graded", 9), ("unreadable", 0)], 2),
        ("last", [(None, None)], None),
    ],
)
def test_which_submission_counts(
    policy: str, entries: list[Any], counted: int | None, course: Assignment, tmp_path: Path
) -> None:
    assignment = dataclasses.replace(course, counts=policy)
    made = [entry(number, *values) for number, values in enumerate(entries, 1)]
    chosen = choose_counted_entry(made, assignment, Deadlines(tmp_path))
    assert (chosen.receipt if chosen else None) == counted


def test_a_submission_after_the_due_date_is_late(course: Assignment, tmp_path: Path) -> None:
    due = dataclasses.replace(course, due=iso_time(NOON))
    deadlines = Deadlines(tmp_path)
    late = [deadlines.lateness(due, "ash", NOON + seconds).is_late for seconds in (-1, 0, 1)]
    assert late == [False, False, True]
    assert not deadlines.lateness(dataclasses.replace(course, due=None), "ash", NOON).is_late


def test_a_student_with_an_extension_is_not_late_and_a_file_that_cannot_be_read_stops_nothing(
    course: Assignment, tmp_path: Path
) -> None:
    due = dataclasses.replace(course, due=iso_time(NOON))
    (tmp_path / course.slug).mkdir()
    (tmp_path / course.slug / "extensions.csv").write_text(f"student_id,extension\nash,{iso_time(NOON + 60)}\n")
    deadlines = Deadlines(tmp_path)
    assert not deadlines.lateness(due, "ash", NOON + 60).is_late
    assert deadlines.lateness(due, "oak", NOON + 60).is_late
    (tmp_path / course.slug / "extensions.csv").write_text("student_id,extension\nash,soon\n")
    assert deadlines.lateness(due, "ash", NOON + 60).is_late


def test_the_best_submission_is_the_one_that_is_worth_most_after_lateness(course: Assignment, tmp_path: Path) -> None:
    """The first one was in time and has 80 points, the second one is a day late and has 85."""
    first, second = entry(2, "graded", 80), dataclasses.replace(entry(3, "graded", 85), received=NOON + 86_400)
    due = dataclasses.replace(course, due=iso_time(NOON), counts="best")
    assert choose_counted_entry([first, second], due, Deadlines(tmp_path)) == second
    strict = dataclasses.replace(due, late=Late(share_per_day=0.1))
    assert choose_counted_entry([first, second], strict, Deadlines(tmp_path)) == first


def test_each_student_is_graded_on_their_own_data_and_a_notebook_made_for_another_is_named(
    store: Store, tmp_path: Path, start: Any
) -> None:
    course = Variants("em_gmm", frozenset({"ash", "oak"}), "a secret of the course, long enough to be one")
    oaks = variant_mark(course.seed("oak") or 0)
    notebook = json.dumps({"nbformat": 4, "cells": [], "metadata": {"autograder": {"variant": oaks}}}).encode()
    for student in ("ash", "oak", "elm"):
        store.accept(Incoming("em_gmm", student, "1", "n.ipynb", "0" * 64, notebook, b"{}"), NOON, 99)
    _, recorded = start(variants={"em_gmm": course})
    assert [recorded.get(timeout=60) for _ in range(3)] == [1, 2, 3]
    results = results_in_ledger(tmp_path)
    assert {name: result["seed"] for name, result in results.items()} == {
        "ash": course.seed("ash"),
        "oak": course.seed("oak"),
        "elm": None,
    }
    assert {name: result["made_for"] for name, result in results.items()} == {"ash": ["oak"], "oak": [], "elm": ["oak"]}
