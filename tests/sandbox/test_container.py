"""Quotas and limits of a container are read from its control groups, in both versions, and charged to no student."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.runs import worker_count, worker_process
from autograder.sandbox import SandboxBroken, container

UNLIMITED = 9223372036854771712


def write_groups(folder: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """A tree as the kernel shows it: `own` is /proc/self/cgroup, the files are below /sys/fs/cgroup."""
    (folder / "own").write_text(own)
    for name, text in files.items():
        (folder / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mount" / name).write_text(text)
    return folder / "own", folder / "mount"


CPU = [
    ("0::/\n", {"cpu.max": "50000 100000\n"}, 0.5),
    ("0::/\n", {"cpu.max": "max 100000\n"}, None),
    ("0::/a/b\n", {"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}, 1.5),
    ("0::/a/b\n", {"a/cpu.max": "400000 100000\n", "a/b/cpu.max": "200000 100000\n"}, 2.0),
    ("0::/docker/of/the/host\n", {"cpu.max": "200000 100000\n"}, 2.0),
    (
        "4:cpu,cpuacct:/x\n0::/\n",
        {"cpu,cpuacct/x/cpu.cfs_quota_us": "25000", "cpu,cpuacct/x/cpu.cfs_period_us": "100000"},
        0.25,
    ),
    ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
    ("1:cpu:/host/path\n", {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3.0),
    ("0::/\n", {"cpu.max": "garbage"}, None),
    ("", {}, None),
]


@pytest.mark.parametrize(("own", "files", "expected"), CPU)
def test_the_quota_of_processors_is_the_least_of_all_groups_above(
    tmp_path: Path, own: str, files: dict[str, str], expected: float | None
) -> None:
    assert container.processors(*write_groups(tmp_path, own, files)) == expected


@pytest.mark.parametrize(("quota", "most"), [(0.5, 1), (1.0, 1), (1.5, 2), (None, 10**6), (1000.0, 10**6)])
def test_there_is_no_more_than_one_worker_for_each_processor_of_the_quota(
    quota: float | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "processors", lambda: quota)
    assert worker_count(0) == min(most, len(os.sched_getaffinity(0)))
    assert worker_count(7) == 7


MEMORY = [
    ("0::/\n", {"memory.max": "536870912\n"}, 512),
    ("0::/\n", {"memory.max": "max\n"}, None),
    ("0::/a/b\n", {"a/memory.max": str(1 << 30), "a/b/memory.max": "max"}, 1024),
    (
        "4:memory:/x\n",
        {"memory/x/memory.limit_in_bytes": str(1 << 30), "memory/memory.limit_in_bytes": str(UNLIMITED)},
        1024,
    ),
    ("4:memory:/of/host\n", {"memory/memory.limit_in_bytes": str(1 << 30)}, 1024),
    ("4:memory:/\n", {"memory/memory.limit_in_bytes": str(UNLIMITED)}, None),
]


@pytest.mark.parametrize(("own", "files", "expected"), MEMORY)
def test_the_limit_of_memory_is_the_least_of_all_groups_above(
    tmp_path: Path, own: str, files: dict[str, str], expected: int | None
) -> None:
    found = container.memory_bytes(*write_groups(tmp_path, own, files))
    assert (found and found >> 20) == expected


@pytest.mark.parametrize(
    ("own", "name", "text"),
    [
        ("0::/\n", "memory.events", "low 0\noom 3\noom_kill {}\n"),
        ("4:memory:/\n", "memory/memory.oom_control", "under_oom 0\noom_kill {}\n"),
    ],
)
def test_a_process_that_the_kernel_ends_for_lack_of_memory_is_an_error_of_the_grader(
    tmp_path: Path, own: str, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = write_groups(tmp_path, own, {name: text.format(2)})
    counted = container.killed_for_memory
    monkeypatch.setattr(container, "killed_for_memory", lambda: counted(*groups))
    with container.memory_of_container():
        pass
    with pytest.raises(SandboxBroken, match="ran out of memory: give it more"), container.memory_of_container():
        (tmp_path / "mount" / name).write_text(text.format(3))
