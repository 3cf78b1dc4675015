"""docs/your-own-assignment.md, run from top to bottom in an empty folder: its files, its commands and their output."""

import os
import re
import subprocess
import sys

import pytest

from tests.building.line_course import ROOT, edit, environment

PAGE = (ROOT / "docs" / "your-own-assignment.md").read_text(encoding="utf-8")
FENCED = re.compile(r"(?m)^```(\w+)\n((?s:.*?))^```$")
# Each block with its kind and the line before it, which says what to do with the block.
BLOCKS = [(m[1], PAGE[: m.start()].rstrip().rpartition("\n")[2], m[2]) for m in FENCED.finditer(PAGE)]


def matches(shown, printed):
    """Whether this was printed. In what the page shows, `…` stands for any text."""
    pattern = re.escape(shown.strip()).replace("…", "(?s:.*?)")
    plain = "\n".join(line.rstrip() for line in printed.splitlines()).strip()
    return re.fullmatch(pattern, plain)


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs a line of the page in the folder of the course. `autograder` is the installed kit."""
    folder, programs = tmp_path_factory.mktemp("afternoon"), tmp_path_factory.mktemp("bin")
    for name, arguments in (("autograder", "-P -m autograder"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (programs / name).chmod(0o755)
    variables = environment() | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}

    def run(line):
        command = ["/bin/sh", "-c", line]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=variables)
        return done.stdout + done.stderr

    return folder, run


def write(course, before, text):
    path = course / re.search(r"Write `(\S+)`:$", before)[1]
    assert path.parent.is_dir(), path
    path.write_text(text)


def change(course, before, text):
    path = course / re.search(r"In `(\S+)`:$", before)[1]
    removed, added = ("".join(line[1:] for line in text.splitlines(True) if line[0] == sign) for sign in "-+")
    edit(path, removed, added)


def test_a_reader_who_does_what_the_page_says_sees_what_the_page_shows(shell):
    course, run = shell
    assert {kind for kind, _, _ in BLOCKS} == {"python", "toml", "console", "diff"}
    assert PAGE.count("```") == 2 * len(BLOCKS)
    for kind, before, text in BLOCKS:
        if kind == "diff":
            change(course, before, text)
        elif kind != "console":
            write(course, before, text)
        for line, shown in (
            re.findall(r"(?m)^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", text) if kind == "console" else ()
        ):
            printed = run(line.replace("\n> ", "\n"))
            assert matches(shown, printed), f"$ {line}\n{printed}"
