"""Grades one submission: asks the checks, names mistakes, explains failures, and makes personal data.

`notebook_run` decides what of a notebook runs again after a stop.

It imports `submissions`, `assignment` and `sandbox`. It also reads values with the student's `grader`.
"""

from autograder.grading.answers import (
    changed_by,
    is_numeric,
    outcome_of,
    quiet_and_repeatable,
    run_quietly,
    run_seeded,
)
from autograder.grading.asking import outcomes_of_checks
from autograder.grading.call_limits import FLOOR, MULTIPLE, CallLimits, demand_known, yardstick
from autograder.grading.calls import Raised, question_of, seed_of
from autograder.grading.credit import Keeps, demand_known_mistakes, rubric, with_credit
from autograder.grading.explain import printable
from autograder.grading.handles import NEW, Handle, History, LiveObjects, new_object
from autograder.grading.judge import error_result, grade_submission, statuses_of_notebook
from autograder.grading.looked import Looked
from autograder.grading.notebook_run import Notebook
from autograder.grading.observing import code_of_part, observations_of, observe
from autograder.grading.pictures import (
    PICTURES_FOLDER,
    copy_pictures,
    draw_pictures,
    remove_pictures,
    save_pictures,
    words_of_pictures,
)
from autograder.grading.result import SCHEMA, CheckResult, PartResult, Result, earned
from autograder.grading.signature import add_signatures
from autograder.grading.spec import (
    Spec,
    SpecMark,
    demand_hints,
    files_sha256,
    load_spec,
    spec_mark,
    versions_in_use,
)
from autograder.grading.student import Student
from autograder.grading.variants import (
    COURSE_SECRET,
    Variants,
    demand_personal_data,
    has_personal_data,
    marks_in,
    other_owners_of,
    sentence_about_other_owners,
    variant_mark,
    variants_of_class,
    why_common_data,
)
