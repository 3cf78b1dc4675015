"""One real service for all tests, with uvicorn on a free port and SQLite on disk. Each test has its own students."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes, source_notebook, with_solutions
from autograder.sandbox import strictest_isolation
from autograder.service import run
from tests.service.running import PER_HOUR, STUDENTS, Clock, Running, write_roster


@pytest.fixture(scope="session")
def root(course: Assignment) -> Path:
    return course.root


@pytest.fixture(scope="session")
def quick(course: Assignment) -> bytes:
    """A notebook that is right except for the training, which would take most of the time. It gets 80 points."""
    unsolved = "def train_EM(*_):\n    raise NotImplementedError"
    return notebook_to_bytes(with_solutions(source_notebook(course), {"train_EM": unsolved}))


@pytest.fixture(scope="session")
def running(course: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running service that grades nothing. A test that needs a result uses `grade_by_hand`."""
    data, clock = tmp_path_factory.mktemp("service"), Clock()
    names = [f"oak{number}" for number in range(STUDENTS)]
    roster = write_roster(data / "roster.csv", names)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)  # a client that never reads soon fills it
    port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    service, instructor = run.build_service(
        [course], roster, data, None, url, PER_HOUR, 0, strictest_isolation(), clock=clock
    )
    tokens, _ = run.open_tokens(data, clock)
    server = run.build_server(service, behind_proxy=False)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield Running(service, tokens, instructor, port, clock, course, iter(names))
    server.should_exit = True
    thread.join()
    service.store.close()


@pytest.fixture
def student(running: Running) -> str:
    """A student whom no other test uses."""
    return next(running.students)


@pytest.fixture
def grade_by_hand(running: Running) -> Callable[..., None]:
    """A function that gives a stored submission a result."""

    def grade(receipt: int, score: float, status: str = "graded", message: str = "") -> None:
        entry = running.service.store.entry(receipt)
        assert entry is not None
        result = {"schema": "autograder/result/v1", "assignment": entry.assignment, "student": entry.student}
        result |= {"submitted_at": "2027-01-15T08:00:00Z", "notebook_sha256": entry.sha256, "spec_sha256": "0" * 64}
        result |= {"isolation": "strict", "status": status, "score": score, "max_score": 100, "seconds": 0.1}
        result |= {"message": message, "parts": []}
        running.service.store.save_result(receipt, result)
        running.service.pages._ledgers.record(receipt, entry.student, entry.assignment, {})

    return grade


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], list[Any]]]:
    """A function: the fields of the log lines of an event, or of all lines if the event is empty."""
    with caplog.at_level("INFO", "autograder.service"):
        yield lambda event: [getattr(r, "fields", {}) for r in caplog.records if event in ("", r.message)]
