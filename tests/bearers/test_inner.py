"""The inner seal: what one end seals only the other opens, in order, and any altered byte ends the session."""

import contextlib
import struct
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.bearers.inner import FRAMES_PER_SESSION_MAX, Inner
from rabita.bearers.recipient import generate_recipient, open_secret, recipient_public, seal_secret
from rabita.line.errors import InvariantBroken, LocalFault, PeerFault
from rabita.line.limits import FRAME_BYTES_MAX

LINE: Final = sha256(b"line").digest()
DIALLER_PIN: Final = sha256(b"dialler").digest()
ACCEPTOR_PIN: Final = sha256(b"acceptor").digest()
HELLO_BYTES: Final = 4 + 9 + 32 + 1216
ANSWER_BYTES: Final = 4 + 1216 + 1168
LAST_BYTES: Final = 4 + 1168

frames_lists = st.lists(st.binary(max_size=300), min_size=1, max_size=8)


class Ends(NamedTuple):
    dialler: Inner
    acceptor: Inner


def new_ends() -> Ends:
    return Ends(
        Inner.dial(LINE, DIALLER_PIN, ACCEPTOR_PIN),
        Inner.accept(ACCEPTOR_PIN, DIALLER_PIN, lambda line_id: line_id == LINE),
    )


def ready_ends() -> Ends:
    dialler, acceptor = new_ends()
    assert acceptor.feed(dialler.outgoing()) == []
    assert dialler.feed(acceptor.outgoing()) == []
    assert acceptor.feed(dialler.outgoing()) == []
    assert dialler.ready
    assert acceptor.ready
    return Ends(dialler, acceptor)


def flipped(data: bytes, bit: int) -> bytes:
    altered = bytearray(data)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_the_messages_have_the_lengths_of_the_protocol() -> None:
    dialler, acceptor = new_ends()
    hello = dialler.outgoing()
    acceptor.feed(hello)
    answer = acceptor.outgoing()
    dialler.feed(answer)
    assert (len(hello), len(answer), len(dialler.outgoing())) == (HELLO_BYTES, ANSWER_BYTES, LAST_BYTES)
    assert hello[4:45] == b"rabita/1\n" + LINE
    assert dialler.outgoing() == b""


@given(frames_lists, frames_lists, st.lists(st.integers(0, 10_000), max_size=20))
def test_frames_arrive_in_order_both_ways_however_the_stream_is_cut(
    there: list[bytes], back: list[bytes], cuts: list[int]
) -> None:
    dialler, acceptor = ready_ends()
    assert acceptor.line_id == LINE
    for sender, receiver, frames in ((dialler, acceptor, there), (acceptor, dialler, back), (dialler, acceptor, back)):
        assert [frame for piece in pieces(sender.seal(frames), cuts) for frame in receiver.feed(piece)] == frames


@given(st.lists(st.integers(0, 5_000), max_size=20))
def test_the_handshake_holds_however_it_is_cut(cuts: list[int]) -> None:
    dialler, acceptor = new_ends()
    for sender, receiver in ((dialler, acceptor), (acceptor, dialler), (dialler, acceptor)):
        for piece in pieces(sender.outgoing(), cuts):
            receiver.feed(piece)
    assert acceptor.feed(dialler.seal([b"ready"])) == [b"ready"]


def test_frames_right_behind_the_last_message_are_opened() -> None:
    dialler, acceptor = new_ends()
    acceptor.feed(dialler.outgoing())
    dialler.feed(acceptor.outgoing())
    assert acceptor.feed(dialler.outgoing() + dialler.seal([b"one", b"", b"two"])) == [b"one", b"", b"two"]


@given(st.integers(32, HELLO_BYTES * 8 - 1))
def test_an_altered_first_message_never_makes_a_session(bit: int) -> None:
    dialler, acceptor = new_ends()
    with contextlib.suppress(PeerFault):
        acceptor.feed(flipped(dialler.outgoing(), bit))
    with contextlib.suppress(PeerFault):
        dialler.feed(acceptor.outgoing())
    assert dialler.outgoing() == b""
    assert not dialler.ready
    assert not acceptor.ready


