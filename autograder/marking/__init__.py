"""Computes a student's grade: the ledger's points, the marks that people give by hand, and the late policy.

It imports `runs` and the rooms below it. Every page and format reads a grade from here.
"""

from autograder.marking.grade import Grade, grades_of
