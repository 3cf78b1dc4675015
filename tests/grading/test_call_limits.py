"""How much time a call may take, and what a function costs that hangs."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Alternative, Assignment, Check, CheckFailed, UsageError, declared_in, load
from autograder.grading import FLOOR, MULTIPLE, CallLimits, Notebook, Spec, Student, outcomes_of_checks, yardstick
from autograder.grading.call_limits import call_limits
from autograder.proof.calibrate import demand_enough_seconds, slowest_alternatives
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.measure import Measured
from autograder.sandbox import Sandbox

Make = Callable[[str], Student]
F = "import time\ndef f(n):\n    while n > 1: time.sleep(1)\n    return n"  # sleep counts as well, and costs nothing
G = F.replace("def f", "def g")
COMPUTES = F.replace("time.sleep(1)", "pass")


@pytest.fixture
def student(impatient_sandbox: Sandbox) -> Iterator[Make]:
    """A student whose notebook is one cell. `g` is meant to call `f`. A call may take a second."""
    with contextlib.ExitStack() as stack:

        def make(cell: str) -> Student:
            made = Student(impatient_sandbox, Notebook([cell], {}), ["f", "g"], {"g": ["f"]})
            stack.callback(made.close)
            made.start()
            return made

        yield make


# ---------------------------------------------------------------- a function that hangs


def test_a_function_that_hung_gets_an_eighth_of_the_time_and_is_stopped_twice_at_most(student: Make) -> None:
    ada = student(COMPUTES)
    for n, why in [
        (2, r"within 1 seconds of processor time\.$"),
        (3, r"within 0\.125 seconds.* It had less time than before"),
        (4, "not called again.*stopped 2 times"),
    ]:
        if n < 4:
            assert ada.f(-n) == -n  # what ends is answered all the same
        with pytest.raises(CheckFailed, match=why):
            ada.f(n)


def test_a_function_is_not_called_if_one_that_it_may_call_hung(student: Make) -> None:
    ada = student(f"{F}\n{G}")
    assert ada.g(1) == 1
    with pytest.raises(CheckFailed, match="within 1 seconds"):
        ada.f(2)
    with pytest.raises(CheckFailed, match="g was not called, because f, which it may call, had to be stopped"):
        ada.g(3)


def test_a_function_that_calls_none_that_hung_loses_nothing(student: Make) -> None:
    ada = student(f"{F}\n{G}")
    for n, why in [(2, "within 1 seconds"), (3, r"within 0\.125 seconds")]:
        with pytest.raises(CheckFailed, match=why):
            ada.g(n)
    assert ada.f(1) == 1
    with pytest.raises(CheckFailed, match="within 1 seconds"):
        ada.f(2)


def test_after_a_restart_no_function_that_hung_is_called_again(student: Make) -> None:
    ada = student(f"{F}\n{G}")
    with pytest.raises(CheckFailed, match="within 1 seconds"):
        ada.f(2)
    ada.restart(60)
    with pytest.raises(CheckFailed, match="not called again"):
        ada.f(1)


def test_the_check_that_asks_says_how_long_a_call_may_take(student: Make) -> None:
    ada = student(COMPUTES)
    ada.call_seconds = 0.25
    with pytest.raises(CheckFailed, match=r"within 0\.25 seconds of processor time"):
        ada.f(2)


def test_the_quickest_check_of_a_function_is_asked_first_also_if_it_waits_for_another_one(spec: Spec) -> None:
    asked: list[tuple[str, float]] = []
    noted: Any = type("Noted", (), {})()

    def make(name: str, part: str, after: str | None) -> Check:
        def question(student: Any, _: Any) -> None:
            asked.append((name, student.call_seconds))

        question.__name__ = name
        return Check(part, 1.0, lambda _: (), False, after, None, question)

    order = [("a", "em", None), ("b", "em", "a"), ("c", "em", None), ("d", "vlb", None), ("e", "em", "c")]
    case = declared_in(spec.assignment.checks, Check)[0].cases(None)[0]
    checks = tuple((make(*names), (case,)) for names in order)
    limits = CallLimits({"a": 9.0, "b": 2.0, "c": 3.0, "d": 30.0, "e": 4.0})
    outcomes = outcomes_of_checks(noted, dataclasses.replace(spec, checks_with_cases=checks, call_limits=limits))
    first = ("b", 2.0)
    assert asked == [first, ("a", 9.0), ("b", 2.0), ("c", 3.0), ("d", 30.0), ("d", 30.0), ("e", 4.0)]
    assert list(outcomes) == ["a", "b", "c", "d", "e"]


# ---------------------------------------------------------------- limits from evidence


def calibration(**seconds: float) -> dict[str, Any]:
    checks = {name: {"slowest_alternative": {"name": "loops", "seconds": s}} for name, s in seconds.items()}
    return {"checks": checks, "key": {}, "yardstick_seconds": yardstick()}


def test_a_call_may_take_a_multiple_of_the_slowest_right_solution_and_never_less_than_the_floor(
    course: Assignment,
) -> None:
    limits = call_limits(course, calibration(slow=1.0, quick=1e-4))
    assert limits.of("slow") == MULTIPLE * 1.0
    assert limits.of("quick") == FLOOR
    assert limits.of("not measured") == float("inf")


def test_a_slower_worker_gives_more_time_and_a_faster_one_not_less() -> None:
    assert CallLimits({"a": 2.0}, yardstick() / 3).of("a") == 6.0
    assert CallLimits({"a": 2.0}, yardstick() * 3).of("a") == 2.0


def test_a_calibration_of_an_older_kit_limits_no_call(course: Assignment) -> None:
    assert call_limits(course, {"checks": {"a": {"tolerance": 1e-7}}, "key": {}}).of("a") == float("inf")


def test_what_the_policy_says_about_a_check_replaces_the_measured_limit(course: Assignment) -> None:
    by_hand = dataclasses.replace(course, seconds={"slow": {"value": 7, "why": "a reason"}})
    assert call_limits(by_hand, calibration(slow=1.0)).of("slow") == 7.0
    with pytest.raises(UsageError, match=r"\[seconds\.slow\]: reference/em_gmm/checks has no check of this name"):
        call_limits(by_hand, calibration(quick=1.0))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("value = 7", "has no 'why': add it"),
        ("value = 0\nwhy = 'x'", "value must be a number above zero"),
        ("value = true\nwhy = 'x'", "value must be a number above zero"),
        ("value = 7\nwhy = ' '", "why must be a text that gives the reason"),
    ],
)
def test_seconds_that_the_policy_sets_without_a_reason_are_refused_in_one_sentence(
    root: Path, tmp_path: Path, entry: str, message: str
) -> None:
    policy = (root / "tests" / "toy" / "assignment.toml").read_text(encoding="utf-8")
    (tmp_path / "source" / "line").mkdir(parents=True)
    path = tmp_path / "source" / "line" / "assignment.toml"
    path.write_text(f"{policy}\n[seconds.line_is_right]\n{entry}\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load(tmp_path, "line")
    assert str(refused.value).startswith("source/line/assignment.toml:")
    assert f"[seconds.line_is_right] {message}" in str(refused.value)


def test_build_measures_the_slowest_call_and_refuses_seconds_that_leave_right_code_too_little(
    course: Assignment,
) -> None:
    check = next(c for c in declared_in(course.checks, Check) if c.part == "vlb")
    known = [a for a in declared_in(course.alternatives, Alternative) if a.solves == "compute_vlb"]
    measured = {a.name: Measured(seconds={check.name: 0.01 * i}) for i, a in enumerate(known)}
    slowest = slowest_alternatives([check], known, measured)
    assert slowest == {check.name: (known[-1].name, pytest.approx(0.01 * (len(known) - 1)))}
    demand_enough_seconds(course, slowest)
    by_hand = dataclasses.replace(course, seconds={check.name: {"value": 0.011, "why": "a reason"}})
    with pytest.raises(UsageError, match=f"0.011 is too little: the alternative '{known[-1].name}' takes"):
        demand_enough_seconds(by_hand, slowest)


def test_a_call_that_two_checks_make_counts_for_both() -> None:
    def f(n: int) -> int:
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        return n

    ada = InProcessStudent({"f": f})
    for _ in range(2):
        ada.slowest = 0.0
        assert ada.f(1) == 1
        assert ada.slowest >= 0.02
