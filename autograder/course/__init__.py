"""An nbgrader course: its gradebook and its autograded notebooks, written from the ledger's results."""

from autograder.course.gradebook import Course

__all__ = ["Course"]
