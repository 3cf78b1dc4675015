"""What a submission says, read with suspicion: JSON from anybody on the net."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, NoReturn

from autograder.assignment import Unreadable, read_cells
from autograder.grading import printable

ENDPOINT = "/api/onDemandProgrammingScriptSubmissions.v1"

MAX_BYTES = 20 << 20  # of a request; a notebook of 14 MB
MAX_NOTEBOOK = 14 << 20
MAX_PARTS = 100
# What Python makes of `[],` takes thirty times its three bytes and a second for each million, in which nobody else is
# served. So commas and brackets are counted before any of them is parsed; base64 has none.
MAX_VALUES = 200_000  # of a request, whose answers are some thousand numbers
MAX_NOTEBOOK_VALUES = 1_000_000
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_AGAIN = "Submit again; if that does not help, tell your course."


class Malformed(Exception):
    """The request is none that `grader.submit` makes; the message is for the learner."""


@dataclass(frozen=True)
class Message:
    """A request whose form is right; whether it is true is another question."""

    key: str
    email: str
    token: str
    submission_id: str
    parts: bytes
    notebook: dict[str, str] | None


def read(raw: bytes) -> Message:
    """Raises Malformed."""
    if _values(raw) > MAX_VALUES:
        raise Malformed("The submission has more values than any answer: submit what the notebook asks for.")
    try:
        request = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed(f"The submission did not arrive as it was sent: it is no valid JSON. {_AGAIN}") from None
    if not isinstance(request, dict):
        raise Malformed(f"The submission is not one: its JSON is no object. {_AGAIN}")
    key, email, token = (_text(request, name) for name in ("assignmentKey", "submitterEmail", "secret"))
    submission_id = request.get("submissionId", uuid.uuid4().hex)
    if not isinstance(submission_id, str) or not _ID.fullmatch(submission_id):
        raise Malformed(f"The submission's submissionId is not one. {_AGAIN}")
    parts = json.dumps(_parts(request.get("parts"))).encode()  # pure ASCII, so half a character does no harm
    return Message(key, email, token, submission_id, parts, _attached(request.get("notebook")))


def notebook(attached: dict[str, str] | None) -> tuple[str, bytes]:
    """The notebook's name and bytes. Raises Malformed for one that could not be graded anyhow."""
    if attached is None:
        # Functions are what is graded. Taken without them, it would come back as a zero hours later.
        raise Malformed(
            "Your submission has no notebook, and your notebook is what is graded: save it, name it with "
            "notebook='...' and submit again."
        )
    try:
        raw = base64.b64decode(attached["base64"], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"The notebook did not arrive as it was sent: it is no valid base64. {_AGAIN}") from None
    if len(raw) > MAX_NOTEBOOK:
        raise Malformed(f"The notebook has more than {MAX_NOTEBOOK >> 20} MB: clear its outputs and submit again.")
    if hashlib.sha256(raw).hexdigest() != attached["sha256"].lower():
        raise Malformed(f"The notebook did not arrive as it was sent: its checksum differs. {_AGAIN}")
    if _values(raw) > MAX_NOTEBOOK_VALUES:
        raise Malformed("The notebook holds more values than can be read: clear its outputs, save it and submit again.")
    try:
        read_cells(raw)
    except Unreadable as problem:
        raise Malformed(f"The notebook can't be graded: {problem} Save it in Jupyter and submit again.") from None
    return printable(attached["name"], 200), raw


def _values(raw: bytes) -> int:
    """No fewer than the values that this JSON has."""
    return sum(raw.count(sign) for sign in (b"[", b"{", b","))


def _text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 2000:
        raise Malformed(f"The submission has no {name}. {_AGAIN}")
    return value.strip()


def _parts(parts: object) -> dict[str, Any]:
    answers = list(parts.values()) if isinstance(parts, dict) else [None]
    if len(answers) > MAX_PARTS or any(not isinstance(answer, dict) or set(answer) - {"output"} for answer in answers):
        raise Malformed(f"The submission's parts are not as they should be. {_AGAIN}")
    assert isinstance(parts, dict)
    return parts


def _attached(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or any(
        not isinstance(value.get(name), str) for name in ("name", "base64", "sha256")
    ):
        raise Malformed(f"The submission's notebook is not as it should be. {_AGAIN}")
    return {name: value[name] for name in ("name", "base64", "sha256")}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
