"""Reads the code of one function of a student, with the helpers that it uses, as a syntax tree. Nothing runs.

An observation asks this code for facts: see `observations`.
"""

from __future__ import annotations

import symtable
import sys
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MAX_CHARACTERS = 200_000  # of all code cells together; a notebook of a student has about 15,000
_DEFINITIONS = ("function_definition", "class_definition", "decorated_definition")
_SPECIAL_FLOATS = {
    "sys.float_info.epsilon": sys.float_info.epsilon,
    "sys.float_info.min": sys.float_info.min,
}


class NoCode(Exception):
    """The function's code cannot be read: it is missing, too large, or no Python."""


class StudentCode:
    """The definition of `function` in a notebook's code cells, and of all helpers that it uses, directly or not.

    - `function`: the name under which the function is defined. After `f = g` it is `g`.
    - `definitions`: the syntax tree of the function and of each helper, by name. The functions named in `others` are
      no helpers, because other parts are about them.
    - `bound`: for each name that a cell binds outside of functions, the values that it is bound to. A value is a
      syntax tree, or None if it is not a single expression.
    - `imports`: for each imported name, the import statement.

    Raises NoCode.
    """

    def __init__(self, cells: Sequence[str], function: str, others: Sequence[str] = ()) -> None:
        from ast_grep_py import SgRoot  # a large library, which only a part that lost points needs

        if sum(map(len, cells)) > MAX_CHARACTERS:
            raise NoCode(f"the code has more than {MAX_CHARACTERS} characters")
        self._roots = [SgRoot(cell.replace("\0", " "), "python") for cell in cells]  # a node needs its root alive
        self.bound: dict[str, list[SgNode | None]] = defaultdict(list)
        self.imports: dict[str, SgNode] = {}
        self.imports_everything = False  # `from x import *`: any name may be defined
        self.all_text = "\n".join(cells)
        self.known_names: set[str] = set()  # every name that some cell may define outside of functions
        self._top: dict[str, SgNode] = {}
        self._symbols: dict[str, symtable.SymbolTable] = {}
        self._bindings: dict[str, list[tuple[str, SgNode | None]]] = {}
        self._free_names: dict[str, set[str]] = {}
        for root in self._roots:
            self._read_cell(root.root())
        self.known_names |= self.bound.keys() | self.imports.keys() | self._top.keys()
        self.definitions: dict[str, SgNode] = {}
        self.function = function = self._without_aliases(function)
        waiting = [function]
        while waiting:
            name = waiting.pop()
            if name in self._top and name not in self.definitions and (name == function or name not in others):
                self.definitions[name] = self._top[name]
                waiting += sorted(self.free_names(name))
        if function not in self.definitions:
            raise NoCode(f"no cell defines {function}")

    def _without_aliases(self, name: str) -> str:
        """The name under which a function is defined, if `name` is another name for it: `f = g`."""
        for _ in range(5):
            node = self._top.get(name)
            value = next((value for bound, value in bindings_in(node) if bound == name), None) if node else None
            if node is None or node.kind() in _DEFINITIONS or value is None or value.text() not in self._top:
                break
            name = value.text()
        return name

    def _read_cell(self, root: SgNode) -> None:
        for node in root.children():
            if node.kind() in _DEFINITIONS:
                definition = node.field("definition") or node
                if name := definition.field("name"):
                    self._top[name.text()] = node
            elif node.kind() in ("import_statement", "import_from_statement"):
                self._read_import(node)
            else:
                for bound, value in bindings_in(node):
                    self.bound[bound].append(value)
                    if value is not None and (value.kind() == "lambda" or value.text() in self._top):
                        self._top[bound] = node
        for kind in ("global_statement", "import_statement", "import_from_statement"):
            for node in root.find_all(kind=kind):
                self.known_names |= {found.text() for found in node.find_all(kind="identifier")}
        for definition in [*root.find_all(kind="function_definition"), *root.find_all(kind="class_definition")]:
            if name := definition.field("name"):
                self.known_names.add(name.text())

    def _read_import(self, node: SgNode) -> None:
        if node.find(kind="wildcard_import"):
            self.imports_everything = True
        for imported in node.field_children("name"):
            name = imported.field("alias") or imported
            self.imports[name.text().split(".")[0]] = node

    @property
    def text(self) -> str:
        """The source of all definitions."""
        return "\n\n\n".join(textwrap.dedent(node.text()) for node in self.definitions.values())

    @property
    def arguments(self) -> list[str]:
        """The names of the function's parameters, in order."""
        for child in self._tables(self.function).get_children():
            if isinstance(child, symtable.Function) and child.get_name() == self.function:
                return list(child.get_parameters())
        return []

    def is_read(self, name: str) -> bool:
        """Whether the function itself, or a function inside it, reads its own variable `name`."""
        for child in self._tables(self.function).get_children():
            if child.get_name() == self.function:
                return any(
                    table.lookup(name).is_referenced()
                    for table in _all_tables(child)
                    if name in table.get_identifiers()
                )
        return True

    def free_names(self, definition: str) -> set[str]:
        """The names that a definition reads and does not bind itself. Built-in names count too."""
        if definition in self._free_names:
            return self._free_names[definition]
        free = self._free_names[definition] = set()
        for table in _all_tables(self._tables(definition)):
            for symbol in table.get_symbols():
                outside = not symbol.is_assigned() if table.get_type() == "module" else symbol.is_global()
                if symbol.is_referenced() and outside:
                    free.add(symbol.get_name())
        return free

    def _tables(self, definition: str) -> symtable.SymbolTable:
        if definition not in self._symbols:
            source = textwrap.dedent(self._top[definition].text())
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # such as "\d" in a text
                    self._symbols[definition] = symtable.symtable(source, "student", "exec")
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                raise NoCode(f"{definition} is no Python") from None
        return self._symbols[definition]

    def constant(self, node: SgNode | None, definition: str) -> float | None:
        """The finite number that an expression in a definition always has, or None.

        A variable counts if it is bound only once.
        """
        try:
            value = self._constant(node, definition, 5)
        except (ValueError, ArithmeticError, TypeError):
            return None
        return value if value is not None and np.isfinite(value) else None

    def _constant(self, node: SgNode | None, definition: str, depth: int) -> float | None:
        if node is None or depth == 0:
            return None
        kind, text = node.kind(), node.text()
        if kind in ("integer", "float"):
            return float(text)
        if kind == "parenthesized_expression":
            return self._constant(node.named_children()[0], definition, depth - 1)
        if kind == "unary_operator" and text.startswith("-"):
            value = self._constant(node.field("argument"), definition, depth - 1)
            return None if value is None else -value
        if kind == "binary_operator":
            left, right = (self._constant(node.field(side), definition, depth - 1) for side in ("left", "right"))
            sign = node.field("operator")
            if left is None or right is None or sign is None or abs(right) > 1000:
                return None
            operations: dict[str, Any] = {"**": pow, "*": float.__mul__, "/": float.__truediv__}
            return float(operations[sign.text()](left, right)) if sign.text() in operations else None
        if kind == "attribute":
            if node.matches(regex=r"^(np|numpy)\.finfo\((float|np\.float64|np\.double)\)\.(eps|tiny)$"):
                return float(np.finfo(float).eps if text.endswith("eps") else np.finfo(float).tiny)
            return _SPECIAL_FLOATS.get(text)
        if kind == "identifier":
            values = self.bindings(definition, text) or self.bound.get(text, [])
            return self._constant(values[0], definition, depth - 1) if len(values) == 1 else None
        return None

    def bindings(self, definition: str, name: str) -> list[SgNode | None]:
        """The values that `name` is bound to in a definition. None is a value that is not known."""
        if definition not in self._bindings:
            self._bindings[definition] = list(bindings_in(self.definitions[definition]))
        return [value for bound, value in self._bindings[definition] if bound == name]


