"""Whatever a student returns is either read without a doubt or refused with a sentence."""

from __future__ import annotations

import array
import functools
from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.values import BadValue, as_array, finite, read

pytestmark = pytest.mark.filterwarnings("error")

MATRIX = np.arange(6.0).reshape(3, 2)


def sentence_about(value: object, shape: tuple[int, ...] = (3,), axes: tuple[str, ...] | None = None) -> str:
    with pytest.raises(BadValue) as caught:
        as_array(value, shape, "gamma", axes)
    sentence = str(caught.value)
    assert sentence.startswith(("gamma ", "an entry of gamma ")) and sentence.endswith((".", "?"))
    assert "\n" not in sentence
    return sentence


class WithArray:
    def __init__(self, inner: object) -> None:
        self.inner = inner

    def __array__(self, dtype: object = None, copy: object = None) -> object:
        return self.inner


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
        WithArray(MATRIX),
        [[np.array(x) for x in row] for row in MATRIX],
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_carrier_of_the_same_numbers_is_read_alike(value: object) -> None:
    got = as_array(value, (3, 2), "mu")
    assert type(got) is np.ndarray and got.dtype == np.float64 and got.flags.c_contiguous
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
    assert got.shape == () and got == 2


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
        (None, "is None: did your function end without `return`?"),
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
    ids=str,
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


def raising(*_: object, **__: object) -> None:
    raise RuntimeError("gotcha")


def nasty() -> list[object]:
    """Objects that go wrong when they are touched."""
    itself: list[object] = []
    itself.extend([itself, itself, itself])
    deep: object = 1.0
    for _ in range(100_000):
        deep = [deep]
    wide: object = 1.0
    for _ in range(12):
        wide = [wide] * 1000
    broken = type("Broken", (np.ndarray,), {"__array_finalize__": raising})
    masked = type("Masked", (np.ndarray,), {"_mask": property(raising)})
    return [
        itself,
        deep,
        wide,
        [1.0, wide, 2.0],
        [1.0, itself, 2.0],
        WithArray("text"),
        WithArray(None),
        type("A", (), {"__array__": raising})(),
        type("B", (), {"__getattr__": raising})(),
        type("C", (), {"__getattribute__": raising})(),
        type("D", (list,), {"__len__": raising})([1, 2, 3]),
        type("E", (list,), {"__len__": lambda self: 10**12})([1, 2, 3]),
        type("F", (list,), {"__iter__": lambda self: iter(int, 1)})([1, 2, 3]),
        type("G", (tuple,), {"__len__": raising, "__iter__": raising})((MATRIX, MATRIX)),
        type("H", (float,), {"__float__": raising})(1),
        type("I", (str,), {"__len__": raising})("x"),
        type("J", (), {"__class__": property(raising)})(),
        (type("K", (), {"__class__": property(raising)})(), MATRIX),
        type("L", (), {"__array_interface__": {"shape": (3,), "typestr": "<f8", "data": None}})(),
        np.zeros(3).view(np.ndarray)[:2],
        np.ndarray.__new__(masked, 3),
        np.array([broken], dtype=object),
        np.broadcast_to(0.0, (10**6, 10**6)),
        range(10**15),
        memoryview(b"abcd"),
    ]


@pytest.mark.parametrize("number", range(len(nasty())))
@pytest.mark.parametrize("shape", [(), (3,), (4, 2)])
def test_nasty_objects_are_refused_and_nothing_escapes(number: int, shape: tuple[int, ...]) -> None:
    value = nasty()[number]
    with pytest.raises(BadValue):
        as_array(value, shape, "gamma")


def test_a_subclass_of_ndarray_gets_no_say() -> None:
    evil = type("Evil", (np.ndarray,), {"shape": property(raising), "astype": raising, "__len__": raising})
    assert as_array(np.arange(3.0).view(evil), (3,), "pi").tolist() == [0, 1, 2]


def test_warnings_of_the_value_stay_inside() -> None:
    def warning(*_: object, **__: object) -> object:
        import warnings

        warnings.warn("this would land on stderr", stacklevel=1)
        return MATRIX

    value = type("Warner", (), {"__array__": warning})()
    np.testing.assert_array_equal(as_array(value, (3, 2), "mu"), MATRIX)


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(), st.binary(),
    st.fractions(), st.decimals(), st.datetimes(), st.functions(), st.sampled_from([len, int, object(), ...]),
    hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_side=3)),
    hnp.arrays(hnp.array_dtypes(), 2),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(inner, max_size=3).map(iter),
        st.dictionaries(st.integers(), inner, max_size=2),
        inner.map(WithArray),
    ),
    max_leaves=12,
)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)


@settings(max_examples=400, deadline=None)
@given(anything, shapes)
def test_anything_at_all_is_either_an_array_or_a_bad_value(value: object, shape: tuple[int, ...]) -> None:
    try:
        got = as_array(value, shape, "gamma")
    except BadValue:
        return
    assert type(got) is np.ndarray and got.dtype == np.float64 and got.shape == shape


@st.composite
def disguised(draw: st.DrawFn) -> tuple[np.ndarray, object]:
    """An array, and the same numbers with some axes of length one added or dropped, perhaps as lists."""
    original = draw(hnp.arrays(np.float64, shapes, elements=st.floats(width=64)))
    shape = [length for length in original.shape if length != 1 or draw(st.booleans())]
    for _ in range(draw(st.integers(0, 2))):
        shape.insert(draw(st.integers(0, len(shape))), 1)
    value = original.reshape(shape)
    return original, draw(st.sampled_from([value, value.tolist(), np.asfortranarray(value)]))


@settings(deadline=None)
@given(disguised())
def test_reading_a_reshaped_array_keeps_every_number_in_its_place(pair: tuple[np.ndarray, object]) -> None:
    original, value = pair
    np.testing.assert_array_equal(as_array(value, original.shape, "gamma"), original)


@given(hnp.arrays(np.float64, shapes), shapes)
def test_another_order_of_the_long_axes_is_never_accepted(value: np.ndarray, shape: tuple[int, ...]) -> None:
    if [n for n in value.shape if n > 1] != [n for n in shape if n > 1]:
        with pytest.raises(BadValue):
            as_array(value, shape, "gamma")


def test_read_keeps_the_shape_that_came() -> None:
    assert read([[1], [2]], "X").shape == (2, 1)
