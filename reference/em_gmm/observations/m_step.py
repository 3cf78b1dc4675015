"""Sums and divisors of the M-step."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation


@observation(
    "m_step.sigma",
    pattern=["$Y / ($X - 1)", "$Y / ($X - 1.0)"],
    says="You divide by ({X} - 1).",
    seen_in="def M_step(X, N_k):\n    return X / (N_k - 1)",
    not_in="def M_step(X, N_k):\n    return X / N_k - 1",
)
def divisor_reduced_by_one(found: Found) -> bool:
    return True


@observation(
    "m_step.sigma",
    pattern=["np.cov($$$R)"],
    says="`{code}` does not divide by the sum of the weights. `ddof=0` would.",
    seen_in="def M_step(X, gamma):\n    return np.cov(X.T, aweights=gamma[:, 0])",
    not_in="def M_step(X, gamma):\n    return np.cov(X.T, aweights=gamma[:, 0], ddof=0)",
)
def covariance_of_a_sample(found: Found) -> bool:
    return "weights" in found.text and not re.search(r"ddof|bias", found.text)


@observation(
    "m_step.sigma",
    pattern="np.diag(np.diag($X))",
    says="`{code}` keeps only the diagonal.",
    seen_in="def M_step(S):\n    return np.diag(np.diag(S))",
    not_in="def M_step(S):\n    return np.diag(S)",
)
def only_the_diagonal(found: Found) -> bool:
    return True


@observation(
    "m_step.mu",
    "m_step.sigma",
    "m_step.pi",
    pattern=["$X ** 2", "$X**2", "np.square($X)"],
    says="You square responsibilities: `{code}`.",
    seen_in="def M_step(X, gamma):\n    return np.sum(gamma[:, 0] ** 2 * X)",
    not_in="def M_step(X, gamma):\n    return np.sum(gamma[:, 0] * X**2)",
)
def responsibilities_squared(found: Found) -> bool:
    return len(found.code.arguments) > 1 and found["X"].split("[")[0] == found.code.arguments[1]


@observation(
    "m_step.sigma",
    pattern=["$X - np.outer($M, $M)", "$X - np.einsum($$$R)"],
    says="`{code}` subtracts squared means: it loses digits if the points lie far from the origin.",
    seen_in="def M_step(S, mu):\n    return S - np.outer(mu, mu)",
    not_in="def M_step(S, mu):\n    return S - np.einsum('ci,cj->ij', mu, S)",
)
def squared_means_subtracted(found: Found) -> bool:
    subtracted = found.node.field("right")
    if found["M"] or subtracted is None:
        return True
    arguments = subtracted.field("arguments")
    operands = [node.text() for node in arguments.named_children()][1:] if arguments else []
    return len(operands) == 2 and operands[0] == operands[1]


@observation(
    "m_step.sigma",
    pattern=["$X - $X.mean($$$R)", "$X - np.mean($X, $$$R)"],
    says="`{code}` is the distance from the mean of all points, whatever their component.",
    seen_in="def M_step(X, gamma):\n    return X - X.mean(axis=0)",
    not_in="def M_step(X, gamma, mu):\n    return X - mu",
)
def centred_at_all_points(found: Found) -> bool:
    return found.code.arguments[:1] == [found["X"]] and found.function == found.code.function


@observation(
    "m_step.pi",
    pattern=[
        "$X.mean(axis=1)",
        "$X.mean(1)",
        "$X.sum(axis=1)",
        "$X.sum(1)",
        "np.mean($X, axis=1)",
        "np.sum($X, axis=1)",
    ],
    says="`{code}` has an entry for each point, not for each component.",
    seen_in="def M_step(X, gamma):\n    return gamma.mean(axis=1)",
    not_in="def M_step(X, gamma):\n    return gamma.mean(axis=0)",
)
def an_entry_for_each_point(found: Found) -> bool:
    arguments = found.code.arguments
    return len(arguments) > 1 and found["X"] == arguments[1] and not [v for v in found.bindings(found["X"]) if v]


@observation(
    "m_step.pi",
    pattern=["pi = np.ones($N) / $N", "pi = np.full($N, 1 / $N)", "pi = np.full($N, 1.0 / $N)"],
    says="`{code}` does not depend on the responsibilities.",
    seen_in="def M_step(X, gamma):\n    pi = np.ones(C) / C\n    return pi",
    not_in="def M_step(X, gamma):\n    pi = np.ones(C) / C\n    pi = gamma.mean(axis=0)\n    return pi",
)
def equal_weights(found: Found) -> bool:
    return len(found.bindings("pi")) == 1 and not re.search(r"\bpi\[|\bpi\s*[-+*/]=", found.plain_text)
