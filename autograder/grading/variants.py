"""Personal variants: each student gets personal data, made from a secret of the course and the student's id.

An assignment has variants if the functions of its `reference/<slug>/cases.py` take a `seed`.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment import Assignment, Unreadable, UsageError, read_or_make_secret, variant_marks
from autograder.grading.explain import printable
from autograder.grading.result import Result
from autograder.submissions import Roster, Submission

COURSE_SECRET = "course"  # AUTOGRADER_COURSE, or course.key in the course's folder
STRANGER = "somebody who is not on the roster"


def has_personal_data(assignment: Assignment) -> bool:
    """Whether the assignment can make personal data for a student."""
    return "seed" in inspect.signature(assignment.cases.samples).parameters


@dataclass(frozen=True)
class Variants:
    """The seeds of one assignment's students. They also tell which student a notebook was made for."""

    slug: str
    students: frozenset[str]
    _secret: str = field(repr=False)

    def seed(self, student: str) -> int | None:
        """Return HMAC-SHA256 (RFC 2104) of assignment and student under the course's secret.

        Return None if the student is not on the roster.
        """
        name = unicodedata.normalize("NFC", student)  # some systems store an accent and its letter apart
        if name not in self.students:
            return None
        message = f"{self.slug}\0{name}".encode()
        return int.from_bytes(hmac.digest(self._secret.encode(), message, hashlib.sha256))

    def owners(self) -> dict[str, str]:
        """Return the student of each mark that a notebook may carry."""
        return {variant_mark(seed): student for student in self.students if (seed := self.seed(student)) is not None}


def variant_mark(seed: int) -> str:
    """Return the mark of a seed's notebook. The seed cannot be found from it."""
    return hashlib.sha256(f"variant {seed:064x}".encode()).hexdigest()[:16]


def other_owners_of(raw: bytes, seed: int | None, owners: Mapping[str, str]) -> list[str]:
    """Return the other students for whom this notebook, or a cell of it, was made."""
    own = None if seed is None else variant_mark(seed)
    return sorted({owners.get(found, STRANGER) for found in variant_marks(raw) if found != own})


def marks_in(submission: Submission) -> frozenset[str]:
    """Return the marks of the variants for which a notebook, or a cell of it, was made. None if it can't be read."""
    return frozenset(variant_marks(_read(submission)))


def sentence_about_other_owners(result: Result) -> str:
    """Return a sentence for the instructor if a notebook was made for other students, otherwise an empty text."""
    owners = " and ".join(f"{name}'s" for name in result.get("made_for", ()))
    return f"this notebook was made for {owners} data" if owners else ""


def variants_of_class(assignment: Assignment, students: Sequence[str], *, make: bool = False) -> Variants | None:
    """Return the variants of a class. With `make`, make the course's secret if it is missing.

    Return None if all students have the same data: there is no secret, no roster, or no variants in the assignment.
    Raises UsageError if the secret cannot be used.
    """
    if not (students and has_personal_data(assignment) and (_has_secret(assignment) or make)):
        return None
    names = frozenset(unicodedata.normalize("NFC", student) for student in students)
    return Variants(assignment.slug, names, read_or_make_secret(assignment.root, COURSE_SECRET))


def why_common_data(assignment: Assignment, roster: Roster, submissions: Iterable[Submission]) -> str:
    """Return why all students get the same data although the class seems to have personal data, or an empty text."""
    if not has_personal_data(assignment):
        return ""
    has_secret = _has_secret(assignment)
    if has_secret and roster.columns:
        return "All students get the same data, although the course has a secret: the roster names no student_id."
    marked = next((s.student for s in submissions if variant_marks(_read(s))), None)
    if marked is None:
        return ""
    missing = [] if has_secret else ["the course's secret (AUTOGRADER_COURSE, or course.key)"]
    missing += [] if roster.columns else ["the class's --roster"]
    sentence = f"All students get the same data, but {marked}'s notebook was made for one student only"
    return printable(f"{sentence}: give {' and '.join(missing)}.")


def demand_personal_data(assignment: Assignment) -> None:
    """Raise UsageError if all students of the assignment have the same data."""
    if not has_personal_data(assignment):
        raise UsageError(
            f"{assignment.slug} has the same data for all students: let the functions of "
            f"reference/{assignment.slug}/cases.py take `seed`, a student's number or None."
        )


def _read(submission: Submission) -> bytes:
    try:
        raw = submission.read()
    except (Unreadable, OSError):
        return b""
    return raw if b'"autograder"' in raw else b""  # parsing all notebooks of a class takes long


def _has_secret(assignment: Assignment) -> bool:
    return f"AUTOGRADER_{COURSE_SECRET.upper()}" in os.environ or _key(assignment).exists()


def _key(assignment: Assignment) -> Path:
    return assignment.root / f"{COURSE_SECRET}.key"
