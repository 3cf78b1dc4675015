"""Small constants that are added, and sizes that are written as numbers."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation

_STEPS = ("e_step", "m_step.mu", "m_step.sigma", "m_step.pi", "vlb")
_LOG = re.compile(r"(^|\.)log(2|10|1p)?$")
_RIDGE = re.compile(r"\b(eye|identity|diag|flat|ones|fill_diagonal|diag_indices\w*)\b")


@observation(
    "m_step.sigma",
    pattern=["$X + $A * $M", "$X + $M * $A", "$X += $A * $M", "$X += $M * $A", "$X += $A"],
    says="You add a constant to the covariance matrix: `{code}`.",
    seen_in="def M_step(X):\n    return X.T @ X + 1e-6 * np.eye(2)",
    not_in="def M_step(X):\n    return X.T @ X + 0.5 * np.eye(2) @ X",
)
def ridge(found: Found) -> bool:
    return found.is_noticeable("A") and bool(_RIDGE.search(found["M"] or found["X"]))


@observation(
    *_STEPS,
    pattern=["$X + $A", "$X += $A", "$A + $X"],
    says="You add {A}: `{code}`.",
    seen_in="def M_step(X, gamma):\n    N_k = gamma.sum(axis=0) + 1e-10\n    return N_k",
    not_in="def M_step(X, gamma):\n    return np.log(gamma + 1e-10), X / (gamma + 1e-10), gamma + 1, X + 1e-3 * np.eye(2)",
)
def constant_added(found: Found) -> bool:
    parent = found.node.parent()
    while parent is not None and parent.kind() in ("parenthesized_expression", "argument_list"):
        parent = parent.parent()
    elsewhere = parent is not None and (
        parent.kind() == "comparison_operator"
        or parent.matches(pattern="$Y / ($$$Z)")
        or (parent.kind() == "call" and _LOG.search((parent.field("function") or parent).text()))
    )
    return found.is_noticeable("A") and not elsewhere and not _RIDGE.search(found["X"])


@observation(
    *_STEPS,
    pattern=["$G[$G == 0] = $A", "$G[$G == 0.0] = $A", "$G[$G < $C] = $A", "$G[$G <= $C] = $A"],
    says="`{code}` replaces values by {A}.",
    seen_in="def compute_vlb(gamma):\n    gamma[gamma == 0] = 1e-10\n    return gamma",
    not_in="def compute_vlb(gamma):\n    gamma[gamma == 0] = 1\n    return gamma",
)
def zeros_replaced(found: Found) -> bool:
    return found.is_tiny("A") and (found.constant("A") or 0) > 1e-290


@observation(
    *_STEPS,
    pattern=["$X[$$$I] = $A", "$X -= $A", "$X += $A", "$X /= $A", "$X *= $A"],
    says="`{code}` changes the argument {X} of {function} in place.",
    seen_in="def compute_vlb(X, gamma):\n    gamma[gamma == 0] = 1e-10\n    X -= 1\n    return gamma",
    not_in="def compute_vlb(X, gamma):\n    gamma = gamma.copy()\n    gamma[gamma == 0] = 1e-10\n    return gamma",
)
def argument_changed_in_place(found: Found) -> bool:
    code = found.code
    if found.function != code.function or found["X"] not in code.arguments:
        return False
    around = next((node for node in found.node.ancestors() if node.kind() in ("function_definition", "lambda")), None)
    own = around.field("name") if around is not None else None
    # A parameter binds the name once. Another binding may be a copy.
    others = [value for value in found.bindings(found["X"]) if value is not None]
    rebound = others or found.definition.find(kind="for_statement", has={"field": "left", "regex": f"^{found['X']}$"})
    return own is not None and own.text() == code.function and not rebound


@observation(
    *_STEPS,
    "em",
    pattern="$X = $N",
    says="`{code}` fixes a size, but the arguments decide it.",
    seen_in="def M_step(X, gamma):\n    N = 280\n    return gamma / N",
    not_in="def M_step(X, gamma):\n    N = len(X)\n    c = 0\n    return gamma / N",
)
def size_written_as_a_number(found: Found) -> bool:
    is_size = re.fullmatch(r"[NnCcKkDdMm]|(n|num)_?\w*|dim\w*", found["X"]) is not None
    return is_size and re.fullmatch(r"\d+", found["N"]) is not None and int(found["N"]) >= 2


@observation(
    *_STEPS,
    "em",
    pattern=["280"],
    says="The number {code} stands in your code. It is the number of points in the notebook, and other data have others.",
    seen_in="def M_step(X, gamma):\n    return gamma.sum(axis=0) / 280",
    not_in="def M_step(X, gamma):\n    return gamma.sum(axis=0) / len(X)",
)
def number_of_points(found: Found) -> bool:
    parent = found.node.parent()
    return parent is None or parent.kind() != "assignment"  # that one is `size_written_as_a_number`
