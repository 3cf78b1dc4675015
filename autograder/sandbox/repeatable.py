"""Makes random code give the same numbers again: in the sandbox, and wherever its answers are compared.

Copied into the sandbox, so it imports nothing of the kit.
"""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

# Taken at import: student code may have put anything under these names.
_source, _draw = np.random.bit_generator, np.random.randint
_seed, _state, _restore = np.random.seed, np.random.get_state, np.random.set_state
_plain_seed, _plain_state, _plain_restore = random.seed, random.getstate, random.setstate


def seed_random_numbers(number: int) -> None:
    """From here on, every generator of NumPy's that nobody seeds draws from `number`."""
    # What default_rng(), SeedSequence(), RandomState() and the bit generators ask for when they are given nothing.
    _source.randbits = lambda _: int(_draw(1 << 31))  # type: ignore[attr-defined]
    _plain_seed(number)
    _seed(number)


@contextlib.contextmanager
def repeatable_random_numbers(number: int) -> Iterator[None]:
    """So it is inside; afterwards all is as it was."""
    before, states = _source.randbits, (_plain_state(), _state())  # type: ignore[attr-defined]
    seed_random_numbers(number)
    try:
        yield
    finally:
        _source.randbits = before  # type: ignore[attr-defined]
        _plain_restore(states[0])
        _restore(states[1])
