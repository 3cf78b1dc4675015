"""Names for the files of students, whatever students call themselves."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[\w@+=-][\w.@+=-]{0,99}")


def file_name(student: str) -> str:
    """A name for a student's file, on any system; two students never share one."""
    if _PLAIN.fullmatch(student) and student.isascii():
        return student
    plain = re.sub(r"[^A-Za-z0-9_@+=-]+", "_", student)[:60].strip("_")
    return f"{plain}-{hashlib.sha256(student.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"
