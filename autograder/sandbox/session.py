"""One session of the sandbox: runs a notebook's cells in one child process, calls functions, and enforces deadlines."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.sandbox import frames
from autograder.sandbox.counted import Allowance
from autograder.sandbox.limits import Limits
from autograder.sandbox.problems import Crashed, TimedOut
from autograder.sandbox.stand_ins import MOST_CALLS, StandIns, TooManyCalls

_MOST_LINES = 10**6  # of a notebook
Place = tuple[int, int, int]  # a cell, the number of a statement in it, and the statement's line
_PROCESS_ENDED = "it ended the Python process"
_NO_ANSWER = "what came back is not an answer"


class Session:
    """One child process. After TimedOut or Crashed, the session cannot be used any more."""

    def __init__(
        self,
        channel: socket.socket,
        limits: Limits,
        end: Callable[[Session], None],
        measure: Callable[[], Mapping[str, Any]],
        stand_ins: StandIns,
    ) -> None:
        self._channel, self._limits, self._end, self._measure = channel, limits, end, measure
        self._stand_ins = stand_ins
        self.at: Place | None = None  # as the child reports it, so it may be false

    def run(
        self,
        cells: Sequence[str],
        files: Mapping[str, bytes],
        seconds: float,
        left_out: Sequence[tuple[int, int]] = (),
        seconds_each: float = math.inf,
        end: float = math.inf,
        sections: Mapping[str, tuple[int, bool]] = MappingProxyType({}),
        definitions_from: tuple[int, int] | None = None,
        lazy_annotations: bool = False,
    ) -> dict[str, Any]:
        """Run a notebook's cells beside these files: the child's answer, with its failures.

        `sections` has for a function the cell after which it is asked, and whether that is a test cell. The answer says
        under "replaced" which names that the function uses mean something else after the last cell. From the statement
        `definitions_from` on, only imports, definitions and constants run. With `lazy_annotations`, annotations may
        name what is defined later, as since Python 3.14.

        The statements in `left_out`, pairs of a cell and a number in it, do not run. `seconds` are counted, and so are
        `seconds_each`, which each statement may take; `end` is a time of time.monotonic. Raises TimedOut or Crashed.
        Then `self.at` is the statement that caused it: its cell, its number and its line.
        """
        allowance = Allowance(seconds, end, self._measure)
        request = {
            "do": "run",
            "seed": 0,
            "cells": [cell.encode(errors="surrogatepass") for cell in cells],
            "left_out": [list(place) for place in left_out],
            "files": dict(files),
            "definitions_from": None if definitions_from is None else list(definitions_from),
            "lazy_annotations": lazy_annotations,
            "sections": {function: list(section) for function, section in sections.items()},
            "stand_ins": list(self._stand_ins.names),
        }
        self._send(request, allowance)
        slowest, most = None, 0.0
        for _ in range(sum(map(len, cells)) + 1):  # at most one report for each character
            allowance.begin_part(seconds_each)
            try:
                answer = self._receive(allowance)
            except TimedOut:
                if allowance.is_used_up and allowance.part < most:
                    self.at = slowest
                    raise TimedOut(f"all cells together took {seconds:g} seconds, and it took longest") from None
                raise
            if allowance.part > most:
                slowest, most = self.at, allowance.part
            if answer.keys() != {"at"}:
                return answer
            self.at = _place(answer["at"])
        raise Crashed(_NO_ANSWER)

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        seconds: float,
        seed: int,
        end: float = math.inf,
        names: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Call a function: {"missing"}, {"failure"} or {"value", "changed"}. Raises TimedOut or Crashed.

        `seconds` are counted (see `Allowance`); `end` is a time of time.monotonic. `names` has the notebook's name of
        each argument: see `calling`.
        """
        request = {"function": function, "arguments": list(arguments), "names": list(names)}
        return self.ask(request, seconds, seed, end)

    def ask(
        self,
        request: Mapping[str, Any],
        seconds: float,
        seed: int,
        end: float = math.inf,
        inputs: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        """Ask for what a request of `answering` names. Returns and raises what `call` does.

        `inputs` are all arguments that the answer may depend on, if they are more than those of the request.
        """
        allowance = Allowance(seconds, end, self._measure)
        self._send({"do": "call", "seed": seed, **request}, allowance)
        with self._stand_ins.during_call(request.get("arguments", ()) if inputs is None else inputs):
            while True:
                head, body = self._receive_frame(allowance)
                try:
                    reply = self._stand_ins.reply(head, body)
                except TooManyCalls:
                    raise Crashed(f"it called other functions more than {MOST_CALLS} times") from None
                except frames.BadFrame as problem:
                    raise _unreadable(problem) from None
                if reply is None:
                    return _answer_in(head, body)
                allowance.look()
                allowance.trusted_side_was_asked()
                self._send_frame(reply, allowance)

    def _send(self, request: dict[str, Any], allowance: Allowance) -> None:
        self._send_frame(frames.encode(request), allowance)

    def _send_frame(self, frame: bytes, allowance: Allowance) -> None:
        try:
            frames.send_frame(self._channel, frame, allowance.deadline)
        except TimeoutError:
            raise TimedOut(allowance.late()) from None
        except OSError:
            raise Crashed(_PROCESS_ENDED) from None

    def _receive(self, allowance: Allowance) -> dict[str, Any]:
        return _answer_in(*self._receive_frame(allowance))

    def _receive_frame(self, allowance: Allowance) -> tuple[bytes, memoryview]:
        try:
            return frames.receive_frame(
                self._channel, self._limits.result_mb << 20, allowance.deadline, meanwhile=allowance.look
            )
        except TimeoutError:
            raise TimedOut(allowance.late()) from None
        except (EOFError, OSError):
            raise Crashed(_PROCESS_ENDED) from None
        except frames.BadFrame as problem:
            raise _unreadable(problem) from None

    def close(self) -> None:
        """End the child and all that it started. Raises SandboxBroken when that fails."""
        self._channel.close()
        self._end(self)


def _answer_in(head: bytes, body: memoryview) -> dict[str, Any]:
    try:
        answer = frames.decode(head, body)
    except frames.BadFrame as problem:
        raise _unreadable(problem) from None
    if not isinstance(answer, dict):
        raise Crashed(_NO_ANSWER)
    return answer


def _unreadable(problem: frames.BadFrame) -> Crashed:
    return Crashed(f"what came back cannot be read: {problem}")


def _place(reported: Any) -> Place | None:
    """A reported cell, statement and line, or None if it is nothing of that kind."""
    numbers = type(reported) is list and len(reported) == 3 and all(type(n) is int for n in reported)
    right = numbers and all(0 <= n < _MOST_LINES for n in reported)
    return (reported[0], reported[1], reported[2]) if right else None
