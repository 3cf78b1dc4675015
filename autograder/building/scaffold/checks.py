"""What $slug asks of a student's code, and for how many points.

CHANGE: write a check for each thing that can be wrong. docs/vocabulary.md of the kit shows what a check can
demand. The points of a part's checks add up to its `max_score` in assignment.toml.
"""

from autograder.assignment import check, expect
from reference.$slug import cases, solution


def _expect_weighted_mean(student, case):
    right = solution.weighted_mean(case.x, case.w)
    expect(student.weighted_mean(case.x, case.w), "the mean").shape().finite().close_to(right, case.tolerance)


@check("mean", points=7, cases=cases.ordinary)
def mean_is_right(student, case):
    """The weighted mean is right."""  # students read this line
    _expect_weighted_mean(student, case)


@check("mean", points=3, cases=cases.heavy)
def large_weights_do_no_harm(student, case):
    """It is also right with large weights."""
    _expect_weighted_mean(student, case)


@check("question", points=2, cases=cases.nothing)
def answer_is_right(student, case):
    """The answer to question 2 is right."""
    expect(student.value("answer_2"), "answer_2").one_of(["B", "b"])
