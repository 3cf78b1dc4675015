"""The trusted side of the sandbox. It starts the parent process, opens sessions and enforces every deadline."""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from autograder.sandbox import frames
from autograder.sandbox.counted import Allowance, TimedOut
from autograder.sandbox.isolation import (
    CODE_FOLDER,
    Isolation,
    bubblewrap_command,
    executable,
    hidden_paths,
    package_folders,
    readable_roots,
    visible_parts,
)
from autograder.sandbox.limits import Limits
from autograder.sandbox.remove import remove
from autograder.sandbox.stand_ins import MOST_CALLS, StandIns, TooManyCalls

_START_SECONDS = 120.0
_END_SECONDS = 1800.0  # to remove what a submission left takes about as long as it took to make
_BOOT = """
import os, runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.path += sys.argv.pop(1).split(os.pathsep)
runpy.run_module("parent", run_name="__main__")
"""
_SANDBOX_FILES = ("confine.py", "frames.py", "child.py", "remove.py", "repeatable.py", "usage.py", "parent.py")
_PROCESS_ENDED = "it ended the Python process"
_NO_ANSWER = "what came back is not an answer"
_UIDS = range(60000, 65000)  # user ids that systems rarely assign; containers often have none from 65536 on


class Crashed(Exception):
    """The student's process ended, or sent something that is not an answer."""


class SandboxBroken(Exception):
    """The sandbox itself does not work. This is never the student's fault."""


