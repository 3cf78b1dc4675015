"""A worker that cannot grade this course is refused. The message names its address and the correction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.assignment import Assignment, UsageError, load
from autograder.grading import Spec
from autograder.grading.spec import spec_sha256
from autograder.runs import Ledger, connected_cluster, grade_into_ledger
from autograder.sandbox import Isolation, describe_isolation, strictest_isolation
from autograder.submissions import Submission
from tests.runs.dask_cluster import (
    ROOT,
    Start,
    end,
    grade,
    make_few,
    processes,
    scheduler,
    wait_until_no_worker_is_left,
    worker,
)


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_few(tmp_path_factory.mktemp("submitted"))


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    """The address of a scheduler for all tests of this file."""
    with processes() as start:
        yield scheduler(start)


@pytest.fixture
def start(hub: str) -> Iterator[Start]:
    """A function that starts workers of this test. The next test finds a scheduler without workers."""
    with processes() as started:
        yield started
    wait_until_no_worker_is_left(hub)


def test_a_worker_with_another_course_is_refused_by_its_address(
    submitted: Path, tmp_path: Path, hub: str, start: Start
) -> None:
    other = tmp_path / "course"
    for room in ("source", "reference", "data"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    policy = other / "source/em_gmm/assignment.toml"
    policy.write_text(policy.read_text().replace("result_mb = 8", "result_mb = 9"))
    worker(start, hub, tmp_path / "one", "--name", "willow", cwd=other)
    refused = grade(submitted, tmp_path / "out", "--scheduler", hub)
    message = refused.stderr
    assert refused.exit_code == 2
    assert "the worker tcp://127.0.0.1:" in message
    assert "has another version of em_gmm or of the kit" in message
    assert str(other) in message


def test_a_worker_that_joins_late_is_refused_by_its_address_too(
    submitted: Path, tmp_path: Path, course_spec: Spec, hub: str, start: Start
) -> None:
    few = [Submission(path.stem, path) for path in sorted(submitted.glob("*.ipynb"))[:3]]
    ledger = Ledger(tmp_path / "out")
    first = worker(start, hub, tmp_path / "one")
    with connected_cluster(hub, course_spec, Isolation(strictest_isolation())) as cluster:
        end(first)
        late = worker(start, hub, tmp_path / "late", "--nthreads", "2")
        message = r"the worker tcp://127.0.0.1:\d+ has 2 threads"
        with pytest.raises(UsageError, match=message):
            list(grade_into_ledger(course_spec, few, ledger, 1, strictest_isolation(), cluster.pool))
        end(late)
        worker(start, hub, tmp_path / "stray", cwd=tmp_path)
        with pytest.raises(UsageError, match=r"the worker tcp://127.0.0.1:\d+ can't grade"):
            list(grade_into_ledger(course_spec, few, ledger, 1, strictest_isolation(), cluster.pool))


def test_isolation_process_refuses_a_worker_without_seccomp_and_prints_the_isolation_of_others(
    tmp_path: Path, hub: str, start: Start
) -> None:
    one = tmp_path / "ash.ipynb"
    one.write_text("no notebook, so that it is graded at once")
    ways = ("--isolation", "process", "--scheduler")
    # The worker reports the isolation of a machine without libseccomp.
    without = (
        "import autograder.runs.cluster as cluster\n"
        "cluster.describe_isolation = lambda isolation: 'process: Landlock, rlimits'\n"
    )
    first = worker(start, hub, tmp_path / "one", first=without)
    refused = grade(one, tmp_path / "out", *ways, hub)
    assert refused.exit_code == 2
    assert "the worker tcp://127.0.0.1:" in refused.stderr
    assert "has no seccomp" in refused.stderr
    assert "apt install libseccomp2" in refused.stderr
    end(first)
    wait_until_no_worker_is_left(hub)
    worker(start, hub, tmp_path / "other")
    graded = grade(one, tmp_path / "out", *ways, hub)
    assert graded.exit_code == 0, graded.stderr
    assert f"isolation on the workers: {describe_isolation(Isolation.process)}" in graded.stdout


def test_other_samples_make_another_version(tmp_path: Path, course: Assignment) -> None:
    for room in ("source", "reference", "data"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    assert spec_sha256(load(tmp_path, course.slug)) == spec_sha256(course)
    samples = tmp_path / "data" / course.slug / "samples.npz"
    samples.write_bytes(samples.read_bytes() + b"\0")
    assert spec_sha256(load(tmp_path, course.slug)) != spec_sha256(course)


def test_a_worker_with_two_threads_or_outside_the_course_is_refused(
    tmp_path: Path, course_spec: Spec, hub: str, start: Start
) -> None:
    for more, cwd, message in (
        (("--nthreads", "2"), ROOT, "has 2 threads"),
        ((), tmp_path, "start it in the course's folder"),
    ):
        refused = worker(start, hub, tmp_path / "one", *more, cwd=cwd)
        with (
            pytest.raises(UsageError, match=message),
            connected_cluster(hub, course_spec, Isolation(strictest_isolation())),
        ):
            pass
        end(refused)
        wait_until_no_worker_is_left(hub)
