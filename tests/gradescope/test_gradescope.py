"""The zip for Gradescope. Its scripts run in a folder that is laid out like Gradescope's container."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment, notebook_to_bytes, release_notebook, with_solutions
from autograder.cli import app
from autograder.gradescope.run import SECONDS, main, scaled_to

METADATA = {
    "id": 1,
    "created_at": "2026-03-01T14:22:32.365935-07:00",
    "users": [{"email": "ash@example.org", "id": 7, "name": "Ash"}, {"sid": "s-2", "id": 8}],
}
Notebook = dict[str, Any]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the image after setup.sh."""
    root = tmp_path_factory.mktemp("container") / "autograder"
    done = CliRunner().invoke(app, ["gradescope", str(root.parent / "autograder.zip"), "em_gmm"])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(root.parent / "autograder.zip") as archive:
        archive.extractall(root / "source")
    for above in (root.parent, root.parent.parent):
        above.chmod(0o755)  # so that only the kit's own protection keeps student code out
    run(root, "source/setup.sh")
    shutil.copy2(root / "source" / "run_autograder", root)  # Gradescope copies it and starts it from there
    return root


def run(root: Path, script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable}
    words = ["bash", str(root / script)]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hand_in_there(container: Path) -> Callable[..., dict[str, Any]]:
    def graded(by_script: bool = False, **files: Notebook | bytes) -> dict[str, Any]:
        """Grade as the container does, by its script, or by what the script calls, in this process."""
        for folder in ("submission", "results"):
            shutil.rmtree(container / folder, ignore_errors=True)
        (container / "submission").mkdir()
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else notebook_to_bytes(content)
            (container / "submission" / f"{name}.ipynb").write_bytes(raw)
        (container / "submission_metadata.json").write_text(json.dumps(METADATA))
        if by_script:
            done = run(container, "run_autograder")
            assert done.returncode == 0, done.stderr
        else:
            assert main(container) == ""
        return json.loads((container / "results" / "results.json").read_text(encoding="utf-8"))

    return graded


def test_right_work_gets_its_points(hand_in_there: Callable[..., Any], honest: Notebook) -> None:
    results = hand_in_there(by_script=True, em_gmm=honest)
    assert results["score"] == 80
    assert sum(test["score"] for test in results["tests"]) == 80


def test_a_file_that_cannot_be_read_has_a_test_that_says_so(hand_in_there: Callable[..., Any]) -> None:
    results = hand_in_there(em_gmm=b"{")
    assert results["score"] == 0
    assert "no valid JSON" in results["tests"][0]["output"]


def test_among_several_notebooks_the_one_with_the_assignments_name_is_graded(
    hand_in_there: Callable[..., Any], honest: Notebook
) -> None:
    assert hand_in_there(scratch=b"{}", em_gmm=honest)["score"] == 80
    results = hand_in_there(scratch=honest, other=honest)
    assert results["score"] == 0
    assert "keep one" in results["output"]


def test_a_submission_without_a_notebook_gets_a_message_that_says_so(hand_in_there: Callable[..., Any]) -> None:
    assert "no notebook" in hand_in_there()["output"]


