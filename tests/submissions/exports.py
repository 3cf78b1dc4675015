"""Writes what platforms export, for invented students whose names come from a list of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import yaml


@dataclass(frozen=True)
class Student:
    first: str
    last: str
    login: str
    number: int  # what the platform calls the student

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        return f"{self.login}@example.org"


STUDENTS = (
    Student("Alder", "Birch", "abirch", 12345),
    Student("Zoë", "O'Tamarind", "zotam", 23456),
    Student("José_Luis", "Olmo Ruiz", "jolmo", 34567),
    Student("柏", "王", "wbo", 45678),
    Student("Мария", "Ольха", "molkha", 56789),
    Student("अशोक", "नीम", "aneem", 67890),
    Student("Ash-Elm", "Oak", "a_oak", 78901),
)


def clean(name: str) -> str:
    """A name as Moodle's clean_filename leaves it."""
    return re.sub(r'[\x00-\x1f&<>"`|\':\\/]', "", name)


def canvas(student: Student, file: int, own: str, late: bool = False) -> str:
    whole = re.sub(r"_([0-9]+)_", r"\1", f"{student.last}, {student.first}").lower()
    words = "_".join([whole, *["LATE"] * late, str(student.number)])
    kept = "".join(c for c in words if unicodedata.category(c)[0] in "LMN" or unicodedata.category(c) == "Pc")
    return f"{kept}_{file}_{own}"


def canvas_anonymous(code: str, file: int, own: str, late: bool = False) -> str:
    return f"{'LATE_' * late}anon_{code}_{file}_{own}"


def moodle(student: Student, own: str, *, flat: bool = False, end: str = "_", plugin: str = "file") -> str:
    who = clean(student.full.replace("_", " ") + f"_{student.number}")
    return f"{who}_assignsubmission_{plugin}" + (f"_{own}" if flat else f"{end}/{own}")


def blackboard(login: str, when: datetime, own: str, assignment: str = "EM_for Gaussian mixtures") -> dict[str, str]:
    """The name of the file, and that of the text beside it with its text."""
    head = f"{assignment}_{login}_attempt_{when:%Y-%m-%d-%H-%M-%S}"
    text = f"Name: Alder Birch ({login})\nAssignment: {assignment}\nDate Submitted: {when:%c}\n"
    return {f"{head}_{own}": "", f"{head}.txt": text}


def brightspace(
    student: Student, when: datetime, own: str, *, item: int = 34, gap: str = " ", flat: bool = False
) -> str:
    hour = f"{when.hour % 12 or 12}{when:%M %p}"
    top = f"{student.number}-34 - {student.full}{gap}- {when:%b} {when.day}, {when.year} {hour}"
    return f"{top} - {own}" if flat else f"{top}/{own}"


def gradescope_metadata(folders: Mapping[str, Sequence[Student]], when: datetime, history: int = 0) -> str:
    told = {
        folder: {
            ":submitters": [{":name": s.full, ":sid": str(s.number), ":email": s.email} for s in students],
            ":created_at": when,
            ":score": 0.0,
            ":history": [{":id": i} for i in range(history)],
        }
        for folder, students in folders.items()
    }
    return yaml.safe_dump(told, allow_unicode=True)


def ilias(student: Student, own: str, *, above: str = "", late: bool = False) -> str:
    plain = unicodedata.normalize("NFKD", f"{student.last}_{student.first}").encode("ascii", "ignore").decode()
    words = re.sub(r"\s+", "_", plain).replace("'", "")
    return f"{above}{words}_{student.login}_{student.number}/{'Late Submission - ' * late}{own}"


def canvas_gradebook(
    students: Sequence[Student], column: str, scores: Mapping[str, str] | None = None, most: float = 100
) -> str:
    lines = [f"Student,ID,SIS User ID,SIS Login ID,Section,{column}", f"    Points Possible,,,,,{most:g}"]
    for s in students:
        lines.append(f'"{s.last}, {s.first}",{s.number},u{s.number},{s.login},S1,{(scores or {}).get(s.login, "")}')
    return "\n".join([*lines, '"Student, Test",9,,testlogin,S1,']) + "\n"


WORKSHEETS = {
    "en": ("Participant ", "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
           "Last modified (submission),Last modified (grade),Feedback comments", "Yes", "."),
    "de": ("Teilnehmer/in", "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,"
           "Bewertung kann geändert werden,Zuletzt geändert (Abgabe),Bewertet,Kommentar", "Ja", ","),
    "xx": ("Osallistuja ", "Tunniste,Nimi kokonaan,Posti,Tila,Arvosana,Enimmäisarvosana,Arvosanaa voi muuttaa,"
           "Muokattu 1,Muokattu 2,Palaute", "Kyllä", ","),
}  # fmt: skip


def moodle_worksheet(
    students: Sequence[Student],
    language: str = "en",
    most: str = "100.00",
    grades: Mapping[str, str] | None = None,
    changeable: Mapping[str, str] | None = None,
    times: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
) -> str:
    """Moodle's grading worksheet. `times` are those of the submissions, by login as all others."""
    words, columns, yes, point = WORKSHEETS[language]
    head = columns.split(",")
    if groups is not None:
        head.insert(4, "Group")
    lines = [",".join(f'"{column}"' for column in head)]
    for s in students:
        cells = [f"{words}{s.number}", s.full, s.email, "Submitted for grading"]
        cells += [groups.get(s.login, "Default group")] if groups is not None else []
        grade = (grades or {}).get(s.login, "")
        cells += [grade.replace(".", point), most.replace(".", point), (changeable or {}).get(s.login, yes)]
        cells += [(times or {}).get(s.login, "-"), "-", ""]
        lines.append(",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells))
    return "\n".join(lines) + "\n"


def blackboard_gradebook(
    students: Sequence[Student], column: str = "EM for Gaussian mixtures [Total Pts: 100 Score] |337483",
    grades: Mapping[str, str] | None = None, other: str = "Homework 0 [Total Pts: 5 Score] |337480",
) -> bytes:  # fmt: skip
    """The tab-separated file in UTF-16 that Blackboard calls a spreadsheet."""
    lines = [["Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability", other, column]]
    for s in students:
        lines.append([s.last, s.first, s.login, f"M{s.number}", "", "Yes", "5.0", (grades or {}).get(s.login, "")])
    return "".join("\t".join(f'"{cell}"' for cell in line) + "\n" for line in lines).encode("utf-16")


def brightspace_gradebook(
    students: Sequence[Student],
    column: str = "EM for Gaussian mixtures Points Grade <Numeric MaxPoints:100 Weight:10>",
    grades: Mapping[str, str] | None = None,
) -> str:
    lines = [f"OrgDefinedId,Username,Last Name,First Name,Email,{column},End-of-Line Indicator"]
    for s in students:
        grade = (grades or {}).get(s.login, "")
        lines.append(f'#0{s.number},#{s.login},"{s.last}","{s.first}",{s.email},{grade},#')
    return "\n".join(lines) + "\n"
