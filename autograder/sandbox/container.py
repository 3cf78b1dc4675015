"""What the container that this process runs in may use, as its control groups say. See cgroups(7).

A container sees all processors and all memory of its host, and the kernel still holds it to less.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from autograder.sandbox.sandbox import SandboxBroken

_OWN_GROUPS = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60  # bytes; version 1 writes a number near 2^63 if there is no limit


def processors(own: Path = _OWN_GROUPS, mount: Path = _MOUNT) -> float | None:
    """How many processors the quota is worth, such as 0.5. None if there is no quota."""
    quotas = [quota / period for quota, period in _quotas(own, mount) if quota > 0 and period > 0]
    return min(quotas, default=None)


def memory_bytes(own: Path = _OWN_GROUPS, mount: Path = _MOUNT) -> int | None:
    """The limit of memory for the whole container. None if there is no limit."""
    texts = [_read(folder / "memory.max") for folder in _folders("", own, mount)]
    texts += [_read(folder / "memory.limit_in_bytes") for folder in _folders("memory", own, mount)]
    return min((int(text) for text in texts if text.isdecimal() and int(text) < _NO_LIMIT), default=None)


def killed_for_memory(own: Path = _OWN_GROUPS, mount: Path = _MOUNT) -> int:
    """How often the kernel has ended a process here because the container had no memory left."""
    counts = [0]
    for controller, name in (("", "memory.events"), ("memory", "memory.oom_control")):
        for folder in _folders(controller, own, mount):
            lines = (line.split() for line in _read(folder / name).splitlines())
            counts += [int(words[1]) for words in lines if len(words) == 2 and words[0] == "oom_kill"]
    return max(counts)


@contextlib.contextmanager
def memory_of_container() -> Iterator[None]:
    """Raise SandboxBroken if the container runs out of memory inside the block: a student's code is not to blame."""
    before = killed_for_memory()
    yield
    if killed_for_memory() > before:
        size = memory_bytes()
        has = f", which has {size >> 20} MB" if size else ""
        raise SandboxBroken(f"the container{has}, ran out of memory: give it more, or use fewer --jobs")


def _quotas(own: Path, mount: Path) -> Iterator[tuple[int, int]]:
    for folder in _folders("", own, mount):
        words = _read(folder / "cpu.max").split()
        if len(words) == 2 and all(word.isdecimal() for word in words):
            yield int(words[0]), int(words[1])
    for folder in _folders("cpu", own, mount):
        quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():
            yield int(quota), int(period)


def _folders(controller: str, own: Path, mount: Path) -> Iterator[Path]:
    """The folders of this process's group and of all groups above it. An empty controller means version 2."""
    for line in _read(own).splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controller not in controllers.split(","):
            continue
        roots = (mount, mount / "unified") if not controller else (mount / controllers, mount / controller)
        for root in dict.fromkeys(roots):
            group = root / path.lstrip("/")
            # In a container the path may be that of the host, which is not to be seen here. Its end is then the root.
            yield from dict.fromkeys(folder for folder in (group, *group.parents) if folder.is_relative_to(root))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
