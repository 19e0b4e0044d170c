"""Conversations as the core keeps them: which of two stays, what ends one, and what time does."""

import pytest

from rabita.line import limits
from rabita.line.document import root_digest
from rabita.line.events import (
    Committed,
    Draft,
    Failed,
    Loaded,
    NoteLoaded,
    Now,
    Seal,
    Send,
    Signed,
    Wake,
)
from rabita.line.frames import Ack, Bye, Chunk, Hello, Ping, Receipt, encode_frame
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.node import SIMULTANEOUS_MS, step
from tests.line.founders import THEM, US, member
from tests.line.players import Author, Node, Tap, draft

ROUTINE = LogId(THEM, 1, Lane.ROUTINE)
SMALLER, LARGER = sorted((US, THEM), key=lambda code: root_digest(code, member(code).descriptors[0].root))


# which conversation stays


def open_two(node: Node, *dialled: bool, apart_ms: int = 0) -> tuple[Tap, Tap]:
    first = node.open(dialled=dialled[0])
    node.at_ms += apart_ms
    return first, node.open(dialled=dialled[1])


@pytest.mark.parametrize("order", [(True, False), (False, True)])
@pytest.mark.parametrize("us", [US, THEM])
def test_of_two_dialled_at_once_the_dial_of_the_smaller_root_stays(us: str, order: tuple[bool, bool]) -> None:
    taps = open_two(Node(us), *order)
    stays = order.index(us == SMALLER)
    assert [tap.open for tap in taps] == [stays == 0, stays == 1]


@pytest.mark.parametrize("dialled", [True, False])
def test_a_newer_conversation_dialled_by_the_same_side_replaces_an_older(dialled: bool) -> None:  # noqa: FBT001 - both
    first, second = open_two(Node(), dialled, dialled)
    assert (first.open, second.open) == (False, True)


@pytest.mark.parametrize("us", [US, THEM])
@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_long_after_the_first_the_newer_replaces_it_whoever_dialled(us: str, order: tuple[bool, bool]) -> None:
    first, second = open_two(Node(us), *order, apart_ms=SIMULTANEOUS_MS + 1)
    assert (first.open, second.open) == (False, True)


def test_frames_and_endings_of_a_replaced_conversation_are_passed_over() -> None:
    node = Node()
    node.meet()
    old = node.session
    node.meet()
    node.exchange.received(old, [encode_frame(Bye("closing"))])
    node.exchange.closed(old)
    node.exchange.closed(99)
    assert not node.has_ended()
    node.hear(Ping(1))
    assert node.codes == []


# frames that have no place


def test_before_the_hello_nothing_but_a_hello_or_a_farewell_is_heard() -> None:
    node = Node()
    node.open()
    node.hear(Ack(1))
    assert node.codes == ["frame-out-of-order"]
    assert node.has_ended()
    node.open()
    node.hear(Bye("closing"))
    assert node.has_ended()
    assert node.codes == ["frame-out-of-order"]


def test_nothing_is_sent_before_the_others_hello_but_ours() -> None:
    node = Node()
    node.seal(Lane.CONTROL, "x")
    node.open()
    node.seal(Lane.CONTROL, "y")
    assert [type(frame) for frame in node.taps[node.session].frames] == [Hello]


def test_a_frame_that_cannot_be_read_ends_the_conversation_and_what_follows_it_is_not_heard() -> None:
    node, author = Node(), Author()
    node.meet()
    batch = author.batch(Lane.ROUTINE)
    assert batch.entries
    node.exchange.received(node.session, [b"\xff", encode_frame(Bye("closing"))])
    assert node.codes == ["frame-malformed"]
    assert node.said(Bye) == [Bye("frame-malformed")]
    node.exchange.received(node.session, [encode_frame(Bye("closing"))])
    assert node.codes == ["frame-malformed"]


def test_frames_after_a_farewell_in_one_delivery_are_not_heard() -> None:
    node = Node()
    node.meet()
    node.hear(Bye("closing"), Ack(1), Bye("closing"))
    assert node.codes == []
    assert node.has_ended()


