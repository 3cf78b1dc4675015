"""Finds submissions in a notebook, a folder of notebooks, nbgrader's `submitted/`, an export, or a zip of any of these.

The file that `grader.submit` writes counts as the notebook that it contains.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from autograder.assignment import Assignment, UsageError
from autograder.submissions.choose import LINK, NO_NOTEBOOK, choose_notebook, is_hidden, timestamp
from autograder.submissions.export import FILES, Export, notes_on_exports, recognised, submissions_of
from autograder.submissions.grader_submit_file import is_submission_file, owner_by_name
from autograder.submissions.identity import same_name
from autograder.submissions.listing import NOTHING, Listing, list_folder, list_zip
from autograder.submissions.other_files import demand_notebook
from autograder.submissions.platforms import PLATFORMS
from autograder.submissions.submission import Submission

_FOLDER_LINK = "the folder is a link: hand in the folder itself."


def find_submissions(
    paths: Sequence[Path],
    assignment: Assignment,
    platform: str | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> list[Submission]:
    """All submissions under the paths, sorted by student.

    `platform` says which platform exported the paths, or "files" if none did. Without it, an export is recognised by
    its names. `note` gets a sentence about each export. Raises UsageError for a path without a submission, and for two
    submissions of one student.
    """
    found: dict[str, Submission] = {}
    exports: list[Export] = []
    ordinary: list[Submission] = []
    for path in paths:
        try:
            export, doubt = _export_in_path(path, assignment, platform)
            in_path = [] if export else _find_in_path(path, assignment)
        except OSError as problem:
            raise UsageError(f"{path}: can't be read ({problem.strerror}).") from None
        if export:
            exports.append(export)
        elif not in_path:
            raise UsageError(
                f"{path}: no submission here; expected a notebook, a folder of <student>.ipynb, submitted/ or a zip."
            )
        if doubt:
            note(doubt)
        ordinary += in_path
    exported = submissions_of(exports, assignment)
    for submission in (*ordinary, *exported):
        if submission.student in found:
            other = found[submission.student].path
            raise UsageError(f"two submissions of '{submission.student}': {other} and {submission.path}.")
        found[submission.student] = submission
    for sentence in notes_on_exports(exported):
        note(sentence)
    return [found[student] for student in sorted(found)]


def _export_in_path(path: Path, assignment: Assignment, platform: str | None) -> tuple[Export | None, str]:
    """The export, if the path is one, and a note if it only looks like one. Raises UsageError if it has to be one."""
    if (path / assignment.slug / assignment.notebook).is_file() or path.name == "submitted":
        return None, ""
    export, doubt = recognised(path, _list(path, assignment), platform)
    if platform not in (None, FILES) and export is None and path.exists():
        raise UsageError(f"{path}: no file here has a name as in {PLATFORMS[platform or ''].export}.")
    return export, doubt


def submission_in_folder(student: str, folder: Path, assignment: Assignment) -> Submission:
    """The submission of one student, from a folder of files that contains the notebook.

    Raises UsageError when the folder can't be read.
    """
    listing = list_folder(folder)
    names = [name for name in _handed_in(listing, assignment) if not is_hidden(PurePosixPath(name).parts)]
    if names:
        return replace(choose_notebook(student, folder, names, assignment, listing), own_folder=True)
    if unreadable := [name for name in listing.unreadable if not is_hidden(PurePosixPath(name).parts)]:
        return Submission(student, folder / unreadable[0])  # reading it fails as the folder does
    linked = any(not is_hidden([name]) for name in listing.links)
    return Submission(student, folder, problem=_FOLDER_LINK if linked else NO_NOTEBOOK)


def names_without_submission(paths: Sequence[Path], assignment: Assignment, platform: str | None = None) -> list[str]:
    """The names of the files and folders that contain no submission.

    In nbgrader's submitted/, a student's folder that has only other assignments is left out.
    """
    without: set[str] = set()
    for path in paths:
        if export := _export_in_path(path, assignment, platform)[0]:
            without |= set(export.others)
            continue
        listing = _list(path, assignment)
        notebooks = _handed_in(listing, assignment)
        wrapper = _wrapper_folder(notebooks, assignment)
        used = {s.student for s in _find_in_names(path, listing, assignment)}
        groups = _group_by_student(path, notebooks, assignment, wrapper).values()
        used |= {same_name(_inner_parts(name, wrapper)[0]) for names in groups for name in names}
        for name in listing.names:
            parts = _inner_parts(name, wrapper)
            if not parts or is_hidden(parts[:1]) or parts == ["submitted"] or same_name(parts[0]) in used:
                continue
            if _in_submitted(path, name) and _has_folders(name, listing, parts):
                continue
            without.add(parts[0])
    return sorted(without)


def _has_folders(name: str, listing: Listing, parts: Sequence[str]) -> bool:
    """Whether the folder of a student, in which `name` is, has folders in it, as nbgrader makes for each assignment."""
    top = name if len(parts) == 1 else "/".join(_parts(name)[: 1 - len(parts)])
    return any(folder.startswith(f"{top}/") for folder in listing.folders)


def _find_in_path(path: Path, assignment: Assignment) -> list[Submission]:
    if (path / assignment.slug / assignment.notebook).is_file():
        return [submission_in_folder(path.name, path / assignment.slug, assignment)]  # path is submitted/<student>
    listing = _list(path, assignment)
    if path.is_dir():
        notebooks = _handed_in(listing, assignment)
        if [name for name in notebooks if not is_hidden(_inner_parts(name))] == [assignment.notebook]:
            folder = path.resolve()  # it belongs to one student, because the notebook still has the assignment's name
            student = folder.parent.name if folder.name == assignment.slug else folder.name
            return [submission_in_folder(student, path, assignment)]
        return _find_in_names(path, listing, assignment)
    if listing.names:
        found = _find_in_names(path, listing, assignment)
        inside = [name for name in _handed_in(listing, assignment) if not is_hidden(_parts(name))]
        if inside in ([assignment.notebook], [f"{assignment.slug}/{assignment.notebook}"]):
            found = [replace(found[0], student=same_name(path.stem) or path.stem)]  # as a folder would name the student
        return found
    if path.is_symlink() and _has_submitted_name(path.name, assignment):
        return [Submission(_owner_of(path.name, assignment), path, problem=LINK)]
    if path.is_file() and not _is_zip(path, assignment):
        demand_notebook(path, _has_submitted_name(path.name, assignment))
        in_nbgrader = path.parent.name == assignment.slug and path.stem == Path(assignment.notebook).stem
        student = path.parent.parent.name if in_nbgrader else _owner_of(path.name, assignment)
        own = in_nbgrader and path.parent.parent.parent.name == "submitted"
        return [Submission(student, path, submitted_at=timestamp(path), own_folder=own)]
    if path.exists():
        return []
    raise UsageError(f"{path}: no such file or folder.")


def _list(path: Path, assignment: Assignment) -> Listing:
    """What is in a folder or a zip. Nothing for any other file."""
    if path.is_dir():
        return list_folder(path)
    return list_zip(path) if _is_zip(path, assignment) else NOTHING


def _handed_in(listing: Listing, assignment: Assignment) -> list[str]:
    """The notebooks, and the files of grader.submit. Links with such names count too, so that they can be refused."""
    named = (name for name in (*listing.files, *listing.links) if _has_submitted_name(name, assignment))
    return sorted({*named, *listing.written})


def _is_zip(path: Path, assignment: Assignment) -> bool:
    """Whether to look for submissions in this file. A file with a notebook's name is never a zip of a class."""
    return not path.is_symlink() and not _has_submitted_name(path.name, assignment) and zipfile.is_zipfile(path)