@given(st.integers(32, ANSWER_BYTES * 8 - 1))
def test_an_altered_second_message_never_makes_a_session(bit: int) -> None:
    dialler, acceptor = new_ends()
    acceptor.feed(dialler.outgoing())
    with pytest.raises(PeerFault, match="handshake-failed"):
        dialler.feed(flipped(acceptor.outgoing(), bit))
    assert not dialler.ready
    assert dialler.outgoing() == b""


@given(st.integers(32, LAST_BYTES * 8 - 1))
def test_an_altered_third_message_opens_nothing(bit: int) -> None:
    dialler, acceptor = new_ends()
    acceptor.feed(dialler.outgoing())
    dialler.feed(acceptor.outgoing())
    altered = flipped(dialler.outgoing(), bit)
    with pytest.raises(PeerFault, match="handshake-failed"):
        acceptor.feed(altered + dialler.seal([b"words"]))
    assert not acceptor.ready


@given(st.integers(0, 31), st.sampled_from(["hello", "answer", "last"]))
def test_an_altered_length_makes_no_session(bit: int, which: str) -> None:
    dialler, acceptor = new_ends()

    def carried(name: str, message: bytes) -> bytes:
        return flipped(message, bit) if name == which else message

    with contextlib.suppress(PeerFault):
        acceptor.feed(carried("hello", dialler.outgoing()))
        dialler.feed(carried("answer", acceptor.outgoing()))
        acceptor.feed(carried("last", dialler.outgoing()))
        if dialler.ready:
            assert acceptor.feed(dialler.seal([bytes(4096)])) == []
    assert not acceptor.ready


@given(frames_lists, st.data())
def test_an_altered_frame_is_never_opened_and_ends_the_session(frames: list[bytes], data: st.DataObject) -> None:
    dialler, acceptor = ready_ends()
    sealed = dialler.seal(frames)
    altered = flipped(sealed, data.draw(st.integers(0, len(sealed) * 8 - 1)))
    opened: list[bytes] = []
    with contextlib.suppress(PeerFault):
        for byte in altered:
            opened += acceptor.feed(bytes([byte]))
        opened += acceptor.feed(dialler.seal([bytes(FRAME_BYTES_MAX)] * 2))
    assert opened == frames[: len(opened)]
    assert len(opened) < len(frames)
    with pytest.raises(PeerFault, match=r"seal-broken|frame-oversized|frame-malformed"):
        acceptor.feed(b"")


def reordered(ends: Ends) -> bytes:
    first, second = ends.dialler.seal([b"a"]), ends.dialler.seal([b"b"])
    return second + first


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param(lambda ends: ends.dialler.seal([b"a"]) * 2, id="replayed"),
        pytest.param(reordered, id="reordered"),
        pytest.param(lambda ends: ends.acceptor.seal([b"a"]), id="reflected"),
        pytest.param(lambda _: ready_ends().dialler.seal([b"a"]), id="of another session"),
    ],
)
def test_a_frame_opens_only_once_at_its_place(sealed: Callable[[Ends], bytes]) -> None:
    ends = ready_ends()
    with pytest.raises(PeerFault, match="seal-broken"):
        ends.acceptor.feed(sealed(ends))


def test_two_sessions_share_no_key() -> None:
    assert ready_ends().dialler.seal([b"same"]) != ready_ends().dialler.seal([b"same"])


def test_a_line_that_is_not_admitted_is_refused_before_any_answer() -> None:
    dialler = Inner.dial(sha256(b"other").digest(), DIALLER_PIN, ACCEPTOR_PIN)
    acceptor = new_ends().acceptor
    with pytest.raises(PeerFault, match="handshake-failed"):
        acceptor.feed(dialler.outgoing())
    assert acceptor.outgoing() == b""
    assert acceptor.line_id == b""


