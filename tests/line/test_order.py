"""An author's own order: followed after the fact, never waited for, and a contradiction in it stops the lane."""

from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.entry import Entry, Stamp
from rabita.line.frames import Receipt
from rabita.line.ids import LANES, Lane
from rabita.line.state import LineState
from tests.line.founders import THEM
from tests.line.players import Author, Node, draft

KEY = (THEM, 1)


def order_of(node: Node) -> int:
    state: LineState = node.exchange.state
    return state.orders[KEY].n if KEY in state.orders else 0


def stopped(node: Node) -> list[Lane]:
    return [log.lane for log, row in node.exchange.state.logs.items() if row.stopped == "order-contradicted"]


def met() -> tuple[Node, Author]:
    node, author = Node(), Author()
    node.meet()
    return node, author


@given(st.lists(st.sampled_from(LANES), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_whatever_the_order_of_arrival_the_authors_order_is_found(lanes: list[Lane], random: Random) -> None:
    node, author = met()
    batches = [(author.log(lane), author.batch(lane)) for lane in lanes]
    queues = {lane: [each for each in batches if each[0].lane is lane] for lane in LANES}
    while any(queues.values()):
        queue = random.choice([each for each in queues.values() if each])
        node.take(*queue.pop(0))
    assert order_of(node) == len(lanes)
    assert node.codes == []
    assert len(node.arrivals) == len(node.said(Receipt)) == len(lanes)


def test_an_entry_that_came_early_is_shown_and_receipted_at_once() -> None:
    node, author = met()
    late = author.batch(Lane.ROUTINE)
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert len(node.arrivals) == len(node.said(Receipt)) == 1
    assert order_of(node) == 0
    node.take(author.log(Lane.ROUTINE), late)
    assert order_of(node) == 2


def test_one_number_for_two_entries_is_a_contradiction() -> None:
    node, author = met()
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    author.n, author.prev = 0, bytes(32)
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert sorted(stopped(node)) == [Lane.FLASH, Lane.ROUTINE]
    (evidence,) = node.disk.evidence(node.line)
    assert evidence.code == "order-contradicted"
    assert evidence.items == (b"X-IRN-F-0001 n=1", b"X-IRN-R-0001 n=1")
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert node.codes[-1] == "lane-stopped"
    node.take(author.log(Lane.PRIORITY), author.batch(Lane.PRIORITY))
    assert node.arrivals[-1][0].lane is Lane.PRIORITY


def test_the_same_entry_in_two_places_is_a_contradiction() -> None:
    node, author = met()
    entry = author.entry(Lane.ROUTINE)
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, entry, entry))
    assert stopped(node) == [Lane.ROUTINE]


def test_a_prev_that_names_another_entry_is_a_contradiction() -> None:
    node, author = met()
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    author.prev = bytes(32)
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert stopped(node) == [Lane.FLASH]


def stamped(author: Author, lane: Lane, stamp: Stamp) -> Entry:
    return author.stamped(stamp, draft(THEM, lane).act)


def test_what_an_author_saw_never_falls_within_an_epoch() -> None:
    node, author = met()
    steps = [((1, 1, 0, 0, 0), 1), ((1, 2, 0, 0, 0), 1), ((0, 0, 0, 0, 0), 2)]
    entries = []
    for seen, epoch in steps:
        entries.append(stamped(author, Lane.ROUTINE, author.stamp(Lane.ROUTINE, seen_epoch=epoch, seen=seen)))
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, *entries))
    assert stopped(node) == []
    back = stamped(author, Lane.FLASH, author.stamp(Lane.FLASH, seen_epoch=1, seen=(9, 9, 9, 9, 9)))
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH, back))
    assert stopped(node) == [Lane.FLASH]


def test_a_size_seen_that_falls_is_a_contradiction() -> None:
    node, author = met()
    one = stamped(author, Lane.ROUTINE, author.stamp(Lane.ROUTINE, seen=(1, 1, 1, 1, 1)))
    two = stamped(author, Lane.ROUTINE, author.stamp(Lane.ROUTINE, seen=(1, 1, 1, 1, 0)))
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, one, two))
    assert stopped(node) == [Lane.ROUTINE]


def test_a_stamp_that_cannot_be_read_has_no_place_in_the_order() -> None:
    node, author = met()
    odd = author.entry(Lane.ROUTINE)._replace(stamp=b"{}")
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, odd))
    assert order_of(node) == 0
    assert node.arrivals[-1][1].fault == "stamp-malformed"


def test_after_a_restart_the_order_goes_on_where_the_entries_held_end() -> None:
    node, author = met()
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    again = node.restarted()
    again.meet(author.held(Lane.ROUTINE))
    again.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert order_of(again) == 3
    author.prev = bytes(32)
    again.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    assert stopped(again) == [Lane.FLASH]


def test_a_long_stretch_is_followed_in_parts() -> None:
    node, author = met()
    early = [author.batch(Lane.ROUTINE, *[author.entry(Lane.ROUTINE) for _ in range(150)]) for _ in range(4)]
    last = author.batch(Lane.FLASH)
    node.take(author.log(Lane.FLASH), last)
    for batch in early:
        node.take(author.log(Lane.ROUTINE), batch)
    assert order_of(node) == 601
    again = Node(disk=node.disk.clone())
    state = again.exchange.state
    again.exchange.state = msgspec.structs.replace(state, orders={})
    again.meet()
    assert order_of(again) == 601


def test_a_store_that_cannot_be_read_leaves_the_order_for_later() -> None:
    node, author = met()
    late = author.batch(Lane.ROUTINE)
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    node.holding = True
    node.take(author.log(Lane.ROUTINE), late)
    changes, done = node.commits.pop(0)
    node.disk.commit(changes, 0)
    node.holding, node.disk.broken = False, True
    done(None)
    node.disk.broken = False
    assert "store-unavailable" in node.codes
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    node.meet()
    assert order_of(node) == 3


def test_a_contradiction_that_could_not_be_kept_stops_the_log_and_is_tried_again() -> None:
    node, author = met()
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE))
    node.exchange.closed(node.session)
    other = Author()
    other.batch(Lane.ROUTINE)
    node.holding = True
    node.meet(other.held(Lane.ROUTINE))
    log = author.log(Lane.ROUTINE)
    assert node.row(log).stopped == "forked"
    node.disk.broken = True
    node.release()
    node.holding = False
    assert (node.row(log).stopped, node.has_ended()) == ("forked", True)
    node.wait(6_000)
    node.disk.broken = False
    assert node.disk.evidence(node.line) == ()
    node.wait(6_000)
    assert node.row(log).stopped == "forked"
    assert len(node.disk.evidence(node.line)) == 1
    assert Node(disk=node.disk.clone()).row(log).stopped == "forked"
    node.meet(other.held(Lane.ROUTINE))
    assert len(node.disk.evidence(node.line)) == 1


def test_an_act_that_cannot_be_read_hides_no_contradiction() -> None:
    node, author = met()
    poison = author.stamped(author.stamp(Lane.ROUTINE), b'{"a":1.5e3}')
    node.take(author.log(Lane.ROUTINE), author.batch(Lane.ROUTINE, poison))
    assert node.arrivals[-1][1].fault == "content-json"
    log = author.log(Lane.FLASH)
    contradicting = author.stamped(author.stamp(Lane.FLASH, prev="11" * 32), draft(THEM, Lane.FLASH).act)
    node.take(log, author.batch(Lane.FLASH, contradicting))
    assert node.row(log).stopped == "order-contradicted"
