"""Grading is timed on right submissions only, and the measurements are written to a file."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from autograder.assignment import Alternative, Assignment, UsageError, code_to_run, declared_in
from autograder.bench import grading as bench
from autograder.bench import timed
from autograder.bench.timed import ledger_lines
from tests.building.line_course import edit, filled_course
from tests.warm_commands import run_command

# A bench looks at processes twice a second. So a submission takes longer than that, but no processor time.
SLOWLY = "import time\n    time.sleep(0.4)\n    "
OPTIONS = "--count 2 --count 1 --repeats 1 --nbgrader-repeats 0 --hanging 1 --isolation process --json bench.json"
BENCH = "import runpy, sys; sys.argv[1:] = {!r}; runpy.run_module('autograder.bench', run_name='__main__')"


@pytest.fixture(scope="module")
def bench_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, object]]:
    """A bench of two submissions and of one, without nbgrader: its printed text and its JSON file."""
    course = shutil.copytree(filled_course(), tmp_path_factory.mktemp("bench") / "course")
    (course / "reference" / "__init__.py").touch()  # so that no other folder of this name is found first
    for first_line in ("slope = np.cov", "A = np.stack"):
        edit(course / "reference" / "line" / "alternatives.py", first_line, SLOWLY + first_line)
    with (course / "source" / "line" / "assignment.toml").open("a", encoding="utf-8") as policy:
        policy.write("\n[limits]\nseconds_per_call = 0.5\n")
    done = run_command(("-c", BENCH.format(["line", *OPTIONS.split()])), course, os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((course / "bench.json").read_text(encoding="utf-8"))


def test_every_method_of_grading_has_its_figures(bench_run: tuple[str, dict[str, object]]) -> None:
    _, record = bench_run
    assert record["schema"] == "autograder/bench/v2"
    assert record["isolation"] == "process"
    timed, single = record["classes"]  # type: ignore[misc]
    assert (timed["count"], len(timed["submissions"])) == (2, 2)
    assert (single["count"], single["times_with_hanging"]) == (1, None)
    methods = {method["what"]: method for method in timed["ways"]}
    assert list(methods)[:2] == ["bare", "autograder grade --jobs 1"]
    assert methods["bare"]["times_bare"] == 1
    *_, alone, beside = methods.values()
    assert beside["what"] == "the same, and 1 that hang"
    assert timed["times_with_hanging"] == pytest.approx(beside["seconds"] / alone["seconds"], abs=0.001)
    for method in methods.values():
        assert method["seconds"] == method["runs"][0] > method["startup_seconds"] > 0
        assert method["seconds_each"] > 0
        assert method["times_nbgraders_throughput"] is None
    assert methods["bare"]["peak_mb"].keys() == {"command"}
    for what in set(methods) - {"bare"}:
        assert methods[what]["peak_mb"].keys() == {"command", "worker", "sandbox"}


def test_the_table_has_a_line_for_every_method(bench_run: tuple[str, dict[str, object]]) -> None:
    printed, record = bench_run
    for one in record["classes"]:  # type: ignore[attr-defined]
        _, table, *_ = printed.split(f"for {one['count']} ")
        assert all(f" {method['what']} " in table for method in one["ways"])


def test_a_class_uses_each_alternative_of_the_functions_that_no_other_calls_in_turn(
    assignment: Assignment, tmp_path: Path
) -> None:
    alternatives = declared_in(assignment.alternatives, Alternative)
    known = [a.name for a in alternatives if a.solves == "train_EM" and not a.slow]
    written = bench.make_class(assignment, len(known) + 2, tmp_path / "class")
    assert list(written.values()) == [*known, *known[:2]]  # each is used once before the first is used again
    for student, name in written.items():
        cells = code_to_run((tmp_path / "class" / f"{student}.ipynb").read_bytes(), assignment)
        assert any(f"train_EM = {name}" in cell for cell in cells)


def test_an_nbgrader_course_gets_the_same_notebooks_with_the_grader_beside_them(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = []
    monkeypatch.setattr(bench, "run_command", lambda command, where: commands.append((command[-2:], where)))
    bench.make_class(assignment, 1, tmp_path / "class")
    bench.make_course(assignment, tmp_path / "class", tmp_path / "course")
    folder = tmp_path / "course" / "submitted" / "student000" / "em_gmm"
    assert (folder / "em_gmm.ipynb").read_bytes() == (tmp_path / "class" / "student000.ipynb").read_bytes()
    assert {"samples.npz", "grader"} <= {path.name for path in folder.iterdir()}
    assert commands == [(["generate_assignment", "em_gmm"], tmp_path / "course")]


def test_a_command_that_fails_is_reported_with_its_last_output(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ended with 3: no way"):
        timed.run_command([sys.executable, "-c", "import sys; print('no way'); sys.exit(3)"], tmp_path)


def test_a_line_that_is_still_being_written_is_not_a_result(tmp_path: Path) -> None:
    ledger = tmp_path / "results.jsonl"
    ledger.write_text('{"score": 1}\n{"sco', encoding="utf-8")
    assert ledger_lines(ledger) == [{"score": 1}]
