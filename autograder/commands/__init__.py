"""What each subcommand of `autograder` asks for and says, one module a command."""
