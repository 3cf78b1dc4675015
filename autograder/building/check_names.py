"""Reads the code of evidence for names that neither its file nor the notebook defines."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator

from autograder.assignment import (
    Alternative,
    Assignment,
    Finding,
    Function,
    Misconception,
    code_to_run,
    declared_in,
    notebook_to_bytes,
    source_notebook,
    source_of,
    statements_of,
)
from autograder.proof import place_of, solved_by

_DEFINITION = (ast.FunctionDef, ast.ClassDef)


def undefined_names(assignment: Assignment) -> Iterator[Finding]:
    """A finding for each name that a piece of evidence reads and that the notebook or its own file does not define.

    Grading runs evidence in its cell of the notebook. There, what it imports from `reference` is what the notebook
    defines under the same name. Recognising a mistake runs it in its own file.
    """
    cells = code_to_run(notebook_to_bytes(source_notebook(assignment)), assignment)
    given = {"__name__", "get_ipython", "display", *dir(builtins)}
    for cell in cells:
        given |= _bound_in(cell)
    parts = {part.id for part in assignment.parts}
    evidence: list[Alternative | Misconception] = [*declared_in(assignment.alternatives, Alternative)]
    evidence += declared_in(assignment.misconceptions, Misconception)
    for one in evidence:
        if isinstance(one, Misconception) and ("NameError" in one.raises or one.part not in parts):
            continue
        solved = solved_by(assignment, one)
        source = source_of(one.function, solved)
        if found := _calls_itself(one.function, solved):
            said = (
                f"'{one.name}' calls {solved}, which in the notebook is '{one.name}' itself: give the right function "
                "another name in this file, and copy it."
            )
            yield Finding(place_of(one.function, assignment)[0], found, said)
        free = _free_in(source)
        missing = free - given
        lacking = free - missing - set(dir(builtins)) - set(vars(sys.modules[one.function.__module__]))
        if not missing and not lacking:
            continue
        statements = statements_of(one.function, solved)
        lacking -= _defined_in({file for _, file in statements})  # helpers may be in other files of the catalogue
        for name in sorted((missing | lacking) - _tried_in(source)):
            file, line = _first_use(name, statements) or ("", 0)
            place = (place_of(one.function, assignment)[0], line) if file else place_of(one.function, assignment)
            said = (
                f"'{one.name}' uses {name}, which no cell of {assignment.notebook} defines. Grading runs the code "
                f"there, without imports from the reference: define {name} in this file, or in such a cell."
            )
            if name in lacking:
                said = (
                    f"'{one.name}' uses {name}, which its own file does not define. The kit also runs evidence "
                    f"there, to recognise mistakes: import {name} in this file. If it is one of the students' "
                    f"functions, write: from reference.{assignment.slug}.solution import {name}"
                )
            yield Finding(*place, said)


def _calls_itself(function: Function, solved: str) -> int:
    """The line in which evidence of another name calls the function that it replaces, or 0."""
    own = statements_of(function, solved)
    if any(isinstance(statement, _DEFINITION) and statement.name == solved for statement, _ in own):
        return 0  # it has the function's own name, so it calls itself in its file too
    uses = _first_use(solved, [(statement, file) for statement, file in own if isinstance(statement, _DEFINITION)])
    return uses[1] if uses else 0


def _defined_in(files: set[str]) -> set[str]:
    """The names that these files define or import."""
    modules = [module for module in list(sys.modules.values()) if getattr(module, "__file__", None) in files]
    return {name for module in modules for name in vars(module)}


def _bound_in(cell: str) -> set[str]:
    """The names that a cell binds outside of functions, or inside with `global`."""
    try:
        return _bound(symtable.symtable(_plain(cell), "cell", "exec"))
    except (SyntaxError, ValueError):
        return set()


def _bound(table: symtable.SymbolTable) -> set[str]:
    bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    bound |= {child.get_name() for child in table.get_children()}
    return bound | {name for child in table.get_children() for name in _declared_global(child)}


def _declared_global(table: symtable.SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_declared_global()}
    return own.union(*(_declared_global(child) for child in table.get_children()))


def _free_in(source: str) -> set[str]:
    """The global names that code reads and does not bind."""

    def read(table: symtable.SymbolTable) -> set[str]:
        top = table.get_type() == "module"
        own = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
        return own.union(*(read(child) for child in table.get_children()))

    table = symtable.symtable(source, "evidence", "exec")
    return read(table) - _bound(table)


def _tried_in(source: str) -> set[str]:
    """The names that stand in a `try`. To hide that one is not defined may be the mistake."""
    tried = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Try))
    return {name.id for node in tried for name in ast.walk(node) if isinstance(name, ast.Name)}


def _plain(source: str) -> str:
    """A cell without lines that only Jupyter understands."""
    lines = source.splitlines()
    return "\n".join(
        "" if line.lstrip().startswith(("%", "!")) or line.rstrip().endswith("?") else line for line in lines
    )


def _first_use(name: str, statements: list[tuple[ast.stmt, str]]) -> tuple[str, int] | None:
    for statement, file in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id == name and file:
                return file, node.lineno
    return None
