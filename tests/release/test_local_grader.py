"""The release folder as a student has it: its grader, its key, its samples."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment import load
from autograder.assignment import Misconception, declared_in, known_mistakes
from autograder.grading import run_quietly
from grader import Grader
from grader.key import load_key
from reference.em_gmm import misconceptions, solution

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "release" / "em_gmm"


@pytest.fixture
def samples():
    with np.load(RELEASE / "samples.npz") as archive:
        return dict(archive)


@pytest.fixture
def answers(samples):
    X, theta = samples["data"], (samples["pi0"], samples["mu0"], samples["sigma0"])
    gamma = solution.E_step(X, *theta)
    new = solution.M_step(X, gamma)
    best_loss = solution.train_EM(X, 3, restarts=20, seed=0)[0]
    return {"gamma": gamma, "m_step": new, "loss": solution.compute_vlb(X, *new, gamma), "best_loss": best_loss}


def test_right_answers_earn_full_points_in_every_part(answers):
    grader = Grader(RELEASE / "grader")
    points = [
        grader.submit_e_step(answers["gamma"]),
        grader.submit_m_step(*answers["m_step"]),
        grader.submit_VLB(answers["loss"]),
        grader.submit_EM(answers["best_loss"]),
    ]
    assert points == [20, 40, 20, 20]


def told(answer, capsys):
    """The points and what the local grader says of a best_loss."""
    points = Grader(RELEASE / "grader").submit_EM(answer)
    return points, capsys.readouterr().out


@pytest.mark.parametrize(("wrong", "name"), [(-1.0, "sign_of_a_loss"), (1 / 280, "bound_for_one_point")])
def test_a_wrong_best_loss_is_told_what_it_looks_like(answers, capsys, wrong, name):
    points, said = told(wrong * answers["best_loss"], capsys)
    assert points == 0
    assert next(m.hint for m in declared_in(misconceptions, Misconception) if m.name == name) in said


@pytest.mark.parametrize("answer", [0.0, 1.0, -1.0, 1e9, 1 / 3])
def test_a_number_that_says_nothing_is_given_no_name(capsys, answer):
    points, said = told(answer, capsys)
    assert points == 0
    assert "Hint: " not in said


@pytest.mark.parametrize("factor", [0.9, 1.02, 1.04, 1.09, 1.3])
def test_a_bound_that_no_known_mistake_ends_at_is_given_no_name(answers, capsys, factor):
    assert "Hint: " not in told(factor * answers["best_loss"], capsys)[1]


def test_a_run_that_ends_in_the_commonest_local_optimum_is_told_so(samples, capsys):
    rng = np.random.default_rng(5)  # other starts than the key's
    starts = np.stack([samples["data"][rng.choice(280, 3, replace=False)] for _ in range(200)])
    losses = solution.run_all(samples["data"], starts, 1e-3, 100)[0]
    said = [told(loss, capsys)[1] for loss in losses[np.isfinite(losses)]]
    wrong = [text for text in said if "not passed" in text]
    assert wrong
    assert any("You return a local optimum" in text for text in wrong)
    assert not any("Hint: " in text for text in said if text not in wrong)


def test_a_name_has_the_same_sentence_on_the_desk_as_in_grading():
    known = {m.name: (m.hint, m.see) for m in known_mistakes(misconceptions)}
    for value in load_key(RELEASE / "grader").values.values():
        for mistake in value.fingerprints:
            assert (mistake.hint, mistake.see) == known[mistake.name]


def test_most_known_mistakes_are_named_from_their_numbers_alone(samples, capsys):
    X, theta = samples["data"], (samples["pi0"], samples["mu0"], samples["sigma0"])
    grader = Grader(RELEASE / "grader")
    hinted, visible = [], []
    for mistake in declared_in(misconceptions, Misconception):
        if mistake.part != "e_step":
            continue
        gamma = run_quietly(mistake.function, (X, *theta))
        if isinstance(gamma, np.ndarray) and gamma.shape == (280, 3) and grader.submit_e_step(gamma) == 0:
            visible.append(mistake.name)
            if "Hint: " in capsys.readouterr().out:
                hinted.append(mistake.name)
    assert len(visible) >= 10
    assert hinted == visible


def test_the_release_runs_alone_with_nothing_of_the_kit_on_the_path(tmp_path):
    program = "import grader, sys; grader.Grader().status(); print(grader.__file__); print('matplotlib' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k in ("OPENBLAS_CORETYPE", "SYSTEMROOT")}
    done = subprocess.run(
        [sys.executable, "-E", "-c", program], cwd=RELEASE, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert str(RELEASE) in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


def test_the_release_notebook_holds_no_solution_no_derivation_and_no_expected_value(answers):
    text = (RELEASE / load(ROOT, "em_gmm").notebook).read_text(encoding="utf-8")
    for given_away in ("BEGIN SOLUTION", "cholesky(sigma)", "Lagrangian", "np.log(np.ravel(pi))", "HIDDEN"):
        assert given_away not in text
    for value in (answers["loss"], answers["best_loss"], answers["gamma"][0, 0]):
        assert f"{value:.4f}"[:-1] not in text


def test_a_bound_trained_without_its_entropy_is_told_so(samples, capsys):
    X, best = samples["data"], -np.inf
    rng = np.random.default_rng(1)
    for _ in range(10):
        pi, mu, sigma = np.full(3, 1 / 3), X[rng.choice(280, 3, replace=False)], np.array([np.cov(X.T)] * 3)
        loss = 1.0
        for _ in range(100):
            gamma = solution.E_step(X, pi, mu, sigma)
            pi, mu, sigma = solution.M_step(X, gamma)
            before, loss = loss, misconceptions.entropy_missing(X, pi, mu, sigma, gamma)
            if abs((loss - before) / before) <= 1e-3:
                break
        best = max(best, loss)
    assert Grader(RELEASE / "grader").submit_EM(best) == 0
    assert "second sum of the bound is missing" in capsys.readouterr().out
