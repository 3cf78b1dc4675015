"""Each comparison of the vocabulary accepts what is right, refuses what is wrong, and measures how far it is off."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograder.assignment import CheckFailed, UsageError, close_up_to_labels, expect
from grader.same import is_same

INF = np.inf


def refused(demand: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as failed:
        demand()
    sentence = str(failed.value)
    assert sentence.endswith((".", "?"))
    return failed.value


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("B", "B"),
        (np.array("B"), "B"),
        (True, True),
        (np.array(True), True),
        (3, 3),
        (np.array(3), 3),
        (3.0, 3),
        (2**80, 2**80),
        (None, None),
        (0.5, 0.5),
        ([0, 1, 1], np.array([0, 1, 1])),
        (np.array([0.0, 1.0]), [0, 1]),
        (("a", "b"), ["a", "b"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (["a", "b"], np.array(["a", "b"])),
        (np.array(["a", "b"], dtype=object), np.array(["a", "b"])),
        ([["a"], ["b"]], np.array(["a", "b"])),
        ([True, False], np.array([True, False])),
        ({"a": 1, "b": [1, 2]}, {"b": np.array([1, 2]), "a": 1}),
        ({0: "x", (1, 2): None}, {0: "x", (1, 2): None}),
        ([1, "a", None, {"b": True}], (1, "a", None, {"b": True})),
        ([[1, 2], [3]], [[1, 2], [3]]),
        ([], []),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        ([], np.zeros((0, 3))),
        ([], np.array([], dtype=str)),
        ([-INF, np.nan], np.array([-INF, np.nan])),
    ],
)
def test_exact_accepts_the_same_value_however_it_is_wrapped(got: Any, expected: Any) -> None:
    expect(got, "x").exact(expected)


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        ("A", "B", "x is not the one that is due"),
        (None, "B", "x is None where text is due"),
        (3, "3", "x is a number where text is due"),
        ("3", 3, "x is text"),
        (1, True, "x is a number where True or False is due"),
        (True, 1, "x holds True and False where numbers are due"),
        (0, None, "x is a number where None is due"),
        (2**80 + 1, 2**80, "x is not the one"),
        (3.5, 3, "x is not the one"),
        ([0, 1, 2], [0, 1, 1], r"x is not right: 1 of its 3 entries differs from what is due, the first at \[2\]"),
        ([0, 1], [0, 1, 1], r"x has shape \(2,\) where \(3,\) is due"),
        (["a", "c"], ["a", "b"], r"1 of its 2 entries differs.*first at \[1\]"),
        (["a", 1], ["a", "b"], "an entry of x is a number where text is due"),
        ("ab", ["a", "b"], "x is text where an array of text is due"),
        ({"a": 1}, {"a": 2}, "x is not right: 1 of its 1 values differs"),
        ({"a": 1, "b": 1}, {"a": 1}, "x has 2 keys where 1 is due"),
        ({"c": 1}, {"a": 1}, "x has other keys"),
        ({"1": 1}, {1: 1}, "x has other keys"),
        ([1], {"a": 1}, "x is of type list where a dict is due"),
        ([1, "a", "c"], [1, "a", None], "an entry of x is text where None is due"),
        ([1, "a"], [1, "a", None], "x has 2 entries where 3 are due"),
        (5, [1, "a"], "x is a number where several values are due"),
        (np.zeros((0, 2)), np.zeros((0, 3)), "x has shape"),
        ([[1, 2], [4]], [[1, 2], [3]], "1 of its 2 entries"),
    ],
)
def test_exact_refuses_another_value_and_no_tolerance_could_accept_it(got: Any, expected: Any, words: str) -> None:
    failed = refused(lambda: expect(got, "x").exact(expected))
    assert failed.deviation == INF
    assert re.search(words, str(failed)), str(failed)


def test_alike_gives_floats_a_tolerance_and_nothing_else() -> None:
    due = {"means": np.array([1.0, -2.0]), "name": "a", "count": 3}
    expect({"means": [1.0, -2.0 + 1e-9], "name": "a", "count": 3}, "fit").alike(due, 1e-8)
    failed = refused(lambda: expect({"means": [1.0, -2.2], "name": "a", "count": 3}, "fit").alike(due, 1e-8))
    assert failed.deviation == pytest.approx(0.1)
    assert refused(lambda: expect({"means": [1, -2], "name": "b", "count": 3}, "fit").alike(due, 1)).deviation == INF


def test_infinities_equal_themselves_and_nan_only_where_it_is_said_to_be_due() -> None:
    due = [-INF, 0.0, 2.0]
    expect(due, "x").shape(3).close_to(due, 1e-9)
    assert refused(lambda: expect([0.0, 0.0, 2.0], "x").shape(3).close_to(due, 1)).deviation == INF
    assert refused(lambda: expect([INF, 0.0, 2.0], "x").shape(3).close_to(due, 1)).deviation == INF
    assert refused(lambda: expect([-INF, 0.0, 2.2], "x").shape(3).close_to(due, 1e-9)).deviation == pytest.approx(0.1)
    with_nan = [np.nan, 1.0]
    expect(with_nan, "x").shape(2).close_to(with_nan, 1e-9, nan=True)
    refused(lambda: expect(with_nan, "x").shape(2).close_to(with_nan, 1e-9))
    refused(lambda: expect([1.0, np.nan], "x").shape(2).close_to(with_nan, 1e-9, nan=True))


@pytest.mark.parametrize(
    ("answer", "due", "said"),
    [
        ([1.0, 0.5], [1.0, -INF], "x is a finite number at [1], where -inf is due."),
        ([-INF, 0.5], [1.0, 0.5], "x is -inf at [0], where a finite number is due."),
        ([INF, 0.5], [-INF, 0.5], "x is inf at [0], where -inf is due."),
        ([np.nan, 0.5], [-INF, 0.5], "x is NaN at [0], where -inf is due."),
        (0.5, -INF, "x is a finite number, where -inf is due."),
    ],
)
def test_nothing_is_off_by_infinity(answer: Any, due: Any, said: str) -> None:
    shape = np.shape(due)
    assert str(refused(lambda: expect(answer, "x").shape(*shape).close_to(due, 1e-9))) == said
    assert str(refused(lambda: expect(np.array(answer), "x").alike(np.array(due), 1e-9))) == said
    for demand in ("close_up_to_sign", "close_in_any_order") if shape else ():
        assert "inf" not in str(refused(lambda d=demand: getattr(expect(answer, "x").shape(*shape), d)(due, 1e-9)))


def test_none_in_a_shape_stands_for_any_length() -> None:
    assert expect([[1, 2, 3]] * 4, "x").shape(None, 3).array.shape == (4, 3)
    assert expect(np.zeros((0, 3)), "x").shape(None, 3).array.shape == (0, 3)
    assert expect([], "x").shape(None, 3).array.shape == (0, 3)
    assert expect([], "x").shape(0).close_to([], 1e-9).array.shape == (0,)
    assert "x has shape (4, 2) where (any, 3) is due" in str(
        refused(lambda: expect(np.ones((4, 2)), "x").shape(None, 3))
    )
    refused(lambda: expect([1, 2, 3], "x").shape(None, 3))
    refused(lambda: expect([], "x").shape(3))


def test_whole_numbers() -> None:
    expect([0, 1.0, 2], "path").shape(3).whole()
    assert "entries that are not whole numbers" in str(refused(lambda: expect([0, 1.5], "path").shape(2).whole()))
    refused(lambda: expect(np.nan, "path").shape().whole())


def test_any_order_of_an_axis() -> None:
    due = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    expect(due[[2, 0, 1]], "mu").shape(3, 2).close_in_any_order(due, 1e-9)
    expect(due.T[:, [1, 2, 0]], "mu").shape(2, 3).close_in_any_order(due.T, 1e-9, axis=1)
    off = refused(lambda: expect(due[[2, 0, 1]] + 0.6, "mu").shape(3, 2).close_in_any_order(due, 1e-9))
    assert off.deviation == pytest.approx(0.1)
    refused(lambda: expect(due[[0, 0, 1]], "mu").shape(3, 2).close_in_any_order(due, 1e-3))


def test_one_order_of_the_labels_for_all_results() -> None:
    rng = np.random.default_rng(0)
    pi, A, B, path = rng.random(4), rng.random((4, 4)), rng.random((4, 3)), rng.integers(0, 4, 30)
    order = np.array([2, 0, 3, 1])  # the student's label i is the reference's order[i]
    own = [pi[order], A[np.ix_(order, order)], B[order], np.argsort(order)[path]]
    axes: tuple[Any, ...] = (0, (0, 1), 0, "values")
    results = [expect(x, n).shape(*x.shape) for x, n in zip(own, ("pi", "A", "B", "path"), strict=True)]
    due = [pi, A, B, path]
    assert close_up_to_labels(list(zip(results, due, axes, strict=True)), 1e-9) == tuple(order)
    results[1] = expect(A[np.ix_(order, order)].T, "A").shape(4, 4)
    failed = refused(lambda: close_up_to_labels(list(zip(results, due, axes, strict=True)), 1e-3))
    assert "pi, A, B and path are off however the labels are ordered" in str(failed)
    one_order, another = [pi, B], [pi[order], B[order[::-1]]]  # each alone is right in some order
    pairs = [(expect(x, "x").shape(*x.shape), y, 0) for x, y in zip(another, one_order, strict=True)]
    assert 1e-3 < refused(lambda: close_up_to_labels(pairs, 1e-3)).deviation < INF


def test_up_to_sign() -> None:
    due = np.array([[1.0, 2.0], [3.0, -4.0]])
    expect(-due, "v").shape(2, 2).close_up_to_sign(due, 1e-9)
    expect(due * [1, -1], "v").shape(2, 2).close_up_to_sign(due, 1e-9, axis=1)
    refused(lambda: expect(due * [1, -1], "v").shape(2, 2).close_up_to_sign(due, 1e-3))
    assert refused(lambda: expect(-due + 0.4, "v").shape(2, 2).close_up_to_sign(due, 1e-9)).deviation == pytest.approx(
        0.1
    )


def test_unordered_values_and_one_of_several() -> None:
    expect(["b", "a", "a"], "words").unordered(["a", "a", "b"])
    expect([(1, 2), (0, 1)], "edges").unordered([(0, 1), (1, 2)])
    expect({"a", "b"}, "words").unordered(["b", "a"])
    assert "lacks an entry" in str(refused(lambda: expect(["b", "a", "b"], "words").unordered(["a", "a", "b"])))
    assert "has 1 entries where 2" in str(refused(lambda: expect(["b"], "words").unordered(["a", "b"])))
    refused(lambda: expect(5, "words").unordered(["a"]))
    expect("b", "answer").one_of(["B", "b"])
    assert "none of the right answers" in str(refused(lambda: expect("c", "answer").one_of(["B", "b"])))


def test_a_demand_about_numbers_before_the_shape_is_the_authors_mistake() -> None:
    for demand in ("finite", "whole"):
        with pytest.raises(UsageError, match=r"before `.shape\(...\)`"):
            getattr(expect(1.5, "loss"), demand)()
    with pytest.raises(UsageError, match=r"demand the shape first"):
        expect(1.5, "loss").at_least(1.0, 0.1, 1.0)


def test_is_same_says_so_without_an_exception() -> None:
    assert is_same([1, 2], np.array([1, 2]))
    assert not is_same("1", 1)
