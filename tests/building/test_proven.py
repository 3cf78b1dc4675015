"""`autograder.prove`, as a script calls it."""

import shutil
import subprocess
import sys

from tests.building.line_course import environment

SCRIPT = """
import autograder
proof = autograder.prove("line", jobs=1)
print(proof.failures, *(row.name for row in proof.rows if row.kind == "wrong"))
"""


def prove(course):
    (course / "script.py").write_text(SCRIPT)
    words = [sys.executable, "-P", "script.py"]
    done = subprocess.run(words, cwd=course, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_proves_an_assignment_and_reads_what_is_not_proven(filled, tmp_path):
    course = shutil.copytree(filled, tmp_path / "course", ignore=shutil.ignore_patterns(".autograder-cache"))
    assert prove(course) == "() slope_first through_the_origin centred_points\n"
    mistakes = course / "reference/line/misconceptions.py"
    mistakes.write_text(mistakes.read_text().replace("max() < 10", "max() < 1e9"))
    assert "centred_points escapes" in prove(course)
