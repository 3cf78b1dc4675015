"""Compares assignment.toml with the reference: names that nothing defines, points, and what each part needs."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignment import (
    MARKER,
    Alternative,
    Assignment,
    Check,
    Experiment,
    Finding,
    Misconception,
    declared_in,
    known_mistakes,
    line_of,
)
from autograder.proof import is_exact_variable, is_kept, place_of, to_paste, without_tolerance
from grader import Grader


def policy_slips(assignment: Assignment) -> Iterator[Finding]:
    """A finding for each name that nothing defines, and for each thing that a part lacks."""
    path = assignment.source / MARKER
    text, file = path.read_text(encoding="utf-8"), path.relative_to(assignment.root).as_posix()

    def at(*keys: str | int) -> tuple[str, int]:
        return file, line_of(text, keys)

    checks = declared_in(assignment.checks, Check)
    alternatives = declared_in(assignment.alternatives, Alternative)
    mistakes = declared_in(assignment.misconceptions, Misconception)
    yield from _names_in_policy(assignment, checks, mistakes, at)
    yield from _names_in_reference(assignment, checks, alternatives, mistakes)
    yield from _names_in_experiments(assignment, checks, mistakes)
    yield from _parts(assignment, checks, alternatives, mistakes, at)
    yield from without_tolerance(assignment, checks)
    yield from _cases(assignment)
    yield from _hardness(assignment)
    yield from _pictures(assignment)


_At = Callable[..., tuple[str, int]]


def _names_in_policy(
    assignment: Assignment, checks: Sequence[Check], mistakes: Sequence[Misconception], at: _At
) -> Iterator[Finding]:
    of_checks = {check.name for check in checks}
    examples = {mistake.name for mistake in known_mistakes(assignment.misconceptions)}
    of_mistakes = {mistake.name for mistake in mistakes} | examples
    columns = of_checks | {f"key.{v.name}" for vs in assignment.submits.values() for v in vs}
    for table, names, known, what in (
        ("tolerances", assignment.tolerances, columns, "check, and no value as key.<value>"),
        ("seconds", assignment.seconds, of_checks, "check"),
        ("kept", assignment.kept, of_checks, "check"),
        ("rubric", assignment.rubric, of_mistakes, "misconception"),
    ):
        for name in sorted(set(names) - known):
            said = f"[{table}] names '{name}', but the reference has no such {what}: correct the name, or remove it."
            yield Finding(*at(table, name), said)
    for name, line in assignment.tolerances.items():
        for blind in sorted(set(line["blind_to"]) - of_mistakes):
            said = f"`blind_to` of {name} lists '{blind}', but there is no such misconception: correct the name."
            yield Finding(*at("tolerances", name, "blind_to"), said)
    for method in assignment.submits:
        if hasattr(Grader, method) or not method.isidentifier():
            said = f"a submit method can't be called '{method}': the local grader has something else of this name."
            yield Finding(*at("submits", method), said)
    for name in assignment.files:
        if name != "samples.npz" and not (assignment.source / name).is_file():
            said = (
                f"`files` lists {name}, but source/{assignment.slug}/{name} does not exist: add it, or remove the name."
            )
            yield Finding(*at("files"), said)
    for number, part in enumerate(assignment.parts):
        for function in {part.function, *part.builds_on}:
            if not hasattr(assignment.solution, function):  # it may be a function, a class or a variable
                said = f"reference/{assignment.slug}/solution.py does not define {function}: write it there."
                yield Finding(*at("parts", number, "function" if function == part.function else "builds_on"), said)
        for function in sorted(set(part.builds_on) - set(assignment.functions)):
            said = f"`builds_on` lists {function}, but no part is answered by that function: correct the name."
            yield Finding(*at("parts", number, "builds_on"), said)


def _names_in_reference(
    assignment: Assignment,
    checks: Sequence[Check],
    alternatives: Sequence[Alternative],
    mistakes: Sequence[Misconception],
) -> Iterator[Finding]:
    parts = {part.id for part in assignment.parts}
    names = {mistake.name for mistake in mistakes}

    def about(marked: Check | Alternative | Misconception, text: str) -> Finding:
        function = marked.question if isinstance(marked, Check) else marked.function
        return Finding(*place_of(function, assignment), text)

    earlier: set[str] = set()
    for check in checks:
        if check.part not in parts:
            yield about(check, f"the check '{check.name}' names the part '{check.part}', which {MARKER} does not have.")
        if check.after and check.after not in earlier:
            yield about(check, f"`after` of '{check.name}' names '{check.after}', which is no earlier check.")
        earlier.add(check.name)
    for right in alternatives:
        if right.solves not in assignment.functions:
            yield about(right, f"the alternative '{right.name}' solves '{right.solves}', which answers no part.")
    for wrong in mistakes:
        for part in {wrong.part, *wrong.also_breaks} - parts:
            yield about(
                wrong, f"the misconception '{wrong.name}' names the part '{part}', which {MARKER} does not have."
            )
        for other in {wrong.known_as, *wrong.may_be_named_as} - names:
            yield about(wrong, f"the misconception '{wrong.name}' names '{other}', which is no misconception.")
        if wrong.hint_to_write:
            yield about(wrong, f"the misconception '{wrong.name}' has no hint yet: write it.")
    all_marked: list[Check | Alternative | Misconception] = [*alternatives, *mistakes, *checks]
    taken = Counter([a.name for a in alternatives] + [m.name for m in mistakes])
    taken |= Counter(check.name for check in checks)
    for marked in all_marked:
        if taken[marked.name] > 1:
            yield about(
                marked, f"the name '{marked.name}' is given twice: one of the two would be forgotten. Rename one."
            )


def _names_in_experiments(
    assignment: Assignment, checks: Sequence[Check], mistakes: Sequence[Misconception]
) -> Iterator[Finding]:
    parts, names = {part.id for part in assignment.parts}, {mistake.name for mistake in mistakes}
    experiments = declared_in(assignment.experiments, Experiment) if assignment.experiments else []
    for one in experiments:
        unknown = ({one.part} - parts) | ({one.name} - names) | (set(one.explains) - {c.name for c in checks})
        for name in sorted(unknown):
            said = (
                f"the experiment '{one.name}' needs a part, a misconception or a check called '{name}'. There is none."
            )
            yield Finding(*place_of(one.function, assignment), said)


def _parts(
    assignment: Assignment,
    checks: Sequence[Check],
    alternatives: Sequence[Alternative],
    mistakes: Sequence[Misconception],
    at: _At,
) -> Iterator[Finding]:
    values = [value for submit in assignment.submits.values() for value in submit]
    for number, part in enumerate(assignment.parts):
        own = [check for check in checks if check.part == part.id]
        points = sum(check.points for check in own)
        if points != part.max_score:
            said = (
                f"the checks of '{part.id}' are worth {points:g} points, the part {part.max_score:g}: make them equal."
            )
            yield Finding(*at("parts", number, "max_score"), said)
        submitted = [value.name for value in values if value.part == part.id]
        if len(submitted) > 1:
            said = (
                f"'{part.id}' has the values {', '.join(submitted)}, but a part has one value: give each value a part "
                "of its own, or remove it from [submits]."
            )
            yield Finding(*at("parts", number), said)
        if not submitted:
            said = (
                f"no submit method takes a value of '{part.id}', so students can't check it: add one under [submits]."
            )
            yield Finding(*at("parts", number), said)
        if not any(right.solves == part.function for right in alternatives):
            said = f"no alternative solves {part.function}: write a right solution that differs from the reference."
            yield Finding(*at("parts", number), said)
        has_mistakes = any(wrong.part == part.id for wrong in mistakes)
        if not has_mistakes and part.no_misconceptions is None:
            said = f"'{part.id}' has no misconceptions: write one, or say why not: no_misconceptions = \"the reason\""
            yield Finding(*at("parts", number), said)
        if has_mistakes and part.no_misconceptions is not None:
            said = f"'{part.id}' has misconceptions: remove `no_misconceptions`."
            yield Finding(*at("parts", number, "no_misconceptions"), said)
        needs_tolerance = not has_mistakes and not is_exact_variable(assignment, part.function)
        if needs_tolerance and part.no_misconceptions is not None:
            judged = [v for v in values if v.part == part.id and not v.random and not is_kept(assignment, v)]
            columns = [check.name for check in own if not check.tries]
            columns += [f"key.{value.name}" for value in judged]
            for column in columns:
                if column not in assignment.tolerances:
                    said = (
                        f"nothing tells how near wrong answers come to {column}: set its tolerance:{to_paste(column)}"
                    )
                    yield Finding(*at("parts", number, "no_misconceptions"), said)


def _cases(assignment: Assignment) -> Iterator[Finding]:
    """What cases.py has to define."""
    file = Path(str(assignment.cases.__file__)).relative_to(assignment.root).as_posix()
    needed: list[str] = ["samples", "public_answer", "public_scale"]
    if any(value.random for values in assignment.submits.values() for value in values):
        needed.append("public_mistakes")
    for name in _missing(assignment.cases, needed):
        why = " The answers to a random value have no other wrong ones." if name == "public_mistakes" else ""
        yield Finding(file, 0, f"this file defines no function {name}: write it.{why}")


def _hardness(assignment: Assignment) -> Iterator[Finding]:
    """What hardness.py has to define. An assignment does not need this file."""
    if assignment.hardness is None:
        return
    file = Path(str(assignment.hardness.__file__)).relative_to(assignment.root).as_posix()
    bounds = getattr(assignment.hardness, "PROPERTIES", None)
    if not isinstance(bounds, Mapping) or not all(_is_range(bound) for bound in bounds.values()):
        said = "this file needs PROPERTIES: a dict of the properties' names, each with the least and the most allowed."
        yield Finding(file, 0, said)
    for name in _missing(assignment.hardness, ["measure"]):
        yield Finding(file, 0, f"this file defines no function {name}: write it.")


def _pictures(assignment: Assignment) -> Iterator[Finding]:
    """What pictures.py has to define. It is read and not imported, because that would load matplotlib."""
    for path in (assignment.reference / "pictures.py", assignment.reference / "pictures" / "__init__.py"):
        if not path.is_file():
            continue
        file, names = path.relative_to(assignment.root).as_posix(), set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
        if "WORDS" not in names:
            yield Finding(
                file, 0, "this file needs WORDS: a dict of the parts' ids, each with the text below its picture."
            )
        if "draw" not in names:
            yield Finding(file, 0, "this file defines no function draw: write it.")


def _is_range(bound: object) -> bool:
    if not isinstance(bound, tuple | list) or len(bound) != 2:
        return False
    return all(isinstance(number, int | float) for number in bound)


def _missing(module: Any, names: Iterable[str]) -> list[str]:
    return [name for name in names if not callable(getattr(module, name, None))]
