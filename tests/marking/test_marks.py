"""marks.jsonl: what its lines say does not depend on their order, and nothing is lost or half written."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment import Assignment, UsageError
from autograder.marking import MARKS_NAME, Desk, grades_of, read_marks
from autograder.marking.marks_file import MarksFile
from autograder.submissions import Roster
from tests.marking.making import QUESTIONS, notebook_with, result

STUDENTS = ("ash", "beech")
ITEMS = ("one", "two")
Q = "derive_mu"


def line(kind: str, second: int, marker: str, **fields: Any) -> dict[str, Any]:
    common = {"schema": "autograder/mark/v1", "assignment": "em_gmm", "question": Q, "kind": kind}
    return common | {"time": f"2026-11-29T16:30:{second:02}.000000Z", "marker": marker, "action": "a"} | fields


def write(folder: Path, lines: Sequence[dict[str, Any]]) -> None:
    (folder / MARKS_NAME).write_text("".join(json.dumps(each) + "\n" for each in lines))


seconds, markers = st.integers(0, 5), st.sampled_from(("ada", "bob"))
some_lines = st.one_of(
    st.builds(
        lambda s, m, i, p, d: line("item", s, m, item=i, points=p, text=f"{p} off", deleted=d),
        *(seconds, markers, st.sampled_from(ITEMS), st.integers(-12, 12), st.booleans()),
    ),
    st.builds(
        lambda s, m, i, who, g: line("give", s, m, item=i, student=who, given=g),
        *(seconds, markers, st.sampled_from(ITEMS), st.sampled_from(STUDENTS), st.booleans()),
    ),
    st.builds(
        lambda s, m, who, d: line("done", s, m, student=who, done=d),
        seconds,
        markers,
        st.sampled_from(STUDENTS),
        st.booleans(),
    ),
    st.builds(
        lambda s, m, who, t: line("comment", s, m, student=who, text=t),
        seconds,
        markers,
        st.sampled_from(STUDENTS),
        st.sampled_from(("", "Good.")),
    ),
    st.builds(lambda s, m, f: line("rule", s, m, counts_from=f), seconds, markers, st.sampled_from(("full", "zero"))),
)


@given(lines=st.lists(some_lines, min_size=1, max_size=25), seed=st.integers())
def test_the_grade_depends_on_the_lines_and_not_on_their_order(
    course: Assignment, tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]], seed: int
) -> None:
    """So two markers' files can be joined, in either order, and a line that is there twice counts once."""
    folder = tmp_path_factory.mktemp("marks")
    results = [result(student, b"") for student in STUDENTS]
    write(folder, lines)
    grades = grades_of(course, folder, results, Roster())
    random.Random(seed).shuffle(lines)
    write(folder, lines + lines[:3])
    assert grades_of(course, folder, results, Roster()) == grades
    for grade in grades.values():
        assert all(points is None or 0 <= points <= 10 for points in grade.points_by_question.values())
        assert grade.so_far == 80 + sum(points or 0 for points in grade.points_by_question.values())
        assert (grade.score is None) == any(points is None for points in grade.points_by_question.values())


def mark(file: MarksFile, student: str, *items: str, marker: str = "ada") -> None:
    file.write(marker, Q, lambda _: [{"kind": "give", "student": student, "item": i, "given": True} for i in items])


@pytest.fixture
def file(tmp_path: Path) -> MarksFile:
    file = MarksFile(tmp_path, "em_gmm")
    for name, points in (("one", -2), ("two", -3.5)):
        file.write("ada", Q, lambda _, i=name, p=points: [{"kind": "item", "item": i, "points": p, "text": i}])  # type: ignore[misc]
    return file


def points(folder: Path, student: str) -> float | None:
    marks = read_marks(folder)
    assert marks is not None
    return marks.points(student, Q, 10)


def test_points_are_taken_off_the_full_points_or_added_from_zero(file: MarksFile, tmp_path: Path) -> None:
    mark(file, "ash", "one", "two")
    assert points(tmp_path, "ash") == 4.5
    assert points(tmp_path, "beech") is None
    file.write("ada", Q, lambda _: [{"kind": "rule", "counts_from": "zero"}])
    assert points(tmp_path, "ash") == 0  # never below zero
    file.write("ada", Q, lambda _: [{"kind": "item", "item": "one", "points": 40, "text": "all"}])
    assert points(tmp_path, "ash") == 10  # never above the question's points


