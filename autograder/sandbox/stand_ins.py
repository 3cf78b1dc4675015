"""Functions of the trusted side that student code may call during one session, in place of the student's own.

The student's process sends arguments and gets a value back. The request is not trusted: the number of calls, the
number of axes of each argument and the length of each axis are limited, so that no request costs much.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.sandbox import frames
from autograder.sandbox.calling import content_of
from autograder.sandbox.repeatable import repeatable_random_numbers, seed_random_numbers

MOST_CALLS = 50_000  # during one call of the student's function
_MOST_KEPT = 32 << 20  # bytes of the answers of one function
_Request = tuple[bytes, int]  # the hash of its frame, and the length of the longest axis it may have


class TooManyCalls(Exception):
    """The student's function called the stand-ins more often than is allowed."""


class _Kept:
    """The frames that answered requests, by the requests. When they take too much memory, it starts again."""

    def __init__(self) -> None:
        self._frames: dict[_Request, bytes] = {}
        self._size = 0

    def find(self, request: _Request) -> bytes | None:
        return self._frames.get(request)

    def put(self, request: _Request, frame: bytes) -> None:
        if self._size + len(frame) > _MOST_KEPT:
            self._frames.clear()
            self._size = 0
        self._frames[request] = frame
        self._size += len(frame)


@dataclass(frozen=True)
class StandIn:
    """A trusted function, and the number of axes of each of its arguments (0 for a number).

    `whole` says which of them are whole numbers, such as indices. The others are floats. `kept` are its answers: those
    to the same call are the same, in all sessions.
    """

    function: Callable[..., Any]
    axes: tuple[int, ...]
    whole: tuple[bool, ...] = ()
    kept: _Kept = field(default_factory=_Kept, compare=False, repr=False)

    @functools.cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of the function for which `axes` has a number."""
        every = inspect.signature(self.function).parameters
        return dict(list(every.items())[: len(self.axes)])


class StandIns:
    """The stand-ins of one session, by the name of the function that each replaces.

    The same call has the same answer: an object that is made again in a fresh process has to be as it was. So the frame
    of an answer is kept by that of its request. A training that is called with more and more restarts repeats most of
    its calls, and other students' trainings repeat some. To read a request takes longer than to answer it.
    """

    def __init__(self, functions: Mapping[str, StandIn]) -> None:
        self.names = tuple(functions)
        self._functions = functions
        self._calls_left = 0
        self._longest = 0

    @contextlib.contextmanager
    def during_call(self, arguments: Sequence[Any]) -> Iterator[None]:
        """A context for one call of the student's function with these arguments. They set how long an axis may be."""
        self._calls_left = MOST_CALLS
        self._longest = max((length for argument in arguments for length in _lengths(argument)), default=0)
        # Entered here, because it takes longer than most answers. The answers only seed.
        with repeatable_random_numbers(0) if self.names else contextlib.nullcontext():
            yield

    def reply(self, head: bytes, body: memoryview) -> bytes | None:
        """The frame that answers the frame of a request. None if the frame is none of a request.

        Raises TooManyCalls and BadFrame. The caller is inside `during_call`.
        """
        key = hashlib.sha256(head + body).digest(), self._longest  # what is too long for one call may do for another
        frame = next(filter(None, (stand_in.kept.find(key) for stand_in in self._functions.values())), None)
        if frame is None:
            request = frames.decode(head, body)
            if not isinstance(request, dict) or "stand_in" not in request:
                return None
            frame = frames.encode(self.answer(request))
            if stand_in := self._functions.get(str(request["stand_in"])):
                stand_in.kept.put(key, frame)
        self._calls_left -= 1
        if self._calls_left < 0:
            raise TooManyCalls
        return frame

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """What answers a request: {"value"}, or {"raise", "text"}. The caller is inside `during_call`."""
        stand_in = self._functions.get(str(request["stand_in"]))
        if stand_in is None:
            return {"raise": "TypeError", "text": "no such function"}
        try:
            arguments = self._checked(stand_in, request.get("arguments"), request.get("named"))
        except (TypeError, ValueError, OverflowError):
            return {"raise": "TypeError", "text": f"{request['stand_in']} got arguments of another form than its own"}
        return self._computed(stand_in, arguments, zlib.crc32(content_of(list(arguments.items()))))

    @staticmethod
    def _computed(stand_in: StandIn, arguments: Mapping[str, Any], seed: int) -> dict[str, Any]:
        seed_random_numbers(seed)
        try:
            with np.errstate(all="ignore"):
                return {"value": stand_in.function(**arguments)}
        except np.linalg.LinAlgError:
            return {"raise": "LinAlgError", "text": "Singular matrix"}
        except Exception:  # noqa: BLE001 - the student's arguments may be anything, and this is the answer to them
            return {"raise": "ValueError", "text": "the shapes of the arguments do not belong together"}

    def _checked(self, stand_in: StandIn, arguments: Any, named: Any) -> dict[str, np.ndarray[Any, Any]]:
        """Return the arguments by name, as arrays. Those beyond the arguments of the trusted function are left out.

        An argument that has a default may be missing. A whole number may be as large as the data are long, or as its
        default is.
        """
        parameters = stand_in.parameters
        given = dict(zip(parameters, arguments, strict=False)) | {k: v for k, v in named.items() if k in parameters}
        whole = stand_in.whole or (False,) * len(parameters)
        checked = {}
        for (name, parameter), axes, is_whole in zip(parameters.items(), stand_in.axes, whole, strict=True):
            if name not in given:
                if parameter.default is inspect.Parameter.empty:
                    raise TypeError("an argument is missing")
                continue
            array = np.asarray(given[name])
            if array.dtype.kind not in "biuf":
                raise TypeError("an argument does not hold numbers")
            if array.ndim != axes or max(array.shape, default=0) > self._longest:
                raise ValueError("an argument has too many axes, or a longer one than the data")
            checked[name] = _as_whole(array) if is_whole else array.astype(float)
            largest = max(self._longest, parameter.default if type(parameter.default) is int else 0)
            if is_whole and not axes and abs(checked[name]) > largest:
                raise ValueError("a number is larger than the data are long")
        return checked


def _as_whole(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.round(array)) & (abs(array) < 1 << 53)).all():
        raise ValueError("an argument holds fractions where whole numbers are due")
    return array.astype(int)


def _lengths(argument: Any) -> tuple[int, ...]:
    if isinstance(argument, list | tuple):
        return (len(argument), *(length for item in argument for length in _lengths(item)))
    return argument.shape if isinstance(argument, np.ndarray) else (argument,) if type(argument) is int else ()
