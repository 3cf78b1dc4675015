"""The wire between the trusted side and a sandboxed process: frames of limited size, no pickle.

A frame is two lengths (head, body; 8 bytes each, big-endian), a JSON head and raw array bytes. The head is
{"message": ..., "arrays": [[dtype, shape], ...]}. In the message, {"array": i} stands for array i. The sender may be
hostile, so `receive` checks each length, dtype and shape before it uses it.
"""

from __future__ import annotations

import json
import math
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np

DTYPES = frozenset(["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"])
MAX_HEAD = 1 << 20
_LENGTHS = struct.Struct(">QQ")
_MAX_DEPTH = 32
_FIRST_CHUNK = 1 << 16
_PAUSE = 0.02  # seconds between two calls of `meanwhile`
_MOST_BITS = 4096  # of a whole number; JSON spells it in decimal digits, of which Python reads 4300
_MOST_NUMBERED = 4000  # keys of a dict that are no texts; if all have the same hash, more of them take long
_LAST_LETTER = 0x10FFFF  # of Unicode
_MAX_AXIS = 1 << 32  # an empty array may have an axis that is longer than its frame


class BadFrame(Exception):
    """What came over the wire is not a valid frame. The message says why."""


class OpaqueValue:
    """Stands for a returned value that cannot cross the wire. Holds its type's name and whether it can be called.

    `kind` says what it was, as `plain` names it, and `items` what it unpacks to. If it could not be read, `raises` is
    the type of the exception.
    """

    def __init__(
        self, type_name: str, can_be_called: bool = False, kind: str = "", items: Any = None, raises: str = ""
    ) -> None:
        self.type_name = type_name
        self.can_be_called = can_be_called
        self.kind = kind
        self.items = items
        self.raises = raises


def encode(message: Any) -> bytes:
    """The frame of a message made of dicts, lists, tuples, str, bytes, numbers, None, OpaqueValue and arrays.

    An array holds numbers, True and False, or texts.

    Raises BadFrame when the message has too many parts.
    """
    arrays: list[np.ndarray[Any, Any]] = []
    head = json.dumps({"message": _pack(message, arrays, 0), "arrays": [[a.dtype.str, a.shape] for a in arrays]})
    raw_head = head.encode()
    if len(raw_head) > MAX_HEAD:
        raise BadFrame("it has too many parts")
    return b"".join(
        [_LENGTHS.pack(len(raw_head), sum(a.nbytes for a in arrays)), raw_head, *(a.tobytes() for a in arrays)]
    )


def decode(head: bytes, body: bytes | memoryview) -> Any:
    """The message of a frame. Raises BadFrame when `encode` could not have written the frame."""
    try:
        envelope = json.loads(head)
        specs, message = envelope["arrays"], envelope["message"]
        arrays, offset = [], 0
        for dtype, shape in specs:
            if dtype not in DTYPES:
                raise BadFrame("an array has a type that is not allowed")
            if len(shape) > _MAX_DEPTH or not all(type(n) is int and 0 <= n <= _MAX_AXIS for n in shape):
                raise BadFrame("an array has an impossible shape")
            count = math.prod(shape)
            size = count * np.dtype(dtype).itemsize
            if size > len(body) - offset:
                raise BadFrame("an array is longer than its frame")
            arrays.append(np.frombuffer(body, dtype, count, offset).reshape(shape).copy())
            offset += size
        if offset != len(body):
            raise BadFrame("the frame is longer than its arrays")
        return _unpack(message, arrays, 0)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as problem:
        raise BadFrame(f"it is malformed ({type(problem).__name__})") from None


def send(channel: socket.socket, message: Any, deadline: float) -> None:
    """Send one frame. Raises TimeoutError after the deadline (time.monotonic), OSError when the other end is gone."""
    send_frame(channel, encode(message), deadline)


