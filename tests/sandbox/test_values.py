"""Values and arguments that go into a sandbox and come out of it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

from autograder.sandbox import OpaqueValue, Sandbox
from tests.sandbox.processes import LONG


def test_code_without_a_seed_draws_the_same_numbers_in_every_session(sandbox: Sandbox) -> None:
    cell = """
import random
import numpy as np
from numpy.random import default_rng, rand
drawn = np.random.default_rng().random(), np.random.rand()
def f():
    others = np.random.SeedSequence().entropy, np.random.RandomState().rand(), np.random.PCG64().random_raw()
    return drawn, np.random.default_rng().random(3), default_rng().random(), rand(2), random.random(), others
"""
    drawn = []
    for seed in (5, 5, 6):
        with contextlib.closing(sandbox.open()) as session:
            session.run([cell], {}, LONG)
            drawn.append(repr(session.call("f", [], LONG, seed)["value"]))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_code_with_a_seed_draws_the_numbers_of_that_seed(value: Any) -> None:
    cell = "import numpy as np\ndef f():\n    return np.random.default_rng(3).random(2)"
    assert value(cell).tolist() == np.random.default_rng(3).random(2).tolist()


@pytest.mark.parametrize(
    ("returned", "arrives"),
    [
        ("(1, 2.5)", (1, 2.5)),
        ("[1, 2]", [1, 2]),
        ("None", None),
        ("'text'", "text"),
        ("True", True),
        ("float('inf')", float("inf")),
        ("(np.float64(2.0),)", (np.array(2.0),)),
        ("np.ones((1, 1))", np.ones((1, 1))),
        ("[[1.0, 2.0], [3.0, 4.0]]", np.array([[1.0, 2.0], [3.0, 4.0]])),
        ("(np.arange(3), [np.eye(2), None])", (np.arange(3), [np.eye(2), None])),
        ("np.asfortranarray(np.arange(6.0).reshape(2, 3))", np.arange(6.0).reshape(2, 3)),
    ],
)
def test_values_arrive_as_they_were_returned(value: Any, returned: str, arrives: Any) -> None:
    arrived = value(f"import numpy as np\ndef f():\n    return {returned}")
    assert type(arrived) is type(arrives)
    assert repr(arrived) == repr(arrives)


@pytest.mark.parametrize(
    ("returned", "name"),
    [
        ("len", "builtin_function_or_method"),
        ("f", "function"),
        ("(i for i in [1])", "generator"),
        ("np.array([1, None])", "ndarray"),
        ("{1}", "set"),
        ("type('Mine', (), {})()", "Mine"),
    ],
)
def test_a_value_that_cannot_be_sent_arrives_as_the_name_of_its_type(value: Any, returned: str, name: str) -> None:
    arrived = value(f"import numpy as np\ndef f():\n    return {returned}")
    assert type(arrived) is OpaqueValue
    assert arrived.type_name == name


def test_arguments_arrive_unchanged_and_can_be_written_to(value: Any) -> None:
    x = np.arange(6.0).reshape(2, 3)
    returned = value("def f(x, n, c):\n    x[0, 0] = 9\n    return x, n, c", x, 3, 1e-3)
    assert returned[0].tolist() == [[9, 1, 2], [3, 4, 5]]
    assert returned[1:] == (3, 1e-3)
    assert x[0, 0] == 0


def test_arguments_changed_in_place_are_reported(ask: Any) -> None:
    answer = ask("def f(a, b, c):\n    b -= 1\n    c.shape = (4, 1)\n    return a", *(np.ones(4) for _ in range(3)))
    assert answer["changed"] == [1, 2]
    assert answer["value"].tolist() == [1, 1, 1, 1]


def test_a_changed_argument_is_reported_even_if_student_code_replaces_functions_of_numpy(ask: Any) -> None:
    cell = (
        "import numpy as np\nnp.array_equal = lambda *_: True\nnp.array = None\ndef f(a, b):\n    a += 1\n    return 1"
    )
    assert ask(cell, np.ones(2), np.array([np.nan]))["changed"] == [0]
