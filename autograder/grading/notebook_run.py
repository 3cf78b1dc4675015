"""Runs a submission's notebook in the sandbox, and runs it again where its process had to be ended.

It decides which statements are left out. It decides from which statement on the cells run again with their definitions
only. It decides how many cells run before a function is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.assignment import CheckFailed, Section
from autograder.grading.cell_notes import ignored_magics, replaced_functions
from autograder.grading.explain import explain
from autograder.sandbox import Crashed, Sandbox, Session, StandIn, StandIns, TimedOut, modules_named


@dataclass(frozen=True)
class Notebook:
    """What runs of a submission: its code cells, beside these files.

    `sections` says after which cell a function is asked. With `lazy_annotations`, the notebook's Python reads
    annotations only when they are used.
    """

    cells: Sequence[str]
    files: Mapping[str, bytes]
    sections: Mapping[str, Section] = field(default_factory=dict)
    lazy_annotations: bool = False

    def code(self) -> list[str]:
        """The cells and the files with code."""
        own = [raw.decode(errors="replace") for name, raw in self.files.items() if name.endswith((".py", ".ipynb"))]
        return [*self.cells, *own]


class NotebookRun:
    """The process in which a notebook ran, or the next one. At most `limits.replays` processes follow the first one.

    If later cells replace a function or what it uses, the function is asked in a process that runs no later cell.
    `ends` then has how many cells run for it, and `replaced` says so. After `start`, `failures` holds what failed, and
    `broken` says why nothing can be called. `on_end` is called when a process ends.
    """

    def __init__(
        self, sandbox: Sandbox, notebook: Notebook, stand_ins: Mapping[str, StandIn], on_end: Callable[[], None]
    ) -> None:
        self.notebook = notebook
        self.limits = sandbox.limits
        self._sandbox, self._stand_ins, self._on_end = sandbox, stand_ins, on_end
        self._modules = modules_named(notebook.code(), sandbox.limits.packages)
        self._replays_left = sandbox.limits.replays
        self.deadline = time.monotonic() + sandbox.limits.seconds_per_submission
        self._left_out: set[tuple[int, int]] = set()  # statements of cells
        self._definitions_from: tuple[int, int] | None = None
        self._session: Session | None = None
        self._cells_run = len(notebook.cells)  # in the present session
        self.ends: dict[str, int] = {}
        self.replaced: list[str] = []
        self.ignored: list[str] = []
        self.failures: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.broken = ""

    def start(self, end: int | None = None) -> None:
        """Run the notebook's cells. With an `end`, only so many of them run.

        If a statement of a cell had to be stopped, all cells run again without that statement. `stopped` says so. If no
        run is left for that, only definitions run after it.
        """
        cells = self.notebook.cells
        self._cells_run = len(cells) if end is None else end
        while not self.broken:
            self._session = self._sandbox.open(StandIns(self._stand_ins), self._modules)
            limits = self.limits
            # A notebook with several slow statements needs more time for each, one that hangs needs none.
            each = min(limits.seconds_per_notebook, limits.seconds_per_statement * 2 ** len(self.stopped))
            try:
                answer = self._session.run(
                    cells[: self._cells_run],
                    self.notebook.files,
                    limits.seconds_per_notebook,
                    sorted(self._left_out),
                    each,
                    self.deadline,
                    self.notebook.sections if end is None else {},
                    self._definitions_from,
                    self.notebook.lazy_annotations,
                )
            except (TimedOut, Crashed) as problem:
                self._note_stop(self._session, self.why(problem))
            else:
                if end is None:
                    self._read(answer)
                return

    def _note_stop(self, session: Session, why: str) -> None:
        """Decide what the next run leaves out, or that there is none."""
        place = session.at
        self.close()
        is_new = place is not None and place[0] < len(self.notebook.cells) and place[:2] not in self._left_out
        worth_it = place is not None and is_new and time.monotonic() < self.deadline
        statement = f"The statement in line {place[2]} of code cell {place[0] + 1}" if place else ""
        if place and worth_it and self._replays_left:
            self._replays_left -= 1
            self._left_out.add(place[:2])
            self.stopped.append(f"{statement} was stopped and left out: {why}.")
        elif place and worth_it and self._definitions_from is None:
            self._definitions_from = place[:2]
            self.stopped.append(f"{statement} was stopped: {why}. After it, only definitions ran.")
        else:
            self.broken = f"the notebook's cells could not be run to their end: {why}."

    def _read(self, answer: Mapping[str, Any]) -> None:
        """Take from the child's answer what is known of the cells."""
        failures = answer.get("failures")
        self.failures = [f for f in failures if failure_of({"failure": f})] if isinstance(failures, list) else []
        self.ignored = ignored_magics(answer.get("ignored"), self.notebook.cells)
        replaced = replaced_functions(answer.get("replaced"), self.notebook.sections, self.notebook.cells)
        self.ends = {function: self.notebook.sections[function].cell + 1 for function in replaced}
        self.replaced = list(replaced.values())

    def session_for(self, function: str) -> Session:
        """The session in which a function is asked. It is another one if a function before it ran fewer cells.

        Raises CheckFailed if nothing can be called.
        """
        end = self.ends.get(function, len(self.notebook.cells))
        if self._session is not None and end != self._cells_run and time.monotonic() < self.deadline:
            self.close()
            self.start(end)
        if self._session is None and not self.broken:
            if self._replays_left == 0 or time.monotonic() > self.deadline:
                raise CheckFailed(
                    f"not run: earlier calls hung or ended the process more than {self.limits.replays} times, "
                    f"or took all of the {self.limits.seconds_per_submission:g} seconds that a submission has."
                )
            self._replays_left -= 1
            self.start(end if function in self.ends else None)
        if self.broken or self._session is None:
            raise CheckFailed(self.broken)
        return self._session

    def go_on_from(self, other: NotebookRun) -> None:
        """Have the time and the replays that another run of the notebook has left, and one replay at least."""
        self.deadline, self._left_out = other.deadline, set(other._left_out)
        self._definitions_from = other._definitions_from
        self._replays_left = max(1, other._replays_left)

    def only_once_more(self, seconds: float) -> None:
        """End the process. The next one has at most `seconds` in all, and no other follows it."""
        self.close()
        self._replays_left = 1
        self.deadline = min(self.deadline, time.monotonic() + seconds)

    def why(self, problem: Exception) -> str:
        """Say which limit was met, and its value."""
        if isinstance(problem, TimedOut) and time.monotonic() >= self.deadline:
            return f"it took all of the {self.limits.seconds_per_submission:g} seconds that a submission has"
        return str(problem)

    def explained(self, failure: dict[str, Any]) -> str:
        """What a cell that failed did, as the end of a sentence."""
        said = explain(failure, self.limits, left_out=bool(self.stopped), cells=self.notebook.cells)
        return said.replace("is not implemented yet", "raised NotImplementedError: something is not written yet", 1)

    def close(self) -> None:
        """End the process. A later call starts another one."""
        self._on_end()
        if self._session is not None:
            self._session.close()
            self._session = None


def failure_of(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The failure in an answer of the child, if it looks like one."""
    failure = answer.get("failure")
    return failure if isinstance(failure, dict) and {"type", "text"} <= failure.keys() else None
