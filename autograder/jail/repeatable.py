"""Makes random code give the same numbers again: in the jail, and wherever its answers are compared.

Copied into the jail, so it imports nothing of the kit.
"""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

# Taken at import: student code may have put anything under these names.
_make, _draw = np.random.default_rng, np.random.randint
_seed, _state, _restore = np.random.seed, np.random.get_state, np.random.set_state
_plain_seed, _plain_state, _plain_restore = random.seed, random.getstate, random.setstate


@contextlib.contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Inside, every generator that nobody seeds draws from `seed`; afterwards all is as it was."""
    before, states = np.random.default_rng, (_plain_state(), _state())

    def default_rng(given: object = None) -> np.random.Generator:
        return _make(_draw(1 << 31) if given is None else given)  # type: ignore[arg-type]

    np.random.default_rng = default_rng  # type: ignore[assignment]
    _plain_seed(seed)
    _seed(seed)
    try:
        yield
    finally:
        np.random.default_rng = before
        _plain_restore(states[0])
        _restore(states[1])
