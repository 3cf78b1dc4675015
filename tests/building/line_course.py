"""A course with one assignment, the fit of a line: scaffolded, and filled in as an instructor would do it.

The kit is installed from its wheel, outside the repository.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.shared import made_once
from tests.warm_commands import run_command

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy"


def installed_kit():
    """The folder into which the wheel was installed. Other packages are those of this environment."""
    return made_once("kit", _install)


def _install(kit):
    folder = tempfile.TemporaryDirectory(prefix="kit-")
    source, wheels = (Path(folder.name, name) for name in ("source", "wheels"))
    for name in ("autograder", "grader"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, source)
    _run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", kit, *wheels.iterdir())
    folder.cleanup()


def _run(*arguments):
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def autograder(folder, *arguments):
    """Run a command in a process that has its packages already."""
    return run_command(_with_one_worker(arguments), folder, environment())


def autograder_from_nothing(folder, *arguments):
    """Run a command as an instructor starts it. Each command is run so in one test at least."""
    command = [sys.executable, "-P", "-m", "autograder", *_with_one_worker(arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment())


def _with_one_worker(arguments):
    """The line is measured in a second, and a second worker takes longer to start."""
    return (*arguments, *(("--jobs", "1") if arguments[0] in ("build", "prove", "grade") else ()))


def environment():
    return os.environ | {"PYTHONPATH": str(installed_kit())}


def filled_course():
    """The folder of the course, built and proven, with proof.json. Nobody changes it: copy it."""
    return made_once("filled", _build)


def _build(course):
    assert autograder_from_nothing(course, "new", "line").returncode == 0
    fill(course)
    for command in (("build", "line"), ("prove", "line", "--json", "proof.json")):
        done = autograder_from_nothing(course, *command)
        assert done.returncode == 0, done.stdout + done.stderr


def fill(course):
    """Fill in a scaffolded assignment called `line`."""
    for name in ("solution", "cases", "checks", "alternatives", "misconceptions"):
        shutil.copy(TOY / f"{name}.py", course / "reference" / "line" / f"{name}.py")
    shutil.copy(TOY / "assignment.toml", course / "source" / "line")
    cells = TOY / "notebook.py"
    done = autograder(course, "notebook", str(cells), "source/line/line.ipynb")
    assert done.returncode == 0, done.stderr


def edit(path, before, after):
    """Replace a text in a file that has it."""
    text = path.read_text()
    assert before in text, before
    path.write_text(text.replace(before, after))
