"""Makes random code give the same numbers again: in the jail, and wherever its answers are compared.

Copied into the jail, so it imports nothing of the kit.
"""

import contextlib
import random
from collections.abc import Iterator

import numpy as np


@contextlib.contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Inside, every generator that nobody seeds draws from `seed`; afterwards all is as it was."""
    make, states = np.random.default_rng, (random.getstate(), np.random.get_state())

    def default_rng(given: object = None) -> np.random.Generator:
        return make(np.random.randint(1 << 31) if given is None else given)  # type: ignore[arg-type]

    np.random.default_rng = default_rng  # type: ignore[assignment]
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.default_rng = make
        random.setstate(states[0])
        np.random.set_state(states[1])
