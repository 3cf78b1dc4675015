"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import Grader, send
from tests.grader.stub_service import TOKEN, Reply, Service
from tests.grader.test_grader_session import MU, PI, write_key


@pytest.fixture
def served() -> Iterator[Callable[..., Service]]:
    running: list[Service] = []

    def start(*replies: Reply) -> Service:
        running.append(Service(*replies))
        return running[-1]

    yield start
    for service in running:
        service.close()


@pytest.fixture
def hand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Answer two of three parts, save a notebook, submit; what the student reads."""
    monkeypatch.setattr(send, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(send.send, "__defaults__", (10.0, (0.0, 0.0)))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    Path("small.ipynb").write_bytes(b'{"cells": []}')
    grader = Grader(write_key(tmp_path / "key"))
    grader.submit_step(PI, MU * np.nan)  # type: ignore[attr-defined]
    capsys.readouterr()

    def submit(endpoint: str, token: str = TOKEN) -> str:
        grader.submit(" ada@example.org ", token, endpoint=endpoint)
        return " ".join(capsys.readouterr().out.split())

    return submit


@pytest.fixture
def grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return Grader(key=write_key(tmp_path / "key"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed since the last call; nothing may ever be on stderr."""

    def read() -> str:
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return read
