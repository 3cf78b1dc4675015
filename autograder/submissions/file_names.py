"""Makes safe file names from the names of students, which may contain any character."""

from __future__ import annotations

import hashlib
import re

# Excludes names that look like made ones. Otherwise a student's name could equal the file name of another student.
_PLAIN = re.compile(r"(?!.*-[0-9a-f]{16}$)[\w@][\w.@+=-]{0,99}", re.ASCII)


def file_name(student: str) -> str:
    """The student's name if it is plain, otherwise a made name. No two students have the same."""
    if _PLAIN.fullmatch(student):
        return student
    plain = re.sub(r"[^A-Za-z0-9_@+=-]+", "_", student)[:60].strip("_+=-")
    return f"{plain or 'student'}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
