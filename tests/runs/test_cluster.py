"""Grading on a real Dask cluster. The scheduler and the workers are separate processes."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.assignment import Assignment, UsageError
from autograder.grading import Spec
from autograder.runs import (
    LEDGER_NAME,
    Ledger,
    Pool,
    connected_cluster,
    grade_into_ledger,
    latest_results,
    pack_submission,
    unpack_submission,
)
from autograder.sandbox import Isolation, strictest_isolation
from autograder.submissions import Beside, Submission, find_submissions
from tests.runs.dask_cluster import (
    ROOT,
    client_of,
    command,
    end,
    end_when_busy,
    free_port,
    grade,
    hosts,
    make_few,
    make_ten,
    pause,
    processes,
    scheduler,
    times_sent,
    wait_until_no_worker_is_left,
    without_times,
    worker,
)
from tests.warm_commands import start_command


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few(tmp_path_factory.mktemp("submitted"))


@pytest.fixture(scope="module")
def running_hub() -> Iterator[str]:
    """The address of a scheduler that other hosts reach too, for all tests that do not end it."""
    with processes() as start:
        yield scheduler(start, "0.0.0.0")


@pytest.fixture
def hub(running_hub: str) -> Iterator[str]:
    """The same. The next test finds it without workers."""
    yield running_hub
    wait_until_no_worker_is_left(running_hub)


def test_a_cluster_that_loses_a_worker_writes_the_same_ledger_as_local_processes(
    tmp_path: Path, course: Assignment, hub: str
) -> None:
    make_ten(tmp_path / "in", course)
    here = grade(tmp_path / "in", tmp_path / "here", "--jobs", "1")
    assert here.exit_code == 0, here.stderr
    out = tmp_path / "there"
    with processes() as start:
        workers = {name: worker(start, hub, tmp_path / name, "--name", name) for name in ("one", "other")}
        with client_of(hub) as client:
            client.wait_for_workers(2, timeout=60)
            words = command(tmp_path / "in", out, "--scheduler", hub, "--quiet")[3:]
            # The client runs no student's code, so it needs no bubblewrap.
            variables = {**os.environ, "PATH": "/nowhere"}
            grading = start_command(tuple(words), ROOT, variables, err=tmp_path / "err")

            def lines() -> int:
                return len((out / LEDGER_NAME).read_bytes().splitlines()) if (out / LEDGER_NAME).exists() else 0

            while grading.poll() is None and lines() < 2:
                pause(grading)
            in_flight = end_when_busy(client, "one", workers["one"], lambda: grading.poll() is None)
            assert 2 <= lines() < 10
            assert grading.wait() == 0
            assert (tmp_path / "err").read_text() == ""
            assert in_flight
            assert set(times_sent(client, in_flight).values()) == {2}
    assert lines() == 10
    assert without_times(out) == without_times(tmp_path / "here")
    assert {(r["status"], r["score"]) for r in latest_results(out / LEDGER_NAME).values()} >= {
        ("graded", 100),
        ("graded", 80),
        ("graded", 0),
        ("unreadable", 0),
    }


def test_workers_on_other_hosts_grade_and_if_one_host_is_lost_the_other_does_its_work(
    submitted: Path, tmp_path: Path, course_spec: Spec, hub: str
) -> None:
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))]
    port = hub.rpartition(":")[2]
    with hosts(2) as others, processes() as start:
        workers = [
            worker(start, f"tcp://{address}:{port}", tmp_path / address, "--name", address, within=inside)
            for inside, address in others
        ]
        ledger = Ledger(tmp_path / "out")
        connection = connected_cluster(hub, course_spec, Isolation(strictest_isolation()))
        with ThreadPoolExecutor(1) as aside, connection as cluster:
            cluster.client.wait_for_workers(2, timeout=60)
            places = {name.split("//")[1].split(":")[0] for name in cluster.client.scheduler_info()["workers"]}
            assert places == {address[:-1] + "2" for _, address in others}
            graded = threading.Event()
            losing = aside.submit(end_when_busy, cluster.client, others[0][1], workers[0], lambda: not graded.is_set())
            try:
                list(grade_into_ledger(course_spec, few, ledger, 2, strictest_isolation(), cluster.pool))
            finally:
                graded.set()
            lost = losing.result()
            assert lost
            assert set(times_sent(cluster.client, lost).values()) == {2}
    assert {result["status"] for result in ledger.latest().values()} <= {"graded", "unreadable"}
    assert len(ledger.latest()) == len(few)


def test_a_submission_that_kills_two_workers_becomes_an_error_and_the_others_are_graded(
    submitted: Path, tmp_path: Path, course_spec: Spec, hub: str
) -> None:
    poisoned = sorted(submitted.glob("*.ipynb"))[1].stem
    deaths = tmp_path / "deaths"
    # Only a defect of the kit or of the machine can end a worker. Code that the worker runs first stands for it.
    deadly = (
        "import autograder.runs.batch as batch, os\n"
        "grade = batch.grade_submission\n"
        "def deadly(submission, *more):\n"
        f"    if submission.student == {poisoned!r}:\n"
        f"        with open({str(deaths)!r}, 'a') as file: file.write('x')\n"
        "        os._exit(1)\n"
        "    return grade(submission, *more)\n"
        "batch.grade_submission = deadly\n"
    )
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:3]]
    with processes() as start:
        for name in ("one", "other", "third"):
            worker(start, hub, tmp_path / name, first=deadly)
        with connected_cluster(hub, course_spec, Isolation(strictest_isolation())) as cluster:
            cluster.client.wait_for_workers(3, timeout=60)
            ledger = Ledger(tmp_path / "out")
            list(grade_into_ledger(course_spec, few, ledger, 2, strictest_isolation(), cluster.pool))
        with client_of(hub) as client:  # the scheduler's setting is restored
            assert client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures) == 3
    statuses = {student: result["status"] for student, result in ledger.latest().items()}
    assert statuses.pop(poisoned) == "error"
    assert set(statuses.values()) <= {"graded", "unreadable"}
    assert len(statuses) == 2
    assert deaths.read_text() == "xx"
    assert "2 workers died" in ledger.latest()[poisoned]["message"]


def test_one_sentence_says_that_no_scheduler_answers(submitted: Path, tmp_path: Path) -> None:
    refused = grade(submitted, tmp_path / "out", "--scheduler", f"tcp://127.0.0.1:{free_port()}")
    message = refused.stderr
    assert refused.exit_code == 2
    assert "no Dask scheduler answers there" in message
    assert isinstance(refused.exception, SystemExit)


def test_a_run_ends_if_the_scheduler_dies_and_the_next_run_resumes(
    submitted: Path, tmp_path: Path, course_spec: Spec
) -> None:
    submissions = find_submissions([submitted], course_spec.assignment)
    ledger = Ledger(tmp_path / "out")
    with processes() as start:
        port = free_port()
        hub = start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        address = f"tcp://127.0.0.1:{port}"
        worker(start, address, tmp_path / "one")

        def grade_and_end_the_scheduler(pool: Pool) -> None:
            for _ in grade_into_ledger(course_spec, submissions, ledger, 1, strictest_isolation(), pool):
                end(hub)

        with (
            pytest.raises(UsageError, match="run the same command again to resume"),
            connected_cluster(address, course_spec, Isolation(strictest_isolation())) as cluster,
        ):
            grade_and_end_the_scheduler(cluster.pool)
    done = len(ledger.latest())
    assert 0 < done < len(submissions)
    list(grade_into_ledger(course_spec, submissions, ledger, 1, strictest_isolation()))
    lines = ledger.path.read_text().splitlines()
    assert len(lines) == len(ledger.latest()) == len(submissions)  # nothing is graded twice


def test_a_submission_is_packed_as_json_and_unpacked_unchanged(tmp_path: Path) -> None:
    raw = bytes(range(256))
    (tmp_path / "ash.ipynb").write_bytes(raw)
    submission = Submission("ash \ud800", tmp_path / "ash.ipynb", submitted_at="2026-11-24T12:00:00Z", seed=2**255)
    beside = Beside({"solution.py": raw}, ("large.bin",), "at most one file")
    message = pack_submission(submission, "0" * 64, beside)
    assert isinstance(json.loads(message), dict)
    back, spec_sha256 = unpack_submission(message)
    assert (back.student, back.submitted_at, back.seed, back.read(), spec_sha256) == (
        submission.student,
        submission.submitted_at,
        submission.seed,
        raw,
        "0" * 64,
    )
    assert back.beside == (beside.files, beside.left_out, beside.most)
    assert (
        "gone"
        in unpack_submission(pack_submission(Submission("ash", tmp_path / "ash.ipynb", problem="it is gone."), ""))[
            0
        ].problem
    )
