"""The lines of `marks.jsonl`, one JSON object each. docs/marking-by-hand.md describes the fields for readers.

Each line sets one thing: what a marking item says, whether a student has it, a comment, whether a question is marked,
or whether a question starts with all its points or at 0. If several lines set the same thing, the latest time counts,
wherever the line stands. So the files of two markers can be joined in any order.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter

SCHEMA: Literal["autograder/mark/v1"] = "autograder/mark/v1"
MOST_TEXT = 2000  # letters of an item's text and of a comment
_Text = Annotated[str, Field(max_length=MOST_TEXT)]


class _Line(BaseModel):
    """What every line says: when and by whom it was written.

    - `time` is in UTC with microseconds, such as "2026-11-29T16:30:00.123456Z". Times compare as text.
    - `action` is the same for all lines of one action, such as marking a group. Undo takes back one action.
    - `undoes` is the action that this line takes back, or empty.
    """

    model_config = ConfigDict(frozen=True)
    schema_name: Literal["autograder/mark/v1"] = Field(SCHEMA, alias="schema")
    assignment: str
    question: str
    time: str
    marker: str
    action: str
    undoes: str = ""


class ItemLine(_Line):
    """Defines or edits a marking item. `points` are added to the score, so a deduction is negative."""

    kind: Literal["item"] = "item"
    item: str
    points: FiniteFloat
    text: _Text
    deleted: bool = False


class RuleLine(_Line):
    """Says whether a question starts with all its points or at 0."""

    kind: Literal["rule"] = "rule"
    counts_from: Literal["full", "zero"]


class _MarkLine(_Line):
    """Says something about one student's answer.

    - The digests say which notebook and which answer the marker saw.
    - `answered` is false if the marker saw no answer: the cell was as it was released, or empty, or not there.
    """

    student: str
    notebook_sha256: str = ""
    answer_sha256: str = ""
    answered: bool = True


class GiveLine(_MarkLine):
    """Gives a marking item to a student, or takes it away."""

    kind: Literal["give"] = "give"
    item: str
    given: bool


class CommentLine(_MarkLine):
    """Sets the comment for one student. An empty text removes it."""

    kind: Literal["comment"] = "comment"
    text: _Text


class DoneLine(_MarkLine):
    """Says whether a question is marked. A marked question needs no marking item."""

    kind: Literal["done"] = "done"
    done: bool


Line = ItemLine | RuleLine | GiveLine | CommentLine | DoneLine
READER: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def subject(line: Line) -> tuple[str, ...]:
    """Return what a line sets. Of the lines with the same subject, only the latest counts."""
    if isinstance(line, ItemLine):
        return ("item", line.question, line.item)
    if isinstance(line, RuleLine):
        return ("rule", line.question)
    if isinstance(line, GiveLine):
        return ("give", line.question, line.student, line.item)
    return (line.kind, line.question, line.student)


def as_text(line: Line) -> str:
    """Return the line as it stands in the file, without its end."""
    return line.model_dump_json(by_alias=True)


def is_later(one: Line, other: Line) -> bool:
    """Whether `one` counts and not `other`. The text decides between equal times, so that the order never does."""
    return (one.time, as_text(one)) > (other.time, as_text(other))
