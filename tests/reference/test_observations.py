"""The facts that are said about the code of em_gmm: each is seen where it is, and nowhere else."""

from __future__ import annotations

import re

import pytest

from autograder.assignment import (
    Alternative,
    Assignment,
    Misconception,
    Observation,
    declared_in,
    notebook_to_bytes,
    source_notebook,
    source_of,
    with_solutions,
    wrong_about_examples,
)
from autograder.grading import observations_of, observe

# True of some right solutions too, which lose no points by it.
_TRUE_OF_RIGHT_CODE = re.compile(
    r"^You add (1e-10|eps = 2.22045e-16) inside a logarithm: `np.log\(gamma \+ (1e-10|eps)\)`\.$"
    r"|^You add np.finfo\(float\).eps: `gamma.sum\(axis=0\) \+ np.finfo\(float\).eps`\.$"
    r"|^You compute with np.float32, which keeps about 7 digits\.$"
    r"|^`np.clip\(gamma, 1e-200, None\)` raises every smaller value to 1e-200\.$"
    r"|^`np.nansum\(terms\)` hides every NaN\.$"
    r"|calls neither E_step nor M_step\.$"
    r"|^`range\((3|10)\)` ends at (3|10), whatever the arguments are\.$"
)


@pytest.fixture(scope="module")
def observations(assignment: Assignment) -> list[Observation]:
    return observations_of(assignment)


def test_each_observation_is_made_about_its_example_and_not_about_code_that_looks_alike(
    observations: list[Observation],
) -> None:
    assert len(observations) > 60
    assert wrong_about_examples(observations) == []


def test_no_two_observations_have_the_same_name(observations: list[Observation]) -> None:
    names = [observation.name for observation in observations]
    assert sorted(set(names)) == sorted(names)


def test_an_observation_names_parts_of_the_assignment(assignment: Assignment, observations: list[Observation]) -> None:
    assert {part for observation in observations for part in observation.parts} <= {
        part.id for part in assignment.parts
    }


def _said(assignment: Assignment, known: Alternative | Misconception, function: str) -> dict[str, list[str]]:
    code = {assignment.cell_of(function): source_of(known.function, function)}
    raw = notebook_to_bytes(with_solutions(source_notebook(assignment), code))
    return {part.id: observe(raw, part.id, assignment) for part in assignment.parts if part.function == function}


def test_nothing_is_said_about_the_reference(assignment: Assignment) -> None:
    raw = notebook_to_bytes(source_notebook(assignment))
    assert {part.id: observe(raw, part.id, assignment) for part in assignment.parts} == {
        part.id: [] for part in assignment.parts
    }


def test_nothing_false_is_said_about_a_right_solution(assignment: Assignment) -> None:
    said = {
        f"{known.name}: {sentence}"
        for known in declared_in(assignment.alternatives, Alternative)
        for sentences in _said(assignment, known, known.solves).values()
        for sentence in sentences
        if not _TRUE_OF_RIGHT_CODE.search(sentence)
    }
    assert said == set()


@pytest.mark.parametrize(
    ("name", "part", "sentence"),
    [
        ("log_likelihood_instead_of_bound", "vlb", "never uses its argument gamma."),
        ("smallest_bound_kept", "em", "You keep the smaller value, `if loss < best_loss`."),
        ("number_of_components_ignored", "em", "overwrites the argument C of number_of_components_ignored"),
        ("one_maximum_for_all_points", "e_step", "takes one maximum over all of log_p"),
    ],
)
def test_a_known_mistake_that_shows_in_the_code_is_observed(
    assignment: Assignment, name: str, part: str, sentence: str
) -> None:
    known = next(m for m in declared_in(assignment.misconceptions, Misconception) if m.name == name)
    said = _said(assignment, known, assignment.part(part).function)[part]
    assert any(sentence in one for one in said), said
