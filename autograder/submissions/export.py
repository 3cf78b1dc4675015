"""Makes submissions from what a platform exports: of each student, the last attempt that has a notebook."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from autograder.assignment import Assignment
from autograder.submissions.choose import NO_NOTEBOOK, choose_notebook, is_hidden
from autograder.submissions.grader_submit_file import is_submission_file
from autograder.submissions.listing import Listing
from autograder.submissions.platforms import PLATFORMS, Entry
from autograder.submissions.platforms.entry import utc_text
from autograder.submissions.submission import BROKEN_ZIP, HandedIn, Submission

FILES = "files"  # the name of an ordinary folder or zip, beside those of the platforms
_MADE_BY_SYSTEMS = ("Thumbs.db", "desktop.ini")
_MOST_WRAPPERS = 3
_MOST_BYTES = 64 << 20  # of a file that a platform writes itself


@dataclass(frozen=True)
class Export:
    """The files of an export by their name in the listing, and the names that are no part of it."""

    platform: str
    path: Path
    listing: Listing
    entries: dict[str, Entry]
    others: tuple[str, ...] = ()


def recognised(path: Path, listing: Listing, platform: str | None) -> tuple[Export | None, str]:
    """Return the export, or None and a note if most names, but not all, look like those of an export.

    A platform that is given is believed: what does not fit is left out. Otherwise every name must fit.
    """
    names = [name for name in (*listing.files, *listing.links) if _is_visible(name)]
    if platform == FILES or not names:
        return None, ""
    if platform is None and all("submitted" in PurePosixPath(name).parts[:2] for name in names):
        return None, ""  # nbgrader's folder
    note = ""
    for known in (platform,) if platform else PLATFORMS:
        for wrapper in _wrappers(names):
            export = _read(known, path, listing, names, wrapper)
            if not export.entries:
                continue
            is_sure = not export.others and PLATFORMS[known].is_sure(export.entries.values())
            if platform or is_sure:
                return export, ""
            if len(export.entries) > max(1, len(export.others)):
                note = note or _doubt(export)
    return None, note


def _doubt(export: Export) -> str:
    name = PLATFORMS[export.platform].export
    but = f", but not {export.others[0]}" if export.others else ""
    return (
        f"{export.path}: the names look like {name}{but}. They are read as the names of students. "
        f"If it is {name}, say --from {export.platform}."
    )


def _read(platform: str, path: Path, listing: Listing, names: Sequence[str], wrapper: str) -> Export:
    inner = {name.removeprefix(wrapper): name for name in names}
    read = PLATFORMS[platform].read(sorted(inner), lambda name: _text(path, listing.files.get(inner[name], "")))
    entries = {inner[name]: entry for name, entry in read.items() if entry}
    fitting = {inner[name] for name in read}
    return Export(platform, path, listing, entries, tuple(sorted(set(names) - fitting)))


def _wrappers(names: Collection[str]) -> Iterator[str]:
    """Nothing, then the folders that contain everything, as desktops pack a zip."""
    wrapper = ""
    yield wrapper
    for _ in range(_MOST_WRAPPERS):
        tops = {name.removeprefix(wrapper).partition("/")[:2] for name in names}
        if len(tops) != 1 or ("/" not in next(iter(tops))):
            return
        wrapper += "".join(tops.pop())
        yield wrapper


def _is_visible(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not is_hidden(parts) and parts[-1] not in _MADE_BY_SYSTEMS


def _text(path: Path, real: str) -> str:
    """A text that the platform wrote. Empty if it can't be read."""
    if not real:
        return ""
    try:
        if path.is_dir():
            with (path / real).open("rb") as file:
                raw = file.read(_MOST_BYTES)
        else:
            with zipfile.ZipFile(path) as archive, archive.open(real) as member:
                raw = member.read(_MOST_BYTES)
    except BROKEN_ZIP:
        return ""
    return raw.decode("utf-8-sig", "replace")


@dataclass(frozen=True)
class _File:
    entry: Entry
    name: str  # in the listing
    export: Export
    place: int  # of the path, in the order in which the paths were given


def submissions_of(exports: Iterable[Export], assignment: Assignment) -> list[Submission]:
    """Return one submission for each student. Several exports of a platform count as one, the last given as later."""
    by_student: dict[tuple[str, str], list[_File]] = defaultdict(list)
    for place, export in enumerate(exports):
        for name, entry in export.entries.items():
            by_student[export.platform, entry.id].append(_File(entry, name, export, place))
    return [_submission(files, assignment) for files in by_student.values()]


