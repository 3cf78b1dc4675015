"""Makes random code draw the same numbers again, in the sandbox and wherever its answers are compared.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import contextlib
import random
from collections.abc import Iterator

import numpy as np

# Saved at import, because student code may replace these names.
_bit_generator, _randint = np.random.bit_generator, np.random.randint
_numpy_seed, _numpy_state, _numpy_restore = np.random.seed, np.random.get_state, np.random.set_state
_python_seed, _python_state, _python_restore = random.seed, random.getstate, random.setstate


def seed_random_numbers(number: int) -> None:
    """From here on, every NumPy generator without a seed draws from `number`."""
    # default_rng(), SeedSequence(), RandomState() and the bit generators call randbits if they are given no seed.
    _bit_generator.randbits = lambda _: int(_randint(1 << 31))  # type: ignore[attr-defined]
    _python_seed(number)
    _numpy_seed(number)


@contextlib.contextmanager
def repeatable_random_numbers(number: int) -> Iterator[None]:
    """Seed inside the block as `seed_random_numbers` does. Afterwards restore the earlier state."""
    randbits, states = _bit_generator.randbits, (_python_state(), _numpy_state())  # type: ignore[attr-defined]
    seed_random_numbers(number)
    try:
        yield
    finally:
        _bit_generator.randbits = randbits  # type: ignore[attr-defined]
        _python_restore(states[0])
        _numpy_restore(states[1])
