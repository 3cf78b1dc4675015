"""A submission: the kept answers and the notebook, sent to the course or written to a file to hand in."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .key import Key
from .unsaved import not_saved

SCHEMA = "autograder/submission/v1"


_UNABLE = "Nothing was sent: this Python can't send anything, as in a browser or where no thread can be started."
_ELSEWHERE = "hand in this file the way your course says, or submit from a Jupyter on a computer."


class NotSubmitted(ValueError):
    """The submission could not be made. The text is one sentence for the student."""


def hand_in(
    key: Key,
    answers: Mapping[str, Any],
    email: str,
    token: str,
    notebook: str | os.PathLike[str] | None = None,
    endpoint: str | None = None,
    folder: str | os.PathLike[str] = ".",
    *,
    beside: Path | None = None,
    report_delay: Callable[[str], None] = lambda _: None,
) -> str:
    """Send the answers and the notebook to the course, and return what to tell the student.

    `answers` maps the ids of parts to JSON values; a part without an answer is sent empty. Without `notebook` the one
    that the key names is taken from `folder`, else from the folder `beside` the grader, and there any that is the only
    one. `report_delay` gets a sentence when something takes long. Whatever is not accepted by a service, or has none to
    go to, is in `<assignment>-submission.json` in `folder` afterwards, without the token. If this file can't be
    written, the sentence says so.
    Raises NotSubmitted, and neither writes nor sends, when the e-mail address or the notebook is no good, or when there
    is neither an answer nor a notebook.
    """
    _check_email(email)
    chosen = _find(key.notebook, Path(folder), beside) if notebook is None else notebook
    attached = None if chosen is None else _attach(chosen)
    if attached is None and not answers:
        raise NotSubmitted(
            f"There is nothing to submit yet: no answer, and no {key.notebook} in the current folder. If yours has "
            "another name, name it with notebook='...' and submit again."
        )
    path = Path(folder).resolve() / f"{key.assignment}-submission.json"
    problem = _write(key, answers, email, attached, path)
    where = f"Your submission is in {path}"
    remarks = [_what_is_missing(key, answers), _which_notebook(key, attached), _what_is_unsaved(attached)]
    endpoint = endpoint or key.endpoint
    if not endpoint:
        said = [problem] if problem else [f"{where}: hand this file in the way your course says.", *remarks]
    elif not (isinstance(token, str) and token.strip()):
        said = [f"Nothing was sent: a token is missing. {problem or where + '.'}"]
    else:
        kept = "Your answers are kept" + (f". {problem}" if problem else f", and your submission is in {path}.")
        unable = f"{_UNABLE} {problem or f'{where}: {_ELSEWHERE}'}"
        try:
            # Imported here, because a browser's Python may lack what it needs, and everything else works there.
            from .send import Unable, send
        except ImportError:
            return unable
        try:
            answer = send(endpoint, _wire(key, answers, email, token, attached), report_delay=report_delay)
        except Unable:
            return unable
        except KeyboardInterrupt:
            raise NotSubmitted(f"Stopped: whether it arrived is not known. {kept}") from None
        said = [answer.sentence, *(remarks if answer.accepted else [kept])]
        if answer.accepted:
            with contextlib.suppress(
                OSError
            ):  # another program may hold the file open; the submission is accepted all the same
                path.unlink()
    return " ".join(filter(None, said))


def _write(key: Key, answers: Mapping[str, Any], email: str, attached: dict[str, str] | None, path: Path) -> str:
    """Write the submission. Return an empty text, or a sentence if the file can't be written."""
    submission = {
        "schema": SCHEMA,
        "assignmentKey": key.assignment_key,
        "submitterEmail": email.strip(),
        "parts": {p.id: {"output": answers[p.id]} if p.id in answers else {} for p in key.parts},
        "notebook": attached,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    try:
        path.write_bytes(json.dumps(submission, allow_nan=False, indent=1).encode())
    except OSError as error:
        why = error.strerror or type(error).__name__
        return f"{path} cannot be written ({why}): save the notebook, and hand in the notebook itself."
    return ""


def _wire(
    key: Key, answers: Mapping[str, Any], email: str, token: str, attached: dict[str, str] | None
) -> dict[str, Any]:
    """Build the message of the protocol of script submissions. The id and the notebook are our own additions."""
    return {
        "assignmentKey": key.assignment_key,
        "submitterEmail": email.strip(),
        "secret": token.strip(),
        "parts": {p.wire_id: {"output": answers[p.id]} if p.id in answers else {} for p in key.parts},
        "submissionId": uuid.uuid4().hex,
        "notebook": attached,
    }


def _check_email(email: object) -> None:
    if not (isinstance(email, str) and all(email.strip().partition("@"))):
        raise NotSubmitted("Nothing was written: give your e-mail address, as in submit('me@example.org', ...).")


def _find(name: str, folder: Path, beside: Path | None) -> Path | None:
    """Return where the student's notebook is, or None if that is not certain."""
    for place in (folder, beside):
        if place and (place / name).exists():
            return place / name
    others = list(beside.glob("*.ipynb")) if beside else []
    return others[0] if len(others) == 1 else None


def _attach(path: object) -> dict[str, str]:
    """The file at `path` for the submission."""
    if not isinstance(path, (str, os.PathLike)):
        raise NotSubmitted("Nothing was written: `notebook` must be the name of a file.")
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotSubmitted(f"Nothing was written: there is no file {path}.") from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise NotSubmitted(f"Nothing was written: {path} cannot be read ({error}).") from None
    encoded = base64.b64encode(content).decode("ascii")
    return {"name": path.name, "base64": encoded, "sha256": hashlib.sha256(content).hexdigest()}


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


def _what_is_unsaved(attached: dict[str, str] | None) -> str:
    names = not_saved(base64.b64decode(attached["base64"])) if attached else []
    if not names:
        return ""
    cells = "the cell" if len(names) == 1 else "the cells"
    return (
        f"It does not have what you ran last in {cells} of {', '.join(names)}: save the notebook and submit again. "
        "If your Jupyter saves elsewhere, as Colab and Deepnote do, download the notebook, upload it here and name it "
        "with notebook='...'."
    )
