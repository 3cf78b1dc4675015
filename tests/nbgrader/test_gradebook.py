"""`autograder grade --course` in place of `nbgrader autograde`, with nbgrader's own commands before and after it."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.nbgraderformat import read as read_as_nbgrader
from typer.testing import CliRunner

from autograder.assignment import (
    Alternative,
    Assignment,
    UsageError,
    declared_in,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.building import make_class
from autograder.cli import app
from autograder.grading import Result
from autograder.nbgrader import Course
from autograder.runs import latest_results
from autograder.submissions import Roster, Submission, find_submissions

Notebook = dict[str, Any]
STOP = "def train_EM(*_):\n    raise NotImplementedError"
HIDDEN = "assert 'hidden from students'"
OTHER_WAYS = ("sorbus", "tilia")  # right solutions that are not the instructor's
LATE = "2026-03-02 12:30:00 UTC"


def nbgrader(course: Path, *words: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        env={**os.environ, "PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def hand_in(course: Path, assignment: Assignment, student: str, notebook: Notebook | bytes, name: str = "") -> Path:
    folder = course / "submitted" / student / assignment.slug
    beside = shutil.ignore_patterns("*.ipynb", "__pycache__")
    shutil.copytree(assignment.release, folder, ignore=beside, dirs_exist_ok=True)
    raw = notebook if isinstance(notebook, bytes) else notebook_to_bytes(notebook)
    (folder / (name or assignment.notebook)).write_bytes(raw)
    return folder


def cell(notebook: Notebook, name: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def in_gradebook(course: Path, assignment: Assignment, student: str) -> dict[str, Any]:
    """The automatic score of each cell."""
    with Gradebook(f"sqlite:///{(course / 'gradebook.db').as_posix()}") as book:
        notebook = book.find_submission_notebook(Path(assignment.notebook).stem, assignment.slug, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def autograded(course: Path, assignment: Assignment, student: str) -> Any:
    path = course / "autograded" / student / assignment.slug / assignment.notebook
    notebook = read_as_nbgrader(str(path), as_version=4)
    MetadataValidator().validate_nb(notebook)
    return notebook


def written_otherwise(course: Assignment, number: int) -> Notebook:
    """A right submission of whose functions none is the instructor's."""
    cells = {}
    for function in course.functions:
        known = [a for a in declared_in(course.alternatives, Alternative) if a.solves == function and a.blends]
        cells[course.cell_of(function)] = source_of(known[number].function, function)
    return with_solutions(source_notebook(course), cells)


def set_up(root: Path, course: Assignment) -> None:
    """Run the commands of docs/platforms.md that bring the assignment into a course, up to nbgrader's own."""
    page = (course.root / "docs" / "platforms.md").read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"(?:^    .+\n)+", page, re.MULTILINE) if "generate_assignment" in block]
    *copying, last = [line.strip() for line in block.splitlines()]
    assert last == f"cd DIR && nbgrader generate_assignment {course.slug}"
    for command in copying:
        words = [word.replace("DIR", str(root)) for word in shlex.split(command)]
        subprocess.run(words, cwd=course.root, check=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, course: Assignment) -> Path:
    """A course as instructors have it, graded by `autograder grade --course`."""
    root = tmp_path_factory.mktemp("course")
    set_up(root, course)
    source = root / "source" / course.slug / course.notebook
    notebook = json.loads(source.read_bytes())
    test = cell(notebook, "test_e_step")
    test["source"] = f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\n{''.join(test['source'])}"
    source.write_bytes(notebook_to_bytes(notebook))
    nbgrader(root, "generate_assignment", course.slug)
    nbgrader(root, "db", "assignment", "add", course.slug, "--duedate", "2026-03-01 00:00:00 UTC")
    answers = copy.deepcopy(source_notebook(course))
    answers["cells"][0]["source"] = "![my derivation](page.png)"
    cell(answers, "e_step")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "my own output"}]
    folder = hand_in(root, course, "alder", answers)
    (folder / "timestamp.txt").write_text(LATE)
    (folder / "page.png").write_bytes(b"a photograph")
    hand_in(root, course, "ash", release_notebook(course))
    for number, student in enumerate(OTHER_WAYS):
        hand_in(root, course, student, written_otherwise(course, number))
    return root


