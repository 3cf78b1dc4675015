"""Finds submissions in a notebook, a folder of notebooks, nbgrader's `submitted/`, or a zip of any of these.

The file that `grader.submit` writes counts as the notebook that it contains.
"""

from __future__ import annotations

import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from autograder.assignment import Assignment, UsageError
from autograder.submissions.grader_submit_file import is_submission_file, owner_by_name
from autograder.submissions.submission import BROKEN_ZIP, Submission

_NO_NOTEBOOK = "there is no notebook (.ipynb) in what was handed in."
_LINK = "the file is a link: hand in the notebook itself."
_MAX_TIMESTAMP_BYTES = 1024


def find_submissions(paths: Sequence[Path], assignment: Assignment) -> list[Submission]:
    """All submissions under the paths, sorted by student.

    Raises UsageError for a path without a submission, and for two submissions of one student.
    """
    found: dict[str, Submission] = {}
    for path in paths:
        in_path = _find_in_path(path, assignment)
        if not in_path:
            raise UsageError(
                f"{path}: no submission here; expected a notebook, a folder of <student>.ipynb, submitted/ or a zip."
            )
        for submission in in_path:
            if submission.student in found:
                other = found[submission.student].path
                raise UsageError(f"two submissions of '{submission.student}': {other} and {submission.path}.")
            found[submission.student] = submission
    return [found[student] for student in sorted(found)]


def submission_in_folder(student: str, folder: Path, assignment: Assignment) -> Submission:
    """The submission of one student, from a folder of files that contains the notebook."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if _is_submitted_file(p, assignment)}
    names = sorted(name for name in files if not any(part.startswith(".") for part in PurePosixPath(name).parts))
    if not names:
        return Submission(student, folder, problem=_NO_NOTEBOOK)
    return _choose_notebook(student, folder, names, assignment, {name for name, p in files.items() if p.is_symlink()})


def names_without_submission(paths: Sequence[Path], assignment: Assignment) -> list[str]:
    """The names of the files and folders that contain no submission. Leaves out those in nbgrader's submitted/."""
    without: set[str] = set()
    for path in paths:
        all_names, notebooks, _ = _list_files(path, assignment)
        wrapper = _wrapper_folder(notebooks, assignment)
        groups = _group_by_student(notebooks, assignment, wrapper).values()
        used = {_inner_parts(name, wrapper)[0] for names in groups for name in names}
        for name in all_names:
            parts = _inner_parts(name, wrapper)
            if parts and "submitted" not in (path.name, *PurePosixPath(name).parts) and not _hidden(parts):
                without |= {parts[0]} - used
    return sorted(without)


def _find_in_path(path: Path, assignment: Assignment) -> list[Submission]:
    if (path / assignment.slug / assignment.notebook).is_file():
        return [submission_in_folder(path.name, path / assignment.slug, assignment)]  # path is submitted/<student>
    all_names, notebooks, links = _list_files(path, assignment)
    if path.is_dir() and [name for name in notebooks if not _hidden(_inner_parts(name))] == [assignment.notebook]:
        folder = path.resolve()  # it belongs to one student, because the notebook still has the assignment's name
        student = folder.parent.name if folder.name == assignment.slug else folder.name
        return [submission_in_folder(student, path, assignment)]
    if all_names or path.is_dir():
        return _find_in_names(path, all_names, notebooks, links, assignment)
    if path.is_symlink() and _has_submitted_name(path.name, assignment):
        return [Submission(_owner_of(path.name, assignment), path, problem=_LINK)]
    if path.is_file() and not _is_zip(path, assignment):
        in_nbgrader = path.parent.name == assignment.slug and path.stem == Path(assignment.notebook).stem
        student = path.parent.parent.name if in_nbgrader else _owner_of(path.name, assignment)
        return [Submission(student, path, submitted_at=_timestamp(path))]
    if path.exists():
        return []
    raise UsageError(f"{path}: no such file or folder.")


def _list_files(path: Path, assignment: Assignment) -> tuple[list[str], list[str], set[str]]:
    """All names in a folder or a zip, the names among them that are notebooks, and the notebooks that are links."""
    if path.is_dir():
        found = {p.relative_to(path).as_posix(): p for p in sorted(path.rglob("*"))}
        files = [name for name, p in found.items() if _is_submitted_file(p, assignment)]
        return list(found), files, {name for name in files if found[name].is_symlink()}
    if _is_zip(path, assignment):
        try:
            with zipfile.ZipFile(path) as archive:
                members = {i.filename: i for i in archive.infolist()}
        except BROKEN_ZIP as problem:
            raise UsageError(f"{path}: the zip is broken ({problem}).") from None
        notebooks = [name for name in members if _has_submitted_name(name, assignment)]
        return list(members), notebooks, {name for name in notebooks if stat.S_ISLNK(members[name].external_attr >> 16)}
    return [], [], set()


def _is_zip(path: Path, assignment: Assignment) -> bool:
    """Whether to look for submissions in this file. A file with a notebook's name is never a zip of a class."""
    return not path.is_symlink() and not _has_submitted_name(path.name, assignment) and zipfile.is_zipfile(path)


