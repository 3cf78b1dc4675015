"""What student code finds of the machine's processors, and what lets it use them.

A submission has two, wherever it is graded. Its processes may share locks, but no folder of the machine: here locks are
in memory that a process shares with those that it forks. See sem_overview(7).

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import _multiprocessing  # type: ignore[import-not-found]
import contextlib
import ctypes
import importlib
import mmap
import os
import threading
import time
from typing import Any

PROCESSORS = 2  # not one, because `Pool(os.cpu_count() - 1)` is common
_SYSCONF_NAMES = ("SC_NPROCESSORS_ONLN", "SC_NPROCESSORS_CONF")
_RECURSIVE = 0  # the kind of an RLock in multiprocessing.synchronize
_BYTES = 64  # more than a semaphore takes on any system
_libc = ctypes.CDLL(None, use_errno=True)


def limit_processors() -> None:
    """Let every count of processors be that of a submission, and let processes be forked and share locks."""
    sysconf, numbers = os.sysconf, {os.sysconf_names[name] for name in _SYSCONF_NAMES if name in os.sysconf_names}
    os.cpu_count = lambda: PROCESSORS
    if hasattr(os, "process_cpu_count"):  # since Python 3.13
        os.process_cpu_count = os.cpu_count
    os.sched_getaffinity = lambda _pid: set(range(PROCESSORS))
    os.sysconf = lambda name: PROCESSORS if name in _SYSCONF_NAMES or name in numbers else sysconf(name)
    os.environ["LOKY_MAX_CPU_COUNT"] = str(PROCESSORS)
    _multiprocessing.SemLock = SharedSemaphore
    with contextlib.suppress(ImportError, AttributeError):
        importlib.import_module("multiprocessing.heap").Arena._dir_candidates = []  # /dev/shm, which is closed here
    with contextlib.suppress(ImportError, AttributeError):
        # Since Python 3.14 a pool asks a new interpreter to fork, and no interpreter may start here.
        default: Any = importlib.import_module("multiprocessing.context")._default_context
        default._default_context = default.get_context("fork")


def limit_joblib() -> None:
    """Let joblib, if it is installed, run in threads: its processes are new interpreters, which may not start here."""
    with contextlib.suppress(ImportError, AttributeError, KeyError):
        joblib = importlib.import_module("joblib.parallel")
        joblib.BACKENDS.update(dict.fromkeys(("loky", "multiprocessing"), joblib.BACKENDS["threading"]))
        counts: Any = importlib.import_module("joblib.externals.loky.backend.context")
        # It would read files of the machine, which cannot be opened here.
        counts._cpu_count_cgroup, counts._count_physical_cores = lambda count: count, lambda: (PROCESSORS, None)


class SharedSemaphore:
    """Takes the place of _multiprocessing.SemLock, whose semaphores are files in /dev/shm."""

    SEM_VALUE_MAX = _multiprocessing.SemLock.SEM_VALUE_MAX

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:
        self.kind, self.maxvalue, self.name = kind, maxvalue, None
        self._memory = mmap.mmap(-1, _BYTES)  # shared with the processes that are forked later
        self._semaphore = (ctypes.c_char * _BYTES).from_buffer(self._memory)
        self.handle = ctypes.addressof(self._semaphore)
        self._held, self._holder = 0, 0  # by this process
        self._call("sem_init", 1, value)

    def _call(self, name: str, *arguments: Any) -> bool:
        """Call a function of the C library. Return whether it succeeded. Raises OSError unless it was only too late."""
        while getattr(_libc, name)(ctypes.byref(self._semaphore), *arguments):
            number = ctypes.get_errno()
            if number in (11, 110):  # EAGAIN, ETIMEDOUT
                return False
            if number != 4:  # EINTR
                raise OSError(number, os.strerror(number))
        return True

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        if self.kind == _RECURSIVE and self._is_mine():
            self._held += 1
            return True
        if not block:
            got = self._call("sem_trywait")
        elif timeout is None:
            got = self._call("sem_wait")
        else:
            end = time.time() + max(0.0, timeout)
            got = self._call("sem_timedwait", (ctypes.c_long * 2)(int(end), int(end % 1 * 1e9)))
        if got:
            self._held += 1
            self._holder = threading.get_ident()
        return got

    def release(self) -> None:
        if self.kind == _RECURSIVE:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        self._call("sem_post")

    def _get_value(self) -> int:
        value = ctypes.c_int()
        self._call("sem_getvalue", ctypes.byref(value))
        return value.value

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._holder == threading.get_ident()

    def _after_fork(self) -> None:
        self._held = 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
