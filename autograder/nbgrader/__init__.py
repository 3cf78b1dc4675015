"""Writes results into an nbgrader course: its gradebook, and the autograded notebooks with their cells restored.

It imports `reports` and the rooms below it, and nothing of `gradescope` and `service`.
"""

from autograder.nbgrader.gradebook import Course
