"""Objects of a student's class stay in the sandbox, and whatever they do there, the answers can be relied on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.assignment import CheckFailed
from autograder.grading import Notebook, Student
from autograder.proof.in_process_student import InProcessStudent
from autograder.sandbox import Sandbox

Make = Callable[..., Any]

HONEST = """
import os, time, random
class Model:
    made = 0
    def __init__(self, n_states, *, seed=None):
        Model.made += 1
        self.n_states, self.seen = n_states, []
    def fit(self, x, n_iter=1):
        self.seen.append((len(x), n_iter, random.random()))
        return self
    def predict(self, x):
        return [len(x), len(self.seen)]
    def total(self):
        return Model.made
    def stop(self):
        os._exit(1)
    def hang(self):
        import time; time.sleep(1000)
    def fail(self):
        self.seen = None
        raise ValueError("no")
    @property
    def shape(self):
        return (self.n_states, len(self.seen))
"""


class Model:
    """What the reference has."""

    def __init__(self, n_states: int, *, seed: int | None = None) -> None:
        self.n_states, self.seen = n_states, []  # type: ignore[var-annotated]

    def fit(self, x: Any, n_iter: int = 1) -> Any:
        import random

        self.seen.append((len(x), n_iter, random.random()))
        return self

    def predict(self, x: Any) -> list[int]:
        return [len(x), len(self.seen)]

    def fail(self) -> None:
        self.seen = None  # type: ignore[assignment]
        raise ValueError("no")


@pytest.fixture(scope="module")
def alive(impatient_sandbox: Sandbox) -> Iterator[list[Student]]:
    made: list[Student] = []
    yield made
    for student in made:
        student.close()


@pytest.fixture
def student(impatient_sandbox: Sandbox, alive: list[Student]) -> Make:
    def make(cell: str, replays: int = 3) -> Student:
        impatient_sandbox.limits = dataclasses.replace(impatient_sandbox.limits, replays=replays)
        ada = Student(
            impatient_sandbox, Notebook([cell], {}), ["Model", "answer"], solution=__import__("sys").modules[__name__]
        )
        alive.append(ada)
        ada.start()
        return ada

    return make


def test_an_object_remembers_what_it_was_asked_and_two_objects_know_nothing_of_each_other(student: Make) -> None:
    ada = student(HONEST)
    one, other = ada.new("Model", n_states=3), ada.new("Model", n_states=3)
    one.fit(np.arange(4))
    assert one.fit(np.arange(5), n_iter=7) is None  # it returns its own object, which never leaves the sandbox
    other.fit(np.arange(6))
    assert one.predict(np.arange(2)) == [2, 2]
    assert other.predict(np.arange(2)) == [2, 1]
    assert [row[:2] for row in one.value("seen")] == [(4, 1), (5, 7)]
    assert one.value("shape") == (3, 2)


def test_the_same_history_is_asked_once(student: Make) -> None:
    ada = student(HONEST)
    for _ in range(3):
        model = ada.new("Model", 2)
        model.fit(np.ones(3))
        assert model.predict(np.ones(1)) == [1, 1]
        assert model.total() == 1


@pytest.mark.parametrize("ending", ["stop", "hang"])
def test_an_object_whose_process_ended_is_made_again_with_the_same_random_numbers(student: Make, ending: str) -> None:
    ada = student(HONEST)
    model = ada.new("Model", 2)
    model.fit(np.ones(3))
    before = model.value("seen")
    with pytest.raises(CheckFailed, match=rf"^Model\.{ending} was stopped: it (ended|did not end)"):
        getattr(model, ending)()
    assert model.predict(np.ones(9)) == [9, 1]
    assert ada.new("Model", 2).value("seen") == []
    later = ada.new("Model", 2)
    later.fit(np.ones(3))
    assert later.value("seen") == before


def test_a_call_that_failed_leaves_the_object_as_it_was(student: Make) -> None:
    model = student(HONEST).new("Model", 2)
    model.fit(np.ones(3))
    with pytest.raises(CheckFailed, match=r"^Model\.fail raised ValueError"):
        model.fail()
    assert model.predict(np.ones(1)) == [1, 1]


def test_what_is_missing_is_named(student: Make) -> None:
    ada = student(HONEST)
    model = ada.new("Model", 2)
    with pytest.raises(CheckFailed, match=r"^the object has no method named score\.$"):
        model.score()
    with pytest.raises(CheckFailed, match=r"^the object has no attribute named pi\.$"):
        model.value("pi")
    with pytest.raises(CheckFailed, match=r"^no cell defines a variable named answer\."):
        ada.value("answer")
    with pytest.raises(
        CheckFailed, match=r"Model raised TypeError: .* missing 1 required positional argument: 'n_states'"
    ):
        ada.new("Model")
    with pytest.raises(AttributeError):
        ada.new("os")
    with pytest.raises(AttributeError):
        model._private()
    with pytest.raises(CheckFailed, match=r"^no cell defines a class named Model\."):
        student("x = 1").new("Model", 2)


@pytest.mark.parametrize("left", ["...", "[1, ...]", "(0, [...])", "{'a': ...}"])
def test_a_variable_of_the_template_that_nobody_set_is_called_so(student: Make, left: str) -> None:
    with pytest.raises(CheckFailed, match=r"^answer is not answered yet\.$"):
        student(f"answer = {left}").value("answer")


def test_the_names_of_a_methods_arguments_count(student: Make) -> None:
    cell = (
        "class Model:\n    def __init__(self, K): self.K = K\n"
        "    def fit(self, n_iter, x): self.got = (n_iter, len(x), self.K)"
    )
    model = student(cell).new("Model", n_states=4)
    model.fit(np.ones(3), 7)
    assert model.value("got") == (7, 3, 4)


HOSTILE = """
import os, itertools
count = itertools.count()
class Meta(type):
    __name__ = 7
    def __call__(cls, *a, **k):
        return object.__new__(cls)
