"""What a student runs next to the notebook: local verdicts, a submission file and two pictures."""

from .grader import Grader
from .plots import plot_mixture, plot_progress

__all__ = ["Grader", "plot_mixture", "plot_progress"]
