"""Inputs of many kinds: lists and arrays of texts, sequences of states."""

import numpy as np
from reference.kinds import solution

from autograder.assignment import Case

SEQUENCE = np.array([0, 1, 2, 0, 1, 2, 2, 0, 1, 1, 2, 0])
POINTS = np.array([0.0, 9.0, 1.0, 8.0, 0.5, 7.0])
SCORES = np.array([[0.1, 0.9], [0.5, 0.4], [0.2, 0.8]])


def samples():
    return {"words": np.array(["a", "b", "a"]), "states": SEQUENCE, "scores": SCORES, "x": POINTS}


def public_answer(value, functions):
    data = samples()
    if value == "table":
        return functions.get("shares", solution.shares)(list(data["words"]))
    if value == "path":
        return np.asarray(functions.get("best_path", solution.best_path)(data["scores"]))
    if value == "count":
        return functions.get("answer_5", solution.answer_5)
    if value == "group":
        return np.asarray(functions.get("groups", solution.groups)(data["x"]))
    chain = functions.get("Chain", solution.Chain)(3)
    chain.fit(data["states"])
    return np.asarray(chain.transitions)


def public_scale(value, expected):
    return 1.0


def words():
    return [
        Case("a list", {"words": ["x", "y", "x", "x"]}),
        Case("an array", {"words": np.array(["one", "two"])}),
        Case("no words", {"words": []}),
    ]


def scores():
    ties = np.array([[0.5, 0.5, 0.1], [0.2, 0.1, 0.7], [0.3, 0.3, 0.3]])
    return [Case("other scores", {"scores": SCORES[::-1]}), Case("ties", {"scores": ties})]


def sequences():
    rng = np.random.default_rng(3)
    return [Case("another sequence", {"states": rng.integers(0, 4, 60), "K": 4})]


def points():
    many = np.random.default_rng(4).normal(6.0, 3.0, 40)
    return [Case("other points", {"x": POINTS[::-1] - 3.0}), Case("many points", {"x": many})]


def nothing():
    return [Case("the notebook", {})]


def _chain(student):
    chain = student.new("Chain", n_states=3)
    chain.fit(SEQUENCE[:7])
    return chain.value("transitions"), [chain.most_likely_next(state) for state in range(3)]


def further():
    return [("shares", (["p", "q"],)), ("best_path", (np.eye(3),)), ("groups", (SCORES[:, 0],)), ("Chain", _chain)]
