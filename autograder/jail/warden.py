"""The warm parent: imports the heavy packages once and forks a fresh child per session.

Started by `jail.py` with the control socket as its only argument's descriptor. It never sees student
code: a session's own socket is passed straight through to the child. One byte is one command: `o` opens
a session (a socket comes along), `c` kills it and everything in its process group. Every command is
answered by one frame. When the control socket closes, the warden and its child are gone.
"""

import gc
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
import types

import frames  # type: ignore[import-not-found]
import inmate  # type: ignore[import-not-found]

_FOREVER = 1e9


def main(control_descriptor: int, memory_bytes: int, file_bytes: int, cpu_seconds: int) -> None:
    """Serve commands until the control socket closes."""
    control = socket.socket(fileno=control_descriptor)
    shell = inmate.prepare()
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, the pages that children share
    _answer(control, {"ready": True})
    child, folder = None, ""
    while True:
        command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if child is not None:
            _end(child, folder)
            child = None
        if command == b"o":
            folder = tempfile.mkdtemp(prefix="session-", dir=".")
            child = os.fork()
            if child == 0:
                control.close()
                _become_inmate(descriptors[0], folder, (memory_bytes, file_bytes, cpu_seconds), shell)
            os.close(descriptors[0])
        elif not command:
            shutil.rmtree(os.getcwd(), ignore_errors=True)
            return
        _answer(control, {"child": child})


def _become_inmate(descriptor: int, folder: str, limits: tuple[int, int, int], shell: types.ModuleType) -> None:
    memory, file_size, cpu = limits
    os.setsid()
    os.chdir(folder)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for name, limit in (("AS", memory), ("FSIZE", file_size), ("CPU", cpu), ("CORE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit is then an OSError, not a death
    inmate.serve(socket.socket(fileno=descriptor), shell)
    os._exit(0)


def _end(child: int, folder: str) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)


def _answer(control: socket.socket, message: dict[str, object]) -> None:
    frames.send(control, message, time.monotonic() + _FOREVER)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:5]))
