"""The source archive is a whole course: an instructor unpacks it, runs `make setup`, and has both assignments."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("source", "reference", "data", "release", "docs", "tests", "autograder", "grader", ".ci", ".github")
FILES = ("Makefile", "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "action.yml", "Dockerfile")
NOT_OURS = ("__pycache__", "_build", ".ipynb_checkpoints")


def files_below(folder: Path) -> set[str]:
    found = (path.relative_to(folder.parent) for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {path.as_posix() for path in found if not set(path.parts) & set(NOT_OURS) and path.suffix != ".pyc"}


def test_the_source_archive_holds_the_whole_project(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", ".*cache", *NOT_OURS))
    build = "from setuptools.build_meta import build_sdist; import sys; build_sdist(sys.argv[1])"
    command = [sys.executable, "-W", "ignore", "-c", build, str(tmp_path)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("em_autograder-*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert set(FILES) - held == set()
    for folder in FOLDERS:
        assert files_below(ROOT / folder) - held == set()
