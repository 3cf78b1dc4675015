"""What is shown of an exception that a student's function raised on hidden data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.grading.withheld_text import is_known_name, without_case_data

X = np.random.default_rng(1).normal(size=(280, 2))
CELLS = ["import numpy as np\ndef f(X, gama):\n    raise ValueError('X is \\x1b odd')\nclass Odd(Exception):\n    pass"]
KEPT_BACK = "(its text is kept back, because it may hold data of the case)"


def shown(kind: str, text: str, cell: Any = 0, line: Any = 3) -> dict[str, Any]:
    return without_case_data({"type": kind, "text": text, "cell": cell, "line": line}, [X, np.zeros(3)], CELLS)


@pytest.mark.parametrize(
    "raises",
    [
        lambda: X + np.zeros(3),
        lambda: X @ X,
        lambda: X.dot(X),
        lambda: X[:, 2],
        lambda: X[0, 0, 0],
        lambda: X.gama,  # type: ignore[attr-defined]
        lambda: bool(X),
        lambda: 1 / 0,
        lambda: next(iter([[]]))[1],
        lambda: np.float,  # type: ignore[attr-defined]
        lambda: np.linalg.inv(np.zeros((2, 2))),
        lambda: np.linalg.cholesky(-np.eye(2)),
        lambda: np.concatenate([X, np.zeros((3, 3))], axis=1),
    ],
)
def test_sentences_of_python_and_numpy_are_shown_in_full(raises: Callable[[], Any]) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the text is compared below, as a whole
        raises()
    assert shown(type(caught.value).__name__, str(caught.value)) == {
        "type": type(caught.value).__name__,
        "text": str(caught.value).splitlines()[0].strip(),
        "cell": 0,
        "line": 3,
    }


def test_a_text_that_stands_in_the_cells_is_shown() -> None:
    assert shown("ValueError", "X is \x1b odd")["text"] == "X is \x1b odd"


@pytest.mark.parametrize("text", ["0.1234 5.6", "ZGVmZ2hpamts", "X is", "X is \x1b odd 7", "division by zero 0.25"])
def test_any_other_text_is_kept_back(text: str) -> None:
    assert shown("ValueError", text)["text"] == KEPT_BACK


def test_unknown_numbers_and_names_are_left_out_of_a_sentence() -> None:
    assert shown("IndexError", "index 83741 is out of bounds for axis 1 with size 280")["text"] == (
        "index … is out of bounds for axis 1 with size 280"
    )
    assert shown("NameError", "name 'ZGVmZ2hp' is not defined")["text"] == "name '…' is not defined"


@pytest.mark.parametrize(
    ("kind", "shown_kind"), [("Odd", "Odd"), ("LinAlgError", "LinAlgError"), ("V_83", "an exception")]
)
def test_a_type_is_named_if_it_is_known_or_stands_in_the_cells(kind: str, shown_kind: str) -> None:
    assert shown(kind, "")["type"] == shown_kind


@pytest.mark.parametrize("place", [(1, 1), (0, 7), (0, "3"), (83741, 83741), (None, None)])
def test_a_place_that_the_notebook_does_not_have_is_not_shown(place: Any) -> None:
    assert not {"cell", "line"} & shown("ValueError", "", *place).keys()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Odd", True),
        ("LinAlgError", True),
        ("numpy.float64", True),
        ("a.b.c.d.e.f", False),  # joined names of the cells could spell the data
        ("f.X.gama", False),
        ("int.int.float.int", False),
        ("Odd" * 40, False),
        ("", False),
    ],
)
def test_a_name_put_together_from_known_words_is_not_known(name: str, shown: bool) -> None:
    assert is_known_name(name, [*CELLS, "a b c d e f"]) == shown


HERE = "gamma = np.zeros((280, 3))\nif len(X) != 400: raise ValueError\nY = gamma.reshape(1e5, x16, 0.25)"


@pytest.mark.parametrize(
    ("cell", "due"),
    [
        (HERE, "cannot reshape array of size 400 into shape (…,280)"),
        (
            "gamma = np.zeros(280)\n" + HERE.replace("400", "len(Y)"),
            "cannot reshape array of size … into shape (…,280)",
        ),
        ("\n".join(f"x = {number}" for number in range(280, 296)), "cannot reshape array of size … into shape (…,280)"),
        ("\n".join(f"x = {number}" for number in range(280, 297)), "cannot reshape array of size … into shape (…,…)"),
    ],
)
def test_a_number_that_stands_in_the_cell_is_shown_unless_the_cell_lists_many(cell: str, due: str) -> None:
    text = "cannot reshape array of size 400 into shape (16,280)"
    failure = {"type": "ValueError", "text": text, "cell": 1, "line": 1}
    assert without_case_data(failure, [np.zeros(3)], ["x = 16", cell])["text"] == due


def test_a_number_of_another_cell_is_not_shown() -> None:
    failure = {"type": "IndexError", "text": "index 280 is out of bounds for axis 0 with size 3", "cell": 0, "line": 1}
    shown_text = without_case_data(failure, [np.zeros(3)], ["x = X[i]", "N = 280"])["text"]
    assert shown_text == "index … is out of bounds for axis 0 with size 3"


def test_what_stands_for_a_value_is_never_shown() -> None:
    assert shown("ValueError", "could not convert string to float: 'gama'")["text"] == (
        "could not convert string to float: …"
    )
