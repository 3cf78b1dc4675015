"""What crosses the line between student code and the kit, and what does not."""

from __future__ import annotations

import json
import socket
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import OpaqueValue
from autograder.sandbox.frames import (
    DTYPES,
    MAX_HEAD,
    BadFrame,
    decode,
    encode,
    receive,
    send,
)

PLAIN = (str, bool, int, float, bytes, tuple, list, dict, np.ndarray, OpaqueValue, type(None))

arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
leaves = st.none() | st.text() | st.floats() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.binary()
values = st.recursive(
    leaves | arrays,
    # A list of lists of numbers is meant to arrive as one array, so lists here begin with a word.
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(lambda items: ["list", *items])
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=12,
)


def parts(frame: bytes) -> tuple[bytes, bytes]:
    head, body = struct.unpack(">QQ", frame[:16])
    assert len(frame) == 16 + head + body
    return frame[16 : 16 + head], frame[16 + head :]


def sent(value: Any) -> Any:
    return decode(*parts(encode(value)))


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    return repr(a) == repr(b)  # so that NaN is NaN


def only_plain(value: Any) -> bool:
    if type(value) not in PLAIN:
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.str in DTYPES
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return all(only_plain(item) for item in items)


def refused_or_plain(head: bytes, body: bytes) -> None:
    try:
        value = decode(head, body)
    except BadFrame:
        return
    assert only_plain(value)


@given(values)
def test_values_arrive_as_they_were_sent(value: Any) -> None:
    assert alike(value, sent(value))


@pytest.mark.parametrize("dtype", sorted(DTYPES))
def test_arrays_of_every_allowed_type_arrive_bit_by_bit(dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    assert alike(array, sent(array))


def test_what_arrives_can_be_written_to_and_shares_nothing() -> None:
    array = sent(np.zeros(3))
    array[0] = 1
    assert array.flags.owndata or array.base.flags.owndata


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        (np.arange(6.0).reshape(2, 3).T, np.arange(6.0).reshape(2, 3).T.copy()),
        (np.arange(3, dtype=">f8"), np.arange(3.0)),
        (np.arange(3, dtype=np.longdouble), np.arange(3.0)),
        (np.ma.masked_array([1.0, 2.0], [False, False]), np.array([1.0, 2.0])),
        (np.float32(1.5), np.array(1.5, np.float32)),
        (1 + 2j, np.array(1 + 2j)),
        ([[1.0, 2.0], [3.0, 4.0]], np.array([[1.0, 2.0], [3.0, 4.0]])),
    ],
)
def test_numbers_in_unusual_clothes_arrive_as_plain_arrays(given: Any, arrives: Any) -> None:
    assert alike(arrives, sent(given))


class Sly(list):  # type: ignore[type-arg]
    """A subclass may lie about itself."""


@pytest.mark.parametrize(
    ("value", "name", "called"),
    [
        (np.array([1, None]), "ndarray", False),
        (np.array(["a"]), "ndarray", False),
        (np.array([1], "M8[s]"), "ndarray", False),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "MaskedArray", False),
        (len, "builtin_function_or_method", True),
        (lambda: 1, "function", True),
        (int, "type", True),
        (iter([]), "list_iterator", False),
        ({1}, "set", False),
        (Sly([1.0]), "Sly", False),
        (1 << 80, "int", False),
    ],
)
def test_what_is_no_plain_value_arrives_as_its_types_name(value: Any, name: str, called: bool) -> None:
    arrived = sent((value, "beside"))
    assert type(arrived[0]) is OpaqueValue
    assert (arrived[0].type_name, arrived[0].can_be_called, arrived[1]) == (name, called, "beside")


def test_a_list_that_holds_itself_comes_to_an_end() -> None:
    loop: list[Any] = ["x"]
    loop.append(loop)
    arrived, depth = sent(loop), 0
    while type(arrived) is list:
        arrived, depth = arrived[1], depth + 1
    assert type(arrived) is OpaqueValue
    assert depth < 100


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_arbitrary_bytes_are_refused_or_plain(head: bytes, body: bytes) -> None:
    refused_or_plain(head, body)


@given(values, st.data())
def test_a_damaged_frame_is_refused_or_plain(value: Any, data: st.DataObject) -> None:
    head, body = map(bytearray, parts(encode(value)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(head) - 1))
        head[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not head:
            break
    refused_or_plain(bytes(head), bytes(body)[data.draw(st.integers(0, 2)) :])


scraps = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(sorted(DTYPES))
json_values = st.recursive(
    scraps,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["plain", "array", "bytes", "foreign", "callable", "dict", "tuple", "list"]), inner
        )
    ),
    max_leaves=15,
)


@given(json_values, json_values, st.binary(max_size=40))
def test_a_well_formed_lie_is_refused_or_plain(message: Any, specs: Any, body: bytes) -> None:
    refused_or_plain(json.dumps({"message": message, "arrays": specs}).encode(), body)


