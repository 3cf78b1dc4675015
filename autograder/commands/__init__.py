"""Has one file for each subcommand of `autograder`: it reads the options, calls another room, and prints.

It may import every room but `bench`. Only `cli` and `bench` import it.
"""
