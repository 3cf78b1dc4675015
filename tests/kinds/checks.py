"""Checks of values of many kinds."""

import numpy as np
from reference.kinds import cases
from reference.kinds.solution import Chain, groups, shares

from autograder.assignment import check, close_up_to_labels, expect


@check("shares", points=10, cases=cases.words)
def shares_are_right(student, case):
    """The share of each word is right."""
    expect(student.shares(case.words), "table").alike(shares(list(case.words)), case.tolerance)


@check("path", points=10, cases=cases.scores)
def path_is_best(student, case):
    """The path has the largest score at each time; of several such paths any is right."""
    path = expect(student.best_path(case.scores), "path").shape(len(case.scores), axes=("T",)).whole()
    inside = (path.array >= 0) & (path.array < case.scores.shape[1])
    path.holds(bool(inside.all()), "has states that do not exist.")
    found = np.take_along_axis(case.scores, path.array.astype(int)[:, None], 1).sum()
    expect(found, "the score of the path").shape().at_least(case.scores.max(axis=1).sum(), case.tolerance, 1.0)


def _fitted(student, case):
    chain = student.new("Chain", n_states=case.K)
    chain.fit(case.states)
    return chain


@check("chain", points=10, cases=cases.sequences)
def transitions_are_right(student, case):
    """The transitions are the shares of the pairs of states."""
    expected = Chain(case.K).fit(case.states).transitions
    found = expect(_fitted(student, case).value("transitions"), "transitions").shape(case.K, case.K)
    found.finite().close_to(expected, case.tolerance)


@check("chain", points=10, cases=cases.sequences, after=transitions_are_right)
def next_state_is_right(student, case):
    """The most likely next state is right for each state."""
    chain, right = _fitted(student, case), Chain(case.K).fit(case.states)
    for state in range(case.K):
        expect(chain.most_likely_next(state), "the next state").exact(right.most_likely_next(state))


@check("choice", points=5, cases=cases.nothing)
def choice_is_right(student, case):
    """The answer is the right one."""
    expect(student.value("answer_4"), "answer_4").exact("B")


@check("count", points=5, cases=cases.nothing)
def count_is_right(student, case):
    """The number is the right one."""
    expect(student.value("answer_5"), "answer_5").exact(44)


@check("groups", points=10, cases=cases.points)
def groups_are_right(student, case):
    """Points are together that belong together. The numbers of the groups are free."""
    found = expect(student.groups(case.x), "groups").shape(len(case.x), axes=("N",)).whole()
    close_up_to_labels([(found, groups(case.x), "values")], case.tolerance)
