"""The hidden training problems: as hard for everybody, and no dearer than the notebook's own."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, Case, Check, CheckFailed, Misconception, declared_in, source_notebook
from autograder.grading import Spec, question_of, seed_of
from autograder.proof.in_process_student import InProcessStudent
from reference.em_gmm import cases, checks, misconceptions, solution, training

pytestmark = pytest.mark.usefixtures("each_step_is_computed_once")
TRAINING = [check for check in declared_in(checks, Check) if check.part == "em"]


def distances(X: Any) -> Any:
    return np.sort(np.linalg.norm(X[:, None] - X, axis=-1), axis=None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_students_training_data_are_everybodys_turned_so_that_every_bound_is_the_same(seed: int) -> None:
    for own, common in zip(training.crossing_ridges(seed), training.crossing_ridges(), strict=True):
        assert not np.isin(own.X, common.X).any()
        assert np.allclose(distances(own.X), distances(common.X))
        assert own.best == common.best
        theta = solution.train_EM(own.X, own.C, rtol=1e-8, max_iter=500, restarts=25, seed=1)
        assert theta[0] == pytest.approx(own.best, rel=1e-5)


def every(asked: Case) -> Iterator[Case]:
    """What a case may lead to."""
    for case in (asked, *asked.second_look):
        yield from (part for pair in case.pairs for part in pair) if "pairs" in case.inputs else [case]


def spent(train: Any, module: dict[str, Any], *arguments: Any) -> int:
    """How many points' responsibilities a call of train_EM asks for, over all components and iterations."""
    total = 0
    E_step = module["E_step"]

    def counting(X: Any, pi: Any, mu: Any, sigma: Any) -> Any:
        nonlocal total
        total += len(X) * len(mu)
        return E_step(X, pi, mu, sigma)

    module["E_step"] = counting
    np.random.seed(0)
    train(*arguments)
    module["E_step"] = E_step
    return total


def test_a_loop_that_is_as_slow_as_any_that_was_seen_has_time_enough_for_every_graded_call(
    course: Assignment, course_spec: Spec
) -> None:
    cells = {
        cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"])
        for cell in source_notebook(course)["cells"]
    }
    module: dict[str, Any] = {"np": np}
    exec("from numpy.linalg import LinAlgError, slogdet, solve\nimport sys\nfrom tqdm import tqdm", module)
    for name in ("e_step", "m_step", "compute_vlb", "train_EM"):
        exec(cells[name], module)
    known: dict[bytes, int] = {}  # several checks ask for the same

    def spent_on(*arguments: Any) -> int:
        question = question_of("train_EM", arguments)
        if question not in known:
            known[question] = spent(module["train_EM"], module, *arguments)
        return known[question]

    notebook = spent_on(cases.X, 3)
    for check in TRAINING:
        graded = [
            spent_on(case.X, case.C, case.rtol, case.max_iter, case.restarts)
            for asked in check.cases(None)
            for case in every(asked)
        ]
        assert 66 * max(graded) / notebook < course_spec.call_limits.seconds[check.name], check.name


def test_only_what_right_code_may_miss_by_bad_luck_gets_a_second_look_and_on_other_data() -> None:
    looked = {check.name: [case for case in check.cases(1) if case.second_look] for check in TRAINING}
    looked = {name: asked for name, asked in looked.items() if asked}
    of_slow_data = ["iterations_improve_the_mixture", "loss_belongs_to_the_parameters"]
    of_single_runs = ["a_single_step_suffices", "stops_when_the_bound_settles"]
    of_several = ["finds_the_best_optimum", "survives_collapse"]
    assert sorted(looked) == sorted([*of_several, *of_single_runs, *of_slow_data])
    assert all([case.name for case in looked[name]] == ["data on which EM is slow"] for name in of_slow_data)
    for name, asked in looked.items():
        second = [another for case in asked for another in case.second_look]
        if name not in of_single_runs:
            assert max(case.restarts for case in second) > 2 * max(case.restarts for case in asked)
        assert not any(np.isin(case.X, other.X).any() for case in asked for other in second)


