"""A service in its own process is killed or stopped, and the next one resumes. Also its commands and files."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment, UsageError, read_or_make_secret
from autograder.cli import app
from autograder.grading import Variants, variant_mark
from autograder.runs import latest_results
from autograder.sandbox import strictest_isolation
from autograder.service import build_service, open_store, open_tokens
from autograder.service.app import ENDPOINT
from autograder.service.tokens import Generations
from autograder.submissions import read_roster, students_by_email
from tests.service.running import Served, email, make_message, write_roster
from tests.warm_commands import run_command, start_command

Serve = Callable[..., tuple[Served, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def serve(root: Path, data: Path, tmp_path: Path) -> Iterator[Serve]:
    roster, started = write_roster(tmp_path / "roster.csv", ["ash", "elm"]), []

    def start_service(*more: str, **environment: str) -> tuple[Served, str]:
        arguments = ("serve", "em_gmm", "--data", str(data), "--roster", str(roster), "--port", "0", "--jobs", "1")
        words = (*arguments, "--isolation", strictest_isolation(), *more)
        pipes = [tmp_path / f"{name}-{len(started)}" for name in ("output", "log")]
        for pipe in pipes:
            os.mkfifo(pipe)
        process = start_command(words, root, os.environ | environment, *pipes, packages=("autograder.service",))
        output, log = (pipe.open(encoding="utf-8") for pipe in pipes)
        started.append(Served(process, output, log))
        printed = output.readline() + output.readline()
        [url] = re.findall(r"at (http://\S+)", printed)
        assert f"{url}/instruct/" in printed
        return started[-1], url

    yield start_service
    for service in started:
        service.process.kill()
        service.process.wait()
        service.output.close()
        service.log.close()


def submit(url: str, message: dict[str, Any]) -> int:
    body = json.dumps(message).encode()
    with urllib.request.urlopen(urllib.request.Request(url + ENDPOINT, body), timeout=60) as answer:
        assert answer.status == 201
        return int(json.load(answer)["receipt"])


def test_a_service_killed_right_after_201_has_the_submission_and_the_next_start_grades_it(
    serve: Serve, data: Path, tmp_path: Path, course: Assignment, quick: bytes
) -> None:
    service, url = serve()
    tokens, _ = open_tokens(data)
    receipts = {}
    for student in ("ash", "elm"):
        token = tokens.make_token(email(student), course.slug, Generations())
        receipts[student] = submit(url, make_message(course, student, token, quick))
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    store = open_store(data, None)
    assert [store.notebook(receipt) for receipt in receipts.values()] == [quick, quick]
    service, url = serve()
    for _ in receipts:
        assert any(json.loads(line)["event"] == "graded" for line in service.log)
    service.process.send_signal(signal.SIGTERM)
    stopped = [json.loads(line) for line in service.log]
    assert service.process.wait() == 0
    assert [line["graded_again_at_the_next_start"] for line in stopped if line["event"] == "stopped"] == [0]
    assert not store.receipts_to_grade(course.slug)
    ledger = latest_results(data / course.slug / "results.jsonl")
    assert {student: (r["status"], r["score"]) for student, r in ledger.items()} == {
        "ash": ("graded", 80),
        "elm": ("graded", 80),
    }
    store.close()
    collected = CliRunner().invoke(
        app, ["collect", course.slug, "--data", str(data), "--course", str(tmp_path / "course")]
    )
    assert collected.exit_code == 0, collected.output
    from nbgrader.utils import parse_utc  # here, because each worker would import it for a second

    folder = tmp_path / "course/submitted/ash" / course.slug
    assert (folder / course.notebook).read_bytes() == quick
    written = parse_utc((folder / "timestamp.txt").read_text())
    assert f"{written.isoformat()}Z" == ledger["ash"]["submitted_at"]


def test_with_a_secret_of_the_course_each_student_is_graded_on_their_own_data(
    serve: Serve, data: Path, course: Assignment, quick: bytes
) -> None:
    def wait_for_variant(service: Served) -> Any:
        assert any(json.loads(line)["event"] == "graded" for line in service.log)
        service.process.send_signal(signal.SIGTERM)
        for _ in service.log:
            pass
        assert service.process.wait() == 0
        result = latest_results(data / course.slug / "results.jsonl")["ash"]
        assert (result["status"], result["score"]) == ("graded", 80)
        return result["variant"]

    def variant_of(secret: str) -> str:
        return variant_mark(Variants(course.slug, frozenset({"ash"}), secret).seed("ash") or 0)

    first, second = "a secret of the course, long enough to be one", "another secret, which it has from next year on"
    service, url = serve(AUTOGRADER_COURSE=first)
    token = open_tokens(data)[0].make_token(email("ash"), course.slug, Generations())
    submit(url, make_message(course, "ash", token, quick))
    assert wait_for_variant(service) == variant_of(first)
    service, _ = serve("--regrade", AUTOGRADER_COURSE=second)
    assert wait_for_variant(service) == variant_of(second)


def test_a_service_killed_while_many_submit_has_every_submission_that_it_accepted(
    serve: Serve, data: Path, course: Assignment
) -> None:
    service, url = serve()
    tokens, _ = open_tokens(data)
    accepted: dict[int, str] = {}

    def keep_submitting(student: str) -> None:
        token = tokens.make_token(email(student), course.slug, Generations())
        with contextlib.suppress(OSError, http.client.HTTPException):  # until the service is gone
            while True:
                message = make_message(course, student, token)
                accepted[submit(url, message)] = message["submissionId"]
                if len(accepted) == 9:
                    service.process.send_signal(signal.SIGKILL)

    threads = [threading.Thread(target=keep_submitting, args=(student,)) for student in ("ash", "elm") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.process.wait()
    store = open_store(data, None)
    assert len(accepted) >= 9
    stored = {entry.receipt for student in ("ash", "elm") for entry in store.entries_of_student(student)}
    assert set(accepted) <= stored
    assert len(stored) <= len(accepted) + len(threads)  # each thread can have one that was stored but not answered
    store.close()


def test_secrets_are_made_once_and_only_their_owner_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = read_or_make_secret(tmp_path / "data", "signing")
    path = tmp_path / "data/signing.key"
    assert len(made) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        read_or_make_secret(tmp_path / "data", "signing")
        == made
        != read_or_make_secret(tmp_path / "data", "instructor")
    )
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        read_or_make_secret(tmp_path / "data", "signing")
    monkeypatch.setenv("AUTOGRADER_SIGNING", "short")
    with pytest.raises(UsageError, match="at least 32"):
        read_or_make_secret(tmp_path / "data", "signing")
    monkeypatch.setenv("AUTOGRADER_SIGNING", "e" * 40)
    assert read_or_make_secret(tmp_path / "data", "signing") == "e" * 40


def test_links_are_the_same_each_time_until_they_are_revoked(tmp_path: Path, data: Path) -> None:
    roster = write_roster(tmp_path / "roster.csv", ["ash", "elm"])
    arguments = ["roster", "links", "--data", str(data), "--roster", str(roster), "--url", "https://x.example.org/"]
    first, again = CliRunner().invoke(app, arguments), CliRunner().invoke(app, arguments)
    assert first.stdout == again.stdout
    assert "elm,elm@example.org,https://x.example.org/enter/" in first.stdout
    store = open_store(data, None)
    store.revoke("ash", link=True)
    store.close()
    out = tmp_path / "links.csv"
    assert CliRunner().invoke(app, [*arguments, "--out", str(out)]).exit_code == 0
    changed = [a != b for a, b in zip(first.stdout.splitlines(), out.read_text().splitlines(), strict=True)]
    assert changed == [False, True, False]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("student_id\nash\n", "no column email"),
        ("student_id,email\nash,a@x.org\nelm,A@X.ORG\n", "twice"),
        ("student_id,email\nash,a@x.org\nash,b@x.org\n", "twice"),
        ("student_id,email\n../ash,a@x.org\n", "folder"),
        ("student_id,email\nash,nobody\n", "e-mail address"),
        ("student_id,email\na,\u00e9@x.org\nb,e\u0301@x.org\n", "twice"),
    ],
)
def test_an_ambiguous_roster_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(UsageError, match=expected):
        students_by_email(read_roster(tmp_path / "roster.csv"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--host", "0.0.0.0"], "--url"),
        (["--url", "http://grading.example.org"], "https://grading.example.org"),
        (["--url", "https://example.org/grading"], "without a path"),
        (["--url", "https://example.org/?x"], "without a path"),
        (["--url", "grading.example.org"], "without a path"),
    ],
)
def test_an_address_to_which_no_notebook_would_send_is_refused(
    tmp_path: Path, data: Path, arguments: list[str], expected: str
) -> None:
    common = ["--data", str(data), "--roster", str(tmp_path / "none.csv")]  # without a roster, no service starts
    finished = CliRunner().invoke(
        app, ["serve", "em_gmm", *common, "--port", "0", "--isolation", strictest_isolation(), *arguments]
    )
    assert finished.exit_code == 2
    assert expected in " ".join(finished.output.split())
    if "--url" in arguments:
        finished = CliRunner().invoke(app, ["roster", "links", *common, *arguments])
        assert finished.exit_code == 2
        assert expected in " ".join(finished.output.split())


def test_a_start_reports_a_broken_line_in_a_ledger(course: Assignment, tmp_path: Path, data: Path) -> None:
    roster = write_roster(tmp_path / "roster.csv", ["ash"])
    (data / course.slug).mkdir(parents=True)
    (data / course.slug / "results.jsonl").write_text("no result\n")
    with pytest.raises(UsageError, match="line 1 is no result"):
        build_service([course], roster, data, None, "http://127.0.0.1:1", 1, 0, strictest_isolation())


def test_collect_makes_no_file_if_there_is_no_service_data(tmp_path: Path, course: Assignment) -> None:
    arguments = ["collect", course.slug, "--data", str(tmp_path / "dta"), "--course", str(tmp_path / "course")]
    finished = CliRunner().invoke(app, arguments)
    assert finished.exit_code == 2
    assert "no submissions are kept here" in " ".join(finished.output.split())
    assert list(tmp_path.iterdir()) == []


def test_the_environment_can_name_the_database(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = write_roster(tmp_path / "roster.csv", ["ash"])
    monkeypatch.setenv("AUTOGRADER_DATABASE", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    finished = CliRunner().invoke(app, ["roster", "links", "--data", str(data), "--roster", str(roster)])
    assert finished.exit_code == 0, finished.output
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (data / "submissions.db").exists()


def test_every_line_of_the_log_is_json_from_any_logger() -> None:
    others = "import logging, warnings; warnings.warn('first'); logging.getLogger('asyncio').error('second\\nthird')"
    code = f"from autograder.service.log import to_stderr; to_stderr(); {others}"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    first, second = (json.loads(line) for line in output.splitlines())
    assert "first" in first["event"]
    assert (second["level"], second["event"]) == ("error", "second\nthird")


def test_a_second_service_on_the_same_data_is_refused(serve: Serve, root: Path, data: Path, tmp_path: Path) -> None:
    serve()
    arguments = ("serve", "em_gmm", "--data", str(data), "--roster", str(tmp_path / "roster.csv"), "--port", "0")
    words = (*arguments, "--isolation", strictest_isolation())
    finished = run_command(words, root, {**os.environ, "COLUMNS": "200"})
    assert finished.returncode == 2
    assert "another service is running" in finished.stderr