class Sandbox:
    """A warm parent process, which forks the student processes. A context manager."""

    def __init__(self, limits: Limits, isolation: Isolation, *, warm: bool = True) -> None:
        self.limits = limits
        self.isolation = isolation
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-")).resolve()
        self._folder.chmod(0o755)  # the parent process may change to another user, which must read it
        (self._folder / "nothing").mkdir()
        (self._folder / "nothing").chmod(0o755)
        for name in _SANDBOX_FILES:
            # With a mode of its own: in a clone under umask 077 only root can read the original.
            shutil.copyfile(Path(__file__).parent / name, self._folder / name)
            (self._folder / name).chmod(0o644)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
        self._uid, claim = _claim_uid()
        self._control, parent_end = socket.socketpair()
        with parent_end:
            self._parent = self._start(parent_end.fileno(), warm)
        # A finalizer runs even if no caller closes the sandbox: a worker keeps its sandbox until the worker ends.
        resources = (self._control, self._log, claim)
        self.close = weakref.finalize(self, _end_parent, self._parent, self._folder, resources)
        self._protections: tuple[str, ...] | None = None
        self._session: Session | None = None

    @property
    def protections(self) -> tuple[str, ...]:
        """What the isolation is made of on this machine. Waits until the parent process is warm."""
        if self._protections is None:
            self._protections = tuple(self._receive_answer(_START_SECONDS).get("ready", ()))
            # The parent process has read its files by now. If the grader is killed later, no folder is left behind.
            if self.isolation is Isolation.strict:
                remove(str(self._folder))
        return self._protections

    def _start(self, control: int, warm: bool) -> subprocess.Popen[bytes]:
        strict = self.isolation is Isolation.strict
        home, code = ("/tmp", CODE_FOLDER) if strict else (str(self._folder), str(self._folder))
        environment = {name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ}
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
        environment |= {"HOME": home, "MPLCONFIGDIR": home, "LC_ALL": "C.UTF-8", "LOGNAME": "student"}
        environment["PYTHONPATH"] = os.pathsep.join(package_folders())  # for an interpreter that student code starts
        environment["PATH"] = "/usr/sbin:/usr/bin:/sbin"
        names = ("memory_mb", "processes", "file_mb", "cpu_seconds", "output_characters", "hidden_packages")
        settings = {name: getattr(self.limits, name) for name in names}
        settings |= {"control": control, "isolation": self.isolation, "warm": warm, "uid": self._uid}
        hidden, roots = hidden_paths(self.limits.hidden_packages), readable_roots()
        settings["under_tmp"] = [str(path) for path in roots if path.is_relative_to("/tmp")]
        if not strict:
            settings["listable"] = [str(path) for path in roots if path.is_dir()]
            settings["readable"] = [str(part) for path in roots for part in visible_parts(path.resolve(), hidden)]
        # -S and -I leave out all that would put the kit on the path: .pth files, PYTHONPATH, the current folder.
        command = [executable(), "-I", "-S", "-B", "-c", _BOOT, code, os.pathsep.join(package_folders())]
        if strict:
            command = [*bubblewrap_command(self._folder, environment, hidden), *command]
        return subprocess.Popen(
            [*command, json.dumps(settings)],
            pass_fds=[control],
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,  # so that Ctrl-C in a terminal does not end it before its worker
        )

    def open(self, stand_ins: StandIns | None = None) -> Session:
        """Open a session in a fresh child. It replaces the session opened before.

        With stand-ins, student code calls these in place of its own functions, as soon as its cells have run.
        """
        _ = self.protections  # waits until the parent process is warm
        self._session = None
        channel, child_end = socket.socketpair()
        try:
            with child_end:
                self._start_child(child_end)
            problem = self._receive_answer(_START_SECONDS).get("problem") or _wait_until_isolated(channel)
            if problem:
                raise SandboxBroken(f"the student's process could not be isolated: {problem}")
        except SandboxBroken:
            channel.close()
            raise
        self._session = Session(channel, self.limits, self._end_session, self._usage, stand_ins or StandIns({}))
        return self._session

    def _usage(self) -> dict[str, Any]:
        """What the processes of the session use. Empty if this system cannot tell."""
        try:
            self._control.sendall(b"t")
        except OSError:
            raise self._broken_error() from None
        return self._receive_answer(_START_SECONDS)

    def _end_session(self, session: Session) -> None:
        """End a session's child, unless a later session has already replaced it."""
        if session is not self._session:
            return
        self._session = None
        try:
            self._control.sendall(b"c")
        except OSError:
            return  # the parent process is gone, and its children with it
        self._receive_answer(_END_SECONDS)

    def _start_child(self, channel: socket.socket) -> None:
        try:
            socket.send_fds(self._control, [b"o"], [channel.fileno()])
        except OSError:
            raise self._broken_error() from None

    def _receive_answer(self, seconds: float) -> dict[str, Any]:
        try:
            return dict(frames.receive(self._control, 1 << 20, time.monotonic() + seconds))
        except (TimeoutError, EOFError, OSError, frames.BadFrame):
            raise self._broken_error() from None

    def _broken_error(self) -> SandboxBroken:
        log = b"" if self._log.closed else os.pread(self._log.fileno(), 1 << 20, 0)
        lines = log.decode(errors="replace").strip().splitlines()
        return SandboxBroken(f"the sandbox's parent process does not answer: {lines[-1] if lines else 'no message'}")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _claim_uid() -> tuple[int, socket.socket | None]:
    """A user id that no other sandbox of this machine has, and the socket that claims it. (0, None) if not root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return 0, None
    first = os.getpid() % len(_UIDS)
    for uid in (*_UIDS[first:], *_UIDS[:first]):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0autograder-uid-{uid}")  # the kernel frees the name when this process ends
            return uid, claim
        except OSError:
            claim.close()
    raise SandboxBroken("all user ids for student code are in use")


def _wait_until_isolated(channel: socket.socket) -> str:
    """Wait until the child is isolated, before it gets any code. Returns the reason if that fails, otherwise ""."""
    try:
        answer = frames.receive(channel, 1 << 10, time.monotonic() + _START_SECONDS)
    except (TimeoutError, EOFError, OSError, frames.BadFrame):
        return "it ended before it was ready"
    return "" if answer == {"ready": True} else str(answer.get("problem"))


def _end_parent(
    parent: subprocess.Popen[bytes], folder: Path, resources: Sequence[socket.socket | IO[bytes] | None]
) -> None:
    """End the parent process and all that it runs. Remove its folder."""
    control, *others = resources
    if control is not None:
        control.close()
    try:
        parent.wait(timeout=10)
    except subprocess.TimeoutExpired:
        parent.kill()
        parent.wait()
    for other in (resource for resource in others if resource):
        other.close()
    remove(str(folder))


class Session:
    """One child process. After TimedOut or Crashed, the session cannot be used any more."""

    def __init__(
        self,
        channel: socket.socket,
        limits: Limits,
        end: Callable[[Session], None],
        measure: Callable[[], Mapping[str, Any]],
        stand_ins: StandIns,
    ) -> None:
        self._channel, self._limits, self._end, self._measure = channel, limits, end, measure
        self._stand_ins = stand_ins
        self.cell: Any = None  # as reported by the child, so it can be any value

    def run(
        self,
        cells: Sequence[str],
        files: Mapping[str, bytes],
        seconds: float,
        definitions_of: Sequence[int] = (),
        end: float = math.inf,
    ) -> dict[str, Any]:
        """Run a notebook's cells beside these files: the child's answer, with its failures.

        Of the cells in `definitions_of`, only the definitions run. `self.cell` is the cell that started last,
        also after the session was stopped. `seconds` are counted; `end` is a time of time.monotonic. Raises TimedOut
        or Crashed.
        """
        allowance = Allowance(seconds, end, self._measure)
        request = {
            "do": "run",
            "seed": 0,
            "cells": [cell.encode(errors="surrogatepass") for cell in cells],
            "definitions_of": list(definitions_of),
            "files": dict(files),
            "stand_ins": list(self._stand_ins.names),
        }
        self._send(request, allowance)
        for _ in range(len(cells) + 1):
            answer = self._receive(allowance)
            if answer.keys() != {"cell"}:
                return answer
            self.cell = answer["cell"]
        raise Crashed(_NO_ANSWER)

    def call(
        self, function: str, arguments: Sequence[Any], seconds: float, seed: int, end: float = math.inf
    ) -> dict[str, Any]:
        """Call a function: {"missing"}, {"failure"} or {"value", "changed"}. Raises TimedOut or Crashed.

        `seconds` are counted (see `Allowance`); `end` is a time of time.monotonic.
        """
        allowance = Allowance(seconds, end, self._measure)
        self._send({"do": "call", "function": function, "arguments": list(arguments), "seed": seed}, allowance)
        self._stand_ins.begin(arguments)
        while "stand_in" in (answer := self._receive(allowance)):
            allowance.look()
            try:
                self._send(self._stand_ins.answer(answer), allowance)
            except TooManyCalls:
                raise Crashed(f"it called other functions more than {MOST_CALLS} times") from None
        return answer

    def _send(self, request: dict[str, Any], allowance: Allowance) -> None:
        try:
            frames.send(self._channel, request, allowance.deadline)
        except TimeoutError:
            raise TimedOut(allowance.late()) from None
        except OSError:
            raise Crashed(_PROCESS_ENDED) from None

    def _receive(self, allowance: Allowance) -> dict[str, Any]:
        try:
            answer = frames.receive(
                self._channel, self._limits.result_mb << 20, allowance.deadline, meanwhile=allowance.look
            )
        except TimeoutError:
            raise TimedOut(allowance.late()) from None
        except (EOFError, OSError):
            raise Crashed(_PROCESS_ENDED) from None
        except frames.BadFrame as problem:
            raise Crashed(f"what came back cannot be read: {problem}") from None
        if not isinstance(answer, dict):
            raise Crashed(_NO_ANSWER)
        return answer

    def close(self) -> None:
        """End the child and all that it started. Raises SandboxBroken when that fails."""
        self._channel.close()
        self._end(self)
