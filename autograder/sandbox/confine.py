"""Shuts the process that will run student code in. Runs in the parent process and its children, by the kernel's own means.

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
READ_SEARCH = 1 << 2  # the right to read files and list folders whatever their mode says
# What no assignment needs and what reaches beyond the own process, or deep into the kernel.
_REFUSED = (
    *("socket", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_send_signal", "pidfd_getfd"),
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "bpf", "perf_event_open", "userfaultfd"),
    *("io_uring_setup", "keyctl", "add_key", "request_key", "open_by_handle_at", "kcmp", "shmget", "msgget", "semget"),
    *("shmat", "shmctl", "msgsnd", "msgrcv", "msgctl", "semop", "semtimedop", "semctl", "mq_open", "mq_unlink"),
    *("inotify_add_watch", "fanotify_init", "fanotify_mark", "memfd_create", "execve", "execveat"),
    *("rt_sigqueueinfo", "rt_tgsigqueueinfo", "sched_setscheduler", "sched_setattr", "sched_setparam"),
    *("setpriority", "ioprio_set"),
    *("setsid", "setpgid"),  # whoever stays in the group is ended with it
)
_SEND_SIGNALS = (("fcntl", 8), ("fcntl", 10), ("fcntl", 15), ("ioctl", 0x8901), ("ioctl", 0x8902))  # F_SETOWN and kin
_GRACE = 5  # seconds of processor time to say so, before the kernel ends the process
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Whatever a child leaves running becomes a child of this process, which can then end it."""
    _call("prctl", _SUBREAPER, 1, 0, 0, 0)


