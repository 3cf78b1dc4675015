"""Runs a command of the kit in a process of its own that has its packages already.

To start Python and to import what `build` imports takes a second, and most tests are not about that. So a server
imports it once, and forks for each command. It imports nothing of a course. Tests about how a command starts start it
from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

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
    arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str], encoding: str = "utf-8"
) -> subprocess.CompletedProcess[str]:
    """What `autograder` with these arguments ends with in a folder, with these environment variables and no others.

    With the arguments `-c` and a text, that of Python ends with it. What it writes is read in this encoding.
    """
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept, "out"), Path(kept, "err")
        code = start_command(arguments, folder, variables, out, err).wait()
        texts = [path.read_text(encoding=encoding) for path in (out, err)]
    return subprocess.CompletedProcess(["autograder", *arguments], code, *texts)


class Started:
    """A command that runs in a process group of its own, like a `subprocess.Popen` with a new session."""

    def __init__(self, pid: int, path: str) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._path = path
        self._ends = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when the command ends. Raises TimeoutExpired if it has not after these seconds."""
        if self.returncode is None:
            if not select.select([self._ends], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("autograder", timeout or 0)
            self.returncode = _ask(self._path, ended=self.pid)
            os.close(self._ends)
        return self.returncode

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_command(
    arguments: tuple[str, ...],
    folder: Path,
    variables: Mapping[str, str],
    out: str | Path = os.devnull,
    err: str | Path = os.devnull,
    packages: tuple[str, ...] = (),
) -> Started:
    """Start a command as `run_command` does, and let it write into these files.

    The server imports the packages first, and keeps them for later commands.
    """
    path = variables.get("PYTHONPATH", "")
    command = [arguments, str(folder), dict(variables), str(out), str(err)]
    return Started(_ask(path, command=command, packages=packages), path)


def _ask(path: str, **request: Any) -> int:
    """The answer of a server to a request. It answers at once."""
    requests, answers = _server(path)
    print(json.dumps(request), file=requests, flush=True)
    return int(answers.readline())


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
    _import(_PACKAGES)
    _draw()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        else:
            _import(request["packages"])
            answer = os.fork()
            if not answer:
                _become(*request["command"])
        print(answer, file=answers, flush=True)


def _import(names: Iterable[str]) -> None:
    search = list(sys.path)
    if new := [name for name in names if name not in sys.modules]:
        for name in new:
            importlib.import_module(name)
        gc.freeze()  # so that a command does not look through all this, which copies it
    sys.path[:] = search  # setuptools adds a folder


def _draw() -> None:
    """Draw once, so that fonts and the labels of an axis are read."""
    from autograder.proof import draw_calibration

    ends = {"furthest_alternative": {"deviation": 1e-9}, "nearest_misconception": {"deviation": 1e-3}}
    draw_calibration({"checks": {"a": {**ends, "tolerance": 1e-6}}, "key": {}}, "")


def _become(arguments: list[str], folder: str, variables: dict[str, str], out: str, err: str) -> None:
    """Be the command, and end with it."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    # New ones, because those of the server have found out whether its own files can seek.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the process ends
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
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
