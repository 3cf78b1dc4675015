"""Contains one file for each subcommand of `autograder`. Each file reads the options, calls another room, and prints.
`serve` handles Ctrl-C itself. Typer ends the other commands at Ctrl-C.

This room may import every room except `bench`. Only `cli` and `bench` import this room.
"""