def send_frame(channel: socket.socket, frame: bytes, deadline: float) -> None:
    """Send a frame that `encode` made. Raises what `send` does."""
    channel.settimeout(max(0.001, deadline - time.monotonic()))
    channel.sendall(frame)


def receive(channel: socket.socket, max_body: int, deadline: float, meanwhile: Callable[[], None] | None = None) -> Any:
    """Receive one frame: its message. `meanwhile` is called again and again until all of the frame is there.

    Raises TimeoutError after the deadline, EOFError when the other end is gone, BadFrame when the frame is not valid,
    and what `meanwhile` raises.
    """
    return decode(*receive_frame(channel, max_body, deadline, meanwhile))


def receive_frame(
    channel: socket.socket, max_body: int, deadline: float, meanwhile: Callable[[], None] | None = None
) -> tuple[bytes, memoryview]:
    """Receive the head and the body of one frame, for `decode`. Raises what `receive` does."""
    head_length, body_length = _LENGTHS.unpack(_receive_bytes(channel, _LENGTHS.size, deadline, meanwhile))
    if head_length > MAX_HEAD:
        raise BadFrame("its head is too long")
    if body_length > max_body:
        raise BadFrame(f"its numbers take more than the {max_body} bytes allowed")
    rest = memoryview(_receive_bytes(channel, head_length + body_length, deadline, meanwhile))
    return bytes(rest[:head_length]), rest[head_length:]


def _receive_bytes(
    channel: socket.socket, count: int, deadline: float, meanwhile: Callable[[], None] | None
) -> bytearray:
    """Receive exactly `count` bytes.

    The buffer grows as bytes arrive, and in few steps. So a false length costs no memory, and neither do small pieces.
    """
    buffer, received = bytearray(), 0
    while received < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if meanwhile is not None:  # here, so that one byte now and then does not put it off
            meanwhile()
        if not select.select([channel], [], [], left if meanwhile is None else min(left, _PAUSE))[0]:
            continue
        if received == len(buffer):
            buffer.extend(bytes(min(count - received, max(_FIRST_CHUNK, received))))
        with memoryview(buffer) as view, view[received:] as free:
            length = channel.recv_into(free)
        if not length:
            raise EOFError
        received += length
    return buffer


def _pack(value: Any, arrays: list[Any], depth: int) -> Any:
    """JSON for a value. Accepts exact types only, because a subclass may misreport itself."""
    if depth >= _MAX_DEPTH:
        return {"foreign": "nested list", "callable": False}
    kind = type(value)
    if kind is np.ndarray and value.flags.c_contiguous and value.dtype.str in DTYPES:  # most of what travels
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if value is None or kind in (str, bool, float) or (kind is int and value.bit_length() <= _MOST_BITS):
        return {"plain": value}
    if kind is dict and all(map(_is_key, value)) and _may_have(list(value)):
        return {"dict": [[_pack(key, [], 0), _pack(item, arrays, depth + 1)] for key, item in value.items()]}
    if kind in (tuple, list):
        array = _from_nested_lists(value) if kind is list else None
        if array is None:
            return {kind.__name__: [_pack(item, arrays, depth + 1) for item in value]}
        value = array
    if kind is bytes:
        return {"bytes": _pack(np.frombuffer(value, np.uint8), arrays, depth)["array"]}
    if kind is OpaqueValue:
        node = {"foreign": value.type_name[:80], "callable": value.can_be_called}
        node |= {"kind": value.kind, "raises": value.raises[:80]} if value.kind else {}
        return node | ({} if value.items is None else {"items": _pack(list(value.items), arrays, depth + 1)})
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        arrays.append(_letters(value))
        return {"texts": len(arrays) - 1}
    array = _as_plain_array(value)
    if array is None:
        return {"foreign": kind.__name__[:80], "callable": callable(value)}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def _from_nested_lists(value: list[Any]) -> np.ndarray[Any, Any] | None:
    """One array for a list of lists of numbers, because as JSON it would make a long head. None for other values."""
    if not value or not all(type(item) is list for item in value) or not _holds_numbers(value):
        return None
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return array if array.dtype.kind in "biuf" else None


