"""Makes a class of submissions: right ones, known mistakes, a disguised copy, an unsolved one and a broken file."""

from __future__ import annotations

import ast
import builtins
import functools
import random
from collections.abc import Mapping, Sequence
from itertools import chain, cycle, islice, zip_longest
from pathlib import Path

from autograder.assignment import (
    Alternative,
    Assignment,
    Function,
    Misconception,
    declared_in,
    known_mistakes,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)

# Names of trees stand for students, so that the demo's tables read like those of a class.
NAMES = (
    *("alder", "ash", "aspen", "beech", "birch", "cedar", "cherry", "elder", "elm", "fir", "hawthorn", "hazel"),
    *("holly", "juniper", "larch", "linden", "maple", "oak", "pine", "plane", "rowan", "spruce", "willow", "yew"),
)
RIGHT = 4  # one submission in 4 is right
FEWEST = 12
MOST = 4 * len(NAMES)
ONCE = 10  # how many different mistakes there are
OFTEN = slice(1, 5)  # those of the different mistakes that several students make
SEED = 7  # draws mistakes that instructors know, and independent work that does not look copied
DRAFTS = 100  # drawn for each submission, of which the best is chosen
COPIED = 5  # the index of the mistake whose submission another student hands in as a disguised copy

Cells = dict[str, str]  # the code of a submission by the grade id of each cell


def make_class(assignment: Assignment, folder: Path, seed: int = SEED, count: int = len(NAMES)) -> dict[str, str]:
    """Write `count` submissions, at least FEWEST, into a folder. Returns a description of each by student."""
    draw = random.Random(seed)
    source, release = source_notebook(assignment), release_notebook(assignment)
    names = [NAMES[i % len(NAMES)] + (f"-{i // len(NAMES) + 1}" if i >= len(NAMES) else "") for i in range(count)]
    right = count // RIGHT
    mistakes = _mistakes(assignment, draw, count - right - 3)
    wrong = [{m.part: m.function} for m in mistakes]
    work = _independent_work(assignment, draw, [*({} for _ in range(right)), *wrong])
    described = ["right"] * right + [f"mistake: {m.known_as}" for m in mistakes]
    if len(mistakes) > COPIED:
        copied = right + COPIED
        described.append(f"mistake, copied from {names[copied]}: {mistakes[COPIED].known_as}")
        work.append(
            {
                cell: disguised(code, assignment.functions, f"n{i}")
                for i, (cell, code) in enumerate(work[copied].items())
            }
        )
    files = [notebook_to_bytes(with_solutions(source, cells)) for cells in work]
    solved = notebook_to_bytes(source)
    files += [notebook_to_bytes(release), solved[: len(solved) // 2]]
    described += ["as released", "a file cut in half"]
    folder.mkdir(parents=True, exist_ok=True)
    for student, raw in zip(names, files, strict=False):
        (folder / f"{student}.ipynb").write_bytes(raw)
    return dict(zip(names, described, strict=False))


def _mistakes(assignment: Assignment, draw: random.Random, count: int) -> list[Misconception]:
    """`count` mistakes: one of each part in turn, so that the table shows every part, then some of them again."""
    known = known_mistakes(assignment.misconceptions)
    of_parts = [[m for m in known if m.part == part.id] for part in assignment.parts]
    in_turn = zip_longest(*(draw.sample(of_part, len(of_part)) for of_part in of_parts))
    different = [m for turn in in_turn for m in turn if m][:ONCE]
    return list(islice(chain(different, cycle(different[OFTEN])), count))


def _independent_work(
    assignment: Assignment, draw: random.Random, mistakes: Sequence[Mapping[str, Function]]
) -> list[Cells]:
    """Submissions with these mistakes and all else right. Any two share as few solutions as possible."""
    known = declared_in(assignment.alternatives, Alternative)
    right = {f: [a.function for a in known if a.solves == f and a.blends and not a.slow] for f in assignment.functions}
    chosen: list[dict[str, Function]] = []

    def rank(draft: dict[str, Function]) -> tuple[bool, int]:
        return _clash(draft), sum(len(draft.items() & other.items()) ** 2 for other in chosen)

    for mistake in mistakes:
        wrong = {assignment.part(part).function: function for part, function in mistake.items()}
        drafts = [{f: draw.choice(of_f) for f, of_f in right.items() if of_f} | wrong for _ in range(DRAFTS)]
        chosen.append(min(drafts, key=rank))
    return [{assignment.cell_of(f): source_of(code, f) for f, code in functions.items()} for functions in chosen]


def _clash(functions: Mapping[str, Function]) -> bool:
    """Whether two cells define different helpers of the same name, so that the later one breaks the earlier cell."""
    defined: dict[str, str] = {}
    return any(
        defined.setdefault(name, text) != text for f, code in functions.items() for name, text in _helpers(code, f)
    )


@functools.cache
def _helpers(code: Function, function: str) -> list[tuple[str, str]]:
    tree = ast.parse(source_of(code, function))
    return [(node.name, ast.unparse(node)) for node in tree.body if isinstance(node, ast.FunctionDef)]


def _members(node: ast.ClassDef) -> set[str]:
    """The names of a class that others use as attributes of its objects."""
    fields = {name.id for line in node.body if not isinstance(line, ast.FunctionDef) for name in _stored(line)}
    return fields | {line.name for line in node.body if isinstance(line, ast.FunctionDef)}


def _stored(node: ast.AST) -> list[ast.Name]:
    return [name for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]


def disguised(code: str, kept: Sequence[str], prefix: str) -> str:
    """The same code with a new name of this prefix for every name that it defines, except the names in `kept`."""
    tree = ast.parse(code)
    nodes = list(ast.walk(tree))
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    own -= {*kept, *dir(builtins), *(str(node.arg) for node in nodes if isinstance(node, ast.keyword))}
    own -= {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    own -= {name for node in nodes if isinstance(node, ast.ClassDef) for name in _members(node)}
    names = {name: f"{prefix}_{number}" for number, name in enumerate(sorted(own))}
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)
        elif isinstance(node, ast.FunctionDef):
            node.name = names.get(node.name, node.name)
    return ast.unparse(tree) + "\n"
