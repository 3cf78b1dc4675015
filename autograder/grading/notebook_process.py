"""The process in which a submission's cells ran. It is made again after a crash, and without a statement that hung.

It also decides when a cell runs again with its definitions only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.assignment import CheckFailed, Section
from autograder.grading.cell_notes import ignored_magics, replaced_functions
from autograder.grading.explain import explain
from autograder.sandbox import Crashed, Sandbox, Session, StandIn, StandIns, TimedOut

Answer = dict[str, Any]


class NotebookProcess:
    """Runs the cells of one submission in a sandbox, as often as its limits allow. `Student` asks its functions."""

    def __init__(
        self,
        sandbox: Sandbox,
        cells: Sequence[str],
        files: Mapping[str, bytes],
        stand_ins: Mapping[str, StandIn],
        sections: Mapping[str, Section],
        lazy_annotations: bool,
    ) -> None:
        self._sandbox = sandbox
        self._cells = cells
        self._files = files
        self._stand_ins = stand_ins
        self._sections = sections
        self._lazy_annotations = lazy_annotations
        self._replays_left = sandbox.limits.replays
        self._end = time.monotonic() + sandbox.limits.seconds_per_submission
        self._left_out: set[tuple[int, int]] = set()  # statements of cells
        self._definitions_from: tuple[int, int] | None = None
        self._session: Session | None = None
        self._cells_run = len(cells)  # in the present session
        self.ends: dict[str, int] = {}
        self.replaced: list[str] = []
        self.ignored: list[str] = []
        self.failures: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.broken = ""

    def start(self, end: int | None = None) -> None:
        """Run the notebook's cells. Then `failures` holds what failed, and `broken` says why nothing can be called.

        If a statement of a cell had to be stopped, all cells run again without that statement. `stopped` says so. If no
        run is left for that, only definitions run after it. With an `end`, only so many cells run.
        """
        self._cells_run = len(self._cells) if end is None else end
        while not self.broken:
            self._session = self._sandbox.open(StandIns(self._stand_ins))
            limits = self._sandbox.limits
            # A notebook with several slow statements needs more time for each, one that hangs needs none.
            each = min(limits.seconds_per_notebook, limits.seconds_per_statement * 2 ** len(self.stopped))
            try:
                answer = self._session.run(
                    self._cells[: self._cells_run],
                    self._files,
                    limits.seconds_per_notebook,
                    sorted(self._left_out),
                    each,
                    self._end,
                    self._sections if end is None else {},
                    self._definitions_from,
                    self._lazy_annotations,
                )
            except (TimedOut, Crashed) as problem:
                place, why = self._session.at, self._why(problem)
                self.close()
                is_new = place is not None and place[0] < len(self._cells) and place[:2] not in self._left_out
                worth_it = place is not None and is_new and time.monotonic() < self._end
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
            else:
                if end is None:
                    self._read(answer)
                return

    def _read(self, answer: Answer) -> None:
        """Take from the child's answer what is known of the cells."""
        failures = answer.get("failures")
        self.failures = [f for f in failures if failure_in({"failure": f})] if isinstance(failures, list) else []
        self.ignored = ignored_magics(answer.get("ignored"), self._cells)
        replaced = replaced_functions(answer.get("replaced"), self._sections, self._cells)
        self.ends = {function: self._sections[function].cell + 1 for function in replaced}
        self.replaced = list(replaced.values())

    def _why(self, problem: Exception) -> str:
        """Say which limit was met, and its value."""
        if isinstance(problem, TimedOut) and time.monotonic() >= self._end:
            return f"it took all of the {self._sandbox.limits.seconds_per_submission:g} seconds that a submission has"
        return str(problem)

    def _ready(self, function: str) -> Session:
        """The session in which a function is asked. It is another one if a function before it ran fewer cells."""
        end = self.ends.get(function, len(self._cells))
        if self._session is not None and end != self._cells_run and time.monotonic() < self._end:
            self.close()
            self.start(end)
        if self._session is None and not self.broken:
            if self._replays_left == 0 or time.monotonic() > self._end:
                limits = self._sandbox.limits
                raise CheckFailed(
                    f"not run: earlier calls hung or ended the process more than {limits.replays} times, "
                    f"or took all of the {limits.seconds_per_submission:g} seconds that a submission has."
                )
            self._replays_left -= 1
            self.start(end if function in self.ends else None)
        if self.broken or self._session is None:
            raise CheckFailed(self.broken)
        return self._session

    def _first_failure(self) -> str:
        if not self.failures:
            return ""
        said = explain(self.failures[0], self._sandbox.limits, left_out=bool(self.stopped))
        return f" The first cell that failed {said}"

    def close(self) -> None:
        """End the process."""
        if self._session is not None:
            self._session.close()
            self._session = None


def failure_in(answer: Answer) -> dict[str, Any] | None:
    """What an answer says of an exception, if it says so in the right form."""
    failure = answer.get("failure")
    return failure if isinstance(failure, dict) and {"type", "text"} <= failure.keys() else None
