"""Facts about the code of students, each true wherever it is said. They are said where a part lost points.

Each file holds the observations on one kind of mistake. `declared_in` finds the files by themselves.
"""
