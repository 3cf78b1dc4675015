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


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("gamma", "gamma"),
        ("best_loss", "best_loss"),
        ("the sum of each row of gamma", "the sum of each row of gamma"),
        ("centres", "the value of centres"),
        ("labels_2", "the value of labels_2"),
        ("points_per_class", "the value of points_per_class"),
        ("the weights of the mixture", "the value of the weights of the mixture"),
    ],
)
def test_a_name_in_the_plural_starts_a_sentence_in_the_singular(name: str, start: str) -> None:
    wrong = expect([1.0, np.nan], name).shape(2)
    for demand, end in (
        (lambda: expect([1.0, 2.0, 3.0], name).shape(2), "has shape (3,) where (2,) is due."),
        (wrong.finite, "has 1 NaN entry, the first at [1]."),
        (wrong.whole, "has entries that are not whole numbers."),
        (lambda: wrong.close_to([1.0, 1.0], 0.1), "is NaN at [1], where a finite number is due."),
        (lambda: expect([1, 2], name).exact([1, 1]), "is not right: 1 of its 2 entries differs from what is due, the"),
        (lambda: wrong.holds(False, "is not sorted."), "is not sorted."),
        (lambda: wrong.holds(False, "doesn't sum to one."), "doesn't sum to one."),
    ):
        with pytest.raises(CheckFailed) as failed:
            demand()
        assert str(failed.value).startswith(f"{start} {end}")


@pytest.mark.parametrize("end", ["are not sorted.", "aren't sorted.", "have no end.", "contain NaN."])
def test_an_author_may_end_a_sentence_about_a_name_in_the_plural(end: str) -> None:
    with pytest.raises(CheckFailed, match=f"^labels {end}$"):
        expect([1, 2], "labels").holds(False, end)


def test_an_entry_of_a_plural_is_one() -> None:
    with pytest.raises(CheckFailed, match=r"^an entry of tags is a number where text is due\.$"):
        expect(["a", 2], "tags").exact(["a", "b"])
