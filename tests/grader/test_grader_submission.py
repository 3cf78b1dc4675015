"""What `grader.submit` writes, and what it says about the notebook that it attaches."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from grader import Grader
from tests.grader.test_grader_session import MU, PI, write_key

pytestmark = pytest.mark.filterwarnings("error")


def submission() -> Any:
    return json.loads(Path("small-submission.json").read_text(encoding="utf-8"))


def test_the_submission_holds_the_answers_and_the_notebook_but_not_the_token(grader: Any, said: Any) -> None:
    Path("small.ipynb").write_bytes(b'{"cells": []}\r\n')
    grader.submit_step(PI, MU)
    said()
    assert grader.submit(" me@example.org ", "s3cret-t0ken") is None
    text, written = said(), submission()
    assert set(written) == {"schema", "assignmentKey", "submitterEmail", "parts", "notebook", "created"}
    assert written["schema"] == "autograder/submission/v1"
    assert written["assignmentKey"] == "small-key"
    assert written["submitterEmail"] == "me@example.org"
    outputs = {"step.pi": {"output": PI.tolist()}, "step.mu": {"output": MU.tolist()}, "bound": {}}
    assert written["parts"] == outputs
    content = base64.b64decode(written["notebook"]["base64"])
    assert content == b'{"cells": []}\r\n'
    assert written["notebook"]["name"] == "small.ipynb"
    assert written["notebook"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert datetime.fromisoformat(written["created"]).utcoffset().total_seconds() == 0
    assert "s3cret" not in Path("small-submission.json").read_text()
    assert str(Path("small-submission.json").resolve()) in text
    assert "hand in this file the way your course says" in text
    assert "no answer for: Task 3." in text
    assert "save it and submit again" in text


def test_a_notebook_of_another_name_is_found_when_named(grader: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text("{}")
    grader.submit("me@example.org", "t", notebook=tmp_path / "mine.ipynb")
    assert submission()["notebook"]["name"] == "mine.ipynb"


def test_answers_without_a_notebook_are_written_with_a_remark(grader: Any, said: Any) -> None:
    grader.submit_bound(-7.5)
    grader.submit("me@example.org", "t")
    assert submission()["notebook"] is None
    assert "small.ipynb is not in the current folder" in said()


def test_a_notebook_without_answers_is_written(grader: Any, said: Any) -> None:
    Path("small.ipynb").write_text("{}")
    grader.submit("me@example.org", "t")
    assert set(map(len, submission()["parts"].values())) == {0}
    assert "no answer for: Task 2: <pi> & co; Task 2: mu; Task 3." in said()


@pytest.mark.parametrize(
    "email", ["", "me", "@example.org", "me@", "Ada L <ada@example.org>", "a@b.org, c@d.org", None, 3]
)
def test_without_an_address_nothing_is_written(grader: Any, said: Any, email: Any) -> None:
    grader.submit_bound(-7.5)
    grader.submit(email, "t")
    assert (
        f"Nothing was written: your e-mail address is {'missing' if email == '' else 'none that can be used'}."
        in said()
    )
    assert os.listdir() == []


@pytest.mark.parametrize("notebook", ["missing.ipynb", ".", 3, "a\0b"])
def test_a_named_notebook_that_cannot_be_read_stops_the_submission(grader: Any, said: Any, notebook: Any) -> None:
    grader.submit_bound(-7.5)
    said()
    grader.submit("me@example.org", "t", notebook=notebook)
    assert said().startswith("Nothing was written: ")
    assert os.listdir() == []


def test_with_nothing_to_submit_nothing_is_written(grader: Any, said: Any) -> None:
    grader.submit("me@example.org", "t")
    assert "nothing to submit" in said()
    assert os.listdir() == []


def test_a_file_that_cannot_be_written_gets_a_sentence(grader: Any, said: Any) -> None:
    Path("small-submission.json").mkdir()  # a folder in its place: fails for root and on Windows, too
    grader.submit_bound(-7.5)
    said()
    grader.submit("me@example.org", "t")
    assert "small-submission.json cannot be written" in said()


def save(*code: str, texts: tuple[str, ...] = (), name: str = "small.ipynb") -> None:
    cells = [{"cell_type": "code", "source": text} for text in code]
    cells += [{"cell_type": "markdown", "source": text.splitlines(True)} for text in texts]
    Path(name).write_text(json.dumps({"cells": cells, "nbformat": 4}))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"cells": [{"cell_type": "code", "sou', b"PK\x03\x04\xff", b"[]", b"3", b'{"worksheets": []}'],
)
def test_a_file_that_is_no_notebook_is_said_to_be_none_and_nothing_is_lost(
    grader: Any, said: Any, content: bytes
) -> None:
    grader.submit_bound(-7.5)
    said()
    Path("small.ipynb").write_bytes(content)
    grader.submit("me@example.org")
    text = said()
    assert text.startswith("small.ipynb is no notebook, or it is damaged, so it cannot be graded: open your notebook")
    assert "as last saved" not in text
    assert submission()["parts"]["bound"] == {"output": -7.5}
    assert base64.b64decode(submission()["notebook"]["base64"]) == content


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A grader whose key knows the functions `step` and `bound`, as the notebook asks for them."""
    folder = write_key(tmp_path / "key")
    key = json.loads((folder / "key.json").read_text())
    for part, name in zip(key["parts"], ("step", "step", "bound"), strict=True):
        part["function"] = name
    (folder / "key.json").write_text(json.dumps(key))
    monkeypatch.chdir(tmp_path)
    return Grader(folder)


