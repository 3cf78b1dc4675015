"""The message format of a submission: JSON from any client, so nothing in it is trusted."""

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

MAX_BYTES = 20 << 20  # of a request, which is enough for a notebook of 14 MB in base64
MAX_NOTEBOOK = 14 << 20
MAX_PARTS = 100
# When Python parses `[],`, it needs thirty times these three bytes, and a second for a million of them. No other
# request is served in that time. So commas and brackets are counted before the JSON is parsed. base64 has neither.
MAX_VALUES = 200_000  # of a request; the answers have some thousand numbers
MAX_NOTEBOOK_VALUES = 1_000_000
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TRY_AGAIN = "Submit again. If that does not help, tell your course."


class Malformed(Exception):
    """The request does not have the format that `grader.submit` sends. The message is for the student."""


@dataclass(frozen=True)
class Message:
    """A request with the right format. Nothing in it has been verified yet."""

    key: str
    email: str
    token: str
    submission_id: str
    parts: bytes
    notebook: dict[str, str] | None


def parse_message(raw: bytes) -> Message:
    """The message in the body of a request. Raises Malformed."""
    if _count_values(raw) > MAX_VALUES:
        raise Malformed("The submission has more values than any answer needs. Submit what the notebook asks for.")
    try:
        request = json.loads(raw, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise Malformed(f"The submission did not arrive as it was sent: it is not valid JSON. {_TRY_AGAIN}") from None
    if not isinstance(request, dict):
        raise Malformed(f"The submission has the wrong format: its JSON is not an object. {_TRY_AGAIN}")
    key, email, token = (_read_text(request, name) for name in ("assignmentKey", "submitterEmail", "secret"))
    submission_id = request.get("submissionId", uuid.uuid4().hex)
    if not isinstance(submission_id, str) or not _ID.fullmatch(submission_id):
        raise Malformed(f"The submissionId has the wrong format. {_TRY_AGAIN}")
    parts = json.dumps(_read_parts(request.get("parts"))).encode()  # pure ASCII, so an unpaired surrogate does no harm
    return Message(key, email, token, submission_id, parts, _read_notebook(request.get("notebook")))


def decode_notebook(attached: dict[str, str] | None) -> tuple[str, bytes]:
    """The notebook's name and bytes. Raises Malformed when the notebook is missing or can't be graded."""
    if attached is None:
        # The grader runs the notebook's functions. An accepted submission without them would get zero points later.
        raise Malformed(
            "Your submission has no notebook, but the notebook is what is graded. Save your notebook, give its name "
            "with notebook='...' and submit again."
        )
    try:
        raw = base64.b64decode(attached["base64"], validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"The notebook did not arrive as it was sent: it is not valid base64. {_TRY_AGAIN}") from None
    if len(raw) > MAX_NOTEBOOK:
        raise Malformed(f"The notebook has more than {MAX_NOTEBOOK >> 20} MB. Clear its outputs and submit again.")
    if hashlib.sha256(raw).hexdigest() != attached["sha256"].lower():
        raise Malformed(f"The notebook did not arrive as it was sent: its checksum differs. {_TRY_AGAIN}")
    if _count_values(raw) > MAX_NOTEBOOK_VALUES:
        raise Malformed("The notebook has too many values: clear its outputs, save it and submit again.")
    try:
        read_cells(raw)
    except Unreadable as problem:
        raise Malformed(f"The notebook can't be graded: {problem} Save it in Jupyter and submit again.") from None
    return printable(attached["name"], 200), raw


def _count_values(raw: bytes) -> int:
    """An upper limit of the number of values in this JSON."""
    return sum(raw.count(sign) for sign in (b"[", b"{", b","))


def _read_text(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 2000:
        raise Malformed(f"The submission has no {name}. {_TRY_AGAIN}")
    return value.strip()


def _read_parts(parts: object) -> dict[str, Any]:
    answers = list(parts.values()) if isinstance(parts, dict) else [None]
    if len(answers) > MAX_PARTS or any(not isinstance(answer, dict) or set(answer) - {"output"} for answer in answers):
        raise Malformed(f"The submission's parts have the wrong format. {_TRY_AGAIN}")
    assert isinstance(parts, dict)
    return parts


def _read_notebook(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or any(
        not isinstance(value.get(name), str) for name in ("name", "base64", "sha256")
    ):
        raise Malformed(f"The submission's notebook has the wrong format. {_TRY_AGAIN}")
    return {name: value[name] for name in ("name", "base64", "sha256")}


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
