"""Families: mistakes with free numbers, such as a constant in a logarithm. Turns them into mistakes without any."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType

from autograder.assignment.vocabulary import Misconception, declared_in


def known_mistakes(module: ModuleType) -> list[Misconception]:
    """The misconceptions of a module in their order, with the examples of each family in place of the family."""
    found: list[Misconception] = []
    for mistake in declared_in(module, Misconception):
        found += [with_numbers(mistake, example) for example in mistake.examples] or [mistake]
    return found


def with_numbers(family: Misconception, numbers: Sequence[float]) -> Misconception:
    """The mistake of a family with these numbers. Its `known_as` is that of the family."""
    bound = dict(zip(family.free, numbers, strict=True))
    function = functools.update_wrapper(functools.partial(family.function, **bound), family.function)
    function.__name__ = "_".join([family.name, *(f"{number:g}" for number in numbers)])
    return replace(
        family,
        function=function,
        hint=hint_with(family, [f"{number:.2g}" for number in numbers]),
        same_answers_as=family.known_as,
        examples=(),
    )


def hint_with(family: Misconception, words: Sequence[str]) -> str:
    """The hint of a family, with these words in place of its free numbers."""
    return family.hint.format(**dict(zip(family.free, words, strict=True))) if words else family.hint
