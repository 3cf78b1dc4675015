"""An autograder for Gradescope: `pack` makes its zip; `run` is what its run_autograder starts."""
