"""Scaffolds an assignment: a small example that works without changes, and a test of it, in their folders."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from autograder.assignment import UsageError, notebook_to_bytes
from autograder.building.cells import notebook_of

_REFERENCE = ("solution.py", "cases.py", "checks.py", "alternatives.py", "misconceptions.py")


def scaffold(root: Path, slug: str) -> list[Path]:
    """Write the files of a new assignment and return them. Raises UsageError if one of them exists already."""
    if not slug.isidentifier() or slug != slug.lower():
        raise UsageError(f"'{slug}' can't be a slug: use small letters, digits and underscores.")
    files = _example(root, slug)
    files[root / "reference" / slug / "__init__.py"] = b""
    files[root / "tests" / f"test_{slug}.py"] = _template_for("test_assignment.py", slug).encode()
    existing = [path for path in files if path.exists()]
    if existing:
        raise UsageError(f"{existing[0].relative_to(root)} exists already: choose another slug or remove it.")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(files)


def left_of_example(root: Path, slug: str) -> list[Path]:
    """The files of an assignment that are still as `scaffold` wrote them."""
    return [p for p, content in _example(root, slug).items() if p.is_file() and p.read_bytes() == content]


def _example(root: Path, slug: str) -> dict[Path, bytes]:
    """The files that an author changes."""
    files = {root / "source" / slug / "assignment.toml": _template_for("assignment.toml", slug).encode()}
    notebook = notebook_to_bytes(notebook_of(_template_for("notebook.py", slug)))
    files[root / "source" / slug / f"{slug}.ipynb"] = notebook
    return files | {root / "reference" / slug / name: _template_for(name, slug).encode() for name in _REFERENCE}


def _template_for(name: str, slug: str) -> str:
    text = resources.files("autograder.building").joinpath("scaffold", name).read_text(encoding="utf-8")
    return Template(text).substitute(slug=slug)