def test_an_edited_item_changes_everybody_and_a_deleted_one_leaves_nobody_half_marked(
    file: MarksFile, tmp_path: Path
) -> None:
    for student in STUDENTS:
        mark(file, student, "one")
    file.write("bob", Q, lambda _: [{"kind": "item", "item": "one", "points": -4, "text": "worse"}])
    assert [points(tmp_path, student) for student in STUDENTS] == [6, 6]
    fields = {"kind": "item", "item": "one", "points": -4, "text": "worse", "deleted": True}
    file.write("bob", Q, lambda _: [fields])
    assert [points(tmp_path, student) for student in STUDENTS] == [None, None]


def test_undo_takes_back_ones_own_last_action_and_leaves_what_others_did_since(file: MarksFile, tmp_path: Path) -> None:
    mark(file, "ash", "one", "two")
    mark(file, "beech", "one", marker="bob")
    file.write("bob", Q, lambda _: [{"kind": "give", "student": "ash", "item": "one", "given": False}])
    assert points(tmp_path, "ash") == 6.5
    file.undo("ada", Q)  # gave both items; bob has changed one of them since
    assert points(tmp_path, "ash") is None
    assert points(tmp_path, "beech") == 8
    file.undo("bob", Q)
    assert points(tmp_path, "ash") == 8  # as bob found it
    file.undo("bob", Q)
    assert points(tmp_path, "beech") is None
    assert file.undo("bob", Q) == []
    file.undo("ada", Q)  # defined the second item
    marks = read_marks(tmp_path)
    assert marks is not None
    assert [item.id for item in marks.items(Q)] == ["one"]


def test_a_line_that_a_power_cut_tore_is_skipped_and_the_next_mark_is_whole(file: MarksFile, tmp_path: Path) -> None:
    mark(file, "ash", "one")
    with file.path.open("a") as torn:
        torn.write('{"schema": "autograder/mark/v1", "kind": "gi')
    assert points(tmp_path, "ash") == 8
    mark(file, "beech", "two")
    assert points(tmp_path, "beech") == 6.5
    assert points(tmp_path, "ash") == 8


@pytest.mark.parametrize(
    "broken",
    ["no json", '{"kind": "give"}', json.dumps(line("item", 1, "ada", item="x", points=float("nan"), text="x"))],
)
def test_a_broken_line_is_named_with_its_number(file: MarksFile, tmp_path: Path, broken: str) -> None:
    with file.path.open("a") as added:
        added.write(broken + "\n")
    with pytest.raises(UsageError, match=r"marks\.jsonl: line 3 is no mark .*Mend or delete the line"):
        read_marks(tmp_path)


