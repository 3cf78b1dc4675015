"""Scaffolds an assignment: its folders in source/ and reference/, and a test that fails until both are filled."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from autograder.assignment import UsageError, notebook_to_bytes

_REFERENCE = ("solution.py", "cases.py", "checks.py", "alternatives.py", "misconceptions.py")
_TEMPLATE = '''def answer(x):
    """Return ... for x (N,)."""
    ### BEGIN SOLUTION
    raise NotImplementedError
    ### END SOLUTION'''


def scaffold(root: Path, slug: str) -> list[Path]:
    """Write the files of a new assignment and return them. Raises UsageError if one of them exists already."""
    if not slug.isidentifier() or slug != slug.lower():
        raise UsageError(f"'{slug}' can't be a slug: use small letters, digits and underscores.")
    files = {root / "source" / slug / "assignment.toml": _template_for("assignment.toml", slug)}
    files |= {root / "reference" / slug / name: _template_for(name, slug) for name in _REFERENCE}
    files[root / "reference" / slug / "__init__.py"] = b""
    files[root / "source" / slug / f"{slug}.ipynb"] = _notebook(slug)
    files[root / "tests" / f"test_{slug}.py"] = _template_for("test_assignment.py", slug)
    existing = [path for path in files if path.exists()]
    if existing:
        raise UsageError(f"{existing[0].relative_to(root)} exists already: choose another slug or remove it.")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(files)


def _template_for(name: str, slug: str) -> bytes:
    text = resources.files("autograder.building").joinpath("scaffold", name).read_text(encoding="utf-8")
    return Template(text).substitute(slug=slug).encode()


def _notebook(slug: str) -> bytes:
    cells = [
        _cell("title", f"# {slug}\n\nSay what is to be done.", kind="markdown"),
        _cell(
            "setup",
            'import numpy as np\nfrom grader import Grader\n\ngrader = Grader()\nx = np.load("samples.npz")["x"]',
            locked=True,
        ),
        _cell("answer", _TEMPLATE, solution=True),
        _cell("test_answer", "y = answer(x)\ngrader.submit_answer(y)", locked=True, points=10),
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook_to_bytes({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def _cell(
    name: str,
    source: str,
    *,
    kind: str = "code",
    locked: bool = False,
    solution: bool = False,
    points: float | None = None,
) -> dict[str, object]:
    mark: dict[str, object] = {"grade": points is not None, "grade_id": name, "locked": locked, "solution": solution}
    mark |= {"schema_version": 3, "task": False} | ({} if points is None else {"points": points})
    cell: dict[str, object] = {
        "cell_type": kind,
        "id": name.replace("_", "-"),
        "source": source.splitlines(keepends=True),
    }
    cell["metadata"] = {} if kind == "markdown" else {"nbgrader": mark}
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
