"""Starts a Dask scheduler and workers for the tests, and grades on them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.assignment import (
    Alternative,
    Assignment,
    Misconception,
    declared_in,
    load,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.building import FEWEST, make_class
from autograder.cli import app
from autograder.grading import Result as Graded
from autograder.runs import LEDGER_NAME, latest_results
from autograder.sandbox import strictest_isolation
from tests.warm_commands import Started, start_command

ROOT = Path(__file__).parents[2]
DASK = [str(Path(sys.executable).with_name("dask"))]
QUICK = "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    raise NotImplementedError\n"

# What a scheduler and a worker import, and what a worker imports when it grades.
DASK_PACKAGES = ("dask.__main__", "distributed.cli.dask_scheduler", "distributed.cli.dask_worker", "autograder.runs")
RUN_DASK = "import sys; from dask.__main__ import main; sys.argv = ['dask', *{!r}]; main()"

Process = subprocess.Popen[bytes] | Started
Start = Callable[..., Process]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def processes() -> Iterator[Start]:
    """Yield a function that starts a process in its own group. At the end all of them are ended.

    It has its packages already, unless it runs `within` a program. Before all else, it runs the code `first`.
    """
    with ExitStack() as stack:

        def start(*command: str, cwd: Path = ROOT, within: tuple[str, ...] = (), first: str = "") -> Process:
            process: Process
            if within:
                process = subprocess.Popen(
                    [*within, *DASK, *command],
                    cwd=cwd,
                    start_new_session=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            else:
                code = f"{first}\n{RUN_DASK.format(command)}"
                process = start_command(("-c", code), cwd, os.environ, packages=DASK_PACKAGES)
            stack.callback(end, process)
            return process

        yield start


def pause(process: Process) -> None:
    """Wait a moment, or until the process ends. A loop that spins would take the grader's core."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.02)


def end(process: Process) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def client_of(address: str) -> Iterator[Any]:
    from distributed import Client  # here, because each worker of pytest-xdist would import it

    with Client(address, timeout=120, set_as_default=False) as client:
        yield client


def scheduler(start: Start, host: str = "127.0.0.1") -> str:
    """Start a scheduler that listens at this address of the machine. Return its address for this machine."""
    port = free_port()
    start("scheduler", "--host", host, "--port", str(port), "--no-dashboard")
    address = f"tcp://127.0.0.1:{port}"
    with client_of(address):  # it listens from here on
        pass
    return address


def worker(start: Start, address: str, folder: Path, *more: str, **where: Any) -> Process:
    options = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder), "--no-nanny"]
    return start("worker", address, *options, *more, **where)


def wait_until_no_worker_is_left(address: str) -> None:
    with client_of(address) as client:
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.workers)):
            pass


def command(submitted: Path, out: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "autograder", "grade", "em_gmm", str(submitted), "--out", str(out)]
    return [*words, "--isolation", strictest_isolation(), *more]


def grade(submitted: Path, out: Path, *more: str) -> Result:
    """Run `autograder grade` in this process, which has imported what it needs."""
    with pytest.MonkeyPatch.context() as change:
        change.chdir(ROOT)
        return CliRunner().invoke(app, command(submitted, out, *more)[3:])


def make_ten(folder: Path, course: Assignment) -> None:
    """Write ten files: solutions, alternatives, mistakes, an unsolved release and a broken file."""
    source, release = source_notebook(course), release_notebook(course)
    quick = ("E_step", "M_step", "compute_vlb")
    right = [a for a in declared_in(course.alternatives, Alternative) if a.solves in quick]
    wrong = [m for m in declared_in(course.misconceptions, Misconception) if course.part(m.part).function in quick]
    written = [(a.solves, a.function) for a in right[:: len(right) // 3][:3]]
    written += [(course.part(m.part).function, m.function) for m in wrong[:: len(wrong) // 3][:3]]
    notebooks = [
        with_solutions(source, {course.cell_of(f): source_of(code, f), "train_EM": QUICK}) for f, code in written
    ]
    raw = [notebook_to_bytes(notebook) for notebook in [*notebooks, *2 * [source], release]]
    raw.append(raw[0][: len(raw[0]) // 2])
    folder.mkdir()
    for i, content in enumerate(raw):
        (folder / f"s{i:02}.ipynb").write_bytes(content)


def make_few(folder: Path) -> Path:
    """Write six notebooks of the demo's class. Solutions have no training, so that each takes a part of a second."""
    make_class(load(ROOT, "em_gmm"), folder, count=FEWEST)
    for path in sorted(folder.glob("*.ipynb"))[6:]:
        path.unlink()
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_bytes())
        path.write_bytes(notebook_to_bytes(with_solutions(notebook, {"train_EM": QUICK})))
    return folder


def without_times(out: Path) -> dict[str, Graded]:
    def plain(result: Graded) -> Graded:
        parts = [part | {"checks": [c | {"seconds": 0} for c in part["checks"]]} for part in result["parts"]]
        return result | {"seconds": 0, "parts": parts}

    return {student: plain(result) for student, result in latest_results(out / LEDGER_NAME).items()}


def end_when_busy(client: Any, name: str, worker: Process, running: Callable[[], bool]) -> list[str]:
    """End a worker while it has tasks. Return the keys of these tasks."""
    address = next(where for where, worker in client.scheduler_info()["workers"].items() if worker["name"] == name)
    while running():
        if client.processing(workers=[address])[address]:
            os.killpg(worker.pid, signal.SIGSTOP)  # so that it cannot finish before it is killed
            if keys := client.processing(workers=[address])[address]:
                end(worker)
                return list(keys)
            os.killpg(worker.pid, signal.SIGCONT)
        pause(worker)
    return []


def times_sent(client: Any, keys: list[str]) -> dict[str, int]:
    """Return how often the scheduler sent each of these tasks to a worker."""

    def story(keys: list[str], dask_scheduler: Any) -> list[tuple[str, str]]:
        return [(moved[0], moved[2]) for moved in dask_scheduler.story(*keys)]

    moves = client.run_on_scheduler(story, keys)
    return {key: moves.count((key, "processing")) for key in keys}


@contextmanager
def hosts(count: int) -> Iterator[list[tuple[tuple[str, ...], str]]]:
    """Yield network namespaces, each with a cable to this one.

    For each there is a command that runs a program in it, and the address of this end of its cable.
    """
    with ExitStack() as stack:

        def ip(*words: str) -> None:
            subprocess.run(["ip", *words], check=True, capture_output=True)

        made = []
        for i in range(count):
            name, near, far = f"ag{os.getpid()}-{i}", f"ag{os.getpid()}n{i}"[-15:], f"ag{os.getpid()}f{i}"[-15:]
            network = f"10.{200 + i}.{os.getpid() % 250}"
            try:
                ip("netns", "add", name)
            except (OSError, subprocess.CalledProcessError) as problem:
                if os.environ.get("CI") == "true" and os.geteuid() == 0:
                    raise
                pytest.skip(f"no network namespace can be made here, which needs root and iproute2: {problem}")
            stack.callback(ip, "netns", "del", name)
            ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
            ip("addr", "add", f"{network}.1/30", "dev", near)
            ip("link", "set", near, "up")
            inside = ("ip", "netns", "exec", name)
            ip("netns", "exec", name, "ip", "addr", "add", f"{network}.2/30", "dev", far)
            ip("netns", "exec", name, "ip", "link", "set", far, "up")
            made.append((inside, f"{network}.1"))
        yield made
