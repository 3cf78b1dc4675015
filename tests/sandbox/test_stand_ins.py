"""Student code may call trusted functions in place of its own. A hostile call costs little and gets nothing else."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment
from autograder.sandbox import Crashed, Sandbox, StandIn, StandIns

LONG = 60.0
STAND_INS = {"mean": StandIn(lambda X, weight: X.mean(axis=0) * weight, (2, 0)), "inv": StandIn(np.linalg.inv, (2,))}
CELL = """
import numpy as np, sys
def mean(X, weight): return "own"
second_name = mean
early = mean(np.zeros((2, 2)), 1)
def outcome(call):
    try: return call()
    except Exception as problem: return type(problem).__name__
def forged(request):
    frame = sys._getframe()
    while "channel" not in frame.f_locals: frame = frame.f_back
    wire, channel = sys.modules["frames"], frame.f_locals["channel"]
    wire.send(channel, request, 1e8)
    return wire.receive(channel, 1 << 20, 1e8)
"""


@pytest.fixture
def ask(sandboxes: Any, course: Assignment, isolation: str) -> Any:
    """Return the value of an expression in X (3 x 2) that student code computes in a session with stand-ins."""
    sandbox: Sandbox = sandboxes(course.limits, isolation)

    def value_of(expression: str, stand_ins: StandIns | None = None) -> Any:
        cell = f"{CELL}\ndef f(X):\n    return outcome(lambda: {expression})"
        with contextlib.closing(sandbox.open(stand_ins or StandIns(STAND_INS))) as session:
            assert session.run([cell], {}, LONG)["failures"] == []
            return session.call("f", [np.arange(6.0).reshape(3, 2)], LONG, 0).get("value")

    return value_of


def test_student_code_gets_the_trusted_answer_under_every_name(ask: Any) -> None:
    assert ask("mean(X, 2)").tolist() == [4, 6]
    assert ask("second_name(weight=2, X=X)").tolist() == [4, 6]


def test_the_trusted_function_is_called_once_for_the_same_arguments(ask: Any) -> None:
    calls: list[float] = []

    def counted(X: Any, weight: Any) -> Any:
        calls.append(float(weight))
        return X.mean(axis=0) * weight

    found = ask(
        "[mean(X, weight).tolist() for weight in (1, 2, 1, 2, 3)]", StandIns({"mean": StandIn(counted, (2, 0))})
    )
    assert np.asarray(found).tolist() == [[2, 3], [4, 6], [2, 3], [4, 6], [6, 9]]
    assert calls == [1, 2, 3]


def test_an_argument_with_a_default_may_be_missing_and_no_number_is_larger_than_the_data_or_the_default(
    ask: Any,
) -> None:
    def repeated(X: Any, times: int, rounds: int = 10) -> Any:
        return X.sum() * times * rounds

    stand_ins = StandIns({"mean": StandIn(repeated, (2, 0, 0), (False, True, True))})
    assert ask("mean(X, 3)", stand_ins) == 15 * 3 * 10
    assert ask("mean(X, rounds=9, times=1)", stand_ins) == 15 * 9
    assert ask("mean(X, 10**9)", stand_ins) == "TypeError"
    assert ask("mean(X, 1, 10**9)", stand_ins) == "TypeError"
    assert ask("mean(X)", stand_ins) == "TypeError"


def test_a_trusted_function_that_draws_random_numbers_gives_the_same_answer_to_the_same_call(ask: Any) -> None:
    drawing = {"mean": StandIn(lambda X, n: np.random.default_rng().random() + X.sum(), (2, 0))}
    before = np.random.get_state(legacy=False)["state"]["key"].tolist()
    assert ask("mean(X, 1) == mean(X, 1) != mean(X, 2)", StandIns(drawing))
    # In two processes, and in the second one after another call.
    one, other = (ask(calls, StandIns(drawing)) for calls in ("mean(X, 1)", "[mean(X, 2), mean(X, 1)][1]"))
    assert one == other
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before


def test_while_the_cells_run_the_students_own_function_is_called(ask: Any) -> None:
    assert ask("early") == "own"


def test_an_exception_of_linear_algebra_is_one_in_student_code(ask: Any) -> None:
    assert ask("inv(np.zeros((2, 2)))") == "LinAlgError"


@pytest.mark.parametrize(
    "call",
    [
        "mean(np.zeros((4, 2)), 1)",  # longer than the data
        "mean(np.zeros((3, 2, 2)), 1)",  # another number of axes
        "mean(X)",
        "mean()",
        "mean('text', 1)",
        "mean(X.astype(object), 1)",
        "mean(X * 1j, 1)",
        "mean([[1.0], [1.0, 2.0]], 1)",
        "mean(len, 1)",
        "mean(X, None)",
    ],
)
def test_a_request_that_is_not_of_the_functions_form_is_refused(ask: Any, call: str) -> None:
    assert ask(call) == "TypeError"


@pytest.mark.parametrize("name", ["eval", "__import__", "E_step", ""])
def test_no_other_function_can_be_called(ask: Any, name: str) -> None:
    request = {"stand_in": name, "arguments": ["1"], "named": {}}
    assert ask(f"forged({request})")["raise"] == "TypeError"


@pytest.mark.parametrize("request_", ["{'stand_in': 'mean'}", "{'stand_in': 'mean', 'arguments': 3, 'named': 4}"])
def test_a_request_without_arguments_is_refused(ask: Any, request_: str) -> None:
    assert ask(f"forged({request_})")["raise"] == "TypeError"


def test_without_stand_ins_a_request_gets_no_answer(ask: Any) -> None:
    request = {"stand_in": "mean", "arguments": [], "named": {}}
    assert ask(f"forged({request})", StandIns({}))["raise"] == "TypeError"


def test_a_function_that_asks_without_end_is_stopped(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sandbox.stand_ins.MOST_CALLS", 20)
    with pytest.raises(Crashed, match="called other functions more than"):
        ask("[mean(X, 1) for _ in range(21)]")
    assert len(ask("[mean(X, 1) for _ in range(20)]")) == 20


def test_whole_numbers_stay_whole_and_fractions_are_refused() -> None:
    states = StandIns({"pick": StandIn(lambda A, path: A[path], (2, 1), (False, True))})
    A = np.eye(3)
    for path in (np.array([0, 2]), [0, 2], np.array([0.0, 2.0])):
        with states.during_call([A]):
            answer = states.answer({"stand_in": "pick", "arguments": [A, path], "named": {}})
        assert answer["value"].tolist() == [[1, 0, 0], [0, 0, 1]]
    for path in (np.array([0.5, 2]), np.array([np.nan, 1.0]), ["a", "b"]):
        with states.during_call([A]):
            assert states.answer({"stand_in": "pick", "arguments": [A, path], "named": {}})["raise"] == "TypeError"


def test_an_argument_that_was_too_long_for_one_call_is_taken_in_a_call_with_longer_data(
    sandboxes: Any, course: Assignment, isolation: str
) -> None:
    cell = f"{CELL}\ndef f(X):\n    return outcome(lambda: mean(np.ones((3, 2)), 1).tolist())"
    sandbox: Sandbox = sandboxes(course.limits, isolation)
    with contextlib.closing(sandbox.open(StandIns(STAND_INS))) as session:
        assert session.run([cell], {}, LONG)["failures"] == []
        assert session.call("f", [np.zeros((2, 2))], LONG, 0)["value"] == "TypeError"
        assert session.call("f", [np.zeros((3, 2))], LONG, 0)["value"] == [1, 1]
