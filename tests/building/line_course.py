"""A course with one assignment, the fit of a line: scaffolded, and filled in as an instructor would do it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"


def autograder(folder, *arguments):
    # One worker: the line is measured in a second, and a second worker takes longer to start.
    alone = ["--jobs", "1"] if arguments[0] in ("build", "prove", "grade") else []
    command = [sys.executable, "-m", "autograder", *arguments, *alone]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def fill(course):
    """Fill in a scaffolded assignment called `line`."""
    for name in ("solution", "cases", "checks", "alternatives", "misconceptions"):
        shutil.copy(TOY / f"{name}.py", course / "reference" / "line" / f"{name}.py")
    shutil.copy(TOY / "assignment.toml", course / "source" / "line")
    path = course / "source" / "line" / "line.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        text = (
            "".join(cell["source"]).replace("answer(x)", "fit_line(x, y)").replace("submit_answer(y)", "submit_line(w)")
        )
        text = text.replace("y = fit_line", "w = fit_line").replace('x = np.load("samples.npz")["x"]', "x, y = SAMPLES")
        text = text.replace("Say what is to be done.", "Fit a line to points.")
        text = text.replace(
            "raise NotImplementedError", "slope, intercept = np.polyfit(x, y, 1)\n    return intercept, slope"
        )
        cell["source"] = text.replace(
            "x, y = SAMPLES", 'samples = np.load("samples.npz")\nx, y = samples["x"], samples["y"]'
        )
    path.write_text(json.dumps(notebook, indent=1))


def edit(path, before, after):
    """Replace a text in a file that has it."""
    text = path.read_text()
    assert before in text, before
    path.write_text(text.replace(before, after))
