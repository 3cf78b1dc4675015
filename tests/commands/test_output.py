"""What is only said never undoes what was done: all files are there and the exit code is right, whatever the output is.

One grading of a class that no sandbox has to run: its notebooks are unreadable. The first run fills the ledger.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from autograder.submissions import read_roster
from tests.warm_commands import run_command

FILES = ["grades.csv", "report.html", "results.jsonl"]
JOSE = "José"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class on a Mac with the roster of a platform, and `out`, in which it was graded once."""
    place = tmp_path_factory.mktemp("output")
    (place / "class").mkdir()
    for name in (unicodedata.normalize("NFD", JOSE), "ASH", "eve"):
        (place / f"class/{name}.ipynb").write_text("{}")
    text = f"student_id;email;first_name\n{JOSE};j@example.org;{JOSE}\nAsh;a@example.org;\nbob;b@example.org;\n;;\n"
    (place / "roster.csv").write_text(text, encoding="utf-8-sig")
    return place


def words(place: Path, command: str) -> str:
    """The words of `grade` or `report` with a format for people and one for spreadsheets, whose files are removed."""
    for name in FILES[:2]:
        (place / "out" / name).unlink(missing_ok=True)
    what = {
        "grade": f"grade em_gmm {place}/class --out {place}/out -j1 --isolation process",
        "report": f"report {place}/out",
    }[command]
    return f"{what} --roster {place}/roster.csv --format html --format csv"


def run(place: Path, root: Path, command: str, redirection: str) -> subprocess.CompletedProcess[bytes]:
    """Run it as a shell starts it. What becomes of its output depends on how Python begins and ends."""
    shell = f"{sys.executable} -m autograder {words(place, command)} {redirection}"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(["bash", "-c", shell], cwd=root, capture_output=True, check=False, env=environment)


@pytest.fixture(scope="module")
def graded(place: Path, root: Path) -> subprocess.CompletedProcess[str]:
    return run_command(tuple(words(place, "grade").split()), root, os.environ)


def test_a_class_of_a_mac_is_matched_with_the_roster_of_a_platform(
    place: Path, graded: subprocess.CompletedProcess[str]
) -> None:
    said = graded.stdout
    assert graded.returncode == 0, graded.stderr
    assert "On the roster, but no submission: bob\n" in said
    assert "Submitted, but not on the roster: eve\n" in said
    raw = (place / "out/grades.csv").read_bytes()
    assert raw.startswith("\N{BYTE ORDER MARK}assignment,".encode())
    rows = {row["student_id"]: row for row in csv.DictReader(raw.decode("utf-8-sig").splitlines())}
    assert set(rows) == {JOSE, "ASH", "eve"}
    assert (rows[JOSE]["first_name"], rows["ASH"]["email"]) == (JOSE, "a@example.org")
    assert set(read_roster(place / "out/grades.csv").students) == {JOSE, "ASH", "eve"}


@pytest.mark.parametrize("command", ["grade", "report"])
@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
@pytest.mark.usefixtures("graded")
def test_an_output_that_has_no_accents_or_frames_shows_other_signs(
    place: Path, root: Path, command: str, encoding: str
) -> None:
    # As PYTHONIOENCODING does when Python begins.
    code = f"import sys\nfor file in (sys.stdout, sys.stderr): file.reconfigure(encoding={encoding!r})\n"
    code += f"sys.argv[1:] = {words(place, command).split()!r}\nfrom autograder.cli import app\napp()"
    done = run_command(("-c", code), root, os.environ, encoding)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "grades.csv" in done.stdout
    assert sorted(set(os.listdir(place / "out")) - {"notebooks.json"}) == FILES


@pytest.mark.parametrize(
    ("command", "redirection"),
    [
        *(("grade", ">&- 2>&- <&-"), ("grade", ">/dev/full 2>/dev/full"), ("grade", "| true")),
        *(("report", ">&-"), ("report", "2>&-"), ("report", ">/dev/full")),
    ],
)
@pytest.mark.usefixtures("graded")
def test_an_output_that_takes_nothing_prevents_no_file_and_changes_no_exit_code(
    place: Path, root: Path, command: str, redirection: str
) -> None:
    done = run(place, root, command, f"{redirection}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert sorted(set(os.listdir(place / "out")) - {"notebooks.json"}) == FILES


def test_a_usage_error_still_exits_with_2_if_nobody_can_read_it(place: Path, root: Path) -> None:
    assert run(place, root, "report", "--roster nowhere >&- 2>&-").returncode == 2


@pytest.mark.usefixtures("graded")
def test_files_are_written_and_the_class_is_printed_even_if_a_format_can_not_be_written(
    place: Path, root: Path
) -> None:
    (place / "out/junit.xml").mkdir()
    done = run_command((*words(place, "grade").split(), "--format", "junit"), root, os.environ)
    (place / "out/junit.xml").rmdir()
    assert done.returncode == 2
    assert "junit can't be written" in done.stderr
    assert "3 submissions graded" in done.stdout
    assert sorted(set(os.listdir(place / "out")) - {"notebooks.json"}) == FILES


def test_links_that_can_not_be_printed_are_an_error_because_they_are_the_result(place: Path, root: Path) -> None:
    command = f"{sys.executable} -m autograder roster links --data {place}/data --roster {place}/roster.csv"
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "ascii"}
    done, lost = (
        subprocess.run(["bash", "-c", c], cwd=root, capture_output=True, check=False, env=environment)
        for c in (command, f"{command} >/dev/full")
    )
    assert done.returncode == 0, done.stderr
    assert f"{JOSE},j@example.org,http".encode() in done.stdout
    assert lost.returncode == 2
    assert b"Write them into a file with --out" in lost.stderr
