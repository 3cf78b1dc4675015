"""Secrets: from the environment, or from a file that is made at the first start and that its owner alone may read."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from autograder.assignment.policy import UsageError

LEAST = 32  # characters


def read_or_make_secret(folder: Path, name: str) -> str:
    """The secret AUTOGRADER_<NAME>, else the one in `folder`/<name>.key. Raises UsageError when it is no good."""
    variable, path = f"AUTOGRADER_{name.upper()}", folder / f"{name}.key"
    given = os.environ.get(variable)
    if given is not None:
        if len(given) < LEAST:
            raise UsageError(f"{variable} must have at least {LEAST} characters.")
        return given
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(LEAST) + "\n", replace=False)
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise UsageError(f"{path} can be read by others: `chmod 600` it, or delete it to have a new one made.")
            kept = file.read().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: the secret can't be kept here ({problem}).") from None
    if len(kept) < LEAST:
        raise UsageError(f"{path} is too short to be a secret: delete it, and a new one is made.")
    return kept


def write_private(path: Path, text: str, replace: bool = True) -> None:
    """Write a whole file or none, for its owner alone; one that is there may stay. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            fresh.replace(path)
        else:
            with contextlib.suppress(FileExistsError):  # somebody else was quicker: then theirs it is
                os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
