"""The ledger of each assignment: for every student the result that counts, in the form that `report` reads."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.grading import PICTURES_FOLDER, Result, save_pictures
from autograder.reports import Book
from autograder.runs import Ledger, record_fingerprints
from autograder.service.log import log
from autograder.service.store import Entry, Store, Unavailable
from autograder.submissions import Roster, Submission, file_name


def entry_that_counts(entries: Sequence[Entry], policy: str) -> Entry | None:
    """Which of a student's submissions stands; None while none is graded.

    The best: of equal ones the first, which is the least late. An error of ours is no grade, so it stands only where
    there is nothing else. The last: whatever it is worth, by receipt and not by the clock.
    """
    graded = [entry for entry in entries if entry.status is not None]
    sound = [entry for entry in graded if entry.status != "error"]
    if policy == "best" and sound:
        return max(sound, key=lambda entry: (entry.score or 0.0, -entry.receipt))
    return graded[-1] if graded else None


@dataclass(frozen=True)
class _Stored(Submission):
    """A submission that is read from the store when somebody asks for it."""

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
    """`folder`/<slug>/results.jsonl, and beside it the pictures of each submission.

    The store has every result; a ledger can be made anew from it, and what was lost between the two is caught up.
    """

    store: Store
    folder: Path
    assignments: Mapping[str, Assignment]
    _opened: dict[str, tuple[Ledger, dict[str, Result]]] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def demand_sound(self) -> None:
        """Raises UsageError where a ledger can't be read."""
        for slug in self.assignments:
            try:
                self._open(slug)
            except OSError as problem:
                raise UsageError(f"{self.folder / slug}: the ledger can't be opened ({problem.strerror}).") from None

    def catch_up(self, slug: str) -> None:
        """Write down what counts and is not in the ledger yet. Raises Unavailable and OSError."""
        for student in dict.fromkeys(entry.student for entry in self.store.of_assignment(slug)):
            self._note(slug, student)

    def settled(self, receipt: int, student: str, slug: str, drawn: Mapping[str, bytes]) -> None:
        """Keep the pictures of a submission that was graded, and its result where it counts. Raises Unavailable."""
        try:
            save_pictures(self.of_receipt(slug, receipt), file_name(student), drawn)
            self._note(slug, student)
        except OSError as problem:  # the result is in the store; the ledger catches up with the next one
            log("ledger not written", level=logging.ERROR, receipt=receipt, problem=str(problem))
            self._opened.pop(slug, None)

    def of_receipt(self, slug: str, receipt: int) -> Path:
        """Where the pictures of one submission lie."""
        return self.folder / slug / "receipts" / str(receipt)

    def book(self, slug: str, roster: Roster) -> Book:
        """What counts now, for every format. Raises Unavailable."""
        entries = self.counting(slug)
        results = [(entry, self.store.result(entry.receipt)) for entry in entries]
        found = {entry.student: result for entry, result in results if result is not None}
        submissions = [_Stored(e.student, Path(e.name), store=self.store, receipt=e.receipt) for e in entries]
        with self._turn, contextlib.suppress(OSError):  # a report without a comparison is better than none
            (self.folder / slug).mkdir(parents=True, exist_ok=True)
            record_fingerprints(self.folder / slug, self.assignments[slug], submissions, list(found.values()))
        in_order = tuple(found[student] for student in sorted(found))
        return Book(self.assignments[slug], self.folder / slug, in_order, roster)

    def counting(self, slug: str) -> list[Entry]:
        """The submission that stands, of each student who has one. Raises Unavailable."""
        by_student: dict[str, list[Entry]] = {}
        for entry in self.store.of_assignment(slug):
            by_student.setdefault(entry.student, []).append(entry)
        chosen = (entry_that_counts(entries, self.assignments[slug].counts) for entries in by_student.values())
        return [entry for entry in chosen if entry is not None]

    def _note(self, slug: str, student: str) -> None:
        with self._turn:
            chosen = entry_that_counts(self.store.of_student(student, slug), self.assignments[slug].counts)
            result = self.store.result(chosen.receipt) if chosen else None
            if chosen is None or result is None or self._open(slug)[1].get(student) == result:
                return
            ledger, latest = self._open(slug)
            own = self.of_receipt(slug, chosen.receipt) / PICTURES_FOLDER / file_name(student)
            drawn = {path.stem: path.read_bytes() for path in own.glob("*.png")}
            save_pictures(self.folder / slug, file_name(student), drawn)
            ledger.append(result)
            latest[student] = result

    def _open(self, slug: str) -> tuple[Ledger, dict[str, Result]]:
        """A ledger and its last lines; opened anew after a line that could not be written to its end."""
        if slug not in self._opened:
            ledger = Ledger(self.folder / slug)
            self._opened[slug] = (ledger, ledger.latest())
        return self._opened[slug]
