"""Lists what is in a folder or a zip, without reading any file in it."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError
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

    @property
    def names(self) -> list[str]:
        """Everything, sorted."""
        return sorted({*self.files, *self.links, *self.folders, *self.others})


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
    return Listing(files, links, frozenset(folders), unreadable, tuple(others))


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
    return Listing(files, links, frozenset(folders - {""}), {})


def _above(name: str) -> Iterator[str]:
    """The folders that a path leads through."""
    for i, letter in enumerate(name):
        if letter == "/" and i:
            yield name[:i]
