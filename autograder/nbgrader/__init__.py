"""Writes results into the gradebook of an nbgrader course, and autograded notebooks with their cells restored.

It imports `reports` and the rooms below it, but nothing of `gradescope` and `service`.
"""

from autograder.nbgrader.gradebook import Course
