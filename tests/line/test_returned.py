"""What comes back to us of our own logs: what it proves, what it refills, and what of it stays with the other side."""

import msgspec
import pytest

from rabita.line.frames import Batch, Bye, Refusal
from rabita.line.ids import Lane, LogId
from rabita.line.state import OPEN
from rabita.services.recovery import opening_draft
from tests.line.founders import LINE, US, member
from tests.line.players import Disk, Node, fresh, receipt_over

ROUTINE = LogId(US, 1, Lane.ROUTINE)
CONTROL = LogId(US, 1, Lane.CONTROL)


def come_back(disk: Disk, log: LogId, first: int) -> Batch:
    """Give a batch that the counterpart holds, as it sends it back."""
    batch = disk.batch(LINE, log, first)
    assert batch is not None
    return Batch(first, batch.entries, batch.note)


def opened(node: Node) -> None:
    """Open the node's next epoch."""
    node.seal_draft(opening_draft(node.exchange.state, member(node.us).ring, fresh(16), fresh(16)), Lane.CONTROL)
    assert isinstance(node.answers[-1], tuple)


def control_lost() -> tuple[Node, Batch]:
    """Give a node come up from before it sealed on its control log, and what it sealed there."""
    node = Node()
    old = Node(disk=node.disk.clone())
    node.seal(Lane.CONTROL, "sealed and lost")
    return old, come_back(node.disk, CONTROL, 0)


def test_more_of_our_control_log_than_we_hold_proves_our_tail_lost_and_is_taken_in_the_next_epoch() -> None:
    """Nobody but us signs there; it waits until the epoch is closed, so that the next one opens under keys we have."""
    old, batch = control_lost()
    old.meet()
    old.take(CONTROL, batch)
    assert (old.is_behind(), old.codes) == (True, ["epoch-needed"])
    assert Node(disk=old.disk.clone()).is_behind()
    old.take(CONTROL, batch)
    assert old.row(CONTROL).frontier.size == 0
    opened(old)
    old.meet()
    old.take(CONTROL, batch)
    assert old.row(CONTROL).frontier.size == 1
    assert (old.arrivals, old.said(Refusal), old.has_ended()) == ([], [], False)


def test_what_comes_back_of_our_control_log_under_no_signature_of_ours_proves_nothing() -> None:
    old, batch = control_lost()
    old.meet()
    altered = batch.note[:-9] + b"AAAAAAA=\n"
    old.take(CONTROL, Batch(0, batch.entries, altered))
    assert (old.is_behind(), old.row(CONTROL).frontier.size) == (False, 0)
    assert [(each.code, each.blocked) for each in old.said(Refusal)] == [("signature-false", False)]


def test_a_closed_log_that_comes_back_with_another_history_of_ours_is_set_apart_at_what_was_receipted() -> None:
    """Rolled back, we sealed on before we were told: what the other side holds instead stays with it alone."""
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    node.meet()
    node.hear(receipt_over(node.row(ROUTINE).note, ROUTINE))
    rolled = Node(disk=node.disk.clone())
    node.seal(Lane.ROUTINE, "two", "three")
    rolled.seal(Lane.ROUTINE, "sealed in between")
    opened(rolled)
    rolled.meet()
    batch = come_back(node.disk, ROUTINE, 2)
    for _ in range(2):
        rolled.take(ROUTINE, batch)
    assert [(each.code, each.blocked) for each in rolled.said(Refusal)] == [
        ("root-mismatch", False),
        ("root-mismatch", True),
    ]
    assert rolled.codes[-2:] == ["tail-contradicted", "epoch-frozen"]
    for each in (rolled, Node(disk=rolled.disk.clone())):
        row = each.row(ROUTINE)
        assert (row.stopped, row.frozen_at, row.frontier.size) == ("tail-contradicted", 1, 2)


@pytest.mark.parametrize("known", [True, False])
def test_a_receipt_over_a_tail_that_we_lost_is_passed_over_once_we_know_of_the_loss(*, known: bool) -> None:
    node = Node()
    old = Node(disk=node.disk.clone())
    node.seal(Lane.ROUTINE, "sealed and lost")
    held = (node.held(ROUTINE),) if known else ()
    old.meet(*held)
    old.hear(receipt_over(node.row(ROUTINE).note, ROUTINE))
    assert [each.code for each in old.said(Bye)] == ([] if known else ["receipt-false"])
    assert old.row(ROUTINE).receipted == 0


def test_a_freeze_that_cannot_be_stored_does_not_count_and_the_next_conversation_brings_it_again() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    opened(node)
    node.holding = node.disk.broken = True
    frozen = msgspec.structs.replace(node.held(ROUTINE), frozen_at=1)
    node.meet(frozen)
    node.release()
    assert (node.has_ended(), node.row(ROUTINE).frozen_at) == (True, OPEN)
    node.holding = node.disk.broken = False
    node.meet(frozen)
    for each in (node, Node(disk=node.disk.clone())):
        assert each.row(ROUTINE).frozen_at == 1
