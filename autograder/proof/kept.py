"""Keeps what was measured in the course's folder `.autograder-cache`, so that nothing is measured twice.

Each result lies under a hash of everything that it depends on. A hash that is too coarse costs time. One that is too
fine would be a false proof. So whole rooms of the kit and whole files of the assignment count, and of the catalogues
the code that a solution consists of. The folder can be deleted at any time. joblib's Memory reads and writes it.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import logging
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from autograder.assignment import Assignment, code_to_run, notebook_to_bytes, source_notebook, source_of
from autograder.grading import files_sha256
from autograder.proof.evidence_code import Evidence, solved_by

FOLDER = ".autograder-cache"
_ROOMS = ("sandbox", "submissions", "assignment", "grading", "runs", "proof", "building")
_CATALOGUES = ("alternatives", "misconceptions", "observations")
_WRITTEN = ("trust.json", "made_from.json")  # `prove` and `build` write them last, and nothing reads them
_READS_ANYTHING = re.compile(r"importlib|__import__|\bexec\(|\beval\(|\breference\b|\bopen\(|\bload")
_Made = TypeVar("_Made")


class _NotKeptError(Exception):
    """A result can't be read."""


def _not_kept() -> Any:
    raise _NotKeptError


def _compute(key: str, compute: Callable[[], Any]) -> Any:
    """What joblib keeps. The key alone says whether it is kept already."""
    return compute()


class Kept:
    """What was measured for an assignment. With `use=False`, everything is measured again and nothing is kept."""

    def __init__(self, assignment: Assignment, use: bool = True) -> None:
        from joblib import Memory  # takes 0.2 s, which most commands need not spend

        folder = _writable(assignment.root / FOLDER) if use else None
        self._memory = Memory(folder, verbose=0).cache(_compute, ignore=["compute"])
        self._assignment = assignment
        self._is_used = folder is not None

    def has(self, key: str) -> bool:
        """Whether the result of this key is kept."""
        return self._is_used and bool(self._memory.check_call_in_cache(key, None))

    def find(self, key: str) -> Any:
        """The result of this key. None if it is not kept, or if its file is damaged."""
        if not self.has(key):
            return None
        with contextlib.suppress(_NotKeptError):
            return self.get(key, _not_kept)
        return None

    def get(self, key: str, compute: Callable[[], _Made]) -> _Made:
        """The result of this key. It is computed if it is not kept, and kept from then on."""
        logging.disable(logging.WARNING)  # joblib tells of a damaged file, and then computes the result
        try:
            made: _Made = self._memory(key, compute)
        finally:
            logging.disable(logging.NOTSET)
        return made

    def put(self, key: str, value: object) -> None:
        """Keep this as the result of this key, in place of an earlier one."""
        self._memory.call(key, lambda: value)

    def key(self, what: str, *further: object) -> str:
        """A key of all that the notebook, the checks and their cases depend on, and of these further texts."""
        return _sha256(f"{self._common}\0{what}\0" + "\0".join(map(str, further)))

    def key_of(self, what: str, evidence: Evidence, *further: object) -> str:
        """A key of that, and of the code of a piece of evidence with all that it calls in its catalogue."""
        return self.key(what, *further, _code_of(evidence, self._assignment), self._catalogues_if_read(evidence))

    @cached_property
    def _common(self) -> str:
        """A hash of the kit, packages, machine, notebook, parts of the policy, and the reference but its catalogues."""
        assignment = self._assignment
        kit = Path(__file__).parents[2]
        rooms = [path for room in _ROOMS for path in (kit / "autograder" / room).rglob("*.py")]
        notebook = notebook_to_bytes(source_notebook(assignment))
        parts: list[object] = [
            _versions(),
            files_hash(kit, [*rooms, *(kit / "grader").glob("*.py")]),
            code_to_run(notebook, assignment),
            [part.model_dump() for part in assignment.parts],
            {name: [value.model_dump() for value in values] for name, values in assignment.submits.items()},
            [assignment.files, assignment.runs, assignment.notebook],
            files_hash(assignment.root, _own_files(assignment)),
        ]
        return _sha256(json.dumps(parts, default=str))

    def _catalogues_if_read(self, evidence: Evidence) -> str:
        """A hash of all catalogues, if the code may read more than the statements that `source_of` finds."""
        code = source_of(evidence.function, solved_by(self._assignment, evidence))
        return self.catalogues if _READS_ANYTHING.search(code) else ""

    @cached_property
    def catalogues(self) -> str:
        """A hash of the catalogues: alternatives, misconceptions and observations."""
        return files_hash(self._assignment.root, _catalogue_files(self._assignment))


