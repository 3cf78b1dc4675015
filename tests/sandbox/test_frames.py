"""Which values a frame can carry, and which frames are refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import OpaqueValue
from autograder.sandbox.frames import DTYPES, BadFrame, decode, encode
from tests.sandbox.same_value import same_value

PLAIN = (str, bool, int, float, bytes, tuple, list, dict, np.ndarray, OpaqueValue, type(None))

arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
texts = hnp.arrays(
    hnp.unicode_string_dtypes(endianness="<"),
    hnp.array_shapes(min_dims=0, max_side=3),
    elements={"alphabet": st.characters(exclude_categories=("Cs",))},  # halves of letters are refused
)
keys = st.text() | st.integers() | st.booleans() | st.none() | st.tuples(st.text(), st.integers())
leaves = st.none() | st.text() | st.floats() | st.booleans() | st.integers() | st.binary() | texts
values = st.recursive(
    leaves | arrays,
    # A list of lists of numbers arrives as one array. Lists here begin with a word, so that they stay lists.
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(lambda items: ["list", *items])
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=12,
)


def split_frame(frame: bytes) -> tuple[bytes, bytes]:
    """The head and the body of a frame."""
    head, body = struct.unpack(">QQ", frame[:16])
    assert len(frame) == 16 + head + body
    return frame[16 : 16 + head], frame[16 + head :]


def through_a_frame(value: Any) -> Any:
    return decode(*split_frame(encode(value)))


def only_plain(value: Any) -> bool:
    if type(value) not in PLAIN:
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.str in DTYPES or value.dtype.kind == "U"
    items = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    return all(only_plain(item) for item in items)


def check_refused_or_plain(head: bytes, body: bytes) -> None:
    try:
        value = decode(head, body)
    except BadFrame:
        return
    assert only_plain(value)


@given(values)
def test_values_arrive_as_they_were_sent(value: Any) -> None:
    assert same_value(value, through_a_frame(value))


@pytest.mark.parametrize("dtype", sorted(DTYPES))
def test_arrays_of_every_allowed_type_arrive_bit_by_bit(dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    assert same_value(array, through_a_frame(array))


def test_an_array_that_arrives_can_be_written_to_and_shares_no_memory() -> None:
    array = through_a_frame(np.zeros(3))
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
def test_numbers_of_unusual_types_arrive_as_plain_arrays(given: Any, arrives: Any) -> None:
    assert same_value(arrives, through_a_frame(given))


class Subclass(list):  # type: ignore[type-arg]
    """A subclass may misreport itself, so it does not arrive as a list."""


@pytest.mark.parametrize(
    ("value", "name", "can_be_called"),
    [
        (np.array([1, None]), "ndarray", False),
        (np.array([1], "M8[s]"), "ndarray", False),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "MaskedArray", False),
        (len, "builtin_function_or_method", True),
        (lambda: 1, "function", True),
        (int, "type", True),
        (iter([]), "list_iterator", False),
        ({1}, "set", False),
        (Subclass([1.0]), "Subclass", False),
        (1 << 5000, "int", False),
    ],
)
def test_a_value_that_is_not_plain_arrives_as_the_name_of_its_type(value: Any, name: str, can_be_called: bool) -> None:
    arrived = through_a_frame((value, "beside"))
    assert type(arrived[0]) is OpaqueValue
    assert (arrived[0].type_name, arrived[0].can_be_called, arrived[1]) == (name, can_be_called, "beside")


def test_a_list_that_contains_itself_is_cut_off() -> None:
    loop: list[Any] = ["x"]
    loop.append(loop)
    arrived, depth = through_a_frame(loop), 0
    while type(arrived) is list:
        arrived, depth = arrived[1], depth + 1
    assert type(arrived) is OpaqueValue
    assert depth < 100


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_arbitrary_bytes_are_refused_or_plain(head: bytes, body: bytes) -> None:
    check_refused_or_plain(head, body)


@given(values, st.data())
def test_a_damaged_frame_is_refused_or_plain(value: Any, data: st.DataObject) -> None:
    head, body = map(bytearray, split_frame(encode(value)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(head) - 1))
        head[start : start + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not head:
            break
    check_refused_or_plain(bytes(head), bytes(body)[data.draw(st.integers(0, 2)) :])


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(sorted(DTYPES))
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["plain", "array", "bytes", "foreign", "callable", "items", "texts", "dict", "tuple", "list"]
            ),
            inner,
        )
    ),
    max_leaves=15,
)


@given(json_values, json_values, st.binary(max_size=40))
def test_a_well_formed_forged_frame_is_refused_or_plain(message: Any, specs: Any, body: bytes) -> None:
    check_refused_or_plain(json.dumps({"message": message, "arrays": specs}).encode(), body)


@pytest.mark.parametrize(
    ("message", "specs", "body"),
    [
        ({"array": 0}, [["|O", [1]]], b"\0" * 8),
        ({"array": 0}, [["<U4", [1]]], b"\0" * 16),
        ({"texts": 0}, [["<f8", [1]]], b"\0" * 8),
        ({"texts": 0}, [["<u4", []]], b"\0" * 4),
        ({"texts": 0}, [["<u4", [1, 0]]], b""),
        ({"texts": 0}, [["<u4", [1]]], b"\xff" * 4),
        ({"texts": 0}, [["<u4", [1]]], b"\0\xd8\0\0"),
        ({"dict": [[{"list": []}, {"plain": 1}]]}, [], b""),
        ({"dict": [[{"plain": i}, {"plain": 1}] for i in range(4001)]}, [], b""),
        ({"dict": [["a", {"plain": 1}]]}, [], b""),
        ({"foreign": "map", "items": {"plain": 1}}, [], b""),
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
def test_each_kind_of_forged_frame_is_refused(message: Any, specs: Any, body: bytes) -> None:
    with pytest.raises(BadFrame):
        decode(json.dumps({"message": message, "arrays": specs}).encode(), body)


def test_deep_nesting_is_refused() -> None:
    deep = '{"list":[' * 100_000 + "]}" * 100_000
    with pytest.raises(BadFrame):
        decode(f'{{"arrays":[],"message":{deep}}}'.encode(), b"")


def test_a_message_of_too_many_parts_is_not_sent() -> None:
    with pytest.raises(BadFrame):
        encode([0.123456789] * 200_000)


def test_an_array_that_is_named_many_times_is_refused_before_it_is_copied() -> None:
    head = {"message": {"list": [{"bytes": 0}] * 40}, "arrays": [["|u1", [16]]]}
    with pytest.raises(BadFrame, match="named twice"):
        decode(json.dumps(head).encode(), bytes(16))
