"""The shell scripts of action.yml, run step by step as GitHub runs them."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from autograder.assignment import Assignment, notebook_to_bytes, release_notebook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


class Job:
    """A job on a runner, with the outputs, log and summary of its steps."""

    def __init__(self, action: dict[str, Any], workspace: Path, inputs: dict[str, str]) -> None:
        self.action = action
        self.workspace = workspace
        defaults = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
        self.inputs = defaults | inputs
        self.outputs: dict[str, dict[str, str]] = {}
        self.log = ""
        self.summary = workspace / "summary.md"

    def run(self) -> bool:
        """Run the steps. Returns whether all of them succeeded."""
        succeeded = True
        for step in self.action["runs"]["steps"]:
            if not succeeded and step.get("if") != "always()":
                continue
            outputs = self.workspace / "outputs.txt"
            outputs.write_text("")
            environment = {name: self._value(text) for name, text in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=self.workspace,
                env={
                    **os.environ,
                    **environment,
                    "GITHUB_ACTION_PATH": str(ROOT),
                    "GITHUB_OUTPUT": str(outputs),
                    "GITHUB_STEP_SUMMARY": str(self.summary),
                    "RUNNER_TEMP": str(self.workspace / "temp"),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            self.log += done.stdout + done.stderr
            lines = outputs.read_text().splitlines()
            self.outputs[step.get("id", "")] = dict(line.split("=", maxsplit=1) for line in lines)
            succeeded = succeeded and done.returncode == 0
        return succeeded

    def _value(self, text: str) -> str:
        def filled(found: re.Match[str]) -> str:
            where, *path = found[1].split(".")
            return self.inputs[path[0]] if where == "inputs" else self.outputs[path[0]].get(path[2], "")

        return re.sub(r"\$\{\{ *([\w.]+) *\}\}", filled, text)


@pytest.fixture
def workspace(tmp_path: Path, course: Assignment) -> Path:
    """A repository with submissions. A student chose a hostile file name."""
    folder = tmp_path / "handed in; touch pwned"
    folder.mkdir()
    release = notebook_to_bytes(release_notebook(course))
    (folder / "$(touch pwned) | <b>.ipynb").write_bytes(release)
    (folder / "ash.ipynb").write_bytes(b"{")
    return tmp_path


def test_the_steps_grade_and_publish(action: dict[str, Any], workspace: Path) -> None:
    inputs = {"assignment": "em_gmm", "submissions": "handed in; touch pwned\n", "python": sys.executable}
    job = Job(action, workspace, inputs)
    assert job.run(), job.log
    ledger = Path(job.outputs["grade"]["ledger"])
    assert len(ledger.read_text(encoding="utf-8").splitlines()) == 2
    assert (ledger.parent / "junit.xml").is_file()
    report = (ledger.parent / "report.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(feedback/[^"]+)"', report)
    assert len(links) == 2
    assert all((ledger.parent / html.unescape(unquote(link))).is_file() for link in links)
    assert "| ash |" in job.summary.read_text(encoding="utf-8")
    assert "::warning title=ash::" in job.log
    assert not list(workspace.rglob("pwned"))
    assert not (ROOT / "pwned").exists()


def test_wrong_inputs_fail_the_job_with_a_message(action: dict[str, Any], workspace: Path) -> None:
    job = Job(action, workspace, {"assignment": "nothing", "submissions": ".", "python": sys.executable})
    assert not job.run()
    assert "there is no assignment 'nothing'" in " ".join(job.log.split())


def test_no_input_is_pasted_into_a_script(action: dict[str, Any]) -> None:
    assert not [step["run"] for step in action["runs"]["steps"] if "${{" in step["run"]]
    assert all(step["shell"] == "bash" for step in action["runs"]["steps"])


@pytest.mark.parametrize("confined", [True, False])
def test_the_action_installs_the_kit_if_no_interpreter_is_given(
    confined: bool, action: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python and sudo are stubs that log their calls. A hosted runner needs no other programs."""
    programs, log, made = tmp_path / "bin", tmp_path / "calls", tmp_path / "temp" / "autograder"
    programs.mkdir()
    stub = f'#!/bin/bash\necho "${{0##*/}} $*" >> {log}\n'
    venv = f'/bin/mkdir -p "$3/bin"\n/bin/cp {programs}/sudo "$3/bin/python"\n'
    for name, script in {"python3": venv, "sudo": "", **({"bwrap": ""} if confined else {})}.items():
        (programs / name).write_text(stub + script)
        (programs / name).chmod(0o755)
    (programs / "bash").symlink_to("/bin/bash")
    monkeypatch.setenv("PATH", str(programs))
    install = {**action, "runs": {"steps": action["runs"]["steps"][:1]}}
    job = Job(install, tmp_path, {"assignment": "em_gmm", "submissions": "."})
    assert job.run(), job.log
    assert job.outputs["install"]["python"] == str(made / "bin" / "python")
    calls = log.read_text().splitlines()
    assert calls[:2] == [
        f"python3 -m venv {made}",
        f"python -m pip install --quiet --constraint {ROOT / 'constraints.txt'} {ROOT}",
    ]
    assert calls[2:] == ([] if confined else ["sudo apt-get install -y -qq bubblewrap"])


def test_the_workflow_for_a_course_of_ones_own_grades_and_reports(course: Assignment, workspace: Path) -> None:
    """The lines of docs/ci.md, with `em_gmm` for `mine`. Nothing is installed."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (job,) = yaml.safe_load(text)["jobs"].values()
    scripts = {step["name"]: step["run"] for step in job["steps"] if "run" in step}
    assert list(scripts) == ["Install", "Grade", "Report"]
    assert [step["uses"] for step in job["steps"] if step.get("uses") == "./"] == []  # a course has no action.yml
    for room in ("source", "reference", "data", "release"):
        (workspace / room).symlink_to(ROOT / room)
    (workspace / "handed in; touch pwned").rename(workspace / "submitted")
    programs, summary = workspace / "bin", workspace / "summary.md"
    programs.mkdir()
    (programs / "autograder").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m autograder "$@"\n')
    (programs / "autograder").chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)}
    environment |= {"PYTHONPATH": str(ROOT)}
    log = ""
    for name in ("Grade", "Report"):
        command = ["bash", "-e", "-c", re.sub(r"\bmine\b", "em_gmm", scripts[name])]
        done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        log += done.stdout
    assert "| ash |" in summary.read_text(encoding="utf-8")
    assert "::warning title=ash::" in log
    (upload,) = [step["with"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert (workspace / upload["path"] / "junit.xml").is_file()
    assert (workspace / upload["path"] / "report.html").is_file()
    assert not list(workspace.rglob("pwned"))


def test_the_workflow_in_the_docs_gives_the_action_valid_inputs(action: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (job,) = yaml.safe_load(text)["jobs"].values()
    (given,) = [step["with"] for step in job["steps"] if step["uses"] == "./"]
    assert set(given) <= set(action["inputs"])
    assert {name for name, field in action["inputs"].items() if field.get("required")} <= set(given)
    (upload,) = [step["with"] for step in job["steps"] if "upload-artifact" in step["uses"]]
    assert upload["path"] == given.get("out", action["inputs"]["out"]["default"])
