"""A jail of each isolation, for the tests of submissions that mean harm."""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import assignment as assignments
from autograder import evidence, judge
from autograder.assignment import Assignment
from autograder.jail import Isolation, Jail, JailBroken, Limits, missing
from autograder.ledger import Result
from autograder.spec import Spec, load_spec
from autograder.submissions import Submission

BROWSER_FLAGS = (
    "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
    "disable-sync no-proxy-server"
)
BROWSER_SECONDS = 120  # for any one thing to happen; a busy machine may take long, and an idle one never waits

# Few tests that take minutes: a file that begins last would keep one of two cores waiting.
_LONG = ("test_another_assignment.py", "test_cluster.py", "test_gradebook.py", "test_batch.py")
_STOP = "def train_EM(*_):\n    raise NotImplementedError"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONG)  # the rest stays in order


@pytest.fixture(scope="session", params=list(Isolation))
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """Whatever student code is, it is under both rungs."""
    if missing(request.param):
        pytest.skip(missing(request.param))
    return Isolation(request.param)


@pytest.fixture(scope="session")
def course() -> Assignment:
    return assignments.load(Path(__file__).resolve().parents[1], "em_gmm")


@pytest.fixture(scope="session")
def course_spec(course: Assignment) -> Spec:
    return load_spec(course)


def make_jail(limits: Limits, isolation: Isolation) -> Jail:
    """The one place where these tests build a jail."""
    return Jail(limits, isolation)


@pytest.fixture(scope="session")
def jails() -> Iterator[Callable[[Limits, Isolation], Jail]]:
    """One jail for all tests; another one once a submission has broken it, so that only its own test fails."""
    alive: dict[tuple[Limits, Isolation], Jail] = {}

    def get(limits: Limits, isolation: Isolation) -> Jail:
        key = (limits, isolation)
        if key in alive:
            try:
                alive[key].open().close()
            except JailBroken:
                alive.pop(key).close()
        if key not in alive:
            alive[key] = make_jail(limits, isolation)
        return alive[key]

    yield get
    for jail in alive.values():
        with contextlib.suppress(OSError):
            jail.close()


@pytest.fixture(scope="session")
def honest(course: Assignment) -> dict[str, Any]:
    """The instructor's notebook without its training, which takes most of the time: 80 points."""
    return evidence.with_solutions(copy.deepcopy(evidence.source_notebook(course)), {"train_EM": _STOP})


@pytest.fixture
def hand_in(tmp_path: Path, course_spec: Spec) -> Callable[[dict[str, Any], Jail], Result]:
    def graded(notebook: dict[str, Any], jail: Jail) -> Result:
        path = tmp_path / "ada.ipynb"
        path.write_bytes(evidence.to_bytes(notebook))
        return judge.grade(Submission("ada", path), course_spec, jail)

    return graded


@pytest.fixture(scope="module")  # no longer: while the driver runs, no other event loop starts in this thread
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One headless Chromium, with a profile of its own, for the tests of a file that look at a page."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium here: install Debian's `chromium` to run this test")
    home = tmp_path_factory.mktemp("browser")
    playwright.expect.set_options(timeout=BROWSER_SECONDS * 1000)
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            home / "profile",
            executable_path=program,
            args=[f"--{flag}" for flag in BROWSER_FLAGS.split()],
            env={**os.environ, "HOME": str(home)},
            viewport={"width": 1280, "height": 900},
            timeout=BROWSER_SECONDS * 1000,
        )
        context.set_default_timeout(BROWSER_SECONDS * 1000)
        yield context
        context.close()
