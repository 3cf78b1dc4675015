"""Reads an assignment: its policy, its checks and their evidence, its notebooks, and the course's secrets.

It imports `sandbox` for the limits of a submission, and the students' `grader` to compare values.

`demands` has what a check demands of values. The students' `grader.values` looks for NaN.
"""

from autograder.assignment import general_observations
from autograder.assignment.arrays import to_json, to_npz
from autograder.assignment.demands import CheckFailed, close_up_to_labels, expect, unpack
from autograder.assignment.evidence import (
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    statements_of,
    with_solutions,
)
from autograder.assignment.experiment import Experiment, experiment
from autograder.assignment.families import hint_with, known_mistakes, with_numbers
from autograder.assignment.find_cells import find_cells, grade_id
from autograder.assignment.findings import Finding, Findings, UsageError
from autograder.assignment.notebook import Unreadable, code_to_run, is_same_text, normalized, read_cells, variant_marks
from autograder.assignment.observations import (
    Found,
    Observation,
    observation,
    without_words,
    wrong_about_examples,
)
from autograder.assignment.policy import MARKER, Assignment, course_root, load, slugs
from autograder.assignment.policy_model import Value, write_policy_schema
from autograder.assignment.secret import read_or_make_secret, write_private
from autograder.assignment.sections import Section, python_of, sections
from autograder.assignment.student_code import NoCode, StudentCode, bindings_in
from autograder.assignment.toml_lines import line_of
from autograder.assignment.vocabulary import (
    HINT_TO_WRITE,
    Alternative,
    Case,
    Check,
    Function,
    Misconception,
    alternative,
    check,
    declared_in,
    misconception,
)
