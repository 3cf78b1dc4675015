"""Small constants, floors, hidden infinities, and sizes that are written as numbers."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation

_RECURSIONS = ("forward", "backward", "posterior.gamma", "posterior.xi", "viterbi")
_LOG = re.compile(r"(^|\.)log(2|10|1p)?$")


@observation(
    *_RECURSIONS,
    "baum_welch",
    "hmm",
    pattern=["$L($X + $A)", "$L($A + $X)"],
    says="You add {A} inside a logarithm: `{code}`.",
    seen_in="def forward(A, pi):\n    eps = 1e-10\n    return np.log(pi + eps)",
    not_in="def forward(A, pi):\n    return np.log(pi + A) + g(pi + 1e-3)",
)
def constant_inside_a_logarithm(found: Found) -> bool:
    return bool(_LOG.search(found["L"])) and found.is_tiny("A")


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["$Y / ($X + $A)", "$Y / ($A + $X)"],
    says="You add {A} to a denominator: `({X} + {A})`.",
    seen_in="def posterior(p):\n    return p / (p.sum() + 1e-12)",
    not_in="def posterior(p):\n    return p / (p.sum() + p)",
)
def constant_in_a_denominator(found: Found) -> bool:
    return found.is_tiny("A") and (found.constant("A") or 0) > 1e-100


@observation(
    *_RECURSIONS,
    pattern=["$G.maximum($X, $A)", "$G.maximum($A, $X)", "$G.clip($X, $A, $$$R)"],
    says="`{code}` raises every smaller value to {A}.",
    seen_in="def forward(A):\n    return np.log(np.maximum(A, 1e-12))",
    not_in="def forward(A):\n    return np.maximum(A, A.mean()) + np.maximum(A, 0)",
)
def floor(found: Found) -> bool:
    value = found.constant("A")
    return value is not None and (-1e100 < value < 0 or 0 < value <= 1e-2)


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["np.nan_to_num($$$X)", "numpy.nan_to_num($$$X)"],
    says="`{code}` turns NaN into 0 and infinities into large numbers, so they are hidden and not mended.",
    seen_in="def forward(A):\n    return np.nan_to_num(np.log(A))",
    not_in="def forward(A):\n    return np.isnan(np.log(A))",
)
def infinities_hidden(found: Found) -> bool:
    return True


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["np.log(np.prod($$$X))", "np.log($X.prod($$$Y))", "math.log(math.prod($$$X))"],
    says="`{code}` takes the logarithm of a product, which may be too small for a float.",
    seen_in="def forward(c):\n    return np.log(np.prod(c))",
    not_in="def forward(c):\n    return np.sum(np.log(c))",
)
def logarithm_of_a_product(found: Found) -> bool:
    return True


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["$X.float32", '$X.astype("float32")', "$X.astype('float32')", "$X.float16"],
    says="You compute with {code}, which keeps about 7 digits or fewer.",
    seen_in="def forward(A):\n    return A.astype(np.float32)",
    not_in="def forward(A):\n    return A.astype(np.float64)",
)
def few_digits_kept(found: Found) -> bool:
    return found["X"] in ("np", "numpy", "torch") or "float32" in found.text


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["range($N)", "range(0, $N)", "range(1, $N)"],
    says="`{code}` ends at {N}, whatever the arguments are.",
    seen_in="def forward(A):\n    for t in range(1, 600):\n        pass",
    not_in="def forward(A, T):\n    for t in range(1, T):\n        pass",
)
def fixed_number_of_rounds(found: Found) -> bool:
    number = found.node.find(kind="integer", regex=rf"^{re.escape(found['N'])}$")
    return number is not None and (found.constant("N") or 0) >= 2


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern="$X = $N",
    says="`{code}` fixes a size, but the arguments decide it.",
    seen_in="def forward(A, obs):\n    T = 600\n    return A / T",
    not_in="def forward(A, obs):\n    T = len(obs)\n    c = 0\n    return A / T",
)
def size_written_as_a_number(found: Found) -> bool:
    is_size = re.fullmatch(r"[NnKkTtMm]|(n|num)_\w+", found["X"]) is not None
    return is_size and re.fullmatch(r"\d+", found["N"]) is not None and int(found["N"]) >= 2


@observation(
    *_RECURSIONS,
    "baum_welch",
    pattern=["$G.zeros($$$S)", "$G.ones($$$S)", "$G.empty($$$S)", "$G.full($$$S)"],
    says="The shape in `{code}` contains a number, but the arguments decide the sizes.",
    seen_in="def forward(A, T):\n    return np.zeros((T, 2))",
    not_in="def forward(A, T):\n    return np.zeros((T, 1)), np.full(T, 3), np.zeros(T + 2)",
)
def shape_written_as_a_number(found: Found) -> bool:
    arguments = found.node.field("arguments")
    shape = arguments.named_children()[0] if arguments and arguments.named_children() else None
    if shape is None or found["G"] not in ("np", "numpy"):
        return False
    sizes = shape.named_children() if shape.kind() in ("tuple", "list") else [shape]
    return any(size.kind() == "integer" and int(size.text()) >= 2 for size in sizes)
