"""Frames on a socket: they arrive whole, or an error comes in time."""

from __future__ import annotations

import socket
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.sandbox.frames import MAX_HEAD, BadFrame, receive, send
from tests.sandbox.same_value import same_value


@pytest.fixture
def socket_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    receiver, sender = socket.socketpair()
    with receiver, sender:
        yield receiver, sender


@pytest.fixture
def deadline() -> Callable[[], float]:
    return lambda: time.monotonic() + 30


def test_frames_arrive_one_after_the_other(socket_pair: Any, deadline: Any) -> None:
    receiver, sender = socket_pair
    for i in range(3):
        send(sender, {"i": i, "x": np.full(i, i)}, deadline())
    for i in range(3):
        assert same_value(receive(receiver, 1 << 10, deadline()), {"i": i, "x": np.full(i, i)})


def test_a_body_that_is_too_long_is_refused_before_it_is_read(socket_pair: Any, deadline: Any) -> None:
    receiver, sender = socket_pair
    sender.sendall(struct.pack(">QQ", 4, 1 << 60) + b"rest")
    with pytest.raises(BadFrame, match="more than the 100 bytes allowed"):
        receive(receiver, 100, deadline())
    assert receiver.recv(100) == b"rest"


def test_a_head_that_is_too_long_is_refused_before_it_is_read(socket_pair: Any, deadline: Any) -> None:
    receiver, sender = socket_pair
    sender.sendall(struct.pack(">QQ", MAX_HEAD + 1, 0) + b"rest")
    with pytest.raises(BadFrame):
        receive(receiver, 100, deadline())
    assert receiver.recv(100) == b"rest"


@pytest.mark.parametrize("sent", [b"", b"\0" * 7, struct.pack(">QQ", 10, 0) + b"half"])
def test_a_sender_that_sends_nothing_or_half_a_frame_runs_into_the_deadline(socket_pair: Any, sent: bytes) -> None:
    receiver, sender = socket_pair
    sender.sendall(sent)
    with pytest.raises(TimeoutError):
        receive(receiver, 100, time.monotonic() + 0.01)


def test_a_frame_that_no_process_reads_runs_into_the_deadline(socket_pair: Any) -> None:
    with pytest.raises(TimeoutError):
        send(socket_pair[0], np.zeros(1 << 20), time.monotonic() + 0.01)


@pytest.mark.parametrize("sent", [b"", b"\0" * 7, struct.pack(">QQ", 10, 0) + b"half"])
def test_a_closed_sender_raises_an_eof_error(socket_pair: Any, deadline: Any, sent: bytes) -> None:
    receiver, sender = socket_pair
    sender.sendall(sent)
    sender.close()
    with pytest.raises(EOFError):
        receive(receiver, 100, deadline())


class ByteByByte(socket.socket):
    """A socket that hands over one byte at a time."""

    def recv_into(self, buffer: Any, *_: Any) -> int:
        return super().recv_into(buffer, 1)

    def recv(self, *_: Any) -> bytes:
        return super().recv(1)


def test_a_frame_that_comes_byte_by_byte_takes_no_more_memory(socket_pair: Any, deadline: Any) -> None:
    receiver, sender = socket_pair
    sent = np.zeros(100_000, np.uint8)
    send(sender, sent, deadline())
    with ByteByByte(fileno=receiver.detach()) as slow:
        tracemalloc.start()
        try:
            assert same_value(receive(slow, 1 << 20, deadline()), sent)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 10 * sent.nbytes
