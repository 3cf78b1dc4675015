"""Isolates the process that will run student code, with what the kernel offers.

Runs in the parent process and its children.
See unshare(2), user_namespaces(7), mount(2), capabilities(7), prctl(2), landlock(7), seccomp(2).
"""

import contextlib
import ctypes
import importlib
import os
import resource
import signal
from collections.abc import Sequence
from typing import Any

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _BIND, _REC, _PRIVATE = 1, 2, 4, 0x1000, 0x4000, 0x40000
_SET_DUMPABLE, _SET_KEEPCAPS, _SUBREAPER, _NO_NEW_PRIVS = 4, 8, 36, 38
_CAPABILITY_VERSION = 0x20080522
READ_SEARCH = 1 << 2  # the capability to read files and list folders whatever their modes are
# No assignment needs these system calls. They reach other processes or deep into the kernel.
_REFUSED_CALLS = (
    *("socket", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_send_signal", "pidfd_getfd"),
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "bpf", "perf_event_open", "userfaultfd"),
    *("io_uring_setup", "keyctl", "add_key", "request_key", "open_by_handle_at", "kcmp", "shmget", "msgget", "semget"),
    *("shmat", "shmctl", "msgsnd", "msgrcv", "msgctl", "semop", "semtimedop", "semctl", "mq_open", "mq_unlink"),
    *("inotify_add_watch", "fanotify_init", "fanotify_mark", "memfd_create", "execve", "execveat"),
    *("rt_sigqueueinfo", "rt_tgsigqueueinfo", "sched_setscheduler", "sched_setattr", "sched_setparam"),
    *("setpriority", "ioprio_set"),
    *("setsid", "setpgid"),  # all processes that stay in the group end with it
)
# F_SETOWN and similar requests: with them the kernel sends a signal when a file becomes ready.
_FILE_SIGNAL_REQUESTS = (("fcntl", 8), ("fcntl", 10), ("fcntl", 15), ("ioctl", 0x8901), ("ioctl", 0x8902))
_GRACE_SECONDS = 5  # of processor time, in which the child can still answer before the kernel ends it
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Make processes that a child leaves running children of this process, so that it can end them."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def become_user(uid: int, capabilities: int = 0) -> None:
    """Change to this user and group for good. Of root's capabilities, keep only those given."""
    _call("prctl", _SET_KEEPCAPS, 1 if capabilities else 0, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    drop_capabilities(kept=capabilities)


def drop_capabilities(kept: int = 0) -> None:
    """Drop all capabilities except those kept, and make it impossible to gain one."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    capabilities = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    _call("capset", header, capabilities)
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def unshare_namespaces() -> None:
    """Make new namespaces. The next child of this process is the first process in them."""
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # otherwise root owns its files in /proc after a change of user
    _call("unshare", _NEWUSER | _NEWPID | _NEWNS | _NEWIPC | _NEWNET)


def set_up_namespaces(uid: int, gid: int, disk_mb: int, kept: Sequence[str]) -> None:
    """Set up new namespaces: new disks, an empty /proc, and no further namespaces. The first process in them calls it.

    `kept` are the interpreter's own folders and files under /tmp. The new disk hides them, so they are mounted again.
    """
    for name, content in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        _write_text(f"/proc/self/{name}", content)
    with contextlib.suppress(OSError):
        _write_text("/proc/self/oom_score_adj", "1000")  # when memory runs out, the kernel ends this process first
    _write_text("/proc/sys/user/max_user_namespaces", "0")
    _join_new_keyring()
    _mount(b"none", b"/", b"", _REC | _PRIVATE, b"")
    descriptors = {path: os.open(path, os.O_PATH) for path in kept}
    for folder in (b"/tmp", b"/dev/shm"):
        _mount(b"tmpfs", folder, b"tmpfs", _NOSUID | _NODEV, b"mode=700,nr_inodes=10000,size=%dm" % disk_mb)
    for path, descriptor in descriptors.items():
        os.makedirs(path if os.path.isdir(f"/proc/self/fd/{descriptor}") else os.path.dirname(path), exist_ok=True)
        if not os.path.isdir(path):
            os.close(os.open(path, os.O_CREAT, 0o600))
        _mount(b"/proc/self/fd/%d" % descriptor, os.fsencode(path), b"", _BIND | _REC, b"")
        os.close(descriptor)
    _mount(b"tmpfs", b"/proc", b"tmpfs", _RDONLY | _NOSUID | _NODEV, b"size=0")
    os.chdir("/tmp")
    drop_capabilities()


def _join_new_keyring() -> None:
    """Join a new session keyring. In new namespaces this process would still share the grader's keyring."""
    number = {"x86_64": 250, "aarch64": 219}.get(os.uname().machine)  # keyctl, which the C library does not offer
    if number is None:
        raise OSError(f"no number of the system call keyctl is known for {os.uname().machine}")
    _call("syscall", number, 1, None)


def set_limits(memory_mb: int, disk_mb: int, cpu_seconds: int, processes: int) -> None:
    """Set limits for this process and for each process that it starts."""
    mb = 1 << 20
    limits = {"AS": memory_mb * mb, "FSIZE": disk_mb * mb, "NPROC": processes, "CORE": 0}
    for name, limit in (limits | {"NOFILE": 512}).items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _GRACE_SECONDS))
    signal.signal(signal.SIGXCPU, _raise_out_of_cpu)
    # A write past the limit then raises OSError and does not end the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _raise_out_of_cpu(*_: object) -> None:
    raise TimeoutError("out of processor time")  # the trusted side knows these words


