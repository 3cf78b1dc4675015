"""Names for the files of students, whatever students call themselves."""

from __future__ import annotations

import hashlib
import re

# Not what a made name looks like, or a student could be called as another one's file is.
_PLAIN = re.compile(r"(?!.*-[0-9a-f]{16}$)[\w@][\w.@+=-]{0,99}", re.ASCII)


def file_name(student: str) -> str:
    """A name for a student's file: the student's own where that is a plain one. Two students never share it."""
    if _PLAIN.fullmatch(student):
        return student
    plain = re.sub(r"[^A-Za-z0-9_@+=-]+", "_", student)[:60].strip("_+=-")
    return f"{plain or 'student'}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
