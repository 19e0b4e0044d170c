"""The courier: what two nodes tell each other by file is what they would have told each other on the line."""

from collections.abc import Iterable
from itertools import islice

import pytest

from rabita.line.errors import PeerFault
from rabita.line.events import Now
from rabita.line.frames import Bye, Chunk, Hello, Receipt, decode_frame, encode_frame
from rabita.line.ids import Lane, LogId
from rabita.services.courier import Incoming, Taken, outgoing
from tests.line.founders import THEM, US
from tests.line.players import Node
from tests.pair import Pair, Side
from tests.services.talking import End, open_epoch


def pack(side: Side) -> list[bytes]:
    now = Now(side.world.monotonic_ms(), side.world.now_ms())
    return list(outgoing(side.exchange.state, side.store, side.ring, now))


def take(side: Side, frames: Iterable[bytes]) -> Taken:
    ends: list[Taken] = []
    Incoming(side.exchange, side.disk, side.world, iter(frames), ends.append)
    side.world.run(10_000)
    (end,) = ends
    return end


def kinds(frames: Iterable[bytes]) -> list[str]:
    return [type(decode_frame(raw)).__name__ for raw in frames]


def filled(*texts: str) -> Pair:
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, *texts)
    pair.a.seal(Lane.FLASH, "stop")
    pair.b.seal(Lane.PRIORITY, "over")
    pair.run()
    return pair


def test_a_bundle_brings_everything_and_the_answer_brings_the_receipts() -> None:
    pair = filled("one", "two")
    assert take(pair.b, pack(pair.a)).fault is None
    assert pair.b.sizes() == {pair.a.log(Lane.ROUTINE): 2, pair.a.log(Lane.FLASH): 1, pair.b.log(Lane.PRIORITY): 1}
    assert pair.a.heard.receipts == {}
    assert take(pair.a, pack(pair.b)).fault is None
    assert pair.a.heard.receipts == {pair.a.log(Lane.ROUTINE): 2, pair.a.log(Lane.FLASH): 1}
    assert pair.a.sizes() == pair.b.sizes()


def test_only_receipts_count_as_held() -> None:
    pair = filled("one")
    first = pack(pair.a)
    pair.a.seal(Lane.ROUTINE, "two")
    pair.run()
    take(pair.b, first)
    second = pack(pair.a)
    assert kinds(second).count("Chunk") == kinds(first).count("Chunk") + 1, "nothing is receipted yet"
    take(pair.a, pack(pair.b))
    third = [frame for raw in pack(pair.a) if isinstance(frame := decode_frame(raw), Chunk)]
    assert [(chunk.log, chunk.first) for chunk in third] == [(pair.a.log(Lane.ROUTINE), 1)]
    take(pair.b, second)
    take(pair.a, pack(pair.b))
    assert kinds(pack(pair.a)) == ["Hello", "Receipt"]


def test_flash_goes_before_routine_and_after_the_greeting() -> None:
    pair = filled("one")
    frames = [decode_frame(raw) for raw in pack(pair.a)]
    lanes = [frame.log.lane for frame in frames if isinstance(frame, Chunk)]
    assert isinstance(frames[0], Hello)
    assert lanes == [Lane.FLASH, Lane.ROUTINE]


def test_the_same_bundle_again_changes_nothing() -> None:
    pair = filled("one", "two")
    frames = pack(pair.a)
    take(pair.b, frames)
    before = pair.b.store.snapshot(pair.line)
    assert take(pair.b, frames).fault is None
    assert pair.b.store.snapshot(pair.line) == before
    assert len(pair.b.heard.arrivals) == 3


