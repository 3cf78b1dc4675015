"""A verdict says what is wrong, where, what came, what was due, and which known mistake it looks like."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.key import BrokenKey, load_key
from grader.values import BadValue
from grader.verdict import judge

pytestmark = pytest.mark.filterwarnings("error")


def parts_of_key() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A small key: one array with two known mistakes, and one number with one, on a scale."""
    mistakes = [
        {"name": "swapped", "array": "w:swapped", "hint": "Rows and columns?", "see": "Task 1"},
        {"name": "negative", "array": "w:negative", "hint": "Mind the sign.", "see": "Task 1, Trick 1"},
    ]
    loose = {"name": "half", "array": "b:half", "hint": "Twice that.", "see": "", "tolerance": 0.1}
    description = {
        "schema": "autograder/key/v1",
        "assignment": "small",
        "title": "A small one",
        "notebook": "small.ipynb",
        "assignment_key": "small-key",
        "endpoint": None,
        "parts": [{"id": "w", "title": "W", "max_score": 3}, {"id": "b", "title": "B", "max_score": 2.5}],
        "submits": [{"method": "submit_both", "values": ["weights", "bound"]}],
        "values": {
            "weights": {"part": "w", "axes": ["C", "d"], "tolerance": 1e-8, "scale": 1.0},
            "bound": {"part": "b", "axes": [], "tolerance": 1e-3, "scale": 100.0},
        },
        "fingerprints": {"weights": mistakes, "bound": [loose]},
    }
    weights = np.array([[0.21, 0.5], [0.5, 0.75]])
    arrays = {
        "weights": weights,
        "w:swapped": -weights,
        "w:negative": -weights,
        "bound": np.array(-400.0),
        "b:half": np.array(-200.0),
    }
    return description, arrays


def write(folder: Path, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Path:
    (folder / "key.json").write_text(json.dumps(description), encoding="utf-8")
    np.savez(folder / "key.npz", **arrays)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, *parts_of_key())


def test_a_right_answer_passes_in_any_carrier(folder: Path) -> None:
    verdict = judge("weights", [[0.21, 0.5], [0.5, 0.75 + 1e-9]], load_key(folder))
    assert verdict.passed
    assert verdict.part == "w"
    assert verdict.value == "weights"
    assert verdict.message == "the value of weights is right."
    assert verdict.hint is None


def test_a_wrong_answer_is_told_where_and_by_how_much(folder: Path) -> None:
    verdict = judge("weights", [[0.52, 0.5], [0.5, 0.75]], load_key(folder))
    assert not verdict.passed
    assert verdict.misconception is None
    assert (
        verdict.message == "the value of weights is off by 0.31 at [0, 0]: got 0.52, expected 0.21 (tolerance 1e-08)."
    )


def test_the_tolerance_is_told_in_the_units_of_the_value(folder: Path) -> None:
    key = load_key(folder)
    assert judge("bound", -400.09, key).passed
    verdict = judge("bound", -400.11, key)
    assert verdict.message == "bound is off by 0.11: got -400.11, expected -400 (tolerance 0.1)."


def test_got_and_expected_never_look_the_same(folder: Path) -> None:
    message = judge("weights", [[0.21, 0.5], [0.5, 0.75 + 1e-7]], load_key(folder)).message
    assert "got 0.7500001, expected 0.75 " in message


@pytest.mark.parametrize("off", [8.1e-7, 1.234e-5, 3e-9 / 7, 0.015, 1e5])
def test_got_and_expected_differ_by_as_much_as_is_said(folder: Path, off: float) -> None:
    description, arrays = parts_of_key()
    description["values"]["bound"] |= {"tolerance": 1e-12, "scale": 1.0}
    key = load_key(write(folder, description, arrays | {"bound": np.array(1.7384851234567)}))
    said = re.match(
        r"bound is off by (.*): got (.*), expected (.*) \(", judge("bound", 1.7384851234567 - off, key).message
    )
    assert said
    assert f"{abs(float(said[2]) - float(said[3])):.3g}" == said[1] == f"{off:.3g}"


