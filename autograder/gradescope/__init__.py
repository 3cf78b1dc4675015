"""Makes the autograder zip for Gradescope, and grades a submission inside Gradescope's container.

It imports `reports` and the rooms below it, but nothing of `nbgrader` and `service`.
"""
