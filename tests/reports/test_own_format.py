"""A format of another package: the example of docs/platforms.md, installed beside the kit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.warm_commands import run_command

PAGE = (ROOT / "docs/platforms.md").read_text(encoding="utf-8")


def install(package: Path, place: Path, code: str, more: str = "") -> Path:
    """Install the page's package with this code, and more of pyproject.toml. Return the folder it is in."""
    [policy] = [text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "autograder.formats" in text]
    package.mkdir()
    entry = 'university = "university_format:files"\n'
    assert entry in policy
    (package / "pyproject.toml").write_text(policy.replace(entry, entry + more), encoding="utf-8")
    (package / "university_format.py").write_text(code, encoding="utf-8")
    words = ["pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", place, package]
    subprocess.run([sys.executable, "-m", *map(str, words)], check=True)
    return place


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("format")
    [code] = [text for text in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "def files" in text]
    broken = "\n\ndef broken(book):\n    yield 'half.txt', 'x'\n    raise KeyError('grade')\n"
    entries = 'broken = "university_format:broken"\ncsv = "university_format:files"\ngone = "no_such_module:files"\n'
    return install(folder / "university-format", folder / "installed", code + broken, entries)


def report(installed: Path, ledger: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `autograder report` where the package is installed. The kit looks for formats when it is imported."""
    code = f"""
import sys
sys.path.append({str(installed)!r})
sys.argv[1:] = {["report", str(ledger), *words]!r}
for name in [name for name in sys.modules if name.startswith("autograder.")]:
    del sys.modules[name]
from autograder.cli import app
app()
"""
    return run_command(("-c", code), ROOT, os.environ | {"COLUMNS": "200"})


def test_a_package_adds_a_format_without_a_change_of_the_kit(installed: Path, ledger: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,email\nalder,alder@example.org\n", encoding="utf-8")
    done = report(installed, ledger, "--format", "university", "--roster", str(roster))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[:2] == ["university:", str(ledger / "university.csv")]
    lines = (ledger / "university.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "student;e-mail;passed"
    assert {"alder;alder@example.org;yes", "ash;;yes", "beech;;no"} <= set(lines)
    assert not any(line.startswith("cedar") for line in lines)  # the grader itself failed
    assert "university" in report(installed, ledger, "--help").stdout


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "the format 'broken' (university_format:broken) failed: KeyError: 'grade'"),
        ("gone", "the format 'gone' (no_such_module:files) failed: ModuleNotFoundError: No module named"),
    ],
)
def test_an_error_of_a_format_is_one_sentence_with_its_name(installed: Path, ledger: Path, name: str, why: str) -> None:
    done = report(installed, ledger, "--format", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_package_does_not_replace_a_format_of_the_kit(installed: Path, ledger: Path) -> None:
    done = report(installed, ledger, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert (ledger / "grades.csv").is_file()
    assert not (ledger / "university.csv").exists()
