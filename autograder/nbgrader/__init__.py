"""Writes results into the gradebook of an nbgrader course, and autograded notebooks with their cells restored.

It imports `reports` and the rooms below it, but nothing of `gradescope` and `service`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.nbgrader.gradebook import Course

__all__ = ["Course"]


def __getattr__(name: str) -> Any:
    """Import `Course` when it is used, because nbgrader takes more than a second."""
    if name != "Course":
        raise AttributeError(f"module 'autograder.nbgrader' has no attribute '{name}'")
    from autograder.nbgrader.gradebook import Course

    return Course