@pytest.fixture(scope="module")
def graded(root: Path, course: Assignment) -> Path:
    words = ["grade", course.slug, "--course", str(root), "--jobs", "2", "--isolation", "process"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "4 submissions in the gradebook" in done.output
    return root


@pytest.fixture
def results(graded: Path, course: Assignment) -> dict[str, Result]:
    return latest_results(graded / "grades" / course.slug / "results.jsonl")


@pytest.fixture
def record(graded: Path, course: Assignment, results: dict[str, Result]) -> Callable[..., Any]:
    """Hand a notebook in and put the right solution's result to it: what is left is the notebook's own trouble."""

    def recorded(student: str, notebook: Notebook | bytes, name: str = "", **changed: Any) -> Any:
        folder = hand_in(graded, course, student, notebook, name)
        found = next(s for s in find_submissions([folder.parents[1]], course) if s.student == student)
        Course(graded, course).record(found, {**results["alder"], "student": student, **changed}, Roster())
        return autograded(graded, course, student)

    return recorded


def test_the_scores_are_those_of_nbgrader_autograde_cell_by_cell(
    graded: Path, course: Assignment, tmp_path: Path
) -> None:
    """Its test cells and our checks ask of right and of unsolved work the same."""
    theirs = tmp_path / "course"
    shutil.copytree(graded, theirs)
    shutil.rmtree(theirs / "autograded")
    shutil.copy(graded / "gradebook.db", tmp_path / "ours.db")
    students = ("alder", "ash", *OTHER_WAYS)
    ours = {student: in_gradebook(graded, course, student) for student in students}
    with Gradebook(f"sqlite:///{(theirs / 'gradebook.db').as_posix()}") as book:
        for student in students:
            book.remove_submission(course.slug, student)
    nbgrader(theirs, "autograde", course.slug)
    assert {student: in_gradebook(theirs, course, student) for student in students} == ours
    assert all(ours[student] == ours["alder"] for student in OTHER_WAYS)
    assert ours["alder"]["test_m_step"] == 40
    assert ours["ash"]["test_m_step"] == 0


def test_nbgraders_export_of_a_class_has_the_ledgers_scores(course: Assignment, tmp_path: Path) -> None:
    """The demo's 24; training, which takes most of the time, is left to one who is right and to two who are not."""
    class_of_24 = tmp_path / "class"
    make_class(course, class_of_24)
    root = tmp_path / "course"
    root.mkdir()
    set_up(root, course)
    nbgrader(root, "generate_assignment", course.slug)
    for path in class_of_24.glob("*.ipynb"):
        raw = path.read_bytes()
        if path.stem not in ("alder", "hazel", "spruce", "willow", "yew"):
            raw = notebook_to_bytes(with_solutions(json.loads(raw), {"train_EM": STOP}))
        hand_in(root, course, path.stem, raw)
    done = CliRunner().invoke(app, ["grade", course.slug, "--course", str(root), "--isolation", "process"])
    assert done.exit_code == 0, done.output
    nbgrader(root, "export", "--to", "grades.csv")
    with (root / "grades.csv").open() as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    ledger = latest_results(root / "grades" / course.slug / "results.jsonl")
    assert exported == {student: result["score"] for student, result in ledger.items()}
    assert len(exported) == 24
    assert len(set(exported.values())) > 6


def test_late_work_is_late_in_the_gradebook(graded: Path, course: Assignment) -> None:
    with Gradebook(f"sqlite:///{(graded / 'gradebook.db').as_posix()}") as book:
        assert book.find_submission(course.slug, "alder").total_seconds_late == 36.5 * 3600
        assert book.find_submission(course.slug, "ash").total_seconds_late == 0


def test_nbgraders_export_and_feedback_go_on_from_here(graded: Path, course: Assignment) -> None:
    nbgrader(graded, "export", "--to", "grades.csv")
    with (graded / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows["alder"]["score"]) == 100
    assert float(rows["ash"]["score"]) == 0
    assert rows["alder"]["timestamp"] == "2026-03-02 12:30:00"
    nbgrader(graded, "generate_feedback", course.slug, "--student", "alder", "--force")
    page = (graded / "feedback" / "alder" / course.slug / "em_gmm.html").read_text(encoding="utf-8")
    assert "Task 1 (E-step): 20 of 20 points" in page
    assert "my own output" in page


def test_hidden_tests_show_nowhere_in_what_students_get(graded: Path, course: Assignment) -> None:
    with Gradebook(f"sqlite:///{(graded / 'gradebook.db').as_posix()}") as book:
        assert HIDDEN in book.find_source_cell("test_e_step", "em_gmm", course.slug).source
    nbgrader(graded, "generate_feedback", course.slug, "--student", "alder", "--force")
    given = [*(graded / "autograded").rglob("*.ipynb"), *(graded / "feedback").rglob("*.html")]
    assert {path.suffix for path in given} == {".ipynb", ".html"}
    for path in given:
        assert "hidden from students" not in path.read_text(encoding="utf-8")


def test_derivations_wait_for_a_person_unless_they_were_left_as_they_came(graded: Path, course: Assignment) -> None:
    with Gradebook(f"sqlite:///{(graded / 'gradebook.db').as_posix()}") as book:
        waiting = {
            (student, grade.name): grade.needs_manual_grade
            for student in ("alder", "ash")
            for grade in book.find_submission_notebook("em_gmm", course.slug, student).grades
        }
    assert {key for key, needed in waiting.items() if needed} == {
        ("alder", name) for name in ("derive_mu", "derive_sigma", "derive_pi")
    }


def test_what_lay_beside_the_notebook_lies_beside_the_autograded_one(graded: Path, course: Assignment) -> None:
    folder = graded / "autograded" / "alder" / course.slug
    assert (folder / "page.png").read_bytes() == b"a photograph"
    assert (folder / "timestamp.txt").read_text() == LATE
    assert (folder / "samples.npz").read_bytes() == (course.release / "samples.npz").read_bytes()


def test_grading_again_keeps_what_a_person_gave(graded: Path, course: Assignment) -> None:
    url = f"sqlite:///{(graded / 'gradebook.db').as_posix()}"
    with Gradebook(url) as book:
        book.find_grade("derive_mu", "em_gmm", course.slug, "alder").manual_score = 7
        book.find_comment("derive_mu", "em_gmm", course.slug, "alder").manual_comment = "Why invertible?"
        book.db.commit()
    done = CliRunner().invoke(app, ["grade", course.slug, "--course", str(graded), "--isolation", "process"])
    assert done.exit_code == 0, done.output
    with Gradebook(url) as book:
        assert book.find_grade("derive_mu", "em_gmm", course.slug, "alder").score == 7
        assert book.find_comment("derive_mu", "em_gmm", course.slug, "alder").comment == "Why invertible?"
        assert book.find_submission(course.slug, "alder").score == 107


def test_cells_that_were_copied_deleted_edited_or_stripped_cost_nothing(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    notebook = copy.deepcopy(source_notebook(course))
    notebook["cells"].append(copy.deepcopy(cell(notebook, "e_step")))
    cell(notebook, "test_e_step")["metadata"]["nbgrader"] |= {"points": 1000, "schema_version": 99}
    cell(notebook, "m_step")["metadata"] = {}
    cell(notebook, "derive_pi")["cell_type"] = "raw"
    notebook["cells"].remove(cell(notebook, "test_m_step"))
    notebook["cells"].append({"cell_type": "code", "source": "\ud800", "outputs": [{"bad": 1}], "metadata": {"n": 1}})
    written = record("aspen", json.dumps(notebook).encode())
    scores = in_gradebook(graded, course, "aspen")
    assert (scores["test_e_step"], scores["test_m_step"]) == (20, 40)
    assert cell(written, "test_e_step")["metadata"]["nbgrader"]["points"] == 20


def test_metadata_of_an_old_schema_is_the_releases_again(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    notebook = copy.deepcopy(source_notebook(course))
    for old in notebook["cells"]:
        if "nbgrader" in old["metadata"]:
            old["metadata"]["nbgrader"] |= {"schema_version": 1}
            del old["metadata"]["nbgrader"]["solution"]
    record("beech", notebook)
    assert in_gradebook(graded, course, "beech")["test_train_EM"] == 20


def test_a_notebook_of_another_name_is_recorded_under_the_right_one(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    assert record("birch", source_notebook(course), name="final (2).ipynb")
    assert in_gradebook(graded, course, "birch")["test_e_step"] == 20


def test_a_file_that_is_no_notebook_scores_zero_and_says_why(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    why = "the file is not a notebook: it is no valid JSON."
    written = record("cedar", b'{"cells": [', status="unreadable", parts=[], score=0, message=why)
    scores = in_gradebook(graded, course, "cedar")
    assert scores["test_e_step"] == 0
    assert scores["derive_mu"] is None
    assert why in written["cells"][0]["source"]


def test_partial_points_arrive_and_no_stderr_is_ever_written(
    record: Callable[..., Any], graded: Path, course: Assignment, results: dict[str, Result]
) -> None:
    parts = copy.deepcopy(results["alder"]["parts"])
    for part in parts:
        if part["id"] == "m_step.mu":
            part["score"] = 2.5
            part["checks"][0] |= {"status": "fail", "message": "With a case: off by 1.", "hint": "Divide by N_c."}
    written = record("elm", source_notebook(course), parts=parts)
    assert in_gradebook(graded, course, "elm")["test_m_step"] == 32.5
    outputs = cell(written, "test_m_step")["outputs"]
    assert "Divide by N_c." in outputs[0]["text"]
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}


def test_outputs_go_through_as_jupyter_saves_them(record: Callable[..., Any], course: Assignment) -> None:
    """A text is a list of lines in the file; nbgrader fails on one that is not joined."""
    notebook = copy.deepcopy(source_notebook(course))
    printed = {"output_type": "stream", "name": "stdout", "text": ["one line\n", "and another"]}
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": ["<Figure\n", "size>"]}}
    cell(notebook, "e_step")["outputs"] = [printed, shown]
    outputs = cell(record("hazel", notebook), "e_step")["outputs"]
    assert (outputs[0]["text"], outputs[1]["data"]["text/plain"]) == ("one line\nand another", "<Figure\nsize>")


def test_an_error_of_ours_leaves_the_gradebook_as_it_was(
    graded: Path, course: Assignment, results: dict[str, Result]
) -> None:
    from autograder.commands.grade import record as record_all

    before = in_gradebook(graded, course, "alder")
    submissions = [Submission("alder", graded / "submitted" / "alder" / course.slug / course.notebook)]
    failed = {**results["alder"], "status": "error", "parts": [], "score": 0}
    record_all(Course(graded, course), submissions, [failed], Roster(), quiet=True)
    assert in_gradebook(graded, course, "alder") == before


def test_who_hands_in_while_the_class_is_graded_moves_nobodys_score(
    graded: Path, course: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    before = {student: in_gradebook(root, course, student) for student in ("alder", "ash")}
    for folder in (root / "submitted").iterdir():
        if folder.name not in before:
            shutil.rmtree(folder)

    def and_then_one_comes(paths: list[Path], assignment: Assignment) -> list[Submission]:
        found = find_submissions(paths, assignment)
        hand_in(root, course, "acacia", release_notebook(course))
        return found

    monkeypatch.setattr("autograder.runs.class_run.find_submissions", and_then_one_comes)
    words = ["grade", course.slug, "--course", str(root), "--jobs", "1", "--isolation", "process"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "2 submissions in the gradebook" in done.output
    assert {student: in_gradebook(root, course, student) for student in before} == before


def test_names_from_a_roster_are_in_the_gradebook(graded: Path, course: Assignment, results: dict[str, Result]) -> None:
    person = {"student_id": "ash", "email": "ash@example.org", "first_name": "Ash", "last_name": "Grove"}
    submission = Submission("ash", graded / "submitted" / "ash" / course.slug / course.notebook)
    Course(graded, course).record(submission, results["ash"], Roster(tuple(person), (person,)))
    with Gradebook(f"sqlite:///{(graded / 'gradebook.db').as_posix()}") as book:
        assert book.find_student("ash").email == "ash@example.org"


@pytest.mark.parametrize(
    "url", ["sqlite:///kept/our.db", "sqlite:///kept/our.db?timeout=30", "sqlite:///{}?timeout=30"]
)
def test_the_gradebook_is_where_the_courses_config_says(
    url: str, graded: Path, course: Assignment, results: dict[str, Result], tmp_path: Path
) -> None:
    """A relative path is the course's, wherever we are called from, as it is for nbgrader's commands run there."""
    file = tmp_path / "kept" / "our.db"
    file.parent.mkdir()
    shutil.copy(graded / "gradebook.db", file)
    url = url.format(file.as_posix())
    (tmp_path / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.db_url = {url!r}\n")
    folder = hand_in(tmp_path, course, "rowan", source_notebook(course))
    submission = Submission("rowan", folder / course.notebook)
    Course(tmp_path, course).record(submission, {**results["alder"], "student": "rowan"}, Roster())
    nbgrader(tmp_path, "export", "--to", "grades.csv")
    with (tmp_path / "grades.csv").open() as rows:
        assert {row["student_id"]: row["score"] for row in csv.DictReader(rows)}["rowan"] == "100.0"
    assert not (tmp_path / "gradebook.db").exists()


@pytest.mark.parametrize("url", ["no url", "sqlite://", "sqlite:///nowhere.db", "nosuch://host/name"])
def test_a_gradebook_that_cannot_be_opened_gets_a_sentence(url: str, course: Assignment, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.db_url = {url!r}\n")
    with pytest.raises(UsageError, match=r"db_url is no URL|no gradebook yet|can't be opened"):
        Course(tmp_path, course)
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("trouble", ["no folder", "no gradebook", "other points", "both", "nothing"])
def test_a_course_that_cannot_be_graded_gets_a_sentence_with_the_mend(
    trouble: str, root: Path, course: Assignment, tmp_path: Path
) -> None:
    shutil.copy(root / "gradebook.db", tmp_path / "gradebook.db")
    words = ["--course", str(tmp_path)]
    if trouble == "no folder":
        words[1] += "/nowhere"
    elif trouble == "no gradebook":
        (tmp_path / "gradebook.db").unlink()
    elif trouble == "other points":
        with Gradebook(f"sqlite:///{(tmp_path / 'gradebook.db').as_posix()}") as book:
            book.find_grade_cell("test_e_step", "em_gmm", course.slug).max_score = 3
            book.db.commit()
    elif trouble == "both":
        words.append(str(tmp_path))
    else:
        words = []
    done = CliRunner().invoke(app, ["grade", course.slug, *words])
    said = {
        "no folder": "there is no such course",
        "no gradebook": "nbgrader generate_assignment em_gmm",
        "other points": "nbgrader generate_assignment em_gmm",
        "both": "not both",
        "nothing": "--course",
    }
    assert done.exit_code == 2
    assert said[trouble] in " ".join(done.output.split())


def test_the_grades_of_a_course_lie_where_no_command_of_nbgrader_looks(graded: Path, course: Assignment) -> None:
    line = (graded / "grades" / course.slug / "results.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(line)["submitted_at"] in ("2026-03-02T12:30:00Z", None)
    assert sorted(path.name for path in (graded / "autograded").iterdir())[:2] == ["alder", "ash"]
