"""The observations, experiments and models of the assignment about hidden Markov models."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment import (
    Alternative,
    Check,
    Experiment,
    Misconception,
    Observation,
    declared_in,
    known_mistakes,
    load,
    wrong_about_examples,
)
from autograder.proof.in_process_student import InProcessStudent
from reference.hmm import (
    alternatives,
    cases,
    checks,
    experiments,
    hardness,
    misconceptions,
    observations,
    pictures,
    solution,
    training,
)
from reference.hmm.models import renamed, two_habits
from tests.reference.computed_once import once

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = declared_in(experiments, Experiment)
MISTAKES = {m.name: m for m in known_mistakes(misconceptions)}
NAMES = ("forward", "backward", "posterior", "viterbi", "baum_welch", "HMM")
ASKED = {"baum_welch": "baum_welch", "hmm": "HMM"}


@pytest.fixture(autouse=True, scope="module")
def _each_step_is_computed_once() -> Iterator[None]:
    """Training with six restarts does the same runs as training with five, and most mistakes do the same steps."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_log_alpha", "_posterior"):
            patch.setattr(solution, name, once(getattr(solution, name)))
        patch.setattr(training, "_drawn", functools.cache(training._drawn))
        yield


def true_of(function: object, part: str) -> set[str]:
    functions = {name: getattr(solution, name) for name in NAMES} | {ASKED[part]: function}
    student = InProcessStudent(functions, seed=None)
    return {experiment.name for experiment in EXPERIMENTS if experiment.part == part and experiment.holds(student)}


def test_there_are_as_many_alternatives_and_misconceptions_as_promised() -> None:
    assert len(declared_in(alternatives, Alternative)) >= 24
    assert len(declared_in(misconceptions, Misconception)) >= 60


def test_the_kit_finds_the_experiments_in_their_folder() -> None:
    assert load(ROOT, "hmm").experiments is experiments


def test_each_experiment_has_the_name_and_part_of_a_misconception_and_explains_checks_of_that_part() -> None:
    parts = {check.name: check.part for check in declared_in(checks, Check)}
    for experiment in EXPERIMENTS:
        assert MISTAKES[experiment.name].part == experiment.part
        assert MISTAKES[experiment.name].known_as == experiment.name
        assert {parts[name] for name in experiment.explains} == {experiment.part}


@pytest.mark.parametrize(
    "right", [a for a in declared_in(alternatives, Alternative) if a.solves == "baum_welch"][::3], ids=lambda a: a.name
)
def test_no_experiment_is_true_of_right_code(right: Alternative) -> None:
    assert true_of(right.function, "baum_welch") == set()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_each_experiment_is_true_of_its_mistake_and_no_other_one_is(experiment: Experiment) -> None:
    assert true_of(MISTAKES[experiment.name].function, experiment.part) == {experiment.name}


def test_each_observation_is_made_about_its_example_and_not_about_the_other_one() -> None:
    found = declared_in(observations, Observation)
    assert found
    assert wrong_about_examples(found) == []


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_notebooks_sequence_has_a_single_best_path_and_is_as_hard_for_everybody(seed: int | None) -> None:
    for name, value in hardness.measure(seed).items():
        low, high = hardness.PROPERTIES[name]
        assert low <= value <= high, name


def test_the_lead_of_the_best_path_is_its_distance_from_the_second_best_by_brute_force() -> None:
    p = cases.ordinary()[0]
    obs = p.obs[:6]
    every = np.stack(np.meshgrid(*[[0, 1]] * 6, indexing="ij")).reshape(6, -1).T
    found = sorted(solution.path_log_probability(p.A, p.B, p.pi, obs, path) for path in every)
    assert cases.lead_of_the_best_path(p.A, p.B, p.pi, obs) == pytest.approx(found[-1] - found[-2])


def test_other_names_of_the_symbols_leave_the_best_likelihood_as_it_is() -> None:
    obs = two_habits(59, 12, 0.08, 0.2)
    one, other = (
        solution.run_all(sequence, *cases.starts(20, 2, 4), 1e-7, 200)[0].max()
        for sequence in (obs, renamed(obs, 4, 5))
    )
    assert one == pytest.approx(other, rel=1e-4)
    assert not np.array_equal(obs, renamed(obs, 4, 5))


@pytest.mark.parametrize("part", pictures.WORDS)
def test_there_is_a_picture_of_each_part_for_right_code_and_none_for_what_cannot_be_drawn(part: str) -> None:
    right = InProcessStudent({name: getattr(solution, name) for name in NAMES})
    assert pictures.draw(part, right) is not None
    nothing = InProcessStudent(dict.fromkeys(NAMES, lambda *arguments: None))
    assert pictures.draw(part, nothing) is None
