"""A hash for each misconception that changes if its answers may change. Naming runs it in its own file."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path

from autograder.assignment import Misconception, source_of


def text_of_mistake(mistake: Misconception) -> str:
    """A hash of the mistake and all that it may call: other mistakes only if it calls them, and no hint."""
    mark = {name: value for name, value in vars(mistake).items() if name not in ("function", "hint", "see")}
    function = inspect.unwrap(mistake.function)
    text = f"{mark}\0{source_of(function, mistake.name)}\0{_beside_mistakes(function.__module__)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def _beside_mistakes(module: str) -> str:
    """The statements that define no mistake, of a file and of the files of the assignment that it imports."""
    return "\n".join(ast.unparse(s) for name in sorted({module, *_imported_by(module)}) for s in _statements(name))


def _statements(module: str) -> list[ast.stmt]:
    """The statements of a file without its mistakes. `source_of` has those mistakes that another one calls."""
    values = vars(sys.modules[module]).items()
    mistakes = {name for name, value in values if isinstance(getattr(value, "mark", None), Misconception)}
    return [s for s in _tree(module).body if getattr(s, "name", "") not in mistakes]


def _imported_by(module: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names of the assignment's files that a file imports, and of those that these import."""
    assignment = ".".join(module.split(".")[:2]) + "."
    package = module if hasattr(sys.modules[module], "__path__") else module.rpartition(".")[0]
    for node in ast.walk(_tree(module)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names = [base, *(f"{base}.{name}" for name in names)]
        for name in names:
            if name.startswith(assignment) and name in sys.modules and name not in known:
                known = _imported_by(name, known | {name})
    return known


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


def _source(module: str) -> str:
    return Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8")