def test_marks_of_many_writers_at_once_are_all_kept(file: MarksFile, tmp_path: Path) -> None:
    def work(marker: str) -> None:
        own = MarksFile(tmp_path, "em_gmm")  # as another process has it
        for number in range(20):
            mark(own, f"{marker}{number}", "one", marker=marker)

    threads = [threading.Thread(target=work, args=(marker,)) for marker in ("ada", "bob", "cyd", "dee")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = file.path.read_text().splitlines()
    assert len(lines) == 82
    assert len({json.loads(each)["time"] for each in lines}) == 82  # so that what was written last is known
    assert all(points(tmp_path, f"{m}{n}") == 8 for m in ("ada", "bob", "cyd", "dee") for n in range(20))


def test_what_is_written_last_counts_even_if_the_clock_was_set_back(file: MarksFile, tmp_path: Path) -> None:
    fields = line("item", 1, "ada", item="one", points=-1, text="x") | {"time": "2999-01-01T00:00:00.000000Z"}
    with file.path.open("a") as added:
        added.write(json.dumps(fields) + "\n")
    mark(file, "ash", "one")
    file.write("ada", Q, lambda _: [{"kind": "item", "item": "one", "points": -5, "text": "x"}])
    assert points(tmp_path, "ash") == 5


def test_a_mark_with_a_wrong_value_is_refused_and_makes_no_file(tmp_path: Path) -> None:
    file = MarksFile(tmp_path, "em_gmm")
    with pytest.raises(ValueError, match="finite"):
        file.write("ada", Q, lambda _: [{"kind": "item", "item": "x", "points": float("inf"), "text": "x"}])
    assert file.undo("ada", Q) == []
    assert read_marks(tmp_path) is None  # a file would mean that somebody marks


def test_a_file_that_was_taken_away_has_no_marks(file: MarksFile, tmp_path: Path) -> None:
    mark(file, "ash", "one")
    assert file.marks().mark("ash", Q).is_marked
    file.path.unlink()
    assert not file.marks().mark("ash", Q).is_marked
    assert read_marks(tmp_path) is None


def test_identical_answers_become_unmarked_together_if_the_item_of_all_is_deleted(
    course: Assignment, tmp_path: Path
) -> None:
    """Otherwise those that `g` marked would have all points without a marker who said so."""
    raw = notebook_with(course, {Q: "The same words."})
    desk = Desk(course, tmp_path, lambda: [result(s, raw) for s in STUDENTS], lambda _: raw, lambda _: "")
    first, _ = desk.sheets(Q)
    (item,) = desk.item("ada", Q, "", -2, "a sign is wrong")
    desk.give("ada", Q, first, item.item, True)  # type: ignore[union-attr]
    desk.same("ada", Q, first, alike=False)
    assert [points(tmp_path, student) for student in STUDENTS] == [8, 8]
    desk.item("ada", Q, item.item, -2, "a sign is wrong", deleted=True)  # type: ignore[union-attr]
    assert [points(tmp_path, student) for student in STUDENTS] == [None, None]


def test_without_marks_the_grade_is_the_ledgers(course: Assignment, tmp_path: Path) -> None:
    grade = grades_of(course, tmp_path, [result("ash", b"")], Roster())["ash"]
    assert (grade.score, grade.max_score, grade.note, grade.counts_marks) == (80, 100, "", False)
    assert [each.question.id for each in grade.questions] == list(QUESTIONS)


def test_half_a_grade_is_no_number_for_platforms(course: Assignment, tmp_path: Path) -> None:
    students = [result("ash", b""), result("beech", b"", 0, "unreadable"), result("cedar", b"", 0, "error")]
    file = MarksFile(tmp_path, "em_gmm")
    file.write("ada", Q, lambda _: [{"kind": "done", "student": "ash", "done": True}])
    grades = grades_of(course, tmp_path, students, Roster())
    assert (grades["ash"].score, grades["ash"].so_far, grades["ash"].max_score) == (None, 90, 130)
    assert grades["ash"].note == "derive_pi and derive_sigma are not marked yet."
    assert (grades["beech"].score, grades["beech"].max_score) == (0, 130)  # there is nothing to wait for
    assert grades["cedar"].score is None
    for question in QUESTIONS[1:]:
        file.write("ada", question, lambda _: [{"kind": "done", "student": "ash", "done": True}])
    grade = grades_of(course, tmp_path, students, Roster())["ash"]
    assert (grade.score, grade.note) == (110, "")


def test_an_answer_as_it_was_released_starts_at_0_and_an_item_can_still_give_points(
    course: Assignment, tmp_path: Path
) -> None:
    raw = {"ash": notebook_with(course, {}), "beech": notebook_with(course, {Q: "The mean is the weighted mean."})}
    results = [result(student, raw[student]) for student in STUDENTS]
    desk = Desk(course, tmp_path, lambda: results, lambda handed: raw[handed["student"]], lambda _: "")
    for key in desk.sheets(Q):
        desk.done("ada", Q, key)
    assert [points(tmp_path, student) for student in STUDENTS] == [0, 10]
    (item,) = desk.item("ada", Q, "", 4, "the answer is on paper")
    untouched = next(sheet.key for sheet in desk.sheets(Q).values() if sheet.student == "ash")
    desk.give("ada", Q, untouched, item.item, True)  # type: ignore[union-attr]
    assert points(tmp_path, "ash") == 4
    desk.undo("ada", Q)
    assert points(tmp_path, "ash") == 0
    raw["ash"] = raw["beech"]  # handed in again, with an answer
    results[0] = result("ash", raw["ash"])
    desk.done("ada", Q, untouched)
    assert points(tmp_path, "ash") == 10


def test_a_submission_that_cannot_be_read_is_not_offered_and_has_0_points_whatever_was_marked_before(
    course: Assignment, tmp_path: Path
) -> None:
    raw = notebook_with(course, {Q: "The mean is the weighted mean."})
    results = [result(student, raw) for student in STUDENTS]
    desk = Desk(course, tmp_path, lambda: results, lambda _: raw, lambda _: "")
    for key in desk.sheets(Q):
        desk.done("ada", Q, key)
    results[0] = result("ash", b"{", 0, "unreadable")
    assert [sheet.student for sheet in desk.sheets(Q).values()] == ["beech"]
    grade = grades_of(course, tmp_path, results, Roster())["ash"]
    assert (grade.score, grade.max_score, grade.note) == (0, 130, "")
