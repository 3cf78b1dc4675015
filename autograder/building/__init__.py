"""Builds an assignment's data and release, each student's own release, a new assignment, and the demo's class.

It imports `proof` and the rooms below it.
"""

from autograder.building.add_evidence import add_evidence, names_student
from autograder.building.build import build_assignment, check_build
from autograder.building.cells import notebook_of
from autograder.building.check import check_assignment, demand_checked
from autograder.building.demo import FEWEST, MOST, make_class
from autograder.building.key import make_key
from autograder.building.made_from import is_unchanged
from autograder.building.new import left_of_example, scaffold
from autograder.building.proven import prove_assignment
from autograder.building.release import personal_files, release_template
