"""Makes Gradescope's autograder zip, and grades the one submission inside Gradescope's container.

It imports `reports` and the rooms below it, and nothing of `nbgrader` and `service`.
"""