def list_children() -> list[int]:
    """The process ids of this process's children."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def count_tasks(uid: int) -> int:
    """How many processes and threads a user has. RLIMIT_NPROC counts them all."""
    count = 0
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{entry}").st_uid == uid:
                count += len(os.listdir(f"/proc/{entry}/task"))
    return count


class Confinement:
    """What the isolation level `process` uses on this machine: Landlock and seccomp, if they are there.

    It is made once, before any student code runs. Each child applies it to itself.
    """

    def __init__(self, folders: Sequence[str], readable: Sequence[str], writable: str) -> None:
        self.landlock = self._landlock_rules(folders, readable, writable)
        self.seccomp = _import_if_installed("pyseccomp")

    @staticmethod
    def _landlock_rules(folders: Sequence[str], readable: Sequence[str], writable: str) -> Any:
        landlock = _import_if_installed("landlock")
        if landlock is None or landlock.landlock_abi_version() < 1:
            return None
        access, rules = landlock.FSAccess, landlock.Ruleset()
        rules.allow(*folders, rules=access.READ_DIR)  # imports list the folders that they look into
        for path in readable:
            rules.allow(path, rules=access.READ_FILE | (access.READ_DIR if os.path.isdir(path) else 0))
        rules.allow(writable)
        for device, rights in (("null", access.WRITE_FILE), ("zero", 0), ("random", 0), ("urandom", 0)):
            rules.allow(f"/dev/{device}", rules=access.READ_FILE | rights)
        return rules

    @property
    def names(self) -> list[str]:
        """What it is made of, as shown to the user."""
        return ["Landlock"] * (self.landlock is not None) + ["seccomp"] * (self.seccomp is not None)

    def apply(self, own_user: bool) -> None:
        """Confine this process for good. It then reads, writes, signals and connects to only what is its own.

        `own_user` says that no other process has its user id.
        """
        _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
        if self.landlock is not None:
            self.landlock.apply()
            self._write_here_only_rules().apply()
        if self.seccomp is not None:
            self._load_seccomp_filter(self.seccomp, 0 if own_user else os.getpid())

    @staticmethod
    def _write_here_only_rules() -> Any:
        """Rules that allow writing only in the current folder, because the first rules allow all sessions' folders."""
        landlock = _import_if_installed("landlock")
        access = landlock.FSAccess
        rules = landlock.Ruleset(access.all() & ~(access.READ_FILE | access.READ_DIR | access.EXECUTE))
        rules.allow(".")
        rules.allow("/dev/null", rules=access.WRITE_FILE)
        return rules

    @staticmethod
    def _load_seccomp_filter(seccomp: Any, signals_only_to: int) -> None:
        rules = seccomp.SyscallFilter(seccomp.ALLOW)
        refused = seccomp.ERRNO(1)  # EPERM
        for name in _REFUSED_CALLS:
            rules.add_rule(refused, name)
        # ENOSYS: the C library then uses clone, whose flags can be checked here.
        rules.add_rule(seccomp.ERRNO(38), "clone3")
        rules.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NEWUSER, _NEWUSER))
        for kind in (2, 3):  # a datagram socket of a pair can send to any other socket of the machine
            rules.add_rule(refused, "socketpair", seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, kind))
        for name, request in _FILE_SIGNAL_REQUESTS:  # such a signal could go to any process
            rules.add_rule(refused, name, seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
        if signals_only_to:  # not needed if no other process has the same user id
            for name in ("kill", "tgkill", "tkill"):
                rules.add_rule(refused, name, seccomp.Arg(0, seccomp.NE, signals_only_to))
        for name in ("prlimit64", "sched_setaffinity"):
            rules.add_rule(refused, name, seccomp.Arg(0, seccomp.NE, 0))
        rules.load()


def _import_if_installed(name: str) -> Any:
    """The package, or None if this machine lacks it."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError, OSError):  # the C library that it wraps may be missing too
        return None


def _mount(source: bytes, target: bytes, kind: bytes, flags: int, data: bytes) -> None:
    _call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def _write_text(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(content)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
