"""Finds what is wrong with an assignment without measuring anything, all at once: in a second or two, not minutes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path

from autograder.assignment import Assignment, Finding, Findings, UsageError
from autograder.building.check_calls import broken_calls
from autograder.building.check_names import undefined_names
from autograder.building.check_notebook import notebook_slips
from autograder.building.check_policy import policy_slips
from autograder.proof import Kept, finding_of

_MODULES = ("solution", "cases", "checks", "alternatives", "misconceptions")
_OPTIONAL = ("observations", "experiments", "hardness")  # pictures decide nothing, and take long to import
SECONDS = 1.0  # for the whole look; evidence that is not called then is for the next look, or for `build`


def check_assignment(assignment: Assignment, kept: Kept, pool: Executor | None = None) -> list[Finding]:
    """A finding for each slip, sorted by file and line. Empty if there is nothing to mend before measuring.

    Evidence that was called or measured is not called again. New evidence of a large assignment may be left over.
    Without a `pool` of fresh workers, one is started for the call that needs another process.
    """
    end = time.monotonic() + SECONDS
    found = list(_broken_modules(assignment))
    steps: list[Callable[[], Iterator[Finding]]] = [lambda: notebook_slips(assignment)]
    if not found:
        steps.append(lambda: policy_slips(assignment))
        steps.append(lambda: undefined_names(assignment))
    for step in steps:
        found += _found_by(step, assignment)
    if not found:  # otherwise one slip would be told once for each call that it breaks
        found += _found_by(lambda: broken_calls(assignment, kept, end, pool), assignment)
    return sorted(set(found))


def demand_checked(assignment: Assignment, kept: Kept, pool: Executor | None = None) -> None:
    """Raise Findings if `check_assignment` finds anything."""
    if found := check_assignment(assignment, kept, pool):
        raise Findings(found)


def _found_by(step: Callable[[], Iterator[Finding]], assignment: Assignment) -> list[Finding]:
    """What a step finds. If the author's code breaks the step itself, that is a finding too."""
    found = []
    try:
        for finding in step():
            found.append(finding)
    except Findings as problem:
        found += problem.findings
    except UsageError as problem:
        found.append(Finding(f"source/{assignment.slug}", 0, str(problem)))
    except Exception as problem:  # noqa: BLE001 - whatever the author's code raises
        found.append(finding_of(problem, assignment, (f"reference/{assignment.slug}", 0)))
    return found


def _broken_modules(assignment: Assignment) -> Iterator[Finding]:
    """Files of the reference that are missing or can't be imported."""
    for name in (*_MODULES, *_OPTIONAL):
        exists = any((assignment.reference / file).is_file() for file in (f"{name}.py", f"{name}/__init__.py"))
        if not exists:
            if name in _MODULES:
                file = (assignment.reference / f"{name}.py").relative_to(assignment.root).as_posix()
                yield Finding(file, 0, "this file is missing: write it.")
            continue
        try:
            module = getattr(assignment, name)
            for path in sorted(Path(str(module.__file__)).parent.glob("*.py")) if hasattr(module, "__path__") else ():
                if not path.name.startswith("_"):
                    importlib.import_module(f"{module.__name__}.{path.stem}")
        except SyntaxError as problem:
            place = Path(str(problem.filename))
            below = (
                place.relative_to(assignment.root).as_posix() if place.is_relative_to(assignment.root) else place.name
            )
            yield Finding(below, problem.lineno or 0, f"this is no Python: {problem.msg}.")
            return  # other files may import this one, and would only repeat it
        except UsageError as problem:
            yield Finding(f"reference/{assignment.slug}", 0, str(problem))
            return
        except Exception as problem:  # noqa: BLE001 - whatever the author's file raises
            file = (assignment.reference / f"{name}.py").relative_to(assignment.root).as_posix()
            yield finding_of(problem, assignment, (file, 0))
            return
