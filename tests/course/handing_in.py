"""Writes what platforms and nbgrader have of the class: notebooks, tables of grades, extensions and groups."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from autograder.assignment import Assignment, notebook_to_bytes, source_notebook, with_solutions
from tests.course.people import CODE, DUE, QUESTIONS, Person, extensions_of, groups_of
from tests.submissions import exports


def notebook_bytes(assignment: Assignment, person: Person) -> bytes:
    """What a student hands in."""
    work = person.work[assignment.slug]
    if work.is_broken:
        return b"{this is no notebook"
    code = {cell: CODE[assignment.slug][cell][wrote][0] for cell, wrote in work.wrote.items()}
    made = with_solutions(source_notebook(assignment), code)
    for cell in made["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == QUESTIONS[assignment.slug][0]:
            cell["source"] = work.answer
    return notebook_to_bytes(made)


def hand_in(people: list[Person], line: Assignment, kinds: Assignment, inbox: Path) -> None:
    """Write what platforms export: Canvas and nbgrader for the first assignment, Brightspace for the second."""
    inbox.mkdir()
    followers = {member for members in groups_of(people).values() for member in members[1:]}
    with (
        zipfile.ZipFile(inbox / "canvas.zip", "w") as canvas,
        zipfile.ZipFile(inbox / "brightspace.zip", "w") as brightspace,
    ):
        for number, person in enumerate(people):
            if work := person.work.get("line"):
                raw = notebook_bytes(line, person)
                own = "line-1.ipynb" if work.again else "line.ipynb"
                canvas.writestr(exports.canvas(person.student, 500_000 + number, own, work.submitted > DUE), raw)
                place = inbox / "nbgrader" / "submitted" / person.login / "line"
                place.mkdir(parents=True)
                (place / "line.ipynb").write_bytes(raw)
                (place / "timestamp.txt").write_text(f"{work.submitted:%Y-%m-%d %H:%M:%S} UTC")
            work = person.work.get("kinds")
            if work and person.login not in followers:
                if work.again:
                    before = work.submitted - timedelta(days=1)
                    brightspace.writestr(
                        exports.brightspace(person.student, before, "kinds.ipynb"), b"an older attempt"
                    )
                name = exports.brightspace(person.student, work.submitted, "kinds.ipynb")
                brightspace.writestr(name, notebook_bytes(kinds, person))
    write_rosters(people, (line, kinds), inbox)


def write_rosters(people: list[Person], assignments: Sequence[Assignment], inbox: Path) -> None:
    """Write the tables of grades that the four platforms export, the kit's own roster, extensions and groups."""
    students = [person.student for person in people]
    for assignment in assignments:
        slug, title = assignment.slug, assignment.title
        most = assignment.max_score + QUESTIONS[slug][1]
        texts = {
            "canvas.csv": exports.canvas_gradebook(students, f"{title} (4711)", most=most).encode(),
            "moodle.csv": exports.moodle_worksheet(students, most=f"{most:.2f}").encode(),
            "brightspace.csv": exports.brightspace_gradebook(
                students, f"{title} Points Grade <Numeric MaxPoints:{most:g} Weight:10>"
            ).encode(),
            "blackboard.csv": exports.blackboard_gradebook(students, f"{title} [Total Pts: {most:g} Score] |337483"),
        }
        (inbox / slug).mkdir()
        for name, raw in texts.items():
            (inbox / slug / name).write_bytes(raw)
    rows = [f"{s.login},{s.email},{s.first},{s.last}" for s in students]
    (inbox / "roster.csv").write_text("\n".join(["student_id,email,first_name,last_name", *rows]) + "\n")
    rows = [f"{login},{until},{days}" for login, (until, days) in extensions_of(people).items()]
    (inbox / "extensions.csv").write_text("\n".join(["student_id,extension,late_days", *rows]) + "\n")
    rows = [f"{name},{member}" for name, members in groups_of(people).items() for member in members]
    (inbox / "groups.csv").write_text("\n".join(["group,student_id", *rows]) + "\n")
