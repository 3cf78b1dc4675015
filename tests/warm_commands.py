"""Runs a command of the kit in a process of its own that has its packages already.

To start Python and to import what `build` imports takes a second, and most tests are not about that. So a server
imports it once, and forks for each command. It imports nothing of a course. Tests about how a command starts start it
from nothing.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import IO

# What commands import, but no module of autograder.commands, because those look at the terminal.
_PACKAGES = (
    "IPython.core.inputtransformer2",
    "autograder.building",
    "autograder.cli",
    "autograder.reports",
    "joblib",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "nbgrader.apps",
    "rich.progress",
    "rich.table",
    "typer.rich_utils",
)


def run_command(
    arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """What `autograder` with these arguments ends with in a folder, with these environment variables and no others.

    With the arguments `-c` and a text, that of Python ends with it.
    """
    requests, answers = _server(variables.get("PYTHONPATH", ""))
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        asked = [arguments, str(folder), dict(variables), str(out), str(err)]
        print(json.dumps(asked), file=requests, flush=True)
        code = json.loads(answers.readline())
        texts = [path.read_text(encoding="utf-8") for path in (out, err)]
    return subprocess.CompletedProcess(["autograder", *arguments], code, *texts)


@functools.cache
def _server(path: str) -> tuple[IO[str], IO[str]]:
    """The input and the output of a server that finds the kit on this PYTHONPATH."""
    server = subprocess.Popen(
        [sys.executable, "-P", __file__],
        env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},  # with threads, it should not fork
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)  # it ends with its input
    assert server.stdin
    assert server.stdout
    return server.stdin, server.stdout


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    search = list(sys.path)
    for name in _PACKAGES:
        importlib.import_module(name)
    sys.path[:] = search  # setuptools adds a folder
    _draw()
    gc.freeze()  # so that a command does not look through all this, which copies it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(*json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, file=answers, flush=True)


def _draw() -> None:
    """Draw once, so that fonts and the labels of an axis are read."""
    from autograder.proof import draw_calibration

    ends = {"furthest_alternative": {"deviation": 1e-9}, "nearest_misconception": {"deviation": 1e-3}}
    draw_calibration({"checks": {"a": {**ends, "tolerance": 1e-6}}, "key": {}}, "")


def _become(arguments: list[str], folder: str, variables: dict[str, str], out: str, err: str) -> None:
    """Be the command, and end with it."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    code = 1
    try:
        if arguments[0] == "-c":
            exec(arguments[1], {"__name__": "__main__"})
            sys.exit(0)
        sys.argv = ["autograder", *arguments]
        from autograder.cli import app

        app(prog_name="autograder")
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - whatever ends it, Python would show it
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # Python would take down all packages, which takes longer than most commands


if __name__ == "__main__":
    _serve()
