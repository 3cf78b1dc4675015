"""A class that is made up: names from two lists of words, what each student wrote, when, and what that is worth."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.submissions.exports import Student

FIRST = (
    "Alder Ash Aspen Basil Bay Beech Birch Briar Cedar Clover Cypress Elder Elm Fern Fir Ginkgo Hazel "
    "Heath Holly Ivy Juniper Larch Laurel Linden Maple Myrtle Oak Olive Rowan Sorrel Tansy Thistle Willow "
    "Yarrow Yew"
)
LAST = (
    "Brook Cliff Cove Dale Delta Dune Fen Field Ford Glen Grove Harbour Heath Hill Island Lake Marsh "
    "Meadow Moor Mountain Pool Ridge River Rock Sand Shore Spring Stone Stream Vale"
)
DUE = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARE_PER_DAY, FREE_DAYS, LAST_DAY = 0.1, 1, 6

# What students write, by assignment and cell, and the points that it gets in the end.
CODE: Mapping[str, Mapping[str, Mapping[str, tuple[str, float]]]] = {
    "line": {
        "answer": {
            "right": ("def fit_line(x, y):\n    slope, start = np.polyfit(x, y, 1)\n    return start, slope", 10),
            "covariance": (
                "def fit_line(x, y):\n    slope = np.cov(x, y)[0, 1] / np.var(x, ddof=1)\n"
                "    return np.array([y.mean() - slope * x.mean(), slope])",
                10,
            ),
            "slope_first": ("def fit_line(x, y):\n    return np.polyfit(x, y, 1)", 0),
            "through_the_origin": ("def fit_line(x, y):\n    return np.array([0.0, x @ y / (x @ x)])", 0),
            "centred_points": (
                "def fit_line(x, y):\n    near = np.abs(x).max() < 10\n"
                "    slope, start = np.polyfit(x if near else x - x.mean(), y, 1)\n    return start, slope",
                6,
            ),
        },
    },
    "kinds": {
        "shares": {
            "right": (
                "def shares(words):\n    found = {}\n    for word in words:\n"
                "        found[str(word)] = found.get(str(word), 0) + 1 / len(words)\n    return found",
                10,
            ),
            "counts_of_words": (
                "def shares(words):\n    words = list(words)\n    return {w: float(words.count(w)) for w in words}",
                5,  # half of the points, by the rubric that changes after grading
            ),
        },
        "best_path": {
            "right": ("def best_path(scores):\n    return scores.argmax(axis=1)", 10),
            "one_based": ("def best_path(scores):\n    return scores.argmax(axis=1) + 1", 0),
        },
        "answer_4": {"right": ('answer_4 = "B"', 5), "with_memory": ('answer_4 = "A"', 0)},
    },
}
MADE_FROM = {"line": "toy", "kinds": "kinds"}  # the folders of the tests' own assignments
RUBRIC = {"counts_of_words": 0.5}
QUESTIONS = {"line": ("derive_line", 5.0), "kinds": ("why_memory", 4.0)}
ANSWERS = {  # and the share of the question's points
    "Set the derivative to zero: $X^T X w = X^T y$, and solve.": 1.0,
    "The line goes through the mean, because the residuals add up to zero.": 0.6,
    "I could not do this one.": 0.0,
}


@dataclass(frozen=True)
class Member(Student):
    """A student whose login is the e-mail address, which every platform knows."""

    @property
    def email(self) -> str:
        return self.login


@dataclass(frozen=True)
class Work:
    """What a student handed in for an assignment. `wrote` names an entry of `CODE` by cell.

    `again` is true if there is an earlier attempt.
    """

    wrote: Mapping[str, str]
    answer: str
    submitted: datetime
    again: bool = False
    is_broken: bool = False


@dataclass
class Person:
    """A student of the class, and the work by assignment."""

    student: Student
    work: dict[str, Work] = field(default_factory=dict)

    @property
    def login(self) -> str:
        return self.student.login


def make_class(count: int, seed: int = 21) -> list[Person]:
    """Return a class, the same one each time. The last two students hand in a broken file, and nothing."""
    draw = random.Random(seed)
    names = draw.sample([(first, last) for first in FIRST.split() for last in LAST.split()], count)
    people = [
        Person(Member(first, last, f"{first}.{last}@example.org".lower(), 10_000 + 7 * n))
        for n, (first, last) in enumerate(names)
    ]
    for person in people:
        for slug, cells in CODE.items():
            wrote = {
                cell: "right" if draw.random() < 0.6 else draw.choice(list(codes)) for cell, codes in cells.items()
            }
            late = draw.choice([0, 0, 0, 0, 0, 0, 1, 2, 3, 7]) + draw.random() if draw.random() < 0.4 else 0
            submitted = DUE + timedelta(days=late) - timedelta(hours=draw.randint(1, 40) if not late else 0)
            submitted = submitted.replace(second=0, microsecond=0)  # platforms write whole minutes
            answer = draw.choice(list(ANSWERS))
            person.work[slug] = Work(wrote, answer, submitted, again=draw.random() < 0.1)
    # So that a small class has these mistakes too, in time.
    for person, slug, cell, mistake in (
        (people[-4], "line", "answer", "centred_points"),
        (people[-3], "kinds", "shares", "counts_of_words"),
    ):
        work = person.work[slug]
        person.work[slug] = Work({**work.wrote, cell: mistake}, work.answer, DUE - timedelta(hours=2))
    for slug in CODE:
        work = people[-2].work[slug]
        people[-2].work[slug] = Work(work.wrote, work.answer, DUE - timedelta(hours=1), is_broken=True)
        del people[-1].work[slug]
    return people


def extensions_of(people: list[Person]) -> dict[str, tuple[str, str]]:
    """Three students with an extension or more late days, by login, as the file has them: `extension`, `late_days`."""
    one, two, three = (person.login for person in people[:3])
    return {one: ("2026-03-05", ""), two: ("2026-03-04 12:00", ""), three: ("", "4")}


def groups_of(people: list[Person]) -> dict[str, tuple[str, ...]]:
    """Two groups of the second assignment, of two and three. The first student of each hands in."""
    logins = [person.login for person in people[3:8]]
    return {"Group 1": tuple(logins[:2]), "Group 2": tuple(logins[2:])}
