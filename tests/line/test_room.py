"""A low disk: what room there is belongs to own sealing, control and FLASH; the rest waits and is not lost."""

import pytest

from rabita.line.events import Room
from rabita.line.frames import Chunk, Credit, encode_batch
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.limits import CREDIT_BYTES
from rabita.line.state import OPEN
from tests.line.founders import THEM, US
from tests.line.players import Author, Node, cosigned

LOWER = (Lane.IMMEDIATE, Lane.PRIORITY, Lane.ROUTINE)


def low() -> Node:
    node = Node()
    node.exchange.feed(Room(low=True))
    return node


def credit(node: Node) -> dict[Lane, int]:
    """Give the bytes that the node admits by now, per lane of the counterpart."""
    given = dict.fromkeys(LANES, 0)
    for frame in node.said(Credit):
        assert frame.size_bytes >= given[frame.log.lane]
        given[frame.log.lane] = frame.size_bytes
    return given


def test_below_flash_no_credit_is_given_and_the_officers_are_told_once() -> None:
    node = low()
    node.exchange.feed(Room(low=True))
    node.meet()
    assert credit(node) == {**dict.fromkeys(LANES, 0), Lane.FLASH: CREDIT_BYTES}
    assert node.codes == ["disk-low"]


def test_credit_comes_back_with_the_room() -> None:
    node = low()
    node.meet()
    node.exchange.feed(Room(low=False))
    assert {credit(node)[lane] for lane in LOWER} == {CREDIT_BYTES}


def test_what_was_admitted_before_is_stored_and_nothing_after_it() -> None:
    node, author = Node(), Author()
    node.meet()
    node.exchange.feed(Room(low=True))
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    assert node.row(author.log(Lane.ROUTINE)).frontier.size == 1
    assert credit(node)[Lane.ROUTINE] == CREDIT_BYTES
    node.wait(6_000)
    assert credit(node)[Lane.ROUTINE] == CREDIT_BYTES


def test_a_refill_waits_too() -> None:
    node, author = low(), Author()
    author.batch(Lane.ROUTINE)
    node.meet(author.held(Lane.ROUTINE, receipt=cosigned(author.notes[Lane.ROUTINE], US)))
    assert credit(node)[Lane.ROUTINE] == 0


def test_own_sealing_control_and_flash_go_on() -> None:
    node, author = low(), Author()
    node.meet()
    for lane in LANES[1:]:
        node.seal(lane, "ours")
    assert [placed[0].lane for placed in node.answers if isinstance(placed, tuple)] == list(LANES[1:])
    for lane in (Lane.CONTROL, Lane.FLASH):
        node.take(author.log(lane), author.batch(lane))
        assert node.row(author.log(lane)).frontier.size == 1


@pytest.mark.parametrize("lane", LANES)
def test_of_a_bundle_what_is_below_flash_stays_unstored_and_can_be_taken_again(lane: Lane) -> None:
    node, author = low(), Author()
    batch, log = author.batch(lane), author.log(lane)
    node.meet(bulk=True)
    node.take(log, batch)
    assert node.row(log).frontier.size == (lane not in LOWER)
    node.exchange.feed(Room(low=False))
    node.take(log, batch)
    assert node.row(log).frontier.size == 1


def test_logs_returned_to_us_need_no_credit() -> None:
    full = Node()
    full.seal(Lane.ROUTINE, "one")
    node = low()
    log = LogId(US, 1, Lane.ROUTINE)
    node.meet(full.held(log))
    assert node.is_behind()
    batch = full.disk.batch(full.line, log, 0)
    assert batch is not None
    node.hear(Chunk(log, 0, 0, last=True, data=encode_batch(0, batch.entries, batch.note)))
    assert (node.row(log).frontier.size, node.row(log).frozen_at) == (1, OPEN)
    assert node.peer == THEM