def _has_submitted_name(name: str, assignment: Assignment) -> bool:
    return name.lower().endswith(".ipynb") or is_submission_file(name, assignment.slug)


def _owner_of(name: str, assignment: Assignment) -> str:
    """The student that the name of a file names."""
    stem = PurePosixPath(name).stem
    if stem.lower().endswith(".ipynb") and len(stem) > len(".ipynb"):
        return stem[: -len(".ipynb")]
    return stem if name.lower().endswith(".ipynb") else owner_by_name(name, assignment.slug)


def _find_in_names(path: Path, listing: Listing, assignment: Assignment) -> list[Submission]:
    """One submission for each student in a folder or a zip.

    In submitted/ also one for a student without notebook, and everywhere one for a folder that can't be read.
    """
    notebooks = _handed_in(listing, assignment)
    wrapper = _wrapper_folder(notebooks, assignment)
    groups = _group_by_student(path, notebooks, assignment, wrapper)
    found = {student: choose_notebook(student, path, names, assignment, listing) for student, names in groups.items()}
    for student, names in groups.items():
        in_folder = all(len(_inner_parts(name, wrapper)) > 1 for name in names)
        if in_folder or notebooks == [assignment.notebook]:  # otherwise it lies among those of other students
            found[student] = replace(found[student], own_folder=True)
    for name in listing.names:
        parts = _inner_parts(name, wrapper)
        if not parts or is_hidden(parts) or (student := same_name(parts[0])) in groups:
            continue
        other_assignment = len(parts) > 1 and parts[1] != assignment.slug
        in_submitted = _in_submitted(path, name)
        if name in listing.unreadable and not (in_submitted and other_assignment):
            if parts == ["submitted"]:
                raise UsageError(f"{path / name}: the folder can't be read ({listing.unreadable[name].strerror}).")
            found[student] = Submission(student, path / name)  # reading it fails as the folder does
        elif in_submitted and not other_assignment and (name in listing.links or len(parts) > 1):
            problem = _FOLDER_LINK if name in listing.links else NO_NOTEBOOK
            found.setdefault(student, Submission(student, path, problem=problem))
    return list(found.values())


def _wrapper_folder(notebooks: Iterable[str], assignment: Assignment) -> str:
    """The folder that contains the whole class, as many desktops pack a zip. Empty if there is none.

    A folder belongs to one student if it contains a single notebook, or the assignment's notebook or folder.
    """
    inside = [parts for name in notebooks if not is_hidden(parts := _inner_parts(name)) and "submitted" not in parts]
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


def _in_submitted(path: Path, name: str) -> bool:
    """Whether a name is that of something in nbgrader's submitted/."""
    return path.name == "submitted" or "submitted" in _parts(name)[:-1]


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name).parts


def _group_by_student(path: Path, names: Iterable[str], assignment: Assignment, wrapper: str) -> dict[str, list[str]]:
    """Relative paths by student. They have the form <student>.ipynb or <student>/…/notebook.ipynb.

    Raises UsageError if two names are those of one student, such as an accent stored in two ways.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    spelling: dict[str, str] = {}
    for name in names:
        parts = _inner_parts(name, wrapper)
        if is_hidden(_parts(name)):
            continue
        if len(parts) >= 3 and parts[1] != assignment.slug and parts[-1] != assignment.notebook:
            continue  # a folder of another assignment, as nbgrader makes them
        written = _owner_of(parts[0], assignment) if len(parts) == 1 else parts[0]
        student = same_name(written) or written
        if spelling.setdefault(student, written) != written:
            raise UsageError(
                f"two submissions of '{student}': {path / groups[student][0]} and {path / name}. Their names differ "
                "only in spaces at the end, or in how an accent is stored. Keep one of them."
            )
        groups[student].append(name)
    return groups
