"""Asks a part again with right functions in place of the student's wrong ones, so that one mistake is paid for once.

For example, a student's training may lose points only because it calls the student's wrong E-step. The notebook's
cells then run once more in a fresh process. There the E-step is a stand-in, which asks the trusted side for the right
answer. Nothing but the training is asked in that process. So the stand-in can tell nothing about another part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.grading.asking import Outcome, outcomes_of_checks
from autograder.grading.spec import Spec
from autograder.grading.student import Student


def wrong_functions(outcomes: Mapping[str, Outcome], spec: Spec) -> dict[str, tuple[str, ...]]:
    """Return the parts that may have lost points through other functions, each with these functions.

    It is a part that lost points and builds on functions whose own parts lost points too.
    """
    parts = spec.assignment.parts
    lost = {
        part.id: any(outcomes[c.name]["status"] != "pass" for c, _ in spec.checks_with_cases if c.part == part.id)
        for part in parts
    }
    broken = {part.function for part in parts if lost[part.id] and part.function in spec.stand_ins}
    found = {part.id: tuple(f for f in part.builds_on if f in broken) for part in parts if lost[part.id]}
    return {part: functions for part, functions in found.items() if functions}


def ask_again(
    outcomes: dict[str, Outcome], student: Student, spec: Spec, part: str, functions: Sequence[str]
) -> Student:
    """Ask the checks of `part` that did not pass once more, and write the new outcomes into `outcomes`.

    Return the student whose `functions` are right ones. The caller closes it.
    """
    second = student.with_stand_ins({name: spec.stand_ins[name] for name in functions})
    second.start()
    words = f"{_listed(functions)} in place of yours"
    for name, outcome in outcomes_of_checks(second, spec, part).items():
        if outcomes[name]["status"] == "pass":
            continue
        if outcome["status"] == "pass":
            outcome["followed_through"] = True
            function = spec.assignment.part(part).function
            names = _listed(functions)
            outcome["message"] = f"With correct {words}, {function} passes this. Correct your {names} first."
        elif outcome["status"] == "fail":
            outcome["message"] += f" (The grader saw this with correct {words}.)"
        outcome["seconds"] = round(outcome["seconds"] + outcomes[name]["seconds"], 4)
        outcomes[name] = outcome
    return second


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