@pytest.mark.parametrize(
    ("cell", "undefined"),
    [
        ("def Step(x):\n    return x", "step, no bound"),
        ("# def step(x): ...\nbound = max(1, 2)", "step"),
        ("class Mine:\n    def step(self): ...\n    def bound(self): ...", "step, no bound"),
        ("%%time\ndef step(x): ...", "bound"),
        ("print(step, bound)", "step, no bound"),
        ("", "step, no bound"),
    ],
)
def test_a_function_that_the_notebook_does_not_define_under_its_name_is_named(
    asking: Any, said: Any, cell: str, undefined: str
) -> None:
    save(cell, texts=("def step(x): ...",))
    asking.submit("me@example.org")
    assert said().startswith(f"small.ipynb as last saved defines no {undefined}. Grading looks for these names")


@pytest.mark.parametrize(
    "cells",
    [
        ("def step(x): ...", "class bound: ..."),
        ("step = bound = lambda x: x",),
        ("if True:\n    from mine import step, other as bound",),
        ("from mine import *",),
        ("%run mine.py",),
        ("exec('def step(): ...')",),
        ("def step(x:", "!ls\nbound = '\\d'"),
        ("@decorated\nasync def step(): ...", "bound: float = 1\nreturn 3"),
        ("for step, (bound, _) in []: ...",),
    ],
)
def test_a_name_that_the_notebook_may_define_is_not_named(asking: Any, said: Any, cells: tuple[str, ...]) -> None:
    save(*cells)
    asking.submit("me@example.org")
    assert "defines no" not in said()


def test_texts_that_are_still_to_be_written_are_counted(asking: Any, said: Any) -> None:
    save(texts=("Write where you see `YOUR ANSWER HERE`.", "YOUR ANSWER HERE", "# 2\n\nYOUR ANSWER HERE \n"))
    asking.submit_step(PI, MU)
    asking.submit_bound(-7.5)
    asking.submit("me@example.org")
    expected = (
        "It has an answer for every part that the grader checks. In the notebook, 2 text cells still say YOUR ANSWER"
    )
    assert expected in said()
    save(texts=("Done.",))
    asking.submit("me@example.org")
    assert "YOUR ANSWER HERE" not in said()


def test_outside_of_a_notebook_nothing_is_said_to_be_in_it(asking: Any, said: Any) -> None:
    save("step = bound = 1")
    asking.submit("me@example.org")
    assert said().startswith(
        "Nothing shows that what you ran here is in small.ipynb: if you worked outside of it, copy"
    )


def test_an_earlier_submission_with_more_answers_is_kept_under_another_name(asking: Any, said: Any) -> None:
    def submit(*answers: str) -> str:
        grader = Grader("key")
        if "step" in answers:
            grader.submit_step(PI, MU)  # type: ignore[attr-defined]
        if "bound" in answers:
            grader.submit_bound(-7.5)  # type: ignore[attr-defined]
        said()
        grader.submit("me@example.org")
        return str(said())

    def files() -> list[str]:
        return sorted(path.name for path in Path().glob("*.json"))

    save("step = bound = 1")
    assert "An earlier" not in submit("step", "bound")
    whole = Path("small-submission.json").read_bytes()
    text = submit("bound")
    lacks = "An earlier submission file has what this one lacks: Task 2: <pi> & co; Task 2: mu. It is now "
    assert f"{lacks}small-submission-earlier-1.json. A restart and a new Grader() forget the answers" in text
    assert Path("small-submission-earlier-1.json").read_bytes() == whole
    assert submission()["parts"]["bound"] == {"output": -7.5}
    assert "An earlier" not in submit("bound")
    assert "An earlier" not in submit("step", "bound")
    assert "earlier-2.json" in submit("step")
    assert files() == ["small-submission-earlier-1.json", "small-submission-earlier-2.json", "small-submission.json"]
    Path("small.ipynb").write_bytes(b"")
    assert "what this one lacks: the notebook. It is now small-submission-earlier-3.json." in submit("step")
    assert "An earlier" not in submit("step")
