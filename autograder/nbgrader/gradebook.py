"""Writes results into an nbgrader course: its gradebook, and the autograded notebooks for nbgrader's next commands."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.preprocessors import AssignLatePenalties, LimitOutput, SaveAutoGrades
from nbgrader.utils import find_all_files
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SAWarning, SQLAlchemyError

from autograder.assignment import Assignment, Unreadable, UsageError, grade_id, read_cells
from autograder.grading import Result
from autograder.marking import QuestionGrade
from autograder.nbgrader.late import settle_lateness
from autograder.nbgrader.restore import restore
from autograder.nbgrader.valid import valid_notebook
from autograder.nbgrader.verdicts import Cell, banner, with_verdicts
from autograder.reports import comments
from autograder.submissions import Roster, Submission

_LAYOUT = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")


class Course:
    """An nbgrader course: its folder with nbgrader_config.py, and its gradebook with one assignment."""

    def __init__(self, root: Path, assignment: Assignment) -> None:
        """Raises UsageError unless the gradebook has this assignment with the cells and points of the release."""
        if not root.is_dir():
            raise UsageError(f"{root}: there is no such course. Give the folder that holds nbgrader's submitted/.")
        self.root = root.resolve()
        self._assignment = assignment
        self._app = NbGrader(log_level=logging.ERROR)  # what it would print, such as late work, is in the gradebook
        self._app.load_cwd_config = False
        self._app.initialize([], root=str(self.root))
        self._directory = self._app.coursedir
        if self._directory.directory_structure != _LAYOUT:
            raise UsageError(f"{root}: the course must use nbgrader's default CourseDirectory.directory_structure.")
        self._gradebook = self._gradebook_url()
        self._release = json.loads((assignment.release / assignment.notebook).read_bytes())
        self._cells = read_cells((assignment.release / assignment.notebook).read_bytes())
        self._check_assignment()

    @property
    def submitted(self) -> Path:
        """The folder of the course's submissions."""
        return self.root / self._directory.submitted_directory

    def record(
        self, submission: Submission, result: Result, roster: Roster, by_hand: Sequence[QuestionGrade] = ()
    ) -> None:
        """Write a result: the student, the submission, a score for each test cell, and the autograded notebook.

        `by_hand` are the questions that people mark. The gradebook gets the score and comment of those that are marked.
        Keeps the other scores and comments that an instructor gave in nbgrader. Raises UsageError when the course
        cannot be written.
        """
        notebook = self._autograded(submission, result)
        place = {
            "notebook": Path(self._assignment.notebook).stem,
            "assignment": self._assignment.slug,
            "student": submission.student,
            "db_url": self._gradebook,
        }
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # from nbgrader's use of SQLAlchemy; users can do nothing
                self._register(submission, roster)
                for preprocessor in (LimitOutput, SaveAutoGrades, AssignLatePenalties):
                    notebook, _ = preprocessor(parent=self._app)(notebook, {"nbgrader": place})
                self._write_marks(submission.student, by_hand)
            self._write(submission, notebook)
        except SQLAlchemyError as problem:
            raise UsageError(
                f"{self.root}: the gradebook can't be written ({type(problem).__name__}). The ledger has the results. "
                "Run the same command again."
            ) from None
        except OSError as problem:
            raise UsageError(f"{self.root}: can't be written ({problem}). Run the same command again.") from None

    def settle_lateness(self, student: str, share: float) -> dict[str, Any]:
        """Write the penalty of the policy's [late] and return the gradebook's deadline and penalty; see `late`.

        Raises UsageError when the gradebook cannot be written.
        """
        try:
            with Gradebook(self._gradebook, self._directory.course_id) as book:
                return settle_lateness(book, self._assignment, student, share)
        except SQLAlchemyError as problem:
            raise UsageError(f"{self.root}: the gradebook can't be written ({type(problem).__name__}).") from None

    def _setup_advice(self) -> str:
        """How an instructor puts the assignment into the course."""
        slug, notebook = self._assignment.slug, self._assignment.notebook
        return (
            f"copy release/{slug} without its notebook to {self.root / 'source' / slug}, then copy "
            f"source/{slug}/{notebook} there, and run `nbgrader generate_assignment {slug}` in the course."
        )

    def _gradebook_url(self) -> str:
        """The gradebook's URL, with an absolute path. nbgrader's commands run in the course, this program need not."""
        try:
            url = make_url(self._directory.db_url)
        except ArgumentError:
            raise UsageError(f"{self.root}: its CourseDirectory.db_url is no URL that SQLAlchemy can read.") from None
        if url.get_backend_name() == "sqlite":
            file = self.root / (url.database or ":memory:")
            if not file.is_file():  # opening it would create it
                raise UsageError(f"{self.root}: the course has no gradebook yet, {file.name}: {self._setup_advice()}")
            url = url.set(database=str(file))
        return url.render_as_string(hide_password=False)

    def _check_assignment(self) -> None:
        """Raise UsageError unless the gradebook has the cells and points of the release."""
        slug, advice = self._assignment.slug, self._setup_advice()
        released = {grade_id(cell): _mark(cell).get("points") for cell in self._cells if _mark(cell).get("grade")}
        try:
            with Gradebook(self._gradebook, self._directory.course_id) as book:
                cells = book.find_notebook(Path(self._assignment.notebook).stem, slug).grade_cells
                known = {cell.name: cell.max_score for cell in cells}
        except MissingEntry:
            raise UsageError(f"{self.root}: the course's gradebook does not know '{slug}': {advice}") from None
        except (SQLAlchemyError, ImportError) as problem:  # ImportError: the URL's driver is not installed
            raise UsageError(f"{self.root}: the gradebook can't be opened ({_first_line(problem)}).") from None
        if released != known:
            names = {**released, **known}
            differ = sorted(name for name in names if released.get(name) != known.get(name))
            raise UsageError(f"{self.root}: the course's gradebook has other cells or points ({differ[0]}): {advice}")

    def _autograded(self, submission: Submission, result: Result) -> Any:
        """The submission with the release's cells restored, and the verdicts as the outputs of the test cells."""
        functions = {part.cell: part.function for part in self._assignment.parts}
        try:
            cells = restore(read_cells(submission.read()), self._cells, functions)
        except Unreadable:
            cells = restore([], self._cells, functions)
        cells = banner(result) + with_verdicts(cells, self._cells, self._assignment, result)
        return valid_notebook(cells, self._release["metadata"])

    def _register(self, submission: Submission, roster: Roster) -> None:
        person = {
            k: v for k, v in roster.row_of(submission.student).items() if k in ("first_name", "last_name", "email")
        }
        when = {"timestamp": submission.submitted_at.removesuffix("Z")} if submission.submitted_at else {}
        with Gradebook(self._gradebook, self._directory.course_id) as book:
            book.update_or_create_student(submission.student, **person)
            book.update_or_create_submission(self._assignment.slug, submission.student, **when)

    def _write_marks(self, student: str, by_hand: Sequence[QuestionGrade]) -> None:
        """Write the marks given by hand as nbgrader's manual scores, and their comments as its comments."""
        place = (Path(self._assignment.notebook).stem, self._assignment.slug, student)
        with Gradebook(self._gradebook, self._directory.course_id) as book:
            for graded in by_hand:
                if graded.points is not None and graded.marker:
                    grade = book.find_grade(graded.question.id, *place)
                    grade.manual_score = float(graded.points)
                    grade.needs_manual_grade = False
                    book.find_comment(graded.question.id, *place).manual_comment = "\n\n".join(comments(graded)) or None
            book.db.commit()

    def _write(self, submission: Submission, notebook: Any) -> None:
        """Replace the autograded folder in one step: the notebook, and the files that were handed in beside it."""
        folder = self.root / self._directory.autograded_directory / submission.student / self._assignment.slug
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = folder.with_name(f".{folder.name}-new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        if not submission.member:
            self._copy_other_files(submission.path.parent, fresh)
        for name in self._assignment.files:
            shutil.copyfile(self._assignment.release / name, fresh / name)
        nbformat.write(notebook, fresh / self._assignment.notebook)  # type: ignore[no-untyped-call]
        mode = 0o664 if self._directory.groupshared else 0o444
        for path in fresh.rglob("*"):
            if path.is_file():
                path.chmod(mode)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)

    def _copy_other_files(self, folder: Path, to: Path) -> None:
        """Copy what is not a notebook, such as timestamp.txt and the pictures of a derivation.

        Skips links, and files that are larger than nbgrader allows.
        """
        if folder.name != self._assignment.slug:
            return  # the notebook lies directly in submitted/, not in a student's folder
        for name in find_all_files(str(folder), [*self._directory.ignore, "*.ipynb"]):
            path = Path(name)
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_size <= self._directory.max_file_size * 1000:
                (to / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to / path.relative_to(folder))


def _mark(cell: Cell) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0]
