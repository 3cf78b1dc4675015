"""A submission: the kept answers and the notebook, sent to the course or written to a file to hand in."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import os
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .key import Key
from .notebook import Notebook

SCHEMA = "autograder/submission/v1"
_UNABLE = "Nothing was sent: this Python can't send anything, as in a browser or where no thread can be started."
_BY_HAND = "hand in this file the way your course says"
_ELSEWHERE = f"{_BY_HAND}, or submit from a Jupyter on a computer."
_NO_ADDRESS = (
    "Nothing was sent: you gave a token, but not the address to send it to. If your course has one, add "
    "endpoint='https://...' as your course says."
)


class NotSubmitted(ValueError):
    """The submission could not be made. The text is one sentence for the student."""


@dataclass(frozen=True)
class _Attached:
    wire: dict[str, str]  # as a submission has it
    notebook: Notebook | None  # None if the file is no notebook

    @property
    def name(self) -> str:
        return self.wire["name"]


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
    problem, moved = _write(key, answers, email, attached, path)
    wrong = [*_what_is_wrong(key, attached), moved]
    remarks = _what_it_has(key, answers, attached)
    where = problem or f"Your submission is in {path}"
    endpoint = endpoint or key.endpoint
    has_token = isinstance(token, str) and token.strip()
    if not endpoint:
        written = [problem] if problem else [f"{where}: {_BY_HAND}.", remarks]
        return _text(_NO_ADDRESS if has_token else "", *wrong, *written)
    if not has_token:
        return _text("Nothing was sent: a token is missing.", *wrong, problem or f"{where}.")
    unable = _text(_UNABLE, *wrong, problem or f"{where}: {_ELSEWHERE}")
    kept = (
        f"Your answers are kept. {problem}" if problem else f"Your answers are kept, and your submission is in {path}."
    )
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
    if not answer.accepted:
        later = "Run this cell again later." if answer.again else ""
        return _text(answer.sentence, *wrong, kept, later, "" if problem else f"If that does not help, {_BY_HAND}.")
    # Another program may hold the file open. The submission is accepted all the same.
    with contextlib.suppress(OSError):
        path.unlink()
    return _text(answer.sentence, *wrong, remarks)


def _text(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _write(key: Key, answers: Mapping[str, Any], email: str, attached: _Attached | None, path: Path) -> tuple[str, str]:
    """Write the submission. Return a sentence if the file can't be written, and one if an earlier file was moved."""
    submission = {
        "schema": SCHEMA,
        "assignmentKey": key.assignment_key,
        "submitterEmail": email.strip(),
        "parts": {p.id: {"output": answers[p.id]} if p.id in answers else {} for p in key.parts},
        "notebook": attached and attached.wire,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    moved = ""
    try:
        moved = _move_earlier(path, key, answers, attached)
        path.write_bytes(json.dumps(submission, allow_nan=False, indent=1).encode())
    except OSError as error:
        why = error.strerror or type(error).__name__
        return f"{path} cannot be written ({why}): save the notebook, and hand in the notebook itself.", moved
    return "", moved


def _move_earlier(path: Path, key: Key, answers: Mapping[str, Any], attached: _Attached | None) -> str:
    """Rename the file of an earlier submission if it has what this submission lacks. Return what to tell the student.

    Raises OSError if the file cannot be renamed.
    """
    try:
        earlier = json.loads(path.read_bytes())
        lacking = [p.title for p in key.parts if p.id not in answers and "output" in earlier["parts"].get(p.id, {})]
        sha256 = earlier["notebook"] and earlier["notebook"]["sha256"]
    except (OSError, LookupError, TypeError, AttributeError, ValueError, RecursionError):
        return ""  # there is no such file
    forgotten = "A restart and a new Grader() forget the answers: run the test cells again and submit again."
    mend = forgotten if lacking else ""
    if sha256 and not (attached and (attached.notebook or attached.wire["sha256"] == sha256)):
        lacking.append("the notebook")
    if not lacking:
        return ""
    names = (path.with_name(f"{path.stem}-earlier-{number}.json") for number in itertools.count(1))
    free = next(name for name in names if not name.exists())
    path.rename(free)
    said = f"An earlier submission file has what this one lacks: {'; '.join(lacking)}. It is now {free.name}."
    return _text(said, mend)


def _wire(key: Key, answers: Mapping[str, Any], email: str, token: str, attached: _Attached | None) -> dict[str, Any]:
    """Build the message of the protocol of script submissions. The id and the notebook are our own additions."""
    return {
        "assignmentKey": key.assignment_key,
        "submitterEmail": email.strip(),
        "secret": token.strip(),
        "parts": {p.wire_id: {"output": answers[p.id]} if p.id in answers else {} for p in key.parts},
        "submissionId": uuid.uuid4().hex,
        "notebook": attached and attached.wire,
    }


def _check_email(email: object) -> None:
    if not (isinstance(email, str) and re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", email.strip())):
        given = "is missing" if email == "" else "is none that can be used"
        raise NotSubmitted(
            f"Nothing was written: your e-mail address {given}. It is the first value of submit, as in "
            "submit('me@example.org', ...). If a variable holds it, fill in the variable, run its cell, and run this "
            "cell again."
        )


def _find(name: str, folder: Path, beside: Path | None) -> Path | None:
    """Return where the student's notebook is, or None if that is not certain."""
    for place in (folder, beside):
        if place and (place / name).exists():
            return place / name
    others = list(beside.glob("*.ipynb")) if beside else []
    return others[0] if len(others) == 1 else None


def _attach(path: object) -> _Attached:
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
    wire = {"name": path.name, "base64": encoded, "sha256": hashlib.sha256(content).hexdigest()}
    try:
        return _Attached(wire, Notebook(content))
    except ValueError:
        return _Attached(wire, None)


def _what_is_wrong(key: Key, attached: _Attached | None) -> list[str]:
    """A sentence for each thing that would cost points: what the student ran is not what the submission has."""
    if attached is None:
        return [
            f"Your submission has no notebook, because {key.notebook} is not in the current folder: name yours with "
            "notebook='...' and submit again."
        ]
    name, notebook = attached.name, attached.notebook
    if notebook is None:
        return [
            f"{name} is no notebook, or it is damaged, so it cannot be graded: open your notebook in Jupyter, save it "
            "and submit again. If it has another name, name it with notebook='...'."
        ]
    functions = [part.function for part in key.parts if part.function]
    undefined, unsaved = notebook.undefined(functions), notebook.not_saved(functions)
    found = []
    if undefined:
        found.append(
            f"{name} as last saved defines no {', no '.join(undefined)}. Grading looks for these names: define what "
            "you were asked for under exactly this name, save the notebook and submit again."
        )
    if unsaved:
        cells = "the cell" if len(unsaved) == 1 else "the cells"
        found.append(
            f"{name} on the disk does not have what you ran last in {cells} of {', '.join(unsaved)}: run {cells} as it "
            "is now, save the notebook and submit again. If your Jupyter saves elsewhere, as Deepnote does and Colab "
            "without Drive, download the notebook, upload it here and name it with notebook='...'."
        )
    elif not notebook.has_what_was_run():
        found.append(
            f"Nothing shows that what you ran here is in {name}: if you worked outside of it, copy your code into it, "
            "save it and submit again."
        )
    return found


def _what_it_has(key: Key, answers: Mapping[str, Any], attached: _Attached | None) -> str:
    """Say which answers and which notebook the submission has."""
    empty = [part.title for part in key.parts if part.id not in answers]
    said = "It has an answer for every part that the grader checks."
    if empty:
        said = f"It has no answer for: {'; '.join(empty)}."
    if attached and attached.notebook:
        unfilled = attached.notebook.unfilled()
        if unfilled:
            cells = "1 text cell still says" if unfilled == 1 else f"{unfilled} text cells still say"
            said += f" In the notebook, {cells} YOUR ANSWER HERE."
        said += f" It has {attached.name} as last saved: if you changed the notebook since, save it and submit again."
    return said
