"""The notebook in the file that `grader.submit` writes, where a course has no service to send it to."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import PurePosixPath

from autograder.assignment import Unreadable

_MAX_VALUES = 200_000  # its answers are some thousand numbers; brackets alone would take thirty times their size
_NOT_OURS = "the file was not written by grader.submit: hand in the notebook itself."
_AGAIN = r"(?: ?\(\d+\)|-\d+)?"  # what a browser, or Canvas, adds to the name of a file that it has had before


def is_submission_file(name: str, slug: str) -> bool:
    """Whether a file has the name of one, perhaps with a platform's own words before it."""
    return _named(name, slug) is not None


def owner_by_name(name: str, slug: str) -> str:
    """Whose it is, as far as its name says; else the assignment's, as for a notebook that was not renamed."""
    named = _named(name, slug)
    return (named[1].strip("_- .") if named else "") or slug


def _named(name: str, slug: str) -> re.Match[str] | None:
    return re.fullmatch(rf"(.*){re.escape(slug)}-submission{_AGAIN}\.json", PurePosixPath(name).name, re.DOTALL)


def notebook_inside(raw: bytes) -> bytes:
    """The notebook's bytes. Raises Unreadable."""
    if sum(raw.count(sign) for sign in (b"[", b"{", b",")) > _MAX_VALUES:
        raise Unreadable(_NOT_OURS)
    try:
        attached = json.loads(raw)["notebook"]
        if attached is None:
            raise Unreadable("the file has answers and no notebook, and the notebook is what is graded: hand it in.")
        content, due = base64.b64decode(attached["base64"], validate=True), attached["sha256"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Unreadable(_NOT_OURS) from None
    if hashlib.sha256(content).hexdigest() != due:
        raise Unreadable("the notebook in the file is not the one that was put in: hand in the notebook itself.")
    return content
