"""The trusted side of the sandbox: starts the parent process, opens sessions, enforces every deadline."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from autograder.sandbox import frames
from autograder.sandbox.isolation import (
    INSIDE,
    Isolation,
    bubblewrap,
    executable,
    hidden,
    packages,
    roots,
    visible,
)
from autograder.sandbox.remove import remove

_START_SECONDS = 120.0
_END_SECONDS = 1800.0  # what a submission may have left is removed in about as long as it took to make
_BOOT = """
import os, runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.path += sys.argv.pop(1).split(os.pathsep)
runpy.run_module("parent", run_name="__main__")
"""
_INSIDE = ("confine.py", "frames.py", "child.py", "remove.py", "repeatable.py", "parent.py")
_ENDED = "it ended the Python process"
_UIDS = range(60000, 65000)  # below 65536, where a container's own users end; nobody is given numbers so high


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are of wall clock unless they say otherwise.

    Memory is counted for each process. `processes` counts threads too, and `file_mb` is the size of the
    largest file; under strict isolation it is the size of all files together. Output is kept up to so many
    characters from its beginning and as many from its end. `hidden_packages` are installed, for the kit's
    own use, but not to be found by student code.
    """

    seconds_per_call: float = 90.0
    seconds_per_notebook: float = 120.0
    seconds_per_submission: float = 600.0
    cpu_seconds: int = 600
    memory_mb: int = 3000
    processes: int = 32
    file_mb: int = 64
    result_mb: int = 64
    output_characters: int = 4000
    replays: int = 3
    hidden_packages: tuple[str, ...] = ()


class TimedOut(Exception):
    """The student's code did not answer in time."""


class Crashed(Exception):
    """The student's process ended, or sent something that is no answer."""


class SandboxBroken(Exception):
    """The sandbox itself does not work: ours, never the student's."""


class Sandbox:
    """A warm parent process that student processes are forked from. A context manager."""

    def __init__(self, limits: Limits, isolation: Isolation, *, warm: bool = True) -> None:
        self.limits = limits
        self.isolation = isolation
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-")).resolve()
        self._folder.chmod(0o755)  # readable for the user that the parent process may become
        (self._folder / "nothing").mkdir()
        for name in _INSIDE:
            shutil.copy(Path(__file__).parent / name, self._folder)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
        self._uid, claim = _own_uid()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._parent = self._start(theirs.fileno(), warm)
        # Also where nobody closes it: a worker keeps its sandbox until it ends.
        held = (self._control, self._log, claim)
        self.close = weakref.finalize(self, _end, self._parent, self._folder, held)
        self._means: tuple[str, ...] | None = None
        self._session: Session | None = None

    @property
    def means(self) -> tuple[str, ...]:
        """What the isolation level is made of on this machine. Waits until the parent process is warm."""
        if self._means is None:
            self._means = tuple(self._answer(_START_SECONDS).get("ready", ()))
            if self.isolation is Isolation.strict:  # it has what it needs, and a killed grader would leave the folder
                remove(str(self._folder))
        return self._means

    def _start(self, control: int, warm: bool) -> subprocess.Popen[bytes]:
        strict = self.isolation is Isolation.strict
        home, code = ("/tmp", INSIDE) if strict else (str(self._folder), str(self._folder))
        environment = {name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ}
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
        environment |= {
            "HOME": home,
            "MPLCONFIGDIR": home,
            "LC_ALL": "C.UTF-8",
            "LOGNAME": "student",
            "PYTHONPATH": os.pathsep.join(packages()),  # for an interpreter that student code starts
            "PATH": "/usr/sbin:/usr/bin:/sbin",
        }
        names = ("memory_mb", "processes", "file_mb", "cpu_seconds", "output_characters", "hidden_packages")
        settings = {name: getattr(self.limits, name) for name in names}
        settings |= {"control": control, "isolation": self.isolation, "warm": warm, "uid": self._uid}
        but = hidden(self.limits.hidden_packages)
        settings["beneath"] = [str(path) for path in roots() if path.is_relative_to("/tmp")]
        if not strict:
            settings["folders"] = [str(path) for path in roots() if path.is_dir()]
            settings["readable"] = [str(part) for path in roots() for part in visible(path.resolve(), but)]
        # -S and -I leave out whatever would put the kit on the path: .pth files, PYTHONPATH, the current folder.
        boot = [executable(), "-I", "-S", "-B", "-c", _BOOT, code, os.pathsep.join(packages())]
        if strict:
            boot = [*bubblewrap(self._folder, environment, but), *boot]
        return subprocess.Popen(
            [*boot, json.dumps(settings)],
            pass_fds=[control],
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )

    def open(self) -> Session:
        """A fresh child that has run nothing; it replaces the session opened before."""
        _ = self.means  # it is warm from here on
        self._session = None
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._hand_over(theirs)
            problem = self._answer(_START_SECONDS).get("problem") or _begun(ours)
            if problem:
                raise SandboxBroken(f"the student's process could not be shut in: {problem}")
        except SandboxBroken:
            ours.close()
            raise
        self._session = Session(ours, self.limits, self._end)
        return self._session

    def _end(self, session: Session) -> None:
        """End a session's child, unless another one has taken its place."""
        if session is not self._session:
            return
        self._session = None
        try:
            self._control.sendall(b"c")
        except OSError:
            return  # the parent process is gone, and its children with it
        self._answer(_END_SECONDS)

    def _hand_over(self, channel: socket.socket) -> None:
        try:
            socket.send_fds(self._control, [b"o"], [channel.fileno()])
        except OSError:
            raise self._broken() from None

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            return dict(frames.receive(self._control, 1 << 20, time.monotonic() + seconds))
        except (TimeoutError, EOFError, OSError, frames.BadFrame):
            raise self._broken() from None

    def _broken(self) -> SandboxBroken:
        told = b"" if self._log.closed else os.pread(self._log.fileno(), 1 << 20, 0)
        log = told.decode(errors="replace").strip().splitlines()
        return SandboxBroken(f"the sandbox's parent process does not answer: {log[-1] if log else 'no message'}")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _late(seconds: float) -> str:
    return f"it did not end within {seconds:g} seconds"


