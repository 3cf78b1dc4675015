"""Every student's own samples and hidden cases: other numbers, the same work."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment import Check, declared_in
from reference.em_gmm import cases, checks, hardness, solution

seeds = st.integers(0, 2**256 - 1)


@settings(max_examples=30)
@given(seeds, seeds)
def test_two_students_have_no_point_in_common_and_one_has_the_same_each_time(one, other):
    mine, again = (cases.samples(one)["data"] for _ in range(2))
    assert np.array_equal(mine, again)
    assert mine.shape == cases.X.shape
    assert not np.isin(mine, cases.X).any()
    if one != other:
        assert not np.isin(mine, cases.samples(other)["data"]).any()


@settings(max_examples=20)
@given(seeds)
def test_anybody_elses_answer_is_far_outside_the_tolerance(seed):
    for name, nearest in (("gamma", 1e-2), ("mu", 1e-3), ("sigma", 1e-3), ("pi", 1e-5), ("loss", 1e-5)):
        own, common = (cases.public_answer(name, {}, which) for which in (seed, None))
        assert np.abs(own - common).max() / cases.public_scale(name, own, seed) > nearest


@settings(max_examples=15)
@given(seeds)
def test_the_keys_best_bound_is_the_best_that_many_more_restarts_find(seed):
    best = float(cases.public_answer("best_loss", {}, seed))
    more = solution.train_EM(cases.samples(seed)["data"], 3, rtol=1e-8, max_iter=500, restarts=40, seed=1)[0]
    assert best >= more - 1e-6 * abs(more)


def every(check, seed):
    """The cases of a check, and those that they are made of."""
    asked = [part for case in check.cases(seed) for part in (case, *case.second_look)]
    pairs = [part for case in asked for pair in case.inputs.get("pairs", ()) for part in pair]
    return [case for case in asked if "pairs" not in case.inputs] + pairs


@pytest.mark.parametrize("check", declared_in(checks, Check), ids=lambda check: check.name)
def test_every_hidden_case_depends_on_the_student(check):
    assert check.personal
    for common, one, other in zip(*(every(check, seed) for seed in (None, 1, 2)), strict=True):
        assert common.name == one.name == other.name
        assert one.X.shape == common.X.shape
        assert not np.array_equal(one.X, other.X)
        assert not np.array_equal(one.X, common.X)


def test_everybodys_own_samples_lie_between_the_bounds_that_variants_are_held_to():
    found = hardness.measure(None)
    assert all(low <= found[name] <= high for name, (low, high) in hardness.PROPERTIES.items())


def test_samples_without_a_structure_to_find_are_outside_the_bounds(monkeypatch):
    def one_cloud(seed=None):
        return {"data": np.random.default_rng(3).standard_normal((280, 2))}

    monkeypatch.setattr(cases, "samples", one_cloud)
    cases._public.cache_clear()
    cases._public_fit.cache_clear()
    found = hardness.measure(5)
    cases._public.cache_clear()
    cases._public_fit.cache_clear()
    assert any(not low <= found[name] <= high for name, (low, high) in hardness.PROPERTIES.items())