def _all_tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        table = waiting.pop()
        yield table
        waiting += table.get_children()


def bindings_in(node: SgNode) -> Iterator[tuple[str, SgNode | None]]:
    """Yield each name that is bound in a syntax tree, with its value. None means that the value is not known.

    Functions inside the tree count as if they stood in it.
    """
    for found in [*([node] if node.kind() == "assignment" else []), *node.find_all(kind="assignment")]:
        yield from _pairs(found.field("left"), found.field("right"))
    for kind, field in (
        ("augmented_assignment", "left"),
        ("for_statement", "left"),
        ("for_in_clause", "left"),
        ("as_pattern_target", ""),
    ):
        for found in node.find_all(kind=kind):
            target = found.field(field) if field else found
            yield from ((name, None) for name in _names(target))
    for found in node.find_all(kind="named_expression"):
        yield from _pairs(found.field("name"), found.field("value"))
    for parameters in node.find_all(kind="parameters"):
        for parameter in parameters.named_children():
            default = parameter.field("value")
            names = [parameter.field("name")] if default else [parameter]
            yield from ((name, default) for target in names for name in _names(target))
    for found in node.find_all(kind="global_statement"):
        yield from ((name, None) for name in _names(found))


def _pairs(left: SgNode | None, right: SgNode | None) -> Iterator[tuple[str, SgNode | None]]:
    if left is None or right is None:
        return
    if left.kind() == "identifier":
        while right.kind() == "assignment":  # a = b = value
            inner = right.field("right")
            if inner is None:
                return
            right = inner
        yield left.text(), right
    elif left.kind() in ("pattern_list", "tuple_pattern", "list_pattern"):
        names, values = left.named_children(), right.named_children()
        fits = right.kind() in ("expression_list", "tuple", "list") and len(names) == len(values)
        for i, name in enumerate(names):
            yield from ((one, values[i] if fits else None) for one in _names(name))


def _names(target: SgNode | None) -> Iterator[str]:
    """The names that a target binds. An entry of an array, `a[0]`, binds no name."""
    if target is None or target.kind() in ("subscript", "attribute"):
        return
    if target.kind() == "identifier":
        yield target.text()
        return
    for child in target.named_children():
        if child.kind() != "type":
            yield from _names(child)
