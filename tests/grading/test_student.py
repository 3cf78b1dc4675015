"""The `student` that a check gets: a call returns what a direct call returns, or fails with one sentence."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from autograder.assignment import CheckFailed
from autograder.grading import Notebook, Raised, Student, question_of
from autograder.sandbox import Sandbox

Make = Callable[..., Student]


@pytest.fixture
def student(impatient_sandbox: Sandbox) -> Iterator[Make]:
    """A student whose notebook is one cell."""
    with contextlib.ExitStack() as stack:

        def make(cell: str, replays: int = 3) -> Student:
            impatient_sandbox.limits = dataclasses.replace(impatient_sandbox.limits, replays=replays)
            made = Student(impatient_sandbox, Notebook(["import os, numpy as np", cell], {}), ["f", "g"])
            stack.callback(made.close)
            made.start()
            return made

        yield make


def test_the_same_call_is_made_only_once(student: Make) -> None:
    ada = student("n = 0\ndef f(x):\n    global n\n    n += 1\n    return n")
    assert [ada.f(np.ones(2)), ada.f(np.ones(2)), ada.f(np.zeros(2)), ada.f(np.ones(2))] == [1, 1, 2, 1]


def test_many_objects_of_one_class_are_kept_as_one(student: Make) -> None:
    ada = student("class Thing: pass\ndef f():\n    return [Thing()] * 5000")
    things = ada.f()
    assert (len(things), len({id(thing) for thing in things})) == (5000, 1)
    assert type(things[0]).__name__ == "Thing"


def test_only_the_assignments_functions_can_be_called(student: Make) -> None:
    ada = student("def h():\n    return 1")
    with pytest.raises(AttributeError):
        ada.h()


def test_arguments_changed_in_place_are_reported_and_the_callers_arrays_stay_unchanged(student: Make) -> None:
    ada = student("def f(a, b):\n    b[0] = 7\n    return b")
    a, b = np.zeros(2), np.zeros(2)
    assert ada.changed_arguments("f", a, b) == [1]
    assert ada.f(a, b).tolist() == [7, 0]
    assert b.tolist() == [0, 0]


def test_the_positions_of_changed_arguments_cannot_spell_hidden_data(student: Make) -> None:
    """In an early version the message had a word for each position: 135,000 letters could spell a hidden case."""
    forged = "import sys\nsys.modules['child']._call = lambda *_: {'value': 1, 'changed': [1, 0, 1, 7, True] * 99}"
    assert student(f"{forged}\ndef f(a, b):\n    return a").changed_arguments("f", np.zeros(2), np.zeros(2)) == [0, 1]


def test_a_failed_call_fails_again_with_the_same_sentence_and_the_grader_keeps_the_full_text(student: Make) -> None:
    ada = student("n = 0\ndef f():\n    global n\n    n += 1\n    raise ValueError(f'call {n}')")
    for _ in range(2):
        with pytest.raises(CheckFailed, match=r"^f raised ValueError: .*kept back.*, in code cell 2, line 5\.$"):
            ada.f()
    assert [call.outcome for call in ada.calls] == [Raised("ValueError", "call 1")]


def test_after_a_crash_the_cells_are_run_again(student: Make) -> None:
    ada = student("state = 1\ndef f(n):\n    os._exit(0)\ndef g():\n    return state")
    with pytest.raises(CheckFailed, match="f was stopped: it ended the Python process"):
        ada.f(0)
    assert ada.g() == 1


def test_after_too_many_crashes_no_call_is_made(student: Make) -> None:
    ada = student("def f(n):\n    os._exit(0)\ndef g():\n    return 1", replays=1)
    for n in range(2):
        with pytest.raises(CheckFailed, match="was stopped"):
            ada.f(n)
    with pytest.raises(
        CheckFailed, match=r"hung or ended the process more than 1 times, or took all of the [0-9]+ seconds"
    ):
        ada.g()


def test_a_call_that_hangs_is_made_only_once(student: Make) -> None:
    ada = student("import time\ndef f():\n    time.sleep(1000)\ndef g():\n    return 1", replays=1)
    for _ in range(3):
        with pytest.raises(CheckFailed, match="did not end within 1 seconds"):
            ada.f()
    assert ada.g() == 1


def test_after_a_restart_the_process_knows_no_earlier_call_even_if_no_replay_was_left(
    student: Make,
) -> None:
    keeps = "kept = []\ndef f(x):\n    kept.append(float(x))\n    return kept\ndef g():\n    os._exit(1)"
    ada = student(keeps, replays=0)
    assert ada.f(np.ones(())) == [1.0]
    ada.restart(30)
    assert ada.f(np.zeros(())) == [0.0]
    with pytest.raises(CheckFailed, match="was stopped"):
        ada.g()
    with pytest.raises(CheckFailed, match="not run"):
        ada.f(np.ones(()))


def test_opaque_values_keep_the_name_of_their_type(student: Make) -> None:
    ada = student("class Mine: pass\ndef f():\n    return Mine(), len, [Mine()]")
    value = ada.f()
    assert [type(value[0]).__name__, callable(value[0]), callable(value[1])] == ["Mine", False, True]
    assert type(value[2][0]).__name__ == "Mine"


def test_all_answers_together_have_a_limit(student: Make) -> None:
    ada = student("x = np.ones((7 << 20) // 8)\ndef f(n):\n    return x")
    for n in range(4):
        assert ada.f(n).nbytes == 7 << 20
    with pytest.raises(CheckFailed, match="f returned more than the 32 MB that all answers may have together"):
        ada.f(4)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return np.ones(10**11)", r"needs more memory than the 1500 MB that"),
        ("open('big', 'wb').write(bytes(3 << 20))", r"writes more than the 2 MB that"),
        ("[Thread(target=Event().wait, daemon=True).start() for _ in range(99)]", r"starts more than the 32 processes"),
        ("raise TimeoutError('out of processor time')", r"more than the 900 seconds of processor time"),
        ("return np.ones(9 << 17)", r"more than the 8388608 bytes allowed"),
        ("import time; time.sleep(1000)", r"did not end within 1 seconds, most of which it slept"),
    ],
)
def test_the_message_about_a_limit_names_its_value(student: Make, body: str, expected: str) -> None:
    with pytest.raises(CheckFailed, match=expected):
        student(f"from threading import Event, Thread\ndef f():\n    {body}").f()


def test_different_calls_have_different_questions() -> None:
    zeros = np.zeros(4)
    questions = [
        ("f", [zeros]),
        ("g", [zeros]),
        ("f", [zeros.reshape(2, 2)]),
        ("f", [zeros.astype("f4")]),
        ("f", [zeros, zeros]),
        ("f", [0]),
        ("f", [0.0]),
    ]
    assert len({question_of(*question) for question in questions}) == len(questions)
    assert question_of("f", [zeros]) == question_of("f", [zeros.copy()])
