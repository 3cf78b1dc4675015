"""What an instructor types, and the output and exit code that follow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer import Context
from typer.main import get_command
from typer.testing import CliRunner
from typer.testing import Result as Ran

from autograder.cli import app
from autograder.commands import terminal
from autograder.runs import LEDGER_NAME
from autograder.sandbox import strictest_isolation
from tests.warm_commands import run_command

COMMANDS = sorted(get_command(app).list_commands(Context(get_command(app))))  # type: ignore[attr-defined]
Type = Callable[..., Ran]


@pytest.fixture
def type_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command in the course's folder."""
    monkeypatch.chdir(root)
    monkeypatch.setattr(terminal.console, "width", 200)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def one_sentence(ran: Ran) -> str:
    assert ran.stdout == ""
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(type_in: Type, command: str) -> None:
    ran = type_in(command, "--help")
    assert ran.exit_code == 0
    assert f"Example: autograder {command}" in ran.stdout


def test_the_commands_are_listed(type_in: Type) -> None:
    ran = type_in("--help")
    assert all(command in ran.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", ["build", "grade", "demo"])
def test_an_unknown_assignment_is_a_usage_error_that_names_the_known_ones(
    type_in: Type, tmp_path: Path, command: str
) -> None:
    more = {"grade": [tmp_path, "--out", tmp_path], "demo": ["--out", tmp_path / "demo"]}
    ran = type_in(command, "em_gnn", *more.get(command, []))
    assert ran.exit_code == 2
    assert "there is no assignment 'em_gnn'" in one_sentence(ran)
    assert "the course has: em_gmm" in ran.stderr


@pytest.mark.parametrize("name", ["nowhere", "odd [/red] [name].ipynb"])
def test_a_path_that_does_not_exist_is_a_usage_error(type_in: Type, tmp_path: Path, name: str) -> None:
    ran = type_in("grade", "em_gmm", tmp_path / name, "--out", tmp_path / "grades")
    assert ran.exit_code == 2
    assert f"{name}: no such file or folder." in one_sentence(ran)


def test_a_folder_without_submissions_is_a_usage_error(type_in: Type, tmp_path: Path) -> None:
    ran = type_in("grade", "em_gmm", tmp_path, "--out", tmp_path / "grades")
    assert ran.exit_code == 2
    assert "no submission here" in one_sentence(ran)


def test_a_results_folder_that_is_a_file_is_a_usage_error(type_in: Type, tmp_path: Path) -> None:
    (tmp_path / "ada.ipynb").write_text("x")
    ran = type_in("grade", "em_gmm", tmp_path / "ada.ipynb", "--out", tmp_path / "ada.ipynb")
    assert ran.exit_code == 2
    one_sentence(ran)


def test_a_command_outside_of_a_course_is_a_usage_error(
    type_in: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = type_in("grade", "em_gmm", tmp_path, "--out", tmp_path)
    assert ran.exit_code == 2
    assert "change into the course's folder" in one_sentence(ran)


@pytest.mark.parametrize("words", [("grade",), ("new",), ("build", "--nothing")])
def test_a_missing_argument_or_an_unknown_option_is_a_usage_error(type_in: Type, words: tuple[str, ...]) -> None:
    ran = type_in(*words)
    assert ran.exit_code == 2
    assert "Usage:" in ran.stderr


def test_a_class_is_graded_quietly_and_then_shown_and_then_regraded(type_in: Type, tmp_path: Path, root: Path) -> None:
    folder, out = tmp_path / "class", tmp_path / "grades"
    folder.mkdir()
    release = (root / "release/em_gmm/em_gmm.ipynb").read_bytes()
    (folder / "ada.ipynb").write_bytes(release)
    (folder / "bob.ipynb").write_bytes(release[:1000])

    quiet = type_in("grade", "em_gmm", folder, "--out", out, "--jobs", 1, "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    found = {line["student"]: (line["status"], line["score"]) for line in lines}
    assert found == {"ada": ("graded", 0), "bob": ("unreadable", 0)}

    (folder / "carol.pdf").write_bytes(b"a scan")
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,email\nada,ada@example.org\ncarol,carol@example.org\n")
    again = type_in("grade", "em_gmm", folder, "--out", out, "--jobs", 1, "--roster", roster)
    assert "2 submissions graded, 2 of them in an earlier run" in again.stdout
    assert "Ignored, because it holds no notebook: carol.pdf\nOn the roster, but no submission: carol\n" in again.stdout
    assert len((out / "results.jsonl").read_text().splitlines()) == 2

    shown = type_in("grade", "em_gmm", folder / "bob.ipynb", "--out", out, "--jobs", 1, "--regrade")
    assert shown.exit_code == 0
    assert "bob" in shown.stdout
    [message] = [
        line for line in shown.stdout.splitlines() if line.startswith("bob: unreadable: the file is not a notebook")
    ]
    assert message.endswith(json.loads((out / "results.jsonl").read_text())["message"])
    assert "1 submission graded. " in shown.stdout
    assert str(out / "results.jsonl") in shown.stdout
    assert len((out / "results.1.jsonl").read_text().splitlines()) == 2
    assert len((out / "results.jsonl").read_text().splitlines()) == 1


def test_output_that_is_not_a_terminal_has_lines_of_120_columns(root: Path, tmp_path: Path) -> None:
    (tmp_path / "ada.ipynb").write_bytes((root / "release/em_gmm/em_gmm.ipynb").read_bytes())
    words = ("grade", "em_gmm", str(tmp_path / "ada.ipynb"), "--out", str(tmp_path / "grades"), "--jobs", "1")
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    ran = run_command((*words, "--isolation", strictest_isolation()), root, environment)
    assert ran.returncode == 0, ran.stderr
    assert "M_step is not implemented yet" in ran.stdout
    assert max(len(line.rstrip()) for line in ran.stdout.splitlines() if "results.jsonl" not in line) <= 120


def grade_with_path(root: Path, tmp_path: Path, path: str, *more: str) -> CompletedProcess[str]:
    """Grade a broken file with this PATH."""
    (tmp_path / "ada.ipynb").write_text("no notebook")
    words = ("grade", "em_gmm", str(tmp_path / "ada.ipynb"), "--out", str(tmp_path / "grades"), *more)
    return run_command(words, root, {**os.environ, "PATH": path, "COLUMNS": "200"})


@pytest.mark.parametrize("asked", [(), ("--isolation", "strict")])
def test_without_bubblewrap_grading_is_refused_with_the_command_to_install_it(
    root: Path, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    ran = grade_with_path(root, tmp_path, str(tmp_path), *asked)
    assert ran.returncode == 2
    assert "`apt install bubblewrap`, or accept less with `--isolation process`" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "grades").exists()


def test_a_bubblewrap_that_can_not_make_namespaces_is_refused_with_its_own_message(root: Path, tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho bwrap: No permissions to create a new namespace >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    ran = grade_with_path(root, tmp_path, f"{tmp_path}:{os.environ['PATH']}")
    assert ran.returncode == 2
    assert "No permissions to create a new namespace" in ran.stderr
    assert "--isolation process" in ran.stderr


@pytest.mark.parametrize("isolation", ["strict", "process"])
def test_the_isolation_level_is_printed_and_kept_in_the_ledger(root: Path, tmp_path: Path, isolation: str) -> None:
    ran = grade_with_path(root, tmp_path, os.environ["PATH"], "--isolation", isolation)
    assert ran.returncode == 0, ran.stderr
    assert f"isolation {isolation}: " in ran.stdout
    assert json.loads((tmp_path / "grades" / LEDGER_NAME).read_text())["isolation"] == isolation
