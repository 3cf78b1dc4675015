"""The checks of a fitted line."""

from reference.line import cases
from reference.line.solution import fit_line

from autograder.assignment import check, expect


def _expect_least_squares(student, case):
    expect(student.fit_line(case.x, case.y), "w").shape(2).finite().close_to(fit_line(case.x, case.y), case.tolerance)


@check("line", points=6, cases=cases.ordinary)
def line_is_right(student, case):
    """Intercept and slope are those of least squares."""
    _expect_least_squares(student, case)


@check("line", points=4, cases=cases.shifted)
def line_far_away(student, case):
    """They are also right for points far from zero."""
    _expect_least_squares(student, case)
