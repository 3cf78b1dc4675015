"""Any bytes from the sandbox and any submitted file are read or refused, and take little memory."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
import tracemalloc
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.assignment import Assignment, Unreadable, code_to_run, notebook_to_bytes, read_cells
from autograder.sandbox import OpaqueValue
from autograder.sandbox.frames import DTYPES, BadFrame, decode, encode, receive

_MEMORY_LIMIT = 8 << 20  # bytes: far more than any frame here needs, and far less than a forged length asks for
fuzzed = settings(max_examples=200, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)

_MESSAGE = {"value": (np.arange(6.0).reshape(2, 3), [1, None, "x"]), "changed": [0], "f": OpaqueValue("f", True)}
_FRAMES = [encode(message) for message in (_MESSAGE, [1.5] * 9, {"a": {"b": b"bytes"}}, np.zeros((0, 1 << 20)))]

edits = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 6), st.binary(max_size=6)), min_size=1, max_size=6)


def mutated(raw: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, cut, new in changes:
        here = at % (len(raw) + 1)
        raw = raw[:here] + new + raw[here + cut :]
    return raw


scraps = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(sorted(DTYPES))
)
keys = st.sampled_from(["plain", "array", "bytes", "foreign", "callable", "dict", "tuple", "list", "message", "arrays"])
json_values = st.recursive(
    scraps, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=15
)


def assert_decoding_takes_little_memory(head: bytes, body: bytes) -> None:
    tracemalloc.start()
    try:
        with contextlib.suppress(BadFrame):
            decode(head, body)
        assert tracemalloc.get_traced_memory()[1] < _MEMORY_LIMIT
    finally:
        tracemalloc.stop()


def assert_receiving_takes_little_memory(raw: bytes) -> None:
    """The sender closes its end first, so that nothing waits for the deadline."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(raw)
        tracemalloc.start()
        try:
            with contextlib.suppress(BadFrame, EOFError, TimeoutError):
                receive(ours, 1 << 16, time.monotonic() + 30)
            assert tracemalloc.get_traced_memory()[1] < _MEMORY_LIMIT
        finally:
            tracemalloc.stop()


@fuzzed
@given(st.binary(max_size=300), st.binary(max_size=64))
def test_arbitrary_bytes_are_refused_without_taking_memory(head: bytes, body: bytes) -> None:
    assert_decoding_takes_little_memory(head, body)
    assert_receiving_takes_little_memory(head + body)
    assert_receiving_takes_little_memory(struct.pack(">QQ", len(head), len(body)) + head + body)


@fuzzed
@given(st.sampled_from(_FRAMES), edits)
def test_a_mutated_frame_is_read_or_refused(frame: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    assert_receiving_takes_little_memory(mutated(frame, changes))
    body = struct.unpack(">Q", frame[8:16])[0]
    head = mutated(frame[16 : len(frame) - body], changes)
    assert_decoding_takes_little_memory(head, frame[len(frame) - body :])


@fuzzed
@given(json_values, json_values, st.binary(max_size=64))
def test_json_of_a_wrong_form_is_refused(message: Any, arrays: Any, body: bytes) -> None:
    assert_decoding_takes_little_memory(json.dumps({"message": message, "arrays": arrays}).encode(), body)
    assert_decoding_takes_little_memory(json.dumps(message).encode(), body)


@fuzzed
@given(st.lists(st.tuples(st.sampled_from(sorted(DTYPES)), st.lists(st.integers(0, 1 << 40), max_size=33)), max_size=3))
def test_shapes_that_claim_more_than_was_sent_take_no_memory(arrays: Any) -> None:
    assert_decoding_takes_little_memory(json.dumps({"message": {"array": 0}, "arrays": arrays}).encode(), b"\0" * 16)


def read_or_unreadable(raw: bytes, assignment: Assignment) -> None:
    with contextlib.suppress(Unreadable):
        assert all(type(cell["source"]) is str for cell in read_cells(raw))
    with contextlib.suppress(Unreadable):
        assert all(type(source) is str for source in code_to_run(raw, assignment))


@fuzzed
@given(st.binary(max_size=300))
def test_a_file_of_arbitrary_bytes_is_read_or_unreadable(assignment: Assignment, raw: bytes) -> None:
    read_or_unreadable(raw, assignment)


names = st.sampled_from(["cells", "source", "cell_type", "metadata", "nbformat", "nbgrader", "locked", "grade_id"])
anything = st.recursive(
    scraps | st.just("code"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)


@fuzzed
@given(anything)
def test_a_file_of_arbitrary_json_is_read_or_unreadable(assignment: Assignment, value: Any) -> None:
    read_or_unreadable(json.dumps(value).encode(), assignment)
    read_or_unreadable(json.dumps({"nbformat": 4, "cells": value}).encode(), assignment)
    read_or_unreadable(
        json.dumps({"nbformat": 4, "cells": [value, {"cell_type": "code", "source": value}]}).encode(), assignment
    )


@fuzzed
@given(edits)
def test_a_mutated_notebook_is_read_or_unreadable(
    assignment: Assignment, release: Any, changes: list[tuple[int, int, bytes]]
) -> None:
    read_or_unreadable(mutated(notebook_to_bytes(release), changes), assignment)
