"""Runs grading commands one at a time, and measures their time, their start-up and the memory of their processes."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import UsageError

_INTERVAL = 0.05  # seconds between two observations of a command's results
_LESS_OFTEN = 10  # observations of results for each observation of processes, which costs more
# The kind of a process, by the first of these words in its command line. A process without any is the command itself.
_KINDS = {
    'run_module("parent"': "sandbox",
    "spawn_main": "worker",
    "resource_tracker": "tracker",
    "ipykernel": "kernel",
}


@dataclass
class Method:
    """One way of grading: its command, and the measurements of its runs.

    The command runs in the folder `where`. It writes its results to `out`: a ledger, or nbgrader's folder of graded
    notebooks. `seconds` and `startup` have a number for each run.
    """

    what: str
    command: list[str]
    where: Path
    out: Path
    seconds: list[float] = field(default_factory=list)
    startup: list[float] = field(default_factory=list)
    peak_mb: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Run the command once, without earlier results, and record the measurements.

        Start-up ends when the first submission begins. That is the time of the first result in the ledger minus the
        result's own seconds. nbgrader makes its folder when its first submission begins.
        """
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.unlink(missing_ok=True)
        startup: list[float] = []
        observations = itertools.count()
        started = time.perf_counter()

        def observe() -> None:
            if not startup and self.out.exists():
                first = ledger_lines(self.out)[:1] if self.out.is_file() else [{"seconds": 0.0}]
                startup.extend(time.perf_counter() - started - result["seconds"] for result in first)
            for kind, mb in _memory(os.getpid()) if next(observations) % _LESS_OFTEN == 0 else ():
                self.peak_mb[kind] = max(mb, self.peak_mb.get(kind, 0.0))

        run_command(self.command, self.where, observe)
        self.seconds.append(time.perf_counter() - started)
        self.startup.append(startup[0] if startup else 0.0)

    def each(self, submissions: int) -> float:
        """Seconds for a submission, without start-up: the median over the runs."""
        return statistics.median((s - u) / submissions for s, u in zip(self.seconds, self.startup, strict=True))


def run_command(command: list[str], where: Path, observe: Callable[[], None] = lambda: None) -> None:
    """Run a command to its end and call `observe` meanwhile. Raises UsageError with its last output when it fails."""
    ended = threading.Event()

    def observe_until_the_end() -> None:
        while not ended.wait(_INTERVAL):
            observe()

    observer = threading.Thread(target=observe_until_the_end)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=where, env=_environment(), stdout=log, stderr=log)
        observer.start()
        try:
            code = process.wait()
        finally:
            ended.set()
            observer.join()
        if code:
            log.seek(0)
            raise UsageError(f"{' '.join(command)} ended with {code}: {log.read().decode(errors='replace')[-1000:]}")


def ledger_lines(ledger: Path) -> list[dict[str, Any]]:
    """The results in the complete lines of a ledger."""
    return [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines(keepends=True) if "\n" in line]


def _environment() -> dict[str, str]:
    """One thread of linear algebra, and a PATH with `alembic`, which nbgrader calls by name.

    PYTHONPATH is removed: through it, a kernel would import another `grader` than the one beside the notebook.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    return environment | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _memory(ancestor: int) -> Iterator[tuple[str, float]]:
    """The kind and the peak resident memory (MB) of every process that descends from `ancestor`."""
    parents: dict[int, int] = {}
    seen: dict[int, tuple[str, float]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            words = (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue  # it has ended
        pid, kind = int(folder.name), next((kind for word, kind in _KINDS.items() if word in words), "command")
        parents[pid] = int(status["PPid"])
        seen[pid] = kind, int(status.get("VmHWM", "0 kB").split()[0]) / 1024
    for pid, found in seen.items():
        above = parents[pid]
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor:
            yield found
