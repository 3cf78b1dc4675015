"""Builds an assignment: makes data/<slug>/ from reference and policy, and release/<slug>/ from source."""

from __future__ import annotations

import functools
import importlib.util
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignment import (
    Assignment,
    UsageError,
    notebook_to_bytes,
    source_notebook,
    to_json,
    to_npz,
)
from autograder.building.check import demand_checked
from autograder.building.difference import difference
from autograder.building.key import make_key
from autograder.building.made_from import MADE_FROM_NAME, is_unchanged, made_from
from autograder.grading import (
    Spec,
    grade_submission,
    load_spec,
)
from autograder.proof import Kept, calibrate, draw_calibration
from autograder.runs import worker_processes
from autograder.sandbox import Sandbox, strictest_isolation
from autograder.submissions import Submission

Files = dict[Path, bytes]
# What a student's first cell does. An installed kit must not stand in for a file that the release lacks.
_FIRST_CELL = """
import os, sys
from grader import Grader
repr(Grader())
for name, module in list(sys.modules.items()):
    if name.split(".")[0] == "grader" and not os.path.samefile(os.path.dirname(module.__file__), "grader"):
        sys.exit(f"the release has no file for {name}.")
"""


def build_assignment(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> list[Path]:
    """Write data/<slug>/ and release/<slug>/ and return the files that changed.

    Raises UsageError and writes no release if the evidence is broken, if tolerances can't be set, if the release gives
    a solution away or can't be opened, or if the source does not get full points or the release gets some.
    """
    _demand_nbgrader()
    kept = Kept(assignment)
    data = make_data(assignment, jobs, progress, kept, _drawer(assignment))
    changed = _write(data, assignment)
    progress("release")
    release = make_release(assignment, data, kept)
    _demand_opens(assignment, release, kept)
    _demand_scores(assignment, release, progress, kept)
    leftover = [
        p for p in assignment.release.rglob("*") if p.is_file() and p not in release and "__pycache__" not in p.parts
    ]
    for path in leftover:
        path.unlink()
    changed += _write(release, assignment, force=bool(changed)) + leftover
    record = assignment.data / MADE_FROM_NAME
    if not is_unchanged(assignment):
        record.write_bytes(made_from(assignment))
        changed.append(record)
    return changed


def check_build(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> list[str]:
    """A line for each committed file that differs from what `build` would write. Writes nothing.

    Everything is measured again: what an earlier run kept proves nothing of the committed files.
    """
    _demand_nbgrader()
    kept = Kept(assignment, use=False)
    # Nothing is drawn here, because `difference` compares a committed picture with the committed numbers.
    data = make_data(assignment, jobs, progress, kept, draw=lambda _: b"")
    release = make_release(assignment, data, kept)
    differences = {p: difference(p, new, _drawer(assignment)) for p, new in (data | release).items()}
    lines = [f"{_name(p, assignment)}: {text}" for p, text in differences.items() if text]
    for path in sorted(assignment.release.rglob("*")):
        if path.is_file() and path not in release and "__pycache__" not in path.parts:
            lines.append(f"{_name(path, assignment)}: not made by build")
    if not lines and not is_unchanged(assignment):
        lines.append(f"{_name(assignment.data / MADE_FROM_NAME, assignment)}: not what build makes")
    return lines


def _demand_nbgrader() -> None:
    """Raise ModuleNotFoundError without the package that makes the release: before minutes of measuring, not after."""
    if importlib.util.find_spec("nbgrader") is None:
        raise ModuleNotFoundError("nbgrader", name="nbgrader")


def make_data(
    assignment: Assignment, jobs: int, progress: Callable[[str], None], kept: Kept, draw: Callable[[Any], bytes]
) -> Files:
    """The files of data/<slug>/: samples, calibration and key. Raises Findings if `check_assignment` finds anything.

    `draw` makes the picture of the calibration.
    """
    with worker_processes(jobs) as pool:
        demand_checked(assignment, kept, pool)
        measured = calibrate(assignment, pool, progress, kept)
    key_json, key_npz = make_key(assignment, measured["key"])
    return {
        assignment.data / "samples.npz": to_npz(assignment.cases.samples()),
        assignment.data / "calibration.json": to_json(measured),
        assignment.data / "calibration.svg": kept.get(
            kept.key("picture", assignment.title, to_json(measured)), lambda: draw(measured)
        ),
        assignment.data / "key.json": key_json,
        assignment.data / "key.npz": key_npz,
    }


def _drawer(assignment: Assignment) -> Callable[[Any], bytes]:
    """The function that draws a calibration of this assignment."""
    return functools.partial(draw_calibration, title=f"{assignment.title}: correct code, wrong code, tolerance")


def make_release(assignment: Assignment, data: Files, kept: Kept) -> Files:
    """The files of release/<slug>/: the stripped notebook, the files beside it, and the grader with its key."""
    folder = assignment.release
    source = (assignment.source / assignment.notebook).read_bytes()
    stripped = kept.get(kept.key("release", source), lambda: strip(assignment))
    notebook = with_packages(stripped, assignment.limits.packages)
    _demand_nothing_given_away(assignment, notebook)
    files = {folder / assignment.notebook: notebook}
    for name in assignment.files:
        path = assignment.given_file(name)
        files[folder / name] = data[path] if path in data else path.read_bytes()
    # The local grader comes from this kit, because the course may be in another folder.
    for path in sorted((Path(__file__).parents[2] / "grader").glob("*.py")):
        files[folder / "grader" / path.name] = path.read_bytes()
    return files | {folder / "grader" / name: data[assignment.data / name] for name in ("key.json", "key.npz")}


def strip(assignment: Assignment) -> bytes:
    """The student version of the notebook, made by nbgrader's own generate_assignment."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as course:
        source = Path(course, "source", assignment.slug)
        source.mkdir(parents=True)
        shutil.copy(assignment.source / assignment.notebook, source)
        config = Config()
        config.CourseDirectory.root = course
        config.GenerateAssignment.no_database = True  # a course has a gradebook, a release has none
        config.SaveCells.enabled = False  # it would write into the gradebook
        api = NbGraderAPI(config=config)
        api.log.setLevel(logging.ERROR)
        result = api.generate_assignment(assignment.slug)
        if not result["success"]:
            raise UsageError(f"nbgrader could not make the release: {result.get('error') or result.get('log')}")
        return Path(course, "release", assignment.slug, assignment.notebook).read_bytes()


def with_packages(notebook: bytes, packages: Sequence[str]) -> bytes:
    """The notebook whose first line with `pip install` names these packages too.

    Raises UsageError if a package is to be named and no markdown cell has such a line.
    """
    text = json.loads(notebook)
    for cell in text["cells"] if packages else ():
        source = "".join(cell["source"])
        found = re.search(r"(?m)^\s*[%!]?(?:python -m )?pip install .*$", source)
        if found and cell["cell_type"] == "markdown":
            named = found[0].split()
            line = " ".join([found[0].rstrip(), *(package for package in packages if package not in named)])
            cell["source"] = source.replace(found[0], line, 1).splitlines(keepends=True)
            return notebook_to_bytes(text)
    if packages:
        raise UsageError(
            "no markdown cell of the notebook has a line `pip install ...`: add one, so that students read that they "
            f"need {', '.join(packages)}."
        )
    return notebook


def _demand_nothing_given_away(assignment: Assignment, notebook: bytes) -> None:
    text = notebook.decode()
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME"):
        if mark in text:
            raise UsageError(f"the release still contains '{mark}': mark its cell as a solution or test cell.")
    for name in assignment.functions:
        if not re.search(rf"\b(?:def|class) {name}\b|\b{name}\s*=", text):
            raise UsageError(f"the release has no template of {name}: put its `def` line outside the solution.")


def _demand_opens(assignment: Assignment, release: Files, kept: Kept) -> None:
    """Raise UsageError unless a fresh process can open the release's local grader, as a student does."""
    files = {path: raw for path, raw in release.items() if path.parent == assignment.release / "grader"}
    key = kept.key("opened", *files.values())
    if kept.has(key):
        return
    if said := _why_it_does_not_open(assignment, files):
        raise UsageError(f"no release was written, because its local grader can't be opened: {said}")
    kept.get(key, lambda: True)


def _why_it_does_not_open(assignment: Assignment, files: Files) -> str:
    """What Python says when a student's first cell runs. Empty if it runs."""
    with tempfile.TemporaryDirectory() as folder:
        for path, raw in files.items():
            place = Path(folder, path.relative_to(assignment.release))
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(raw)
        alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        command = [sys.executable, "-c", _FIRST_CELL]
        done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
        return (done.stderr.strip().splitlines() or ["it ended without a word."])[-1] if done.returncode else ""


def _demand_scores(assignment: Assignment, release: Files, progress: Callable[[str], None], kept: Kept) -> None:
    """Raise UsageError unless the source gets all points and the release none."""
    spec = load_spec(assignment)
    notebooks = {
        "source": notebook_to_bytes(source_notebook(assignment)),
        "release": release[assignment.release / assignment.notebook],
    }
    key = kept.key("scores", *notebooks.values(), (assignment.data / "calibration.json").read_bytes(), assignment)
    if kept.has(key):
        return
    if said := _wrong_score(spec, notebooks, progress):
        raise UsageError(f"no release was written, because {said}")
    kept.get(key, lambda: True)


def _wrong_score(spec: Spec, notebooks: Mapping[str, bytes], progress: Callable[[str], None]) -> str:
    """What is wrong with the scores of the source and the release. Empty if they are as they should be.

    It depends on no misconception: what a check that passed earns needs no name, and a share of what failed is no pass.
    """
    assignment = spec.assignment
    with tempfile.TemporaryDirectory() as folder, Sandbox(assignment.limits, strictest_isolation()) as sandbox:
        for name, raw in notebooks.items():
            progress(f"grading the {name}")
            path = Path(folder, f"{name}.ipynb")
            path.write_bytes(raw)
            result = grade_submission(Submission(name, path), spec, sandbox)
            checks = [check for part in result["parts"] for check in part["checks"]]
            unexpected = [check for check in checks if (check["status"] == "pass") != (name == "source")]
            if result["status"] != "graded" or unexpected:
                why = "; ".join(f"{check['name']}: {check['message'] or check['status']}" for check in unexpected[:3])
                due = assignment.max_score if name == "source" else 0
                return f"the {name} scores {result['score']:g} instead of {due:g}: {why} {result['message']}".strip()
    return ""


def _write(files: Mapping[Path, bytes], assignment: Assignment, *, force: bool = False) -> list[Path]:
    """Write all files if one of them differs or with `force`, and return those that changed.

    All are written, because they belong together. Arrays that differ only in their last digits are the exception: they
    are not written, because their last digits differ on every machine.
    """
    differs = {path: bool(difference(path, content, _drawer(assignment))) for path, content in files.items()}
    if not force and not any(differs.values()):
        return []
    changed = [
        path
        for path, content in files.items()
        if not path.is_file() or (path.read_bytes() != content and (differs[path] or path.suffix != ".npz"))
    ]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path])
    return changed


def _name(path: Path, assignment: Assignment) -> str:
    return path.relative_to(assignment.root).as_posix()
