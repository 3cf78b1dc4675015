"""A course with one assignment, the fit of a line: scaffolded, and filled in as an instructor would do it.

The kit is installed from its wheel, outside the repository.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"


@functools.cache
def installed_kit():
    """The temporary folder into which the wheel was installed. Other packages are those of this environment."""
    folder = tempfile.TemporaryDirectory(prefix="kit-")
    source, wheels, kit = (Path(folder.name, name) for name in ("source", "wheels", "kit"))
    for name in ("autograder", "grader"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, source)
    _run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", kit, *wheels.iterdir())
    return folder


def _run(*arguments):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def autograder(folder, *arguments):
    # One worker: the line is measured in a second, and a second worker takes longer to start.
    alone = ["--jobs", "1"] if arguments[0] in ("build", "prove", "grade") else []
    command = [sys.executable, "-P", "-m", "autograder", *arguments, *alone]
    environment = os.environ | {"PYTHONPATH": str(Path(installed_kit().name, "kit"))}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


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
