"""The warm parent: imports the heavy packages once and forks a fresh child per session.

Started by `sandbox.py` with its settings as the only argument. It never sees student code: a session's own
socket is passed straight through to the child. One byte is one command: `o` opens a session (a socket
comes along), `c` ends it with everything that it started. Every command is answered by one frame. When
the control socket closes, the parent process and all that it started are gone.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile
import time
from typing import Any

import confine  # type: ignore[import-not-found]
import frames  # type: ignore[import-not-found]
import remove  # type: ignore[import-not-found]

_FOREVER = 1e9


class Parent:
    """Opens sessions one after the other."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._control = socket.socket(fileno=settings["control"])
        self._settings = settings
        self._strict = settings["isolation"] == "strict"
        self._child = 0
        self._folder = ""
        if self._strict and settings["uid"]:
            confine.become(settings["uid"])
        import child  # type: ignore[import-not-found]  # only now: what is imported should not be root's doing

        self._child_code = child
        self._shell = child.prepare(settings["warm"])
        self._lock = None if self._strict else _lock(settings)
        confine.adopt_orphans()
        gc.collect()
        gc.freeze()  # keeps the collector from touching, and so copying, the pages that children share

    def serve(self) -> None:
        """Answer commands until the control socket closes."""
        self._answer({"ready": self._lock.names if self._lock else []})
        while True:
            command, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            self._end()
            if not command:
                if not self._strict:  # who closes it may have been killed and remove nothing
                    remove.remove(os.getcwd())
                return
            problem = ""
            if command == b"o":
                problem = self._open(descriptors[0])
                os.close(descriptors[0])
            self._answer({"problem": problem})

    def _open(self, channel: int) -> str:
        """Start a child for the session; why it could not be, if so."""
        if not self._strict:
            self._open_folders()
            self._folder = tempfile.mkdtemp(dir="sessions")
            if self._settings["uid"]:
                os.chown(self._folder, self._settings["uid"], self._settings["uid"])
            self._child = os.fork()
            if self._child == 0:
                self._run(channel)
            return ""
        ours, theirs = os.pipe()
        between = os.fork()
        if between == 0:
            self._start_in_namespaces(channel, theirs)
        os.close(theirs)
        with os.fdopen(ours, "rb") as pipe:
            told = pipe.read().decode()
        os.waitpid(between, 0)
        self._child = int(told) if told.isdigit() else 0
        return "" if self._child else told or "it ended before it had begun"

    def _start_in_namespaces(self, channel: int, pipe: int) -> None:
        # Ends at once, so that the parent process, which adopts orphans, becomes the parent of what it started.
        uid, gid = os.getuid(), os.getgid()
        try:
            confine.leave_namespaces()
            child = os.fork()
            if child == 0:
                os.close(pipe)
                self._run(channel, (uid, gid, self._settings["file_mb"], self._settings["beneath"]))
            os.write(pipe, str(child).encode())
        except OSError as problem:
            os.write(pipe, str(problem).encode())
        finally:
            os._exit(0)

    def _run(self, channel: int, namespaces: tuple[Any, ...] = ()) -> None:
        """In the child: shut the door, say whether that went well, and serve requests on the channel."""
        try:
            wire, s = socket.socket(fileno=channel), self._settings
            try:
                if namespaces:
                    confine.settle_namespaces(*namespaces)
                self._shut(channel)
            except Exception as problem:  # noqa: BLE001 - whatever it is, it is ours and must not look like a crash
                frames.send(wire, {"problem": f"{type(problem).__name__}: {problem}"}, time.monotonic() + _FOREVER)
                return
            frames.send(wire, {"ready": True}, time.monotonic() + _FOREVER)
            self._child_code.serve(wire, self._shell, s["output_characters"], s["hidden_packages"])
        finally:
            os._exit(0)

    def _shut(self, channel: int) -> None:
        self._control.close()
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        s = self._settings
        if self._lock:
            os.chdir(self._folder)
            os.environ["HOME"] = os.getcwd()
            if s["uid"]:
                # A package may lie where only root can read; Landlock says what else may not be read.
                confine.become(s["uid"], confine.READ_SEARCH if self._lock.landlock else 0)
        processes = s["processes"] + (0 if self._strict or s["uid"] else confine.tasks_of(os.getuid()))
        confine.limit(s["memory_mb"], s["file_mb"], s["cpu_seconds"], processes)
        if self._lock:
            self._lock.close(own_user=bool(s["uid"]))
        os.closerange(3, channel)
        os.closerange(channel + 1, 256)

    def _end(self) -> None:
        if not self._child:
            return
        if not self._strict:
            # All at once: one that starts the next before its turn comes would outrun a loop. None can leave its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child, signal.SIGKILL)
        _kill(self._child)
        os.waitpid(self._child, 0)
        for left in iter(confine.children, []):  # what the child started and left running
            for process in left:
                _kill(process)
                os.waitpid(process, 0)
        self._child = 0
        if self._folder:
            self._open_folders()
            remove.remove(self._folder)
            self._folder = ""

    def _open_folders(self) -> None:
        """Student code may have shut them where it has this user's id: no wall governs modes."""
        for folder in (".", "sessions"):
            if os.stat(folder).st_uid == os.geteuid():
                os.chmod(folder, 0o755)

    def _answer(self, message: dict[str, object]) -> None:
        frames.send(self._control, message, time.monotonic() + _FOREVER)


def _lock(settings: dict[str, Any]) -> Any:
    os.mkdir("sessions")
    return confine.Confinement(settings["folders"], settings["readable"], "sessions")


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    Parent(json.loads(sys.argv.pop())).serve()
    os._exit(0)  # to take down all that was imported would take longer than what is left to do
