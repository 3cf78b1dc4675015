"""Handing in over the network: a real server on loopback that accepts, refuses, breaks off and dawdles."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import UsageError, load
from grader import Grader, display, send
from grader.key import load_key
from grader.submission import hand_in as hand_in_at
from tests.grader.test_grader_session import MU, PI, write_key

pytestmark = pytest.mark.filterwarnings("error")
TOKEN = "s3cret-t0ken"
OURS = send.ONCE + TOKEN  # of a service that counts a submission once
Reply = Callable[[BaseHTTPRequestHandler], None]


class Service:
    """Answers the first request with the first reply, and so on; the last one again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append(json.loads(body))
                service.paths.append(self.path)
                replies[min(len(service.asked), len(replies)) - 1](self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/submit"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def reply(status: int, body: object = b"", **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def break_off(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


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


def test_an_accepted_submission_is_told_with_its_receipt_and_leaves_no_file(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    service = served(reply(201, {"receipt": 17}))
    said = hand_in(service.url)
    assert "Accepted, receipt 17." in said
    assert "It has small.ipynb as last saved" in said
    assert os.listdir() == ["small.ipynb"]


def test_the_wire_is_that_of_script_submissions(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(201))
    assert "Accepted." in hand_in(service.url)
    (asked,) = service.asked
    assert {key: asked[key] for key in ("assignmentKey", "submitterEmail", "secret")} == {
        "assignmentKey": "small-key",
        "submitterEmail": "ada@example.org",
        "secret": TOKEN,
    }
    nothing = [[None, None], [None, None]]
    assert asked["parts"] == {"step.pi": {"output": PI.tolist()}, "step.mu": {"output": nothing}, "bound": {}}
    assert base64.b64decode(asked["notebook"]["base64"]) == b'{"cells": []}'


def test_an_outside_platform_gets_its_own_names_of_the_parts(
    served: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_key(tmp_path / "key")
    service = served(reply(201))
    key = json.loads((folder / "key.json").read_text())
    key["parts"][2]["wire_id"] = "xYz12"
    key["endpoint"] = service.url
    (folder / "key.json").write_text(json.dumps(key))
    monkeypatch.chdir(tmp_path)
    grader = Grader(folder)
    grader.submit_bound(-7.5)  # type: ignore[attr-defined]
    grader.submit("ada@example.org", TOKEN)
    assert service.asked[0]["parts"]["xYz12"] == {"output": -7.5}
    assert load_key(folder).parts[2].id == "bound"


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500])
def test_the_services_own_message_is_shown_and_the_answers_are_kept(
    served: Callable[..., Service], hand_in: Callable[..., str], status: int
) -> None:
    service = served(reply(status, {"details": {"learnerMessage": "Your token has expired."}}))
    said = hand_in(service.url)
    assert "Not accepted: Your token has expired." in said
    assert "Your answers are kept" in said
    assert len(service.asked) == 1
    assert json.loads(Path("small-submission.json").read_text())["parts"]["step.pi"] == {"output": PI.tolist()}


@pytest.mark.parametrize("body", [b"", b"<h1>Oops</h1>", b"[]", b"null", b'{"details": 3}', b"[" * 50_000, b"\xff"])
def test_an_answer_that_explains_nothing_is_told_by_its_status(
    served: Callable[..., Service], hand_in: Callable[..., str], body: bytes
) -> None:
    assert "the service answered with status 500" in hand_in(served(reply(500, body)).url)


@pytest.mark.parametrize("first", [break_off, reply(502), reply(503, b"busy"), reply(504)])
def test_what_nobody_can_have_counted_is_tried_again_under_the_same_id(
    served: Callable[..., Service], hand_in: Callable[..., str], first: Reply
) -> None:
    service = served(first, reply(201, {"receipt": 2}))
    said = hand_in(service.url, OURS)
    assert "receipt 2" in said
    assert said.count("Trying again ...") == 1
    one, other = service.asked
    assert one == other
    assert len(one["submissionId"]) == 32


@pytest.mark.parametrize("first", [break_off, reply(502), reply(503, b"busy"), reply(504)])
def test_what_an_outside_platform_may_count_twice_is_sent_once(
    served: Callable[..., Service], hand_in: Callable[..., str], first: Reply
) -> None:
    service = served(first, reply(201))
    assert "Your answers are kept" in hand_in(service.url)
    assert len(service.asked) == 1


def test_what_was_not_sent_is_tried_again_whoever_the_other_side_is(
    served: Callable[..., Service], hand_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = served(reply(201))
    connect, refused = http.client.HTTPConnection.connect, [2]

    def busy(connection: http.client.HTTPConnection) -> None:
        refused[0] -= 1
        if refused[0] >= 0:
            raise ConnectionRefusedError("Connection refused")
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", busy)
    said = hand_in(service.url)
    assert "Accepted" in said
    assert said.count("Connection refused. Trying again ...") == 1


def test_what_the_service_says_of_an_accepted_submission_is_shown(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    message = f"It is late. Your feedback will be at {TOKEN}."
    said = hand_in(served(reply(201, {"receipt": 3, "message": message})).url)
    assert "Accepted, receipt 3. It is late. Your feedback will be at .... It has" in said


def test_who_refuses_before_the_end_is_heard_and_not_asked_again(hand_in: Callable[..., str]) -> None:
    """It answers after the head and closes, so that the rest can't be sent; what it said must not be lost."""
    Path("small.ipynb").write_bytes(b"x" * (30 << 20))
    body = b'{"details": {"learnerMessage": "This is too large."}}'
    heads: list[bytes] = []

    def refuse() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    heads.append(connection.recv(1000))
                    connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, daemon=True).start()
        said = hand_in(f"http://127.0.0.1:{listener.getsockname()[1]}/api", OURS)
        listener.shutdown(socket.SHUT_RDWR)
    assert "Not accepted: This is too large." in said
    assert len(heads) == 1


def test_the_notebook_is_found_beside_the_grader_too(tmp_path: Path) -> None:
    key, beside = load_key(write_key(tmp_path / "key")), tmp_path / "course"
    beside.mkdir()
    (tmp_path / "work").mkdir()

    def found() -> Any:
        hand_in_at(key, {"bound": 1.0}, "ada@example.org", "", folder=tmp_path / "work", beside=beside)
        attached = json.loads((tmp_path / "work/small-submission.json").read_text())["notebook"]
        return attached and base64.b64decode(attached["base64"])

    assert found() is None
    (beside / "my own.ipynb").write_bytes(b"the only one")
    assert found() == b"the only one"
    (beside / "another.ipynb").write_bytes(b"but which")
    assert found() is None
    (beside / "small.ipynb").write_bytes(b"as it came")
    assert found() == b"as it came"
    (tmp_path / "work/small.ipynb").write_bytes(b"where one works")
    assert found() == b"where one works"


def test_two_submissions_have_two_ids(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(201))
    hand_in(service.url)
    hand_in(service.url)
    assert service.asked[0]["submissionId"] != service.asked[1]["submissionId"]


def test_trying_again_has_an_end(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(503, {"details": {"learnerMessage": "Full. Try later."}}))
    assert "Full. Try later. Your answers are kept" in hand_in(service.url, OURS)
    assert len(service.asked) == 3


def test_without_a_connection_the_file_is_there(hand_in: Callable[..., str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        said = hand_in(f"http://127.0.0.1:{nobody.getsockname()[1]}/api")
    assert "No connection to 127.0.0.1" in said
    assert "your submission is in" in said
    assert Path("small-submission.json").is_file()


def test_a_service_that_drips_is_left_in_time(served: Callable[..., Service]) -> None:
    """The bytes come in one by one, so no time-out of the socket's own ever ends it; the test itself would not end."""
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(201)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not gone.wait(0.02):
            handler.wfile.write(b" ")

    service = served(drip)
    answer = send.send(service.url, {}, seconds=0.3, pauses=())
    gone.set()
    assert not answer.accepted
    assert "longer than 0.3 seconds. Whether your submission arrived is not known" in answer.sentence


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(served: Callable[..., Service], hand_in: Callable[..., str], status: int) -> None:
    other = served(reply(201))
    service = served(reply(status, b"", Location=other.url))
    assert f"status {status}" in hand_in(service.url)
    assert other.asked == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.org/api",
        "ftp://example.org",
        "example.org",
        "https://",
        "https://me:pw@example.org/",
        "https://a\nb",
        "https://a..b/",
        f"https://{'a' * 64}.org/",
        "http://127.0.0.1:1/\u00e9",
        "http://127.0.0.1:1/a b",
        3,
    ],
)
def test_an_address_to_which_no_token_should_go_gets_none(hand_in: Callable[..., str], endpoint: Any) -> None:
    assert "begins with https://" in hand_in(endpoint)


def test_a_token_is_needed_to_send(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(201))
    assert "a token is missing" in hand_in(service.url, token=" ")
    assert service.asked == []
    assert Path("small-submission.json").is_file()


def test_the_token_is_in_no_file_and_no_sentence(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    said = hand_in(served(reply(500)).url)
    assert TOKEN not in said
    assert TOKEN not in Path("small-submission.json").read_text()


def test_a_message_of_the_services_is_text_and_no_more(
    served: Callable[..., Service], hand_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "<script>alert(1)</script>\x1b[2J\r" + "x" * 5000
    shown: list[str] = []
    monkeypatch.setattr(display, "show", lambda html, text: shown.extend((html, text)))
    hand_in(served(reply(403, {"details": {"learnerMessage": message}})).url)
    html, text = shown
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert not {"\x1b", "\r"} & set(html + text)
    assert len(text) < 1500


def test_a_token_that_the_service_repeats_is_not_shown(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    said = hand_in(served(reply(403, {"details": {"learnerMessage": f"I do not know {TOKEN}."}})).url)
    assert "Not accepted: I do not know ...." in said


@pytest.mark.parametrize("status", [404, 405])
def test_an_address_at_which_no_service_answers_is_mended_with_the_line_from_the_page(
    served: Callable[..., Service], hand_in: Callable[..., str], status: int
) -> None:
    assert "Use the line that your page shows, as it is." in hand_in(served(reply(status, b"")).url)


@pytest.mark.parametrize(
    ("wait", "said"),
    [("90", "Come back in 90 seconds."), ("Wed, 21 Oct 2026 07:28:00 GMT", "no explanation. Your"), ("<b>", "n. Your")],
)
def test_who_submits_too_often_is_told_when_to_come_back(
    served: Callable[..., Service], hand_in: Callable[..., str], wait: str, said: str
) -> None:
    service = served(reply(429, b"", **{"Retry-After": wait}))
    assert said in hand_in(service.url)
    assert len(service.asked) == 1


def test_stopped_while_sending_the_answers_and_the_file_are_kept(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    def stop(handler: BaseHTTPRequestHandler) -> None:
        signal.raise_signal(signal.SIGINT)
        reply(503)(handler)

    said = hand_in(served(stop).url)
    assert "Stopped: whether it arrived is not known. Your answers are kept" in said
    assert json.loads(Path("small-submission.json").read_text())["parts"]["step.pi"] == {"output": PI.tolist()}
    assert "Accepted" in hand_in(served(reply(201)).url)


def test_a_certificate_that_nobody_vouches_for_gets_no_token_and_no_second_try(tmp_path: Path) -> None:
    openssl = shutil.which("openssl") or pytest.skip("no openssl here to make a certificate")
    made = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost"
    )
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([openssl, *made.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    got: list[bytes] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, context.wrap_socket(connection, server_side=True) as secure:
                got.append(secure.recv(100))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        answer = send.send(f"https://127.0.0.1:{listener.getsockname()[1]}/", {"secret": TOKEN}, 10.0, (600.0,))
        server.join()
    assert not answer.accepted
    assert "self-signed certificate" in answer.sentence.replace("self signed", "self-signed")
    assert got == []


def test_two_parts_that_share_a_name_on_the_wire_are_refused(tmp_path: Path) -> None:
    policy = Path(__file__).parents[2] / "source" / "em_gmm" / "assignment.toml"
    folder = tmp_path / "source" / "small"
    folder.mkdir(parents=True)
    text = policy.read_text(encoding="utf-8")
    (folder / "assignment.toml").write_text(
        text.replace('id = "vlb"', 'id = "vlb"\nwire_id = "xYz12"'), encoding="utf-8"
    )
    assert load(tmp_path, "small").part("vlb").wire_id == "xYz12"
    (folder / "assignment.toml").write_text(text.replace('id = "vlb"', 'id = "vlb"\nwire_id = "em"'), encoding="utf-8")
    with pytest.raises(UsageError, match="more than one part has the wire_id 'em'"):
        load(tmp_path, "small")
