"""Grading on a real Dask cluster: a scheduler and workers that are processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from autograder.assignment import (
    Alternative,
    Assignment,
    Misconception,
    UsageError,
    declared_in,
    load,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.building import make_class
from autograder.grading import Result, Spec
from autograder.grading.spec import spec_sha256
from autograder.runs import (
    LEDGER_NAME,
    Ledger,
    connected_cluster,
    grade_into_ledger,
    latest_results,
    pack_submission,
    unpack_submission,
)
from autograder.sandbox import Isolation, describe_isolation, strictest_isolation
from autograder.submissions import Submission, find_submissions

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


def scheduler(start: Start) -> str:
    port = free_port()
    start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    address = f"tcp://127.0.0.1:{port}"
    Client(address, timeout=120, set_as_default=False).close()  # it listens from here on
    return address


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
        path.write_bytes(notebook_to_bytes(with_solutions(notebook, {"train_EM": QUICK})))
    return folder


def command(submitted: Path, out: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "autograder", "grade", "em_gmm", str(submitted), "--out", str(out)]
    return [*words, "--isolation", strictest_isolation(), *more]


def grade(submitted: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(submitted, out, *more), cwd=ROOT, text=True, capture_output=True, check=False)


def make_48(folder: Path, course: Assignment) -> None:
    """Right ones, right ones written differently, mistakes, one as released and a broken file."""
    source, release = source_notebook(course), release_notebook(course)
    quick = ("E_step", "M_step", "compute_vlb")
    right = [a for a in declared_in(course.alternatives, Alternative) if a.solves in quick]
    wrong = [m for m in declared_in(course.misconceptions, Misconception) if course.part(m.part).function in quick]
    written = [(a.solves, a.function) for a in right[:: len(right) // 20][:20]]
    written += [(course.part(m.part).function, m.function) for m in wrong[:: len(wrong) // 20][:20]]
    notebooks = [
        with_solutions(source, {course.cell_of(f): source_of(code, f), "train_EM": QUICK}) for f, code in written
    ]
    raw = [notebook_to_bytes(notebook) for notebook in [*notebooks, *6 * [source], release]]
    raw.append(raw[0][: len(raw[0]) // 2])
    folder.mkdir()
    for i, content in enumerate(raw):
        (folder / f"s{i:02}.ipynb").write_bytes(content)


def without_times(out: Path) -> dict[str, Result]:
    def plain(result: Result) -> Result:
        parts = [part | {"checks": [c | {"seconds": 0} for c in part["checks"]]} for part in result["parts"]]
        return result | {"seconds": 0, "parts": parts}

    return {student: plain(result) for student, result in latest_results(out / LEDGER_NAME).items()}


def end_when_busy(client: Any, name: str, worker: subprocess.Popen[bytes], running: Callable[[], bool]) -> list[str]:
    """End a worker over whatever is in flight on it; what that was."""
    address = next(where for where, worker in client.scheduler_info()["workers"].items() if worker["name"] == name)
    while running():
        if client.processing(workers=[address])[address]:
            os.killpg(worker.pid, signal.SIGSTOP)  # so that it can't end in between
            if held := client.processing(workers=[address])[address]:
                end(worker)
                return list(held)
            os.killpg(worker.pid, signal.SIGCONT)
    return []


def times_sent(client: Any, keys: list[str]) -> dict[str, int]:
    """How often the scheduler sent each of these to a worker."""

    def story(keys: list[str], dask_scheduler: Any) -> list[tuple[str, str]]:
        return [(moved[0], moved[2]) for moved in dask_scheduler.story(*keys)]

    told = client.run_on_scheduler(story, keys)
    return {key: told.count((key, "processing")) for key in keys}


def test_the_ledger_of_48_is_the_same_from_a_cluster_that_loses_a_worker_on_the_way_and_from_processes_here(
    tmp_path: Path, course: Assignment
) -> None:
    make_48(tmp_path / "in", course)
    here = grade(tmp_path / "in", tmp_path / "here", "--jobs", "2")
    assert here.returncode == 0, here.stderr
    out = tmp_path / "there"
    with processes() as start:
        address = scheduler(start)
        workers = {name: worker(start, address, tmp_path / name, "--name", name) for name in ("one", "other")}
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            grading = subprocess.Popen(
                command(tmp_path / "in", out, "--scheduler", address, "--quiet"),
                cwd=ROOT,
                env={**os.environ, "PATH": "/nowhere"},  # no bubblewrap where no student's code runs
                stderr=subprocess.PIPE,
                text=True,
            )

            def lines() -> int:
                return len((out / LEDGER_NAME).read_bytes().splitlines()) if (out / LEDGER_NAME).exists() else 0

            while grading.poll() is None and lines() < 5:
                pass
            in_flight = end_when_busy(client, "one", workers["one"], lambda: grading.poll() is None)
            assert 5 <= lines() < 48
            assert grading.communicate()[1] == ""
            assert grading.returncode == 0
            assert in_flight
            assert set(times_sent(client, in_flight).values()) == {2}
    assert lines() == 48
    assert without_times(out) == without_times(tmp_path / "here")
    assert {(r["status"], r["score"]) for r in latest_results(out / LEDGER_NAME).values()} >= {
        ("graded", 100),
        ("graded", 80),
        ("graded", 0),
        ("unreadable", 0),
    }


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


def test_workers_on_other_hosts_grade_and_when_one_host_is_lost_the_other_does_its_work(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:6]]
    with hosts(2) as others, processes() as start:
        port = free_port()
        start("scheduler", "--host", "0.0.0.0", "--port", str(port), "--no-dashboard")
        workers = [
            worker(start, f"tcp://{address}:{port}", tmp_path / address, "--name", address, within=inside)
            for inside, address in others
        ]
        ledger = Ledger(tmp_path / "out")
        meant = connected_cluster(f"tcp://127.0.0.1:{port}", course_spec, Isolation(strictest_isolation()))
        with ThreadPoolExecutor(1) as aside, meant as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            places = {name.split("//")[1].split(":")[0] for name in cluster.client.scheduler_info()["workers"]}
            assert places == {address[:-1] + "2" for _, address in others}
            graded = threading.Event()
            losing = aside.submit(end_when_busy, cluster.client, others[0][1], workers[0], lambda: not graded.is_set())
            try:
                grade_into_ledger(
                    course_spec, few, ledger, 2, Isolation(strictest_isolation()), lambda _: None, cluster.pool
                )
            finally:
                graded.set()
            lost = losing.result()
            assert lost
            assert set(times_sent(cluster.client, lost).values()) == {2}
    assert {result["status"] for result in ledger.latest().values()} <= {"graded", "unreadable"}
    assert len(ledger.latest()) == len(few)


def test_a_submission_that_kills_its_workers_is_tried_elsewhere_and_recorded_and_takes_no_other_with_it(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    poisoned = sorted(submitted.glob("*.ipynb"))[2].stem
    deaths = tmp_path / "deaths"
    # Only a defect of the kit, or of the machine, can end a worker: here a module that the worker imports.
    (tmp_path / "sitecustomize.py").write_text(
        "import autograder.runs.batch as batch, os\n"
        "grade = batch.grade_submission\n"
        "def deadly(submission, *more):\n"
        f"    if submission.student == {poisoned!r}:\n"
        f"        with open({str(deaths)!r}, 'a') as file: file.write('x')\n"
        "        os._exit(1)\n"
        "    return grade(submission, *more)\n"
        "batch.grade_submission = deadly\n"
    )
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:5]]
    with processes() as start:
        address = scheduler(start)
        for name in ("one", "other"):  # each with a nanny, which starts it again
            worker(start, address, tmp_path / name, PYTHONPATH=f"{tmp_path}:{ROOT}")
        with connected_cluster(address, course_spec, Isolation(strictest_isolation())) as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            ledger = Ledger(tmp_path / "out")
            grade_into_ledger(
                course_spec, few, ledger, 2, Isolation(strictest_isolation()), lambda _: None, cluster.pool
            )
        with Client(address, set_as_default=False) as client:  # what is the scheduler's own is as before
            assert client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures) == 3
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


def test_a_worker_that_joins_late_is_refused_by_its_address_too(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:3]]
    with processes() as start:
        address = scheduler(start)
        first = worker(start, address, tmp_path / "one")
        with connected_cluster(address, course_spec, Isolation(strictest_isolation())) as cluster:
            end(first)
            late = worker(start, address, tmp_path / "late", "--nthreads", "2")
            said = r"the worker tcp://127.0.0.1:\d+ has 2 threads"
            with pytest.raises(UsageError, match=said):
                grade_into_ledger(
                    course_spec, few, Ledger(tmp_path / "out"), 1, Isolation(strictest_isolation()), print, cluster.pool
                )
            end(late)
            worker(start, address, tmp_path / "stray", cwd=tmp_path)
            with pytest.raises(UsageError, match=r"the worker tcp://127.0.0.1:\d+ can't grade"):
                grade_into_ledger(
                    course_spec, few, Ledger(tmp_path / "out"), 1, Isolation(strictest_isolation()), print, cluster.pool
                )


def test_under_process_a_worker_whose_students_could_reach_the_scheduler_is_refused_and_the_others_are_named(
    tmp_path: Path, submitted: Path
) -> None:
    one = sorted(submitted.glob("*.ipynb"))[0]
    ways = ("--isolation", "process", "--scheduler")
    # As on a machine without libseccomp.
    (tmp_path / "sitecustomize.py").write_text(
        "import autograder.runs.cluster as cluster\n"
        "cluster.describe_isolation = lambda isolation: 'process: Landlock, rlimits'\n"
    )
    with processes() as start:
        address = scheduler(start)
        worker(start, address, tmp_path / "one", PYTHONPATH=f"{tmp_path}:{ROOT}")
        refused = grade(one, tmp_path / "out", *ways, address)
    assert refused.returncode == 2
    assert "the worker tcp://127.0.0.1:" in refused.stderr
    assert "has no seccomp" in refused.stderr
    assert "apt install libseccomp2" in refused.stderr
    with processes() as start:
        address = scheduler(start)
        worker(start, address, tmp_path / "other")
        graded = grade(one, tmp_path / "out", *ways, address)
    assert graded.returncode == 0, graded.stderr
    assert f"isolation on the workers: {describe_isolation(Isolation.process)}" in graded.stdout


def test_other_samples_are_another_version(tmp_path: Path, course: Assignment) -> None:
    for room in ("source", "reference", "data"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    assert spec_sha256(load(tmp_path, course.slug)) == spec_sha256(course)
    samples = tmp_path / "data" / course.slug / "samples.npz"
    samples.write_bytes(samples.read_bytes() + b"\0")
    assert spec_sha256(load(tmp_path, course.slug)) != spec_sha256(course)


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
            with (
                pytest.raises(UsageError, match=said),
                connected_cluster(address, course_spec, Isolation(strictest_isolation())),
            ):
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
    submissions = find_submissions([submitted], course_spec.assignment)
    ledger = Ledger(tmp_path / "out")
    with processes() as start:
        port = free_port()
        hub = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        address = f"tcp://127.0.0.1:{port}"
        worker(start, address, tmp_path / "one")

        with (
            pytest.raises(UsageError, match="run the same command to go on"),
            connected_cluster(address, course_spec, Isolation(strictest_isolation())) as cluster,
        ):
            grade_into_ledger(
                course_spec, submissions, ledger, 1, Isolation(strictest_isolation()), lambda _: end(hub), cluster.pool
            )
    done = len(ledger.latest())
    assert 0 < done < len(submissions)
    graded: list[Any] = []
    grade_into_ledger(course_spec, submissions, ledger, 2, Isolation(strictest_isolation()), graded.append)
    assert len([result for result in graded if result]) == len(submissions) - done


def test_what_travels_is_json_and_comes_out_as_it_went_in(tmp_path: Path) -> None:
    raw = bytes(range(256))
    (tmp_path / "ash.ipynb").write_bytes(raw)
    submission = Submission("ash \ud800", tmp_path / "ash.ipynb", submitted_at="2026-11-24T12:00:00Z", seed=2**255)
    message = pack_submission(submission, "0" * 64)
    assert isinstance(json.loads(message), dict)
    back, spec_sha256 = unpack_submission(message)
    assert (back.student, back.submitted_at, back.seed, back.read(), spec_sha256) == (
        submission.student,
        submission.submitted_at,
        submission.seed,
        raw,
        "0" * 64,
    )
    assert (
        "gone"
        in unpack_submission(pack_submission(Submission("ash", tmp_path / "ash.ipynb", problem="it is gone."), ""))[
            0
        ].problem
    )