def _holds_numbers(rows: list[Any], depth: int = 0) -> bool:
    """Whether these lists hold floats and integers only. True among numbers would become one of them in an array."""
    for row in rows:
        kinds = set(map(type, row))
        if kinds == {list}:
            if depth > _MAX_DEPTH or not _holds_numbers(row, depth + 1):
                return False
        elif not kinds <= {int, float}:
            return False
    return True


def _is_key(key: Any) -> bool:
    kind = type(key)
    return key is None or kind in (str, bool, int, float) or (kind is tuple and all(map(_is_key, key)))


def _may_have(keys: list[Any]) -> bool:
    return sum(type(key) is not str for key in keys) <= _MOST_NUMBERED


def _letters(texts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The code points of an array of texts. The last axis has those of one text, with zeros at its end."""
    width = max(1, texts.dtype.itemsize // 4)
    array = np.array(texts, f"<U{width}", order="C", subok=False)
    return np.frombuffer(array.tobytes(), "<u4").reshape(*array.shape, width)


def _texts(letters: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if letters.dtype != np.dtype("<u4") or not letters.ndim or not letters.shape[-1]:
        raise BadFrame("a text is not made of letters")
    if letters.size and (letters.max() > _LAST_LETTER or ((letters >= 0xD800) & (letters < 0xE000)).any()):
        raise BadFrame("a text has impossible letters")
    shape, width = letters.shape[:-1], letters.shape[-1]
    return np.frombuffer(letters.tobytes(), f"<U{width}").reshape(shape).copy()


def _as_plain_array(value: Any) -> np.ndarray[Any, Any] | None:
    """The value as a little-endian, contiguous ndarray (no subclass) of an allowed dtype. None for other values."""
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
    if depth > _MAX_DEPTH:
        raise BadFrame("it is nested too deeply")
    if type(node) is not dict:
        raise BadFrame("a value has no kind")
    if "plain" in node:
        if not (node["plain"] is None or type(node["plain"]) in (str, bool, int, float)):
            raise BadFrame("a plain value is not plain")
        return node["plain"]
    if "array" in node:
        return _take_array(arrays, node["array"])
    if "bytes" in node:
        return _take_array(arrays, node["bytes"]).tobytes()
    if "foreign" in node:
        items = _unpack(node["items"], arrays, depth + 1) if "items" in node else None
        if items is not None and type(items) is not list:
            raise BadFrame("what a value unpacks to is no list")
        kind, raises = str(node.get("kind", ""))[:80], str(node.get("raises", ""))[:80]
        return OpaqueValue(str(node["foreign"])[:80], node.get("callable") is True, kind, items, raises)
    if "texts" in node:
        return _texts(_take_array(arrays, node["texts"]))
    if "dict" in node:
        keys = [_key(_unpack(key, [], depth)) for key, _ in node["dict"]]
        if not _may_have(keys):
            raise BadFrame("a dict has too many keys")
        return {key: _unpack(item, arrays, depth + 1) for key, (_, item) in zip(keys, node["dict"], strict=True)}
    items = [_unpack(item, arrays, depth + 1) for item in node["tuple" if "tuple" in node else "list"]]
    return tuple(items) if "tuple" in node else items


def _key(key: Any) -> Any:
    if not _is_key(key):
        raise BadFrame("a key is not plain")
    return key


def _take_array(arrays: list[Any], index: Any) -> Any:
    """An array of the frame. Each array can be taken once, so that no message makes many copies of one array."""
    if type(index) is not int or not 0 <= index < len(arrays):
        raise BadFrame("an array is missing")
    array, arrays[index] = arrays[index], None
    if array is None:
        raise BadFrame("an array is named twice")
    return array
