"""Fixtures that several rooms' tests use: assignments, sandboxes, notebooks and a browser."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from autograder.assignment import Assignment, load, notebook_to_bytes, release_notebook, source_notebook, with_solutions
from autograder.grading import Result, Spec, grade_submission, load_spec
from autograder.runs import limit_blas_threads
from autograder.sandbox import Isolation, Limits, Sandbox, SandboxBroken, strictest_isolation, why_unavailable
from autograder.submissions import Submission
from tests.shared import SHARED

BROWSER_FLAGS = (
    "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
    "disable-sync no-proxy-server"
)
BROWSER_SECONDS = 120  # the longest wait for one event; only a busy machine comes near it

# These tests take minutes. They run first, because a long file at the end would leave one of two cores idle.
_LONG = (
    *("test_another_assignment.py", "test_real_class.py", "test_cluster.py", "test_gradebook.py", "test_batch.py"),
    *("test_attacks.py", "test_faults.py", "test_hmm_evidence.py", "test_life.py"),
)
ROOT = Path(__file__).resolve().parents[1]
# On a busy machine an example may take long, which is no failure.
settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kit")
os.umask(UMASK := os.umask(0o077))  # that of this process, which can only be read by setting another one
_STOP = "def train_EM(*_):\n    raise NotImplementedError"

# A shell lets a command in the background ignore Ctrl-C. All that the tests start would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each core runs several processes of the tests. More threads of linear algebra would only wait for each other, and
# waiting costs processor time.
limit_blas_threads(1)


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder that all processes of this test run share."""
    if SHARED not in os.environ:  # the processes of pytest-xdist inherit it
        os.environ[SHARED] = tempfile.mkdtemp(prefix="autograder-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONG)  # the rest stays in order


def pytest_collection_finish() -> None:
    """What is loaded by now stays. The garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _same_umask() -> None:
    """A command that an earlier test called in this process may have set it."""
    os.umask(UMASK)


@pytest.fixture(scope="session", params=list(Isolation))
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """Each isolation level, so that a test runs under both."""
    if why_unavailable(request.param):
        pytest.skip(why_unavailable(request.param))
    return Isolation(request.param)


@pytest.fixture(scope="session")
def course() -> Assignment:
    return load(ROOT, "em_gmm")


@pytest.fixture(scope="session")
def course_spec(course: Assignment) -> Spec:
    return load_spec(course)


def make_sandbox(limits: Limits, isolation: Isolation) -> Sandbox:
    """The one place where these tests build a sandbox."""
    return Sandbox(limits, isolation)


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Callable[[Limits, Isolation], Sandbox]]:
    """One sandbox for all tests. If a submission breaks it, the next test gets a new one, so only one test fails."""
    alive: dict[tuple[Limits, Isolation], Sandbox] = {}

    def get(limits: Limits, isolation: Isolation) -> Sandbox:
        key = (limits, isolation)
        if key in alive:
            try:
                alive[key].open().close()
            except SandboxBroken:
                alive.pop(key).close()
        if key not in alive:
            alive[key] = make_sandbox(limits, isolation)
        return alive[key]

    yield get
    for sandbox in alive.values():
        with contextlib.suppress(OSError):
            sandbox.close()


@pytest.fixture(scope="session")
def honest(course: Assignment) -> dict[str, Any]:
    """The instructor's notebook without its training, which takes most of the time: 80 points."""
    return with_solutions(copy.deepcopy(source_notebook(course)), {"train_EM": _STOP})


@pytest.fixture
def hand_in(tmp_path: Path, course_spec: Spec) -> Callable[[dict[str, Any], Sandbox], Result]:
    def graded(notebook: dict[str, Any], sandbox: Sandbox) -> Result:
        path = tmp_path / "ada.ipynb"
        path.write_bytes(notebook_to_bytes(notebook))
        return grade_submission(Submission("ada", path), course_spec, sandbox)

    return graded


@pytest.fixture(scope="module")  # not "session": while the driver runs, no other event loop can start in this thread
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium with its own profile, for all tests of a file that look at a page."""
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


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The real assignment with low limits, so that a test of a limit is quick."""
    em_gmm = load(ROOT, "em_gmm")
    limits = dataclasses.replace(em_gmm.limits, memory_mb=1500, file_mb=2, result_mb=8, seconds_per_call=30)
    return dataclasses.replace(em_gmm, limits=limits)


@pytest.fixture(scope="session")
def spec(assignment: Assignment, course_spec: Spec) -> Spec:
    """The spec with low limits. It shares what the known mistakes answer with the spec of the course."""
    return dataclasses.replace(load_spec(assignment), diagnosis=course_spec.diagnosis)


@pytest.fixture(scope="session")
def sandbox(assignment: Assignment) -> Iterator[Sandbox]:
    with Sandbox(assignment.limits, strictest_isolation()) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def impatient_sandbox(assignment: Assignment) -> Iterator[Sandbox]:
    """A sandbox that stops a call after a second, and a statement of a cell after half a second."""
    limits = dataclasses.replace(
        assignment.limits, seconds_per_call=1, seconds_per_statement=0.5, seconds_per_notebook=8
    )
    with Sandbox(limits, strictest_isolation()) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def source(assignment: Assignment) -> dict[str, Any]:
    return source_notebook(assignment)


@pytest.fixture(scope="session")
def release(assignment: Assignment) -> dict[str, Any]:
    return release_notebook(assignment)


@pytest.fixture
def grade(tmp_path: Path, spec: Spec, sandbox: Sandbox) -> Callable[..., Result]:
    """Grades a notebook as a submission of the student `ada`."""

    def graded(notebook: dict[str, Any] | bytes, spec: Spec = spec, sandbox: Sandbox = sandbox) -> Result:
        path = tmp_path / "ada.ipynb"
        path.write_bytes(notebook if isinstance(notebook, bytes) else notebook_to_bytes(notebook))
        return grade_submission(Submission("ada", path), spec, sandbox)

    return graded


@pytest.fixture
def solved(source: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The instructor's notebook with other code in cells given by their grade id, or a cell before or after.

    A cell after the others is to replace functions. So the notebook then has no test cells, because a function is asked
    as it stood when its test cell ran. With `tests` they stay.
    """

    def make(before: str = "", after: str = "", tests: bool = False, **cells: str) -> dict[str, Any]:
        notebook = with_solutions(copy.deepcopy(source), cells)
        if after and not tests:
            notebook = without_tests(notebook)
        extra = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": ""}]
        head = [cell | {"source": before} for cell in extra if before]
        tail = [cell | {"source": after} for cell in extra if after]
        return notebook | {"cells": [*head, *notebook["cells"], *tail]}

    return make


def without_tests(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook without the test cells of its functions."""
    marks = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in notebook["cells"]]
    pairs = zip(notebook["cells"], marks, strict=True)
    return notebook | {"cells": [cell for cell, mark in pairs if not mark.startswith("test_")]}


@pytest.fixture(scope="session")
def scores() -> Callable[[Result], dict[str, float]]:
    """The points by part."""
    return lambda result: {part["id"]: part["score"] for part in result["parts"]}


@pytest.fixture(scope="session")
def checks() -> Callable[..., list[dict[str, Any]]]:
    """The checks of a result, of all parts or of those named."""

    def checks_of(result: Result, *parts: str) -> list[dict[str, Any]]:
        return [check for part in result["parts"] if not parts or part["id"] in parts for check in part["checks"]]

    return checks_of
