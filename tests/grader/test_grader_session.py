"""What a student sees who submits answers, asks for the status and writes the submission file."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import Grader
from grader.key import BrokenKey

pytestmark = pytest.mark.filterwarnings("error")

ROOT = Path(__file__).resolve().parents[2]
PI, MU = np.array([0.25, 0.75]), np.array([[1.0, 2.0], [3.0, 4.0]])


def write_key(folder: Path, methods: tuple[str, str] = ("submit_step", "submit_bound")) -> Path:
    """A key with one method for two values and one for a number."""
    parts = [("step.pi", "Task 2: <pi> & co", 10), ("step.mu", "Task 2: mu", 20), ("bound", "Task 3", 15)]
    values = {"pi": ("step.pi", ["C"]), "mu": ("step.mu", ["C", "d"]), "loss": ("bound", [])}
    mistake = {"name": "sum", "array": "pi:sum", "hint": "Divide by <N>.", "see": "Task 2"}
    description = {
        "schema": "autograder/key/v1",
        "assignment": "small",
        "title": "A small one",
        "notebook": "small.ipynb",
        "assignment_key": "small-key",
        "endpoint": None,
        "parts": [{"id": i, "title": title, "max_score": score} for i, title, score in parts],
        "submits": [
            {"method": methods[0], "values": ["pi", "mu"]},
            {"method": methods[1], "values": ["loss"]},
        ],
        "values": {
            name: {"part": part, "axes": axes, "tolerance": 1e-8, "scale": 1.0} for name, (part, axes) in values.items()
        },
        "fingerprints": {"pi": [mistake], "mu": [], "loss": []},
    }
    folder.mkdir(exist_ok=True)
    (folder / "key.json").write_text(json.dumps(description), encoding="utf-8")
    np.savez(folder / "key.npz", pi=PI, mu=MU, loss=np.array(-7.5), **{"pi:sum": PI * 4})
    return folder


@pytest.fixture
def grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return Grader(key=write_key(tmp_path / "key"))


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was printed since the last call; nothing may ever be on stderr."""

    def read() -> str:
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return read


def submission() -> Any:
    return json.loads(Path("small-submission.json").read_text(encoding="utf-8"))


def test_right_answers_earn_their_points_as_a_plain_number(grader: Any, said: Any) -> None:
    points = grader.submit_step(PI, MU)
    assert isinstance(points, float)
    assert points == 30
    assert repr(points) == "30.0"
    assert said().count("✓ passed") == 2


def test_each_value_of_a_call_is_judged_for_itself(grader: Any, said: Any) -> None:
    assert repr(grader.submit_step(pi=PI * 4, mu=MU)) == "20.0"
    text = said()
    assert "✗ not passed | Task 2: <pi> & co | 0 of 10 points" in text
    assert "pi is off by 2.25 at [1]: got 3, expected 0.75 (tolerance 1e-08)." in text
    assert "Hint: Divide by <N>. See Task 2." in text
    assert "✓ passed | Task 2: mu | 20 of 20 points" in text


def test_the_methods_look_like_written_ones(grader: Any) -> None:
    assert {"submit_step", "submit_bound"} <= set(dir(grader))
    assert str(inspect.signature(grader.submit_step)).startswith("(pi, mu)")
    assert grader.submit_step.__name__ == "submit_step"
    assert "Task 2: mu" in inspect.getdoc(grader.submit_step)
    assert "submit_bound(loss)" in repr(grader)
    assert not hasattr(Grader, "submit_step")


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), ((PI,), {}), ((PI, MU, 1), {}), ((), {"pi": PI, "nu": MU})])
def test_wrong_arguments_get_a_sentence(grader: Any, said: Any, args: Any, kwargs: Any) -> None:
    assert repr(grader.submit_step(*args, **kwargs)) == "0.0"
    assert said() == "submit_step takes exactly 2 values: call submit_step(pi, mu).\n"
    assert grader.answers == {}


def test_a_tuple_for_all_values_is_recognised(grader: Any, said: Any) -> None:
    grader.submit_step((PI, MU))
    assert "one by one, not in a tuple" in said()
    grader.submit_bound()
    assert "takes exactly one value: call submit_bound(loss)." in said()


