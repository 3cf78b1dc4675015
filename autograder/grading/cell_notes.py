"""Says what a student should know of how the cells ran: magics that were ignored, functions that were replaced later.

What is said of the cells comes out of the sandbox, so each name in it must stand in the cells.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.assignment import Section
from autograder.grading.explain import printable
from autograder.submissions import Beside, Submission

_MOST = 3  # sentences of a kind
_MAGIC = re.compile(r"%?[\w.]{1,40}")
# What code raises that uses something of a later Python: its syntax, a module, or a name of a module.
_TOO_NEW = ("SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "AttributeError", "TypeError")


def ignored_magics(found: Any, cells: Sequence[str]) -> list[str]:
    """Sentences about magics that were ignored. `found` has what the sandbox's shell keeps of each."""
    said: dict[str, None] = {}
    for entry in found if isinstance(found, list) else ():
        match entry:
            case [int(cell), str(name), bool(ran), bool(misused)] if _MAGIC.fullmatch(name) and 0 <= cell < len(cells):
                if name not in cells[cell]:
                    continue
                magic = f"The magic {'%%' if f'%%{name}' in cells[cell] else '%'}{name} in code cell {cell + 1}"
                if name.startswith("%"):
                    why = (
                        f"The magic %{name} in code cell {cell + 1} was ignored: it works in the first line of a cell."
                    )
                elif misused:
                    why = f"{magic} was ignored: it lacks something, or has an option that it does not know."
                else:
                    why = f"{magic} is not known here and was ignored{': the code below it ran without it' * ran}."
                said[why] = None
    return list(said)[:_MOST]


def replaced_functions(found: Any, sections: Mapping[str, Section], cells: Sequence[str]) -> dict[str, str]:
    """For each function that later cells replace, or of which they replace or change what it uses: a sentence.

    `found` has for a function the names, each with whether the same object has another content.
    """
    said = {}
    for function, section in sections.items():
        pairs = found.get(function) if isinstance(found, dict) else None
        names: dict[str, bool] = {}
        for pair in pairs if type(pairs) is list else ():
            match pair:
                case [str(name), bool(changed)] if name.isidentifier() and any(name in cell for cell in cells):
                    names[name] = changed
        if names:
            what = "it" if function in names else f"{' and '.join(list(names)[:_MOST])}, which it uses"
            ran = f"{'its test' if section.tested else 'its own'} cell ran (code cell {section.cell + 1})"
            how = {True: "change", False: "replace"}[all(names.values())]
            said[function] = f"{function} was asked as it stood when {ran}: later cells {how} {what}."
    return said


def files_left_out(beside: Beside) -> str:
    """A sentence that names files beside the notebook that were left out."""
    if not beside.left_out:
        return ""
    return f"Of the files beside the notebook, these were left out: {_some(beside.left_out)} ({beside.most})."


def other_notebooks(submission: Submission, notebook: str) -> str:
    """A sentence that names the notebooks that were handed in with the graded one, which has the assignment's name."""
    if not submission.not_graded:
        return ""
    return (
        f"{notebook} counts, because it has the assignment's name. Handed in too, but not graded: "
        f"{_some(submission.not_graded)}."
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(printable(name, 100) for name in names[:_MOST])}{more}"


def has_lazy_annotations(version: str) -> bool:
    """Whether this version of Python reads an annotation only when it is used. Then it may name its own class."""
    return bool(version) and int(version.split(".")[1]) >= 14


def later_python(version: str, failures: Sequence[Mapping[str, Any]]) -> str:
    """A sentence about the version of Python, if a cell failed that a later Python than this one may run."""
    here = platform.python_version_tuple()
    if not version or int(version.split(".")[1]) <= int(here[1]):
        return ""
    if not any(failure.get("type") in _TOO_NEW for failure in failures):
        return ""
    return f"The notebook was written with Python {version}, and Python {here[0]}.{here[1]} grades it."
