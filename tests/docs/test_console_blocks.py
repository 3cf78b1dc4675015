"""Each console block of the pages, run in a small course of `em_gmm`: they print what the pages show."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment import load
from autograder.building.demo import make_class
from autograder.building.made_from import is_unchanged
from tests.docs.pages import PAGES, ROOT, follow, shell, typed

ALL_PAGES = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
ELSEWHERE = {
    "your-own-assignment.md": "tests/building/test_guide.py runs it",
    "platform-exports.md": "tests/commands/test_platform_page.py runs it",
}
# Commands that are not run, because each takes minutes. `.ci/run` runs those of CONTRIBUTING.md.
EXEMPT = {
    "make bench": "it grades 48 submissions with five methods, nbgrader among them",
    "autograder prove em_gmm": "it grades 281 notebooks",
    "autograder prove em_gmm --mutants --variants 200 --disturb": "it grades mutants and the data of 200 students too",
    "autograder prove em_gmm --variants 200 --variants-figure docs/variants.png": "the same, with a picture",
    "make setup": "it installs all packages",
    "make test": "these are the tests",
    "make lint": "mypy reads the whole kit",
    "bash .ci/run": "it runs everything",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with three submissions, a roster and a ledger, and with `autograder` where `make setup` puts it."""
    em_gmm = load(ROOT, "em_gmm")
    assert is_unchanged(em_gmm), "`autograder demo` would build for minutes: run `autograder build em_gmm` first"
    folder = tmp_path_factory.mktemp("course")
    for name in ("source", "reference", "data", "release"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("autograder", "grader"):
        (folder / "kit").mkdir(exist_ok=True)
        (folder / "kit" / name).symlink_to(ROOT / name)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    make_class(em_gmm, folder / "all")
    (folder / "submitted").mkdir()
    for student in ("alder", "cherry", "willow"):
        (folder / "all" / f"{student}.ipynb").rename(folder / "submitted" / f"{student}.ipynb")
    shutil.rmtree(folder / "all")
    (folder / "roster.csv").write_text("student_id,email\nada,ada@example.org\nash,ash@example.org\n")
    (folder / ".venv").mkdir()
    run = commands(folder)
    (folder / ".venv" / ".installed").touch()
    follow(ALL_PAGES["ci.md"], folder, run, EXEMPT)
    return folder


def commands(folder: Path) -> Callable[[str], str]:
    programs = folder / ".venv" / "bin"
    programs.mkdir(exist_ok=True)
    return shell(folder, programs, {"PYTHONPATH": str(folder / "kit")})


def pages_to_run() -> list[str]:
    return [
        name
        for name, page in ALL_PAGES.items()
        if name not in ELSEWHERE and any(line not in EXEMPT for line, _ in typed(page))
    ]


@pytest.mark.parametrize("page", pages_to_run())
def test_the_commands_of_a_page_print_what_it_shows(page: str, graded: Path, tmp_path: Path) -> None:
    if page == "ci.md":
        return  # the fixture runs it
    course = tmp_path / "course"
    shutil.copytree(graded, course, symlinks=True)
    if page == "authors-loop.md":
        write_line_with_two_slips(course)
    follow(ALL_PAGES[page], course, commands(course), EXEMPT)


def write_line_with_two_slips(course: Path) -> None:
    """Add the assignment of tests/toy to the course, with a forgotten helper and points that do not add up."""
    toy = ROOT / "tests" / "toy"
    shutil.copytree(toy, course / "reference" / "line", ignore=shutil.ignore_patterns("__pycache__"))
    (course / "source" / "line").mkdir()
    commands(course)(f"autograder notebook {toy / 'notebook.py'} source/line/line.ipynb")
    wrong = course / "reference" / "line" / "misconceptions.py"
    wrong.write_text(wrong.read_text().replace("return np.polyfit(x, y, 1)", "return posterior(x)"))
    policy = (toy / "assignment.toml").read_text().replace("max_score = 10", "max_score = 12")
    (course / "source" / "line" / "assignment.toml").write_text(policy)


def test_each_exemption_is_a_command_of_a_page() -> None:
    shown = {line for page in ALL_PAGES.values() for line, _ in typed(page)}
    assert set(EXEMPT) - shown == set()
