"""What the tests of pages share: the blocks of a page, and a shell that runs them in a folder and compares."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.warm_commands import run_command

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])
FENCED = re.compile(r"(?m)^```([\w{}-]*).*\n((?s:.*?))^```$")
# A command and its further lines, and what it prints.
TYPED = re.compile(r"(?m)^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)")
Block = tuple[str, str, str]  # its kind, the line before it, which says what to do with the block, and its text


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return [(m[1], page[: m.start()].rstrip().rpartition("\n")[2], m[2]) for m in FENCED.finditer(page)]


def typed(page: str) -> list[tuple[str, str]]:
    """Each command of the page's console blocks, with what the page shows below it."""
    return [found for kind, _, text in blocks(page) if kind == "console" for found in TYPED.findall(text)]


def matches(shown: str, printed: str) -> bool:
    """Whether this was printed. In what the page shows, `…` stands for any text."""
    pattern = re.escape(shown.strip()).replace("…", "(?s:.*?)")
    plain = "\n".join(line.rstrip() for line in printed.splitlines()).strip()
    return re.fullmatch(pattern, plain) is not None


def follow(page: str, folder: Path, run: Callable[[str], str], exempt: Iterable[str] = ()) -> None:
    """Do what the page says, from top to bottom: write and change its files, run its commands, compare their output.

    A line before a block says what to do with it: "Write `path`:", "Append to `path`:", or "In `path`:" for a diff.
    """
    for kind, before, text in blocks(page):
        place = re.search(r"(Write|Append to|In) `(\S+)`:$", before)
        if kind == "console":
            for line, shown in TYPED.findall(text):
                if line not in exempt:
                    printed = run(line.replace("\n> ", "\n"))
                    assert matches(shown, printed), f"$ {line}\n{printed}"
        elif place:
            path = folder / place[2]
            assert path.parent.is_dir(), path
            old = path.read_text(encoding="utf-8") if place[1] != "Write" else ""
            path.write_text(_changed(old, text) if kind == "diff" else old + text, encoding="utf-8")


def _changed(old: str, diff: str) -> str:
    removed, added = ("".join(line[1:] for line in diff.splitlines(True) if line[0] == sign) for sign in "-+")
    assert removed in old, removed
    return old.replace(removed, added)


# Steps that a long command prints where no terminal shows a bar. The pages show what a terminal keeps.
_STEP = re.compile(r"(?m)^(building \w+: .*|\w+: \d+ of \d+)\n")


def shell(folder: Path, programs: Path, variables: Mapping[str, str], warm: bool = False) -> Callable[[str], str]:
    """Return a function that runs a line in the folder and returns what it prints. `autograder` is the kit.

    `programs` is an empty folder for the commands. With `warm`, a line with a command of the kit and nothing for the
    shell runs in a process that has its packages already.
    """
    for name, arguments in (("autograder", "-P -m autograder"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (programs / name).chmod(0o755)
    search = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}

    def run(line: str) -> str:
        environment = {**os.environ, **variables, **search}
        if warm and line.startswith("autograder ") and not re.search(r"[^\w ./=-]", line):
            done = run_command(tuple(line.split()[1:]), folder, environment)
        else:
            command = ["/bin/sh", "-c", line]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
        return done.stdout + _STEP.sub("", done.stderr)

    return run
