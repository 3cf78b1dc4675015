"""Grading on a real Dask cluster: a scheduler and workers that are processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder import batch, evidence
from autograder.assignment import UsageError, load
from autograder.cluster import connected
from autograder.demo import make_class
from autograder.envelope import pack, unpack
from autograder.jail import Isolation, best
from autograder.ledger import NAME, Ledger, Result, last_results
from autograder.spec import Spec
from autograder.submissions import Submission, find

ROOT = Path(__file__).parents[2]
DASK = [str(Path(sys.executable).with_name("dask"))]
QUICK = "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    raise NotImplementedError\n"

Start = Callable[..., subprocess.Popen[bytes]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def processes() -> Iterator[Start]:
    """Starts processes in groups of their own, and leaves none behind."""
    with ExitStack() as stack:

        def start(
            *command: str, cwd: Path = ROOT, within: tuple[str, ...] = (), **environment: str
        ) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [*within, *DASK, *command],
                cwd=cwd,
                env={**os.environ, **environment},
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(end, process)
            return process

        yield start


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def scheduler(start: Start, failures: int = 1) -> str:
    port = free_port()
    start(
        *("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(failures),
    )
    return f"tcp://127.0.0.1:{port}"


def worker(start: Start, address: str, folder: Path, *more: str, **where: Any) -> subprocess.Popen[bytes]:
    return start(
        "worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder), *more, **where
    )


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory, source: dict[str, Any]) -> Path:
    """A dozen that take a second each: the demo's class, with training left out of the right ones."""
    folder = tmp_path_factory.mktemp("submitted")
    make_class(load(ROOT, "em_gmm"), folder)
    for path in sorted(folder.glob("*.ipynb"))[12:]:
        path.unlink()
    for path in folder.glob("*.ipynb"):
        try:
            notebook = json.loads(path.read_bytes())
        except ValueError:
            continue  # the broken one
        path.write_bytes(evidence.to_bytes(evidence.with_solutions(notebook, {"train_EM": QUICK})))
    return folder


def grade(submitted: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", "grade", "em_gmm", str(submitted), "--out", str(out), *more]
    command += ["--isolation", best()]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)


def without_times(out: Path) -> dict[str, Result]:
    def plain(result: Result) -> Result:
        parts = [part | {"checks": [c | {"seconds": 0} for c in part["checks"]]} for part in result["parts"]]
        return result | {"seconds": 0, "parts": parts}

    return {student: plain(result) for student, result in last_results(out / NAME).items()}


def test_the_ledger_is_the_same_from_a_cluster_that_loses_a_worker_on_the_way_and_from_processes_here(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    here = grade(submitted, tmp_path / "here")
    assert here.returncode == 0, here.stderr
    with processes() as start:
        address = scheduler(start, failures=3)
        workers = [worker(start, address, tmp_path / name) for name in ("one", "other")]
        submissions = find([submitted], course_spec.assignment)
        killed: list[str] = []
        ledger = Ledger(tmp_path / "there")

        def progress(_: object) -> None:
            if not killed:
                killed.append("one")
                end(workers[0])

        with connected(address, course_spec, Isolation(best())) as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            batch.run(course_spec, submissions, ledger, 2, Isolation(best()), progress, cluster.pool)
    assert killed
    assert without_times(tmp_path / "there") == without_times(tmp_path / "here")
    assert len(ledger.path.read_text().splitlines()) == len(submissions)


@contextmanager
def hosts(count: int) -> Iterator[list[tuple[tuple[str, ...], str]]]:
    """Network namespaces, each with a cable to this one: how to run a program in it, and our end's address."""
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
                pytest.skip(f"no network namespace can be made here: {problem}")
            stack.callback(ip, "netns", "del", name)
            ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
            ip("addr", "add", f"{network}.1/30", "dev", near)
            ip("link", "set", near, "up")
            inside = ("ip", "netns", "exec", name)
            ip("netns", "exec", name, "ip", "addr", "add", f"{network}.2/30", "dev", far)
            ip("netns", "exec", name, "ip", "link", "set", far, "up")
            made.append((inside, f"{network}.1"))
        yield made


def test_workers_on_other_hosts_grade_and_when_one_host_is_lost_the_other_does_its_work(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:6]]
    with hosts(2) as others, processes() as start:
        port = free_port()
        start("scheduler", "--host", "0.0.0.0", "--port", str(port), "--no-dashboard")
        workers = [
            worker(start, f"tcp://{address}:{port}", tmp_path / address, within=inside) for inside, address in others
        ]
        ledger = Ledger(tmp_path / "out")
        with connected(f"tcp://127.0.0.1:{port}", course_spec, Isolation(best())) as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            places = {name.split("//")[1].split(":")[0] for name in cluster.client.scheduler_info()["workers"]}
            assert places == {address[:-1] + "2" for _, address in others}
            batch.run(course_spec, few, ledger, 2, Isolation(best()), lambda _: end(workers[0]), cluster.pool)
    assert {result["status"] for result in ledger.latest().values()} <= {"graded", "unreadable"}
    assert len(ledger.latest()) == len(few)


