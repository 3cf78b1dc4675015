"""The trusted side of the sandbox. It starts the parent process and opens sessions."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from autograder.sandbox import frames
from autograder.sandbox.isolation import (
    CODE_FOLDER,
    Isolation,
    bubblewrap_command,
    claim_uid,
    executable,
    hidden_paths,
    package_folders,
    readable_roots,
    visible_parts,
)
from autograder.sandbox.limits import Limits
from autograder.sandbox.problems import SandboxBroken
from autograder.sandbox.remove import remove
from autograder.sandbox.session import Session
from autograder.sandbox.stand_ins import StandIns

_START_SECONDS = 120.0
_END_SECONDS = 1800.0  # to remove what a submission left takes about as long as it took to make
_BOOT = """
import os, runpy, sys
sys.path.insert(0, sys.argv.pop(1))
sys.path += sys.argv.pop(1).split(os.pathsep)
runpy.run_module("parent", run_name="__main__")
"""
_PARTS_OF_CHILD = ("shell", "shell_parts", "replaced", "processors", "answering")
_BESIDE = ("frames", "plain", "calling", "remove", "repeatable", "usage")
_SANDBOX_FILES = tuple(f"{name}.py" for name in (*_PARTS_OF_CHILD, *_BESIDE, "confine", "child", "parent"))


class Sandbox:
    """A warm parent process, which forks the student processes. A context manager."""

    def __init__(self, limits: Limits, isolation: Isolation) -> None:
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
        for name, text in _font_lists().items():
            (self._folder / name).write_text(text, encoding="utf-8")
            (self._folder / name).chmod(0o644)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
        self._uid, claim = claim_uid()
        self._control, parent_end = socket.socketpair()
        with parent_end:
            self._parent = self._start(parent_end.fileno())
        # A finalizer runs even if no caller closes the sandbox: a worker keeps its sandbox until the worker ends.
        resources = (self._control, self._log, claim)
        self.close = weakref.finalize(self, _end_parent, self._parent, self._folder, resources)
        self._protections: tuple[str, ...] | None = None
        self._session: Session | None = None
        self._imported: set[str] = set()  # by the parent process

    @property
    def protections(self) -> tuple[str, ...]:
        """What the isolation is made of on this machine. Waits until the parent process is warm."""
        if self._protections is None:
            self._protections = tuple(self._receive_answer(_START_SECONDS).get("ready", ()))
            # The parent process has read its files by now. If the grader is killed later, no folder is left behind.
            if self.isolation is Isolation.strict:
                remove(str(self._folder))
        return self._protections

    def _start(self, control: int) -> subprocess.Popen[bytes]:
        strict = self.isolation is Isolation.strict
        home, code = ("/tmp", CODE_FOLDER) if strict else (str(self._folder), str(self._folder))
        environment = {name: os.environ[name] for name in ("OPENBLAS_CORETYPE",) if name in os.environ}
        environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
        environment |= {"HOME": home, "MPLCONFIGDIR": home, "LC_ALL": "C.UTF-8", "LOGNAME": "student"}
        environment["PYTHONPATH"] = os.pathsep.join(package_folders())  # for an interpreter that student code starts
        environment["PATH"] = "/usr/sbin:/usr/bin:/sbin"
        names = ("memory_mb", "processes", "file_mb", "cpu_seconds", "output_characters", "hidden_packages")
        settings = {name: getattr(self.limits, name) for name in names}
        settings |= {"control": control, "isolation": self.isolation, "uid": self._uid}
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

    def open(self, stand_ins: StandIns | None = None, modules: Sequence[str] = ()) -> Session:
        """Open a session in a fresh child, in which these modules are imported. It replaces the session opened before.

        With stand-ins, student code calls these in place of its own functions, as soon as its cells have run.
        """
        _ = self.protections  # waits until the parent process is warm
        self._session = None
        self._import(modules)
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

    def _import(self, modules: Sequence[str]) -> None:
        """Let the parent process import modules, unless it has done so already."""
        if due := [name for name in modules if name not in self._imported]:
            try:
                self._control.sendall(b"w")
                frames.send(self._control, {"modules": due}, time.monotonic() + _START_SECONDS)
            except OSError:
                raise self._broken_error() from None
            self._receive_answer(_START_SECONDS)
            self._imported.update(due)

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


def _font_lists() -> dict[str, str]:
    """The lists of fonts that matplotlib made for this user, by the names of their files.

    With one, matplotlib in the sandbox need not look for fonts, which takes long. Only the fonts that it brings are
    left in the list. Strict isolation hides the others, and their paths may name the user.
    """
    home = os.environ.get("HOME", "")
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    folder = Path(os.environ.get("MPLCONFIGDIR") or os.path.join(caches, "matplotlib"))
    lists = {}
    for path in folder.glob("fontlist-*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # it is no list of fonts that we know
            found = json.loads(path.read_text(encoding="utf-8"))
            for kind in ("ttflist", "afmlist"):
                found[kind] = [font for font in found[kind] if not os.path.isabs(font["fname"])]
            lists[path.name] = json.dumps(found)
    return lists


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
