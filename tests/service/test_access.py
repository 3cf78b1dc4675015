"""Access to every route: without a session, as the student, as another student and as the instructor."""

from __future__ import annotations

import dataclasses
import http.client
import io
import re
import socket
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.assignment import Assignment
from autograder.reports import FORMATS, NEED_ROSTER
from autograder.runs import latest_results
from autograder.sandbox import strictest_isolation
from autograder.service import build_service, open_tokens
from autograder.service.app import ENDPOINT, routes
from autograder.service.deadlines import iso_time
from autograder.service.run import build_server
from autograder.service.tokens import SESSION_SECONDS
from tests.service.running import PER_HOUR, Running, email, write_roster

GradeByHand = Callable[..., None]
HOSTILE = "</textarea><script>alert(1)</script>"
# Method and path; status without a session, for the student, another student, the instructor. A POST has the form key.
ACCESS = {
    ("GET", "/healthz"): (200, 200, 200, 200),
    ("POST", ENDPOINT): (
        400,
        400,
        400,
        400,
    ),  # a session does not matter here, only a token: tests/service/test_submit.py
    ("GET", "/enter/{link}"): (403, 403, 403, 403),  # with an invalid link
    ("GET", "/instruct/{key}"): (403, 403, 403, 403),
    ("GET", "/"): (403, 200, 200, 303),
    ("POST", "/leave"): (403, 303, 303, 303),
    ("POST", "/token"): (403, 200, 200, 403),
    ("POST", "/revoke"): (403, 303, 303, 403),
    ("GET", "/submissions/{receipt}"): (403, 200, 404, 200),
    ("GET", "/instructor"): (403, 403, 403, 200),
    ("POST", "/instructor/revoke"): (403, 403, 403, 404),  # for an address that is not on the roster
    ("GET", "/instructor/{slug}/report"): (403, 403, 403, 200),
    ("GET", "/instructor/{slug}/feedback/{name}"): (403, 403, 403, 200),
    ("GET", "/instructor/{slug}/download/{format}"): (403, 403, 403, 200),
    ("GET", "/instructor/files/{name:path}"): (403, 403, 403, 404),  # four names only
    ("GET", "/instructor/{slug}/mark"): (403, 403, 403, 200),
    ("GET", "/instructor/{slug}/mark/{question}"): (403, 403, 403, 200),
    ("POST", "/instructor/{slug}/mark/{question}"): (403, 403, 403, 400),  # without an action
    ("GET", "/instructor/{slug}/mark/{question}/state"): (403, 403, 403, 200),
    ("GET", "/instructor/{slug}/mark/{question}/answers/{key}"): (403, 403, 403, 404),  # with an invalid key
}


def fill_path(path: str, running: Running, student: str, receipt: int) -> str:
    values = {"link": "x.y", "key": "guess", "receipt": receipt, "slug": running.assignment.slug}
    values |= {"name": f"{student}.html", "format": "csv", "question": "derive_mu", "name:path": "x.js"}
    return re.sub(r"\{([^}]+)\}", lambda found: str(values[found[1]]), path)


def submit_notebook(running: Running, student: str) -> int:
    answer = running.submit(running.message(student))
    assert answer.status == 201
    return int(answer.json["receipt"])


def test_every_route_is_in_the_table_and_in_the_docs(running: Running, root: Path) -> None:
    known = {(m, route.path) for route in routes(running.service) for m in (route.methods or set()) - {"HEAD"}}
    assert known == set(ACCESS)
    docs = (root / "docs/service.md").read_text()
    assert [path for _, path in ACCESS if f"`{path}`" not in docs] == []


def test_each_role_reaches_its_own_routes_only(running: Running, student: str, grade_by_hand: GradeByHand) -> None:
    receipt = submit_notebook(running, student)
    grade_by_hand(receipt, 50)
    other = next(running.students)
    answers = {}
    for method, path in ACCESS:
        found = []
        for cookie in ("", *(running.enter(name) for name in (student, other, None))):
            where = fill_path(path, running, student, receipt)
            if method == "GET":
                found.append(running.ask("GET", where, Cookie=cookie))
            else:
                found.append(running.post(cookie, where, assignment=running.assignment.slug, email="no@example.org"))
            assert found[-1].headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in found[-1].headers["content-security-policy"]
            assert found[-1].headers["referrer-policy"] == "no-referrer"
            assert "server" not in found[-1].headers
        answers[method, path] = tuple(answer.status for answer in found)
    assert answers == ACCESS


