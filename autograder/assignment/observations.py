"""The vocabulary for observations: facts about a student's code that are true wherever they are said.

An observation needs no knowledge of the right answer. It is shown only where a part lost points.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.assignment.student_code import StudentCode

if TYPE_CHECKING:
    from ast_grep_py import SgNode

Pattern = str | Mapping[str, Any]  # a pattern of ast-grep, or a whole rule
_LONGEST = 70  # letters of quoted code


class Found:
    """A place in a student's code that matches a pattern. `found["A"]` is the code that `$A` stands for.

    - `node`: the place in the syntax tree.
    - `function`: the name of the function or helper that contains it. `definition` is the tree of this function.
    """

    def __init__(self, node: SgNode, code: StudentCode, function: str) -> None:
        self.node = node
        self.code = code
        self.function = function

    def __getitem__(self, name: str) -> str:
        node = self.node.get_match(name)
        return "" if node is None else node.text()

    @property
    def text(self) -> str:
        """The code at this place."""
        return self.node.text()

    @property
    def definition(self) -> SgNode:
        """The syntax tree of the function or helper."""
        return self.code.definitions[self.function]

    @property
    def plain_text(self) -> str:
        """The text of `definition` without comments and strings, so that no word of a docstring counts as code."""
        return without_words(self.definition)

    @property
    def bindings(self) -> Callable[[str], list[SgNode | None]]:
        """The values that a variable is bound to in the function or helper. None is a value that is not known."""
        return lambda name: self.code.bindings(self.function, name)

    def constant(self, name: str) -> float | None:
        """The number that `$name` always is, or None."""
        return self.code.constant(self.node.get_match(name), self.function)

    def is_tiny(self, name: str) -> bool:
        """Whether `$name` is always the same small positive number."""
        value = self.constant(name)
        return value is not None and 0 < value <= 1e-2

    def is_noticeable(self, name: str) -> bool:
        """Whether `$name` is a small constant that is not as good as zero, as 1e-300 is for usual numbers."""
        return self.is_tiny(name) and (self.constant(name) or 0) > 1e-100

    def ancestors(self) -> list[SgNode]:
        """The nodes around this place, from the inside out, up to the function that it stands in."""
        around = []
        for node in self.node.ancestors():
            if node.kind() in ("function_definition", "lambda", "class_definition"):
                break
            around.append(node)
        return around

    def is_inside(self, *kinds: str) -> bool:
        """Whether a node of one of these kinds is around this place, within its function."""
        return any(node.kind() in kinds for node in self.ancestors())

    def words(self) -> dict[str, str]:
        """The words that `says` may contain."""
        words = {"code": _short(self.text), "head": _short(self.text.split(":")[0]), "function": self.function}
        for name in "ABCGILMNPSXY":
            if node := self.node.get_match(name):
                value = self.code.constant(node, self.function) if node.kind() == "identifier" else None
                words[name] = _short(node.text()) + ("" if value is None else f" = {value:g}")
        return words


@dataclass(frozen=True)
class Observation:
    """A fact about code, as `@observation` records it. No parts means every part."""

    parts: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    says: str
    seen_in: str
    not_in: str
    condition: Callable[[Found], bool]

    @property
    def name(self) -> str:
        return self.condition.__name__

    def sentences(self, code: StudentCode) -> list[str]:
        """What this observation says about a student's code, each sentence once."""
        said: dict[str, None] = {}
        for function, definition in code.definitions.items():
            for pattern in self.patterns:
                rule: dict[str, Any] = {"pattern": pattern} if isinstance(pattern, str) else dict(pattern)
                for node in definition.find_all(**rule):
                    found = Found(node, code, function)
                    if self.condition(found):
                        said.setdefault(self.says.format_map(found.words()))
        return list(said)


def observation(
    *parts: str, pattern: Pattern | Sequence[Pattern], says: str, seen_in: str, not_in: str
) -> Callable[[Callable[[Found], bool]], Callable[[Found], bool]]:
    """Marks a condition as an observation on the code of these parts. For example:

        @observation(
            "line",
            pattern=["np.log($X + $A)", "np.log($A + $X)"],
            says="You add {A} inside a logarithm: `{code}`.",
            seen_in="def line(x): return np.log(x + 1e-10)",
            not_in="def line(x): return np.log(x + y)",
        )
        def constant_inside_a_logarithm(found: Found) -> bool:
            return found.is_tiny("A")

    - `pattern`: one or several patterns of ast-grep, where `$A` stands for any expression. It may be a rule, a dict.
    - the function says whether a place that matches is one that is meant. It does what a pattern cannot.
    - `says`: the sentence. It may contain {code}, {function}, {head} (the code up to its first colon), and the names in
      the pattern.
    - `seen_in` and `not_in`: code that shows it, and code that looks alike and does not. `prove` tries both.
    """
    patterns = (pattern,) if isinstance(pattern, str | Mapping) else tuple(pattern)

    def mark(condition: Callable[[Found], bool]) -> Callable[[Found], bool]:
        condition.mark = Observation(parts, patterns, says, seen_in, not_in, condition)  # type: ignore[attr-defined]
        return condition

    return mark


def wrong_about_examples(observations: Sequence[Observation]) -> list[str]:
    """Return a sentence for each observation that is wrong about one of its own two examples."""
    wrong = []
    for one in observations:
        for example, seen in ((one.seen_in, True), (one.not_in, False)):
            code = StudentCode([example], re.findall(r"^def (\w+)", example, re.MULTILINE)[-1])
            if bool(one.sentences(code)) != seen:
                wrong.append(f"the observation {one.name} is {'not ' if seen else ''}made about its example: {example}")
    return wrong


def without_words(node: SgNode) -> str:
    """Return the text of a syntax tree without its comments and strings."""
    words = [*node.find_all(kind="comment"), *node.find_all(kind="string")]
    outer = [word for word in words if not word.inside(kind="string")]
    return node.commit_edits([word.replace("''") for word in outer]) if outer else node.text()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
