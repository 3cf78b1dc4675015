"""Whether the local grader names the mistake that an answer really has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.assignment import Misconception
from autograder.proof.false_names import SEEDS, names_of_answers, untrue_names
from grader.key import Fingerprint, Key, Value


def nothing() -> None:
    """Stands in for a mistake's function."""


@pytest.mark.parametrize(
    ("names", "mistake", "false"),
    [
        (["nothing"], Misconception("a", "", "", (), "", nothing), []),
        (["like"], Misconception("a", "", "", (), "like", nothing), []),
        (["shown", "nothing"], Misconception("a", "", "", (), "", nothing, ("shown",)), []),
        (["other", "nothing", "other"], Misconception("a", "", "", (), "like", nothing, ("shown",)), ["other"]),
        (["any"], None, ["any"]),
        ([], None, []),
    ],
    ids=[
        "its own",
        "the name in same_answers_as",
        "a name in may_be_named_as",
        "another",
        "any, for a right solution",
        "none",
    ],
)
def test_a_name_fits_when_it_is_the_mistakes_own_or_declared(
    names: list[str], mistake: Misconception | None, false: list[str]
) -> None:
    assert untrue_names(names, mistake) == false


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (-100.0, []),
        (-109.5, ["poorer"] * len(SEEDS)),
        (-120.0, []),
        (np.ones(3), []),
        (None, []),
    ],
)
def test_the_names_are_those_that_the_student_would_read(answer: Any, names: list[str]) -> None:
    trace = Fingerprint("poorer", np.array(-109.0), "A hint.", "Task", 0.01)
    value = Value("best", "a", (), 0.005, 100.0, np.array(-100.0), (trace,))
    key: Any = Key("x", "X", "x.ipynb", "x", None, (), (), {"best": value})
    assert names_of_answers(key, "best", [answer] * len(SEEDS)) == names