def test_a_form_from_another_site_has_no_effect(running: Running, student: str) -> None:
    cookie, foreign = running.enter(student), running.enter(next(running.students))
    token = running.token(student)
    assert running.post(cookie, "/revoke", key=False).status == 403
    key = running.tokens.form_key(foreign.partition("=")[2])
    assert running.post(cookie, "/revoke", key=False, form_key=key).status == 403
    assert running.submit(running.message(student, secret=token)).status == 201
    answer = running.post(cookie, "/revoke")
    assert answer.status == 303
    assert "tokens are void now" in running.ask("GET", answer.headers["location"], Cookie=cookie).text
    assert "tokens are void now" not in running.ask("GET", "/", Cookie=cookie).text
    assert running.submit(running.message(student, secret=token)).status == 403


def test_the_cookie_of_a_session_is_hidden_from_scripts_and_other_sites(running: Running, student: str) -> None:
    answer = running.ask("GET", f"/enter/{running.tokens.make_link(student, 0)}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "secure" not in flags  # this service has no https


def test_a_session_ends_when_it_expires_or_its_link_is_revoked(running: Running, student: str) -> None:
    cookie, instructor = running.enter(student), running.enter(None)
    running.clock.ahead += SESSION_SECONDS + 1
    try:
        assert running.ask("GET", "/", Cookie=cookie).status == 403
        assert running.ask("GET", "/instructor", Cookie=instructor).status == 403
    finally:
        running.clock.ahead -= SESSION_SECONDS + 1
    assert running.ask("GET", "/", Cookie=cookie).status == 200
    link = f"/enter/{running.tokens.make_link(student, 0)}"
    answer = running.post(instructor, "/instructor/revoke", email="x" + email(student))
    assert "no such address on the roster" in answer.text
    assert running.ask("GET", "/", Cookie=cookie).status == 200
    answer = running.post(instructor, "/instructor/revoke", email=email(student).upper())
    assert answer.status == 303
    assert "link and tokens are void now" in running.ask("GET", answer.headers["location"], Cookie=instructor).text
    assert running.ask("GET", "/", Cookie=cookie).status == 403
    assert running.ask("GET", link).status == 403
    assert running.ask("GET", "/", Cookie=running.enter(student)).status == 200


def test_a_changed_or_foreign_cookie_opens_no_page(running: Running, student: str) -> None:
    cookie = running.enter(student)
    for forged in (cookie[:-1], cookie + "x", f"autograder={running.token(student)}", "autograder=WyJvYWsiLDBd.x"):
        assert running.ask("GET", "/", Cookie=forged).status == 403


def test_a_token_made_on_the_page_is_accepted(running: Running, student: str) -> None:
    page = running.post(running.enter(student), "/token", assignment=running.assignment.slug)
    [token] = re.findall(r'readonly value="([^"]+)"', page.text)
    assert running.submit(running.message(student, secret=token)).status == 201
    assert running.post(running.enter(student), "/token", assignment="em_gnn").status == 404


def test_a_student_sees_that_a_submission_waits_and_then_its_feedback_and_whether_it_counts(
    running: Running, student: str, grade_by_hand: GradeByHand
) -> None:
    cookie = running.enter(student)
    receipts = [submit_notebook(running, student) for _ in range(3)]
    assert "waits to be graded" in running.ask("GET", f"/submissions/{receipts[0]}", Cookie=cookie).text
    for receipt, score in zip(receipts, (40, 90, 90), strict=True):
        grade_by_hand(receipt, score, message=HOSTILE)
    page = running.ask("GET", "/", Cookie=cookie).text
    assert page.count("(counts)") == 1
    assert re.search(rf"submissions/{receipts[1]}\D.*?graded <b>\(counts\)", page, re.DOTALL)
    feedback = running.ask("GET", f"/submissions/{receipts[0]}", Cookie=cookie)
    assert "<b>40</b> of 100 points" in feedback.text
    assert HOSTILE not in feedback.text
    assert "sandbox" in feedback.headers["content-security-policy"]
    assert f"Receipt {receipts[0]}, received" in feedback.text
    assert "<b>late</b>" not in feedback.text
    assert '<a href="/">Your submissions</a>' in feedback.text
    as_instructor = running.ask("GET", f"/submissions/{receipts[0]}", Cookie=running.enter(None)).text
    assert f"Receipt {receipts[0]} of {student}, received" in as_instructor
    ledger = latest_results(running.service.pages._ledgers.folder / running.assignment.slug / "results.jsonl")
    assert ledger[student]["score"] == 90


def test_the_feedback_page_of_a_late_submission_says_that_it_is_late(
    running: Running, student: str, grade_by_hand: GradeByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = dataclasses.replace(running.assignment, due=iso_time(running.clock() - 60))
    monkeypatch.setattr(running.service.pages, "_assignments", {due.slug: due})
    receipt = submit_notebook(running, student)
    grade_by_hand(receipt, 40)
    assert "<b>late</b>" in running.ask("GET", f"/submissions/{receipt}", Cookie=running.enter(student)).text


def test_pages_show_times_in_the_zone_of_the_policy(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = dataclasses.replace(running.assignment, due="2027-03-01T20:00:00Z", zone=ZoneInfo("Asia/Tokyo"))
    monkeypatch.setattr(running.service.pages, "_assignments", {there.slug: there})
    submit_notebook(running, student)
    for who, path in ((student, "/"), (None, "/instructor")):
        text = running.ask("GET", path, Cookie=running.enter(who)).text
        assert "Due 2 March 2027 05:00 JST. " in text
        assert not re.search(r"\dT\d\d:\d\d", text)


def test_an_error_of_the_grader_does_not_give_the_student_zero_points(
    running: Running, student: str, grade_by_hand: GradeByHand
) -> None:
    first, second = submit_notebook(running, student), submit_notebook(running, student)
    grade_by_hand(first, 0, "error")
    grade_by_hand(second, 0)
    ledger = running.service.pages._ledgers.folder / running.assignment.slug / "results.jsonl"
    assert latest_results(ledger)[student]["status"] == "graded"
    assert "not your fault" in running.ask("GET", "/", Cookie=running.enter(student)).text


def test_the_report_links_to_each_students_feedback(running: Running, student: str, grade_by_hand: GradeByHand) -> None:
    grade_by_hand(submit_notebook(running, student), 77)
    instructor, here = running.enter(None), f"/instructor/{running.assignment.slug}/"
    links = re.findall(r'href="(feedback/[^"]+)"', running.ask("GET", f"{here}report", Cookie=instructor).text)
    (link,) = [link for link in links if link == f"feedback/{student}.html"]
    assert f"Feedback for {student}" in running.ask("GET", here + link, Cookie=instructor).text


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in NEED_ROSTER])
def test_the_instructor_downloads_every_format(
    running: Running, student: str, grade_by_hand: GradeByHand, name: str
) -> None:
    grade_by_hand(submit_notebook(running, student), 77)
    answer = running.ask("GET", f"/instructor/{running.assignment.slug}/download/{name}", Cookie=running.enter(None))
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    if answer.headers["content-disposition"].endswith('.zip"'):
        files = zipfile.ZipFile(io.BytesIO(answer.body))
        assert files.namelist()
        text = "".join(files.read(n).decode() for n in files.namelist()) + "".join(files.namelist())
    else:
        text = answer.text
    assert (student in text) == (name != "trust")  # that page is about the checks, and has nothing of any student


def test_a_missing_page_gives_a_plain_error(running: Running) -> None:
    for path in ("/nothing", "/submissions/x", "/instructor/em_gmm/download/../../x", "/docs", "/%00"):
        answer = running.ask("GET", path)
        assert answer.status in (403, 404)
        assert "Traceback" not in answer.text
    instructor = running.enter(None)
    for receipt in ("9223372036854775808", "9" * 5000, "-1", "x", "\u0661".encode().hex()):
        assert running.ask("GET", f"/submissions/{receipt}", Cookie=instructor).status == 404
    assert running.ask("DELETE", "/").status == 405


def test_no_redirect_follows_the_host_header(running: Running) -> None:
    for path in ("/healthz/", "/instructor/", f"{ENDPOINT}/"):
        answer = running.ask("GET", path, Host="elsewhere.example.org")
        assert (answer.status, "location" in answer.headers) == (404, False)


def test_a_form_that_is_too_long_gets_its_own_message(running: Running) -> None:
    answer = running.post(running.enter(None), "/instructor/revoke", email="x" * 10_000)
    assert answer.status == 413
    assert "make it shorter" in answer.text
    assert "notebook" not in answer.text


def test_behind_an_https_proxy_cookies_are_secure_and_the_browser_stays_on_https(
    course: Assignment, tmp_path: Path
) -> None:
    roster = write_roster(tmp_path / "roster.csv", ["ash"])
    url = "https://grading.example.org"
    service, _ = build_service([course], roster, tmp_path, None, url, PER_HOUR, 0, strictest_isolation())
    tokens, _ = open_tokens(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running_server = build_server(service, behind_proxy=True)
        thread = threading.Thread(target=running_server.run, kwargs={"sockets": [listening]})
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=60)
        connection.request("GET", f"/enter/{tokens.make_link('ash', 0)}", headers={"X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        answer.read()
        cookie = answer.headers["set-cookie"].split(";")[0]
        connection.request("GET", "/", headers={"X-Forwarded-Proto": "https", "Cookie": cookie})
        page = connection.getresponse()
        page.read()
        connection.close()
        running_server.should_exit = True
        thread.join()
    service.store.close()
    assert page.status == 200
    assert cookie.startswith("__Host-")
    assert "; path=/;" in answer.headers["set-cookie"].lower()
    assert "domain" not in answer.headers["set-cookie"].lower()
    assert "; secure" in answer.headers["set-cookie"].lower()
    assert "max-age" in answer.headers["strict-transport-security"]
