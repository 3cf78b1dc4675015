"""What a notebook does in Jupyter it does in grading: each of these notebooks is right there, and is right here."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import notebook_to_bytes
from autograder.grading import Result, Spec, grade_submission
from autograder.sandbox import Sandbox
from autograder.submissions import find_submissions
from tests.conftest import without_tests

STOP = "def train_EM(*_):\n    raise NotImplementedError"
HELPER = """
def log_normal(X, mu, sigma):
    off = X - mu
    return -0.5 * (np.einsum("ni,ij,nj->n", off, np.linalg.inv(sigma), off) + np.linalg.slogdet(sigma)[1])
"""
E_STEP = """
def E_step(X, pi, mu, sigma):
    with np.errstate(divide="ignore"):
        log = np.stack([np.log(p) + log_normal(X, m, s) for p, m, s in zip(pi, mu, sigma)], axis=1)
    gamma = np.exp(log - log.max(axis=1, keepdims=True))
    return gamma / gamma.sum(axis=1, keepdims=True)
"""
RIGHT = f"{HELPER}{E_STEP}"
WRONG = "def E_step(X, pi, mu, sigma):\n    return np.ones((len(X), len(pi)))"
UNSOLVED = "def E_step(X, pi, mu, sigma):\n    # YOUR CODE HERE\n    raise NotImplementedError()"

Make = Callable[..., dict[str, Any]]
Graded = Callable[..., tuple[float, str]]


@pytest.fixture
def e_step(grade: Callable[..., Result], solved: Make, scores: Callable[[Result], dict[str, float]]) -> Graded:
    """Grade a notebook with this E-step. Return the E-step's points (20 at most) and the result's message."""

    def graded(
        *, change: Callable[[dict[str, Any]], None] = lambda _: None, sandbox: Sandbox | None = None, **cells: Any
    ) -> tuple[float, str]:
        notebook = solved(**{"train_EM": STOP, "tests": True, **cells})
        change(notebook)
        result = grade(notebook, sandbox=sandbox) if sandbox else grade(notebook)
        return scores(result)["e_step"], result["message"]

    return graded


@pytest.mark.parametrize(
    "cell",
    [
        f"from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import later\n"
        f"class Mixture:\n    def copy(self) -> Mixture: return self\ndef start() -> later.Start: ...\n{RIGHT}",
        f"%%writefile 'solution.py'\nimport numpy as np\n{RIGHT}\nget_ipython = None",
        f"from IPython import get_ipython\n{RIGHT}",
        f"\n%%time\n{RIGHT}",
        f"import multiprocessing\nwith multiprocessing.Pool() as pool: pool.map(abs, [1])\n{RIGHT}",
    ],
)
def test_a_right_cell_is_right(e_step: Graded, cell: str) -> None:
    if "writefile" in cell:
        assert e_step(before=cell, e_step="%run solution.py") == (20, "")
        assert e_step(before=cell, e_step="from solution import *") == (20, "")
    else:
        assert e_step(e_step=cell) == (20, "")


def test_a_file_that_the_assignment_gives_works_in_a_function_and_in_a_cell(e_step: Graded) -> None:
    drawing = RIGHT.replace("    return gamma", "    if X.shape == (280, 2): plot_progress([1, 2])\n    return gamma")
    cell = "from plots import plot_mixture, plot_progress\nax = plot_mixture(X, pi0, mu0, sigma0)\nax.set_title(1)"
    assert e_step(e_step=drawing, after=cell) == (20, "")
    said = e_step(e_step=RIGHT, after="plot_progress([[1, 2]])")[1]
    assert said.startswith(
        "A cell raised BadValue: losses must be one row of numbers, not an array of shape (1, 2), in code "
    )


def test_a_magic_that_is_not_known_is_named_and_its_cell_runs(e_step: Graded) -> None:
    said = (
        "The magic %%pyinstrument in code cell 4 is not known here and was ignored: the code below it ran without it."
    )
    assert e_step(e_step=f"%%pyinstrument\n{RIGHT}") == (20, said)
    assert e_step(e_step=f"%flamegraph on\n{RIGHT}") == (
        20,
        "The magic %flamegraph in code cell 4 is not known here and was ignored.",
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("x = 1\n%%time\n", "The magic %%time in code cell 4 was ignored: it works in the first line of a cell."),
        ("%run --none a.py\n", "The magic %run in code cell 4 was ignored: it lacks something, or has an option "),
        ("%%writefile a.py", "The magic %%writefile in code cell 4 was ignored: it lacks something, or has an option "),
    ],
)
def test_a_magic_that_is_known_but_used_otherwise_is_told_so(e_step: Graded, cell: str, said: str) -> None:
    assert e_step(e_step=cell + RIGHT * (not cell.startswith("%%")))[1].startswith(said)


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        ({"language_info": {"name": "python", "version": "3.99.1"}}, "3.99"),
        ({"kernelspec": {"display_name": "Python 3.99 (ipykernel)"}}, "3.99"),
        ({"language_info": {"name": "python", "version": platform.python_version()}}, None),
        ({"language_info": {"name": "python"}}, None),
        ({"language_info": "3", "kernelspec": []}, None),
    ],
)
def test_syntax_of_a_later_python_names_both_versions(e_step: Graded, metadata: Any, version: str | None) -> None:
    here = ".".join(platform.python_version_tuple()[:2])
    points, message = e_step(e_step=f"maybe x = 1\n{RIGHT}", change=lambda notebook: notebook.update(metadata=metadata))
    assert (points, "SyntaxError" in message) == (0, True)
    said = f"The notebook was written with Python {version}, and Python {here} grades it."
    assert (said in message) is (version is not None)
    assert "was written with" not in e_step(change=lambda notebook: notebook.update(metadata=metadata))[1]


def test_an_annotation_may_name_its_own_class_if_the_students_python_allows_it(e_step: Graded) -> None:
    cell = f"class Mixture:\n    def copy(self) -> Mixture: return self\n{RIGHT}"
    named = {"language_info": {"name": "python", "version": "3.14.0"}}
    assert e_step(e_step=cell, change=lambda notebook: notebook.update(metadata=named)) == (20, "")
    assert "uses the name 'Mixture'" in e_step(e_step=cell)[1] or platform.python_version_tuple() >= ("3", "14")


TRIES = [
    "def log_normal(X):\n    return 0",
    "log_normal = None",
    "del log_normal",
    "from numpy import log as log_normal",
]


@pytest.mark.parametrize("cell", TRIES)
def test_a_helper_that_is_replaced_at_the_end_costs_nothing_and_the_result_says_so(e_step: Graded, cell: str) -> None:
    said = "E_step was asked as it stood when its test cell ran (code cell 5): later cells replace log_normal"
    assert e_step(e_step=RIGHT, after=cell) == (20, f"{said}, which it uses.")


def test_a_helper_that_a_later_task_replaces_costs_nothing(e_step: Graded, grade: Any, solved: Make) -> None:
    notebook = solved(e_step=RIGHT, train_EM=STOP)
    cells = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in notebook["cells"]}
    bound = "".join(cells["compute_vlb"]["source"])
    cells["compute_vlb"]["source"] = f"def log_normal(a, b, c, d):\n    return None\n{bound}"
    result = grade(notebook)
    assert result["score"] == 80
    assert "later cells replace log_normal, which it uses" in result["message"]


def test_a_function_is_the_one_that_its_test_cell_saw(e_step: Graded) -> None:
    said = "E_step was asked as it stood when its test cell ran (code cell 5): later cells replace it."
    assert e_step(e_step=RIGHT, after=WRONG) == (20, said)
    assert e_step(e_step=WRONG, after=RIGHT) == (0, said)


def test_a_function_that_was_not_written_at_its_test_cell_is_the_later_one(e_step: Graded) -> None:
    assert e_step(e_step=UNSOLVED, after=RIGHT) == (20, "")
    assert e_step(e_step="", after=RIGHT) == (20, "")


@pytest.mark.parametrize(
    "after", [RIGHT, "gamma = E_step(X, pi0, mu0, sigma0)", "import numpy as np", "x = log_normal"]
)
def test_cells_that_replace_nothing_are_not_mentioned(e_step: Graded, after: str) -> None:
    assert e_step(e_step=RIGHT, after=after) == (20, "")


CONFIGURED = "class Tools:\n    half = -0.5\n    def log(self, *of): return log_normal(*of)\n"
CONFIGURED += "tools, SETTINGS, SCALE = [Tools().log], {'half': {'is': 1.0}}, np.array(1.0)\n"
CONFIGURED += HELPER.replace("-0.5 * (", "SCALE * Tools.half * SETTINGS['half']['is'] * (")
CONFIGURED += E_STEP.replace("log_normal(", "tools[0](")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("SETTINGS['half']['is'] = 3", "change SETTINGS, which it uses."),
        ("SETTINGS.clear()", "change SETTINGS, which it uses."),
        ("SCALE *= 3", "change SCALE, which it uses."),
        ("Tools.half = 3", "change Tools, which it uses."),
        ("Tools.log = None", "change Tools"),
        ("tools[0] = None", "change tools, which it uses."),
        ("log_normal = None", "replace log_normal, which it uses."),
        ("zip, log = None, 3", "replace zip, which it uses."),
        ("np.stack, sum, SETTINGS = np.stack, 3, {'half': {'is': 1.0}}", ""),
    ],
)
def test_what_a_function_uses_is_as_it_was_when_its_test_cell_ran(e_step: Graded, cell: str, said: str) -> None:
    points, message = e_step(e_step=CONFIGURED, after=cell)
    assert points == 20
    assert said in message if said else message == ""


KEEPS = "class Kept:\n    def keep(self, X): self.last = X\nkept, RESULTS = Kept(), [{}]\n"


@pytest.mark.parametrize("line", ["RESULTS.append(X)", "RESULTS[0][1] = X", "kept.keep(X)", "kept.other = X"])
def test_what_a_function_keeps_itself_is_not_changed_by_later_cells(e_step: Graded, line: str) -> None:
    keeping = KEEPS + RIGHT.replace("    with np.err", f"    {line}\n    with np.err")
    assert e_step(e_step=keeping, after="E_step(X, pi0, mu0, sigma0)") == (20, "")


def test_a_counter_that_a_function_keeps_itself_is_not_replaced(e_step: Graded) -> None:
    counting = RIGHT.replace("    with np.err", "    global calls\n    calls += 1\n    with np.err")
    assert e_step(e_step=f"calls = 0\n{counting}", after="E_step(X, pi0, mu0, sigma0)") == (20, "")


def without_marks(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def drop_tests(notebook: dict[str, Any]) -> None:
    notebook.update(without_tests(notebook))


def test_a_test_cell_is_found_by_its_text(e_step: Graded) -> None:
    assert e_step(e_step=RIGHT, after=TRIES[0], change=without_marks)[0] == 20


def test_without_a_test_cell_the_own_cell_counts_but_a_later_definition_counts_more(e_step: Graded) -> None:
    said = "E_step was asked as it stood when its own cell ran (code cell 4): later cells replace log_normal"
    assert e_step(e_step=RIGHT, after=TRIES[0], change=drop_tests) == (20, f"{said}, which it uses.")
    assert e_step(e_step=WRONG, after=RIGHT, change=drop_tests) == (20, "")


@pytest.mark.parametrize(("magic", "line"), [("", 13), ("%%time\n", 14), ("%%no_such_magic\n%%capture\n", 15)])
def test_what_a_cell_did_before_the_line_that_hung_is_kept(
    e_step: Graded, impatient_sandbox: Sandbox, magic: str, line: int
) -> None:
    constant = RIGHT.replace("-0.5 * (", "-HALF * (")
    cell = f"{magic}HALF = 1 / 2\n{constant}\n__import__('time').sleep(1000)\nHALF = HALF + 0"
    points, message = e_step(e_step=cell, sandbox=impatient_sandbox)
    assert points == 20
    assert message.startswith(f"The statement in line {line} of code cell 4 was stopped and left out")


def test_files_beside_the_notebook_lie_beside_it_in_the_sandbox(
    tmp_path: Path, spec: Spec, sandbox: Sandbox, solved: Make
) -> None:
    folder = tmp_path / "submitted" / "ada" / "em_gmm"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "usage.py").write_text(f"import numpy as np\n{HELPER}")
    (folder / "usage.py").write_text("half = 0.5")  # the sandbox has a module of this name
    (folder / "frames.py").write_text(f"from parts.usage import *\n{E_STEP}")
    (folder / "weights.json").write_text(json.dumps({"half": 0.5}))
    (folder / "samples.npz").write_bytes(b"the assignment gives this file out")
    (folder / "big.bin").write_bytes(bytes(9 << 20))
    cell = "import json, usage\nassert usage.half == json.load(open('weights.json'))['half']\nfrom frames import E_step"
    (folder / "em_gmm.ipynb").write_bytes(notebook_to_bytes(solved(e_step=cell, train_EM=STOP)))
    [submission] = find_submissions([tmp_path], spec.assignment)
    result = grade_submission(submission, spec, sandbox)
    assert result["score"] == 80
    assert result["message"].startswith("Of the files beside the notebook, these were left out: big.bin (at most 100 ")
    assert len(result["files_sha256"]) == 64


def test_training_in_a_file_is_asked_again_with_a_right_e_step(
    tmp_path: Path, spec: Spec, sandbox: Sandbox, source: dict[str, Any], solved: Make
) -> None:
    by_id = {cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"]) for cell in source["cells"]}
    tasks = "\n".join(by_id[name] for name in ("setup", "m_step", "compute_vlb", "train_EM"))
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "solution.py").write_text(f"{tasks}\n{WRONG}")
    cell = "from solution import E_step, M_step, compute_vlb, train_EM"
    notebook = solved(e_step=cell, m_step="", compute_vlb="", train_EM="")
    (tmp_path / "ada" / "em_gmm.ipynb").write_bytes(notebook_to_bytes(notebook))
    [submission] = find_submissions([tmp_path], spec.assignment)
    result = grade_submission(submission, spec, sandbox)
    assert {part["id"]: part["score"] for part in result["parts"]}["em"] == 20
