"""The submission file: the kept answers and the notebook, for the student to hand in."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .key import Key

SCHEMA = "autograder/submission/v1"


class NotSubmitted(ValueError):
    """A submission that could not be made; its text is one sentence for the student."""


def write_submission(
    key: Key,
    answers: Mapping[str, Any],
    email: str,
    notebook: str | os.PathLike[str] | None = None,
    folder: str | os.PathLike[str] = ".",
) -> str:
    """Write `<assignment>-submission.json` into `folder` and return what to tell the student.

    `answers` maps the ids of parts to JSON values; a part without an answer is written empty.
    Without `notebook` the one that the key names is taken from `folder`, if it is there.
    Raises NotSubmitted, and writes nothing, when the e-mail address, the notebook or the folder is no
    good, or when there is neither an answer nor a notebook.
    """
    _check_email(email)
    attached = _attach(Path(folder) / key.notebook, may_miss=True) if notebook is None else _attach(notebook)
    if attached is None and not answers:
        raise NotSubmitted(f"There is nothing to submit yet: no answer, and no {key.notebook} in the current folder.")
    submission = {
        "schema": SCHEMA,
        "assignmentKey": key.assignment_key,
        "submitterEmail": email.strip(),
        "parts": {p.id: {"output": answers[p.id]} if p.id in answers else {} for p in key.parts},
        "notebook": attached,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path = Path(folder).resolve() / f"{key.assignment}-submission.json"
    try:
        path.write_bytes(json.dumps(submission, allow_nan=False, indent=1).encode())
    except OSError as error:
        raise NotSubmitted(f"{path} cannot be written ({error.strerror}).") from None
    return " ".join([_where(path), _what_is_missing(key, answers), _which_notebook(key, attached)]).strip()


def _check_email(email: object) -> None:
    if not (isinstance(email, str) and all(email.strip().partition("@"))):
        raise NotSubmitted("Nothing was written: give your e-mail address, as in submit('me@example.org', ...).")


def _attach(path: object, may_miss: bool = False) -> dict[str, str] | None:
    """The file at `path` for the submission; None when it is missing and may be."""
    if not isinstance(path, (str, os.PathLike)):
        raise NotSubmitted("Nothing was written: `notebook` must be the name of a file.")
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if may_miss:
            return None
        raise NotSubmitted(f"Nothing was written: there is no file {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise NotSubmitted(f"Nothing was written: {path} cannot be read ({error}).") from None
    encoded = base64.b64encode(content).decode("ascii")
    return {"name": path.name, "base64": encoded, "sha256": hashlib.sha256(content).hexdigest()}


def _where(path: Path) -> str:
    return f"Your submission is in {path}: hand this file in the way your course says."


def _what_is_missing(key: Key, answers: Mapping[str, Any]) -> str:
    empty = [part.title for part in key.parts if part.id not in answers]
    return f"It has no answer for: {'; '.join(empty)}." if empty else "It has an answer for every part."


def _which_notebook(key: Key, attached: dict[str, str] | None) -> str:
    if attached is None:
        return (
            f"It has no notebook, because {key.notebook} is not in the current folder: "
            "name yours with notebook='...' and submit again."
        )
    return f"It has {attached['name']} as last saved: if you changed the notebook since, save it and submit again."
