"""Hidden infinities, underflow, and sizes that are written as numbers."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation

_RECURSIONS = ("forward", "backward", "gamma", "xi", "viterbi")


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
    pattern="$X = $N",
    says="`{code}` fixes a size, but the arguments decide it.",
    seen_in="def forward(A, obs):\n    T = 600\n    return A / T",
    not_in="def forward(A, obs):\n    T = len(obs)\n    c = 0\n    return A / T",
)
def size_written_as_a_number(found: Found) -> bool:
    is_size = re.fullmatch(r"[NnKkTtMm]|(n|num)_\w+", found["X"]) is not None
    return is_size and re.fullmatch(r"\d+", found["N"]) is not None and int(found["N"]) >= 2
