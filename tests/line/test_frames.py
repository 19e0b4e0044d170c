"""Frames and batches: what is written reads back, and hostile bytes give a fault of the other side and nothing else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line import limits
from rabita.line.entry import Entry
from rabita.line.errors import PeerFault
from rabita.line.frames import (
    Ack,
    Bye,
    Chunk,
    Credit,
    Frame,
    Head,
    Held,
    Hello,
    Ping,
    Receipt,
    Refusal,
    decode_batch,
    decode_frame,
    encode_batch,
    encode_frame,
)
from rabita.line.ids import LANES, Lane, LogId

naturals = st.integers(0, limits.INTEGER_MAX)
texts = st.text(max_size=20)
logs = st.builds(LogId, texts, st.integers(1, limits.INTEGER_MAX), st.sampled_from(LANES))
blobs = st.binary(max_size=40)
helds = st.builds(Held, logs, texts, naturals, blobs, blobs, blobs, st.integers(-1, 9))
frames: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Hello, texts, texts, texts, naturals, naturals, st.lists(helds, max_size=3).map(tuple)),
    st.builds(Chunk, logs, naturals, naturals, st.booleans(), blobs),
    st.builds(Receipt, logs, naturals, blobs, naturals, blobs),
    st.builds(Refusal, logs, naturals, texts, st.booleans()),
    st.builds(Credit, logs, naturals, st.booleans()),
    st.builds(Ack, naturals),
    st.builds(Head, logs, blobs),
    st.builds(Ping, naturals),
    st.builds(Bye, texts),
)
portions = st.lists(st.none() | blobs, max_size=3).map(tuple)
entries = st.lists(st.builds(Entry, blobs, blobs, blobs, portions), min_size=1, max_size=4)


@given(frames)
def test_a_frame_reads_back(frame: Frame) -> None:
    assert decode_frame(encode_frame(frame)) == frame


@given(naturals, entries, blobs)
def test_a_batch_reads_back(first: int, given_entries: list[Entry], note: bytes) -> None:
    batch = decode_batch(encode_batch(first, given_entries, note))
    assert (batch.first, batch.entries, batch.note) == (first, tuple(given_entries), note)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_frame_or_a_fault(raw: bytes) -> None:
    for decode in (decode_frame, decode_batch):
        try:
            decode(raw)
        except PeerFault as fault:
            assert fault.code in ("frame-malformed", "batch-malformed", "batch-oversized")


@given(frames, st.data())
def test_a_damaged_frame_gives_a_frame_or_a_fault(frame: Frame, data: st.DataObject) -> None:
    raw = bytearray(encode_frame(frame))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    try:
        decode_frame(bytes(raw[: data.draw(st.integers(at, len(raw)))]))
    except PeerFault as fault:
        assert fault.code == "frame-malformed"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x91" * 100_000,
        msgspec.msgpack.encode(["bye", b"\xff"]),
        b"\x92\xa3bye\xa1\xff",
        msgspec.msgpack.encode(["ack", -1]),
        msgspec.msgpack.encode(["ack", 2**53]),
        msgspec.msgpack.encode(["ping", 2**64 - 1]),
        msgspec.msgpack.encode(["credit", ["X", 0, Lane.FLASH], 1, False]),
        msgspec.msgpack.encode(["credit", ["X", 1, "TURBO"], 1, False]),
        msgspec.msgpack.encode(["nothing", 1]),
    ],
)
def test_what_cannot_be_read_is_malformed(raw: bytes) -> None:
    with pytest.raises(PeerFault) as refused:
        decode_frame(raw)
    assert refused.value.code == "frame-malformed"


def test_bounds_of_frames_and_batches() -> None:
    with pytest.raises(PeerFault, match="frame-oversized"):
        decode_frame(bytes(limits.FRAME_BYTES_MAX + 1))
    with pytest.raises(PeerFault, match="batch-oversized"):
        decode_batch(bytes(limits.BATCH_WIRE_BYTES_MAX + 1))
    small = Entry(b"", b"", b"", ())
    for count in (0, limits.BATCH_ENTRIES_MAX + 1):
        with pytest.raises(PeerFault, match="batch-oversized"):
            decode_batch(encode_batch(0, [small] * count, b""))
    assert len(decode_batch(encode_batch(0, [small] * limits.BATCH_ENTRIES_MAX, b"")).entries) == 256