def test_a_wrong_answer_replaces_an_earlier_one(grader: Any) -> None:
    grader.submit_bound(-7.5)
    grader.submit_bound(8)
    assert grader.answers == {"bound": 8.0}


def test_an_answer_without_numbers_does_not_replace_an_earlier_one(grader: Any, said: Any) -> None:
    assert grader.submit_bound(None) == 0
    assert "kept" not in said()
    grader.submit_bound(-7.5)
    said()
    assert grader.submit_bound(None) == 0
    assert "did your function end without `return`? Your earlier answer is kept." in said()
    assert grader.answers == {"bound": -7.5}


def test_answers_are_copies(grader: Any) -> None:
    mu = MU.copy()
    grader.submit_step(PI, mu)
    mu[:] = 0
    grader.answers["step.mu"][0][0] = 99
    assert grader.answers == {"step.pi": PI.tolist(), "step.mu": MU.tolist()}


def test_two_graders_share_nothing(grader: Any, tmp_path: Path) -> None:
    grader.submit_bound(-7.5)
    assert Grader(key=tmp_path / "key").answers == {}


def test_answers_are_json_even_when_they_are_not_finite(grader: Any) -> None:
    grader.submit_step([np.nan, 1], [[1, 2], [np.inf, 3]])
    grader.submit_bound(-np.inf)
    assert grader.answers == {
        "step.pi": [None, 1.0],
        "step.mu": [[1.0, 2.0], [None, 3.0]],
        "bound": None,
    }
    json.dumps(grader.answers, allow_nan=False)


def test_the_status_shows_every_part_and_the_total(grader: Any, said: Any) -> None:
    grader.submit_step(PI, MU * 2)
    said()
    assert grader.status() is None
    lines = said().splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "A small one",
        "Part Answer Verdict Points",
        "Task 2: <pi> & co kept ✓ passed 10 of 10",
        "Task 2: mu kept ✗ not passed 0 of 20",
        "Task 3 none 0 of 15",
        "Total 10 of 45",
    ]


def test_points_that_add_up_with_rounding_errors_do_not_exceed_the_maximum(tmp_path: Path) -> None:
    description = json.loads((write_key(tmp_path) / "key.json").read_text())
    description["parts"][0]["max_score"], description["parts"][1]["max_score"] = 0.1, 0.2
    (tmp_path / "key.json").write_text(json.dumps(description))
    assert repr(Grader(key=tmp_path).submit_step(PI, MU)) == "0.3"  # type: ignore[attr-defined]


def test_a_console_with_a_small_alphabet_is_no_obstacle(
    grader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.txt"
    with path.open("w", encoding="cp1252") as console:
        monkeypatch.setattr(sys, "stdout", console)
        assert grader.submit_bound(-7.5) == 15
    assert "? passed | Task 3" in path.read_text(encoding="cp1252")


@pytest.mark.parametrize("methods", [("status", "b"), ("submit", "b"), ("answers", "b"), ("a", "a")])
def test_a_key_cannot_replace_the_graders_own_methods(tmp_path: Path, methods: tuple[str, str]) -> None:
    with pytest.raises(BrokenKey, match=f"{methods[0]} is taken"):
        Grader(key=write_key(tmp_path, methods))


def test_importing_the_package_loads_no_matplotlib_and_no_ipython() -> None:
    code = "import sys, grader; print({'matplotlib', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


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
    assert "hand this file in" in text
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


@pytest.mark.parametrize("email", ["", "me", "@example.org", "me@", None, 3])
def test_without_an_address_nothing_is_written(grader: Any, said: Any, email: Any) -> None:
    grader.submit_bound(-7.5)
    grader.submit(email, "t")
    assert "Nothing was written: give your e-mail address" in said()
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


def test_a_wrong_answer_that_nobody_knows_is_told_of_an_earlier_one_that_is_wrong(
    grader: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    grader.submit_step(PI + 0.1, MU)
    assert "is not right yet" not in capsys.readouterr().out
    grader.submit_bound(-7.0)
    assert "Task 2: <pi> & co is not right yet, nor is what you compute from it" in capsys.readouterr().out
    grader.submit_step(PI, MU)
    grader.submit_bound(-7.0)
    assert "is not right yet" not in capsys.readouterr().out
