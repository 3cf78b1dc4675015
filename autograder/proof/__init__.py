"""Proves the checks: measures tolerances from the evidence, and shows that right code passes and wrong code fails.

It imports `runs` and the rooms below it.
"""

from autograder.proof.calibrate import calibrate, without_tolerance
from autograder.proof.calibration_picture import draw_calibration
from autograder.proof.chance import SAME_EACH_TIME, run_trials
from autograder.proof.counts import mutant_trust, trust_from, variant_trust
from autograder.proof.disturb import THREADS, ask_with_threads, grade_under_load, sample_for_load, solutions_of
from autograder.proof.evidence_code import (
    Evidence,
    blaming_the_author,
    finding_of,
    functions_with,
    noting,
    place_of,
    solved_by,
)
from autograder.proof.fairness import Fairness, prove_variants, sample_seeds
from autograder.proof.histograms import draw_histograms
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.kept import Kept, everything
from autograder.proof.key_values import deviation_of, freedom_of, is_exact, is_exact_variable, is_kept, scale_of_value
from autograder.proof.matrix import matrix_table, proof_as_json
from autograder.proof.measure import measure, undeclared
from autograder.proof.mutant_hunt import MutantHunt, count_mutants, further_calls, hunt_mutants
from autograder.proof.prove import CheckTitle, Proof, count_steps, evidence_notebooks, prove_checks
from autograder.proof.tolerance import FLOOR, to_paste, tolerance_midway
from autograder.proof.trust import (
    CONFIDENCE,
    TRUST_NAME,
    Trust,
    merged,
    read_trust,
    write_trust,
)
