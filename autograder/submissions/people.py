"""Reads who is who from a roster: the kit's own, or the table that a platform exports, whatever its language.

Platforms name their columns in the language of the site. Columns that have a fixed name, or a form that no other column
has, decide. Only the columns of names, logins and addresses are looked up in a list of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.submissions.identity import same_name, without_capitals

_WORDS = {
    "first_name": "firstname givenname vorname prénom prenom nombre nome voornaam fornavn förnamn etunimi imię имя 名",
    "last_name": "lastname surname familyname nachname familienname nom nomdefamille apellido apellidos cognome "
    "sobrenome apelido achternaam etternavn efternavn efternamn sukunimi nazwisko фамилия 姓",
    "login": "username loginid sisloginid benutzername anmeldename nomdutilisateur nombredeusuario "
    "nomeutente nomedeusuário nomedousuário gebruikersnaam brukernavn brugernavn användarnamn käyttäjätunnus",
    "email": "email emailaddress emailadresse adressedecourriel courriel adresseemail direccióndecorreo "
    "correoelectrónico indirizzoemail endereçodeemail emailadres epost epostadresse epostadress",
    "number": "studentid userid sisuserid orgdefinedid idnumber matrikelnummer idnummer numérodidentification "
    "numérodétudiant númerodeid numerodiidentificazione númerodeidentificação studentnummer matricola",
    "full_name": "fullname vollständigername nomcomplet nombrecompleto nomecompleto volledigenaam fulltnavn fuldenavn "
    "fullständigtnamn pełnanazwa полноеимя",
    "group": "group gruppe groupe grupo gruppo groep grupp grupa группа",
}
_ROLE = {word: role for role, words in _WORDS.items() for word in words.split()}
_NUMBERED = re.compile(r"(.*\D)([0-9]+)", re.DOTALL)  # Participant 777
_BLACKBOARD = re.compile(r".+\|[0-9]+")  # EM [Total Pts: 100 Score] |337483
# Letters with a stroke and the like, which Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Person:
    """A student of a roster.

    - `student`: the name in the ledger: the student's own `student_id`, else the login, the number or the address.
    - `row`: the place of the student's row.
    - `id`: the platform's own number, which stands in the names of its export.
    - `logins`: the login, the student number and the like.
    - `names`: the full name in forms that can be compared; see `name_key`.
    """

    student: str
    row: int
    id: str
    logins: frozenset[str]
    email: str
    names: frozenset[str]
    group: str
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""


def role_of(column: str) -> str:
    """What a column holds, such as "login". Empty if its name is not known."""
    return _ROLE.get("".join(letter for letter in without_capitals(column) if letter.isalnum()), "")


def platform_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The platform that exported a table. Empty for the kit's own roster, and for any other table."""
    if "Student" in columns and {"ID", "SIS User ID", "SIS Login ID"} & set(columns):
        return "canvas"
    if "OrgDefinedId" in columns or any(" Points Grade" in column for column in columns):
        return "brightspace"
    if any(_BLACKBOARD.fullmatch(column) for column in columns):
        return "blackboard"
    return "moodle" if columns and not role_of(columns[0]) and worksheet_columns(columns, rows) else ""


def worksheet_columns(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """The places of the grade and of the maximum grade in Moodle's grading worksheet. None if it is no worksheet.

    The first column of a worksheet is `Participant 777`. The maximum grade is the same amount in each row, and the
    grade is before it: an amount or nothing.
    """
    numbered = [_NUMBERED.fullmatch(same_name(row[0])) for row in rows if row]
    before = {found[1] for found in numbered if found}
    if len(columns) < 4 or not numbered or None in numbered or len(before) != 1:
        return None
    if len({found[2] for found in numbered if found}) != len(numbered):
        return None
    found = []
    for place in range(2, len(columns)):
        most = {row[place].strip() if place < len(row) else "" for row in rows}
        grades = {row[place - 1].strip() if place <= len(row) else "" for row in rows}
        are_grades = all(grade in ("", "-") or _AMOUNT.fullmatch(grade) for grade in grades)
        if are_grades and len(most) == 1 and _AMOUNT.fullmatch(most.pop()):
            found.append((place - 1, place))
    return found[0] if len(found) == 1 else None


def name_key(*parts: str) -> str:
    """A full name in the form in which platforms can be compared: they leave out different signs and capitals."""
    text = without_capitals(" ".join(parts))
    return "".join(letter for letter in text if unicodedata.category(letter)[0] in "LMN")


def plain_letters(name: str) -> str:
    """A name without the marks on its letters, as platforms write names into file names."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", name.translate(_PLAIN)) if not unicodedata.combining(letter)
    )


def people_of(platform: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> tuple[Person, ...]:
    """The students of a roster. Rows that name nobody, or Canvas' test student, are left out."""
    roles: dict[str, list[str]] = {}
    for column in columns:
        roles.setdefault("student_id" if column == "student_id" else role_of(column), []).append(column)
    if platform == "blackboard" and "login" not in roles and len(columns) > 3:  # in a language that is not known
        roles |= {role: [columns[i]] for i, role in enumerate(("last_name", "first_name", "login", "number"))}
    if platform == "moodle" and "full_name" not in roles and not role_of(columns[1]):
        # In an anonymous worksheet the second column is the status, which many students share.
        are_names = 2 * len({row[columns[1]] for row in rows}) > len(rows)
        roles |= {"full_name": [columns[1]]} if are_names else {}
    found = []
    for number, row in enumerate(rows):
        if platform == "canvas" and row.get("Student", "") in ("Points Possible", "Student, Test"):
            continue
        person = _person(platform, roles, columns, row, number)
        if person.student:
            found.append(person)
    return tuple(found)


def _person(
    platform: str, roles: Mapping[str, Sequence[str]], columns: Sequence[str], row: Mapping[str, str], number: int
) -> Person:
    def first(*wanted: str) -> str:
        texts = (row.get(column, "") for role in wanted for column in roles.get(role, ()))
        return next((text for text in map(_without_sign, texts) if text), "")

    whole = row.get("Student", "") if platform == "canvas" else first("full_name")
    own_id = fallback = row.get("ID", "")
    before = ""
    if platform == "moodle":
        before, own_id = numbered_parts(row[columns[0]])
        fallback = f"{whole or before}_{own_id}"  # as the export is named if there is no roster
    given, family = first("first_name"), first("last_name")
    last, comma, rest = whole.partition(",")
    if platform == "canvas" and comma and not family:  # Canvas writes `Lovelace, Ada`
        given, family = same_name(rest), same_name(last)
    names = {name_key(given, family), name_key(family, given), name_key(whole)}
    if platform == "moodle":
        names.add(name_key(before))  # what an anonymous export writes in place of the name
    names |= {name_key(rest, last)} if comma else set()
    logins = {first(role) for role in ("student_id", "login", "number")} - {""}
    return Person(
        first("student_id", "login", "number", "email") or fallback,
        number,
        own_id,
        frozenset(map(without_capitals, logins)),
        without_capitals(first("email")),
        frozenset(names - {""}),
        first("group"),
        given,
        family,
        whole,
    )


def numbered_parts(text: str) -> tuple[str, str]:
    """The words and the number of `Participant 777`. The number is empty if there is none."""
    found = _NUMBERED.fullmatch(same_name(text))
    return (found[1].strip(), found[2]) if found else (text, "")


def _without_sign(text: str) -> str:
    """The text of a cell. Brightspace writes `#` before logins and numbers, and Moodle `-` for nothing."""
    plain = same_name(text.removeprefix("#"))
    return "" if plain == "-" else plain