def _has_submitted_name(name: str, assignment: Assignment) -> bool:
    return name.lower().endswith(".ipynb") or is_submission_file(name, assignment.slug)


def _is_submitted_file(path: Path, assignment: Assignment) -> bool:
    return _has_submitted_name(path.name, assignment) and (path.is_symlink() or path.is_file())


def _owner_of(name: str, assignment: Assignment) -> str:
    """The student that the name of a file names."""
    slug = assignment.slug
    return owner_by_name(name, slug) if is_submission_file(name, slug) else PurePosixPath(name).stem


def _find_in_names(
    path: Path, all_names: Iterable[str], notebooks: Sequence[str], links: set[str], assignment: Assignment
) -> list[Submission]:
    """One submission for each student, from all names in `path`. In submitted/, also for a student without notebook."""
    groups = _group_by_student(notebooks, assignment, _wrapper_folder(notebooks, assignment))
    found = [_choose_notebook(student, path, names, assignment, links) for student, names in groups.items()]
    without_notebook: set[str] = set()
    for name in all_names:
        parts = PurePosixPath(name).parts
        if "submitted" in parts:
            parts = parts[parts.index("submitted") + 1 :]
        elif path.name != "submitted":
            continue
        if len(parts) >= 2 and parts[1] == assignment.slug and parts[0] not in groups and parts[0][0] != ".":
            without_notebook.add(parts[0])
    return [*found, *(Submission(student, path, problem=_NO_NOTEBOOK) for student in sorted(without_notebook))]


def _wrapper_folder(notebooks: Iterable[str], assignment: Assignment) -> str:
    """The folder that contains the whole class, as many desktops pack a zip. Empty if there is none.

    A folder belongs to one student if it contains a single notebook, or the assignment's notebook or folder.
    """
    inside = [parts for name in notebooks if not _hidden(parts := _inner_parts(name)) and "submitted" not in parts]
    tops = {parts[0] for parts in inside}
    if len(tops) != 1 or any(parts[1:2] in ([], [assignment.notebook], [assignment.slug]) for parts in inside):
        return ""
    is_class = len(inside) > 1 or inside[0][2:3] == [assignment.slug]
    return tops.pop() if is_class else ""


def _inner_parts(name: str, wrapper: str = "") -> list[str]:
    """The parts of a relative path below submitted/, or below the folder that contains the whole class."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
    if "submitted" in parts[:-1]:
        return parts[parts.index("submitted") + 1 :]
    return parts[1:] if wrapper and parts[0] == wrapper else parts


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)  # such as .ipynb_checkpoints


def _group_by_student(names: Iterable[str], assignment: Assignment, wrapper: str) -> dict[str, list[str]]:
    """Relative paths by student. They have the form <student>.ipynb or <student>/…/notebook.ipynb."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        parts = _inner_parts(name, wrapper)
        if _hidden(PurePosixPath(name).parts):
            continue
        if len(parts) >= 3 and parts[1] != assignment.slug and parts[-1] != assignment.notebook:
            continue  # a folder of another assignment, as nbgrader makes them
        groups[_owner_of(parts[0], assignment) if len(parts) == 1 else parts[0]].append(name)
    return groups


def _choose_notebook(student: str, path: Path, names: list[str], assignment: Assignment, links: set[str]) -> Submission:
    # If there is a notebook, a file of grader.submit beside it does not count.
    names = [name for name in names if name.lower().endswith(".ipynb")] or names
    names = sorted(names, key=lambda name: (len(PurePosixPath(name).parts), name))
    right_names = [name for name in names if PurePosixPath(name).name == assignment.notebook]
    depths = [len(PurePosixPath(name).parts) for name in right_names]
    chosen = (right_names or names)[0]  # the one least deep: a copy in a folder below it does not count
    where, member = (path / chosen, "") if path.is_dir() else (path, chosen)
    problem = ""
    if len(names) > 1 and not right_names:
        problem = f"there are {len(names)} notebooks and none has the assignment's name: keep one."
    elif depths.count(min(depths, default=0)) > 1:
        problem = f"there are {depths.count(min(depths))} notebooks with the assignment's name side by side: keep one."
    elif chosen in links:
        problem = _LINK
    elif PurePosixPath(chosen).is_absolute() or ".." in PurePosixPath(chosen).parts:
        problem = "its path leads out of the zip."
    return Submission(student, where, member, problem, None if member else _timestamp(where))


def _timestamp(notebook: Path) -> str | None:
    """The time in nbgrader's timestamp.txt beside a notebook. None if there is no such file or it can't be read."""
    path = notebook.with_name("timestamp.txt")
    if not path.is_file() or path.is_symlink():
        return None
    from nbgrader.utils import parse_utc  # takes seconds to import

    try:
        with path.open("rb") as file:
            text = file.read(_MAX_TIMESTAMP_BYTES).decode().strip()
        return f"{parse_utc(text).isoformat(timespec='seconds')}Z" if text else None
    except (ValueError, OverflowError, OSError):
        return None
