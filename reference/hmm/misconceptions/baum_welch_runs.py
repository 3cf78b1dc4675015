"""baum_welch: mistakes with the end of a run, and with what is returned. The steps of EM are right."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _best, _e_step, _loglik, _m_step, _start, _trained


@misconception(
    "baum_welch",
    hint="You return the log-likelihood from before the last M-step: it does not belong to the parameters.",
    see="Task 5",
)
def likelihood_before_the_last_step(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """The log-likelihood of the E-step, and the parameters of the M-step after it."""

    def run():
        A, B, pi = _start(K, M)
        previous = None
        for _ in range(max_iter):
            loglik = _loglik(A, B, pi, obs)
            A, B, pi = _m_step(A, B, *_e_step(A, B, pi, obs), obs)
            if previous is not None and abs(loglik - previous) <= rtol * abs(previous):
                break
            previous = loglik
        return loglik, A, B, pi

    return _best([run] * restarts)


@misconception(
    "baum_welch",
    hint="You return the parameters from before the last M-step beside the log-likelihood of the new ones.",
    see="Task 5",
)
def parameters_before_the_last_step(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """A, B, pi are assigned at the end of the loop, and break comes before that."""

    def run():
        theta = _start(K, M)
        loglik = _loglik(*theta, obs)
        for number in range(max_iter):
            new = _m_step(*theta[:2], *_e_step(*theta, obs), obs)
            previous, loglik = loglik, _loglik(*new, obs)
            if abs(loglik - previous) <= rtol * abs(previous) or number + 1 == max_iter:
                break
            theta = new
        return loglik, *theta

    return _best([run] * restarts)


@misconception(
    "baum_welch",
    hint="Your run stops at once: look at the sign and at the order of the difference.",
    see="Task 5",
)
def stopped_without_absolute_value(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """previous - loglik < rtol, which is always true."""

    def run():
        A, B, pi = _start(K, M)
        previous = _loglik(A, B, pi, obs)
        for _ in range(max_iter):
            A, B, pi = _m_step(A, B, *_e_step(A, B, pi, obs), obs)
            loglik = _loglik(A, B, pi, obs)
            if previous - loglik <= rtol:
                break
            previous = loglik
        return loglik, A, B, pi

    return _best([run] * restarts)


@misconception(
    "baum_welch",
    hint="You divide by the log-likelihood without its sign, so the relative change is always negative.",
    see="Task 5",
    same_answers_as="stopped_without_absolute_value",
)
def divided_by_a_negative_number(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """(loglik - previous) / previous <= rtol."""

    def run():
        A, B, pi = _start(K, M)
        previous = _loglik(A, B, pi, obs)
        for _ in range(max_iter):
            A, B, pi = _m_step(A, B, *_e_step(A, B, pi, obs), obs)
            loglik = _loglik(A, B, pi, obs)
            if (loglik - previous) / previous <= rtol:
                break
            previous = loglik
        return loglik, A, B, pi

    return _best([run] * restarts)


@misconception("baum_welch", hint="You do a fixed number of iterations, whatever max_iter and rtol are.", see="Task 5")
def number_of_iterations_wired_in(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """range(20), and no end before it."""
    return _trained(obs, K, M, -1.0, 20, restarts)


@misconception("baum_welch", hint="You do not use rtol: a run ends only after max_iter iterations.", see="Task 5")
def tolerance_ignored(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """No end before max_iter."""
    return _trained(obs, K, M, -1.0, max_iter, restarts)


@misconception("baum_welch", hint="You do not use max_iter: a run goes on until it has converged.", see="Task 5")
def limit_of_iterations_ignored(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """while True."""
    return _trained(obs, K, M, rtol, 300, restarts)


@misconception("baum_welch", hint="You do one iteration too many: max_iter is the largest number.", see="Task 5")
def one_iteration_too_many(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """range(max_iter + 1)."""
    return _trained(obs, K, M, rtol, max_iter + 1, restarts)


@misconception("baum_welch", hint="You do one iteration too few: with max_iter = 1 nothing happens.", see="Task 5")
def one_iteration_too_few(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """range(1, max_iter)."""
    return _trained(obs, K, M, rtol, max_iter - 1, restarts)


# ---------------------------------------------------------------- what is returned


@misconception("baum_welch", hint="You return minus the log-likelihood.", see="Task 5")
def sign_of_a_loss(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """A loss to be minimised."""
    loglik, *theta = _trained(obs, K, M, rtol, max_iter, restarts)
    return -loglik, *theta


@misconception(
    "baum_welch", hint="You return the log-likelihood of one symbol, but that of the sequence is due.", see="Task 5"
)
def likelihood_of_one_symbol(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """loglik / T."""
    loglik, *theta = _trained(obs, K, M, rtol, max_iter, restarts)
    return loglik / len(obs), *theta


@misconception("baum_welch", hint="You return the probability, but its logarithm is due.", see="Task 5")
def probability_of_the_sequence(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """exp(loglik)."""
    loglik, *theta = _trained(obs, K, M, rtol, max_iter, restarts)
    return np.exp(loglik), *theta


@misconception("baum_welch", hint="You return the values in another order: best_loglik comes first.", see="Task 5")
def parameters_in_another_order(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """A, B, pi, loglik."""
    loglik, A, B, pi = _trained(obs, K, M, rtol, max_iter, restarts)
    return A, B, pi, loglik


@misconception(
    "baum_welch", hint="You return pi before A and B: the order is best_loglik, best_A, best_B, best_pi.", see="Task 5"
)
def pi_before_a_and_b(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """loglik, pi, A, B, in the order of the textbook."""
    loglik, A, B, pi = _trained(obs, K, M, rtol, max_iter, restarts)
    return loglik, pi, A, B


@misconception("baum_welch", hint="You return the logarithms of the parameters.", see="Task 5")
def logarithms_of_the_parameters(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """log_A, log_B, log_pi."""
    loglik, *theta = _trained(obs, K, M, rtol, max_iter, restarts)
    with np.errstate(divide="ignore"):
        return loglik, *(np.log(p) for p in theta)
