"""forward: mistakes with logarithms, scaling and zeros."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _log, _log_alpha, _sum


def _forward(A, B, pi, obs):
    """The right answer."""
    return _sum(_log_alpha(_log(A), _log(B), _log(pi), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You multiply probabilities until they underflow: use logarithms, or scale in each step.",
    see="Two things that go wrong",
)
def no_scaling(A, B, pi, obs):
    """The plain recursion, and the logarithm at the end."""
    alpha = pi * B[:, obs[0]]
    for symbol in obs[1:]:
        alpha = alpha @ A * B[:, symbol]
    return np.log(alpha.sum())


@misconception(
    "forward",
    hint="You multiply the divisors and take the logarithm afterwards: their product underflows, so add logarithms.",
    see="Derivation 1",
    same_answers_as="no_scaling",
)
def logarithm_of_the_product_of_divisors(A, B, pi, obs):
    """np.log(np.prod(c))."""
    alpha, c = pi * B[:, obs[0]], []
    for t in range(len(obs)):
        if t > 0:
            alpha = alpha @ A * B[:, obs[t]]
        c.append(alpha.sum())
        if c[-1] == 0:
            return -np.inf
        alpha = alpha / c[-1]
    return _log(np.prod(c))


@misconception(
    "forward",
    hint="You scale the forward variables and forget the divisors: after scaling they always sum to one.",
    see="Derivation 1",
)
def divisors_forgotten(A, B, pi, obs):
    """log(sum(alpha_hat[-1])), which is zero."""
    alpha = pi * B[:, obs[0]]
    alpha = alpha / alpha.sum()
    for symbol in obs[1:]:
        alpha = alpha @ A * B[:, symbol]
        alpha = alpha / alpha.sum()
    return np.log(alpha.sum())


@misconception(
    "forward",
    hint="You return the logarithm of the last divisor only: the logarithms of all of them add up.",
    see="Derivation 1",
)
def last_divisor_only(A, B, pi, obs):
    """log(c[-1])."""
    alpha = pi * B[:, obs[0]]
    for symbol in obs[1:]:
        alpha = alpha / alpha.sum() @ A * B[:, symbol]
    return np.log(alpha.sum())


@misconception(
    "forward",
    hint="You add up the divisors' logarithms with the wrong sign: alpha was divided by them.",
    see="Derivation 1",
    may_be_named_as=("score_with_the_wrong_sign",),
)
def sign_of_the_divisors(A, B, pi, obs):
    """-sum(log(c))."""
    return -_forward(A, B, pi, obs)


@misconception("forward", hint="You leave the first divisor out of the sum.", see="Derivation 1")
def first_divisor_forgotten(A, B, pi, obs):
    """The sum of the logarithms begins with the second one."""
    return _forward(A, B, pi, obs) - _log(pi @ B[:, obs[0]])


@misconception(
    "forward",
    hint="You return the probability, but the logarithm of it is due: the probability itself underflows.",
    see="Task 1",
)
def probability_in_place_of_its_logarithm(A, B, pi, obs):
    """alpha[-1].sum()."""
    return np.exp(_forward(A, B, pi, obs))


@misconception("forward", hint="You take logarithms to another base: the natural logarithm is due.", see="Task 1")
def logarithm_to_base_two(A, B, pi, obs):
    """np.log2."""
    return _forward(A, B, pi, obs) / np.log(2)


@misconception("forward", hint="You take logarithms to the base 10: the natural logarithm is due.", see="Task 1")
def logarithm_to_base_ten(A, B, pi, obs):
    """np.log10."""
    return _forward(A, B, pi, obs) / np.log(10)


@misconception(
    "forward",
    hint="You divide by the number of symbols, but the whole sequence counts.",
    see="Task 1",
    may_be_named_as=("likelihood_of_one_symbol", "score_of_one_symbol"),
)
def average_over_the_symbols(A, B, pi, obs):
    """loglik / T."""
    return _forward(A, B, pi, obs) / len(obs)


@misconception(
    "forward",
    hint="You add {a} to probabilities before the logarithm: it makes the impossible possible.",
    see="Two things that go wrong",
    examples=(1e-10, 1e-6),
)
def epsilon_in_the_logarithms(A, B, pi, obs, *, a):
    """np.log(A + eps), and so on."""
    return _sum(_log_alpha(np.log(A + a), np.log(B + a), np.log(pi + a), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You add {a} to the divisors: it changes the likelihood, and an impossible sequence becomes possible.",
    see="Two things that go wrong",
    examples=(1e-300, 1e-10, 1e-6),
)
def epsilon_in_the_divisors(A, B, pi, obs, *, a):
    """c = alpha.sum() + eps."""
    alpha, loglik = pi * B[:, obs[0]], 0.0
    for t in range(len(obs)):
        if t > 0:
            alpha = alpha @ A * B[:, obs[t]]
        c = alpha.sum() + a
        loglik, alpha = loglik + np.log(c), alpha / c
    return loglik


@misconception(
    "forward",
    hint="You raise zero probabilities to {a}: zero is right, and its logarithm is -inf.",
    see="Two things that go wrong",
    examples=(1e-12, 1e-10, 1e-6),
)
def zeros_clipped(A, B, pi, obs, *, a):
    """np.log(np.maximum(A, eps))."""
    return _sum(_log_alpha(*(np.log(np.maximum(p, a)) for p in (A, B, pi)), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You take 0 for the logarithm of zero, which is the logarithm of one: the impossible becomes certain.",
    see="Two things that go wrong",
)
def logarithm_of_zero_taken_as_zero(A, B, pi, obs):
    """np.where(p > 0, np.log(p), 0)."""
    return _sum(_log_alpha(*(np.log(np.where(p > 0, p, 1.0)) for p in (A, B, pi)), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You take a large negative number for the logarithm of zero, so an impossible sequence is not -inf.",
    see="Two things that go wrong",
)
def large_number_in_place_of_infinity(A, B, pi, obs):
    """-1e10 for log 0."""
    return _sum(_log_alpha(*(np.where(p > 0, _log(p), -1e10) for p in (A, B, pi)), obs)[-1], axis=0)


@misconception(
    "forward",
    hint="You replace -inf by the smallest float: -inf itself is right.",
    see="Two things that go wrong",
)
def infinity_replaced(A, B, pi, obs):
    """np.nan_to_num of the result."""
    return np.nan_to_num(_forward(A, B, pi, obs))


@misconception(
    "forward",
    hint="For an impossible sequence you divide by a sum of zero, and NaN is left: the answer is -inf.",
    see="Two things that go wrong",
)
def divided_by_zero(A, B, pi, obs):
    """Scaling without a look at c."""
    alpha, loglik = pi * B[:, obs[0]], 0.0
    for t in range(len(obs)):
        if t > 0:
            alpha = alpha @ A * B[:, obs[t]]
        c = alpha.sum()
        loglik, alpha = loglik + np.log(c), alpha / c
    return loglik


@misconception(
    "forward",
    hint="Your log-sum-exp subtracts a maximum of -inf, which gives NaN: look at zeros in A, B and pi.",
    see="Two things that go wrong",
)
def infinity_minus_infinity(A, B, pi, obs):
    """m + log(sum(exp(x - m))) for each state."""
    log_A, log_B = np.log(A), np.log(B)
    log_alpha = np.log(pi) + log_B[:, obs[0]]
    for symbol in obs[1:]:
        x = log_alpha[:, None] + log_A
        m = x.max(axis=0)
        log_alpha = m + np.log(np.exp(x - m).sum(axis=0)) + log_B[:, symbol]
    return log_alpha.max() + np.log(np.exp(log_alpha - log_alpha.max()).sum())


@misconception(
    "forward",
    hint="You store the variables in float32, whose seven digits are too few.",
    see="Two things that go wrong",
)
def few_digits(A, B, pi, obs):
    """A table of float32."""
    alpha, loglik = (pi * B[:, obs[0]]).astype(np.float32), np.float32(0)
    for t in range(len(obs)):
        if t > 0:
            alpha = (alpha @ A.astype(np.float32)) * B[:, obs[t]].astype(np.float32)
        c = alpha.sum()
        if c == 0:
            return -np.inf
        loglik, alpha = loglik + np.log(c), alpha / c
    return loglik
