"""The packages that a policy names are there before student code runs, and a missing one is the grader's fault."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

import pytest

from autograder.assignment import Assignment, UsageError
from autograder.building.build import with_packages
from autograder.grading import load_spec
from autograder.sandbox import Limits, Sandbox, modules_named, strictest_isolation
from autograder.sandbox.packages import modules_of, why_missing
from tests.sandbox.processes import LONG

CELL = "import sys\nwarm = 'sklearn' in sys.modules\nimport sklearn\ndef f():\n    return warm, sklearn.__name__"


@pytest.mark.parametrize("packages", [(), ("scikit-learn",)])
def test_a_package_of_the_policy_is_imported_before_student_code(packages: tuple[str, ...]) -> None:
    named = modules_named([CELL], packages)
    with Sandbox(Limits(), strictest_isolation()) as sandbox, contextlib.closing(sandbox.open(modules=named)) as one:
        assert one.run([CELL], {}, LONG)["failures"] == []
        assert one.call("f", [], LONG, 0)["value"] == (bool(packages), "sklearn")


def test_what_one_notebook_named_is_imported_for_the_next_ones_too() -> None:
    with Sandbox(Limits(), strictest_isolation()) as sandbox:
        for modules in (["scipy.special"], [], ["scipy.special", "no_such_module"]):
            with contextlib.closing(sandbox.open(modules=modules)) as session:
                session.run(["import sys\ndef f(): return 'scipy.special' in sys.modules"], {}, LONG)
                assert session.call("f", [], LONG, 0)["value"] is True


def test_only_what_a_notebook_may_import_is_imported_for_it() -> None:
    named = modules_named(["from scipy.stats import norm", "import numpy as np\nnp.linalg.inv"], ["scikit-learn"])
    assert named == ["scipy.linalg", "scipy.stats"]
    assert modules_named(["import numpy as np\nnp.linalg.inv"], []) == []
    assert modules_named(["from tqdm import tqdm"], []) == ["tqdm"]
    assert modules_named(["from tqdm.notebook import trange"], []) == ["tqdm", "tqdm.notebook"]
    assert modules_named(["from sklearn import mixture"], ["scikit-learn"]) == ["joblib", "sklearn"]


def test_a_package_has_other_names_where_it_is_imported() -> None:
    assert modules_of(["Scikit_Learn"]) == ["sklearn"]
    assert modules_of(["ruff", "not-there"])[-1] == "not_there"


def test_a_package_that_is_not_installed_stops_grading_with_the_mend(assignment: Assignment) -> None:
    without = dataclasses.replace(assignment, limits=dataclasses.replace(assignment.limits, packages=("not-there",)))
    with pytest.raises(UsageError, match=r"not-there, which is not installed here: `pip install not-there`\."):
        load_spec(without)
    assert why_missing(["numpy", "scikit-learn"]) == ""
    assert "name a and b, which are" in why_missing(["a", "numpy", "b"])


def notebook(*cells: tuple[str, str]) -> bytes:
    made: list[dict[str, Any]] = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_the_install_line_of_the_release_names_them() -> None:
    before = notebook(("code", "x = 1"), ("markdown", "Install:\n\n    pip install numpy pandas\n\nThen go on."))
    after = json.loads(with_packages(before, ["pandas", "scikit-learn"]))
    assert "    pip install numpy pandas scikit-learn\n" in after["cells"][1]["source"]
    assert with_packages(before, []) == before
    with pytest.raises(UsageError, match=r"has a line `pip install ...`: add one"):
        with_packages(notebook(("code", "%pip install numpy")), ["pandas"])
