"""Reads the notebook from the file that `grader.submit` writes if a course has no service to send it to.

All students' files have one name, so platforms and people rename them. The file is recognised by its name or by its
beginning.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import PurePosixPath

from autograder.assignment import Unreadable

# A file that grader.submit wrote has some thousand values. A file of brackets alone would take thirty times its size in
# memory.
_MAX_VALUES = 200_000
_NOT_OURS = "the file was not written by grader.submit: hand in the notebook itself."
# What a browser or Canvas adds to a file name that it already has.
_AGAIN = r"(?: ?\(\d+\)|-\d+)?"


HEAD_BYTES = 512  # of a file's beginning, which are enough to recognise it
_BEGINNING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"schema"\s*:\s*"autograder/submission/v\d+"')


def begins_as_written(raw: bytes) -> bool:
    """Whether a file begins as `grader.submit` writes it."""
    return _BEGINNING.match(raw) is not None


def is_submission_file(name: str, slug: str) -> bool:
    """Whether a name is that of a file from `grader.submit`. A platform may have put words before it."""
    return _match_name(name, slug) is not None


def owner_by_name(name: str, slug: str) -> str:
    """The student that the file's name names. The slug if it names none, as for a notebook that was not renamed.

    The name may be any that a file got after grader.submit wrote it, such as `ada.json` or `submission_ada (1).json`.
    """
    stem = PurePosixPath(name).stem.removesuffix(".json")
    parts = rf"(.*?)(?:{re.escape(slug)})?[_ .-]*submission{_AGAIN}((?:[_ .-].*)?)"
    own = re.fullmatch(parts, stem, re.DOTALL | re.IGNORECASE)
    return (f"{own[1]}{own[2]}" if own else stem).strip("_- .") or slug


def _match_name(name: str, slug: str) -> re.Match[str] | None:
    return re.fullmatch(rf"(.*){re.escape(slug)}-submission{_AGAIN}\.json", PurePosixPath(name).name, re.DOTALL)


def notebook_inside(raw: bytes) -> bytes:
    """The bytes of the notebook in the file. Raises Unreadable if the file has none or is damaged."""
    if sum(raw.count(sign) for sign in (b"[", b"{", b",")) > _MAX_VALUES:
        raise Unreadable(_NOT_OURS)
    try:
        attached = json.loads(raw)["notebook"]
        if attached is None:
            raise Unreadable(
                "the file has answers but no notebook, and only a notebook is graded: hand in the notebook."
            )
        content, expected_hash = base64.b64decode(attached["base64"], validate=True), attached["sha256"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Unreadable(_NOT_OURS) from None
    if hashlib.sha256(content).hexdigest() != expected_hash:
        raise Unreadable(
            "the notebook in the file was changed after grader.submit wrote it: hand in the notebook itself."
        )
    return content
