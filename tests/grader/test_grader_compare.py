"""The deviation is the largest one, in units of the scale, and it says where it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.compare import Deviation, compare

pytestmark = pytest.mark.filterwarnings("error")

pairs = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float64, shape, elements=st.floats(allow_nan=True)),
        hnp.arrays(np.float64, shape, elements=st.floats(allow_nan=False, allow_infinity=False)),
    )
)


def test_the_worst_entry_is_named() -> None:
    got = compare(np.array([[1.0, 2], [3, 9]]), np.array([[1.0, 2.5], [3, 4]]), 10.0)
    assert got == Deviation(0.5, (1, 1), 9.0, 4.0)


def test_two_numbers_have_an_empty_index() -> None:
    assert compare(np.array(1.0), np.array(3.0)) == Deviation(2.0, (), 1.0, 3.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_infinitely_far(bad: float) -> None:
    got = compare(np.array([0.0, bad, 9.0]), np.zeros(3))
    assert got.size == np.inf
    assert got.index == (1,)


def test_an_overflow_is_infinitely_far_and_does_not_warn() -> None:
    assert compare(np.array([1e308]), np.array([-1e308])).size == np.inf
    assert compare(np.array([1e300]), np.array([0.0]), 1e-300).size == np.inf


def test_shapes_that_differ_and_empty_arrays_are_errors() -> None:
    with pytest.raises(ValueError, match="shape"):
        compare(np.zeros(3), np.zeros((3, 1)))
    with pytest.raises(ValueError, match="cannot compare empty"):
        compare(np.zeros(0), np.zeros(0))


@given(pairs, st.floats(1e-3, 1e3))
def test_the_deviation_bounds_every_entry_and_is_reached(pair: tuple[np.ndarray, np.ndarray], scale: float) -> None:
    got, expected = pair
    worst = compare(got, expected, scale)
    with np.errstate(all="ignore"):
        sizes = np.nan_to_num(np.abs(got - expected) / scale, nan=np.inf, posinf=np.inf)
    assert worst.size == sizes.max() == sizes[worst.index]
    assert worst.expected == expected[worst.index]
    np.testing.assert_equal(worst.got, got[worst.index])


@given(hnp.arrays(np.float64, 3, elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_an_array_is_at_no_distance_from_itself(array: np.ndarray) -> None:
    assert compare(array, array.copy()).size == 0
