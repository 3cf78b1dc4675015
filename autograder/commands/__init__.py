"""Contains one file for each subcommand of `autograder`. It reads the options, calls another room, and prints.
`serve` handles Ctrl-C itself. Typer ends the other commands at Ctrl-C.

It may import every room except `bench`. Only `cli` and `bench` import it.
"""
