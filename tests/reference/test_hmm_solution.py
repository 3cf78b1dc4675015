"""The reference for hidden Markov models against brute force over all paths and hmmlearn, and by its invariants."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from reference.hmm.solution import (
    HMM,
    backward,
    baum_welch,
    forward,
    path_log_probability,
    posterior,
    reestimate,
    run_all,
    viterbi,
)


def model(K, M, T, seed=0, zeros=False):
    """A (K, K), B (K, M), pi (K,), and obs (T,) drawn uniformly. With `zeros`, a third of the entries are zero."""
    rng = np.random.default_rng([seed, K, M, T])

    def rows(count, width):
        p = rng.dirichlet(np.ones(width), count)
        if zeros:
            p *= rng.random(p.shape) < 0.65
            p[np.arange(count), rng.integers(0, width, count)] += 0.1  # no row is empty
        return p / p.sum(axis=1, keepdims=True)

    return rows(K, K), rows(K, M), rows(1, K)[0], rng.integers(0, M, T)


def probabilities_of_all_paths(A, B, pi, obs):
    """P(path, obs) of each path, by multiplying."""
    K, T = len(pi), len(obs)
    found = {}
    for path in itertools.product(range(K), repeat=T):
        p = pi[path[0]] * B[path[0], obs[0]]
        for t in range(1, T):
            p *= A[path[t - 1], path[t]] * B[path[t], obs[t]]
        found[path] = p
    return found


def peer_of(A, B, pi, **options):
    """The same model in hmmlearn. Without hmmlearn, as on a new Python, the test is left out."""
    hmmlearn = pytest.importorskip("hmmlearn.hmm")
    peer = hmmlearn.CategoricalHMM(n_components=len(pi), n_features=B.shape[1], **options)
    peer.startprob_, peer.transmat_, peer.emissionprob_ = pi, A, B
    return peer


small = st.builds(model, st.integers(1, 3), st.integers(1, 4), st.integers(1, 6), st.integers(0, 10_000), st.booleans())
long = pytest.mark.parametrize(("K", "M", "T"), [(1, 3, 5), (2, 2, 1), (3, 6, 300), (5, 4, 40), (2, 4, 3000)])


@given(small)
def test_forward_is_the_sum_over_all_paths(theta):
    total = math.fsum(probabilities_of_all_paths(*theta).values())
    assert_allclose(forward(*theta), math.log(total) if total else -math.inf, rtol=1e-12, atol=1e-14)


@given(small)
def test_backward_is_the_sum_over_all_ways_to_go_on(theta):
    A, B, pi, obs = theta
    log_beta = backward(A, B, pi, obs)
    for t in range(len(obs)):
        for i in range(len(pi)):
            total = 1.0
            if t + 1 < len(obs):  # the rest is a sequence of its own, whose first state is drawn from row i of A
                total = math.fsum(probabilities_of_all_paths(A, B, A[i], obs[t + 1 :]).values())
            assert_allclose(log_beta[t, i], math.log(total) if total else -math.inf, rtol=1e-11, atol=1e-13)


@given(small)
def test_posterior_is_the_share_of_all_paths(theta):
    _, _, pi, obs = theta
    paths = probabilities_of_all_paths(*theta)
    total = math.fsum(paths.values())
    if not total:
        return
    expected_gamma, expected_xi = np.zeros((len(obs), len(pi))), np.zeros((len(obs) - 1, len(pi), len(pi)))
    for path, p in paths.items():
        for t, state in enumerate(path):
            expected_gamma[t, state] += p / total
            if t + 1 < len(path):
                expected_xi[t, state, path[t + 1]] += p / total
    gamma, xi = posterior(*theta)
    assert_allclose(gamma, expected_gamma, rtol=1e-10, atol=1e-14)
    assert_allclose(xi, expected_xi, rtol=1e-10, atol=1e-14)


@given(small)
def test_viterbi_finds_a_path_that_no_other_path_beats(theta):
    paths = probabilities_of_all_paths(*theta)
    best = max(paths.values())
    path = viterbi(*theta)
    assert paths[tuple(path)] == pytest.approx(best, rel=1e-12)
    assert_allclose(path_log_probability(*theta, path), math.log(best) if best else -math.inf, rtol=1e-12, atol=1e-14)


@long
def test_all_is_as_in_hmmlearn(K, M, T):
    A, B, pi, obs = model(K, M, T)
    peer, column = peer_of(A, B, pi), obs[:, None]
    assert_allclose(forward(A, B, pi, obs), peer.score(column), rtol=1e-10)
    assert_allclose(posterior(A, B, pi, obs)[0], peer.predict_proba(column), rtol=1e-7, atol=1e-12)
    log_probability, path = peer.decode(column)
    ours = viterbi(A, B, pi, obs)  # another path if several are best, as with the same symbol twice in a row
    for one in (ours, path):
        assert_allclose(path_log_probability(A, B, pi, obs, one), log_probability, rtol=1e-10)


def test_training_takes_the_steps_of_hmmlearn():
    A, B, pi, obs = model(3, 4, 200)
    peer = peer_of(A, B, pi, n_iter=5, tol=-np.inf, init_params="")
    peer.fit(obs[:, None])
    _, A5, B5, pi5 = run_all(obs, A[None], B[None], pi[None], 0.0, 5)
    assert_allclose(A5[0], peer.transmat_, rtol=1e-7, atol=1e-12)
    assert_allclose(B5[0], peer.emissionprob_, rtol=1e-7, atol=1e-12)
    assert_allclose(pi5[0], peer.startprob_, rtol=1e-7, atol=1e-12)


@long
def test_xi_sums_to_gamma_and_the_parts_of_a_sequence_fit_together(K, M, T):
    A, B, pi, obs = model(K, M, T, zeros=True)
    gamma, xi = posterior(A, B, pi, obs)
    if np.isneginf(forward(A, B, pi, obs)):
        return
    assert_allclose(gamma.sum(axis=1), 1.0, rtol=1e-9)
    assert_allclose(xi.sum(axis=2), gamma[:-1], rtol=1e-7, atol=1e-12)
    assert_allclose(xi.sum(axis=1), gamma[1:], rtol=1e-7, atol=1e-12)
    assert_allclose(
        np.logaddexp.reduce(
            np.log(pi + 0.0, where=pi > 0, out=np.full(K, -np.inf))
            + np.log(B[:, obs[0]], where=B[:, obs[0]] > 0, out=np.full(K, -np.inf))
            + backward(A, B, pi, obs)[0]
        ),
        forward(A, B, pi, obs),
        rtol=1e-10,
    )


def test_a_sequence_of_one_has_no_transitions():
    A, B, pi, obs = model(3, 4, 1)
    gamma, xi = posterior(A, B, pi, obs)
    assert xi.shape == (0, 3, 3)
    assert_allclose(gamma[0], pi * B[:, obs[0]] / (pi @ B[:, obs[0]]))
    assert_array_equal(backward(A, B, pi, obs), np.zeros((1, 3)))
    assert viterbi(A, B, pi, obs) == [np.argmax(gamma[0])]


def test_a_sequence_that_the_model_cannot_produce_has_log_probability_minus_infinity():
    A, B, pi = np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2), np.array([1.0, 0.0])
    assert forward(A, B, pi, np.array([0, 1, 0])) == 0
    assert forward(A, B, pi, np.array([0, 0])) == -np.inf
    assert_array_equal(backward(A, B, pi, np.array([0, 0])), [[-np.inf, 0.0], [0.0, 0.0]])


@given(st.integers(0, 50))
@settings(max_examples=20)
def test_no_iteration_lowers_the_likelihood(seed):
    A, B, pi, obs = model(2, 3, 40, seed)
    likelihoods = [forward(A, B, pi, obs)]
    for _ in range(10):
        A, B, pi = reestimate(A, B, *posterior(A, B, pi, obs), obs)
        likelihoods.append(forward(A, B, pi, obs))
    assert (np.diff(likelihoods) > -1e-10).all()


def test_the_returned_likelihood_is_that_of_the_returned_parameters():
    obs = model(2, 4, 60)[3]
    for max_iter in (1, 2, 50):
        loglik, A, B, pi = baum_welch(obs, 2, 4, max_iter=max_iter, restarts=3, seed=1)
        assert loglik == pytest.approx(forward(A, B, pi, obs), rel=1e-12)


def test_more_restarts_find_no_worse_model():
    obs = model(3, 4, 60)[3]
    found = [baum_welch(obs, 3, 4, restarts=restarts, seed=0)[0] for restarts in (1, 3, 9)]
    assert found == sorted(found)


def test_a_symbol_that_does_not_occur_gets_probability_zero():
    _, A, B, pi = baum_welch(np.array([0, 2, 0, 2, 2, 0, 0]), 2, 4, restarts=2, seed=0)
    assert_array_equal(B[:, [1, 3]], 0)
    for rows in (A, B, pi):
        assert_allclose(rows.sum(axis=-1), 1)


def test_training_takes_a_step_even_if_a_state_is_never_visited():
    A, B, pi = np.array([[1.0, 0.0], [0.5, 0.5]]), np.full((2, 2), 0.5), np.array([1.0, 0.0])
    obs = np.array([0, 1, 1])
    new_A, new_B, _ = reestimate(A, B, *posterior(A, B, pi, obs), obs)
    assert_array_equal(new_A, A)
    assert_allclose(new_B, [[1 / 3, 2 / 3], [0.5, 0.5]])


def test_a_model_keeps_what_fit_found_and_scores_and_decodes_other_sequences_with_it():
    rng = np.random.default_rng(0)
    obs, other = np.repeat(rng.integers(0, 2, 15), 4) * 2, np.array([0, 0, 2, 2, 2])
    hmm = HMM(2, 3)
    with pytest.raises(RuntimeError, match="fit"):
        hmm.score(other)
    assert hmm.fit(obs) is hmm
    assert hmm.loglik == pytest.approx(hmm.score(obs))
    assert hmm.score(other) == forward(hmm.A, hmm.B, hmm.pi, other)
    assert_array_equal(hmm.predict(other), viterbi(hmm.A, hmm.B, hmm.pi, other))
    assert hmm.B.shape == (2, 3)
