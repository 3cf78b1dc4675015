"""A sandbox of each isolation level, and sessions in it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.sandbox import Isolation, Sandbox, Session, modules_named
from tests.sandbox.processes import LONG


@pytest.fixture(scope="module")
def sandbox(assignment: Assignment, isolation: Isolation) -> Iterator[Sandbox]:
    with Sandbox(assignment.limits, isolation) as sandbox:
        assert isinstance(sandbox.protections, tuple)  # waits until it is warm, so later processes belong to a session
        yield sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with contextlib.closing(sandbox.open()) as session:
        yield session


@pytest.fixture
def ask(session: Session) -> Callable[..., Any]:
    """A function that runs a cell, which defines `f`, and calls `f`. It returns the answer."""

    def run_and_call(cell: str, *arguments: Any) -> Any:
        session.run([cell], {}, LONG)
        return session.call("f", arguments, LONG, 0)

    return run_and_call


@pytest.fixture
def value_in_notebook(sandbox: Sandbox) -> Callable[..., Any]:
    """As `value`, with the modules imported beforehand that the cell names, as for a submission."""

    def run_and_call(cell: str) -> Any:
        with contextlib.closing(sandbox.open(modules=modules_named([cell], ()))) as session:
            session.run([cell], {}, LONG)
            return session.call("f", (), LONG, 0)["value"]

    return run_and_call


@pytest.fixture
def value(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A function that runs a cell, which defines `f`, and calls `f`. It returns the value of `f`."""
    return lambda cell, *arguments: ask(cell, *arguments)["value"]
