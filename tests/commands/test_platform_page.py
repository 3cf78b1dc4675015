"""The commands of docs/platform-exports.md print what the page says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.assignment import notebook_to_bytes
from autograder.cli import app
from autograder.commands import terminal
from autograder.submissions import PLATFORMS
from tests.submissions import exports
from tests.submissions.exports import STUDENTS
from tests.submissions.layouts import write_zip

PAGE = (Path(__file__).parents[2] / "docs/platform-exports.md").read_text(encoding="utf-8")
WHEN = datetime(2026, 2, 28, 9)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, honest: dict[str, Any]) -> Path:
    """What the page grades."""
    folder = tmp_path_factory.mktemp("platforms")
    notebook = notebook_to_bytes(honest)
    three = STUDENTS[:3]
    write_zip(folder / "moodle.zip", {exports.moodle(s, "em_gmm.ipynb"): notebook for s in three})
    (folder / "worksheet.csv").write_text(exports.moodle_worksheet(three), encoding="utf-8")
    again = {exports.brightspace(three[0], WHEN - timedelta(1), "em_gmm.ipynb"): b"an earlier attempt"}
    last = {exports.brightspace(s, WHEN, "em_gmm.ipynb"): notebook for s in three[:2]}
    write_zip(folder / "brightspace.zip", {**again, **last, "index.html": b"<html>"})
    (folder / "gradebook.csv").write_text(exports.brightspace_gradebook(three), encoding="utf-8")
    return folder


BLOCKS = re.findall(r"```console\n\$ autograder (.*)\n((?:(?!```).*\n)*)```", PAGE)


@pytest.mark.parametrize(("command", "output"), BLOCKS)
def test_each_command_prints_what_the_page_says(
    files: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, command: str, output: str
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr(terminal.console, "width", 200)
    words = [str(files / word) if (files / word).exists() else word for word in command.split()]
    words = [str(tmp_path / "grades") if word == "grades" else word for word in words]
    ran = CliRunner().invoke(app, [*words, "--jobs", "1", "--isolation", "process"])
    assert ran.exit_code == 0, ran.output
    said = ran.output.replace(str(tmp_path / "grades"), "grades").splitlines()
    for line in output.splitlines():
        if line != "…":
            assert line in said
            said = said[said.index(line) + 1 :]  # in their order


def test_the_page_has_two_commands_and_every_platform() -> None:
    assert len(BLOCKS) == 2
    for name, platform in PLATFORMS.items():
        assert f"| {platform.title} |" in PAGE
        assert f"`{name}`" in PAGE or f"`--from {name}`" in PAGE
