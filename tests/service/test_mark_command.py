"""`autograder mark` as a process, and the same pages in a running service."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment
from autograder.cli import app
from autograder.marking import MARKS_NAME
from tests.marking.making import make_ledger
from tests.service.running import Running


def test_the_command_prints_a_link_that_opens_the_pages_and_ctrl_c_ends_it(course: Assignment, tmp_path: Path) -> None:
    folder = make_ledger(course, tmp_path / "grades", {"ash": {"derive_mu": "An answer."}})
    words = ["mark", course.slug, str(folder), "--marker", "ada", "--anonymous", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-m", "autograder", *words],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        [link] = re.findall(r"http://\S+", process.stdout.readline())
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({}))
        with opener.open(link, timeout=60) as answer:
            page = answer.read().decode()
            policy = answer.headers["Content-Security-Policy"]
        assert "0 of 1 marked" in page
        assert "ash" not in page
        assert "script-src 'self'" in policy
        process.send_signal(signal.SIGINT)
        _, problems = process.communicate(timeout=60)
    assert (process.returncode, problems) == (0, "")


@pytest.mark.parametrize(
    ("slug", "said"),
    [("em_gmm", "no graded submission here"), ("hmm", "this ledger is of 'em_gmm', not of 'hmm'")],
)
def test_a_wrong_folder_is_one_sentence(course: Assignment, tmp_path: Path, slug: str, said: str) -> None:
    folder = tmp_path if slug == "em_gmm" else make_ledger(course, tmp_path, {"ash": {}})
    done = CliRunner().invoke(app, ["mark", slug, str(folder), "--no-browser"])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_mark_in_the_service_is_on_the_students_page_and_in_the_downloads(
    running: Running, student: str, grade_by_hand: Callable[..., None]
) -> None:
    def get(cookie: str, path: str) -> Any:
        answer = running.ask("GET", path, Cookie=cookie)
        assert answer.status == 200
        return answer

    receipt = running.submit(running.message(student)).json["receipt"]
    grade_by_hand(receipt, 80)
    instructor, path = running.enter(None), f"/instructor/{running.assignment.slug}/mark/derive_mu"
    key = next(row["key"] for row in get(instructor, f"{path}/state").json["rows"] if row["name"] == student)
    assert "not in the notebook" in get(instructor, f"{path}/answers/{key}").json["empty"]
    fields = {"marker": "ada", "answer": key}
    try:
        running.post(instructor, path, **fields, do="item", points="7,5", text="The idea is right.")
        [item] = get(instructor, f"{path}/state").json["items"]
        assert running.post(instructor, path, **fields, do="give", item=item["id"], given="1").json["problem"] == ""
        me = running.enter(student)
        home = get(me, "/").text
        assert "87.5 of 130" in home
        assert "derive_pi and derive_sigma are not marked yet" in home
        assert "7.5: The idea is right." in get(me, f"/submissions/{receipt}").text
        table = get(instructor, f"/instructor/{running.assignment.slug}/download/csv").text
        assert re.search(rf"{student},.*,,0\.0,,130\.0", table)
        wrong = running.post(instructor, path, **fields, do="item", points="two", text="x").json
        assert wrong["problem"] == "The points are no number."
        assert running.post(instructor, path, answer=key, do="done").json["problem"] == "Give your name first."
    finally:  # other tests use the same service
        (running.service.pages._ledgers.folder / running.assignment.slug / MARKS_NAME).unlink()
