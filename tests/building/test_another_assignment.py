"""Another assignment needs only its own folders: a line's fit is scaffolded, filled, built, proven and graded.

The kit is installed from its wheel, outside the repository.
"""

import json
import re
import shutil

import pytest

from tests.building.line_course import ROOT, autograder, autograder_from_nothing, edit


@pytest.fixture(scope="module")
def unfilled(filled, tmp_path_factory):
    """What `build` says of a course with a right and a wrong solution that are not written yet."""
    course = shutil.copytree(filled, tmp_path_factory.mktemp("unfilled") / "course")
    shutil.rmtree(course / "release")
    for file in ("alternatives", "misconceptions"):
        path = course / "reference" / "line" / f"{file}.py"
        path.write_text(
            re.sub(r"(?m)^(def \w+\(.*\n).*\n", r"\1    raise NotImplementedError\n", path.read_text(), count=1)
        )
    return course, autograder(course, "build", "line")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("alternatives", "the alternative 'by_covariance' fails line_is_right with other points: "),
        ("misconceptions", "the misconception 'slope_first' ends with an exception, NotImplementedError"),
    ],
)
def test_evidence_that_is_not_written_yet_is_named_and_nothing_is_built(unfilled, file, said):
    course, built = unfilled
    assert built.returncode == 2
    assert re.search(rf"line/{file}\.py:\d+: .*{re.escape(said)}", built.stderr)
    assert not (course / "release").exists()


def test_a_scaffold_never_overwrites_an_existing_file(filled):
    again = autograder(filled, "new", "line")
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_the_filled_assignment_is_proven(filled):
    proof = json.loads((filled / "proof.json").read_text())
    assert proof["proven"]
    assert proof["recognised"] == proof["misconceptions"] == 3


