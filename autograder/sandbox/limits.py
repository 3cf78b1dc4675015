"""What one submission may use of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    The seconds of a call, of a statement in a cell and of all cells are counted as `Allowance` says: processor time and
    sleep. Those of the submission are wall-clock time. `seconds_per_call` is the most that a call may have. A call that
    a check asks for may have less, as `autograder build` measured. `cpu_seconds` is the processor time of one process.
    `memory_mb` is counted for each process. `processes` counts threads too. `file_mb` is the size of the largest file;
    under strict isolation it is the size of all files together. `output_characters` are kept from the beginning of the
    output and as many from its end. `hidden_packages` are installed for the kit's use; student code cannot find them.
    `packages` are those that the assignment uses beside NumPy and SciPy; they are imported before student code runs.
    """

    seconds_per_call: float = 90.0
    seconds_per_statement: float = 10.0
    seconds_per_notebook: float = 120.0
    seconds_per_submission: float = 600.0
    cpu_seconds: int = 600
    memory_mb: int = 3000
    processes: int = 32
    file_mb: int = 64
    result_mb: int = 64
    output_characters: int = 4000
    replays: int = 3
    hidden_packages: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
