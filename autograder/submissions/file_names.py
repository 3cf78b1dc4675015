"""Makes safe file names from the names of students, which may contain any character."""

from __future__ import annotations

import hashlib
import re

# Plain names have no capitals and no dot at the end, because Windows and macOS would not tell them apart.
# They do not look like made names either. Otherwise a student's name could equal the file name of another student.
_PLAIN = re.compile(r"(?!.*-[0-9a-f]{16}$)[a-z0-9_@](?:[a-z0-9_.@+=-]{0,98}[a-z0-9_@+=-])?")
# Windows gives these names to devices, with any ending: a file `con.html` cannot be made there.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def file_name(student: str) -> str:
    """The student's name if every system can take it as the name of a file, otherwise a made name.

    No two students have the same, also where capitals do not count.
    """
    if _PLAIN.fullmatch(student) and not _DEVICE.fullmatch(student):
        return student
    plain = re.sub(r"[^A-Za-z0-9_@+=-]+", "_", student)[:60].strip("_+=-")
    return f"{plain or 'student'}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
