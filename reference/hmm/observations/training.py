"""What training and the class start from, keep and return."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation


@observation(
    "baum_welch",
    pattern=["np.random.seed($N)", "numpy.random.seed($N)", "np.random.default_rng($N)", "np.random.RandomState($N)"],
    says="`{code}` stands inside a loop, so each of its rounds draws the same numbers.",
    seen_in="def baum_welch(obs, restarts):\n    for _ in range(restarts):\n        np.random.seed(0)",
    not_in="def baum_welch(obs, restarts):\n    rng = np.random.default_rng(0)\n    for i in range(restarts):\n        np.random.seed(i)",
)
def seed_inside_the_loop(found: Found) -> bool:
    return found.constant("N") is not None and found.is_inside("for_statement", "while_statement")


@observation(
    "baum_welch",
    pattern=["$X = $A"],
    says="`{code}`: the log-likelihood of discrete symbols is never above 0, so nothing can be larger than that.",
    seen_in="def baum_welch(obs):\n    best_loglik = 0\n    if loglik > best_loglik:\n        best_loglik = loglik",
    not_in="def baum_welch(obs):\n    best_loglik = -np.inf\n    best_index = 0\n    if loglik > best_loglik:\n        best_loglik = loglik",
)
def best_begins_at_zero(found: Found) -> bool:
    name = found["X"]
    if not re.fullmatch(r"\w*(best|max)\w*(ll|lik|likelihood|loglik|score)\w*", name, re.IGNORECASE):
        return False
    compared = re.search(rf"(>=?\s*{re.escape(name)}\b)|(\b{re.escape(name)}\s*<)", found.plain_text)
    return found["A"] in ("0", "0.0", "0.") and compared is not None


@observation(
    "baum_welch",
    pattern=["np.eye($$$X)", "np.identity($$$X)"],
    says="`{code}` has zeros outside of its diagonal. If it is a start, they stay zero in all iterations.",
    seen_in="def baum_welch(obs, K):\n    A = np.eye(K)\n    return A",
    not_in="def baum_welch(obs, K, M):\n    symbols = np.eye(M)[obs]\n    return symbols",
)
def starts_from_an_identity(found: Found) -> bool:
    parent = found.node.parent()
    return parent is not None and parent.kind() == "assignment" and parent.field("right") == found.node


@observation(
    "baum_welch",
    "hmm",
    pattern=["$O.max() + 1", "np.max($O) + 1", "max($O) + 1", "len(np.unique($O))", "len(set($O))"],
    says="`{code}` counts the symbols that occur, and others may not occur at all.",
    seen_in="def baum_welch(obs, K, M):\n    M = obs.max() + 1\n    return M",
    not_in="def baum_welch(obs, K, M):\n    return obs + 1",
)
def symbols_counted(found: Found) -> bool:
    return True


@observation(
    "baum_welch",
    pattern=["$A - $B <= $C", "$A - $B < $C"],
    says="`{code}` has no absolute value, and it is true whenever {B} is the larger one.",
    seen_in="def baum_welch(obs, rtol):\n    return previous - loglik < rtol",
    not_in="def baum_welch(obs, rtol):\n    return abs(previous - loglik) < rtol",
)
def no_absolute_value(found: Found) -> bool:
    return "abs" not in found.text and re.search(r"\btol\b|rtol|eps", found["C"]) is not None
