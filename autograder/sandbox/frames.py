"""The wire between the trusted side and a sandboxed process: bounded frames, no pickle.

A frame is two lengths (head, body; 8 bytes each, big-endian), a JSON head and raw array bytes. The head
says {"message": ..., "arrays": [[dtype, shape], ...]}; wherever the message holds {"array": i}, array i
belongs. Whoever sends may be hostile: `receive` believes no length, dtype or shape before it is checked.
"""

from __future__ import annotations

import json
import math
import select
import socket
import struct
import time
from typing import Any

import numpy as np

DTYPES = frozenset(["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"])
MAX_HEAD = 1 << 20
_LENGTHS = struct.Struct(">QQ")
_DEPTH = 32
_STEP = 1 << 16
_LONGEST = 1 << 32  # axis: an empty array may have one that is longer than its frame


class BadFrame(Exception):
    """What came over the wire is no frame of ours; the message says why."""


class OpaqueValue:
    """Stands for a returned value that is no array; only its type's name and whether it can be called."""

    def __init__(self, type_name: str, can_be_called: bool = False) -> None:
        self.type_name = type_name
        self.can_be_called = can_be_called


def encode(message: Any) -> bytes:
    """The frame of a message made of dicts, lists, tuples, str, numbers, None, OpaqueValue and arrays."""
    arrays: list[np.ndarray[Any, Any]] = []
    head = json.dumps({"message": _pack(message, arrays, 0), "arrays": [[a.dtype.str, a.shape] for a in arrays]})
    raw_head = head.encode()
    if len(raw_head) > MAX_HEAD:
        raise BadFrame("it has too many parts")
    return b"".join(
        [_LENGTHS.pack(len(raw_head), sum(a.nbytes for a in arrays)), raw_head, *(a.tobytes() for a in arrays)]
    )


def decode(head: bytes, body: bytes | memoryview) -> Any:
    """The message of a frame; BadFrame for anything that `encode` would not have written."""
    try:
        envelope = json.loads(head)
        specs, message = envelope["arrays"], envelope["message"]
        arrays, at = [], 0
        for dtype, shape in specs:
            if dtype not in DTYPES:
                raise BadFrame("an array has a type that does not pass")
            if len(shape) > _DEPTH or not all(type(n) is int and 0 <= n <= _LONGEST for n in shape):
                raise BadFrame("an array has an impossible shape")
            count = math.prod(shape)
            size = count * np.dtype(dtype).itemsize
            if size > len(body) - at:
                raise BadFrame("an array is longer than its frame")
            arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape).copy())
            at += size
        if at != len(body):
            raise BadFrame("the frame is longer than its arrays")
        return _unpack(message, arrays, 0)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as problem:
        raise BadFrame(f"it is malformed ({type(problem).__name__})") from None


def send(channel: socket.socket, message: Any, deadline: float) -> None:
    """Send one frame; TimeoutError past the deadline (time.monotonic), OSError when the other end is gone."""
    channel.settimeout(max(0.001, deadline - time.monotonic()))
    channel.sendall(encode(message))


def receive(channel: socket.socket, max_body: int, deadline: float) -> Any:
    """Receive one frame; TimeoutError, EOFError when the other end is gone, BadFrame."""
    head_length, body_length = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if head_length > MAX_HEAD:
        raise BadFrame("its head is too long")
    if body_length > max_body:
        raise BadFrame(f"its numbers take more than the {max_body} bytes allowed")
    rest = memoryview(_exactly(channel, head_length + body_length, deadline))
    return decode(bytes(rest[:head_length]), rest[head_length:])


def _exactly(channel: socket.socket, count: int, deadline: float) -> bytearray:
    """So many bytes. They take no more memory when they come in drops, nor before they have come."""
    buffer, got = bytearray(), 0
    while got < count:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([channel], [], [], left)[0]:
            raise TimeoutError
        if got == len(buffer):
            buffer.extend(bytes(min(count - got, max(_STEP, got))))
        with memoryview(buffer) as whole, whole[got:] as rest:
            came = channel.recv_into(rest)
        if not came:
            raise EOFError
        got += came
    return buffer


def _pack(value: Any, arrays: list[Any], depth: int) -> Any:
    """JSON for a value. Exact types only: a subclass may lie about itself."""
    if depth >= _DEPTH:
        return {"foreign": "nested list", "callable": False}
    kind = type(value)
    if value is None or kind in (str, bool, float) or (kind is int and abs(value) < 1 << 63):
        return {"plain": value}
    if kind is dict and all(type(key) in (str, int) for key in value):  # str() of any other key may run its code
        return {"dict": [[str(key), _pack(item, arrays, depth + 1)] for key, item in value.items()]}
    if kind in (tuple, list):
        array = _from_nested_lists(value) if kind is list else None
        if array is None:
            return {kind.__name__: [_pack(item, arrays, depth + 1) for item in value]}
        value = array
    if kind is bytes:
        return {"bytes": _pack(np.frombuffer(value, np.uint8), arrays, depth)["array"]}
    if kind is OpaqueValue:
        return {"foreign": value.type_name[:80], "callable": value.can_be_called}
    array = _as_plain_array(value)
    if array is None:
        return {"foreign": kind.__name__[:80], "callable": callable(value)}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def _from_nested_lists(value: list[Any]) -> np.ndarray[Any, Any] | None:
    """One array for lists of lists of numbers, which would make a long head; None for anything else."""
    if not value or not all(type(item) is list for item in value):
        return None
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _as_plain_array(value: Any) -> np.ndarray[Any, Any] | None:
    """A little-endian, contiguous, exact ndarray of a dtype that passes; None for anything else."""
    if not isinstance(value, np.ndarray | np.generic | int | float | complex):
        return None
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        return None
    array = np.array(value, order="C", subok=False)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype == np.longdouble and array.dtype.itemsize > 8:
        array = array.astype("<f8")
    return array if array.dtype.str in DTYPES else None


def _unpack(node: Any, arrays: list[Any], depth: int) -> Any:
    if depth > _DEPTH:
        raise BadFrame("it is nested too deeply")
    if type(node) is not dict:
        raise BadFrame("a value has no kind")
    if "plain" in node:
        if not (node["plain"] is None or type(node["plain"]) in (str, bool, int, float)):
            raise BadFrame("a plain value is not plain")
        return node["plain"]
    if "array" in node:
        return _at(arrays, node["array"])
    if "bytes" in node:
        return _at(arrays, node["bytes"]).tobytes()
    if "foreign" in node:
        return OpaqueValue(str(node["foreign"])[:80], node.get("callable") is True)
    if "dict" in node:
        return {str(key): _unpack(item, arrays, depth + 1) for key, item in node["dict"]}
    items = [_unpack(item, arrays, depth + 1) for item in node["tuple" if "tuple" in node else "list"]]
    return tuple(items) if "tuple" in node else items


def _at(arrays: list[Any], index: Any) -> Any:
    if type(index) is not int or not 0 <= index < len(arrays):
        raise BadFrame("an array is missing")
    array, arrays[index] = arrays[index], None
    if array is None:
        raise BadFrame("an array is named twice")  # nobody pays for a copy at every mention
    return array
