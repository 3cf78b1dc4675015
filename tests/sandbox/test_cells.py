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
        "%lprun -f f f(1)",
        "%load_ext no_such_extension\n%config InlineBackend.figure_format = 'retina'\n%matplotlib widget",
        "%debug\n%pdb on\n%env A=1\n%precision 3\n%whos\n%history\n%reset -f",
        "get_ipython().magic('matplotlib inline')",
        "from IPython.display import clear_output\nclear_output()\ndisplay(1, display_id=True).update(2)",
    ],
)
def test_magics_do_no_harm(session: Session, magic: str) -> None:
    assert session.run([f"{magic}\ndef f():\n    return 7"], {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%timeit", "%%prun -s cumulative", "\n%%capture\n%%time"])
def test_code_below_a_magic_that_times_or_captures_it_runs(value: Any, magic: str) -> None:
    assert value(f"{magic}\ndef f():\n    return 7") == 7


@pytest.mark.parametrize("magic", ["%timeit -n1 -r1 x = 7", "%timeit -n 1 -r 1 x = 7", "%time x = 7"])
def test_a_magic_with_options_runs_its_code(session: Session, magic: str) -> None:
    assert session.run([magic, "def f():\n    return x"], {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%R"])
def test_code_below_a_magic_for_another_language_does_not_run(session: Session, magic: str) -> None:
    assert session.run([f"{magic}\necho hello\nf() {{ }}"], {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["missing"]


def test_code_below_a_magic_that_is_not_known_runs_and_the_answer_names_the_magic(session: Session) -> None:
    answer = session.run(
        ["x = 1", "%%pyinstrument --renderer html\n%no_such_magic x\ndef f():\n    return 7"], {}, LONG
    )
    assert answer["failures"] == []
    assert answer["ignored"] == [[1, "pyinstrument", True, False], [1, "no_such_magic", False, False]]
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_a_statement_that_fails_below_a_magic_does_not_stop_the_next_ones(session: Session) -> None:
    failures = session.run(["\n%%time\nx = 1\n1 / 0\ndef f():\n    return x"], {}, LONG)["failures"]
    assert [(f["type"], f["cell"], f["line"]) for f in failures] == [("ZeroDivisionError", 0, 4)]
    assert session.call("f", [], LONG, 0)["value"] == 1


def test_the_line_of_a_failure_is_that_of_the_cell_whatever_is_above_it(session: Session) -> None:
    cells = [
        "\n\nx = 1\n1 / 0",
        "\n%%capture\n%%time\n\n1 / 0",
        "\n%%time\nx =",
        "for i in range(1):\n\n    %time 1 / 0",
        "\n\nreturn 1",
        "%%writefile broken.py\nx =",
        "\n%run broken.py",
        "\n\nimport broken",
        "\n\ndef f():\n    x = 1\n   y = 2",
    ]
    failures = session.run(cells, {}, LONG)["failures"]
    assert [(f["cell"], f["line"]) for f in failures] == [
        (0, 4),
        (1, 5),
        (2, 3),
        (3, 3),
        (4, 3),
        (6, 2),
        (7, 3),
        (8, 5),
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["from __future__ import annotations", "class A:\n    def g(self) -> A: return 7\ndef f(): return A().g()"],
        ["from __future__ import annotations\nclass A:\n    next: A\ndef f(): return 7"],
        [
            "import typing as t\nfrom __future__ import annotations",
            "if t.TYPE_CHECKING:\n    from nowhere import B",
            "def f() -> B: return 7",
        ],
        ["%%file 'solution.py'\ndef f(): return 7", "%run solution.py"],
        ['%%writefile "solution.py"\ndef g(): return 7', "%%file -a solution.py\nf = g", "from solution import f"],
        ["from IPython import get_ipython", "%%time\ndef f(): return 7"],
        ["get_ipython().run_cell('def f(): return 7');"],
        ["3 + 4", "x = _", "__; y = Out[1]", "z = In[1], _i", "def f(): return x * (y == x and z[0] == '3 + 4')"],
        ["x = %time 3 + 4", "%store x\ndel x", "%store -r", "def f(): return x"],
        ["%%capture out\nprint(7)", "x = int(out.stdout)", "def f(): return x"],
        [
            "import asyncio\nasync def g():\n    await asyncio.sleep(0)\n    return 7",
            "x = await g()\ndef f(): return x",
        ],
        [
            "import asyncio\nasync def g(): return 7",
            "task = asyncio.create_task(g())",
            "y = asyncio.run(g())",
            "async with asyncio.Lock():\n    x = await task",
            "def f(): return x * (x == y)",
        ],
        ["import inspect\ndef g(): return 7", "x = len(inspect.getsource(g).splitlines())\ndef f(): return 6 + x"],
        [
            "%load_ext autoreload\n%autoreload 2\n%precision 3",
            "%%writefile helpers.py\ndef f(): return 1",
            "from helpers import f",
            "%%writefile helpers.py\ndef f(): return 7",
            "x = 1",
        ],
        [
            "from IPython.core.magic import register_cell_magic",
            "@register_cell_magic\ndef mine(line, cell): get_ipython().run_cell(cell)",
            "%%mine\ndef f(): return 7",
        ],
        ["pip install nothing", "cd ..", "exit", "def f(): return 7"],
        ["%pylab inline", "def f(): return int(array([3, 4]).sum())"],
        ["from tqdm.notebook import trange", "n = 0\nfor i in trange(7): n += 1\ndef f(): return n"],
    ],
)
def test_what_a_kernel_carries_from_cell_to_cell_is_carried_here(session: Session, cells: list[str]) -> None:
    assert session.run(cells, {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_the_shell_leaves_no_file_and_no_thread_behind(value_in_notebook: Any) -> None:
    cell = "%pylab inline\n1 + 1\nimport os, threading\ndef f():\n    return os.listdir('.'), threading.active_count()"
    files, threads = value_in_notebook(cell)
    assert (list(files), threads) == ([], 1)


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


def test_a_notebook_may_compute_with_what_the_local_grader_gives(session: Session) -> None:
    cells = [
        "from grader import *\nimport grader as package\ng = Grader()\nr = g.submit(1)",
        "assert r == 20 and r >= 10 and not r < 20 and not r != 20 and r",
        "print(f'{r:.2f} {r} {int(r)}', r + 1, 2 - r, r - 1, 2 * r, r / 3, 3 / (r + 1), round(r, 2), sum([r, r]))",
        "for part in g.parts: print(part)\nwith g.quiet() as q: q.answers['x'] = g.answers['x']['y']",
        "t = %timeit -o -n1 -r1 1 + 1\nprint(f'{t.average * 1e3:.1f} ms', t / t, 1 / t)",
    ]
    assert session.run(cells, {}, LONG)["failures"] == []


def test_a_module_of_the_local_grader_that_is_given_is_the_real_one(session: Session) -> None:
    cells = [
        "from grader import Grader, values",
        "import grader.values as same\nassert same is values",
        "def f(): return values.seven, float(Grader().score)",
    ]
    assert session.run(cells, {"grader/values.py": b"seven = 7"}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == (7, 0)


def test_a_function_that_no_cell_defines_is_reported_as_missing(ask: Any) -> None:
    assert ask("f = 3") == {"missing": True, "output": {"head": "", "tail": "", "length": 0}}
