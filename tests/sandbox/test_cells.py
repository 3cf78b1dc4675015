"""Notebook cells in a sandbox: what runs, what fails, and what is reported."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sandbox import OpaqueValue, Session
from tests.sandbox.processes import LONG


def test_a_statement_that_fails_does_not_stop_the_next_ones(session: Session) -> None:
    answer = session.run(["a = 1\n1 / 0\nb = 2", "def f():\n    return a, b"], {}, LONG)
    assert [failure["type"] for failure in answer["failures"]] == ["ZeroDivisionError"]
    assert session.call("f", [], LONG, 0)["value"] == (1, 2)


def test_a_failure_says_where_it_happened(session: Session) -> None:
    cells = ["def g():\n    return undefined", "x = 1\n\ng()", "1 +", "class E(Exception):\n    pass\n\nraise E('why')"]
    failures = session.run(cells, {}, LONG)["failures"]
    assert [(f["type"], f["cell"], f["line"]) for f in failures] == [
        ("NameError", 0, 2),
        ("SyntaxError", 2, 1),
        ("E", 3, 4),
    ]
    assert failures[2]["text"] == "why"


def test_a_failed_call_says_where_it_happened(ask: Any) -> None:
    failure = ask("def f(x):\n    y = x\n    return y.nothing", np.zeros(2))["failure"]
    assert (failure["type"], failure["cell"], failure["line"]) == ("AttributeError", 0, 3)


def test_an_exception_that_cannot_be_printed_is_still_named(ask: Any) -> None:
    cell = "class E(Exception):\n    def __str__(self):\n        raise KeyError\ndef f():\n    raise E"
    assert ask(cell)["failure"]["type"] == "E"


@pytest.mark.parametrize(
    "statement",
    ["exit()", "quit()", "raise SystemExit", "raise KeyboardInterrupt", "import sys; sys.exit(3)", "assert False"],
)
def test_a_statement_that_ends_a_program_does_not_end_the_notebook(value: Any, statement: str) -> None:
    assert value(f"{statement}\ndef f():\n    return 7") == 7


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "%load_ext autoreload\n%autoreload 2",
        "!ls -l",
        "files = !ls",
        "?print",
        "display(1)",
        "get_ipython().system('ls')",
        "%timeit -n 1 1 + 1",
        "%pip install nothing",
        "%cd /",
    ],
)
def test_magics_do_no_harm(session: Session, magic: str) -> None:
    session.run([f"{magic}\ndef f():\n    return 7"], {}, LONG)
    assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%timeit"])
def test_code_below_a_magic_that_times_or_captures_it_runs(value: Any, magic: str) -> None:
    assert value(f"{magic}\ndef f():\n    return 7") == 7


@pytest.mark.parametrize("magic", ["%timeit -n1 -r1 x = 7", "%timeit -n 1 -r 1 x = 7", "%time x = 7"])
def test_a_magic_with_options_runs_its_code(session: Session, magic: str) -> None:
    assert session.run([magic, "def f():\n    return x"], {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_code_below_a_magic_for_another_language_does_not_run(ask: Any) -> None:
    assert ask("%%bash\necho hello\nf() { }")["missing"]


# The second cell makes IPython itself fail.
@pytest.mark.parametrize("broken", ["def f(:", '\r=%"""([!x%\'}', "x = '\x00'", "  indented\n x", "\ud800", "(" * 5000])
def test_a_broken_cell_does_not_stop_the_other_cells(session: Session, broken: str) -> None:
    answer = session.run([broken, "def f():\n    return 7"], {}, LONG)
    assert [failure["cell"] for failure in answer["failures"]] == [0]
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_a_notebook_finds_its_files(session: Session) -> None:
    session.run(["import numpy as np\nx = np.load('x.npy')\ndef f():\n    return open('t').read()"], {"t": b"hi"}, LONG)
    assert session.call("f", [], LONG, 0)["value"] == "hi"


def test_a_module_that_a_cell_writes_can_be_imported(session: Session) -> None:
    cells = ["%%writefile helpers.py\ndef g():\n    return 7\n", "from helpers import g\ndef f():\n    return g()"]
    assert session.run(cells, {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_the_local_grader_can_be_imported_and_does_nothing(session: Session) -> None:
    cell = """
from grader import Grader, plot_mixture
import grader as module
g = Grader(seed=1)
g.submit_e_step(1); g.status(); plot_mixture(1, b=2).show()
def f():
    return float(g.score), g.key
"""
    assert session.run([cell], {}, LONG)["failures"] == []
    score, key = session.call("f", [], LONG, 0)["value"]
    assert score == 0.0
    assert type(key) is OpaqueValue


def test_a_function_that_no_cell_defines_is_reported_as_missing(ask: Any) -> None:
    assert ask("f = 3") == {"missing": True, "output": {"head": "", "tail": "", "length": 0}}