def test_a_submission_that_kills_its_workers_is_tried_elsewhere_and_recorded_and_takes_no_other_with_it(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    poisoned = sorted(submitted.glob("*.ipynb"))[2].stem
    deaths = tmp_path / "deaths"
    # Only a defect of the kit, or of the machine, can end a worker: here a module that the worker imports.
    (tmp_path / "sitecustomize.py").write_text(
        "import autograder.judge as judge, os\n"
        "grade = judge.grade\n"
        "def deadly(submission, *more):\n"
        f"    if submission.student == {poisoned!r}:\n"
        f"        with open({str(deaths)!r}, 'a') as file: file.write('x')\n"
        "        os._exit(1)\n"
        "    return grade(submission, *more)\n"
        "judge.grade = deadly\n"
    )
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:5]]
    with processes() as start:
        address = scheduler(start, failures=1)
        for name in ("one", "other"):  # each with a nanny, which starts it again
            worker(start, address, tmp_path / name, PYTHONPATH=str(tmp_path))
        with connected(address, course_spec, Isolation(best())) as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            ledger = Ledger(tmp_path / "out")
            batch.run(course_spec, few, ledger, 2, Isolation(best()), lambda _: None, cluster.pool)
    statuses = {student: result["status"] for student, result in ledger.latest().items()}
    assert statuses.pop(poisoned) == "error"
    assert set(statuses.values()) <= {"graded", "unreadable"}
    assert len(statuses) == 4
    assert deaths.read_text() == "xx"
    assert "2 workers died" in ledger.latest()[poisoned]["message"]


def test_a_worker_with_another_course_is_refused_by_name(submitted: Path, tmp_path: Path, course_spec: Spec) -> None:
    other = tmp_path / "course"
    for room in ("source", "reference", "data"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    policy = other / "source/em_gmm/assignment.toml"
    policy.write_text(policy.read_text().replace("replays = 3", "replays = 4"))
    with processes() as start:
        address = scheduler(start)
        worker(start, address, tmp_path / "one", "--name", "willow", cwd=other)
        refused = grade(submitted, tmp_path / "out", "--scheduler", address)
        said = refused.stderr
        assert refused.returncode == 2
        assert "the worker tcp://127.0.0.1:" in said
        assert "has another version of em_gmm or of the kit" in said
        assert str(other) in said

        # One that comes later is not asked before, so it says so itself.
        message = pack(Submission("ash", sorted(submitted.glob("*.ipynb"))[0]), course_spec.sha256)
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            late = client.submit(batch.grade_one, None, "em_gmm", Isolation(best()), message, False, pure=False)
            with pytest.raises(UsageError, match="has another version of em_gmm"):
                late.result(timeout=60)


def test_a_worker_with_two_threads_or_outside_the_course_is_refused(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    for more, cwd, said in (
        (("--nthreads", "2"), ROOT, "has 2 threads"),
        ((), tmp_path, "start it in the course's folder"),
    ):
        with processes() as start:
            address = scheduler(start)
            worker(start, address, tmp_path / "one", *more, cwd=cwd)
            with pytest.raises(UsageError, match=said), connected(address, course_spec, Isolation(best())):
                pass


def test_where_no_scheduler_answers_one_sentence_says_so(submitted: Path, tmp_path: Path) -> None:
    refused = grade(submitted, tmp_path / "out", "--scheduler", f"tcp://127.0.0.1:{free_port()}")
    said = refused.stderr
    assert refused.returncode == 2
    assert "no Dask scheduler answers there" in said
    assert "Traceback" not in said


def test_a_scheduler_that_goes_ends_the_run_and_the_next_one_goes_on(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    submissions = find([submitted], course_spec.assignment)
    ledger = Ledger(tmp_path / "out")
    with processes() as start:
        port = free_port()
        hub = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        address = f"tcp://127.0.0.1:{port}"
        worker(start, address, tmp_path / "one")

        with (
            pytest.raises(UsageError, match="run the same command to go on"),
            connected(address, course_spec, Isolation(best())) as cluster,
        ):
            batch.run(course_spec, submissions, ledger, 1, Isolation(best()), lambda _: end(hub), cluster.pool)
    done = len(ledger.latest())
    assert 0 < done < len(submissions)
    graded: list[Any] = []
    batch.run(course_spec, submissions, ledger, 2, Isolation(best()), graded.append)
    assert len([result for result in graded if result]) == len(submissions) - done


def test_what_travels_is_json_and_comes_out_as_it_went_in(tmp_path: Path) -> None:
    raw = bytes(range(256))
    (tmp_path / "ash.ipynb").write_bytes(raw)
    submission = Submission("ash \ud800", tmp_path / "ash.ipynb", submitted_at="2026-11-24T12:00:00Z", seed=2**255)
    message = pack(submission, "0" * 64)
    assert isinstance(json.loads(message), dict)
    back, spec_sha256 = unpack(message)
    assert (back.student, back.submitted_at, back.seed, back.read(), spec_sha256) == (
        submission.student,
        submission.submitted_at,
        submission.seed,
        raw,
        "0" * 64,
    )
    assert "gone" in unpack(pack(Submission("ash", tmp_path / "ash.ipynb", problem="it is gone."), ""))[0].problem