def _own_uid() -> tuple[int, socket.socket | None]:
    """A user id that no other sandbox of this machine has, and what holds it; 0 where the grader is not root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return 0, None
    first = os.getpid() % len(_UIDS)
    for uid in (*_UIDS[first:], *_UIDS[:first]):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0autograder-uid-{uid}")  # gone with the process that holds it
            return uid, claim
        except OSError:
            claim.close()
    raise SandboxBroken("every user id for student code is taken")


def _begun(channel: socket.socket) -> str:
    """Wait until the child is shut in, before it gets any code: why it is not, if so. This is never the student's."""
    try:
        told = frames.receive(channel, 1 << 10, time.monotonic() + _START_SECONDS)
    except (TimeoutError, EOFError, OSError, frames.BadFrame):
        return "it ended before it had begun"
    return "" if told == {"ready": True} else str(told.get("problem"))


def _end(parent: subprocess.Popen[bytes], folder: Path, held: Sequence[socket.socket | IO[bytes] | None]) -> None:
    """End the parent process and whatever it runs; remove its folder."""
    control, *others = held
    if control is not None:
        control.close()
    try:
        parent.wait(timeout=10)
    except subprocess.TimeoutExpired:
        parent.kill()
        parent.wait()
    for other in others:
        if other is not None:
            other.close()
    remove(str(folder))


class Session:
    """One child process. After TimedOut or Crashed it is of no use any more."""

    def __init__(self, channel: socket.socket, limits: Limits, end: Callable[[Session], None]) -> None:
        self._channel, self._limits, self._end = channel, limits, end
        self.cell: Any = None  # whatever the child has said

    def run(
        self, cells: Sequence[str], files: Mapping[str, bytes], seconds: float, definitions_of: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Run a notebook's cells beside these files, of some the definitions alone; what failed.

        While it runs, and after it was stopped, `cell` is the one under way.
        """
        deadline = time.monotonic() + seconds
        request = {
            "do": "run",
            "seed": 0,
            "cells": [cell.encode(errors="surrogatepass") for cell in cells],
            "definitions_of": list(definitions_of),
            "files": dict(files),
        }
        self._send(request, deadline, seconds)
        for _ in range(len(cells) + 1):
            answer = self._receive(deadline, seconds)
            if answer.keys() != {"cell"}:
                return answer
            self.cell = answer["cell"]
        raise Crashed("what came back is no answer")

    def call(self, function: str, arguments: Sequence[Any], seconds: float, seed: int) -> dict[str, Any]:
        """Call a function: {"missing"}, {"failure"} or {"value", "changed"}."""
        deadline = time.monotonic() + seconds
        request = {"do": "call", "function": function, "arguments": list(arguments), "seed": seed}
        self._send(request, deadline, seconds)
        return self._receive(deadline, seconds)

    def _send(self, request: dict[str, Any], deadline: float, seconds: float) -> None:
        try:
            frames.send(self._channel, request, deadline)
        except TimeoutError:
            raise TimedOut(_late(seconds)) from None
        except OSError:
            raise Crashed(_ENDED) from None

    def _receive(self, deadline: float, seconds: float) -> dict[str, Any]:
        try:
            answer = frames.receive(self._channel, self._limits.result_mb << 20, deadline)
        except TimeoutError:
            raise TimedOut(_late(seconds)) from None
        except (EOFError, OSError):
            raise Crashed(_ENDED) from None
        except frames.BadFrame as problem:
            raise Crashed(f"what came back cannot be read: {problem}") from None
        if not isinstance(answer, dict):
            raise Crashed("what came back is no answer")
        return answer

    def close(self) -> None:
        """End the child and whatever it started. Raises SandboxBroken where that can't be done."""
        self._channel.close()
        self._end(self)
