"""Cutting frames, against the websocket library's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from klagg_tui.exchange.transport.framing import FrameSplitter

MOST = 70_000

payloads = st.binary(max_size=20) | st.sampled_from([b"x" * 125, b"x" * 126, b"y" * 65_535, b"z" * 65_536])
texts = st.builds(lambda data: [Frame(Opcode.TEXT, data)], payloads)
controls = st.builds(
    lambda kind, data: [Frame(kind, data)], st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=9)
)
fragments = st.builds(
    lambda first, middle, last: [
        Frame(Opcode.TEXT, first, fin=False), Frame(Opcode.CONT, middle, fin=False), Frame(Opcode.CONT, last)
    ],
    *[st.binary(max_size=9)] * 3,
)  # fmt: skip


class Library:
    """Takes what the cutter leaves, as the connection does."""

    def __init__(self) -> None:
        self.protocol = Protocol(CLIENT, max_size=MOST)
        self.parts: list[bytes] = []
        self.controls = 0

    def take(self, data: bytes) -> list[bytes]:
        self.protocol.receive_data(data)
        found = []
        for frame in self.protocol.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode >= Opcode.CLOSE:
                self.controls += 1
                continue
            self.parts.append(bytes(frame.data))
            if frame.fin:
                found.append(b"".join(self.parts))
                self.parts.clear()
        return found


def served(frames: list[Frame]) -> bytes:
    return b"".join(frame.serialize(mask=False) for frame in frames)


def cut_in_pieces(data: bytes, sizes: list[int], cutter: FrameSplitter) -> list[bytes]:
    found, at = [], 0
    for size in [*sizes, len(data)]:
        found += cutter.split(data[at : at + size])
        at += size
    return found


@given(st.lists(texts | controls | fragments, max_size=12), st.lists(st.integers(1, 40_000), max_size=20))
def test_however_the_bytes_arrive_the_same_texts_come_out_in_order(groups: list[list[Frame]], sizes: list[int]) -> None:
    library = Library()
    found = cut_in_pieces(
        served([frame for group in groups for frame in group]), sizes, FrameSplitter(MOST, library.take)
    )
    assert found == [
        b"".join(bytes(frame.data) for frame in group) for group in groups if group[0].opcode is Opcode.TEXT
    ]
    assert library.controls == sum(group[0].opcode is not Opcode.TEXT for group in groups)


def test_byte_by_byte_is_enough() -> None:
    frames = [Frame(Opcode.TEXT, b"x" * size) for size in (0, 1, 126, 65_536)]
    cutter = FrameSplitter(MOST, Library().take)
    found: list[bytes] = []
    data = served(frames)
    for at in range(len(data) - 65_000):
        found += cutter.split(data[at : at + 1])
    found += cutter.split(data[len(data) - 65_000 :])
    assert found == [bytes(frame.data) for frame in frames]


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=10))
def test_no_bytes_whatever_make_it_raise_or_go_on_after_a_broken_rule(data: bytes, sizes: list[int]) -> None:
    cut_in_pieces(data, sizes, FrameSplitter(MOST, lambda _: []))
    cut_in_pieces(data, sizes, FrameSplitter(MOST, Library().take))


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (Frame(Opcode.TEXT, b"hello").serialize(mask=True), 1002),
        (Frame(Opcode.TEXT, b"x" * (MOST + 1)).serialize(mask=False), 1009),
        (b"\x83\x01x", 1002),
    ],
    ids=["masked", "too long", "reserved opcode"],
)
def test_a_broken_rule_ends_the_connection_by_the_librarys_judgement(broken: bytes, code: int) -> None:
    library = Library()
    cutter = FrameSplitter(MOST, library.take)
    assert cutter.split(served([Frame(Opcode.TEXT, b"good")]) + broken) == [b"good"]
    assert library.protocol.close_sent is not None
    assert library.protocol.close_sent.code == code


def test_after_a_broken_rule_everything_is_left_to_the_library() -> None:
    left: list[bytes] = []

    def take(data: bytes) -> list[bytes]:
        left.append(data)
        return []

    cutter = FrameSplitter(MOST, take)
    cutter.split(b"\x81\x80abcd")
    assert cutter.split(served([Frame(Opcode.TEXT, b"late")])) == []
    assert left == [b"\x81\x80abcd", b"\x81\x04late"]
