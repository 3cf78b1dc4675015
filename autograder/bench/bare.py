"""Grades without sandbox and frames, to measure the least time that the same code and checks take. For `bench` only.

    python -m autograder.bench.bare SLUG FOLDER OUT

A warm process makes the imports of the sandbox. It then forks a child for each notebook in FOLDER, one after the other.
The child runs the cells as the sandbox does and answers the checks itself. OUT gets a line of JSON for each submission.
No limits apply and nothing is hidden from the code: use it for the kit's own notebooks, never for a student's.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder.assignment import CheckFailed, Function, code_to_run, course_root, load
from autograder.grading import Spec, load_spec, outcomes_of_checks, question_of, seed_of
from autograder.sandbox import modules_named, seed_random_numbers
from autograder.submissions import find_submissions


class Bare:
    """A `student` whose functions run in this process. Like `Student`, it asks a question once, with the same seed."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._values: dict[bytes, Any] = {}

    def __getattr__(self, name: str) -> Function:
        def call(*arguments: Any) -> Any:
            question = question_of(name, arguments)
            if question not in self._values:
                try:
                    seed_random_numbers(seed_of(name, arguments))
                    self._values[question] = self._namespace[name](*arguments)
                except Exception as problem:
                    raise CheckFailed(f"{name} raised {type(problem).__name__}: {problem}") from problem
            return self._values[question]

        return call

    def changed_arguments(self, name: str, *arguments: Any) -> list[int]:
        """As `Student.changed_arguments`."""
        copies = [np.array(argument) for argument in arguments]
        self._namespace[name](*copies)
        return [i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not np.array_equal(a, b)]


def run_cells(child: ModuleType, shell: Any, cells: Sequence[str], spec: Spec) -> Bare:
    """Run a notebook's cells in this process, beside the assignment's files, in the shell of the sandbox."""
    vars(builtins).update(get_ipython=shell.get_ipython)
    sys.stdout = sys.stderr = child.Output(spec.assignment.limits.output_characters)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        shell.folder = folder
        sys.path.insert(0, folder)
        sys.modules.update({"__main__": shell.user_module, "grader": child.LocalGrader()})
        for name, content in spec.files.items():
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_bytes(content)
        seed_random_numbers(0)
        for number, source in enumerate(cells):
            shell.run_notebook_cell(number, source, (), lambda *_: None)
        os.chdir(spec.assignment.root)
    return Bare(shell.user_ns)


def main(slug: str, folder: str, out: str) -> None:
    """Grade each notebook in a fork of this process, and append its score and its seconds to the file `out`."""
    spec = load_spec(load(course_root(), slug))
    sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox"))  # its modules import each other by name
    child = importlib.import_module("child")
    shell = child.prepare()
    submissions = find_submissions([Path(folder)], spec.assignment)
    child.warm(modules_named([s.read().decode() for s in submissions], spec.assignment.limits.packages))
    gc.collect()
    gc.freeze()
    for submission in submissions:
        started = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            cells = code_to_run(submission.read(), spec.assignment)
            student = run_cells(child, shell, cells, spec)
            score = sum(o["points"] for o in outcomes_of_checks(student, spec).values() if o["status"] == "pass")
            record = {"student": submission.student, "score": score, "seconds": time.perf_counter() - started}
            with Path(out).open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:4])
