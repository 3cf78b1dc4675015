"""The local grader judges values of every kind, in any order of their labels, and keeps what it must not judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import Grader
from grader.key import BrokenKey, from_json, to_json

pytestmark = pytest.mark.filterwarnings("error")

PI = np.array([0.2, 0.3, 0.5])
A = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]])
V = np.array([[1.0, 2.0], [3.0, -4.0]])
PATH = np.array([0, 2, 1, 1])
WORDS = np.array(["sun", "rain"])
SHARES = {"sun": 0.75, "rain": 0.25}
ENTRIES: dict[str, dict[str, Any]] = {
    "pi": {"axes": ["K"], "labels": [0]},
    "A": {"axes": ["K", "K"], "labels": [0, 1]},
    "states": {"axes": ["T"], "labels": "values", "compare": "exact"},
    "vectors": {"axes": ["d", "d"], "sign": 1},
    "path": {"axes": ["T"], "compare": "exact"},
    "words": {"axes": ["T"], "compare": "exact"},
    "shares": {"axes": [], "compare": "exact", "plain": to_json(SHARES)},
    "letter": {"axes": [], "compare": "exact", "plain": "B"},
    "choice": {"axes": [], "compare": "kept"},
}
SUBMITS = [["pi", "A", "states"], ["vectors"], ["path"], ["words"], ["shares"], ["letter"], ["choice"]]


def write_key(folder: Path, **changes: Any) -> Path:
    hint = {"hint": "Count again.", "see": "Task 1"}
    fingerprints: dict[str, Any] = {name: [] for name in ENTRIES}
    fingerprints["path"] = [{"name": "one_based", "array": "path.one_based", **hint}]
    fingerprints["letter"] = [{"name": "the_first", "plain": "A", **hint}]
    values = {name: {"part": name, "tolerance": 1e-6, "scale": 1.0, **entry} for name, entry in ENTRIES.items()}
    values["choice"] = {"part": "choice", "axes": [], "compare": "kept", "due": "text"}
    description = {
        "schema": "autograder/key/v1",
        "assignment": "kinds",
        "title": "Kinds",
        "notebook": "kinds.ipynb",
        "assignment_key": "kinds",
        "parts": [{"id": name, "title": f"Task {name}", "max_score": 10} for name in ENTRIES],
        "submits": [{"method": f"submit_{names[0]}", "values": names} for names in SUBMITS],
        "values": {name: {**entry, **changes.get(name, {})} for name, entry in values.items()},
        "fingerprints": fingerprints,
    }
    arrays = {"pi": PI, "A": A, "states": PATH, "vectors": V, "path": PATH, "path.one_based": PATH + 1, "words": WORDS}
    (folder / "key.json").write_text(json.dumps(description))
    np.savez(folder / "key.npz", **arrays)  # type: ignore[arg-type]
    return folder


@pytest.fixture
def grader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    return Grader(write_key(tmp_path))


def test_labels_may_come_in_another_order_if_it_is_the_same_for_all(grader: Any, capsys: Any) -> None:
    order = [2, 0, 1]
    states = np.argsort(order)[PATH]
    assert grader.submit_pi(PI[order], A[np.ix_(order, order)], states) == 30
    assert grader.answers["pi"] == PI[order].tolist()
    assert grader.submit_pi(PI[order], A, states) == 20
    assert grader.submit_pi(PI[order], A[np.ix_(order, order)], PATH) < 30
    assert grader.submit_pi(PI, A, [0, 2, 9, 1]) == 20
    assert grader.submit_pi(None, A, PATH) < 30
    assert "pi is None" in capsys.readouterr().out


def test_each_column_may_have_the_other_sign(grader: Any) -> None:
    assert grader.submit_vectors(V * [1, -1]) == 10
    assert grader.submit_vectors(-V) == 10
    assert grader.submit_vectors(V * [[1], [-1]]) == 0


def test_exact_values_have_no_tolerance_and_known_mistakes_have_their_hint(grader: Any, capsys: Any) -> None:
    assert grader.submit_path([0, 2, 1, 1]) == 10
    assert grader.submit_path(PATH + 1e-9) == 0
    assert "path is not right: 4 of its 4 entries differ from what is due" in capsys.readouterr().out
    assert grader.submit_path(PATH + 1) == 0
    assert "Hint: Count again." in capsys.readouterr().out
    assert grader.submit_words(["sun", "rain"]) == grader.submit_words(np.array(["sun", "rain"], dtype=object)) == 10
    assert grader.submit_words(["sun", "snow"]) == 0
    assert grader.submit_letter("B") == grader.submit_letter(np.str_("B")) == 10
    assert grader.submit_letter("A") == 0
    assert "Hint: Count again." in capsys.readouterr().out


def test_floats_in_a_dict_have_a_tolerance(grader: Any, capsys: Any) -> None:
    assert grader.submit_shares({"rain": 0.25 + 1e-9, "sun": 0.75}) == 10
    assert grader.submit_shares({"rain": 0.26, "sun": 0.75}) == 0
    assert "the value of shares is not right: 1 of its 2 values differs" in capsys.readouterr().out
    assert grader.submit_shares({"sun": 0.75}) == 0
    assert grader.submit_shares([0.75, 0.25]) == 0
    assert "Your earlier answer stays, which did not pass." in capsys.readouterr().out


def test_an_answer_of_the_template_is_called_unanswered(grader: Any, capsys: Any) -> None:
    for submit in (grader.submit_choice, grader.submit_letter, grader.submit_path, grader.submit_vectors):
        assert submit(...) == 0
        assert "is not answered yet: it is still `...`." in capsys.readouterr().out
    assert grader.submit_choice([1, ...]) == 0
    assert "choice is not answered yet: `...` stands in it." in capsys.readouterr().out
    assert grader.answers == {}


def test_a_value_that_is_only_kept_is_neither_right_nor_wrong(grader: Any, capsys: Any) -> None:
    assert grader.submit_choice("C") == 0
    assert grader.answers == {"choice": "C"}
    grader.status()
    said = capsys.readouterr().out
    assert "choice is kept. It is graded later." in said
    assert not any(word in said for word in ("✓", "✗", "wrong", "not passed"))
    assert grader.submit_choice(44) == 0
    assert "choice is kept, but it is a number: text is due." in capsys.readouterr().out
    assert grader.submit_choice("C") == grader.submit_choice(None) == 0
    assert "choice is None: was it never set?" in capsys.readouterr().out
    assert grader.answers == {"choice": "C"}


class Awkward:
    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    "value",
    [object(), len, Awkward(), {1, 2}, (x for x in "ab"), [[]] * 3, float("nan"), b"B", np.array([1j]), 10**400],
)
def test_whatever_is_submitted_nothing_is_raised(grader: Any, value: Any) -> None:
    itself: list[Any] = []
    itself.append(itself)
    for method in [name for name in dir(grader) if name.startswith("submit_") and name != "submit_pi"]:
        assert getattr(grader, method)(value) == 0
        assert getattr(grader, method)(itself) == 0
    json.dumps(grader.answers)


@pytest.mark.parametrize(
    "change",
    [
        {"path": {"compare": "nearly"}},
        {"path": {"axes": []}},
        {"pi": {"tolerance": 0}},
        {"words": {"compare": "close"}},
    ],
)
def test_a_damaged_key_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(BrokenKey):
        Grader(write_key(tmp_path, **change))


def test_json_of_a_key_keeps_every_kind_of_value() -> None:
    value = {"a": [1, (2.5, None)], 3: "x", (True, "b"): {}}
    assert from_json(json.loads(json.dumps(to_json(value)))) == value
    assert from_json(to_json(np.array([["a"]]))) == [["a"]]
    with pytest.raises(TypeError):
        to_json(object())
