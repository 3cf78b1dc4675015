"""Fills the column of an assignment in the table of grades that a platform exported. Nobody's grade is lost.

A cell whose student has no grade yet stays as it is. If the table has another grade, or another number of points, than
the ledger, it is refused, because the platform would take the new one in silence.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from autograder.assignment import UsageError
from autograder.grading import Result, printable
from autograder.reports.formats.book import Book
from autograder.submissions import HandedIn, Person, match_people, name_key, same_name, without_capitals

_MOST_NAMES = 10  # in a sentence
_BETWEEN = r"[\W_]*"  # signs and spaces, which names may have between their letters
AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Filled:
    """The person of each graded student, and the graded students who are nobody in the table."""

    person_of: Mapping[str, Person]
    strangers: Sequence[str]


def students_of(book: Book) -> Filled:
    """Find the graded students in the roster: by the platform's own number, then by their name in the ledger.

    A student who could be two people is nobody, and so are two students who could be one person.
    """
    rows_of = Counter(person.student for person in book.roster.people)
    person_by_name = {person.student: person for person in book.roster.people if rows_of[person.student] == 1}
    found: dict[str, Person] = {}
    left = []
    for result in book.results:
        person = person_by_name.get(result["student"])
        if person:
            found[result["student"]] = person
        else:
            left.append(result)
    places, _ = match_people([_handed_in(book, result) for result in left], book.roster)
    taken = {person.row for person in found.values()}
    for i, place in places.items():
        if book.roster.people[place].row not in taken:
            found[left[i]["student"]] = book.roster.people[place]
    return Filled(found, [result["student"] for result in book.results if result["student"] not in found])


def _handed_in(book: Book, result: Result) -> HandedIn:
    """What is known of a student who does not have the roster's name: the export's words, and the ledger's name."""
    said = result.get("platform") or {}
    name = result["student"]
    alone = said if not result.get("members") else {}
    return HandedIn(
        str(alone.get("name", "")),
        str(alone.get("id", "")),
        str(alone.get("student", "")),
        "",
        logins=(name,),
        email=name if "@" in name else "",
    )


def scores_for(book: Book, filled: Filled) -> dict[int, tuple[str, float]]:
    """The student and the score by the number of the row. Students without a grade are left out."""
    return {
        person.row: (student, score)
        for student, person in filled.person_of.items()
        if (score := book.grades[student].score) is not None
    }


def demand_students(book: Book, filled: Filled, what: str) -> None:
    """Raise UsageError if no graded student is in the table."""
    if book.results and not filled.person_of:
        raise UsageError(f"{what} has none of the {len(book.results)} graded students: is it that of another course?")


def demand_points(book: Book, most: float | None, what: str) -> None:
    """Raise UsageError if the platform counts another number of points than the grades do."""
    for grade in book.grades.values():
        if most is not None and abs(grade.max_score - most) > 1e-9:
            raise UsageError(
                f"{what} gives at most {most:g} points, and the assignment {grade.max_score:g}: set the platform's "
                f"maximum to {grade.max_score:g}, and export the table again."
            )


def filled_column(
    cells: Sequence[Sequence[str]], place: int, scores: Mapping[int, tuple[str, float]], what: str, point: str = "."
) -> dict[int, str]:
    """The new text of the column by row. Raises UsageError if a cell has another grade than the ledger."""
    texts: dict[int, str] = {}
    others = []
    for row, (student, score) in scores.items():
        old = cells[row][place].strip() if place < len(cells[row]) else ""
        new = f"{score:.10g}".replace(".", point)
        if any(sign.isdigit() for sign in old):
            if not AMOUNT.fullmatch(old) or not _is_rounded(score, old.replace(",", ".")):
                others.append(f"{student} ({old} there, {new} here)")
            new = old
        texts[row] = new
    if others:
        raise UsageError(f"{what} has another grade already: {_names(others)}. Empty these cells to replace them.")
    return texts


def _is_rounded(score: float, text: str) -> bool:
    """Whether a number with some decimals is this score."""
    return abs(float(text) - score) <= 0.5 * 10 ** -len(text.partition(".")[2]) + 1e-9


def column_of(book: Book, columns: Sequence[str], is_grade: Callable[[str], str | None]) -> int | None:
    """The place of the assignment's column, or None. `is_grade` returns the name in a heading, if it is one of grades.

    Its name is the assignment's title or slug. If there is none, its name has one of them in it, as whole words.
    Raises UsageError if several columns may be it.
    """
    wanted = [key for name in (book.assignment.title, book.assignment.slug) if (key := name_key(name))]
    words = [re.compile(rf"(?<![a-z0-9]){_BETWEEN.join(map(re.escape, key))}(?![a-z0-9])") for key in wanted]
    named = {i: name for i, column in enumerate(columns) if (name := is_grade(same_name(column)))}
    exact = [i for i, name in named.items() if name_key(name) in wanted]
    within = [i for i, name in named.items() if any(one.search(without_capitals(name)) for one in words)]
    for found in (exact, within):
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(columns[i] for i in found)
            raise UsageError(f"the roster has more than one column for this assignment, {names}: leave one.")
    return None


def new_column_notes(book: Book, platform: str, has_column: bool) -> list[str]:
    """Say what a platform does with a table if there is no roster, or if the assignment's column is new."""
    if not book.roster.columns:
        return [
            f"there is no roster, so {platform} may not know these students: give the gradebook, as {platform} exports "
            "it, with --roster."
        ]
    if has_column:
        return []
    title, slug = book.assignment.title, book.assignment.slug
    return [
        f"the roster has no column of this assignment, so {platform} makes a new one. If {platform} has one already, "
        f"give it a name there with '{title}' or '{slug}' in it, export the gradebook again, and give it with --roster."
    ]


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The bytes of a table with the delimiter and in the encoding of the one that the platform exported."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding, "backslashreplace" if encoding.startswith("utf-8") else "replace")


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return printable(f"{', '.join(names[:_MOST_NAMES])}{more}", 2000)


def refuse(students: Sequence[str], sentence: str) -> None:
    """Raise UsageError with the sentence, which has `{}` for the names, if there are such students."""
    if students:
        raise UsageError(sentence.format(_names(students)))


def unmatched_students(book: Book) -> list[str]:
    """Return the graded students who are not in the roster, or who could be several people there."""
    return list(students_of(book).strangers)


def is_no(text: str) -> bool:
    """Whether a cell says no, in a language that Moodle is often used in."""
    words = "no nein non nee não nej nei nie ei ne нет ні hayır όχι いいえ 否 아니오"
    return without_capitals(text) in words.split()
