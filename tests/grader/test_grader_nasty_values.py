"""Whatever is thrown at it, reading a value gives an array that cannot be doubted, or a BadValue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.values import BadValue, as_array

pytestmark = pytest.mark.filterwarnings("error")

MATRIX = np.arange(6.0).reshape(3, 2)


class WithArray:
    def __init__(self, inner: object) -> None:
        self.inner = inner

    def __array__(self, dtype: object = None, copy: object = None) -> object:
        return self.inner


def test_an_object_that_offers_an_array_is_read() -> None:
    np.testing.assert_array_equal(as_array(WithArray(MATRIX), (3, 2), "mu"), MATRIX)


def raising(*_: object, **__: object) -> None:
    raise RuntimeError("gotcha")


def itself() -> object:
    lists: list[object] = []
    lists.extend([lists, lists, lists])
    return lists


def nested(value: object, depth: int, width: int = 1) -> object:
    for _ in range(depth):
        value = [value] * width
    return value


def made(base: type, **contents: object) -> type:
    return type("Nasty", (base,), contents)


# Functions, because some of these objects take long to make. The objects go wrong when they are touched.
NASTY: list[Callable[[], object]] = [
    itself,
    lambda: nested(1.0, 100_000),
    lambda: nested(1.0, 12, 1000),
    lambda: [1.0, nested(1.0, 12, 1000), 2.0],
    lambda: [1.0, itself(), 2.0],
    lambda: WithArray("text"),
    lambda: WithArray(None),
    made(object, __array__=raising),
    made(object, __getattr__=raising),
    made(object, __getattribute__=raising),
    lambda: made(list, __len__=raising)([1, 2, 3]),
    lambda: made(list, __len__=lambda self: 10**12)([1, 2, 3]),
    lambda: made(list, __iter__=lambda self: iter(int, 1))([1, 2, 3]),
    lambda: made(tuple, __len__=raising, __iter__=raising)((MATRIX, MATRIX)),
    lambda: made(float, __float__=raising)(1),
    lambda: made(str, __len__=raising)("x"),
    made(object, __class__=property(raising)),
    lambda: (made(object, __class__=property(raising))(), MATRIX),
    made(object, __array_interface__={"shape": (3,), "typestr": "<f8", "data": None}),
    lambda: np.zeros(3).view(np.ndarray)[:2],
    lambda: np.ndarray.__new__(made(np.ndarray, _mask=property(raising)), 3),
    lambda: np.array([made(np.ndarray, __array_finalize__=raising)], dtype=object),
    lambda: np.broadcast_to(0.0, (10**6, 10**6)),
    lambda: range(10**15),
    lambda: memoryview(b"abcd"),
]


@pytest.mark.parametrize("number", range(len(NASTY)))
@pytest.mark.parametrize("shape", [(), (3,), (4, 2)])
def test_nasty_objects_are_refused_and_nothing_escapes(number: int, shape: tuple[int, ...]) -> None:
    value = NASTY[number]()
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


@settings(max_examples=400)
@given(anything, shapes)
def test_anything_at_all_is_either_an_array_or_a_bad_value(value: object, shape: tuple[int, ...]) -> None:
    try:
        got = as_array(value, shape, "gamma")
    except BadValue:
        return
    assert type(got) is np.ndarray
    assert got.dtype == np.float64
    assert got.shape == shape


@st.composite
def disguised(draw: st.DrawFn) -> tuple[np.ndarray, object]:
    """An array, and the same numbers with some axes of length one added or dropped, perhaps as lists."""
    original = draw(hnp.arrays(np.float64, shapes, elements=st.floats(width=64)))
    shape = [length for length in original.shape if length != 1 or draw(st.booleans())]
    for _ in range(draw(st.integers(0, 2))):
        shape.insert(draw(st.integers(0, len(shape))), 1)
    value = original.reshape(shape)
    return original, draw(st.sampled_from([value, value.tolist(), np.asfortranarray(value)]))


@given(disguised())
def test_reading_a_reshaped_array_keeps_every_number_in_its_place(pair: tuple[np.ndarray, object]) -> None:
    original, value = pair
    np.testing.assert_array_equal(as_array(value, original.shape, "gamma"), original)


@given(hnp.arrays(np.float64, shapes), shapes)
def test_another_order_of_the_long_axes_is_never_accepted(value: np.ndarray, shape: tuple[int, ...]) -> None:
    if [n for n in value.shape if n > 1] != [n for n in shape if n > 1]:
        with pytest.raises(BadValue):
            as_array(value, shape, "gamma")
