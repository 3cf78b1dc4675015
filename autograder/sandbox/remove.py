"""Removes a folder that hostile code may have filled, however deep it is nested and even if its modes deny access.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import itertools
import os
import subprocess
import uuid

_BATCH = 1000  # entries of a folder that are held in memory


def remove(folder: str) -> None:
    """Remove the folder and all in it, as far as possible.

    Each folder in it moves up beside the folder that holds it, under a name that no code can foresee. So no path gets
    long and nothing nests. The time for a chain of folders grows with its length, not with the square of its length.
    """
    try:
        _make_accessible(folder)
        while entries := _some_entries(folder):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    _empty_into(entry.path, folder)
                else:
                    os.unlink(entry.path)
        os.rmdir(folder)
    except OSError:
        # The folder may be gone already. Or the disk is so full that nothing can be moved, or this is not Linux.
        # This way is slower if folders are nested.
        subprocess.run(["rm", "-rf", "--", folder], check=False)


def _empty_into(path: str, folder: str) -> None:
    """Remove a folder. The folders in it move to `folder`."""
    _make_accessible(path)
    while entries := _some_entries(path):
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _make_accessible(entry.path)  # otherwise it could not be moved
                os.rename(entry.path, f"{folder}/{uuid.uuid4().hex}")
            else:
                os.unlink(entry.path)
    os.rmdir(path)


def _make_accessible(path: str) -> None:
    """Let the folder's user read and write it. The target of a link is never changed."""
    descriptor = os.open(path, getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", 0o700)
    finally:
        os.close(descriptor)


def _some_entries(path: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return list(itertools.islice(entries, _BATCH))