# time


def test_a_line_without_traffic_is_kept_alive_and_clocks_are_compared() -> None:
    node = Node()
    node.meet()
    for _ in range(6):
        node.hear(Ping(node.now_ms() + 7_000))
        node.wait(limits.KEEPALIVE_MS)
    assert len(node.said(Ping)) >= 5
    assert node.exchange.state.session is not None
    assert node.exchange.state.session.clock_difference_ms == 7_000
    assert node.codes == []


def test_silence_ends_the_conversation() -> None:
    node = Node()
    node.meet()
    node.wait(limits.SILENCE_MS - 1)
    assert not node.has_ended()
    node.wait(2)
    assert node.has_ended()
    assert node.codes == ["silent"]


def test_received_bytes_are_acknowledged_at_once_and_then_every_50_ms() -> None:
    node = Node()
    node.meet()
    piece = Chunk(ROUTINE, 0, 0, last=False, data=bytes(4_096))
    node.hear(piece)
    assert node.said(Ack) == [Ack(4_096)]
    for number in (1, 2, 3):
        node.hear(Chunk(ROUTINE, 0, 4_096 * number, last=False, data=bytes(4_096)))
    assert node.said(Ack) == [Ack(4_096)]
    node.wait(limits.ACK_INTERVAL_MS)
    assert node.said(Ack) == [Ack(4_096), Ack(4 * 4_096)]
    node.wait(1_000)
    assert len(node.said(Ack)) == 2


def test_a_bundle_is_neither_acknowledged_nor_kept_alive_nor_given_up() -> None:
    node, author = Node(), Author()
    node.meet(bulk=True)
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    node.wait(10 * limits.SILENCE_MS)
    assert (node.said(Ack), node.said(Ping), node.has_ended()) == ([], [], False)
    assert len(node.said(Receipt)) == 1


def test_few_wakes_are_asked_for_however_much_happens() -> None:
    node, author = Node(), Author()
    node.meet()
    for _ in range(40):
        node.take(ROUTINE, author.batch(Lane.ROUTINE))
        node.seal(Lane.ROUTINE, "x")
        node.at_ms += 5
    assert len(node.calls) < 15


# answers that come when nobody waits for them any more


@pytest.mark.parametrize(
    "event",
    [
        Signed(99, (b"",)),
        Committed(99),
        Failed(99, "store-unavailable"),
        NoteLoaded(99, None),
        Loaded(99, ROUTINE, None),
        Loaded(1, LogId("Z", 1, Lane.FLASH), None),
        Loaded(1, LogId(US, 1, Lane.ROUTINE), None),
    ],
)
def test_an_answer_nobody_waits_for_changes_nothing(event: Signed | Committed | Failed | NoteLoaded | Loaded) -> None:
    node = Node()
    node.meet()
    before = node.exchange.state.logs
    node.exchange.feed(event)
    assert node.exchange.state.logs == before
    assert not node.has_ended()


def test_an_opening_seals_alike_in_every_run() -> None:
    """The core is pure: the same events give the same effects."""
    node = Node()
    event = Seal((Draft(draft(US, Lane.ROUTINE, "x").act, b"[]"),))
    state = node.exchange.state
    assert step(state, event, Now(1, 2)) == step(state, event, Now(1, 2))
    after, effects = step(state, event, Now(1, 2))
    assert (state.sealing, after.ticket >= state.ticket) == (False, True)
    assert not [effect for effect in effects if isinstance(effect, Send | Wake)]


def test_an_idle_line_of_a_node_without_conversation_is_signed_to_last() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "x")
    node.wait(limits.MLDSA_IDLE_MS + 1)
    log = LogId(US, 1, Lane.ROUTINE)
    assert node.row(log).note.count(b"\n\xe2\x80\x94") == 2
    assert all(LogId(US, 1, lane) in node.exchange.state.logs for lane in LANES)
