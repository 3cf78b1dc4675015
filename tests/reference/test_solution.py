"""The reference against independent code, against brute force, and by its invariants."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.linalg import LinAlgError
from numpy.testing import assert_allclose
from scipy.special import expit, logsumexp
from scipy.stats import multivariate_normal

from reference.em_gmm.solution import E_step, M_step, compute_vlb, train_EM


def problem(N, d, C, seed=0, spread=1.5):
    rng = np.random.default_rng([seed, N, d, C])
    A = rng.normal(size=(C, d, d))
    sigma = A @ np.swapaxes(A, 1, 2) + 0.3 * np.eye(d)
    return rng.normal(0, spread, (N, d)), rng.dirichlet(np.ones(C)), rng.normal(0, spread, (C, d)), sigma


def log_joint_by_scipy(X, pi, mu, sigma):
    columns = [
        np.log(p) + multivariate_normal(m, s).logpdf(X).reshape(len(X)) for p, m, s in zip(pi, mu, sigma, strict=True)
    ]
    return np.stack(columns, axis=1)


sizes = pytest.mark.parametrize(
    ("N", "d", "C"), [(1, 1, 1), (1, 3, 2), (5, 1, 3), (40, 2, 3), (200, 6, 5), (3000, 2, 2), (7, 2, 1)]
)
problems = st.builds(
    problem, st.integers(1, 30), st.integers(1, 4), st.integers(1, 4), st.integers(0, 10_000), st.floats(0.1, 10)
)


@sizes
def test_gamma_is_that_of_scipy(N, d, C):
    theta = problem(N, d, C)
    log_joint = log_joint_by_scipy(*theta)
    expected = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))
    assert_allclose(E_step(*theta), expected, rtol=1e-10, atol=1e-300)


@sizes
def test_the_bound_is_that_of_scipy(N, d, C):
    theta = problem(N, d, C)
    gamma = np.random.default_rng(1).dirichlet(np.ones(C), N)
    expected = (gamma * (log_joint_by_scipy(*theta) - np.log(gamma))).sum()
    assert_allclose(compute_vlb(*theta, gamma), expected, rtol=1e-10)


def test_the_bound_at_the_posterior_is_the_log_likelihood_by_brute_force_over_all_assignments():
    X, pi, mu, sigma = problem(4, 2, 3)
    density = np.exp(log_joint_by_scipy(X, pi, mu, sigma))
    total = sum(
        np.prod([density[i, c] for i, c in enumerate(assignment)])
        for assignment in itertools.product(range(3), repeat=4)
    )
    assert_allclose(compute_vlb(X, pi, mu, sigma, E_step(X, pi, mu, sigma)), np.log(total), rtol=1e-12)


def test_points_sixty_standard_deviations_away_keep_finite_responsibilities_and_a_finite_bound():
    X, pi, mu, sigma = (
        np.array([[60.0], [-60.0], [0.5]]),
        np.array([0.5, 0.5]),
        np.array([[0.0], [1.0]]),
        np.ones((2, 1, 1)),
    )
    gamma = E_step(X, pi, mu, sigma)
    assert_allclose(gamma[:, 0], expit(0.5 - X[:, 0]), rtol=1e-10)
    assert_allclose(
        compute_vlb(X, pi, mu, sigma, gamma), logsumexp(log_joint_by_scipy(X, pi, mu, sigma), axis=1).sum(), rtol=1e-12
    )


def test_covariances_of_condition_number_1e10_keep_their_digits():
    rng = np.random.default_rng(3)
    Q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    half = Q * np.sqrt([1e5, 1.0, 1e-5])
    sigma = np.stack([half @ half.T, np.eye(3)])
    X = rng.normal(size=(20, 3)) @ half.T
    theta = (X, np.array([0.6, 0.4]), np.zeros((2, 3)), sigma)
    # The exact Mahalanobis distance is known from the factor that the matrix was made of.
    exact = ((X @ Q / np.sqrt([1e5, 1.0, 1e-5])) ** 2).sum(1)
    first = np.log(0.6) - 0.5 * (3 * np.log(2 * np.pi) + exact)
    second = np.log(0.4) - 0.5 * (3 * np.log(2 * np.pi) + (X**2).sum(1))
    hard = np.tile([1.0, 0.0], (20, 1))
    assert_allclose(compute_vlb(*theta, hard), first.sum(), rtol=1e-4)
    assert_allclose(E_step(*theta)[:, 1], expit(second - first), rtol=1e-4, atol=1e-12)


def test_responsibilities_of_exactly_zero_contribute_nothing():
    X, pi, mu, sigma = problem(6, 2, 3)
    gamma = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    expected = log_joint_by_scipy(X, pi, mu, sigma)[gamma > 0].sum()
    assert_allclose(compute_vlb(X, pi, mu, sigma, gamma), expected, rtol=1e-12)


def test_a_component_of_weight_zero_gets_no_responsibility_and_leaves_the_bound_finite():
    X, pi, mu, sigma = problem(6, 2, 3)
    pi = np.array([0.5, 0.0, 0.5])
    gamma = E_step(X, pi, mu, sigma)
    assert (gamma[:, 1] == 0).all()
    assert np.isfinite(compute_vlb(X, pi, mu, sigma, gamma))


def test_a_singular_covariance_is_an_error_that_names_its_component():
    X, pi, mu, sigma = problem(6, 2, 3)
    sigma[1] = 0
    with pytest.raises(LinAlgError, match="component 1 is singular"):
        E_step(X, pi, mu, sigma)


def test_every_step_from_the_same_start_is_that_of_scikit_learn():
    from sklearn.mixture import GaussianMixture  # slow to import

    X, _, mu, _ = problem(150, 2, 3)
    pi, sigma = np.full(3, 1 / 3), np.stack([np.cov(X.T, bias=True)] * 3)
    peer = GaussianMixture(3, reg_covar=0.0, max_iter=1, tol=0.0, warm_start=True)
    peer.weights_, peer.means_, peer.precisions_cholesky_ = (
        pi,
        mu,
        np.stack([np.linalg.cholesky(np.linalg.inv(s)) for s in sigma]),
    )
    for _ in range(8):
        gamma = E_step(X, pi, mu, sigma)
        assert_allclose(gamma, peer.predict_proba(X), rtol=1e-7, atol=1e-12)
        assert_allclose(compute_vlb(X, pi, mu, sigma, gamma), peer.score(X) * len(X), rtol=1e-9)
        pi, mu, sigma = M_step(X, gamma)
        peer._m_step(X, np.log(np.maximum(gamma, 1e-300)))
        assert_allclose(pi, peer.weights_, rtol=1e-7)
        assert_allclose(mu, peer.means_, rtol=1e-7, atol=1e-9)
        assert_allclose(sigma, peer.covariances_, rtol=1e-6, atol=1e-9)


@given(problems)
def test_rows_of_gamma_sum_to_one(theta):
    assert_allclose(E_step(*theta).sum(axis=1), 1, rtol=1e-12)


@given(problems, st.randoms(use_true_random=False))
def test_relabelling_components_relabels_results(theta, random):
    X, pi, mu, sigma = theta
    order = list(range(len(pi)))
    random.shuffle(order)
    gamma = E_step(X, pi, mu, sigma)
    assert_allclose(E_step(X, pi[order], mu[order], sigma[order]), gamma[:, order], rtol=1e-9, atol=1e-15)
    for result, relabelled in zip(M_step(X, gamma), M_step(X, gamma[:, order]), strict=True):
        assert_allclose(relabelled, result[order], rtol=1e-9, atol=1e-12)


@given(problems)
def test_elsewhere_than_at_the_posterior_the_bound_lies_below(theta):
    N, C = len(theta[0]), len(theta[1])
    other = np.random.default_rng(0).dirichlet(np.ones(C), N)
    top = compute_vlb(*theta, E_step(*theta))
    assert compute_vlb(*theta, other) <= top + 1e-9 * abs(top)


@given(st.integers(0, 50))
def test_the_bound_never_falls(seed):
    X, pi, mu, _ = problem(200, 2, 3, seed)
    sigma, last = np.stack([np.cov(X.T)] * 3), -np.inf
    for _ in range(15):
        gamma = E_step(X, pi, mu, sigma)
        after_e = compute_vlb(X, pi, mu, sigma, gamma)
        pi, mu, sigma = M_step(X, gamma)
        after_m = compute_vlb(X, pi, mu, sigma, gamma)
        assert last <= after_e + 1e-9 * abs(after_e)
        assert after_e <= after_m + 1e-9 * abs(after_m)
        last = after_m
        if np.linalg.eigvalsh(sigma).min() < 1e-6:
            break  # on its way to a collapse, where the bound has no maximum


def test_a_batch_of_mixtures_gives_what_each_gives_alone():
    X, *_ = problem(50, 2, 3)
    thetas = [problem(1, 2, 3, seed)[1:] for seed in range(4)]
    gamma = E_step(X, *(np.stack(p) for p in zip(*thetas, strict=True)))
    assert gamma.shape == (4, 50, 3)
    for r, theta in enumerate(thetas):
        assert_allclose(gamma[r], E_step(X, *theta), rtol=1e-12)


def test_training_repeats_itself_with_a_seed_and_returns_the_bound_of_its_parameters():
    X = problem(120, 2, 3, spread=3)[0]
    first, second = (train_EM(X, 3, rtol=1e-9, max_iter=2000, seed=5) for _ in range(2))
    assert first[0] == second[0]
    loss, *theta = first
    assert_allclose(loss, compute_vlb(X, *theta, E_step(X, *theta)), rtol=1e-6)


def test_more_restarts_never_find_less():
    X = problem(120, 2, 3, spread=3)[0]
    losses = [train_EM(X, 3, restarts=restarts, seed=7)[0] for restarts in (1, 3, 10, 30)]
    assert losses == sorted(losses)


def test_training_stops_after_max_iter_iterations():
    X = problem(120, 2, 3, spread=3)[0]
    one, many = (train_EM(X, 3, rtol=0.0, max_iter=n, restarts=1, seed=7)[0] for n in (1, 50))
    assert one < many


def test_a_collapsed_restart_does_not_win():
    X = np.concatenate([np.random.default_rng(0).normal(size=(20, 2)), np.full((5, 2), 4.0)])
    loss, _, _, sigma = train_EM(X, 3, restarts=30, seed=0)
    assert np.isfinite(loss)
    assert (np.linalg.eigvalsh(sigma) > 0).all()


def test_when_every_restart_collapses_that_is_an_error():
    with pytest.raises(LinAlgError, match="every one of 10 restarts"):
        train_EM(np.ones((6, 2)), 2, seed=0)


def test_fewer_points_than_components_is_an_error():
    with pytest.raises(ValueError, match="3 components need at least 3 points"):
        train_EM(np.eye(2), 3)
