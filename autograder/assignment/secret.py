"""Secrets. Each comes from the environment, or from a file that only its owner can read.

The file is made when the secret is first needed.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

from autograder.assignment.findings import UsageError

MIN_LENGTH = 32  # characters


def read_or_make_secret(folder: Path, name: str) -> str:
    """The secret in the variable AUTOGRADER_<NAME>, or otherwise the one in `folder`/<name>.key.

    Makes the file if it does not exist. Raises UsageError when the secret is too short, can't be read or written,
    or can be read by other users.
    """
    variable, path = f"AUTOGRADER_{name.upper()}", folder / f"{name}.key"
    from_environment = os.environ.get(variable)
    if from_environment is not None:
        if len(from_environment) < MIN_LENGTH:
            raise UsageError(f"{variable} must have at least {MIN_LENGTH} characters.")
        return from_environment
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(MIN_LENGTH) + "\n", replace=False)
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise UsageError(
                    f"{path} can be read by others: run `chmod 600` on it, or delete it and a new one is made, or put "
                    f"the secret into the variable {variable}."
                )
            secret = file.read().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path}: the secret can't be kept here ({problem}).") from None
    if len(secret) < MIN_LENGTH:
        raise UsageError(f"{path} is too short to be a secret: delete it and a new one is made.")
    return secret


def write_private(path: Path, text: str, replace: bool = True) -> None:
    """Write a file that only its owner can read. It is written completely or not at all.

    With `replace=False`, a file that already exists stays as it is. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            try:
                os.fsync(file.fileno())
            except OSError as problem:
                if problem.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):  # a share offers no fsync
                    raise
        if replace:
            temporary.replace(path)
            return
        try:
            os.link(temporary, path)
        except FileExistsError:
            return  # another process was quicker, and its file stays
        except OSError:  # a share or a FAT disk has no links
            if not path.exists():
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
