"""Courier bundles: what one node seals only the one it is for opens; every other file is refused by name."""

from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabita.bearers import bundle
from rabita.bearers.bundle import HEAD_BYTES, MAGIC, Reader, read_bundle, write_bundle
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys
from rabita.line.errors import LocalFault, PeerFault
from rabita.line.events import Now
from rabita.line.ids import Lane, line_id_of
from rabita.line.limits import FRAME_BYTES_MAX
from rabita.services.courier import Incoming, Taken, outgoing
from tests.pair import Pair

LINE: Final = sha256(b"line").digest()
PAK: Final = NodeKeys.generate("PAK")
IRN: Final = NodeKeys.generate("IRN")
READER: Final = Reader(LINE, KeyRing(IRN).bundle_keys, (PAK.newest.bundle.hpke,))
FRAMES: Final = [bytes([number]) * (1 + number * 97) for number in range(200)]


def written(frames: list[bytes], line: bytes = LINE) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        write_bundle(path, line, PAK.newest.bundle, IRN.newest.bundle, frames)
        assert [each.name for each in Path(folder).iterdir()] == ["bundle"]
        return path.read_bytes()


def opened(raw: bytes, reader: Reader = READER) -> tuple[list[bytes], str]:
    """Give the frames handed out, and the code of the fault after them."""
    frames: list[bytes] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        path.write_bytes(raw)
        try:
            frames.extend(read_bundle(path, reader))
        except PeerFault as fault:
            return frames, fault.code
    return frames, ""


WHOLE: Final = written(FRAMES)
SMALL: Final = written([b"hello", b"bye"])


def inside(raw: bytes) -> bytes:
    """Open the age layer alone."""
    data: bytes = pyrage.decrypt(raw, [pyrage.x25519.Identity.from_str(IRN.newest.age)])
    return data


def wrapped(inner: bytes) -> bytes:
    """Seal the age layer anew, as anyone who holds the descriptor can."""
    file = BytesIO()
    pyrage.encrypt_io(BytesIO(inner), file, [pyrage.x25519.Recipient.from_str(IRN.newest.bundle.age)])
    return file.getvalue()


def test_frames_come_out_as_they_went_in() -> None:
    assert opened(WHOLE) == (FRAMES, "")
    assert opened(written([])) == ([], "")
    assert opened(written([b"x" * FRAME_BYTES_MAX])) == ([b"x" * FRAME_BYTES_MAX], "")


def test_nothing_of_the_frames_shows() -> None:
    assert b"hello" not in SMALL
    assert LINE not in SMALL
    assert b"hello" not in inside(SMALL), "age alone does not open the frames"


def test_older_keys_open_what_was_sealed_to_them() -> None:
    rotated = Reader(LINE, KeyRing(IRN.rotated()).bundle_keys, (b"x" * 1216, PAK.newest.bundle.hpke))
    assert opened(SMALL, rotated) == ([b"hello", b"bye"], "")


@pytest.mark.parametrize(
    "reader",
    [
        replace(READER, line_id=sha256(b"another").digest()),
        replace(READER, keys=KeyRing(NodeKeys.generate("IRN")).bundle_keys),
        replace(READER, keys=((IRN.newest.age, NodeKeys.generate("IRN").newest.hpke),)),
        replace(READER, writers=()),
    ],
    ids=["line", "age key", "bundle key", "writer"],
)
def test_a_foreign_bundle_is_named(reader: Reader) -> None:
    assert opened(SMALL, reader) == ([], "bundle-foreign")


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_is_told_after_the_whole_frames_before_it(end: int) -> None:
    frames, code = opened(WHOLE[:end])
    assert frames == FRAMES[: len(frames)]
    assert len(frames) < len(FRAMES) or code == "bundle-truncated"
    assert code == ("bundle-truncated" if end > 140_000 else "bundle-malformed" if end < 60_000 else code)


@given(st.integers(0, len(inside(SMALL)) - 1))
def test_a_cut_below_the_age_layer_is_told_too(end: int) -> None:
    frames, code = opened(wrapped(inside(SMALL)[:end]))
    assert frames == [b"hello", b"bye"][: len(frames)]
    assert code in ("bundle-truncated", "bundle-malformed")
    assert code == "bundle-truncated" or end < HEAD_BYTES


