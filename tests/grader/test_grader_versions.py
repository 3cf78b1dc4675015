"""The local grader runs on every Python and NumPy that Jupyter runs on, and says which it needs where it does not."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.assignment import Assignment

_ANSWERS = """
import sys
from grader import Grader
g = Grader(sys.argv[1])
print(sum(getattr(g, s.method)(*[g._key.values[v].expected for v in s.values]) for s in g._key.submits))
g.status()
g.submit("ada@example.org", "")
"""


def older_pythons() -> list[str]:
    """Other interpreters of this machine, on the path or beside the one that runs the tests."""
    own = Path(sys.base_prefix)
    beside = [str(path / "bin/python") for path in own.parent.glob("3.*") if own.parent.name == "versions"]
    named = [shutil.which(f"python3.{minor}") or "" for minor in (9, 10, 11, 12, 13, 14)]
    return [path for path in dict.fromkeys([*named, *beside]) if path and os.access(path, os.X_OK)]


def run(python: str, code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)


@pytest.mark.parametrize("version", [(3, 9), (3, 10), (3, 11)])
def test_the_grader_has_no_syntax_that_is_newer_than_python_3_9(root: Path, version: tuple[int, int]) -> None:
    for path in (root / "grader").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=version)


def test_the_grader_uses_nothing_of_the_standard_library_that_is_newer_than_python_3_9(root: Path) -> None:
    """What type hints need is not run, because each file begins with `from __future__ import annotations`."""
    newer = {"UTC", "StrEnum", "override", "Self", "tomllib", "pairwise", "ExceptionGroup", "process_cpu_count"}
    for path in (root / "grader").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "module", "") or ""}
            names |= {alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)}
            assert not names & newer, (path.name, names & newer)
            keywords = {keyword.arg for keyword in getattr(node, "keywords", ())}
            assert not keywords & {"strict", "slots", "kw_only"}, path.name


def test_the_grader_gives_full_points_on_other_pythons(assignment: Assignment, root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "grader", tmp_path / "grader")
    able = [python for python in older_pythons() if run(python, "import numpy, sys", tmp_path).returncode == 0]
    able += [sys.executable]
    for python in able:
        if run(python, "import sys; sys.exit(sys.version_info < (3, 9))", tmp_path).returncode == 0:
            done = run(python, _ANSWERS, tmp_path, str(assignment.release / "grader"))
            assert "\n100.0\n" in done.stdout, (python, done.stderr)


def test_a_python_or_a_numpy_that_is_too_old_is_named_in_a_sentence(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "grader", tmp_path / "grader")
    code = "import sys; sys.version_info = (3, 8, 1); import grader"
    said = run(sys.executable, code, tmp_path).stderr.splitlines()[-1]
    assert "The grader needs Python 3.9 or later, and this notebook runs on Python 3.8: choose a newer kernel." in said
    for missing in ("numpy", "numpy.typing"):
        code = f"import sys; sys.modules[{missing!r}] = None; import grader"
        assert "The grader needs NumPy 1.21 or later" in run(sys.executable, code, tmp_path).stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "browser",
    [
        # What the Python of a browser lacks: threads, and unless it is loaded, TLS.
        'import threading\ndef start(self): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = start",
        "import sys; sys.modules['ssl'] = None; sys.modules['_ssl'] = None",
        "import sys; sys.modules['urllib.request'] = None",
    ],
)
def test_where_nothing_can_be_sent_the_submission_is_kept_and_a_sentence_says_so(
    assignment: Assignment, root: Path, tmp_path: Path, browser: str
) -> None:
    shutil.copytree(root / "grader", tmp_path / "grader")
    submit = (
        "import sys; from grader import Grader; g = Grader(sys.argv[1])\n"
        "s = g._key.submits[0]; getattr(g, s.method)(*[g._key.values[v].expected for v in s.values])\n"
        "g.submit('ada@example.org', 'token', endpoint='http://127.0.0.1:9/')"
    )
    done = run(sys.executable, f"{browser}\n{submit}", tmp_path, str(assignment.release / "grader"))
    assert done.stderr == ""
    assert "Nothing was sent: this Python can't send anything" in done.stdout
    assert f"Your submission is in {tmp_path}/em_gmm-submission.json: hand in this file" in done.stdout
    assert "token" not in (tmp_path / "em_gmm-submission.json").read_text()


def test_a_grader_that_lacks_a_file_says_how_to_mend_it(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "grader", tmp_path / "grader")
    code = "import sys; sys.modules['grader.compare'] = None; import grader"
    said = run(sys.executable, code, tmp_path).stderr.splitlines()[-1]
    assert "The grader is incomplete (" in said
    assert "): download the assignment again, and copy only its folder `grader` over yours." in said
