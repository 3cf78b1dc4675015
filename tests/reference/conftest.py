"""Fixtures of the tests of both assignments' references."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reference.em_gmm import solution
from tests.reference.computed_once import once


@pytest.fixture(scope="module")
def each_step_is_computed_once() -> Iterator[None]:
    """A training with several restarts does the runs of one with fewer again, and most mistakes do the same steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solution, "_log_joint", once(solution._log_joint))
        yield
