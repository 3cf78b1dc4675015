"""What a wrong part is called: families of constants, two mistakes at once, and facts that need no known mistake.

The students here write in other words and with other constants than the evidence.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from autograder.grading import Spec
from tests.grading.solutions import Checks, Grade, Solved

DENSITIES = """
from scipy.stats import multivariate_normal as N
def table(X, mu, sigma, f):
    return np.stack([np.reshape(f(X, m, S), -1) for m, S in zip(mu, sigma)], axis=1)
"""
E_STEP = DENSITIES + "def E_step(X, pi, mu, sigma):\n    {}\n    return p / {}"
PLAIN, SUM = "p = pi * table(X, mu, sigma, N.pdf)", "p.sum(axis=1)[:, None]"
VLB = (
    DENSITIES
    + "def compute_vlb(X, pi, mu, sigma, gamma):\n    p = table(X, mu, sigma, N.pdf)\n"
    + "    return np.sum(gamma * (np.log(pi) + np.log({}))) - np.sum(gamma * np.log({}))"
)
M_STEP = "_right = M_step\ndef M_step(X, gamma):\n    pi, mu, sigma = _right(X, gamma)\n    return {}"


@pytest.fixture
def found(grade: Grade, solved: Solved, checks: Checks, spec: Spec) -> Any:
    """The failed checks of a part when the last cell is this code. Only this part is asked."""

    def failed(part: str, code: str) -> dict[str, dict[str, Any]]:
        asked = tuple((check, cases) for check, cases in spec.checks_with_cases if check.part == part)
        result = grade(solved(after=code), spec=dataclasses.replace(spec, checks_with_cases=asked))
        return {check["name"]: check for check in checks(result, part) if check["status"] == "fail"}

    return failed


@pytest.mark.parametrize(
    ("part", "code", "name", "number"),
    [
        ("e_step", E_STEP.format(f"{PLAIN} + 1e-16", SUM), "densities_with_a_floor_in_the_e_step", "1e-16"),
        ("e_step", E_STEP.format(PLAIN, f"({SUM} + 3e-7)"), "epsilon_in_the_denominator", "3e-07"),
        ("e_step", E_STEP.format(PLAIN, f"({SUM} + 1e-300)"), "rows_of_zeros_for_far_points", ""),
        ("m_step.sigma", M_STEP.format("pi, mu, sigma + 2e-5 * np.eye(X.shape[1])"), "sigma_with_a_ridge", "2e-05"),
        ("m_step.pi", M_STEP.format("np.maximum(pi, 0.15), mu, sigma"), "pi_with_a_floor", "0.15"),
        ("vlb", VLB.format("p + 1e-9", "gamma + 1e-9"), "epsilon_in_several_logarithms", "1e-09"),
        ("vlb", VLB.format("p + 1e-8", "gamma + 1e-5"), "epsilon_in_several_logarithms", "1e-05"),
        ("vlb", VLB.format("np.maximum(p, 1e-300)", "gamma + 1e-300"), "densities_with_a_floor", "a small number"),
    ],
    ids=[
        "the usual number at the densities",
        "an unusual number in the denominator",
        "a number that shows only in 0/0",
        "a ridge",
        "a floor of the weights",
        "the same number in two logarithms",
        "two numbers",
        "a number that the answers do not tell",
    ],
)
def test_another_constant_than_the_evidence_has_is_named_and_told(
    found: Any, part: str, code: str, name: str, number: str
) -> None:
    failed = found(part, code)
    assert {check["misconception"] for check in failed.values()} == {name}
    assert all(number in check["hint"] for check in failed.values())


def test_of_two_mistakes_each_is_named_where_it_shows(found: Any) -> None:
    distance = "np.einsum('ni,ij,nj->n', X - m, np.linalg.inv(S), X - m)"
    density = f"lambda X, m, S: np.exp(-{distance}) / np.sqrt(np.linalg.det(S))"
    failed = found("e_step", E_STEP.format(f"p = pi * table(X, mu, sigma, {density})", SUM))
    assert failed["gamma_is_the_posterior"]["misconception"] == "no_half_in_the_exponent"
    assert failed["survives_far_points"]["misconception"] == "densities_without_logarithms"


def test_beside_a_mistake_that_nobody_knows_no_name_is_given(found: Any) -> None:
    failed = found("e_step", E_STEP.format("p = pi ** 1.07 * table(X, mu, sigma, N.pdf) + 1e-15", SUM))
    assert {check["misconception"] for check in failed.values()} == {None}


def test_a_right_value_with_another_argument_changed_than_the_known_mistake_changes_gets_no_name(found: Any) -> None:
    code = "_vlb = compute_vlb\ndef compute_vlb(X, *theta):\n    loss = _vlb(X, *theta)\n    X += 1\n    return loss"
    assert {check["misconception"] for check in found("vlb", code).values()} == {None}


@pytest.mark.parametrize(
    ("part", "code", "fact"),
    [
        (
            "vlb",
            "_vlb = compute_vlb\ndef compute_vlb(X, pi, mu, sigma, gamma):\n"
            "    return _vlb(X, pi, mu, sigma, E_step(X, pi, mu, sigma) ** 1.01)",
            "The answer does not depend on the argument gamma.",
        ),
        (
            "e_step",
            "_E = E_step\ndef E_step(X, pi, mu, sigma):\n"
            "    return _E(X, pi[:3], mu[:3], sigma[:3]) if len(pi) > 2 else np.zeros(5)",
            "The answer is right where C = 3, and wrong for C = 1, C = 2, C = 4, C = 5 and C = 7:",
        ),
        (
            "m_step.mu",
            M_STEP.format("pi, mu[:, [0, 1]], sigma"),
            "The answer is right where d = 2, and wrong for d = 1",
        ),
    ],
    ids=["an argument", "components", "dimensions"],
)
def test_what_the_answers_themselves_show_is_told_as_a_fact(found: Any, part: str, code: str, fact: str) -> None:
    failed = found(part, code)
    assert failed
    assert all(any(fact in text for text in check["observations"]) for check in failed.values())


def test_of_a_part_without_such_a_fact_nothing_is_told(found: Any) -> None:
    failed = found("e_step", "_E = E_step\ndef E_step(*a):\n    return _E(*a) ** 1.07")
    assert failed
    assert all(check["observations"] == [] for check in failed.values())


@pytest.mark.parametrize("rounded", ["np.float32(loss)", "round(float(loss), 3)", "np.float16(loss)"])
def test_a_rounded_bound_is_not_told_that_it_changed_its_arguments(found: Any, rounded: str) -> None:
    failed = found("vlb", f"_right = compute_vlb\ndef compute_vlb(*a):\n    loss = _right(*a)\n    return {rounded}")
    assert failed
    assert "vlb_leaves_its_arguments_alone" not in failed
    for check in failed.values():
        assert check["misconception"] is None
        assert not any(word in str(check) for word in ("in place", "caller", "overwrite", "changed its"))
