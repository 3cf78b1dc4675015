"""What the sentences about a wrong value say beyond the number."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.assignment import CheckFailed, expect, unpack

SMALL = "a small constant, such as 1e-6"


def said(deviation: float) -> str:
    with pytest.raises(CheckFailed) as failed:
        expect([1.0, 1.0 + deviation], "pi").shape(2).close_to([1.0, 1.0], 1e-12)
    assert failed.value.deviation == pytest.approx(deviation, rel=1e-3)
    return str(failed.value)


@pytest.mark.parametrize("deviation", [3e-8, 1e-6, 9e-5])
def test_a_small_deviation_gets_its_usual_cause(deviation: float) -> None:
    assert SMALL in said(deviation)


@pytest.mark.parametrize("deviation", [1e-10, 9e-9, 1.1e-4, 1.0])
def test_a_smaller_or_larger_one_gets_none(deviation: float) -> None:
    assert SMALL not in said(deviation)


def test_none_among_several_values_is_no_missing_return() -> None:
    names = ("pi", "mu")
    pi, mu = unpack((np.ones(2), None), names)
    expect(pi, "pi", names).shape(2)
    with pytest.raises(CheckFailed, match=r"^mu is None, one of the 2 values that the function returned\.$"):
        expect(mu, "mu", names).shape(2)
    with pytest.raises(CheckFailed, match=r"did your function end without `return`\?$"):
        expect(None, "gamma").shape(2)
