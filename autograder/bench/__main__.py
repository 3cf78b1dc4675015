"""`python -m autograder.bench` times grading."""

from autograder.bench.grading import app

app()