def test_a_backlog_larger_than_the_window_goes_whole() -> None:
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, *["x" * 60_000] * 40)
    pair.run(30_000)
    frames = pack(pair.a)
    assert sum(map(len, frames)) > 40 * 60_000
    take(pair.b, frames)
    assert pair.b.sizes() == {pair.a.log(Lane.ROUTINE): 40}


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 5, 8, 11, 100])
def test_what_came_whole_before_a_cut_counts(cut: int) -> None:
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, *["x" * 60_000] * 8)
    pair.run(30_000)
    frames = pack(pair.a)

    def broken() -> Iterable[bytes]:
        yield from islice(frames, cut)
        raise PeerFault("bundle-truncated")

    end = take(pair.b, broken())
    assert end.fault is not None
    assert (end.fault.code, end.frames) == ("bundle-truncated", min(cut, len(frames)))
    whole = [frame for raw in frames[:cut] if isinstance(frame := decode_frame(raw), Chunk) and frame.last]
    held = pair.b.sizes().get(pair.a.log(Lane.ROUTINE), 0)
    assert bool(held) == bool(whole)
    take(pair.b, frames)
    assert pair.b.sizes() == {pair.a.log(Lane.ROUTINE): 8}


def test_packing_does_not_touch_a_live_conversation() -> None:
    pair = filled("one")
    pair.connect()
    pair.run()
    session = pair.a.exchange.state.session
    assert kinds(pack(pair.a)) == ["Hello", "Receipt"]
    assert pair.a.exchange.state.session is session
    pair.a.seal(Lane.ROUTINE, "two")
    pair.run()
    assert pair.b.sizes()[pair.a.log(Lane.ROUTINE)] == 2


def test_a_live_conversation_that_comes_up_meanwhile_takes_over() -> None:
    pair = Pair()
    pair.a.seal(Lane.ROUTINE, *["x" * 60_000] * 40)
    pair.run(30_000)
    ends: list[Taken] = []
    Incoming(pair.b.exchange, pair.b.disk, pair.world, iter(pack(pair.a)), ends.append)
    pair.connect()
    pair.run(60_000)
    (end,) = ends
    assert end.fault is not None
    assert end.fault.code == "replaced"
    assert pair.b.sizes() == {pair.a.log(Lane.ROUTINE): 40}


@pytest.mark.parametrize("bad", [b"", b"\xc1", encode_frame(Bye("closing"))])
def test_frames_no_node_writes_end_the_taking(bad: bytes) -> None:
    pair = filled("one")
    hello = pack(pair.a)[0]
    assert take(pair.b, [hello, bad]).fault is not None
    assert take(pair.b, pack(pair.a)).fault is None


def test_the_bundle_of_another_line_is_refused() -> None:
    pair, other = filled("one"), filled("one")
    end = take(pair.b, pack(other.a))
    assert end.fault is not None
    assert pair.b.sizes() == {pair.b.log(Lane.PRIORITY): 1}
    assert "line-foreign" in pair.b.heard.told_codes


def test_receipts_in_a_bundle_are_those_of_its_writer() -> None:
    pair = filled("one")
    take(pair.b, pack(pair.a))
    receipts = [frame for raw in pack(pair.b) if isinstance(frame := decode_frame(raw), Receipt)]
    assert {receipt.log: receipt.size for receipt in receipts} == {
        pair.a.log(Lane.ROUTINE): 1,
        pair.a.log(Lane.FLASH): 1,
    }


def test_a_line_of_many_epochs_goes_by_courier_too() -> None:
    pak, irn = Node(US), Node(THEM)
    for _ in range(14):
        open_epoch(pak)
    pak.seal(Lane.ROUTINE, "one")
    frames = list(outgoing(pak.exchange.state, pak.disk, pak.ring, Now(pak.at_ms, pak.now_ms())))
    assert kinds(frames)[:2] == ["Hello", "Hello"]
    for _ in range(16):
        session = irn.exchange.opened(End(), dialled=False, bulk=True)
        irn.exchange.received(session, frames)
        irn.exchange.closed(session)
    assert irn.row(LogId(US, 15, Lane.ROUTINE)).frontier.size == 1
