"""Contains one file for each subcommand of `autograder`. Each file reads the options, calls another room, and prints.
`terminal` handles Ctrl-C for `grade` and `check --watch`. `serve` and `mark` handle it themselves. Typer ends the
others.

This room may import every room except `bench`. Only `cli` and `bench` import this room.
"""
