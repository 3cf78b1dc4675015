"""Writes a student's code as a new misconception of an assignment, with a test that fails until its hint is written."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

from autograder.assignment import HINT_TO_WRITE, Assignment, StudentCode, UsageError, without_words

_TEST = '''"""Fails until the mistake {name} of {slug} has a hint. `autograder prove {slug}` shows the rest."""

from pathlib import Path

from autograder.assignment import Misconception, declared_in, load


def test_the_mistake_has_a_hint():
    known = declared_in(load(Path(__file__).parents[1], "{slug}").misconceptions, Misconception)
    mistake = next(mistake for mistake in known if mistake.name == "{name}")
    assert not mistake.hint_to_write, "write the hint of {name} in {where}"
'''


def add_evidence(assignment: Assignment, part: str, name: str, code: StudentCode, students: int) -> list[Path]:
    """Write the code of a part as the misconception `name`, and its test. Return both files.

    If the catalogue is a folder, the misconception gets a file of its own. Comments and docstrings are left out,
    because they may name the student. Raises UsageError if that cannot be done.
    """
    catalogue = assignment.reference / "misconceptions"
    place = catalogue / f"{name}.py" if catalogue.is_dir() else catalogue.with_suffix(".py")
    test = assignment.root / "tests" / f"test_{assignment.slug}_{name}.py"
    before = "" if catalogue.is_dir() else place.read_text(encoding="utf-8")
    if test.exists() or (catalogue.is_dir() and place.exists()) or re.search(rf"^def {name}\(", before, re.MULTILINE):
        raise UsageError(f"{name} is evidence already: {place.relative_to(assignment.root)}.")
    text = _module(assignment, part, name, code, students)
    if before:
        taken = {node.name for node in ast.parse(before).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        if clash := sorted(taken & code.definitions.keys()):
            raise UsageError(
                f"{place.relative_to(assignment.root)} defines {clash[0]} already, and so does the student: make "
                "misconceptions a folder, so that each mistake has a file of its own."
            )
        text = f"{before.rstrip()}\n\n\n{text.split(chr(10), 2)[2].lstrip()}"  # without the docstring of a file
    where = place.relative_to(assignment.root).as_posix()
    test.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")
    test.write_text(_TEST.format(name=name, slug=assignment.slug, where=where), encoding="utf-8")
    return [place, test]


def _module(assignment: Assignment, part: str, name: str, code: StudentCode, students: int) -> str:
    try:
        definitions = {key: _parsed(node.text()) for key, node in code.definitions.items()}
    except SyntaxError as problem:
        raise UsageError(f"the student's code is no Python ({problem.msg}).") from None
    own = definitions.pop(code.function)
    if isinstance(own, ast.FunctionDef) and any(map(_is_template, own.body)):
        raise UsageError(f"the student has not written {code.function} yet, so there is no mistake to learn from.")
    if not isinstance(own, ast.FunctionDef):
        raise UsageError(f"the student does not write {code.function} as a function with `def`.")
    for node in ast.walk(own):
        if isinstance(node, ast.Name) and node.id == own.name:
            node.id = name
    own.name = name
    own.decorator_list = []
    title = assignment.part(part).title
    see = re.split(r"\s*[(:]", title)[0]
    count = f"{students} student{'' if students == 1 else 's'}"
    lines = [
        f'"""{title}: a mistake of {count} of a class."""',
        "",
        *_imports(assignment, code),
        "",
        *(part for helper in reversed(definitions.values()) for part in ("", ast.unparse(helper), "")),
        "",
        f"@misconception({part!r}, hint={HINT_TO_WRITE!r}, see={see!r})",
        ast.unparse(own),
    ]
    return "\n".join(lines) + "\n"


def _is_template(statement: ast.stmt) -> bool:
    """Whether this statement of a function stands where the student has written nothing."""
    if isinstance(statement, ast.Raise):
        return "NotImplementedError" in ast.unparse(statement)
    return isinstance(statement, ast.Pass) or ast.unparse(statement) == "..."


def _parsed(source: str) -> ast.stmt:
    """A definition without docstrings. Parsing leaves the comments out."""
    [statement] = ast.parse(textwrap.dedent(source)).body
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return statement


def _imports(assignment: Assignment, code: StudentCode) -> list[str]:
    """The imports and constants that the code needs, and what it reads of the notebook."""
    free = sorted(set().union(*(code.free_names(name) for name in code.definitions)) - code.definitions.keys())
    lines: dict[str, None] = {}
    for name in free:
        if name in code.imports:
            lines[_one_import(code.imports[name].text(), name)] = None
    solution = [name for name in free if name in assignment.functions and name not in code.definitions]
    given = [
        name for name in free if name not in code.imports and name not in solution and hasattr(assignment.cases, name)
    ]
    ours = ["from autograder.assignment import misconception"]
    ours += [f"from reference.{assignment.slug}.cases import {', '.join(given)}"] if given else []
    ours += [f"from reference.{assignment.slug}.solution import {', '.join(solution)}"] if solution else []
    constants = [
        f"{name} = {ast.unparse(ast.parse(value.text()))}"
        for name in free
        if name in code.bound and name not in given and len(code.bound[name]) == 1 and (value := code.bound[name][0])
    ]
    return [*sorted(lines), "", *ours, *([""] if constants else []), *constants]


def _one_import(statement: str, name: str) -> str:
    """The part of an import statement that binds a name."""
    [parsed] = ast.parse(textwrap.dedent(statement)).body
    assert isinstance(parsed, ast.Import | ast.ImportFrom)
    parsed.names = [alias for alias in parsed.names if (alias.asname or alias.name).split(".")[0] == name]
    return ast.unparse(parsed)


def names_student(code: StudentCode, student: str) -> bool:
    """Whether a student's code contains a part of the student's name. Comments and docstrings do not count."""
    words = [word for word in re.split(r"[\W_]+", student.lower()) if len(word) > 3 and not word.isdigit()]
    text = "\n".join(without_words(node) for node in code.definitions.values()).lower()
    return any(word in text for word in words)
