"""Grades the evidence as submissions are graded. A notebook whose result is kept is not graded again.

Which checks a notebook passes depends on no misconception. Which mistakes are named in it depends on the misconceptions
of the parts that lost points there, and on no others. So after an edit of one misconception, only the notebooks that
lost points in its part are graded again.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.assignment import Misconception, declared_in
from autograder.grading import Result, Spec
from autograder.proof.kept import Kept
from autograder.runs import grade_all
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission


def grade_notebooks(
    spec: Spec, notebooks: Mapping[str, bytes], jobs: int, progress: Callable[[str], None], kept: Kept | None = None
) -> list[Result]:
    """The results of these notebooks, in their order, graded as submissions are graded."""
    results = {} if kept is None else _kept_results(spec, notebooks, kept)
    for name in results:
        progress(name)
    due = {name: raw for name, raw in notebooks.items() if name not in results}
    with tempfile.TemporaryDirectory() as folder:
        submissions = []
        for name, raw in due.items():
            path = Path(folder, f"{name}.ipynb")
            path.write_bytes(raw)
            submissions.append(Submission(name, path))
        for result, _ in grade_all(spec, submissions, min(jobs, max(1, len(due))), strictest_isolation()):
            name = result["student"]
            results[name] = result
            if kept is not None and result["status"] == "graded":
                _keep(spec, name, notebooks[name], result, kept)
            progress(name)
    return [results[name] for name in notebooks]


def _kept_results(spec: Spec, notebooks: Mapping[str, bytes], kept: Kept) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for name, raw in notebooks.items():
        key = _key(spec, name, raw, kept)
        if kept.has(key):
            named = kept.key("named", key, _catalogue_of(spec, kept.get(key, tuple)))
            if kept.has(named):
                found[name] = kept.get(named, dict)
    return found


def _keep(spec: Spec, name: str, raw: bytes, result: Result, kept: Kept) -> None:
    lost = tuple(p["id"] for p in result["parts"] if any(check["status"] != "pass" for check in p["checks"]))
    key = _key(spec, name, raw, kept)
    kept.get(key, lambda: lost)
    kept.get(kept.key("named", key, _catalogue_of(spec, lost)), lambda: result)


def _key(spec: Spec, name: str, raw: bytes, kept: Kept) -> str:
    """A key of all that decides which checks a notebook passes. The rubric decides what they earn."""
    assignment = spec.assignment
    tolerances = [(check.name, cases[0].tolerance if cases else 0) for check, cases in spec.checks_with_cases]
    settings = [assignment.limits, spec.call_limits.seconds, assignment.rubric, strictest_isolation()]
    return kept.key("graded", name, raw, tolerances, settings, assignment.max_score)


def _catalogue_of(spec: Spec, parts: tuple[str, ...]) -> str:
    """All that may decide which names the notebooks get that lost points in these parts."""
    known = declared_in(spec.assignment.misconceptions, Misconception)
    own = [mistake for mistake in known if mistake.part in parts]
    others = {mistake.known_as for mistake in own} | {name for m in own for name in m.may_be_named_as}
    named = [(mistake.name, mistake.part, mistake.hint_to_write) for mistake in known if mistake.name in others]
    return repr(([_text_of(mistake) for mistake in own], named))


def _text_of(mistake: Misconception) -> str:
    """The mistake, and its file without the other mistakes: naming runs it there, not in a notebook."""
    mark = {name: value for name, value in vars(mistake).items() if name not in ("function", "hint", "see")}
    function = inspect.unwrap(mistake.function)
    return f"{mark}\0{inspect.getsource(function)}\0{_beside_mistakes(function.__module__)}"


@functools.cache
def _beside_mistakes(module: str) -> str:
    """The statements of a file that define no mistake, and those of the files of its catalogue that it imports."""
    loaded = sys.modules[module]
    tree = ast.parse(inspect.getsource(loaded))
    marked = {name for name, value in vars(loaded).items() if hasattr(value, "mark")}
    kept = [s for s in tree.body if not (isinstance(s, ast.FunctionDef) and s.name in marked)]
    catalogue = ".".join(module.split(".")[:3])
    others = {getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in vars(loaded).values()}
    further = sorted(str(n) for n in others if str(n).startswith(catalogue) and n != module and str(n) in sys.modules)
    return "\n".join([*(ast.unparse(s) for s in kept), *(inspect.getsource(sys.modules[name]) for name in further)])
