"""Densities and logarithms in the E-step and in the bound."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation


def _is_in_a_loop(found: Found) -> bool:
    loops = ("for_statement", "while_statement", "list_comprehension", "generator_expression")
    return found.is_inside(*loops) or found.function != found.code.function


def _is_one_for_all_points(found: Found) -> bool:
    """Whether $X is a table that the function itself computes, and no row of it."""
    return not _is_in_a_loop(found) and found["X"] not in found.code.arguments


@observation(
    "e_step",
    "vlb",
    pattern=["$G.pdf($$$R)", "$G($$$Q).pdf($$$R)"],
    says="`{code}`: the density of a point far away is stored as zero. `logpdf` gives its logarithm.",
    seen_in="def E_step(X, mu, sigma):\n    return multivariate_normal.pdf(X, mu, sigma)",
    not_in="def E_step(X, mu, sigma):\n    return multivariate_normal.logpdf(X, mu, sigma)",
)
def density_of_scipy(found: Found) -> bool:
    return True


@observation(
    "e_step",
    "vlb",
    pattern=["np.exp($X)", "math.exp($X)"],
    says="{function} computes densities without logarithms, `{code}`: the density of a point far away is stored as zero.",
    seen_in="def E_step(X, S):\n    a = -0.5 * X\n    return np.exp(a) / np.sqrt(np.linalg.det(S))",
    not_in="def E_step(X, S):\n    a = -0.5 * X - 0.5 * np.log(np.linalg.det(S))\n    return np.exp(a - a.max())",
)
def density_without_logarithm(found: Found) -> bool:
    text = found.plain_text
    values = [value for value in found.bindings(found["X"]) if value is not None]
    exponents = [found["X"], *(value.text() for value in values if "log" not in text)]
    if not any(exponent.startswith("-") for exponent in exponents) or not re.search(r"\bdet\(", text):
        return False
    # After the smallest distance is subtracted, the largest numerator is one.
    here = found.node.range().start.index
    extremes = found.definition.find_all(kind="identifier", regex="^(a?min|a?max|minimum|maximum)$")
    return all(extreme.range().start.index > here for extreme in extremes)


@observation(
    "e_step",
    "vlb",
    pattern=["np.exp($L($$$R))", "math.exp($L($$$R))"],
    says="`{code}`: the density of a point far away is stored as zero.",
    seen_in="def E_step(X, mu, sigma):\n    return np.exp(log_pdf(X, mu, sigma))",
    not_in="def E_step(X):\n    return np.exp(log_softmax(X))",
)
def logarithm_of_density_undone(found: Found) -> bool:
    return bool(re.search(r"log_?\w*(pdf|dens|gauss|normal|gaussian)", found["L"], re.IGNORECASE))


@observation(
    "e_step",
    "vlb",
    pattern=["np.log(np.linalg.det($X))", "np.log(det($X))"],
    says="`{code}`: in many dimensions the determinant is stored as zero or infinity. `slogdet` gives its logarithm.",
    seen_in="def E_step(S):\n    return np.log(np.linalg.det(S))",
    not_in="def E_step(S):\n    return np.linalg.slogdet(S)[1]",
)
def logarithm_of_a_determinant(found: Found) -> bool:
    return True


@observation(
    "e_step",
    pattern=["$X - np.max($X)", "$X - $X.max()", "$X -= np.max($X)", "$X -= $X.max()"],
    says="`{code}` takes one maximum over all of {X}. In the E-step, each point needs its own.",
    seen_in="def E_step(X):\n    a = g(X)\n    return np.exp(a - np.max(a))",
    not_in="def E_step(a):\n    return [np.exp(row - np.max(row)) for row in a]",
)
def one_maximum(found: Found) -> bool:
    return _is_one_for_all_points(found)


@observation(
    "e_step",
    pattern=["$X / $X.sum()", "$X / np.sum($X)", "$X /= $X.sum()", "$X /= np.sum($X)"],
    says="`{code}` divides by one sum over all of {X}. In the E-step, each point has its own sum.",
    seen_in="def E_step(X):\n    a = g(X)\n    return a / a.sum()",
    not_in="def E_step(a):\n    return a / a.sum(axis=1, keepdims=True)",
)
def one_sum(found: Found) -> bool:
    return _is_one_for_all_points(found)


@observation(
    "e_step",
    pattern=["$X - $X.max(axis=0, $$$R)", "$X -= $X.max(axis=0, $$$R)", "$X - np.max($X, axis=0, $$$R)"],
    says="`{code}` takes the maximum along the first axis of {X}.",
    seen_in="def E_step(a):\n    a -= a.max(axis=0, keepdims=True)\n    return a",
    not_in="def E_step(a):\n    a -= a.max(axis=1, keepdims=True)\n    return a",
)
def maximum_along_the_first_axis(found: Found) -> bool:
    return True


@observation(
    "vlb",
    pattern=["np.log($P)", "np.log($P + $A)"],
    says="`{code}` is the logarithm of a density, and the density of a point far away is stored as zero.",
    seen_in="def compute_vlb(q, gamma):\n    p = np.exp(-0.5 * q) / 2\n    return np.log(p)",
    not_in="def compute_vlb(q, gamma):\n    a = q - q.max()\n    p = np.exp(a).sum()\n    return np.log(p)",
)
def logarithm_of_a_density(found: Found) -> bool:
    name = found["P"].split("[")[0]
    values = [value for value in found.bindings(name) if value is not None]
    if name.isidentifier():
        entries = found.definition.find_all(pattern=f"{name}[$$$I] = $V")
        values += [right for entry in entries if (right := entry.field("right"))]
    return any(re.search(r"exp\(\s*-|\.pdf\(", value.text()) for value in values)


@observation(
    "vlb",
    pattern="np.log($P)",
    says="`{code}` is minus infinity where a responsibility is zero.",
    seen_in="def compute_vlb(X, gamma):\n    return -np.sum(gamma * np.log(gamma))",
    not_in="def compute_vlb(X, gamma):\n    g = gamma > 0\n    return -np.sum(gamma[g] * np.log(gamma[g]))",
)
def logarithm_of_zero(found: Found) -> bool:
    code, name = found.code, found["P"].split("[")[0]
    if not re.fullmatch(r"\w+(\[[^]]*\])?", found["P"]):
        return False
    if not code.arguments or found.function != code.function or name != code.arguments[-1]:
        return False
    if [value for value in found.bindings(name) if value is not None] or found.is_inside("if_statement"):
        return False
    handled = r"where|nonzero|mask|clip|maximum|nan_to_num|nansum|xlogy|entr\b|(==|!=|<=?|>=?)\s*(0\b|1e|eps|tiny)"
    return re.search(handled, found.plain_text) is None


@observation(
    "vlb",
    pattern="np.log(2 * np.pi)",
    says="`{code}` has no factor d / 2, so the density is that of two dimensions.",
    seen_in="def compute_vlb(q, S):\n    a = -np.log(2 * np.pi) - 0.5 * slogdet(S)[1] - 0.5 * q\n    return a",
    not_in="def compute_vlb(q, S, d):\n    a = -0.5 * (np.log(2 * np.pi) * d + q) - 0.5 * d * np.log(2 * np.pi)\n    return a",
)
def density_of_two_dimensions(found: Found) -> bool:
    for node in found.ancestors():
        kind, sign = node.kind(), node.field("operator")
        if kind in ("assignment", "return_statement"):
            return len(re.findall(r"[-+*]", node.text())) > 2  # not only the constant itself
        if not (kind == "unary_operator" or (kind == "binary_operator" and sign and sign.text() in "+-")):
            return False
    return False


@observation(
    "e_step",
    "vlb",
    pattern=["np.nan_to_num($$$R)", "np.nansum($$$R)", "np.nanmax($$$R)", "np.nanmean($$$R)"],
    says="`{code}` hides every NaN.",
    seen_in="def compute_vlb(a):\n    return np.nansum(a)",
    not_in="def compute_vlb(a):\n    return np.sum(a)",
)
def nan_is_hidden(found: Found) -> bool:
    return True


@observation(
    "e_step",
    "vlb",
    pattern=["$A * np.log(np.diag($L)).sum()", "$A * np.sum(np.log(np.diag($L)))"],
    says="`{code}`: the logarithm of the determinant is twice the sum of these logarithms, and its half is the sum.",
    seen_in="def E_step(S, x):\n    L = np.linalg.cholesky(S)\n    return x - 0.5 * np.log(np.diag(L)).sum()",
    not_in="def E_step(S, x):\n    L = np.linalg.cholesky(S)\n    return x - 0.5 * (2 * np.log(np.diag(L)).sum())",
)
def a_quarter_of_the_determinant(found: Found) -> bool:
    factor = found.constant("A")
    values = [value.text() for value in found.bindings(found["L"]) if value is not None]
    return factor is not None and abs(factor) == 0.5 and bool(values) and all("cholesky" in value for value in values)


@observation(
    "vlb",
    pattern=["$X += np.sum($G * np.log($G))", "$X += ($G * np.log($G)).sum()"],
    says="`{code}` adds this sum, but the bound subtracts it.",
    seen_in="def compute_vlb(X, gamma):\n    loss = 1\n    loss += np.sum(gamma * np.log(gamma))\n    return loss",
    not_in="def compute_vlb(X, gamma):\n    loss = 1\n    loss -= np.sum(gamma * np.log(gamma))\n    return loss",
)
def entropy_added_with_the_wrong_sign(found: Found) -> bool:
    return bool(re.search(rf"return (float\()?{re.escape(found['X'])}\b", found.plain_text))


@observation(
    "vlb",
    pattern={"kind": "function_definition"},
    says="{function} takes no logarithm of the responsibilities.",
    seen_in="def compute_vlb(X, pi, gamma):\n    return np.sum(gamma * np.log(pi))",
    not_in="def compute_vlb(X, pi, gamma):\n    g = gamma[:, 0]\n    return np.sum(g * np.log(pi)) - np.sum(g * np.log(g))",
)
def no_logarithm_of_gamma(found: Found) -> bool:
    code, own = found.code, found.node.field("name")
    text = found.plain_text
    if own is None or own.text() != code.function or len(code.definitions) > 1 or not code.arguments:
        return False
    if re.search(r"xlogy|entr|kl_div|lambda|\bdef\b.*\bdef\b", text, re.DOTALL) or not re.search(r"log\(", text):
        return False
    depends = {code.arguments[-1]}
    loops = found.definition.find_all(kind="for_statement", regex=r"^for \w+ in range\(")
    counters = {left.text() for loop in loops if (left := loop.field("left"))}
    names = {node.text() for node in found.definition.find_all(kind="identifier")} - set(code.arguments) - counters
    for _ in range(5):  # names of names of names
        for name in names:
            for value in found.bindings(name):
                used = (
                    {name} if value is None else {node.text() for node in [value, *value.find_all(kind="identifier")]}
                )
                if value is None or used & depends:
                    depends.add(name)
    logs = found.definition.find_all(kind="call", regex=r"^([\w.]+\.)?log(2|10|1p)?\(")
    return not any({node.text() for node in log.find_all(kind="identifier")} & depends for log in logs)