@given(st.integers(0, 8 * len(SMALL) - 1))
def test_a_flipped_bit_is_refused(bit: int) -> None:
    altered = bytearray(SMALL)
    altered[bit // 8] ^= 1 << bit % 8
    frames, code = opened(bytes(altered))
    assert (frames, code) != ([b"hello", b"bye"], "") or altered[:32] == SMALL[:32]
    assert code in ("bundle-malformed", "bundle-foreign")


@given(st.integers(0, 8 * len(inside(SMALL)) - 1))
def test_a_flipped_bit_below_the_age_layer_is_refused(bit: int) -> None:
    altered = bytearray(inside(SMALL))
    altered[bit // 8] ^= 1 << bit % 8
    frames, code = opened(wrapped(bytes(altered)))
    assert len(frames) < 3
    assert code in ("bundle-malformed", "bundle-foreign", "bundle-truncated")


@given(st.binary(max_size=HEAD_BYTES - 1))
@example(MAGIC)
def test_any_other_bytes_are_refused(raw: bytes) -> None:
    assert opened(raw) == ([], "bundle-malformed")
    begun = raw.startswith(MAGIC)
    assert opened(wrapped(raw)) == ([], "bundle-truncated" if begun else "bundle-malformed")


def test_frames_neither_reordered_nor_repeated_nor_added() -> None:
    inner = inside(SMALL)
    one, two, end = inner[HEAD_BYTES : HEAD_BYTES + 25], inner[HEAD_BYTES + 25 : HEAD_BYTES + 48], inner[-20:]
    head = inner[:HEAD_BYTES]
    assert opened(wrapped(head + two + one + end)) == ([], "bundle-malformed")
    assert opened(wrapped(head + one + one + end)) == ([b"hello"], "bundle-malformed")
    assert opened(wrapped(head + one + end)) == ([b"hello"], "bundle-malformed")
    assert opened(wrapped(inner + one)) == ([b"hello", b"bye"], "bundle-malformed")
    assert opened(wrapped(head + b"\xff\xff\xff\xff")) == ([], "bundle-malformed")


def test_a_bundle_stays_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "BUNDLE_BYTES_MAX", 100_000)
    raw = written(FRAMES)
    frames, code = opened(raw)
    assert len(raw) <= 100_000
    assert code == ""
    assert 0 < len(frames) < len(FRAMES)
    assert frames == FRAMES[: len(frames)]
    assert opened(WHOLE) == ([], "bundle-malformed")


def test_what_this_node_cannot_write_or_read_is_its_own_fault(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "bundle"
    with pytest.raises(LocalFault, match="bundle-unwritten"):
        write_bundle(nowhere, LINE, PAK.newest.bundle, IRN.newest.bundle, [])
    with pytest.raises(LocalFault, match="bundle-unread"):
        list(read_bundle(nowhere, READER))
    with pytest.raises(LocalFault, match="node-key-malformed"):
        opened(SMALL, replace(READER, keys=(("no key", READER.keys[0][1]),)))


def test_a_descriptor_without_usable_bundle_keys_is_its_owner_s_fault(tmp_path: Path) -> None:
    with pytest.raises(PeerFault, match="key-malformed"):
        write_bundle(tmp_path / "b", LINE, PAK.newest.bundle, type(IRN.newest.bundle)("age1", b""), [])
    assert list(tmp_path.iterdir()) == []


def test_two_nodes_speak_by_courier(tmp_path: Path) -> None:
    """From the store of one to the store of the other and back, through files alone."""
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, "one", "two", "three")
    pair.a.seal(Lane.FLASH, "stop")
    pair.run()
    for writer, reader in ((pair.a, pair.b), (pair.b, pair.a)):
        path = tmp_path / writer.code
        now = Now(pair.world.monotonic_ms(), pair.world.now_ms())
        frames = outgoing(writer.exchange.state, writer.store, writer.ring, now)
        ours, theirs = writer.party.descriptor.bundle, reader.party.descriptor.bundle
        write_bundle(path, line_id_of(pair.line), ours, theirs, frames)
        ends: list[Taken] = []
        may = Reader(line_id_of(pair.line), reader.ring.bundle_keys, (ours.hpke,))
        Incoming(reader.exchange, reader.disk, pair.world, read_bundle(path, may), ends.append)
        pair.run()
        assert [end.fault for end in ends] == [None]
    assert pair.a.heard.receipts == {pair.a.log(Lane.ROUTINE): 3, pair.a.log(Lane.FLASH): 1}
    assert pair.a.sizes() == pair.b.sizes()
