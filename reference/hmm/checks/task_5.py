"""Task 5: training."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from autograder.assignment import Case, CheckFailed, check
from reference.hmm import training
from reference.hmm.returned import demand_best, demand_loglik, trained


@check("baum_welch", points=2, cases=training.to_the_end)
def training_reaches_a_maximum(student: Any, case: Case) -> None:
    """baum_welch returns distributions that another iteration hardly improves."""
    model = trained(student, case)
    model.demand_valid()
    gain = model.gain()
    # A run ends when its last iteration gained at most rtol. The next one may gain a little more than that.
    if not gain <= 20 * case.rtol * abs(model.true_loglik()):
        raise CheckFailed(f"another iteration raises the log-likelihood by {gain:.2g}, so training has not ended.")


@check("baum_welch", points=1, cases=training.other_sizes)
def training_for_any_size(student: Any, case: Case) -> None:
    """baum_welch returns distributions for any K, M and T, also if a symbol does not occur."""
    trained(student, case).demand_valid()


@check("baum_welch", points=4, cases=training.steps)
def an_iteration_is_a_step_of_em(student: Any, case: Case) -> None:
    """The second iteration of a run makes of A, B and pi what the formulas make of them."""
    one, again = (trained(student, run) for run in (case.one, case.again))
    two = trained(student, case)
    for model in (one, two):
        model.demand_valid()
    if not one.same_as(again):
        return  # two calls have different starts, so nothing can be said about the second iteration
    off = two.distance_to(one.after_a_step())
    if not off <= case.tolerance:
        raise CheckFailed(f"one iteration more changes a probability that is then off by {off:.2g}.", off)


@check("baum_welch", points=3, cases=training.to_the_end)
def loglik_belongs_to_the_parameters(student: Any, case: Case) -> None:
    """best_loglik is the log-likelihood of the returned parameters."""
    demand_loglik(trained(student, case), case.tolerance)


@check("baum_welch", points=6, cases=training.the_best_of_several, tries="restarts")
def finds_the_best_maximum(student: Any, case: Case) -> None:
    """If restarts end in different local maxima, baum_welch returns the parameters of the best one."""
    demand_best(trained(student, case), case.best, case.tolerance)


@check("baum_welch", points=2, cases=training.ends)
def stops_when_it_should(student: Any, case: Case) -> None:
    """A run ends after max_iter iterations, or as soon as the log-likelihood settles, and not before."""
    by_both, by_limit, by_tolerance, three = (
        trained(student, run) for run in (case.by_both, case.by_limit, case.by_tolerance, case.three)
    )
    for model in (by_both, by_limit, by_tolerance, three):
        model.demand_valid()
    if by_limit.same_as(three):
        raise CheckFailed("max_iter = 3 gives the same as max_iter = 1, although the log-likelihood still changes.")
    # After one iteration each of these runs has to end. If any two give the same, they have the same start.
    same = [by_both.same_as(by_limit), by_both.same_as(by_tolerance), by_limit.same_as(by_tolerance)]
    if any(same) and not all(same):
        broken = "max_iter" if same[1] else "rtol"
        raise CheckFailed(f"a run of one iteration went on: {broken} did not end it.")
    if all(same):
        _ends_when_it_settles(student, case)


def _ends_when_it_settles(student: Any, case: Case) -> None:
    """Demand that a run ends after the first iteration that changes the log-likelihood by at most rtol of itself.

    One step more is right too: some code measures the log-likelihood before it updates the parameters.
    """
    settled = trained(student, case.settles)
    settled.demand_valid()
    after = [trained(student, run) for run in case.each]
    logliks = [model.true_loglik() for model in after]
    small = [abs(now - before) <= case.settles.rtol * abs(before) for before, now in pairwise(logliks)]
    if True not in small:
        return
    first = small.index(True) + 1
    # What the first iteration changes is not known.
    if not any(settled.same_as(model) for model in (after[0], *after[first : first + 2])):
        raise CheckFailed(
            "a run does not end after the first iteration that changes the log-likelihood by rtol or less."
        )


@check("baum_welch", points=2, cases=training.long)
def training_on_long_sequences(student: Any, case: Case) -> None:
    """baum_welch returns distributions for a sequence whose probability is too small for a float."""
    trained(student, case).demand_valid()
