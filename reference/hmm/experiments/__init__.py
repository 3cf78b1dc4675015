"""Experiments with baum_welch. Each has the name of a misconception, which has the hint.

Students' starts differ from ours, so their answers are never those of a known mistake. But all runs on the same
sequence draw the same random numbers. So a longer run has the start of a shorter one, and a call with more restarts
does the runs of a call with fewer, and then others.
`declared_in` finds the files by themselves.
"""
