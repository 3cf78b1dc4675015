"""Whatever a student returns is either read without a doubt or refused with a sentence."""

from __future__ import annotations

import array
import functools
from collections import deque
from fractions import Fraction

import numpy as np
import pytest

from grader.values import BadValue, as_array, finite, read

pytestmark = pytest.mark.filterwarnings("error")

MATRIX = np.arange(6.0).reshape(3, 2)


def sentence_about(value: object, shape: tuple[int, ...] = (3,), axes: tuple[str, ...] | None = None) -> str:
    with pytest.raises(BadValue) as caught:
        as_array(value, shape, "gamma", axes)
    sentence = str(caught.value)
    assert sentence.startswith(("gamma ", "an entry of gamma "))
    assert sentence.endswith((".", "?"))
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    "value",
    [
        MATRIX,
        MATRIX.tolist(),
        tuple(map(tuple, MATRIX)),
        list(MATRIX),
        tuple(MATRIX),
        [deque(row) for row in MATRIX],
        [array.array("d", row) for row in MATRIX],
        [range(2), range(2, 4), range(4, 6)],
        MATRIX.astype(np.float16),
        MATRIX.astype(np.float32),
        MATRIX.astype(np.longdouble),
        MATRIX.astype(np.uint8),
        MATRIX.astype(">f4"),
        np.asfortranarray(MATRIX),
        MATRIX.astype(int).tolist(),
        [[Fraction(int(x)) for x in row] for row in MATRIX],
        np.ma.masked_array(MATRIX),
        MATRIX[None],
        MATRIX[:, None, :, None],
        (MATRIX,),
        [MATRIX],
        [[np.array(x) for x in row] for row in MATRIX],
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_carrier_of_the_same_numbers_is_read_alike(value: object) -> None:
    got = as_array(value, (3, 2), "mu")
    assert type(got) is np.ndarray
    assert got.dtype == np.float64
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got, MATRIX)


def test_a_matrix_of_numpy_is_read_as_an_array() -> None:
    with pytest.warns(PendingDeprecationWarning):
        old = np.matrix(MATRIX)
    assert type(as_array(old, (3, 2), "mu")) is np.ndarray
    assert as_array(old[0], (2,), "mu").tolist() == [0, 1]


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.float32(2), np.int8(2), np.array(2), np.array([[2]]), [2], [[[2]]], (2,), Fraction(2)],
)
def test_a_number_may_come_in_any_wrapping_of_one(value: object) -> None:
    got = as_array(value, (), "loss")
    assert got.shape == ()
    assert got == 2


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (1, 1, 3)])
def test_a_row_may_come_as_a_column(shape: tuple[int, ...]) -> None:
    assert as_array(np.arange(3).reshape(shape), (3,), "pi").tolist() == [0, 1, 2]


def test_what_is_read_shares_no_memory_with_what_came() -> None:
    for value in (MATRIX, MATRIX[None], list(MATRIX)):
        assert not np.shares_memory(as_array(value, (3, 2), "mu"), MATRIX)


def test_nan_and_infinities_pass_until_somebody_asks() -> None:
    got = as_array([[np.nan, 1], [np.inf, 2]], (2, 2), "mu")
    with pytest.raises(BadValue, match=r"mu has 1 NaN entry, the first at \[0, 0\]\."):
        finite(got, "mu")
    with pytest.raises(BadValue, match=r"mu has 2 infinite entries, the first at \[0, 1\]\."):
        finite(np.array([[0, np.inf], [-np.inf, 0]]), "mu")
    with pytest.raises(BadValue, match=r"loss is NaN\."):
        finite(np.array(np.nan), "loss")
    finite(np.zeros((2, 2)), "mu")