def _submission(files: Sequence[_File], assignment: Assignment) -> Submission:
    attempts = _attempts(files)
    with_notebook = [i for i, attempt in enumerate(attempts) if any(_is_notebook(f, assignment) for f in attempt)]
    last = with_notebook[-1] if with_notebook else len(attempts) - 1
    chosen = attempts[last]
    newest: dict[str, _File] = {}
    for file in sorted(chosen, key=lambda file: file.entry.newer):
        newest[file.entry.own] = file
    notebooks = [file for file in newest.values() if _is_notebook(file, assignment)]
    replaced = sum(_is_notebook(file, assignment) for file in chosen) - len(notebooks)
    first = (notebooks or list(newest.values()))[0]
    path, listing = first.export.path, first.export.listing
    own = {file.name: file.entry.own for file in newest.values()}
    if notebooks:
        names = [file.name for file in notebooks]
        found = choose_notebook(first.entry.student, path, names, assignment, listing, own)
    else:
        found = Submission(first.entry.student, path, problem=NO_NOTEBOOK)
    entry = next((file.entry for file in notebooks if _place(file) == (found.path, found.member)), first.entry)
    return replace(
        found,
        submitted_at=utc_text(entry.submitted_at, assignment.zone),
        before=tuple(_earlier(attempts, notebooks, assignment)),
        late=entry.late,
        attempt=entry.number,
        own_folder=entry.own_folder,
        others=None if entry.own_folder else {file.entry.own: _to_read(file) for file in newest.values()},
        handed_in=HandedIn(
            first.export.platform,
            entry.id,
            entry.name,
            entry.file,
            entry.logins,
            entry.email,
            superseded=len(attempts) - 1 + (replaced > 0),
            earlier=bool(with_notebook) and last < len(attempts) - 1,
            people=entry.people,
        ),
    )


def _earlier(
    attempts: Sequence[Sequence[_File]], chosen: Sequence[_File], assignment: Assignment
) -> Iterator[Submission]:
    """The notebooks of the student that do not count, the latest first."""
    for attempt in reversed(attempts):
        for file in sorted(attempt, key=lambda file: file.entry.newer, reverse=True):
            if file not in chosen and file.name not in file.export.listing.links and _is_notebook(file, assignment):
                said = HandedIn(file.export.platform, file.entry.id, file.entry.name, file.entry.file)
                yield Submission(file.entry.student, *_place(file), handed_in=said)


def _attempts(files: Sequence[_File]) -> list[list[_File]]:
    """The files of each attempt, the last attempt last. A file that several exports have counts once."""
    by_name = {(file.entry.file, file.entry.own, file.entry.newer): file for file in files if file.entry.newer}
    kept = [*by_name.values(), *(file for file in files if not file.entry.newer)]
    attempts: dict[tuple[str, int], list[_File]] = defaultdict(list)
    for file in kept:
        attempts[file.entry.attempt, 0 if file.entry.attempt else file.place].append(file)
    return [attempts[key] for key in sorted(attempts, key=lambda key: _sorted_by(key, attempts[key]))]


def _sorted_by(key: tuple[str, int], files: Sequence[_File]) -> tuple[str, int, int]:
    return key[0], max(file.entry.newer for file in files), key[1]


def _place(file: _File) -> tuple[Path, str]:
    listing, path = file.export.listing, file.export.path
    real = listing.links.get(file.name) or listing.files[file.name]
    return (path / real, "") if path.is_dir() else (path, real)


def _to_read(file: _File) -> str:
    """Where to read a file that an export renamed. A link is nowhere to be read."""
    where, member = _place(file)
    return "" if file.name in file.export.listing.links else member or str(where.absolute())


def _is_notebook(file: _File, assignment: Assignment) -> bool:
    name = PurePosixPath(file.entry.own)
    if is_hidden(name.parts):
        return False
    is_named = name.name.lower().endswith(".ipynb") or is_submission_file(name.name, assignment.slug)
    return is_named or file.name in file.export.listing.written


def notes_on_exports(submissions: Sequence[Submission]) -> list[str]:
    """Say for each platform how many students its export has, and how many submissions were replaced by later ones."""
    notes = []
    for platform in dict.fromkeys(s.handed_in.platform for s in submissions if s.handed_in):
        here = [s for s in submissions if s.handed_in and s.handed_in.platform == platform]
        again = sum(s.handed_in.superseded for s in here if s.handed_in)
        students = _counted(
            len(here), "submission" if any(s.handed_in and s.handed_in.people for s in here) else "student"
        )
        last = f", {_counted(again, 'resubmission')}; the last one counts" if again else ""
        notes.append(f"This is {PLATFORMS[platform].export}: {students}{last}.")
        earlier = [s.student for s in here if s.handed_in and s.handed_in.earlier]
        if earlier:
            notes.append(f"The last attempt has no notebook, so the one before it counts: {', '.join(earlier)}.")
    return notes


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