def everything(assignment: Assignment) -> str:
    """A key of all that a proof depends on. To compute it, nothing of the assignment is imported."""
    folders = (assignment.source, assignment.reference, assignment.release, assignment.data)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.name not in _WRITTEN]
    hashes = [files_hash(assignment.root, files), files_sha256(assignment)]
    return _sha256(json.dumps(["everything", hashes, _versions(), shutil.which("bwrap")]))


def _code_of(evidence: Evidence, assignment: Assignment) -> str:
    mark = {name: value for name, value in vars(evidence).items() if name != "function"}
    return f"{evidence.name}\0{mark}\0{source_of(evidence.function, solved_by(assignment, evidence))}"


def _own_files(assignment: Assignment) -> list[Path]:
    """The files that checks and cases may read: all of source and reference but the policy, notebook and catalogues.

    The catalogues count too if one of these files may read them.
    """
    catalogues = set(_catalogue_files(assignment))
    own = {path for path in assignment.reference.rglob("*") if path.is_file()} - catalogues
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in own if path.suffix == ".py"]
    if any(map(_may_read_catalogues, texts)):
        own |= catalogues
    own |= {path for path in assignment.source.rglob("*") if path.is_file() and path.suffix not in (".toml", ".ipynb")}
    _ = assignment.solution, assignment.cases, assignment.checks
    loaded = {Path(str(getattr(module, "__file__", ""))) for module in list(sys.modules.values())}
    elsewhere = {p for p in loaded if p.suffix == ".py" and p.is_relative_to(assignment.root) and not _is_kit(p)}
    return sorted(own | (elsewhere - catalogues))


def _may_read_catalogues(text: str) -> bool:
    """Whether a file imports a catalogue, a package that leads to one, or names that only a run would tell."""
    if re.search(r"importlib|__import__|\bexec\(|\beval\(", text):
        return True
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return True
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
    words = {name: name.split(".") for name in imported}
    whole = any(len(parts) <= 2 and parts[0] == "reference" for parts in words.values())
    return whole or any(set(_CATALOGUES) & set(parts) for parts in words.values())


def _is_kit(path: Path) -> bool:
    return path.is_relative_to(Path(__file__).parents[1]) or ".venv" in path.parts or "site-packages" in path.parts


def _catalogue_files(assignment: Assignment) -> list[Path]:
    return [
        path
        for name in _CATALOGUES
        for path in (assignment.reference / f"{name}.py", *(assignment.reference / name).rglob("*"))
        if path.is_file()
    ]


def files_hash(root: Path, paths: Iterable[Path]) -> str:
    """A hash of the names below `root` and the contents of these files."""
    lines = [
        f"{path.relative_to(root).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(set(paths))
        if "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts
    ]
    return _sha256("\n".join(lines))


def _versions() -> list[str]:
    """Python, the machine, and every installed package with its version."""
    installed = {
        entry.name
        for folder in map(Path, sys.path)
        if folder.is_dir()
        for entry in folder.iterdir()
        if entry.suffix in (".dist-info", ".egg-info")
    }
    return [sys.version, platform.platform(), platform.node(), *sorted(installed)]


def _writable(folder: Path) -> Path | None:
    """The folder, made if need be, with a note that Git leaves it out. None if nothing can be written there."""
    try:
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError:
        return None
    return folder


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
