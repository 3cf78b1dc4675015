"""What the marking pages show and do: one question across all students. Nothing here knows of HTTP or HTML."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.marking.answers import Answer, AnswerFinder, groups_of_answers
from autograder.marking.lines import Line
from autograder.marking.marks import Mark, Marks
from autograder.marking.marks_file import MarksFile
from autograder.marking.questions import Question, questions_of

_Handed = Mapping[str, Any]
_NO_NAME = "Give your name first."


@dataclass(frozen=True)
class Sheet:
    """A student's answer as the pages list it.

    - `key` names it without the student's name. `group` is the key of the group's first answer.
    - `handed` has the fields of the student's result that `Desk.results` returned.
    - `lost` says why the notebook cannot be shown. It is empty if it can.
    """

    key: str
    answer: Answer
    group: str
    handed: _Handed
    lost: str = ""

    @property
    def student(self) -> str:
        return str(self.handed["student"])

    @property
    def notebook_sha256(self) -> str:
        return str(self.handed["notebook_sha256"])


class Desk:
    """The answers and marks of one assignment. Threads may share it.

    - `results` returns what each student handed in: the fields `student`, `notebook_sha256` and `status` of the latest
      result, and what else `notebook` needs.
    - `notebook` returns the notebook of a result, or None if it is not there any more.
    - `lost` returns a sentence that says how to get it back.
    """

    def __init__(
        self,
        assignment: Assignment,
        folder: Path,
        results: Callable[[], Sequence[_Handed]],
        notebook: Callable[[_Handed], bytes | None],
        lost: Callable[[_Handed], str],
    ) -> None:
        self.assignment = assignment
        self.questions = {question.id: question for question in questions_of(assignment)}
        self.file = MarksFile(folder, assignment.slug)
        self._results = results
        self._notebook = notebook
        self._lost = lost
        self._answers: dict[tuple[str, str], dict[str, Answer]] = {}  # by student and digest of the notebook
        self._sheets: dict[str, tuple[object, dict[str, Sheet]]] = {}  # by question: of which results, and the sheets
        self._lock = threading.Lock()

    @cached_property
    def finder(self) -> AnswerFinder:
        """What finds the answers. Raises UsageError if the assignment was never built."""
        try:
            return AnswerFinder(self.assignment, list(self.questions))
        except (OSError, Unreadable):
            slug = self.assignment.slug
            raise UsageError(f"release/{slug}/ has no notebook: run `autograder build {slug}` first.") from None

    def sheets(self, question: str) -> dict[str, Sheet]:
        """Return the answers to a question by their keys, in the order of marking.

        A submission that can't be read has nothing to mark, so it is left out.
        The order is shuffled, and always the same for a question. Answers that are alike follow each other.
        """
        with self._lock:
            results = [result for result in self._results() if result["status"] != "unreadable"]
            now = tuple((r["student"], r["notebook_sha256"], r["status"]) for r in results)
            if question not in self._sheets or self._sheets[question][0] != now:
                self._sheets[question] = (now, self._made_sheets(question, results))
            return self._sheets[question][1]

    def _made_sheets(self, question: str, results: Sequence[_Handed]) -> dict[str, Sheet]:
        # A lost notebook is looked for again the next time, because the instructor may put it back.
        sheets: dict[str, tuple[_Handed, Answer, str]] = {}
        for result in results:
            where = (result["student"], result["notebook_sha256"])
            lost = ""
            if where not in self._answers:
                raw = self._notebook(result)
                lost = self._lost(result) if raw is None else ""
                if not lost:
                    self._answers[where] = {id: found.light() for id, found in self.finder.answers(raw).items()}
            answer = Answer("unreadable") if lost else self._answers[where][question]
            sheets[self._key(question, result["student"])] = (result, answer, lost)
        in_order = {key: sheets[key] for key in sorted(sheets)}
        readable_ones = {key: answer for key, (_, answer, lost) in in_order.items() if not lost}
        groups = [*groups_of_answers(readable_ones), *([key] for key in in_order if key not in readable_ones)]
        return {
            key: Sheet(key, answer, group[0], result, lost)
            for group in groups
            for key in group
            for result, answer, lost in [in_order[key]]
        }

    def whole_answer(self, question: str, sheet: Sheet) -> Answer:
        """Return an answer with its pictures."""
        if sheet.answer.state != "answered" or (raw := self._notebook(sheet.handed)) is None:
            return sheet.answer
        return self.finder.answers(raw)[question]

    def forget_lost(self) -> None:
        """Look for lost notebooks again."""
        with self._lock:
            self._sheets.clear()

    def _key(self, question: str, student: str) -> str:
        text = f"{self.assignment.slug}/{question}/{student}"
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]

    def is_changed(self, sheet: Sheet, mark: Mark) -> bool:
        """Whether a marked answer changed since it was marked."""
        return mark.is_marked and not sheet.lost and mark.answer_sha256 != sheet.answer.sha256

    def give(self, marker: str, question: str, key: str, item: str, given: bool) -> list[Line]:
        """Give a marking item to an answer, or take it away."""
        sheet = self._sheet(question, key)
        return self._write(marker, question, lambda _: [_about(sheet, kind="give", item=item, given=given)])

    def comment(self, marker: str, question: str, key: str, text: str) -> list[Line]:
        """Set the comment for one student."""
        sheet = self._sheet(question, key)
        return self._write(marker, question, lambda _: [_about(sheet, kind="comment", text=text.strip())])

    def done(self, marker: str, question: str, key: str) -> list[Line]:
        """Say that an answer is marked as it is."""
        sheet = self._sheet(question, key)
        return self._write(marker, question, lambda _: [_about(sheet, kind="done", done=True)])

    def clear(self, marker: str, question: str, key: str) -> list[Line]:
        """Take all marking items away from an answer, and say that it is not marked."""
        sheet = self._sheet(question, key)

        def changes(marks: Marks) -> Iterator[dict[str, Any]]:
            for item in marks.mark(sheet.student, question).items:
                yield _about(sheet, kind="give", item=item.id, given=False)
            yield _about(sheet, kind="done", done=False)

        return self._write(marker, question, changes)

    def same(self, marker: str, question: str, key: str, alike: bool) -> list[Line]:
        """Give the marks of an answer to its group too: to the identical answers, or with `alike` to all.

        Answers that are marked already stay as they are.
        """
        sheet = self._sheet(question, key)

        def changes(marks: Marks) -> Iterator[dict[str, Any]]:
            mark = marks.mark(sheet.student, question)
            if not mark.is_marked:
                raise ValueError("This answer is not marked yet.")
            for other in self.others(question, sheet, alike):
                if not marks.mark(other.student, question).is_marked:
                    if not mark.items:  # beside an item it would stay, and count in full, after the item is deleted
                        yield _about(other, kind="done", done=True)
                    for item in mark.items:
                        yield _about(other, kind="give", item=item.id, given=True)
                    if mark.comment:
                        yield _about(other, kind="comment", text=mark.comment)

        return self._write(marker, question, changes)

    def others(self, question: str, sheet: Sheet, alike: bool) -> list[Sheet]:
        """Return the other answers of the group: the identical ones, or with `alike` also the nearly identical ones."""
        if sheet.lost:
            return []
        return [
            other
            for other in self.sheets(question).values()
            if other.group == sheet.group
            and other.key != sheet.key
            and (alike or other.answer.sha256 == sheet.answer.sha256)
        ]

    def item(
        self, marker: str, question: str, item: str, points: float, text: str, deleted: bool = False
    ) -> list[Line]:
        """Edit a marking item, for everybody that has it. An empty `item` makes a new one."""
        if not text.strip():
            raise ValueError("A marking item needs a text.")
        fields = {"kind": "item", "item": item or secrets.token_hex(4), "points": points, "text": text.strip()}
        return self._write(marker, question, lambda _: [fields | {"deleted": deleted}])

    def rule(self, marker: str, question: str, counts_from: str) -> list[Line]:
        """Set whether a question starts with all its points, "full", or at 0, "zero"."""
        return self._write(marker, question, lambda _: [{"kind": "rule", "counts_from": counts_from}])

    def undo(self, marker: str, question: str) -> list[Line]:
        """Take back the marker's last action on a question. What another marker has changed since then stays."""
        return self.file.undo(_named(marker), self._question(question).id)

    def _write(
        self,
        marker: str,
        question: str,
        changes: Callable[[Marks], Sequence[dict[str, Any]] | Iterator[dict[str, Any]]],
    ) -> list[Line]:
        return self.file.write(_named(marker), self._question(question).id, changes)

    def _question(self, id: str) -> Question:
        if id not in self.questions:
            raise UsageError(f"there is no question '{id}'.")
        return self.questions[id]

    def _sheet(self, question: str, key: str) -> Sheet:
        found = self.sheets(self._question(question).id).get(key)
        if found is None:
            raise ValueError("This answer is not there any more.")
        return found


def _about(sheet: Sheet, **fields: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"notebook_sha256": sheet.notebook_sha256, "answer_sha256": sheet.answer.sha256}
    if not sheet.lost and sheet.answer.state != "answered":
        seen["answered"] = False
    return {"student": sheet.student, **seen, **fields}


def _named(marker: str) -> str:
    name = " ".join(marker.split())[:60]
    if not name:
        raise ValueError(_NO_NAME)
    return name
