"""What `grader.submit` refuses to do, and what it says when a service refuses."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import UsageError, load
from grader import display, send
from tests.grader.stub_service import TOKEN, Service, reply
from tests.grader.test_grader_session import PI


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


def test_a_token_without_an_address_is_told_that_nothing_was_sent(hand_in: Callable[..., str]) -> None:
    said = hand_in("")
    assert said.startswith("Nothing was sent: you gave a token, but not the address to send it to.")
    assert "endpoint='https://...'" in said
    assert "Nothing was sent" not in hand_in("", token="")


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
    [
        ("90", "Come back in 90 seconds."),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "no explanation. Nothing"),
        ("<b>", "n. Nothing"),
    ],
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