@pytest.mark.parametrize("seed", [1, 2])
def test_nine_sets_with_several_optima_tell_the_best_restart_from_any_other(seed: int) -> None:
    asked = training.the_best_of_several(seed)
    assert len(asked) == len({case.X.tobytes() for case in asked}) == 9
    assert {id(case.second_look) for case in asked} == {id(asked[0].second_look)}
    [pairs] = [case.pairs for case in training.single_and_several(seed)]
    assert [(single.restarts, several.restarts) for single, several in pairs] == [(1, 6)] * 9


def test_a_single_run_that_is_followed_by_restarts_draws_the_same_start() -> None:
    for pair in training.single_and_several(1)[0].pairs:
        single, several = (seed_of("train_EM", (case.X, 2, 1e-5, 100, case.restarts)) for case in pair)
        assert single == several
    assert seed_of("train_EM", (cases.X, 3)) != seed_of("train_EM", (cases.X + 1, 3))


SHARED = np.random.default_rng(5)


def from_one_generator_for_all_calls(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
    """Never starts the same again."""
    return solution.train_EM(X, C, rtol, max_iter, restarts, seed=int(SHARED.integers(1 << 30)))


def in_a_loop_that_has_to_be_let_in(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
    """while change > rtol, and change is 1 to begin with."""
    if rtol >= 1:
        raise UnboundLocalError("cannot access local variable 'loss'")
    return solution.train_EM(X, C, rtol, max_iter, restarts, seed=np.random.randint(1 << 30))


def with_a_small_ridge(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
    """A hundred thousandth of the data's variance on every diagonal, once all is fitted."""
    loss, pi, mu, sigma = solution.train_EM(X, C, rtol, max_iter, restarts, seed=np.random.randint(1 << 30))
    return loss, pi, mu, sigma + 1e-5 * X.var() * np.eye(X.shape[1])


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(
    "train", [from_one_generator_for_all_calls, in_a_loop_that_has_to_be_let_in, with_a_small_ridge]
)
def test_right_training_of_another_habit_keeps_every_point(train: Any, seed: int | None) -> None:
    assert lost(train, seed) == {}


def test_who_runs_the_same_again_is_found_out_on_all_data() -> None:
    run = mistake("same_seed_for_every_restart")
    functions = {f: getattr(solution, f) for f in cases.FUNCTIONS} | {"train_EM": run}
    [check] = [check for check in TRAINING if check.name == "restarts_make_a_difference"]
    passed = 0
    for seed in range(8):
        try:
            check.ask(InProcessStudent(functions, seed), check.cases(seed)[0].with_tolerance(1e-3))
            passed += 1
        except CheckFailed:
            pass
    assert passed == 0


def mistake(name: str) -> Any:
    return next(m.function for m in declared_in(misconceptions, Misconception) if m.name == name)


@functools.cache
def lost(train: Any, seed: int | None = None) -> dict[str, str]:
    """The checks that training does not pass, each with its message. Checks that are not asked have none."""
    student = InProcessStudent({f: getattr(solution, f) for f in cases.FUNCTIONS} | {"train_EM": train}, seed=None)
    failed: dict[str, str] = {}
    for check in TRAINING:
        if check.after in failed:
            failed[check.name] = ""
            continue
        try:
            for case in check.cases(seed):
                check.ask(student, case.with_tolerance(1e-3))
        except CheckFailed as problem:
            failed[check.name] = str(problem)
    return failed


def said(name: str, train: Any) -> str:
    """Why a check does not pass training."""
    return lost(train)[name]


def points_lost(train: Any) -> float:
    failed = lost(train)
    return sum(check.points for check in TRAINING if check.name in failed)


@pytest.mark.parametrize(
    "name",
    [
        *("smallest_bound_kept", "last_restart_kept", "first_restart_kept", "same_seed_for_every_restart"),
        *("best_parameters_overwritten", "largest_bound_with_the_last_parameters", "returned_at_the_first_convergence"),
        *("local_optimum", "k_means_run_to_its_end"),
    ],
)
def test_restarts_and_keeping_the_best_of_them_are_worth_almost_half_of_the_points(name: str) -> None:
    assert 8 <= points_lost(mistake(name)) <= 12


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("best_loss_starts_too_high", ["any_bound_can_be_the_best"]),
        ("nan_of_the_first_restart_kept", ["survives_collapse"]),
        ("infinite_bound_of_a_collapse_kept", ["survives_collapse"]),
        ("collapse_kept_inside_the_iterations", ["survives_collapse"]),
        ("starts_moved_from_the_last_end", ["survives_collapse"]),
        ("collapse_not_caught", ["survives_collapse"]),
        ("assertion_about_the_scale", ["trains_other_sizes"]),
        ("limit_of_iterations_ignored", ["a_single_step_suffices"]),
        ("one_iteration_too_few", ["a_single_step_suffices"]),
        ("tolerance_ignored", ["stops_when_the_bound_settles"]),
        ("sign_of_a_loss", ["loss_belongs_to_the_parameters"]),
        ("number_of_restarts_ignored", ["restarts_make_a_difference"]),
    ],
)
def test_a_mistake_costs_the_points_of_the_check_that_is_about_it_and_no_others(name: str, due: list[str]) -> None:
    assert list(lost(mistake(name))) == due


@pytest.mark.parametrize("name", ["difference_in_the_wrong_order", "stops_while_moving"])
def test_who_stops_too_early_still_gets_the_points_for_everything_else(name: str) -> None:
    assert list(lost(mistake(name))) == ["finds_the_best_optimum", "stops_when_the_bound_settles"]


@pytest.mark.parametrize(
    ("name", "at", "due"),
    [
        ("local_optimum", "finds_the_best_optimum", "with restarts = 1 it returns the same optimum"),
        ("largest_bound_with_the_last_parameters", "finds_the_best_optimum", "with restarts = 1 it returns a better"),
        ("local_optimum", "restarts_make_a_difference", "on 9 data sets, train_EM ends in the same place"),
        ("tolerance_ignored", "stops_when_the_bound_settles", "one more iteration on what train_EM returned raises"),
        ("best_parameters_overwritten", "survives_collapse", "a component that has all but collapsed"),
    ],
)
def test_the_message_says_what_is_known_and_no_more(name: str, at: str, due: str) -> None:
    assert due in said(at, mistake(name))


def test_a_call_that_fails_beside_the_one_in_question_is_named_as_it_was_made() -> None:
    def fails_at_three(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
        return None if max_iter == 3 else solution.train_EM(X, C, rtol, max_iter, restarts)

    assert said("a_single_step_suffices", fails_at_three).startswith(
        "with restarts = 1, max_iter = 3 and rtol = 1e-09:"
    )


def with_a_negative_weight(loss: Any, pi: Any, mu: Any, sigma: Any) -> Any:
    return loss, np.concatenate([pi[:-1] + 2 * pi[-1] / (len(pi) - 1), -pi[-1:]]) if len(pi) > 1 else pi, mu, sigma


def with_weights_that_sum_to_more(loss: Any, pi: Any, mu: Any, sigma: Any) -> Any:
    return loss, 1.1 * pi, mu, sigma


def askew(loss: Any, pi: Any, mu: Any, sigma: Any) -> Any:
    return loss, pi, mu, sigma + 0.01 * np.triu(np.ones(sigma.shape[1:]), 1)


def turned_inside_out(loss: Any, pi: Any, mu: Any, sigma: Any) -> Any:
    return loss, pi, mu, -sigma


@pytest.mark.parametrize(
    ("spoiled", "due"),
    [
        (with_a_negative_weight, "has negative entries"),
        (with_weights_that_sum_to_more, "does not sum to one"),
        (askew, "is not symmetric"),
        (turned_inside_out, "is not positive semi-definite"),
    ],
)
def test_a_mixture_that_is_none_is_told_what_is_wrong_with_it(spoiled: Any, due: str) -> None:
    def train(*arguments: Any) -> Any:
        return spoiled(*solution.train_EM(*arguments))

    functions = {f: getattr(solution, f) for f in cases.FUNCTIONS} | {"train_EM": train}
    [check] = [check for check in TRAINING if check.name == "iterations_improve_the_mixture"]
    with pytest.raises(CheckFailed, match=due):
        check.question(InProcessStudent(functions), check.cases(None)[0])


def test_iterations_that_do_not_hang_on_max_iter_are_seen_by_it() -> None:
    assert "went on after max_iter = 1" in said("a_single_step_suffices", mistake("limit_of_iterations_ignored"))

    def at_least_two(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
        return solution.train_EM(X, C, rtol, max_iter if max_iter > 9 else 2, restarts)

    assert "the same after max_iter = 1 iteration" in said("a_single_step_suffices", at_least_two)
