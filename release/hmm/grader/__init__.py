"""What a student runs next to the notebook: local verdicts and a submission file.

It runs on every Python from 3.9 on and every NumPy from 1.21 on. Anything older is refused with a sentence.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036 - a student's kernel may be older than what this file is checked for
    raise ImportError(
        "The grader needs Python 3.9 or later, and this notebook runs on Python {}.{}: choose a newer kernel.".format(
            *sys.version_info[:2]
        )
    )
try:
    from numpy.typing import NDArray  # noqa: F401 - the newest thing of NumPy that the grader uses
except ImportError:
    raise ImportError(
        "The grader needs NumPy 1.21 or later: run `%pip install --upgrade numpy` in a cell, and restart the kernel."
    ) from None

try:
    from .grader import Grader
except ModuleNotFoundError as problem:
    raise ImportError(
        f"The grader is incomplete ({problem}): download the assignment again, and copy only its folder `grader` over "
        "yours."
    ) from None

__all__ = ["Grader"]
