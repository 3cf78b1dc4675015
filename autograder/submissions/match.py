"""Finds the students of a roster in what a platform exported.

Nobody is guessed: a student who is in doubt keeps the export's name. A number that the platform gave decides alone.
Otherwise a login or an address does, and only then the full name. A name that two students have is that of neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from autograder.submissions.identity import without_capitals
from autograder.submissions.people import Person, name_key, plain_letters
from autograder.submissions.roster import Roster
from autograder.submissions.submission import HandedIn, Submission

_Keys = Callable[[HandedIn], Iterable[str]]


class Matched(NamedTuple):
    """The submissions with the roster's names, and the names of the others.

    `strangers` are not on the roster. `doubtful` could be several of its students, or several could be one of them.
    `renamed` have the number of a student, but another name, as groups in Canvas have.
    """

    submissions: list[Submission]
    strangers: list[str]
    doubtful: list[str]
    renamed: list[str]


def match_roster(submissions: Sequence[Submission], roster: Roster, groups: Collection[str] = ()) -> Matched:
    """Give what platforms exported the names of the roster's students. Other submissions stay as they are.

    So do those of groups, whose names are given.
    """
    group_keys = {name_key(group) for group in groups}
    exported = [
        s
        for s in submissions
        if s.handed_in and not s.handed_in.people and name_key(s.handed_in.name) not in group_keys
    ]
    found, doubtful = match_people([s.handed_in for s in exported if s.handed_in], roster)
    student = {id(s): roster.people[found[i]].student for i, s in enumerate(exported) if i in found}
    named = [replace(s, student=student[id(s)]) if id(s) in student else s for s in submissions]
    unsure = [exported[i].student for i in sorted(doubtful)]
    strangers = [s.student for i, s in enumerate(exported) if i not in found and i not in doubtful]
    renamed = [
        f"{s.handed_in.name} ({student[id(s)]})"
        for i, s in enumerate(exported)
        if s.handed_in and i in found and s.handed_in.platform == "canvas"
        if (names := roster.people[found[i]].names)
        and plain_letters(name_key(s.handed_in.name)) not in map(plain_letters, names)
        if not s.handed_in.name.startswith("anon_")
    ]
    return Matched(sorted(named, key=lambda s: s.student), strangers, unsure, renamed)


def match_people(handed_in: Sequence[HandedIn], roster: Roster) -> tuple[dict[int, int], set[int]]:
    """The place in `roster.people` of each that has one, and those in doubt, both by their places in `handed_in`."""
    people = roster.people
    numbering = roster.platform or "canvas"  # the kit's own roster may have Canvas' column ID
    has_ids = any(person.id for person in people)
    found: dict[int, int] = {}
    doubtful: set[int] = set()
    rounds: list[tuple[_Keys, Callable[[Person], Iterable[str]]]] = [
        (_id_keys, lambda person: [f"{numbering} {person.id}"] if person.id else []),
        (lambda one: map(without_capitals, one.logins), lambda person: person.logins),
        (lambda one: [without_capitals(one.email)], lambda person: [person.email]),
        (
            lambda one: [] if has_ids and one.platform == numbering else [name_key(one.name)],
            lambda person: person.names,
        ),
    ]
    for keys_of, keys_of_person in rounds:
        left = [i for i in range(len(handed_in)) if i not in found and i not in doubtful]
        taken = set(found.values())
        by_key = _places((key, j) for j, person in enumerate(people) for key in keys_of_person(person))
        hits = {i: {j for key in keys_of(handed_in[i]) if key for j in by_key.get(key, ())} for i in left}
        wanted = _places((str(j), i) for i, hit in hits.items() for j in hit)
        for i, hit in hits.items():
            sure = [j for j in hit - taken if len(wanted[str(j)]) == 1 and _may_be(handed_in[i], people[j])]
            if len(hit) == len(sure) == 1:
                found[i] = sure[0]
            elif hit:
                doubtful.add(i)
    return found, doubtful


def _id_keys(one: HandedIn) -> list[str]:
    """The platform's own number, if its table of grades has it too."""
    return [f"{one.platform} {one.id}"] if one.platform in ("canvas", "moodle") else []


def _may_be(one: HandedIn, person: Person) -> bool:
    """Whether the names do not contradict the number. Moodle counts students anew in each assignment."""
    return one.platform != "moodle" or not person.names or name_key(one.name) in person.names


def _places(pairs: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for key, place in pairs:
        if key:
            found[key].add(place)
    return found
