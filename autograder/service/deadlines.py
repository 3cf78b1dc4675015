"""How late a submission to the service is: by the time when it was received, and by the student's own deadline."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.assignment import Assignment, UsageError
from autograder.grading import Result
from autograder.marking import Extensions, Lateness, lateness_of
from autograder.service.log import log
from autograder.submissions import Roster


@dataclass(frozen=True)
class Deadlines:
    """The deadlines of a service's students. `folder` has a folder for each assignment, maybe with extensions.csv."""

    folder: Path
    roster: Roster = field(default_factory=Roster)

    def lateness(self, assignment: Assignment, student: str, received: float) -> Lateness:
        """Return how late a submission is that was received at this time, in seconds since 1970.

        If the file of extensions cannot be read, that is logged, and the extensions of the roster alone count.
        """
        handed_in = Result(student=student, submitted_at=iso_time(received))
        try:
            extensions = Extensions(assignment, self.folder / assignment.slug, self.roster)
        except UsageError as problem:
            log("extensions not read", level=logging.ERROR, problem=str(problem))
            extensions = Extensions(assignment, None, self.roster)
        return lateness_of(assignment, handed_in, extensions)


def iso_time(received: float) -> str:
    """A time (seconds since 1970) as ledgers write it: ISO 8601, UTC."""
    return datetime.fromtimestamp(received, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
