"""Computes a student's grade: the ledger's points, the marks that people give by hand, and the late policy.

`late` says how late a submission is, and which share of the points is kept. `grade` takes the points off.

It imports `runs` and the rooms below it. Every page and format reads a grade from here.
"""

from autograder.marking.answers import Answer, AnswerCell, differences
from autograder.marking.desk import Desk, Sheet
from autograder.marking.grade import Grade, QuestionGrade, full_points, grades_of
from autograder.marking.late import (
    EXTENSIONS_NAME,
    MARKED,
    Extensions,
    Lateness,
    keep_extensions,
    lateness_of,
    shown_time,
    unknown_students,
)
from autograder.marking.marks import MARKS_NAME, Item, Mark, Marks, read_marks
from autograder.marking.questions import Question, questions_of
