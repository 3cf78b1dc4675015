"""Contains one file for each subcommand of `autograder`. It reads the options, calls another room, and prints.

It may import every room except `bench`. Only `cli` and `bench` import it.
"""
