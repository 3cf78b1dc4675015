"""Lists what is in a folder or a zip.

A file is read only to see whether `grader.submit` wrote it, and only its beginning.
"""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.assignment import UsageError
from autograder.submissions.grader_submit_file import HEAD_BYTES, begins_as_written
from autograder.submissions.submission import BROKEN_ZIP
from autograder.submissions.zip_names import decoded_names


@dataclass(frozen=True)
class Listing:
    """Relative paths, each with slashes between folders. The maps lead to how the folder or the zip itself calls it.

    - `files`: regular files.
    - `links`: links to files or folders. What they lead to is not looked at.
    - `folders`: folders, also those that a zip does not list but that have something in them.
    - `unreadable`: the folders that this machine may not list, and why.
    """

    files: Mapping[str, str]
    links: Mapping[str, str]
    folders: frozenset[str]
    unreadable: Mapping[str, OSError]
    others: tuple[str, ...] = ()  # sockets, devices and the like
    path: Path | None = None  # of the folder or the zip

    @property
    def names(self) -> list[str]:
        """Everything, sorted."""
        return sorted({*self.files, *self.links, *self.folders, *self.others})

    @cached_property
    def written(self) -> frozenset[str]:
        """The files that `grader.submit` wrote, whatever their names are."""
        others = {name: real for name, real in self.files.items() if not name.lower().endswith(".ipynb")}
        if self.path is None or not others:
            return frozenset()
        beginnings = _in_folder if self.path.is_dir() else _in_zip
        return frozenset(name for name, raw in beginnings(self.path, others) if begins_as_written(raw))


NOTHING = Listing({}, {}, frozenset(), {})


def list_folder(path: Path) -> Listing:
    """What is in a folder, however deep. Raises UsageError if the folder itself can't be listed."""
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    folders: set[str] = set()
    unreadable: dict[str, OSError] = {}
    others: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(path / below) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as problem:
            if not below:
                raise UsageError(f"{path}: the folder can't be read ({problem.strerror}).") from None
            unreadable[below.replace("\\", "/")] = problem
            continue
        for entry in entries:
            real = f"{below}/{entry.name}" if below else entry.name
            name = real.replace("\\", "/")  # a zip of Windows that was unpacked here may leave such names
            if entry.is_symlink():
                links[name] = real
            elif entry.is_dir(follow_symlinks=False):
                folders.add(name)
                waiting.append(real)
            elif entry.is_file(follow_symlinks=False):
                files[name] = real
            else:
                others.append(name)
            folders.update(_above(name))
    return Listing(files, links, frozenset(folders), unreadable, tuple(others), path)


def list_zip(path: Path) -> Listing:
    """What is in a zip. Raises UsageError if its list of members is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except BROKEN_ZIP as problem:
        raise UsageError(f"{path}: the zip is broken ({problem}).") from None
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    folders: set[str] = set()
    for member, name in zip(members, decoded_names(members), strict=True):
        folders.update(_above(name))
        if name.endswith("/"):
            folders.add(name.rstrip("/"))
        elif stat.S_ISLNK(member.external_attr >> 16):
            links[name] = member.filename
        else:
            files[name] = member.filename
    return Listing(files, links, frozenset(folders - {""}), {}, path=path)


def _in_folder(path: Path, files: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The beginning of each file that can be read."""
    for name, real in files.items():
        with contextlib.suppress(OSError), (path / real).open("rb") as file:
            yield name, file.read(HEAD_BYTES)


def _in_zip(path: Path, files: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    with contextlib.suppress(*BROKEN_ZIP), zipfile.ZipFile(path) as archive:
        for name, real in files.items():
            with contextlib.suppress(*BROKEN_ZIP):
                if archive.getinfo(real).compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    with archive.open(real) as member:
                        yield name, member.read(HEAD_BYTES)


def _above(name: str) -> Iterator[str]:
    """The folders that a path leads through."""
    for i, letter in enumerate(name):
        if letter == "/" and i:
            yield name[:i]