def test_proving_writes_how_sure_a_grade_is_beside_the_data_and_build_leaves_it_alone(filled, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(filled, course)
    proven = autograder(course, "prove", "line", "--disturb")
    assert proven.returncode == 0, proven.stdout
    assert "data/line/trust.json has what was measured with Python" in proven.stdout
    trust = json.loads((course / "data" / "line" / "trust.json").read_text())
    assert [(c["right"], c["docked"], c["lets_through"], c["mistakes"]) for c in trust["checks"]] == [
        (3, [], 1, 3),
        (3, [], 0, 3),
    ]
    assert (trust["load"]["notebooks"], trust["load"]["differ"]) == (7, [])
    assert (trust["threads"]["solutions"], trust["threads"]["differ"]) == (5, [])
    assert trust["mutants"] is trust["variants"] is None
    assert autograder(course, "build", "line", "--check").returncode == 0


def test_a_surviving_mutant_without_a_reason_makes_proving_fail_and_so_does_a_stale_reason(filled, tmp_path):
    spoiled = tmp_path / "course"
    shutil.copytree(filled, spoiled)
    solution = spoiled / "reference" / "line" / "solution.py"
    # A different answer if all x are equal. No check asks about that.
    text = solution.read_text().replace("    return ", "    y = y + 1.0 * (np.ptp(x) < 1e-9)\n    return ")
    solution.write_text(text)
    escaped = autograder(spoiled, "prove", "line", "--mutants")
    assert escaped.returncode == 1
    assert "fit_line: dropped `y = y + 1.0 * (np.ptp(x) < 1e-09)`" in escaped.stdout
    changes = re.findall(r"escaped: mutant_\d+, (.*)", escaped.stdout)
    policy = spoiled / "source" / "line" / "assignment.toml"
    argued = "".join(f"{json.dumps(change)} = 'no line goes through one place'\n" for change in changes)
    policy.write_text(f"{policy.read_text()}\n[equivalent]\n{argued}")
    assert autograder(spoiled, "prove", "line", "--mutants").returncode == 0
    solution.write_text(text.replace("    y = y + 1.0 * (np.ptp(x) < 1e-9)\n", ""))
    stale = autograder(spoiled, "prove", "line", "--mutants")
    assert stale.returncode == 1
    assert "[equivalent] argues for 'fit_line: dropped `y = y + 1.0 * (np.ptp(x) < 1e-09)`'" in stale.stdout


def test_a_check_that_lets_a_mistake_through_makes_proving_fail_with_its_name(filled, tmp_path):
    spoiled = tmp_path / "course"
    shutil.copytree(filled, spoiled)
    checks = spoiled / "reference" / "line" / "checks.py"
    lenient = checks.read_text().replace("cases=cases.shifted", "cases=cases.ordinary")
    checks.write_text(lenient)
    proven = autograder(spoiled, "prove", "line")
    assert proven.returncode == 1
    assert "centred_points escapes" in proven.stdout
    assert "or give a reason for it under [kept]" in " ".join(proven.stdout.split())


def test_a_forged_tolerance_makes_proving_fail_with_the_name_of_the_mistake_that_escapes(filled, tmp_path):
    spoiled = tmp_path / "course"
    shutil.copytree(filled, spoiled)
    path = spoiled / "data" / "line" / "calibration.json"
    measured = json.loads(path.read_text())
    for row in measured["checks"].values():
        row["tolerance"] = 1e6
    path.write_text(json.dumps(measured))
    proven = autograder(spoiled, "prove", "line")
    assert proven.returncode == 1
    assert "through_the_origin escapes" in proven.stdout
    assert autograder(spoiled, "build", "line", "--check").returncode == 1


def test_even_a_small_change_of_a_tolerance_set_by_hand_is_noticed_and_built(filled, tmp_path):
    spoiled = tmp_path / "course"
    shutil.copytree(filled, spoiled)
    policy = spoiled / "source" / "line" / "assignment.toml"
    by_hand = '[tolerances.line_is_right]\nvalue = {}\nwhy = "for once"\n'
    without = policy.read_text()
    policy.write_text(without + by_hand.format(1e-4))
    assert autograder(spoiled, "build", "line").returncode == 0
    policy.write_text(without + by_hand.format(1.1e-4))
    checked = autograder(spoiled, "build", "line", "--check")
    assert "data/line/calibration.json" in checked.stdout
    assert autograder(spoiled, "build", "line").returncode == 0
    measured = json.loads((spoiled / "data" / "line" / "calibration.json").read_text())
    assert measured["checks"]["line_is_right"]["tolerance"] == 1.1e-4
    assert autograder(spoiled, "build", "line", "--check").returncode == 0


@pytest.fixture(scope="module")
def stale(filled, tmp_path_factory):
    """A course that is not what `build` makes, in three files, and what `build --check` says of it."""
    course = shutil.copytree(filled, tmp_path_factory.mktemp("stale") / "course")
    edit(course / "reference" / "line" / "misconceptions.py", "in the wrong order", "swapped")
    path = course / "data" / "line" / "calibration.json"
    measured = json.loads(path.read_text())
    measured["checks"]["line_far_away"]["nearest_misconception"]["name"] = "slope_first"
    path.write_text(json.dumps(measured, indent=1) + "\n")
    edit(course / "data" / "line" / "calibration.svg", "line_far_away", "line_far_off")
    return course, autograder_from_nothing(course, "build", "line", "--check")


def test_a_hint_that_was_changed_without_building_makes_the_check_fail(stale):
    _, checked = stale
    assert checked.returncode == 1
    assert "data/line/key.json: " in checked.stdout


def test_a_forged_calibration_is_reported_with_the_place(stale):
    _, checked = stale
    place = "checks.line_far_away.nearest_misconception.name"
    assert f"data/line/calibration.json: {place} is not what build makes" in checked.stdout


def test_a_picture_of_other_numbers_is_reported(stale):
    _, checked = stale
    assert "data/line/calibration.svg: does not show the numbers of calibration.json\n" in checked.stdout


def test_build_mends_all_that_its_check_reports(stale):
    course, checked = stale
    assert len(checked.stdout.splitlines()) == 5  # the hint is in the release too, and the last line says what to do
    assert autograder(course, "build", "line").returncode == 0
    assert autograder(course, "build", "line", "--check").returncode == 0


def test_three_submissions_are_graded(filled, tmp_path):
    submitted = tmp_path / "submitted"
    submitted.mkdir()
    source, release = (filled / folder / "line" / "line.ipynb" for folder in ("source", "release"))
    shutil.copy(source, submitted / "solved.ipynb")
    shutil.copy(release, submitted / "unsolved.ipynb")
    wrong = source.read_text().replace("return intercept, slope", "return slope, intercept")
    (submitted / "swapped.ipynb").write_text(wrong)
    graded = autograder_from_nothing(filled, "grade", "line", str(submitted), "--out", str(tmp_path / "grades"))
    assert graded.returncode == 0, graded.stderr
    results = [json.loads(line) for line in (tmp_path / "grades" / "results.jsonl").read_text().splitlines()]
    assert {r["student"]: r["score"] for r in results} == {"solved": 10, "unsolved": 0, "swapped": 0}
    named = {c["misconception"] for r in results if r["student"] == "swapped" for p in r["parts"] for c in p["checks"]}
    assert named == {"slope_first"}


def test_a_changed_rubric_rescores_the_ledger_without_running_a_students_code(filled, tmp_path):
    course, out = tmp_path / "course", tmp_path / "grades"
    shutil.copytree(filled, course)
    wrong = tmp_path / "swapped.ipynb"
    source = (course / "source" / "line" / "line.ipynb").read_text()
    wrong.write_text(source.replace("return intercept, slope", "return slope, intercept"))
    assert autograder(course, "grade", "line", str(wrong), "--out", str(out)).returncode == 0
    wrong.unlink()
    first = (out / "results.jsonl").read_text()
    policy = course / "source" / "line" / "assignment.toml"
    original = policy.read_text()

    def rescored(rubric):
        policy.write_text(f"{original}\n{rubric}")
        return autograder(course, "rescore", str(out))

    assert "The rubric changes no score." in rescored("").stdout
    done = rescored('[rubric.slope_first]\nkeeps = 0.5\nwhy = "the line is right"\n')
    assert done.returncode == 0, done.stderr
    assert re.search(r"swapped +0 +5 +line 0 → 5: slope_first keeps 50% \(the line is right\)", done.stdout)
    lines = (out / "results.jsonl").read_text()
    assert lines.startswith(first)
    assert json.loads(lines.splitlines()[-1])["score"] == 5
    assert autograder(course, "report", str(out), "--format", "csv").returncode == 0
    assert ",5.0," in (out / "grades.csv").read_text()
    assert "The rubric changes no score." in autograder(course, "rescore", str(out)).stdout

    for rubric, sentence in [
        ("[rubric.slope_last]\nkeeps = 0.5\nwhy = 'x'\n", "[rubric.slope_last] names no misconception"),
        ("[rubric.slope_first]\nkeeps = 2\nwhy = 'x'\n", "keeps must be a number from 0 to 1, not 2"),
        ("[rubric.slope_first]\nkeeps = 0.5\nwhy = ''\n", "why must be a text that gives the reason"),
        ("[rubric.slope_first]\nkeeps = 0.5\n", "why"),
    ]:
        refused = rescored(rubric)
        assert refused.returncode == 2
        assert sentence in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    assert (out / "results.jsonl").read_text() == lines


def test_nothing_in_the_engine_or_the_local_grader_names_an_assignment_or_its_functions():
    words = re.compile(r"em_gmm|GMM|E_step|M_step|compute_vlb|train_EM")
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for package in ("autograder", "grader")
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line) and "Example:" not in line
    ]
    assert named == []
