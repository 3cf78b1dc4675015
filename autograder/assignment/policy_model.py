"""What assignment.toml may contain: its tables and keys, each with what it means. `read_policy` reads the file.

To mend the copy for editors after a change:
python -c "from autograder.assignment import write_policy_schema; write_policy_schema()"
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

SCHEMA_FILE = Path(__file__).with_name("assignment.schema.json")


def _must_be(wanted: str, test: Callable[[Any], bool] = lambda _: True) -> WrapValidator:
    """A validator that says in these words what a value must be."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            held = handler(value)
        except ValidationError:
            held = None
        if held is None or not test(held):
            raise PydanticCustomError("unfit", "{wanted}", {"wanted": wanted})
        return held

    return WrapValidator(validate)


def _above_zero(number: float) -> bool:
    return 0 < number < math.inf


def _is_zone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_ABOVE_ZERO = {"type": "number", "exclusiveMinimum": 0}
Text = Annotated[str, _must_be("a text in quotes")]
Reason = Annotated[str, Field(min_length=1), _must_be("a text that gives the reason", lambda text: bool(text.strip()))]
Texts = Annotated[tuple[str, ...], Field(strict=False), _must_be("a list of texts in quotes")]
YesNo = Annotated[bool, _must_be("true or false")]
Number = Annotated[int | float, _must_be("a number above zero", _above_zero), WithJsonSchema(_ABOVE_ZERO)]
Share = Annotated[
    int | float,
    _must_be("a number from 0 to 1", lambda share: 0 <= share <= 1),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Whole = Annotated[int, Field(ge=0), _must_be("a whole number, zero or more")]
WholeAboveZero = Annotated[int, Field(gt=0), _must_be("a whole number above zero")]
Due = Annotated[AwareDatetime, _must_be("a date and a time with an offset, such as 2027-03-01T23:59:00+01:00")]
Zone = Annotated[str, _must_be('the name of a time zone, such as "Europe/Berlin"', _is_zone)]
Labels = Annotated[
    Annotated[tuple[int, ...], Field(strict=False)] | Literal["values"],
    _must_be('a list of numbers of axes, or "values"'),
]
Sign = Annotated[int | Literal["all"], _must_be('the number of an axis, or "all"')]
Lines = Annotated[dict[str, str], _must_be("a table of texts in quotes")]


class _Table(BaseModel):
    """A table of assignment.toml. It has no other keys than these."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


class Part(_Table):
    """What carries points and has a line in the status table. One of the student's functions answers it."""

    id: Text
    """The name of the part, which checks and misconceptions use."""
    title: Text
    """What a student reads in place of the name."""
    function: Text
    """The student's function that answers the part."""
    cell: Text
    """The nbgrader id of the cell in which the student writes the function."""
    max_score: Number
    """The points of the part. The points of its checks add up to them."""
    wire_id: Text = ""
    """The name of the part on an outside platform, if that is not its id."""
    builds_on: Texts = ()
    """Functions that this part's function calls, so that their mistakes affect it."""
    no_misconceptions: Reason | None = None
    """Why the part has no misconceptions. The tolerances of its checks and values are then set by hand."""


class Value(_Table):
    """One value that a submit method of the students' grader takes."""

    name: Text
    """The name of the value in messages and in the key."""
    part: Text
    """The id of the part that the value answers."""
    axes: Texts = ()
    """The names of the value's axes, as messages write them. A number has none."""
    random: YesNo = False
    """Whether right code returns a different number each time."""
    labels: Labels | None = None
    """The axes that count labels, such as states, or "values" if its entries are labels. Their order is free, but it is
    the same for all values of the method."""
    sign: Sign | None = None
    """An axis, along which each entry may have the other sign, or "all": the value may."""
    verdict: YesNo | None = None
    """Whether the local grader judges the value, or only keeps it. It only keeps that of a variable by default."""


class ByHand(_Table):
    """A tolerance of a check, or of a value of the key as `key.<value>`, that `build` does not measure."""

    value: Number
    """The tolerance: the largest deviation of an answer that is right, in units of its scale."""
    why: Reason
    """Why the measured tolerance does not do."""
    blind_to: Texts = ()
    """The misconceptions that the tolerance lets pass."""


class SecondsByHand(_Table):
    """What a call may take in a check, in place of what `build` measures."""

    value: Number
    """Seconds of processor time. At least twice what the slowest right solution takes."""
    why: Reason
    """Why the measured limit does not do."""


class RubricLine(_Table):
    """What an instructor decides about one misconception."""

    keeps: Share
    """The share of the points that an answer with this mistake keeps, from 0 to 1."""
    why: Reason
    """The reason, for the course's own records."""
    up_to: Number | None = None
    """If the mistake is a family, the largest number in a student's code for which the share is kept."""


class LimitsTable(_Table):
    """What one submission may use of the machine. A key that is left out has its default."""

    seconds_per_call: Number = 90.0
    """The most seconds that a call of a student's function may take. `build` measures how many a check needs."""
    seconds_per_statement: Number = 10.0
    """Seconds of a statement in a cell. A statement that takes longer is left out."""
    seconds_per_notebook: Number = 120.0
    """Seconds of all cells together."""
    seconds_per_submission: Number = 600.0
    """Seconds on the clock for all of a submission."""
    cpu_seconds: WholeAboveZero = 600
    """Processor seconds of one process."""
    memory_mb: WholeAboveZero = 3000
    """Megabytes of memory for each process."""
    processes: WholeAboveZero = 32
    """Processes and threads together."""
    file_mb: WholeAboveZero = 64
    """Megabytes of all files together, or of each file if isolation is not strict."""
    result_mb: WholeAboveZero = 64
    """Megabytes of one answer."""
    output_characters: Whole = 4000
    """Characters that are kept from the beginning of the output, and as many from its end."""
    replays: Whole = 3
    """How often the cells run again in a fresh process after a call hung or ended the process."""
    hidden_packages: Texts = ()
    """Packages that are installed for the kit's use. Student code can't find them."""


class Submission(_Table):
    """How students hand in."""

    key: Text | None = None
    """The name of the assignment on the service. The default is its slug."""
    endpoint: Text | None = None
    """The address of the service. Without it, `grader.submit` writes a file."""
    due: Due | None = None
    """The deadline, with its offset from UTC."""
    zone: Zone | None = None
    """The time zone in which dates without an offset are read and times are shown. The default is the offset of `due`.
    With a zone that has daylight saving, a day late is a day of the calendar there."""
    counts: Annotated[Literal["best", "last"], _must_be('"best" or "last"')] = "best"
    """Which of a student's submissions to the service counts."""


class Late(_Table):
    """What handing in after the deadline costs. Without this table it costs nothing. docs/late-days.md has examples."""

    share_per_day: Share | None = None
    """The share of the points that each day late takes off. The default is 0, or 1 if `free_days` is there."""
    free_days: Whole = 0
    """The days that cost nothing. A student may have another number in the column `late_days`."""
    last_day: WholeAboveZero | None = None
    """The last day late that counts, from the student's own deadline. After it, the grade is 0."""
    last: Due | None = None
    """The last moment that counts, with its offset from UTC. It does not count before a student's own deadline."""


class Policy(_Table):
    """The policy of an assignment: what the kit needs to know, and what an instructor may want to change."""

    title: Text
    """The name of the assignment, as students read it."""
    notebook: Text | None = None
    """The file name of the notebook. The default is `<slug>.ipynb`."""
    files: Texts = ()
    """Files beside the notebook: those of source/<slug>/, and `samples.npz`, which `build` makes."""
    runs: Texts = ()
    """The ids of the notebook's own cells that a submission's code needs. Grading runs none of its other cells."""
    packages: Texts = ()
    """Packages that student code may import beside NumPy and SciPy, by the names that `pip install` takes."""
    parts: Annotated[tuple[Part, ...], Field(strict=False, min_length=1)]
    """The parts, in the order of the status table."""
    submits: dict[str, Annotated[tuple[Value, ...], Field(strict=False)]] = {}
    """The methods of the local grader, and the values that each takes."""
    limits: LimitsTable = LimitsTable()
    """What one submission may use."""
    tolerances: dict[str, ByHand] = {}
    """Tolerances that are set by hand, by check, or by value of the key as `key.<value>`."""
    rubric: dict[str, RubricLine] = {}
    """What known mistakes keep of their points, by misconception."""
    seconds: dict[str, SecondsByHand] = {}
    """What a call may take, by check."""
    equivalent: Lines = {}
    """Mutants of the reference that are right all the same, and why. `prove --mutants` prints them."""
    kept: Lines = {}
    """Checks that no known mistake needs, and why they stay."""
    submission: Submission = Submission()
    """How students hand in."""
    late: Late | None = None
    """What handing in after the deadline costs."""


def policy_schema() -> bytes:
    """The model as a JSON Schema, for editors that complete and check TOML."""
    return (json.dumps(Policy.model_json_schema(), indent=1) + "\n").encode()


def write_policy_schema() -> None:
    """Write the JSON Schema beside this file."""
    SCHEMA_FILE.write_bytes(policy_schema())
