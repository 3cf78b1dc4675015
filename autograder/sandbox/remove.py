"""Removes a folder that hostile code may have filled: nested as deep as it likes, or shut against its own user.

Copied into the sandbox, so it imports nothing of the kit.
"""

import itertools
import os
import subprocess
import uuid

_AT_ONCE = 1000  # entries of a folder that are held in memory


def remove(folder: str) -> None:
    """Remove the folder and all in it, as far as that can be done.

    What lies in a folder right beneath is pulled up beside it, under a name that nobody can have foreseen: no path gets
    long, nothing nests, and a chain of folders takes a time that grows with its length, not with the square of it.
    """
    try:
        _open_up(folder)
        while entries := _some(folder):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    _pull_up(entry.path, folder)
                else:
                    os.unlink(entry.path)
        os.rmdir(folder)
    except OSError:
        # Gone already; or on a disk so full that nothing can be moved, or no Linux: slower where folders are nested.
        subprocess.run(["rm", "-rf", "--", folder], check=False)


def _pull_up(path: str, folder: str) -> None:
    _open_up(path)
    while entries := _some(path):
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _open_up(entry.path)  # else it could not be moved
                os.rename(entry.path, f"{folder}/{uuid.uuid4().hex}")
            else:
                os.unlink(entry.path)
    os.rmdir(path)


def _open_up(path: str) -> None:
    """Let its user read and write a folder; never what a link leads to."""
    itself = os.open(path, getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.chmod(f"/proc/self/fd/{itself}", 0o700)
    finally:
        os.close(itself)


def _some(path: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return list(itertools.islice(entries, _AT_ONCE))
