"""forward: mistakes in the recursion."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _log, _log_alpha, _log_beta, _sum


@misconception("forward", hint="You leave pi out, so every state is as good as a first state.", see="Task 1")
def pi_left_out(A, B, pi, obs):
    """alpha_1 = b."""
    return _sum(_log_alpha(_log(A), _log(B), np.zeros(len(A)), obs)[-1], axis=0)


@misconception(
    "forward", hint="You start with equal probabilities of the states, but pi gives them.", see="Names and shapes"
)
def pi_uniform(A, B, pi, obs):
    """1 / K in place of pi."""
    return _sum(_log_alpha(_log(A), _log(B), np.log(np.full(len(A), 1 / len(A))), obs)[-1], axis=0)


@misconception("forward", hint="Your first forward variable leaves out the first symbol.", see="Task 1")
def first_symbol_left_out(A, B, pi, obs):
    """alpha_1 = pi."""
    log_A, log_B, log_alpha = _log(A), _log(B), _log(pi)
    for symbol in obs[1:]:
        log_alpha = _sum(log_alpha[:, None] + log_A, axis=0) + log_B[:, symbol]
    return _sum(log_alpha, axis=0)


@misconception("forward", hint="Your loop ends one symbol too early.", see="Task 1")
def last_symbol_left_out(A, B, pi, obs):
    """range(1, T - 1)."""
    return _sum(_log_alpha(_log(A), _log(B), _log(pi), obs[: max(1, len(obs) - 1)])[-1], axis=0)


@misconception(
    "forward",
    hint="You use the transitions backwards: A goes from the state of the row to the state of the column.",
    see="Names and shapes",
)
def transposed_transitions(A, B, pi, obs):
    """A @ alpha."""
    return _sum(_log_alpha(_log(A).T, _log(B), _log(pi), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You sum over the state that comes next, but the sum runs over the state before.",
    see="Task 1",
)
def sum_over_the_wrong_axis(A, B, pi, obs):
    """logsumexp(log_alpha[:, None] + log_A, axis=1), which leaves alpha as it was."""
    log_A, log_B = _log(A), _log(B)
    log_alpha = _log(pi) + log_B[:, obs[0]]
    for symbol in obs[1:]:
        log_alpha = _sum(log_alpha[:, None] + log_A, axis=1) + log_B[:, symbol]
    return _sum(log_alpha, axis=0)


@misconception(
    "forward", hint="You take the symbol of the time before, in place of the symbol of the new state.", see="Task 1"
)
def symbol_of_the_time_before(A, B, pi, obs):
    """B[:, obs[t - 1]]."""
    shifted = np.concatenate([obs[:1], obs[:-1]])
    return _sum(_log_alpha(_log(A), _log(B), _log(pi), shifted)[-1], axis=0)


@misconception(
    "forward",
    hint="You count the symbols from 1, so B[:, -1] stands for the first one: obs begins at 0.",
    see="Names and shapes",
)
def symbols_counted_from_one(A, B, pi, obs):
    """B[:, obs - 1]."""
    return _sum(_log_alpha(_log(A), _log(B), _log(pi), obs - 1)[-1], axis=0)


@misconception("forward", hint="You take the best path only, but the probability sums over all paths.", see="Task 1")
def maximum_in_place_of_the_sum(A, B, pi, obs):
    """The score of Viterbi."""
    log_A, log_B = _log(A), _log(B)
    delta = _log(pi) + log_B[:, obs[0]]
    for symbol in obs[1:]:
        delta = (delta[:, None] + log_A).max(axis=0) + log_B[:, symbol]
    return delta.max()


@misconception(
    "forward", hint="You add up the forward variables of all times, but only those of the last one count.", see="Task 1"
)
def summed_over_all_times(A, B, pi, obs):
    """alpha.sum() of the whole table."""
    return _sum(_log_alpha(_log(A), _log(B), _log(pi), obs).ravel(), axis=0)


@misconception(
    "forward", hint="You return the forward variable of the last state only: sum over the states.", see="Task 1"
)
def last_state_only(A, B, pi, obs):
    """alpha[-1, -1]."""
    return _log_alpha(_log(A), _log(B), _log(pi), obs)[-1, -1]


@misconception("forward", hint="Your last step is not a sum but a maximum over the states.", see="Task 1")
def best_last_state_only(A, B, pi, obs):
    """alpha[-1].max()."""
    return _log_alpha(_log(A), _log(B), _log(pi), obs)[-1].max()


@misconception("forward", hint="You leave out the transitions: the states follow each other by A.", see="Task 1")
def symbols_only(A, B, pi, obs):
    """Each time by itself, with the probabilities of the first state."""
    return _sum(_log(pi)[:, None] + _log(B)[:, obs], axis=0).sum()


@misconception(
    "forward",
    hint="You start from the end without pi, or forget the first symbol there: all of beta_1, pi and b count.",
    see="Task 2",
)
def sum_of_beta(A, B, pi, obs):
    """The sum of the first backward variables."""
    return _sum(_log_beta(_log(A), _log(B), obs)[0], axis=0)


@misconception(
    "forward",
    hint="Your function works for two states only, but K is given by the shapes.",
    see="Names and shapes",
    raises=("IndexError",),
)
def two_states_wired_in(A, B, pi, obs):
    """Writes both states out."""
    log_A, log_B = _log(A), _log(B)
    first, second = _log(pi[0]) + log_B[0, obs[0]], _log(pi[1]) + log_B[1, obs[0]]
    for symbol in obs[1:]:
        first, second = (
            np.logaddexp(first + log_A[0, 0], second + log_A[1, 0]) + log_B[0, symbol],
            np.logaddexp(first + log_A[0, 1], second + log_A[1, 1]) + log_B[1, symbol],
        )
    return np.logaddexp(first, second)


@misconception(
    "forward",
    hint="Your loop has the length of the notebook's sequence, but T is len(obs).",
    see="Names and shapes",
    raises=("IndexError",),
)
def length_wired_in(A, B, pi, obs):
    """range(1, 600)."""
    log_A, log_B = _log(A), _log(B)
    log_alpha = _log(pi) + log_B[:, obs[0]]
    for t in range(1, 600):
        log_alpha = _sum(log_alpha[:, None] + log_A, axis=0) + log_B[:, obs[t]]
    return _sum(log_alpha, axis=0)


@misconception(
    "forward",
    hint="You index B by the symbol first, but its rows are the states.",
    see="Names and shapes",
    raises=(
        "ValueError",
        "IndexError",
    ),
)
def rows_of_b_taken_as_symbols(A, B, pi, obs):
    """B[obs[t]]."""
    alpha, loglik = pi * B[obs[0]], 0.0
    for symbol in obs[1:]:
        loglik += np.log(alpha.sum())
        alpha = (alpha / alpha.sum()) @ A * B[symbol]
    return loglik + np.log(alpha.sum())


@misconception(
    "forward",
    hint="With a single symbol your loop never runs, and the variable that it sets is missing.",
    see="Task 1",
    raises=("UnboundLocalError",),
)
def needs_two_symbols(A, B, pi, obs):
    """Returns a variable of the loop."""
    alpha, log_scale = pi * B[:, obs[0]], 0.0
    for symbol in obs[1:]:
        top = alpha.max() or 1.0
        log_scale += np.log(top)
        alpha = alpha / top @ A * B[:, symbol]
        loglik = log_scale + _log(alpha.sum())
    return loglik