def test_answers_that_are_not_finite_are_wrong_and_say_where(folder: Path) -> None:
    verdict = judge("weights", [[0.21, np.nan], [np.nan, 0.75]], load_key(folder))
    assert verdict.message == (
        "the value of weights has 2 NaN entries, the first at [0, 1]: got nan, expected 0.5 (tolerance 1e-08)."
    )
    assert judge("bound", np.inf, load_key(folder)).message.startswith("bound is infinite: got inf")


def test_of_several_known_mistakes_the_first_in_the_list_is_named(folder: Path) -> None:
    _, arrays = parts_of_key()
    verdict = judge("weights", -arrays["weights"], load_key(folder))
    assert (verdict.misconception, verdict.hint, verdict.see) == ("swapped", "Rows and columns?", "Task 1")
    assert not verdict.passed


def test_a_mistake_must_fit_as_closely_as_an_answer_unless_it_says_otherwise(folder: Path) -> None:
    key = load_key(folder)
    _, arrays = parts_of_key()
    assert judge("weights", -arrays["weights"] + 1e-7, key).misconception is None
    assert judge("bound", -209.0, key).misconception == "half"
    assert judge("bound", -211.0, key).misconception is None


def test_an_answer_without_numbers_is_not_judged(folder: Path) -> None:
    with pytest.raises(BadValue, match="None"):
        judge("weights", None, load_key(folder))
    with pytest.raises(KeyError):
        judge("nothing", 1, load_key(folder))


def test_the_expected_values_cannot_be_changed(folder: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_key(folder).values["weights"].expected[0, 0] = 1


MENDS = "download the assignment again, and copy only its folder `grader`"


def test_a_missing_key_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(BrokenKey, match=MENDS):
        load_key(tmp_path)


@pytest.mark.parametrize("name", ["key.json", "key.npz"])
def test_a_damaged_file_is_a_broken_key_wherever_the_damage_is(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for at in range(0, len(whole), 7):
        (folder / name).write_bytes(whole[:at])
        with pytest.raises(BrokenKey, match=MENDS):
            load_key(folder)
        (folder / name).write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(BrokenKey):  # some bytes do not matter, such as the time in a zip header
            load_key(folder)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (("schema",), "autograder/key/v2"),
        (("assignment",), "../../evil"),
        (("notebook",), "../secret.ipynb"),
        (("notebook",), None),
        (("values", "weights", "tolerance"), 0),
        (("values", "weights", "scale"), "1"),
        (("values", "weights", "axes"), ["C"]),
        (("values", "weights", "part"), "elsewhere"),
        (("parts",), []),
        (("submits", 0, "values"), ["unknown"]),
        (("submits", 0, "method"), "not a name"),
        (("submits", 0, "method"), "__init__"),
        (("fingerprints", "weights", 0, "array"), "bound"),
        (("fingerprints", "weights", 0, "array"), "missing"),
        (("values",), None),
    ],
)
def test_a_key_that_does_not_hang_together_is_refused(tmp_path: Path, path: tuple[Any, ...], content: Any) -> None:
    description, arrays = parts_of_key()
    place: Any = description
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = content
    with pytest.raises(BrokenKey, match=MENDS):
        load_key(write(tmp_path, description, arrays))


def test_a_key_with_python_objects_is_never_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "exploded",)

    description, arrays = parts_of_key()
    write(tmp_path, description, arrays | {"weights": np.array([Bomb()])})
    with pytest.raises(BrokenKey, match=MENDS):
        load_key(tmp_path)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("bad", [np.array([[np.nan, 1], [1, 1]]), np.ones((2, 2), dtype=int)])
def test_expected_values_must_be_finite_float64(tmp_path: Path, bad: np.ndarray) -> None:
    description, arrays = parts_of_key()
    with pytest.raises(BrokenKey, match=MENDS):
        load_key(write(tmp_path, description, arrays | {"weights": bad}))