def test_student_code_cannot_read_the_answers_or_write_the_results(
    hand_in_there: Callable[..., Any], container: Path, course: Assignment
) -> None:
    """The student's code tries to read every file of the kit and to write the results, and counts its successes."""
    paths = [str(path) for path in (container / "source").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert any(path.endswith("solution.py") for path in paths)
    attempt = (
        "read = []\n"
        f"for path in {paths!r}:\n"
        "    try:\n        read.append(open(path, 'rb').read(1))\n    except OSError:\n        pass\n"
        "try:\n"
        f"    open({str(container / 'results' / 'results.json')!r}, 'w').write('{{\"score\": 100}}')\n"
        "    read.append('wrote')\nexcept OSError:\n    pass\n"
        "raise RuntimeError(f'reached {len(read)} of them')\n"
    )
    notebook = with_solutions(release_notebook(course), {"e_step": attempt})
    (container / "results").mkdir(exist_ok=True)
    results = hand_in_there(by_script=True, em_gmm=notebook)
    assert results["score"] == 0
    assert "reached 0 of them" in results["output"]


def test_an_error_of_the_grader_writes_no_results_because_they_would_be_a_score(container: Path) -> None:
    shutil.rmtree(container / "results", ignore_errors=True)
    (container / "submission_metadata.json").write_text("not json")
    done = run(container, "run_autograder")
    assert done.returncode != 0
    assert "can't be used" in done.stderr
    assert not (container / "results" / "results.json").exists()


@pytest.mark.parametrize("newest", ["3.14", "3.13", "3.11", None])
def test_setup_installs_the_kit_with_the_newest_available_python(
    newest: str | None, container: Path, tmp_path: Path
) -> None:
    """apt-get, the interpreters and pip are stubs that log their calls."""
    programs, log = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    stub = f'#!/bin/bash\necho "${{0##*/}} $*" >> {log}\n'
    working = f'[ "$1" = -c ] || {{ mkdir -p "$3/bin"; cp {programs}/apt-get "$3/bin/python"; }}\n'
    scripts = {"apt-get": "case $* in *python*) exit 100;; esac\n", "chmod": ""}
    scripts |= {f"python{v}": working if v == newest else "exit 1\n" for v in ("3.14", "3.13", "3.12", "3.11")}
    for name, script in scripts.items():
        (programs / name).write_text(stub + script)
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "AUTOGRADER_ROOT": str(tmp_path)}
    environment.pop("AUTOGRADER_PYTHON", None)
    words = ["bash", str(container / "source" / "setup.sh")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    calls = log.read_text().splitlines()
    assert "apt-get install -y -qq libseccomp2" in calls
    if newest is None:
        assert done.returncode == 1
        assert "choose a newer base image" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    kit = tmp_path / "source" / "course"
    assert calls[-3:] == [
        f"python{newest} -m venv {tmp_path / 'venv'}",
        f"python -m pip install --quiet --constraint {kit / 'constraints.txt'} {kit}",
        f"chmod -R go= {tmp_path / 'source'}",
    ]


def test_the_kit_stops_a_hanging_submission_before_gradescope_ends_the_container(
    container: Path, course: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scaled_to(course.limits, SECONDS).seconds_per_submission == SECONDS < 600
    assert scaled_to(course.limits, SECONDS).seconds_per_call < course.limits.seconds_per_call
    assert scaled_to(course.limits, 5000) == course.limits
    monkeypatch.setattr("autograder.gradescope.run.SECONDS", 5.0)
    hanging = {"e_step": "while True:\n    pass"}
    for folder in ("submission", "results"):
        shutil.rmtree(container / folder, ignore_errors=True)
    (container / "submission").mkdir()
    notebook = with_solutions(release_notebook(course), hanging)
    (container / "submission" / "em_gmm.ipynb").write_bytes(notebook_to_bytes(notebook))
    (container / "submission_metadata.json").write_text(json.dumps(METADATA))
    assert main(container) == ""
    assert (
        "it did not end within 1 seconds" in json.loads((container / "results" / "results.json").read_text())["output"]
    )


def test_the_zip_has_two_executable_scripts_and_no_unneeded_files(container: Path) -> None:
    with zipfile.ZipFile(container.parent / "autograder.zip") as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert {name for name, mode in modes.items() if mode & stat.S_IXUSR} == {"setup.sh", "run_autograder"}
    assert not [name for name in modes if "/tests/" in name or "__pycache__" in name or "/." in name]
    assert "course/reference/em_gmm/checks.py" in modes


def test_the_same_course_gives_the_same_bytes(container: Path, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["gradescope", str(tmp_path / "again.zip"), "em_gmm"]).exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == (container.parent / "autograder.zip").read_bytes()


def test_a_zip_that_cannot_be_written_gets_a_plain_message(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["gradescope", str(tmp_path / "no" / "such.zip"), "em_gmm"])
    assert done.exit_code == 2
    assert "can't be written" in done.output


def test_a_kit_that_was_installed_from_a_wheel_packs_itself_too(root: Path, tmp_path: Path) -> None:
    """The packages lie in a folder without the project's files. The zip can be installed, with all its data files."""
    site, out, there = tmp_path / "site-packages", tmp_path / "autograder.zip", tmp_path / "there"
    for name in ("autograder", "grader"):
        shutil.copytree(root / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(site)}
    words = [sys.executable, "-P", "-m", "autograder", "gradescope", str(out), "em_gmm"]
    done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path / "source")
    course = tmp_path / "source" / "course"
    assert 'dependencies = [\n    "ast-grep-py' in (course / "pyproject.toml").read_text(encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    pip += ["--constraint", str(course / "constraints.txt"), "--target", str(there), str(course)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    installed = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.suffix != ".pyc"}
    copied = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.suffix != ".pyc"}
    assert {path for path in copied - installed if "__pycache__" not in path} == set()
