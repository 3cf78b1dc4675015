"""Computes the grade of a student. Only this file adds checks, marks and lateness, so all pages and files agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.marking.late import Extensions, Lateness, lateness_of
from autograder.marking.marks import Item, Marks, read_marks
from autograder.marking.questions import Question, questions_of
from autograder.submissions import Roster

_NO_GRADE = "There is no grade yet, because the grader itself failed."


@dataclass(frozen=True)
class QuestionGrade:
    """What a student got for a question that a person marks.

    - `points` is None if the question is not marked yet.
    - `items` are the marking items that the student got. `comment` is for this student alone.
    - `marker` marked it last. `in_other_notebook` is true if the marker saw another notebook than the graded one.
    """

    question: Question
    points: float | None
    items: tuple[Item, ...] = ()
    comment: str = ""
    marker: str = ""
    in_other_notebook: bool = False


@dataclass(frozen=True)
class Grade:
    """What a student gets for an assignment.

    - `score` is the number for platforms, of `max_score` points. It is None as long as a part of it is missing: the
      grader itself failed, or a question is not marked yet. `note` then says what is missing, in a sentence.
    - `so_far` is the number for pages: the points that are known now. It is None only if the grader itself failed.
    - `automatic` and `automatic_max` are the points of the checks, as the ledger has them.
    - `questions` are those that a person marks. As long as nobody marks in this folder, `counts_marks` is false: then
      the questions belong neither to `score` nor to `max_score`.
    - `lateness` says how late the notebook was handed in. `before_late` are the points that are known now, before the
      late policy takes its share off both halves. It is None only if the grader itself failed.
    """

    student: str
    score: float | None
    max_score: float
    note: str = ""
    so_far: float | None = None
    automatic: float | None = None
    automatic_max: float = 0.0
    questions: tuple[QuestionGrade, ...] = ()
    counts_marks: bool = False
    lateness: Lateness = field(default_factory=Lateness)
    before_late: float | None = None

    @property
    def late_penalty(self) -> float:
        """The points that lateness takes off those that are known now."""
        if self.before_late is None or self.so_far is None:
            return 0.0
        return round(self.before_late - self.so_far, 6)

    @property
    def late_text(self) -> str:
        """How late it was and what that takes off, such as "2 days late, 90 %: 8.5 points are taken off"."""
        taken = f": {self.late_penalty:g} points are taken off" if self.late_penalty else ""
        return f"{self.lateness.text}{taken}"

    @property
    def late_sentence(self) -> str:
        """The same as a sentence, for the student. Empty if there is nothing to say."""
        return f"{self.late_text[0].upper()}{self.late_text[1:]}." if self.late_text else ""

    @property
    def is_complete(self) -> bool:
        """Whether the score is final: every part of it is known."""
        return self.score is not None

    @property
    def points_by_question(self) -> dict[str, float | None]:
        """The points of each question that a person marks, by its id. None: not marked yet."""
        return {graded.question.id: graded.points for graded in self.questions}


def grades_of(assignment: Assignment, folder: Path, results: Sequence[Result], roster: Roster) -> dict[str, Grade]:
    """Return the grade of each student. `folder` is the folder of the ledger, `results` the latest of each student.

    Raises UsageError if the marks or the extensions in the folder cannot be read.
    """
    questions, marks = questions_of(assignment), read_marks(folder)
    extensions = Extensions(assignment, folder, roster)
    return {
        result["student"]: _grade(result, questions, marks, lateness_of(assignment, result, extensions))
        for result in results
    }


def full_points(assignment: Assignment, folder: Path) -> float:
    """Return the points of a perfect submission: those of the checks, and of the questions if somebody marks them."""
    by_hand = 0 if read_marks(folder) is None else sum(question.max_score for question in questions_of(assignment))
    return assignment.max_score + by_hand


def _grade(result: Result, questions: Sequence[Question], marks: Marks | None, lateness: Lateness) -> Grade:
    graded = tuple(_question_grade(result, question, marks) for question in questions)
    counts = marks is not None and bool(questions)
    automatic = None if result["status"] == "error" else result["score"]
    max_score = result["max_score"] + (sum(question.max_score for question in questions) if counts else 0)
    by_hand = sum(each.points or 0 for each in graded) if counts else 0
    known = None if automatic is None else automatic + by_hand
    is_whole = lateness.share == 1 and not lateness.points
    so_far = known if known is None or is_whole else max(0.0, round(known * lateness.share - lateness.points, 6))
    missing = [each.question.id for each in graded if each.points is None] if counts else []
    note = _NO_GRADE if automatic is None else _not_marked(missing)
    score = None if note else so_far
    return Grade(
        *(result["student"], score, max_score, note, so_far, automatic, result["max_score"], graded),
        counts_marks=counts,
        lateness=lateness,
        before_late=known,
    )


def _question_grade(result: Result, question: Question, marks: Marks | None) -> QuestionGrade:
    if marks is None:
        return QuestionGrade(question, None)
    if result["status"] == "unreadable":
        return QuestionGrade(question, 0)  # there is no answer to wait for, and a mark is of an earlier notebook
    points = marks.points(result["student"], question.id, question.max_score)
    mark = marks.mark(result["student"], question.id)
    other = bool(mark.is_marked and mark.notebook_sha256 and mark.notebook_sha256 != result["notebook_sha256"])
    return QuestionGrade(question, points, mark.items, mark.comment, mark.marker, other)


def _not_marked(questions: Sequence[str]) -> str:
    if not questions:
        return ""
    if len(questions) == 1:
        return f"{questions[0]} is not marked yet."
    return f"{', '.join(questions[:-1])} and {questions[-1]} are not marked yet."
