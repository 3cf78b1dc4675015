"""backward."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _log, _log_alpha, _log_beta, _scaled_tables, _sum


def _beta(A, B, obs):
    """The right answer."""
    return _log_beta(_log(A), _log(B), obs)


@misconception("backward", hint="You return beta itself, but its logarithm is due.", see="Task 2")
def beta_without_logarithm(A, B, pi, obs):
    """exp(log_beta)."""
    return np.exp(_beta(A, B, obs))


@misconception(
    "backward",
    hint="You multiply probabilities until they underflow: use logarithms, or scale and undo it.",
    see="Two things that go wrong",
)
def beta_without_scaling(A, B, pi, obs):
    """The plain recursion, and the logarithm at the end."""
    beta = np.ones((len(obs), len(A)))
    for t in range(len(obs) - 2, -1, -1):
        beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1])
    return np.log(beta)


@misconception(
    "backward", hint="The scaling is still in your result: add the logarithms of the divisors.", see="Task 2"
)
def scaling_left_in(A, B, pi, obs):
    """Each row sums to one."""
    log_beta = _beta(A, B, obs)
    return log_beta - _sum(log_beta, axis=1)[:, None]


@misconception(
    "backward",
    hint="You add one divisor too many: row t was divided by those of the times after it.",
    see="Task 2",
)
def one_divisor_too_many(A, B, pi, obs):
    """The divisors from t on, where those from t + 1 on are due."""
    alpha = _log_alpha(_log(A), _log(B), _log(pi), obs)
    total = _sum(alpha, axis=1)
    c = np.diff(total, prepend=0.0)
    return _beta(A, B, obs) + c[:, None]


@misconception(
    "backward",
    hint="The forward divisors are still in your result: they turn beta into another variable.",
    see="Derivation 2",
)
def divisors_of_forward_left_in(A, B, pi, obs):
    """The scaled backward variables of Rabiner."""
    return np.log(_scaled_tables(A, B, pi, obs)[2])


@misconception(
    "backward",
    hint="You use the transitions backwards: the sum runs over the columns of A.",
    see="Task 2",
)
def beta_with_transposed_transitions(A, B, pi, obs):
    """A.T @ ..."""
    return _beta(A.T, B, obs)


@misconception("backward", hint="You sum over the present state, but the sum runs over the next one.", see="Task 2")
def beta_summed_over_the_wrong_axis(A, B, pi, obs):
    """axis=0."""
    log_A, log_B, rows = _log(A), _log(B), [np.zeros(len(A))]
    for symbol in obs[:0:-1]:
        rows.append(_sum(log_A + log_B[:, symbol] + rows[-1], axis=0))
    return np.array(rows[::-1])


@misconception(
    "backward", hint="You take the symbol of the present time, but the symbol of the next time is due.", see="Task 2"
)
def symbol_of_the_present_time(A, B, pi, obs):
    """B[:, obs[t]]."""
    log_A, log_B, rows = _log(A), _log(B), [np.zeros(len(A))]
    for symbol in obs[-2::-1]:
        rows.append(_sum(log_A + log_B[:, symbol] + rows[-1], axis=1))
    return np.array(rows[::-1])


@misconception(
    "backward",
    hint="Your beta contains the symbol of the present time, but it begins with the next one.",
    see="Task 2",
)
def present_symbol_counted_too(A, B, pi, obs):
    """P(o_t, ..., o_T | s_t)."""
    return _beta(A, B, obs) + _log(B)[:, obs].T


@misconception("backward", hint="Your last row is 1, but it holds logarithms: the logarithm of 1 is 0.", see="Task 2")
def last_row_of_ones(A, B, pi, obs):
    """log_beta[-1] = 1."""
    return _beta(A, B, obs) + 1.0


@misconception("backward", hint="Your last row is 1/K, but beta_T is 1.", see="Task 2")
def last_row_uniform(A, B, pi, obs):
    """beta[-1] = 1 / K."""
    return _beta(A, B, obs) - np.log(len(A))


@misconception("backward", hint="Your last row is zero before the logarithm, but beta_T is 1.", see="Task 2")
def last_row_of_zeros(A, B, pi, obs):
    """beta = np.zeros, and no last row."""
    return np.full((len(obs), len(A)), -np.inf)


@misconception("backward", hint="You start from pi, which belongs to the other end of the sequence.", see="Task 2")
def last_row_from_pi(A, B, pi, obs):
    """beta[-1] = pi."""
    log_A, log_B, rows = _log(A), _log(B), [_log(pi)]
    for symbol in obs[:0:-1]:
        rows.append(_sum(log_A + log_B[:, symbol] + rows[-1], axis=1))
    return np.array(rows[::-1])


@misconception("backward", hint="Your loop ends before the first row.", see="Task 2")
def first_row_left_out(A, B, pi, obs):
    """range(T - 2, 0, -1)."""
    log_beta = _beta(A, B, obs)
    log_beta[0] = 0.0
    return log_beta


@misconception("backward", hint="Your rows are in the order of the loop, from the end: turn them round.", see="Task 2")
def rows_in_the_order_of_the_loop(A, B, pi, obs):
    """The first row belongs to the last time."""
    return _beta(A, B, obs)[::-1]


@misconception("backward", hint="You leave the symbols out, so each sum is one.", see="Task 2")
def beta_without_symbols(A, B, pi, obs):
    """A @ beta."""
    return np.zeros((len(obs), len(A)))


@misconception("backward", hint="You leave the transitions out of the sum.", see="Task 2")
def beta_without_transitions(A, B, pi, obs):
    """The sum of b beta over the states."""
    return _beta(np.ones_like(A), B, obs)


@misconception("backward", hint="You take the best way to go on, but beta sums over all of them.", see="Task 2")
def beta_with_a_maximum(A, B, pi, obs):
    """max in place of sum."""
    log_A, log_B, rows = _log(A), _log(B), [np.zeros(len(A))]
    for symbol in obs[:0:-1]:
        rows.append((log_A + log_B[:, symbol] + rows[-1]).max(axis=1))
    return np.array(rows[::-1])


@misconception("backward", hint="You return the forward variables.", see="Task 2")
def alpha_in_place_of_beta(A, B, pi, obs):
    """log_alpha."""
    return _log_alpha(_log(A), _log(B), _log(pi), obs)


@misconception(
    "backward", hint="Your table has a row for each state: a row for each time is due.", see="Names and shapes"
)
def beta_transposed(A, B, pi, obs):
    """(K, T)."""
    return _beta(A, B, obs).T


@misconception(
    "backward",
    hint="You add {a} to probabilities before the logarithm: it makes the impossible possible.",
    see="Two things that go wrong",
    examples=(1e-300, 1e-10, 1e-6),
)
def epsilon_in_the_logarithms_of_beta(A, B, pi, obs, *, a):
    """np.log(A + eps), and so on."""
    return _log_beta(np.log(A + a), np.log(B + a), obs)


@misconception(
    "backward",
    hint="You take a large negative number for the logarithm of zero, so the impossible is not -inf.",
    see="Two things that go wrong",
)
def beta_with_a_large_number_for_infinity(A, B, pi, obs):
    """-1e10 for log 0."""
    return _log_beta(*(np.where(p > 0, _log(p), -1e10) for p in (A, B)), obs)


@misconception(
    "backward",
    hint="You take 0 for the logarithm of zero, which is the logarithm of one: the impossible becomes certain.",
    see="Two things that go wrong",
)
def beta_with_zero_for_the_logarithm_of_zero(A, B, pi, obs):
    """np.where(p > 0, np.log(p), 0)."""
    return _log_beta(*(np.log(np.where(p > 0, p, 1.0)) for p in (A, B)), obs)


@misconception(
    "backward",
    hint="Your log-sum-exp subtracts a maximum of -inf, which gives NaN: look at zeros in A and B.",
    see="Two things that go wrong",
)
def beta_with_infinity_minus_infinity(A, B, pi, obs):
    """m + log(sum(exp(x - m))) for each state."""
    log_A, log_B, rows = np.log(A), np.log(B), [np.zeros(len(A))]
    for symbol in obs[:0:-1]:
        x = log_A + log_B[:, symbol] + rows[-1]
        m = x.max(axis=1)
        rows.append(m + np.log(np.exp(x - m[:, None]).sum(axis=1)))
    return np.array(rows[::-1])


@misconception(
    "backward",
    hint="Your table has two columns, but K is given by the shapes.",
    see="Names and shapes",
    raises=("ValueError",),
)
def beta_of_two_states(A, B, pi, obs):
    """np.zeros((T, 2))."""
    log_A, log_B = _log(A), _log(B)
    log_beta = np.zeros((len(obs), 2))
    for t in range(len(obs) - 2, -1, -1):
        log_beta[t] = _sum(log_A + log_B[:, obs[t + 1]] + log_beta[t + 1], axis=1)
    return log_beta
