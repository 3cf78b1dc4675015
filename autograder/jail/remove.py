"""Removes a folder that hostile code may have filled: nested as deep as it likes, or shut against its own user.

Copied into the jail, so it imports nothing of the kit.
"""

import itertools
import os
import tempfile

_AT_ONCE = 1000  # entries of a folder that are held in memory


def remove(folder: str) -> None:
    """Remove the folder and all in it, which nothing writes to any more. Raises OSError where that can't be done.

    Each folder below is pulled up, to right beneath the first one, before it is looked into: no path gets long, nothing
    nests, and a chain of folders takes a time that grows with its length, not with the square of it.
    """
    os.chmod(folder, 0o700)  # it may be shut
    beneath = tempfile.mkdtemp(dir=folder)
    names = (f"{beneath}/{number}" for number in itertools.count())
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        while entries := _some(path, beneath):
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)  # else it could be neither moved nor read
                    waiting.append(next(names))
                    os.rename(entry.path, waiting[-1])
                else:
                    os.unlink(entry.path)
        if path != folder:
            os.rmdir(path)
    os.rmdir(beneath)
    os.rmdir(folder)


def _some(path: str, but: str) -> list[os.DirEntry[str]]:
    with os.scandir(path) as entries:
        return list(itertools.islice((entry for entry in entries if entry.path != but), _AT_ONCE))
