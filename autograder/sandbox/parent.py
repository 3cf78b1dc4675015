"""The warm parent: imports the heavy packages once and forks a fresh child for each session.

`sandbox.py` starts it with its settings as the only argument. It never sees student code, because it passes a session's
socket straight on to the child. A command is one byte. `w` comes before a frame with modules to import. `o` opens a
session and comes with that session's socket. `t` asks what the session's processes use. `c` ends the session and
everything that it started. One frame answers each command. When the control socket closes, the parent process ends, and
so does everything that it started.
"""

import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any

import confine  # type: ignore[import-not-found]
import frames  # type: ignore[import-not-found]
import remove  # type: ignore[import-not-found]
import usage  # type: ignore[import-not-found]

_FOREVER = 1e9


class Parent:
    """Opens sessions one after the other."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._control = socket.socket(fileno=settings["control"])
        self._settings = settings
        self._strict = settings["isolation"] == "strict"
        self._child = 0
        self._folder = ""
        if self._strict:
            _copy_font_lists()
            if settings["uid"]:
                confine.become_user(settings["uid"])
        import child  # type: ignore[import-not-found]  # not before, because root must not import these packages

        self._child_code = child
        self._shell = child.prepare()
        self._confinement = None if self._strict else _make_confinement(settings)
        confine.adopt_orphans()
        _freeze_memory()

    def serve(self) -> None:
        """Answer commands until the control socket closes."""
        self._answer({"ready": self._confinement.names if self._confinement else []})
        while True:
            command, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            if command == b"t":
                self._answer(usage.used_by(confine.list_children()))
                continue
            if command == b"w":
                self._child_code.warm(frames.receive(self._control, 1 << 16, time.monotonic() + _FOREVER)["modules"])
                _freeze_memory()
                self._answer({})
                continue
            self._end_session()
            if not command:
                if not self._strict:  # the grader may have been killed before it could remove the folder
                    remove.remove(os.getcwd())
                return
            problem = ""
            if command == b"o":
                problem = self._start_session(descriptors[0])
                os.close(descriptors[0])
            self._answer({"problem": problem})

    def _start_session(self, channel: int) -> str:
        """Start a child for the session. Returns the reason if that fails, otherwise an empty text."""
        if not self._strict:
            self._restore_folder_modes()
            self._folder = tempfile.mkdtemp(dir="sessions")
            if self._settings["uid"]:
                os.chown(self._folder, self._settings["uid"], self._settings["uid"])
            self._child = os.fork()
            if self._child == 0:
                self._run_child(channel)
            return ""
        read_end, write_end = os.pipe()
        starter = os.fork()
        if starter == 0:
            self._start_in_namespaces(channel, write_end)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as pipe:
            reply = pipe.read().decode()
        os.waitpid(starter, 0)
        self._child = int(reply) if reply.isdigit() else 0
        return "" if self._child else reply or "it ended before it was ready"

    def _start_in_namespaces(self, channel: int, pipe: int) -> None:
        # This process ends at once. The parent process adopts orphans, so it becomes the child's parent.
        uid, gid = os.getuid(), os.getgid()
        try:
            confine.unshare_namespaces()
            child = os.fork()
            if child == 0:
                os.close(pipe)
                self._run_child(channel, (uid, gid, self._settings["file_mb"], self._settings["under_tmp"]))
            os.write(pipe, str(child).encode())
        except OSError as problem:
            os.write(pipe, str(problem).encode())
        finally:
            os._exit(0)

    def _run_child(self, channel: int, namespaces: tuple[Any, ...] = ()) -> None:
        """In the child: isolate the process, report whether that worked, and serve requests on the channel."""
        try:
            wire, settings = socket.socket(fileno=channel), self._settings
            try:
                if namespaces:
                    confine.set_up_namespaces(*namespaces)
                self._isolate(channel)
            except Exception as problem:  # noqa: BLE001 - any error here is the kit's and must not look like a crash
                frames.send(wire, {"problem": f"{type(problem).__name__}: {problem}"}, time.monotonic() + _FOREVER)
                return
            frames.send(wire, {"ready": True}, time.monotonic() + _FOREVER)
            output_characters, hidden = settings["output_characters"], settings["hidden_packages"]
            self._child_code.serve(wire, self._shell, output_characters, hidden)
        finally:
            os._exit(0)

    def _isolate(self, channel: int) -> None:
        self._control.close()
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        settings, confinement = self._settings, self._confinement
        if confinement:
            os.chdir(self._folder)
            os.environ["HOME"] = os.getcwd()
            if settings["uid"]:
                # A package may lie where only root can read. Landlock then decides which files can be read.
                confine.become_user(settings["uid"], confine.READ_SEARCH if confinement.landlock else 0)
        other_tasks = 0 if self._strict or settings["uid"] else confine.count_tasks(os.getuid())
        processes = settings["processes"] + other_tasks
        confine.set_limits(settings["memory_mb"], settings["file_mb"], settings["cpu_seconds"], processes)
        if confinement:
            confinement.apply(own_user=bool(settings["uid"]))
        os.closerange(3, channel)
        os.closerange(channel + 1, 256)

    def _end_session(self) -> None:
        if not self._child:
            return
        if not self._strict:
            # One kill ends the whole group, which no process can leave. A loop would be too slow for a process that
            # starts the next one before the loop reaches it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child, signal.SIGKILL)
        _kill(self._child)
        os.waitpid(self._child, 0)
        for orphans in iter(confine.list_children, []):  # what the child started and left running
            for process in orphans:
                _kill(process)
                os.waitpid(process, 0)
        self._child = 0
        if self._folder:
            self._restore_folder_modes()
            remove.remove(self._folder)
            self._folder = ""

    def _restore_folder_modes(self) -> None:
        """Make the folders accessible again.

        If student code has this process's user id, it may have changed their modes: Landlock does not control modes.
        """
        for folder in (".", "sessions"):
            if os.stat(folder).st_uid == os.geteuid():
                os.chmod(folder, 0o755)

    def _answer(self, message: dict[str, object]) -> None:
        frames.send(self._control, message, time.monotonic() + _FOREVER)


def _freeze_memory() -> None:
    """Keep the garbage collector from touching, and so copying, the pages that children share."""
    gc.collect()
    gc.freeze()


def _copy_font_lists() -> None:
    """Copy matplotlib's lists of fonts from the folder of this code, which it can't write, to its own folder."""
    code = os.path.dirname(__file__)
    for name in os.listdir(code):
        if name.startswith("fontlist-"):
            shutil.copyfile(os.path.join(code, name), os.path.join(os.environ["MPLCONFIGDIR"], name))


def _make_confinement(settings: dict[str, Any]) -> Any:
    os.mkdir("sessions")
    return confine.Confinement(settings["listable"], settings["readable"], "sessions")


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    Parent(json.loads(sys.argv.pop())).serve()
    os._exit(0)  # a normal exit would spend more time on tearing down the imported packages than is left to do