class Model(metaclass=Meta):
    @property
    def __class__(self): raise RuntimeError("no")
    def __getattr__(self, name): return lambda *a, **k: next(count)
    def __getattribute__(self, name):
        if name == "changing": return next(count)
        return object.__getattribute__(self, name)
    def itself(self): return self
    def many(self): return [self] * 5000
    def loop(self):
        x = []; x.extend([x, x, x]); return x
    def __del__(self): raise RuntimeError("in __del__")
    def __eq__(self, other): return True
    def __hash__(self): raise RuntimeError("no")
"""


def test_a_hostile_class_gives_one_answer_to_one_question_and_nothing_escapes(student: Make) -> None:
    ada = student(HOSTILE)
    model = ada.new("Model", n_states=1)
    assert model.value("changing") == model.value("changing")
    assert model.anything() != model.anything()  # its history is another one
    for method in ("itself", "many", "loop"):
        value = getattr(model, method)()
        assert "Model" not in str(type(type(value)))
        assert not isinstance(value, np.ndarray)
    assert callable(model.value("pi"))
    assert ada.new("Model", n_states=2).value("changing") != model.value("changing")


@pytest.mark.parametrize(
    "body",
    [
        "def __init__(self, *a, **k): raise SystemExit",
        "def __new__(cls, *a, **k): return 5",
        "def __init__(self, *a, **k): os._exit(3)",
        "def __del__(self): os._exit(3)\n    def __init__(self, *a, **k): raise ValueError",
        "def __init__(self, *a, **k): self.__dict__ = None",
    ],
)
def test_a_class_that_cannot_make_an_object_is_a_failed_check(student: Make, body: str) -> None:
    ada = student(f"import os\nclass Model:\n    {body}")
    with pytest.raises(CheckFailed):
        ada.new("Model", n_states=1).fit(np.ones(2))


def test_evidence_for_a_class_is_asked_in_the_same_way() -> None:
    ada = InProcessStudent({"Model": Model, "answer": lambda: "B"})
    model = ada.new("Model", n_states=3)
    model.fit(np.ones(4))
    assert model.fit(np.ones(4), n_iter=2) is None
    assert model.predict(np.ones(2)) == [2, 2]
    other = ada.new("Model", n_states=3)
    other.fit(np.ones(4))
    assert other.value("seen") == model.value("seen")[:1]
    with pytest.raises(CheckFailed, match=r"^Model\.fail raised ValueError: no$"):
        model.fail()
    assert model.predict(np.ones(5)) == [5, 2]
    with pytest.raises(CheckFailed, match=r"raised AttributeError"):
        model.value("pi")
    assert ada.value("answer") == "B"


def test_an_object_is_made_again_after_another_function_was_asked_in_a_process_of_its_own(student: Make) -> None:
    ada = student(HONEST)
    model = ada.new("Model", 2)
    model.fit(np.ones(3))
    ada.run.ends["answer"] = 0  # as it stood before the first cell
    with pytest.raises(CheckFailed, match="no cell defines a function named answer"):
        ada.answer(1)
    assert model.predict(np.ones(2)) == [2, 1]
