"""After an edit of one mistake, a proof is the one from nothing, and few notebooks are graded again for it."""

import json
import shutil

from tests.building.line_course import edit, environment
from tests.warm_commands import run_command

SCRIPT = """
import json
import autograder
proof = autograder.prove("line", jobs=1)
rows = {row.name: (dict(row.outcomes), sorted(row.named), row.seconds) for row in proof.rows}
print(json.dumps([rows, proof.failures]))
"""
FILE = "reference/line/misconceptions.py"
BODY = "return np.polyfit(x, y, 1)"
# What slope_first returns after each edit, and the names that are then given in the three wrong notebooks.
EDITS = [
    ("return np.array([0.0, y @ x / (x @ x)])", ["", "", "centred_points"]),
    ("return np.polyfit(x, y, 1)[::-1]", ["", "through_the_origin", "centred_points"]),
    ("raise ArithmeticError", ["slope_first", "through_the_origin", "centred_points"]),
]


def prove(course):
    """The rows with outcomes, names and seconds, and the failures."""
    done = run_command(("-c", SCRIPT), course, environment())
    assert done.returncode == 0, done.stderr
    rows, failures = json.loads(done.stdout)
    return {name: row[:2] for name, row in rows.items()}, {name: row[2] for name, row in rows.items()}, failures


def test_after_each_edit_the_names_are_new_and_other_notebooks_are_not_graded_again(filled, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(filled, course)
    edit(course / FILE, 'order.", see="Task 1")', 'order.", see="Task 1", raises=("ArithmeticError",))')
    _, seconds, _ = prove(course)
    before = BODY
    for after, names in EDITS:
        edit(course / FILE, before, after)
        rows, now, failures = prove(course)
        assert [" ".join(rows[name][1]) for name in ("slope_first", "through_the_origin", "centred_points")] == names
        assert now["centred_points"] == seconds["centred_points"]  # it is the result of the first run
        before = after
    shutil.rmtree(course / ".autograder-cache")
    again, _, failures_again = prove(course)
    assert (rows, failures) == (again, failures_again)
