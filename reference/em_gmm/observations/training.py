"""The loops of training: when a restart ends, and which one is kept."""

from __future__ import annotations

import re
from typing import Any

from autograder.assignment import Found, bindings_in, observation, without_words


def _assigned(node: Any) -> dict[str, str]:
    """The names that a statement assigns, each with the expression, for `a, b = x, y` and `a = x`."""
    return {name: "" if value is None else value.text() for name, value in bindings_in(node)}


@observation(
    "em",
    pattern=["if $L < $B:\n    $$$S", "if $B > $L:\n    $$$S"],
    says="You keep the smaller value, `if {L} < {B}`. Of two bounds, the larger one is better.",
    seen_in="def train_EM(X, best=1):\n    if loss < best:\n        best = loss\n    return best",
    not_in="def train_EM(X, best=1):\n    if loss > best:\n        best = loss\n    return best",
)
def the_smaller_is_kept(found: Found) -> bool:
    return _assigned(found.node).get(found["B"].split("[")[0], "").startswith(found["L"])


@observation(
    "em",
    pattern=["np.argmin($X)", "np.nanargmin($X)", "min($X, $$$R)"],
    says="`{code}` picks the smallest. Of several bounds, the largest one is best.",
    seen_in="def train_EM(X):\n    return np.argmin(losses)",
    not_in="def train_EM(X):\n    return np.argmin(distances)",
)
def the_smallest_is_picked(found: Found) -> bool:
    return bool(re.search(r"loss|vlb|bound|elbo", found["X"], re.IGNORECASE)) and "-" not in found["X"]


@observation(
    "em",
    pattern="$B = $V",
    says="The search for the best begins with `{code}`, but a bound can be smaller than that.",
    seen_in="def train_EM(X):\n    best = -1e7\n    if loss > best:\n        best = loss\n    return best",
    not_in="def train_EM(X):\n    best = -np.inf\n    if loss > best:\n        best = loss\n    return best",
)
def a_number_for_minus_infinity(found: Found) -> bool:
    name = found["B"]
    if found.constant("V") is None or not name.isidentifier():
        return False
    compared: list[Any] = [{"pattern": f"$L > {name}"}, {"pattern": f"{name} < $L"}, {"pattern": f"$L >= {name}"}]
    chosen = found.definition.find_all(kind="if_statement", has={"any": compared, "stopBy": "end"})
    kept = any(re.search(rf"\b{name}\s*(,[^=\n]*)?=[^=]", node.text()) for node in chosen)
    return kept or f"max({name}," in found.definition.text()


@observation(
    "em",
    pattern=["$B is None or $L > $C", "not $B or $L > $C", "$B == None or $L > $C"],
    says="`{code}`: a first bound that is NaN stays the best, because no comparison with NaN is true.",
    seen_in="def train_EM(X):\n    if best is None or loss > best:\n        best = loss\n    return best",
    not_in="def train_EM(X):\n    if np.isfinite(loss) and (best is None or loss > best):\n        best = loss\n    return best",
)
def nan_stays_the_best(found: Found) -> bool:
    handled = (
        r"isfinite|isnan|isinf|\bnan\b|\binf\b|\bassert\b|raise\s*=|FloatingPointError|\b(?P<a>\w+) [!=]= (?P=a)\b"
    )
    return not any(re.search(handled, without_words(one)) for one in found.code.definitions.values())


@observation(
    "em",
    pattern="$P[:] = $X",
    says="`{code}` writes into the array {P} in place, and the best result keeps this array and no copy of it.",
    seen_in="def train_EM(X, pi):\n    pi[:] = 1\n    best_pi, n = pi, 2\n    return best_pi",
    not_in="def train_EM(X, pi):\n    pi[:] = 1\n    best_pi, n = pi.copy(), 2\n    return best_pi",
)
def the_best_is_overwritten(found: Found) -> bool:
    pairs = _assigned(found.definition).items()
    return any(value == found["P"] and re.search("best|opt|max|win", name) for name, value in pairs)


@observation(
    "em",
    pattern=["$B = max($B, $L)", "$B = max($L, $B)", "$B = np.maximum($B, $L)", "$B = np.maximum($L, $B)"],
    says="`{code}` keeps the larger bound, but the parameters beside it are stored in every restart.",
    seen_in="def train_EM(X):\n    best_loss = max(loss, best_loss)\n    best_pi = pi\n    return best_pi",
    not_in="def train_EM(X):\n    best_loss = max(loss, best_loss)\n    if good:\n        best_pi = pi\n    return best_pi",
)
def parameters_of_the_last_restart(found: Found) -> bool:
    statement = found.node.parent()
    block = statement.parent() if statement is not None else None
    beside = [node for node in block.children() if node.kind() == "expression_statement"] if block is not None else []
    return any(
        re.match(r"best_?\w+(, best_?\w+)* = ", n.text()) and not n.text().startswith(found["B"]) for n in beside
    )


