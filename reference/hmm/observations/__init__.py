"""Facts about code of hidden Markov models, each true wherever it is said. They are said where a part lost points.

`declared_in` finds the files by themselves.
"""
