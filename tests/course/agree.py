"""What everybody has to get, computed here alone, and the number in each place where the kit writes one."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree

from autograder.reports.formats.github import plain
from autograder.submissions import file_name
from tests.course.people import (
    ANSWERS,
    CODE,
    DUE,
    FREE_DAYS,
    LAST_DAY,
    MADE_FROM,
    QUESTIONS,
    SHARE_PER_DAY,
    Person,
    Work,
    extensions_of,
    groups_of,
)

Scores = dict[str, float]


def expected_scores(people: list[Person], slug: str) -> Scores:
    """The score of each student who handed in, by login: code and answer, less the days late."""
    given = extensions_of(people)
    leader = {m: members[0] for members in groups_of(people).values() for m in members} if slug == "kinds" else {}
    work_of = {person.login: person.work.get(slug) for person in people}
    scores = {}
    for person in people:
        work = work_of[leader.get(person.login, person.login)]
        if work:
            days = _days_late(work, *given.get(person.login, ("", "")))
            free = int(given.get(person.login, ("", ""))[1] or FREE_DAYS)
            share = 0.0 if days > LAST_DAY else max(0.0, 1 - SHARE_PER_DAY * max(0, days - free))
            scores[person.login] = points_before_late(work, slug) * share
    return scores


def students_who_wrote(people: list[Person], slug: str, what: str) -> int:
    """How many students have this in what they handed in, themselves or as a group.

    Those who were so late that nothing counts are left out, because their score stays 0.
    """
    leader = {m: members[0] for members in groups_of(people).values() for m in members} if slug == "kinds" else {}
    work_of = {person.login: person.work.get(slug) for person in people}
    scores = expected_scores(people, slug)
    works = [work_of[leader.get(login, login)] for login, score in scores.items() if score]
    return sum(work is not None and what in work.wrote.values() for work in works)


def points_before_late(work: Work, slug: str) -> float:
    """The points of the code and of the answer, before the late policy."""
    if work.is_broken:
        return 0.0
    code = sum(CODE[slug][cell][wrote][1] for cell, wrote in work.wrote.items())
    return code + _as_the_instructor_wrote(slug) + ANSWERS[work.answer] * QUESTIONS[slug][1]


def _as_the_instructor_wrote(slug: str) -> float:
    """The points of the parts that all students leave as they are in the instructor's notebook."""
    policy = Path(__file__).resolve().parents[1] / MADE_FROM[slug] / "assignment.toml"
    parts = tomllib.loads(policy.read_text(encoding="utf-8"))["parts"]
    return sum(part["max_score"] for part in parts if part["cell"] not in CODE[slug])


def _days_late(work: Work, extension: str, _: str) -> int:
    deadline = DUE
    if extension:
        day, _, hour = extension.partition(" ")
        moment = time.fromisoformat(hour) if hour else time(23, 59, 59)
        deadline = datetime.combine(datetime.fromisoformat(day), moment, UTC)
    return max(0, math.ceil((work.submitted - deadline) / timedelta(days=1)))


def numbers_in(folder: Path, people: list[Person], slug: str, title: str) -> dict[str, Scores]:
    """The score of each student by the place where it stands. A place that has no number of a student leaves it out."""
    by_page = {f"{p.login}": p for p in people}
    places: dict[str, Scores] = {
        "grades.csv": _table(folder / "grades.csv", "student_id", lambda name: name == "score", people),
        "grades.csv, raw less penalty": _raw_less_penalty(folder / "grades.csv"),
        "gradescope": {
            login: json.loads(path.read_bytes())["score"]
            for login in by_page
            if (path := folder / f"gradescope/{file_name(login)}.json").is_file()
        },
        "feedback pages": {
            login: float(found[1])
            for login in by_page
            if (path := folder / f"feedback/{file_name(login)}.html").is_file()
            and (found := re.search(r"<li><b>([0-9.]+)</b> of [0-9.]+ points", path.read_text(encoding="utf-8")))
        },
        "report.html": {
            login: float(found[1])
            for login in by_page
            if (
                found := re.search(
                    rf'>{re.escape(login)}</a></th><td class="n">([0-9.]+)<', _text(folder, "report.html")
                )
            )
        },
        "junit.xml": _junit(folder / "junit.xml"),
        "github-summary.md": {
            login: float(found[1])
            for login in by_page
            if (
                found := re.search(
                    rf"^\| {re.escape(plain(login))} \|.*\| ([0-9.]+) \|[^|]*\|$",
                    _text(folder, "github-summary.md"),
                    re.M,
                )
            )
        },
    }
    for name in ("canvas.csv", "moodle.csv", "brightspace.csv", "blackboard.csv", "blackboard.txt", "blackboard.xls"):
        if (folder / name).is_file():
            places[name] = _table(folder / name, "", lambda column: _is_grade(column, title), people)
    return places


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _is_grade(column: str, title: str) -> bool:
    return column == "Grade" or column.startswith(title)


def _rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def _table(path: Path, key: str, is_score: Callable[[str], bool], people: list[Person]) -> Scores:
    """The scores of a table. Without a key, a row is a student's if one of its cells names the student."""
    names = {name: p.login for p in people for name in (p.login, f"#{p.login}", p.student.email, p.student.full)}
    found = {}
    for row in _rows(path):
        login = row.get(key, "") or next((names[c] for c in row.values() if isinstance(c, str) and c in names), "")
        scores = [cell for column, cell in row.items() if is_score(column or "") and cell]
        if login and scores:
            found[login] = float(scores[0].replace(",", "."))
    return found


def _raw_less_penalty(path: Path) -> Scores:
    rows = _rows(path)
    return {
        r["student_id"]: float(r["raw_score"]) - float(r["late_submission_penalty"]) for r in rows if r["raw_score"]
    }


def _junit(path: Path) -> Scores:
    found = {}
    for suite in ElementTree.parse(path).iter("testsuite"):
        for entry in suite.iter("property"):
            if entry.get("name") == "score":
                found[str(suite.get("name"))] = float(str(entry.get("value")))
    return found


def disagreements(expected: Scores, places: Mapping[str, Scores], may_lack: Mapping[str, set[str]]) -> list[str]:
    """A sentence for each student and place whose number is not the expected one, or is missing.

    `may_lack` has students without a number, by place: a page about a broken file has no points to show.
    """
    wrong = []
    for place, scores in places.items():
        for login, score in expected.items():
            if login not in scores:
                if login not in may_lack.get(place, set()):
                    wrong.append(f"{place} has no number of {login}, but {score:g} is right")
            elif abs(scores[login] - score) > 0.005001:  # platforms round to hundredths
                wrong.append(f"{place} has {scores[login]:g} for {login}, but {score:g} is right")
        wrong += [
            f"{place} has a number of {login}, who handed in nothing" for login in scores if login not in expected
        ]
    return wrong
