"""The experiments with train_EM: true of the mistakes that they are called after, and never of right code."""

from __future__ import annotations

import pytest

from autograder.assignment import Alternative, Check, Experiment, Misconception, declared_in, known_mistakes
from autograder.proof.in_process_student import InProcessStudent
from reference.em_gmm import alternatives, checks, experiments, misconceptions, solution

pytestmark = pytest.mark.usefixtures("each_step_is_computed_once")
EXPERIMENTS = declared_in(experiments, Experiment)
RIGHT = [a for a in declared_in(alternatives, Alternative) if a.solves == "train_EM"]
MISTAKES = {m.name: m for m in known_mistakes(misconceptions)}


def true_of(function: object) -> set[str]:
    functions = {name: getattr(solution, name) for name in ("E_step", "M_step", "compute_vlb")}
    student = InProcessStudent({**functions, "train_EM": function}, seed=None)  # type: ignore[dict-item]
    return {experiment.name for experiment in EXPERIMENTS if experiment.holds(student)}


def test_each_has_the_name_and_part_of_a_misconception_and_explains_checks_of_that_part() -> None:
    parts = {check.name: check.part for check in declared_in(checks, Check)}
    for experiment in EXPERIMENTS:
        assert MISTAKES[experiment.name].part == experiment.part
        assert MISTAKES[experiment.name].known_as == experiment.name
        assert {parts[name] for name in experiment.explains} == {experiment.part}


@pytest.mark.parametrize("right", RIGHT[::3], ids=lambda a: a.name)
def test_none_is_true_of_right_code(right: Alternative) -> None:
    assert true_of(right.function) == set()


@pytest.mark.parametrize("name", [e.name for e in EXPERIMENTS])
def test_each_is_true_of_its_mistake_and_no_other_one_is(name: str) -> None:
    assert true_of(MISTAKES[name].function) == {name}


@pytest.mark.parametrize(
    "mistake",
    [m for m in MISTAKES.values() if m.known_as != m.name and m.known_as in {e.name for e in EXPERIMENTS}],
    ids=lambda m: m.name,
)
def test_it_is_true_of_all_mistakes_that_are_known_by_its_name(mistake: Misconception) -> None:
    assert mistake.known_as in true_of(mistake.function) <= {mistake.known_as, *mistake.may_be_named_as}
