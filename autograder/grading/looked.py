"""Keeps the calls that naming compared with known mistakes.

So another mistake can be compared with them later, without the notebook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autograder.grading.answers import Asked
from autograder.grading.calls import Call

MOST_FREE = 2  # free numbers of a mistake
_ENOUGH_CALLS = 5  # nearly all mistakes differ in one of them; a mistake that does not counts as one that fits


@dataclass(frozen=True)
class Query:
    """Answers that naming compared with those of the mistakes of a part, except of those with more free numbers.

    With `beside`, a mistake fits too if all its wrong numbers are among the student's. `calls` are those of a function
    that calls other functions. There, naming tries the examples of mistakes with free numbers.
    """

    most_free: int
    asked: tuple[Asked, ...] = ()
    beside: bool = False
    calls: tuple[Call, ...] = ()


@dataclass
class Looked:
    """What naming looked at in one part. `fitting` are the names of the mistakes that fitted one of its queries.

    The names that the part got depend on the mistakes in `fitting`, and on no other ones. A mistake that is new changes
    nothing if it fits none of the queries.
    """

    part: str
    queries: list[Query] = field(default_factory=list)
    fitting: set[str] = field(default_factory=set)

    def add_query(self, asked: Sequence[Asked], most_free: int, beside: bool = False) -> None:
        """Note that mistakes with at most this number of free numbers were tried.

        A mistake without free numbers explains all answers or does not fit. So a few of them are enough to rule it out.
        """
        few = asked[:_ENOUGH_CALLS] if most_free == 0 and not beside else asked
        self.queries.append(Query(most_free, tuple(replace(one, question=_short(one.question)) for one in few), beside))

    def add_calls(self, calls: Sequence[Call]) -> None:
        """Note that mistakes were tried with these calls of a function that calls other functions."""
        few = tuple(replace(call, question=_short(call.question)) for call in calls[:_ENOUGH_CALLS])
        self.queries.append(Query(MOST_FREE, calls=few))


def _short(question: bytes) -> bytes:
    """A hash in place of a question, which contains all arguments."""
    return hashlib.sha256(question).digest()