@pytest.mark.parametrize("wrong", ["dialler", "acceptor"])
def test_ends_that_see_other_pins_get_no_session(wrong: str) -> None:
    """A relay that shows each end its own certificate is caught, even if TLS were broken."""
    relay = sha256(b"relay").digest()
    dialler = Inner.dial(LINE, DIALLER_PIN, relay if wrong == "dialler" else ACCEPTOR_PIN)
    acceptor = Inner.accept(ACCEPTOR_PIN, relay if wrong == "acceptor" else DIALLER_PIN, lambda _: True)
    acceptor.feed(dialler.outgoing())
    with pytest.raises(PeerFault, match="handshake-failed"):
        dialler.feed(acceptor.outgoing())


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        (b"rabita/2\n" + bytes(1300), "version-unsupported"),
        (b"rabita/10\n", "version-unsupported"),
        (b"rabita/1\n", "handshake-failed"),
        (b"rabita/1\n" + LINE + bytes(1217), "handshake-failed"),
        (b"rabita/1\n" + LINE + b"\xff" * 1216, "handshake-failed"),
        (b"rabita/1\n" + LINE + bytes(1216), "handshake-failed"),
        (b"GET / HTTP/1.1", "handshake-failed"),
        (b"", "handshake-failed"),
        (bytes(4097), "handshake-failed"),
    ],
)
def test_a_wrong_first_message_is_refused_by_its_code(hello: bytes, code: str) -> None:
    with pytest.raises(PeerFault, match=code):
        new_ends().acceptor.feed(struct.pack(">I", len(hello)) + hello)


def test_a_length_that_is_too_long_is_refused_before_its_bytes_come() -> None:
    with pytest.raises(PeerFault, match="handshake-failed"):
        new_ends().acceptor.feed(struct.pack(">I", 4097))
    with pytest.raises(PeerFault, match="frame-oversized"):
        ready_ends().acceptor.feed(struct.pack(">I", FRAME_BYTES_MAX + 17))
    with pytest.raises(PeerFault, match="frame-malformed"):
        ready_ends().acceptor.feed(struct.pack(">I", 15))


@given(st.binary(max_size=6000), st.booleans())
def test_whatever_a_stranger_sends_only_peer_faults_come_out(data: bytes, to_dialler: bool) -> None:  # noqa: FBT001 - drawn
    dialler, acceptor = new_ends()
    inner = dialler if to_dialler else acceptor
    with contextlib.suppress(PeerFault):
        assert inner.feed(data) == []
    assert not inner.ready


def test_the_largest_frame_passes() -> None:
    dialler, acceptor = ready_ends()
    assert acceptor.feed(dialler.seal([bytes(FRAME_BYTES_MAX)])) == [bytes(FRAME_BYTES_MAX)]


def test_our_own_mistakes_stop_the_node_and_never_blame_the_peer() -> None:
    with pytest.raises(InvariantBroken):
        new_ends().dialler.seal([b"too early"])
    with pytest.raises(InvariantBroken):
        ready_ends().dialler.seal([bytes(FRAME_BYTES_MAX + 1)])
    with pytest.raises(InvariantBroken):
        Inner.dial(LINE[:-1], DIALLER_PIN, ACCEPTOR_PIN)


def test_a_spent_key_seals_nothing_more() -> None:
    class Many(list[bytes]):
        def __len__(self) -> int:
            return FRAMES_PER_SESSION_MAX + 1

    with pytest.raises(LocalFault, match="session-spent"):
        ready_ends().dialler.seal(Many())


@given(st.binary(max_size=100), st.binary(max_size=100), st.data())
def test_a_sealed_secret_opens_only_for_its_key_its_info_and_its_bytes(
    secret: bytes, info: bytes, data: st.DataObject
) -> None:
    private = generate_recipient()
    sealed = seal_secret(recipient_public(private), secret, info)
    assert (len(private), len(recipient_public(private)), len(sealed)) == (96, 1216, len(secret) + 1136)
    assert open_secret(private, sealed, info) == secret
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    for key, box, context in (
        (generate_recipient(), sealed, info),
        (private, sealed, info + b"x"),
        (private, flipped(sealed, bit), info),
        (private, sealed[: bit // 8], info),
    ):
        with pytest.raises(PeerFault, match="handshake-failed"):
            open_secret(key, box, context)


@pytest.mark.parametrize("private", [b"", bytes(95), bytes(97)])
def test_a_damaged_stored_key_is_our_own_fault(private: bytes) -> None:
    with pytest.raises(LocalFault, match="node-key-malformed"):
        recipient_public(private)
    with pytest.raises(LocalFault, match="node-key-malformed"):
        open_secret(private, bytes(1168), b"")