@pytest.mark.parametrize(
    ("message", "specs", "body"),
    [
        ({"array": 0}, [["|O", [1]]], b"\0" * 8),
        ({"array": 0}, [["<U4", [1]]], b"\0" * 16),
        ({"array": 0}, [["<f8", [2]]], b"\0" * 8),
        ({"array": 0}, [["<f8", [1]]], b"\0" * 9),
        ({"array": 0}, [["<f8", [-1]]], b""),
        ({"array": 0}, [["<f8", [1 << 62, 1 << 62]]], b""),
        ({"array": 0}, [["<f8", [1.0]]], b"\0" * 8),
        ({"array": 0}, [["<f8", [1] * 1000]], b"\0" * 8),
        ({"array": 1}, [["<f8", [1]]], b"\0" * 8),
        ({"array": -1}, [["<f8", [1]]], b"\0" * 8),
        ({"array": True}, [["<f8", [1]], ["<f8", [1]]], b"\0" * 16),
        ({"plain": [1]}, [], b""),
        ([1], [], b""),
        ({}, [], b""),
    ],
)
def test_each_kind_of_lie_is_refused(message: Any, specs: Any, body: bytes) -> None:
    with pytest.raises(BadFrame):
        decode(json.dumps({"message": message, "arrays": specs}).encode(), body)


def test_deep_nesting_is_refused() -> None:
    deep = '{"list":[' * 100_000 + "]}" * 100_000
    with pytest.raises(BadFrame):
        decode(f'{{"arrays":[],"message":{deep}}}'.encode(), b"")


# ---------------------------------------------------------------- sockets


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def soon() -> Callable[[], float]:
    return lambda: time.monotonic() + 30


def test_frames_arrive_one_after_the_other(ends: Any, soon: Any) -> None:
    ours, theirs = ends
    for i in range(3):
        send(theirs, {"i": i, "x": np.full(i, i)}, soon())
    for i in range(3):
        assert alike(receive(ours, 1 << 10, soon()), {"i": i, "x": np.full(i, i)})


def test_a_body_that_is_too_long_is_refused_before_it_is_read(ends: Any, soon: Any) -> None:
    ours, theirs = ends
    theirs.sendall(struct.pack(">QQ", 4, 1 << 60) + b"rest")
    with pytest.raises(BadFrame, match="more than the 100 bytes allowed"):
        receive(ours, 100, soon())
    assert ours.recv(100) == b"rest"


def test_a_head_that_is_too_long_is_refused_before_it_is_read(ends: Any, soon: Any) -> None:
    ours, theirs = ends
    theirs.sendall(struct.pack(">QQ", MAX_HEAD + 1, 0) + b"rest")
    with pytest.raises(BadFrame):
        receive(ours, 100, soon())
    assert ours.recv(100) == b"rest"


@pytest.mark.parametrize("sent", [b"", b"\0" * 7, struct.pack(">QQ", 10, 0) + b"half"])
def test_who_says_nothing_or_half_runs_into_the_deadline(ends: Any, sent: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(sent)
    with pytest.raises(TimeoutError):
        receive(ours, 100, time.monotonic() + 0.01)


def test_a_frame_that_nobody_takes_runs_into_the_deadline(ends: Any) -> None:
    with pytest.raises(TimeoutError):
        send(ends[0], np.zeros(1 << 20), time.monotonic() + 0.01)


@pytest.mark.parametrize("sent", [b"", b"\0" * 7, struct.pack(">QQ", 10, 0) + b"half"])
def test_an_end_that_is_gone_is_noticed(ends: Any, soon: Any, sent: bytes) -> None:
    ours, theirs = ends
    theirs.sendall(sent)
    theirs.close()
    with pytest.raises(EOFError):
        receive(ours, 100, soon())


class Drip(socket.socket):
    """A socket that hands over one byte at a time."""

    def recv_into(self, buffer: Any, *_: Any) -> int:
        return super().recv_into(buffer, 1)

    def recv(self, *_: Any) -> bytes:
        return super().recv(1)


def test_a_frame_that_comes_in_drops_takes_no_more_memory(ends: Any, soon: Any) -> None:
    ours, theirs = ends
    sent = np.zeros(100_000, np.uint8)
    send(theirs, sent, soon())
    with Drip(fileno=ours.detach()) as drip:
        tracemalloc.start()
        try:
            assert alike(receive(drip, 1 << 20, soon()), sent)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 10 * sent.nbytes


def test_a_message_of_too_many_parts_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        encode([0.123456789] * 200_000)


def test_an_array_that_is_named_many_times_is_refused_before_it_is_copied() -> None:
    head = {"message": {"list": [{"bytes": 0}] * 40}, "arrays": [["|u1", [16]]]}
    with pytest.raises(BadFrame, match="named twice"):
        decode(json.dumps(head).encode(), bytes(16))