def become(uid: int, capabilities: int = 0) -> None:
    """Be nobody in particular for good; keep no right of root's but those named."""
    _call("prctl", _SET_KEEPCAPS, 1 if capabilities else 0, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    drop_rights(capabilities)


def drop_rights(but: int = 0) -> None:
    """No capability but those given, and no way to gain one."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    rights = (ctypes.c_uint32 * 6)(but, but, 0, 0, 0, 0)
    _call("capset", header, rights)
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def leave_namespaces() -> None:
    """The next child of this process is the first one in namespaces of its own."""
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # else its files in /proc would be root's after a change of user
    _call("unshare", _NEWUSER | _NEWPID | _NEWNS | _NEWIPC | _NEWNET)


def settle_namespaces(uid: int, gid: int, disk_mb: int, kept: Sequence[str]) -> None:
    """As the first process in new namespaces: a disk of its own, nothing of /proc, and no further namespaces.

    `kept` are the interpreter's own folders and files beneath /tmp, which the disk would hide.
    """
    for name, content in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        _write(f"/proc/self/{name}", content)
    with contextlib.suppress(OSError):
        _write("/proc/self/oom_score_adj", "1000")  # when memory runs out, this goes first
    _write("/proc/sys/user/max_user_namespaces", "0")
    _leave_keyring()
    _mount(b"none", b"/", b"", _REC | _PRIVATE, b"")
    held = {path: os.open(path, os.O_PATH) for path in kept}
    for folder in (b"/tmp", b"/dev/shm"):
        _mount(b"tmpfs", folder, b"tmpfs", _NOSUID | _NODEV, b"mode=700,nr_inodes=10000,size=%dm" % disk_mb)
    for path, descriptor in held.items():
        os.makedirs(path if os.path.isdir(f"/proc/self/fd/{descriptor}") else os.path.dirname(path), exist_ok=True)
        if not os.path.isdir(path):
            os.close(os.open(path, os.O_CREAT, 0o600))
        _mount(b"/proc/self/fd/%d" % descriptor, os.fsencode(path), b"", _BIND | _REC, b"")
        os.close(descriptor)
    _mount(b"tmpfs", b"/proc", b"tmpfs", _RDONLY | _NOSUID | _NODEV, b"size=0")
    os.chdir("/tmp")
    drop_rights()


def _leave_keyring() -> None:
    """Join a new session keyring: namespaces do not part this process from the one of whoever started the grader."""
    number = {"x86_64": 250, "aarch64": 219}.get(os.uname().machine)  # keyctl, which the C library does not offer
    if number is None:
        raise OSError(f"no number of the system call keyctl is known for {os.uname().machine}")
    _call("syscall", number, 1, None)


def limit(memory_mb: int, disk_mb: int, cpu_seconds: int, processes: int) -> None:
    """Bounds that hold for this process and for each one that it starts."""
    mb = 1 << 20
    bounds = {"AS": memory_mb * mb, "FSIZE": disk_mb * mb, "NPROC": processes, "CORE": 0}
    for name, bound in (bounds | {"NOFILE": 512}).items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (bound, bound))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _GRACE))
    signal.signal(signal.SIGXCPU, _out_of_cpu)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit is then an OSError, not a death


def _out_of_cpu(*_: object) -> None:
    raise TimeoutError("out of processor time")  # the trusted side knows these words


def children() -> list[int]:
    """The children of this process."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def tasks_of(uid: int) -> int:
    """How many processes and threads a user has: RLIMIT_NPROC counts them all."""
    count = 0
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{entry}").st_uid == uid:
                count += len(os.listdir(f"/proc/{entry}/task"))
    return count


class Confinement:
    """What the isolation level `process` has on this machine; made once, before any student code, and closed in each child."""

    def __init__(self, folders: Sequence[str], readable: Sequence[str], writable: str) -> None:
        self.landlock = self._landlock(folders, readable, writable)
        self.seccomp = _module("pyseccomp")

    @staticmethod
    def _landlock(folders: Sequence[str], readable: Sequence[str], writable: str) -> Any:
        landlock = _module("landlock")
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
        """What it is made of, for the people who read which isolation level is in force."""
        return ["Landlock"] * (self.landlock is not None) + ["seccomp"] * (self.seccomp is not None)

    def close(self, own_user: bool) -> None:
        """From here on this process reads, writes, signals and connects only what is its own."""
        _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
        if self.landlock is not None:
            self.landlock.apply()
            self._writes_here_only().apply()
        if self.seccomp is not None:
            self._filter(self.seccomp, 0 if own_user else os.getpid())

    @staticmethod
    def _writes_here_only() -> Any:
        """Of all the sessions' folders, only the current one: a second wall, since the first is the same for all."""
        landlock = _module("landlock")
        access = landlock.FSAccess
        rules = landlock.Ruleset(access.all() & ~(access.READ_FILE | access.READ_DIR | access.EXECUTE))
        rules.allow(".")
        rules.allow("/dev/null", rules=access.WRITE_FILE)
        return rules

    @staticmethod
    def _filter(seccomp: Any, signals_only_to: int) -> None:
        rules = seccomp.SyscallFilter(seccomp.ALLOW)
        refused = seccomp.ERRNO(1)  # EPERM
        for name in _REFUSED:
            rules.add_rule(refused, name)
        rules.add_rule(seccomp.ERRNO(38), "clone3")  # ENOSYS: the C library then uses clone, which can be read here
        rules.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NEWUSER, _NEWUSER))
        for kind in (2, 3):  # datagrams of a pair can be sent to any other socket of the machine
            rules.add_rule(refused, "socketpair", seccomp.Arg(1, seccomp.MASKED_EQ, 0xF, kind))
        for name, what in _SEND_SIGNALS:  # a file that becomes ready would send them, to whomever it is told
            rules.add_rule(refused, name, seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, what))
        if signals_only_to:  # else it is enough that nobody else has the same user id
            for name in ("kill", "tgkill", "tkill"):
                rules.add_rule(refused, name, seccomp.Arg(0, seccomp.NE, signals_only_to))
        for name in ("prlimit64", "sched_setaffinity"):
            rules.add_rule(refused, name, seccomp.Arg(0, seccomp.NE, 0))
        rules.load()


def _module(name: str) -> Any:
    """A package that is there on this machine, or None."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError, OSError):  # the library behind it may be missing too
        return None


def _mount(source: bytes, target: bytes, kind: bytes, flags: int, data: bytes) -> None:
    _call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(content)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
