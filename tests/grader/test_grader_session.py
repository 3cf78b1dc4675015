"""What a student sees who submits answers, asks for the status and writes the submission file."""

from __future__ import annotations

import copy
import inspect
import json
import re
import subprocess
import sys
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
    text = said()
    assert "✗ not counted | Task 3\n" in text
    assert "did your function end without `return`? Your earlier answer stays, which passed." in text
    assert grader.answers == {"bound": -7.5}
    grader.status()
    assert said().endswith("15 of 45\n")
    grader.submit_bound(8)
    assert "expected -7.5 (tolerance 1e-08). It replaces your earlier answer, which passed." in said()
    grader.submit_bound([1, 2])
    assert "Your earlier answer stays, which did not pass." in said()
    grader.submit_bound(9)
    assert "replaces" not in said()


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
        "Total, checked by code 10 of 45",
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


def test_a_wrong_answer_that_nobody_knows_is_told_of_earlier_ones_that_are_wrong_or_missing(
    grader: Any, said: Any
) -> None:
    grader.submit_step(PI + 0.1, MU)
    assert "Not right yet" not in said()
    grader.submit_bound(-7.0)
    assert "Not right yet: Task 2: <pi> & co. If this answer builds on it, mend that first." in said()
    grader.submit_step(PI + 0.1, MU + 0.1)
    grader.submit_bound(-7.0)
    assert "Not right yet: Task 2: <pi> & co; Task 2: mu. If" in said()
    grader.submit_step(PI, MU)
    grader.submit_bound(-7.0)
    assert "Not right yet" not in said()


def test_a_wrong_answer_that_nobody_knows_is_told_what_is_not_answered_yet(grader: Any, said: Any) -> None:
    grader.submit_bound(-7.0)
    assert "No answer is kept for: Task 2: <pi> & co; Task 2: mu. If this answer builds on it, run that" in said()
    grader.submit_step(PI, MU)
    grader.submit_bound(-7.0)
    text = said()
    assert "No answer is kept" not in text
    assert "restart the kernel and run all cells" in text
    grader.submit_bound(None)
    grader.submit_step(PI * 4, MU)
    assert "restart" not in said()


def test_a_value_that_depends_on_chance_is_asked_which_run_it_comes_from(tmp_path: Path, said: Any) -> None:
    description = json.loads((write_key(tmp_path) / "key.json").read_text())
    description["values"]["loss"]["random"] = True
    (tmp_path / "key.json").write_text(json.dumps(description))
    grader: Any = Grader(tmp_path)
    grader.submit_step(PI, MU)
    grader.submit_bound(-9)
    assert "If your code takes the best of several runs, see which it keeps" in said()


@pytest.mark.parametrize(
    ("mu", "bound", "sentence"),
    [
        (MU * (1 + 2e-9), -7.5 + 1e-6, "Task 2: mu is right to 8 digits only, which may be why."),
        (MU, -7.5 + 1e-6, "Usual causes of a deviation this small are float32 numbers, or a small constant"),
        (MU * (1 + 2e-9), -7.0, "restart the kernel"),
    ],
)
def test_a_small_deviation_is_told_where_digits_were_lost(
    grader: Any, said: Any, mu: Any, bound: float, sentence: str
) -> None:
    assert grader.submit_step(PI, mu) == 30
    assert grader.submit_bound(bound) == 0
    assert sentence in said()


@pytest.mark.parametrize(
    ("name", "first"), [("submit_Bound", "submit_bound(loss)"), ("Submit", "submit(email, token)")]
)
def test_a_method_that_is_missing_is_answered_with_those_there_are(grader: Any, name: str, first: str) -> None:
    with pytest.raises(AttributeError, match=f"no {name}. It has: {re.escape(first)}") as raised:
        getattr(grader, name)
    for call in ("submit_step(pi, mu)", "submit_bound(loss)", "status()", "submit(email, token)"):
        assert call in str(raised.value)
    assert not hasattr(grader, "_repr_html_")
    assert copy.copy(grader).answers == {}
