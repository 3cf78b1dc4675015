"""The graded checks of hidden Markov models: 100 points over seven parts, all of them on hidden cases.

`student` calls the student's functions, which usually run in another process. The checks themselves never run there.
Each returned value is checked before it is used. `declared_in` finds the files by themselves, in the order of names.
"""
