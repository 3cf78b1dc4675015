"""The ledger of each assignment. It has the result that counts for every student, in the form that `report` reads."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.grading import PICTURES_FOLDER, Result, save_pictures
from autograder.marking import Desk
from autograder.reports import Book
from autograder.runs import Ledger, record_fingerprints
from autograder.service.deadlines import Deadlines
from autograder.service.log import log
from autograder.service.store import Entry, Store, Unavailable
from autograder.submissions import Roster, Submission, file_name


def choose_counted_entry(entries: Sequence[Entry], assignment: Assignment, deadlines: Deadlines) -> Entry | None:
    """The submission of a student that counts. None while no submission is graded.

    With "best", the highest score counts, after what lateness takes off. If scores are equal, the first submission
    counts, because it is the least late. An error of the grader is not a grade, so it counts only if there is no grade.
    With "last", the last graded submission counts, whatever its score. The receipt decides which one is last, not
    the clock.
    """
    graded = [entry for entry in entries if entry.status is not None]
    without_errors = [entry for entry in graded if entry.status != "error"]

    def worth(entry: Entry) -> tuple[float, int]:
        share = deadlines.lateness(assignment, entry.student, entry.received).share if assignment.late else 1.0
        return share * (entry.score or 0.0), -entry.receipt

    if assignment.counts == "best" and without_errors:
        return max(without_errors, key=worth)
    return graded[-1] if graded else None


@dataclass(frozen=True)
class _Stored(Submission):
    """A submission whose notebook is read from the store only when needed."""

    store: Store | None = None
    receipt: int = 0

    def read(self) -> bytes:
        assert self.store is not None
        try:
            return self.store.notebook(self.receipt)
        except Unavailable as problem:
            raise Unreadable(str(problem)) from None


@dataclass
class Ledgers:
    """The files `folder`/<slug>/results.jsonl, with the pictures of each submission beside them.

    The store has every result, so `catch_up` can make a lost ledger again, or add what a ledger lacks.
    """

    store: Store
    folder: Path
    assignments: Mapping[str, Assignment]
    roster: Roster = field(default_factory=Roster)
    _opened: dict[str, tuple[Ledger, dict[str, Result]]] = field(default_factory=dict)
    _write_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def deadlines(self) -> Deadlines:
        """When each student has to hand in."""
        return Deadlines(self.folder, self.roster)

    def check_readable(self) -> None:
        """Raises UsageError when a ledger can't be read."""
        for slug in self.assignments:
            try:
                self._open_ledger(slug)
            except OSError as problem:
                raise UsageError(f"{self.folder / slug}: the ledger can't be opened ({problem.strerror}).") from None

    def catch_up(self, slug: str) -> None:
        """Add every result that counts and is not in the ledger yet. Raises Unavailable and OSError."""
        for student in dict.fromkeys(entry.student for entry in self.store.entries_of_assignment(slug)):
            self._record_counted(slug, student)

    def record(self, receipt: int, student: str, slug: str, pictures: Mapping[str, bytes]) -> None:
        """Save the pictures of a graded submission, and its result if it counts. Raises Unavailable."""
        try:
            save_pictures(self.receipt_folder(slug, receipt), file_name(student), pictures)
            self._record_counted(slug, student)
        except OSError as problem:  # the result is in the store, and the student's next result updates the ledger
            log("ledger not written", level=logging.ERROR, receipt=receipt, problem=str(problem))
            self._opened.pop(slug, None)

    def receipt_folder(self, slug: str, receipt: int) -> Path:
        """The folder with the pictures of one submission."""
        return self.folder / slug / "receipts" / str(receipt)

    def book(self, slug: str, roster: Roster) -> Book:
        """The results that count now, as the input of every report format. Raises Unavailable."""
        entries = self.counted_entries(slug)
        results = [(entry, self.store.result(entry.receipt)) for entry in entries]
        found = {entry.student: result for entry, result in results if result is not None}
        submissions = [_Stored(e.student, Path(e.name), store=self.store, receipt=e.receipt) for e in entries]
        with (
            self._write_lock,
            contextlib.suppress(OSError),
        ):  # a report without the comparison of submissions is better than no report
            (self.folder / slug).mkdir(parents=True, exist_ok=True)
            record_fingerprints(self.folder / slug, self.assignments[slug], submissions, list(found.values()))
        in_order = tuple(found[student] for student in sorted(found))
        return Book(self.assignments[slug], self.folder / slug, in_order, roster)

    def desks(self) -> dict[str, Desk]:
        """The answers of each assignment that people mark. Their marks are beside the ledger."""
        return {slug: self._desk(assignment) for slug, assignment in self.assignments.items()}

    def _desk(self, assignment: Assignment) -> Desk:
        def handed_in() -> list[dict[str, str]]:
            return [
                {"student": e.student, "notebook_sha256": e.sha256, "status": str(e.status), "receipt": str(e.receipt)}
                for e in sorted(self.counted_entries(assignment.slug), key=lambda entry: entry.student)
            ]

        def notebook(handed: Mapping[str, str]) -> bytes | None:
            return self.store.notebook(int(handed["receipt"]))

        return Desk(assignment, self.folder / assignment.slug, handed_in, notebook, lambda _: "")

    def counted_entries(self, slug: str) -> list[Entry]:
        """The submission that counts, for each student with a graded submission. Raises Unavailable."""
        by_student: dict[str, list[Entry]] = {}
        for entry in self.store.entries_of_assignment(slug):
            by_student.setdefault(entry.student, []).append(entry)
        chosen = (
            choose_counted_entry(entries, self.assignments[slug], self.deadlines) for entries in by_student.values()
        )
        return [entry for entry in chosen if entry is not None]

    def _record_counted(self, slug: str, student: str) -> None:
        with self._write_lock:
            chosen = choose_counted_entry(
                self.store.entries_of_student(student, slug), self.assignments[slug], self.deadlines
            )
            result = self.store.result(chosen.receipt) if chosen else None
            if chosen is None or result is None or self._open_ledger(slug)[1].get(student) == result:
                return
            ledger, latest = self._open_ledger(slug)
            folder = self.receipt_folder(slug, chosen.receipt) / PICTURES_FOLDER / file_name(student)
            pictures = {path.stem: path.read_bytes() for path in folder.glob("*.png")}
            save_pictures(self.folder / slug, file_name(student), pictures)
            ledger.append(result)
            latest[student] = result

    def _open_ledger(self, slug: str) -> tuple[Ledger, dict[str, Result]]:
        """A ledger and each student's last result in it. It is opened again after a failed write."""
        if slug not in self._opened:
            ledger = Ledger(self.folder / slug)
            self._opened[slug] = (ledger, ledger.latest())
        return self._opened[slug]