def test_numbers_beyond_float64_do_not_warn() -> None:
    largest = np.finfo(np.longdouble).max  # no larger than a float64 on Windows and some Macs
    assert as_array([largest] * 3, (3,), "pi").min() >= np.finfo(np.float64).max
    assert "OverflowError" in sentence_about([10**400, 1, 2])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is None: was it never set, or did your function end without `return`?"),
        ([1, None, 3], "an entry of gamma is None"),
        ("abc", "is text (str)"),
        (b"abc", "is text (bytes)"),
        (np.array(["1", "2", "3"]), "holds text"),
        (len, "is a function: did you forget to call it?"),
        (lambda: MATRIX, "is a function: did you forget to call it?"),
        (functools.partial(len), "is a function"),
        (MATRIX.sum, "is a function"),
        (np.exp, "is a function"),
        (dict, "is a class: did you forget to call it?"),
        (np.ndarray, "is a class"),
        ({"a": 1}, "is a dict"),
        ({1, 2, 3}, "is a set"),
        ((x for x in range(3)), "is a generator"),
        (map(abs, [1, 2, 3]), "is a map"),
        (True, "True and False"),
        ([True, False, True], "True and False"),
        (np.array([True, False, True]), "True and False"),
        (np.array([1j, 2, 3]), "complex"),
        (1j, "complex"),
        (np.array([1, 2, None]), "Python objects"),
        (np.array([1.0, 2, 3], dtype=object), "Python objects"),
        ([[1, 2], [3]], "is ragged"),
        ([1, [2], 3], "is ragged"),
        ([np.zeros(2), np.zeros(3)], "is ragged"),
        ([], "is empty"),
        (np.zeros((0, 3)), "is empty"),
        ([[], []], "is empty"),
        (np.ma.masked_array([1, 2, 3], mask=[0, 1, 0]), "masked"),
        (np.ma.masked, "masked"),
        (np.array(["2020-01-01"] * 3, dtype="M8[D]"), "dates"),
        (np.timedelta64(3, "s"), "time spans"),
        (np.zeros(3, dtype=[("a", float)]), "structured"),
        (object(), "is of type object"),
        (pytest, "is of type module"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_not_numbers_is_refused_by_its_own_sentence(value: object, words: str) -> None:
    assert words in sentence_about(value)


NC, CD = ("N", "C"), ("C", "d", "e")


@pytest.mark.parametrize(
    ("value", "shape", "axes", "sentence"),
    [
        (np.zeros((280, 2)), (280, 3), NC, "gamma has shape (280, 2) where (N, C) = (280, 3) is due."),
        (
            np.zeros((3, 280)),
            (280, 3),
            NC,
            "gamma has shape (3, 280) where (N, C) = (280, 3) is due: it looks transposed.",
        ),
        (
            np.zeros((2, 2, 3)),
            (3, 2, 2),
            CD,
            "gamma has shape (2, 2, 3) where (C, d, e) = (3, 2, 2) is due: its axes are in another order.",
        ),
        (
            np.zeros(6),
            (2, 3),
            NC,
            "gamma has shape (6,) where (N, C) = (2, 3) is due: it has 1 axis instead of 2.",
        ),
        ([1, 2], (3,), ("C",), "gamma has shape (2,) where (C,) = (3,) is due."),
        ([1, 2], (3,), None, "gamma has shape (2,) where (3,) is due."),
        (1.5, (2, 3), NC, "gamma is a single number where an array of shape (N, C) = (2, 3) is due."),
        ([1, 2], (), (), "gamma is an array of shape (2,) where a single number is due."),
        ((MATRIX, MATRIX, 1.0), (3, 2), NC, "gamma is a tuple of 3 values where one array is due."),
        ((MATRIX, None), (3, 2), NC, "gamma is a tuple of 2 values where one array is due."),
        ((MATRIX, MATRIX), (3, 2), NC, "gamma is a tuple of 2 values where one array is due."),
        ((1.0, 2.0), (), (), "gamma is a tuple of 2 values where one number is due."),
        ((0.5, 0.5), (3,), ("C",), "gamma has shape (2,) where (C,) = (3,) is due."),
    ],
)
def test_a_wrong_shape_is_told_with_the_due_one(
    value: object, shape: tuple[int, ...], axes: tuple[str, ...] | None, sentence: str
) -> None:
    assert sentence_about(value, shape, axes) == sentence


def test_read_keeps_the_shape_that_came() -> None:
    assert read([[1], [2]], "X").shape == (2, 1)