@observation(
    "em",
    pattern="$P = $V",
    says="`{code}` stands inside the loop that also sets {P} at its end, so the previous bound is lost.",
    seen_in="def train_EM(X):\n    for i in range(9):\n        prev = -np.inf\n        if f(prev): break\n        prev = loss",
    not_in="def train_EM(X):\n    prev = -np.inf\n    for i in range(9):\n        if f(prev): break\n        prev = loss",
)
def the_previous_bound_is_lost(found: Found) -> bool:
    if not re.fullmatch(r"None|-?(np\.|math\.)?inf|-?[\d.e+]+|float\(.-?inf.\)|np\.nan", found["V"]):
        return False
    statement = found.node.parent()
    block = statement.parent() if statement is not None else None
    loop = block.parent() if block is not None else None
    if statement is None or block is None or loop is None or loop.kind() not in ("for_statement", "while_statement"):
        return False
    after = [n for n in statement.next_all() if n.kind() == "expression_statement"]
    return any(re.match(rf"{re.escape(found['P'])} = [a-zA-Z]", n.text()) for n in after)


@observation(
    "em",
    pattern="$P = $L",
    says="{P} is not set again at the beginning of a restart, so its first iteration is compared with the last restart.",
    seen_in="def train_EM(X):\n    prev = None\n    for r in a:\n        for i in b:\n            if loss - prev < 1: break\n            prev = loss",
    not_in="def train_EM(X):\n    for r in a:\n        prev = None\n        for i in b:\n            if loss - prev < 1: break\n            prev = loss",
)
def the_previous_bound_of_another_restart(found: Found) -> bool:
    name = found["P"]
    around = [node.kind() for node in found.ancestors()]
    loops = [node for node in found.ancestors() if node.kind() == "for_statement"]
    if not re.search("prev|old|last|alt|before", name) or len(loops) != 2 or "while_statement" in around:
        return False
    compared = any(name in node.text() for node in loops[0].find_all(kind="comparison_operator"))
    inside = [bound for bound, _ in bindings_in(loops[1]) if bound == name]
    return compared and len(inside) == 1 and len(found.bindings(name)) == 2


@observation(
    "em",
    pattern=["($L - $P) / $X <= $B", "($L - $P) / $X < $B"],
    says="`{code}` has no absolute value, and the sign of a bound counts.",
    seen_in="def train_EM(X, rtol):\n    return (loss - last) / last <= rtol",
    not_in="def train_EM(X, rtol):\n    return abs((loss - last) / last) <= rtol",
)
def no_absolute_value(found: Found) -> bool:
    return "abs" not in found.text


@observation(
    "em",
    pattern=["abs($L - $P) <= $B", "abs($L - $P) < $B", "np.abs($L - $P) <= $B", "np.abs($L - $P) < $B"],
    says="`{code}` compares the change of the bound itself, not its relative change.",
    seen_in="def train_EM(X, rtol):\n    return abs(loss - last) <= rtol",
    not_in="def train_EM(X, rtol):\n    return abs(loss - last) <= rtol * abs(last)",
)
def absolute_change(found: Found) -> bool:
    return found["B"] in found.code.arguments and "/" not in found["L"] + found["P"]


@observation(
    "em",
    pattern="return $A, $B, $C, $L",
    says="`{code}` returns the bound in the last place.",
    seen_in="def train_EM(X):\n    return best_pi, best_mu, best_sigma, best_loss",
    not_in="def train_EM(X):\n    return best_loss, best_pi, best_mu, best_sigma",
)
def bound_in_the_last_place(found: Found) -> bool:
    return "loss" in found["L"] and "loss" not in found["A"] and found.function == found.code.function


@observation(
    "em",
    pattern="$P = None",
    says="Nothing sets {P} after `{code}`, so it is None for ever.",
    seen_in="def train_EM(X):\n    prev = None\n    while True:\n        if prev is not None and loss < prev: break",
    not_in="def train_EM(X):\n    prev = None\n    while True:\n        if prev is not None and loss < prev: break\n        prev = loss",
)
def none_for_ever(found: Found) -> bool:
    name = found["P"]
    used = found.definition.find(kind="comparison_operator", regex=rf"\b{re.escape(name)}\b")
    return len(found.bindings(name)) == 1 and used is not None and len(found.code.definitions) == 1
