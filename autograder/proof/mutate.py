"""Makes small changes to a module: each mutant differs in one operator, number, argument, name or statement."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
_NAMES = {
    "log": ("log2", "exp"),
    "exp": ("exp2",),
    "max": ("min", "sum"),
    "min": ("max",),
    "sum": ("mean", "max"),
    "argmax": ("argmin",),
    "all": ("any",),
    "any": ("all",),
    "abs": ("negative",),
    "full": ("full_like",),
}


@dataclass(frozen=True)
class Mutant:
    """A changed module. `change` names the function and says what was changed; `source` is the entire module."""

    name: str
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant with one change in a function body of the module. The same source gives the same mutants."""
    tree = ast.parse(source)
    for number, (path, replacement, change) in enumerate(_changes(tree)):
        changed = _with_replacement(tree, path, replacement)
        yield Mutant(f"mutant_{number:03}", change, ast.unparse(ast.fix_missing_locations(changed)))


Path = tuple[tuple[str, int | None], ...]


def _changes(tree: ast.Module) -> Iterator[tuple[Path, ast.AST | None, str]]:
    for i, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef):
            yield from _changes_of(node, (("body", i),), node.name)
        elif isinstance(node, ast.ClassDef):
            for k, method in enumerate(node.body):
                if isinstance(method, ast.FunctionDef):
                    yield from _changes_of(method, (("body", i), ("body", k)), f"{node.name}.{method.name}")


def _changes_of(function: ast.FunctionDef, path: Path, name: str) -> Iterator[tuple[Path, ast.AST | None, str]]:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    first = len(function.body) - len(body)
    for k, statement in enumerate(body, start=first):
        for below, replacement, change in _changes_below(statement, (*path, ("body", k))):
            yield below, replacement, f"{name}: {change}"


def _changes_below(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST | None, str]]:
    for replacement in _replacements(node):
        if replacement is None:
            yield path, None, f"dropped `{_short_source(node)}`"
        else:
            yield path, replacement, f"`{_short_source(node)}` became `{_short_source(replacement)}`"
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "ctx"):
            continue
        if isinstance(value, list):
            for i, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _changes_below(child, (*path, (name, i)))
        elif isinstance(value, ast.AST):
            yield from _changes_below(value, (*path, (name, None)))


def _replacements(node: ast.AST) -> Iterator[ast.AST | None]:
    """The nodes that may replace a node; None means that it is dropped."""
    if isinstance(node, ast.BinOp):
        for other in _OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)  # type: ignore[arg-type]
        yield node.left
        yield node.right
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _OPERATORS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [other()], node.comparators)  # type: ignore[list-item]
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Attribute):
        for other_name in _NAMES.get(node.attr, ()):
            yield ast.Attribute(node.value, other_name, node.ctx)
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.If | ast.Expr):
        yield None


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value + 1)
        yield ast.Constant(-value - 1)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    for i in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    if len(node.args) >= 2 and plain:
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)


def _with_replacement(tree: ast.Module, path: Path, replacement: ast.AST | None) -> ast.Module:
    changed = copy.deepcopy(tree)
    node: ast.AST = changed
    for name, index in path[:-1]:
        value = getattr(node, name)
        node = value if index is None else value[index]
    name, index = path[-1]
    new = ast.Pass() if replacement is None else copy.deepcopy(replacement)
    if index is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[index] = new
    return changed


def _short_source(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:57] + "..."
