"""The opening of a conversation: what a hello proves, what it only claims, and what each side does about it."""

import msgspec
import pytest

from rabita.line import limits
from rabita.line.frames import Batch, Bye, Chunk, Credit, Held, Hello, Receipt, encode_frame
from rabita.line.hello import in_frames
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.merkle import EMPTY, root
from rabita.line.note import Note, format_note, parse_note
from rabita.line.sealing import rotation_sizes
from rabita.line.state import OPEN
from rabita.services.recovery import opening_draft
from tests.line.founders import THEM, US, member
from tests.line.players import Author, Disk, Node, cosigned, fresh, lasting, receipt_over

OURS = LogId(US, 1, Lane.ROUTINE)
THEIRS = LogId(THEM, 1, Lane.ROUTINE)
PLENTY = 2**40


def sealed(*texts: str, disk: Disk | None = None) -> Node:
    node = Node(disk=disk)
    for text in texts:
        node.seal(Lane.ROUTINE, text)
    return node


def rolled_back() -> tuple[Node, Node]:
    """Give a node, and the same node come up from an older copy of its disk."""
    node = sealed("one")
    older = node.disk.clone()
    node.seal(Lane.ROUTINE, "two")
    return node, Node(disk=older)


def sent(node: Node) -> dict[LogId, int]:
    """From which entry on each log was sent, once credit was given."""
    for log in list(node.exchange.state.logs):
        node.hear(Credit(log, PLENTY, over_quota=False))
    firsts: dict[LogId, int] = {}
    for chunk in node.said(Chunk):
        firsts.setdefault(chunk.log, chunk.first)
    return firsts


def sent_frames(node: Node) -> list[type]:
    return [type(frame) for frame in node.taps[node.session].frames]


def opened(node: Node) -> None:
    """Open the node's next epoch."""
    draft = opening_draft(node.exchange.state, member(node.us).ring, fresh(16), fresh(16))
    node.seal_draft(draft, Lane.CONTROL)
    assert isinstance(node.answers[-1], tuple)


# who may speak, and how


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"protocol": "rabita/2"}, "version-unsupported"),
        ({"line": "another"}, "line-foreign"),
        ({"party": US}, "line-foreign"),
    ],
)
def test_another_protocol_line_or_party_is_sent_away(change: dict[str, object], code: str) -> None:
    node = Node()
    node.meet_with(**change)
    assert node.codes == [code]
    assert node.has_ended()
    assert node.said(Bye) == [Bye(code)]


def empty(code: str, first: int, count: int) -> list[Held]:
    return [
        Held(LogId(code, epoch, Lane.FLASH), "", 0, root(EMPTY), b"", b"", OPEN)
        for epoch in range(first, first + count)
    ]


def test_a_hello_of_more_logs_than_a_frame_may_tell_of_is_sent_away() -> None:
    node = Node()
    node.meet(*empty(THEM, 1, limits.HELLO_LOGS_MAX + 1))
    assert node.codes == ["frame-out-of-order"]


def test_a_full_hello_is_followed_by_another_and_only_then_is_anything_planned() -> None:
    node = sealed("one")
    node.meet(*empty(THEM, 9, limits.HELLO_LOGS_MAX))
    assert sent_frames(node) == [Hello]
    node.hear(node.hello(node.held(OURS)))
    assert Credit in sent_frames(node)
    assert sent(node) == {}, "what the second hello said counts too"


def test_before_the_greeting_is_complete_nothing_else_may_be_said() -> None:
    node = Node()
    node.meet(*empty(THEM, 9, limits.HELLO_LOGS_MAX))
    node.hear(Credit(OURS, PLENTY, over_quota=False))
    assert node.codes == ["frame-out-of-order"]


def test_a_line_of_any_number_of_epochs_greets_in_frames_that_fit() -> None:
    node = sealed("one")
    for _ in range(70):
        opened(node)
        node.seal(Lane.IMMEDIATE, "on")
    again = Node(disk=node.disk)
    other = Node(THEM)
    tap, theirs = again.open(), other.open()
    hellos = [frame for frame in tap.frames if isinstance(frame, Hello)]
    assert len(hellos) == 360 // limits.HELLO_LOGS_MAX + 1
    assert {len(each.held) for each in hellos[:-1]} == {limits.HELLO_LOGS_MAX}
    assert max(len(encode_frame(each)) for each in hellos) < limits.FRAME_BYTES_MAX
    other.hear(*hellos)
    session = other.exchange.state.session
    assert session is not None
    assert session.met
    assert theirs.open


def test_a_greeting_that_ends_with_a_full_hello_is_ended_by_an_empty_one() -> None:
    full = in_frames(Node().hello(), empty(THEM, 1, limits.HELLO_LOGS_MAX))
    assert [len(each.held) for each in full] == [limits.HELLO_LOGS_MAX, 0]


def test_a_later_hello_tells_of_nothing_but_frozen_logs() -> None:
    node = sealed("one", "two")
    node.meet(node.held(OURS))
    first = node.disk.note(node.line, OURS, 1)
    assert first is not None
    node.hear(node.hello(Held(OURS, node.row(OURS).nonce, 1, bytes(32), first, b"", OPEN)))
    assert sent(node) == {}
    opened(node)
    node.meet(node.held(OURS), node.held(LogId(US, 2, Lane.CONTROL)))
    node.hear(node.hello(Held(OURS, node.row(OURS).nonce, 1, bytes(32), first, b"", 1)))
    assert node.row(OURS).frozen_at == 1
    assert ("epoch-frozen", f"{US} 1 ROUTINE") in node.told_of


def test_claims_about_logs_nobody_has_change_nothing() -> None:
    node = Node()
    epochs = range(2, limits.HELLO_LOGS_MAX // 2)
    claims = [
        Held(LogId(code, epoch, Lane.FLASH), "ab", 5, bytes(32), b"x", b"", OPEN)
        for code in (US, THEM)
        for epoch in epochs
    ]
    before = node.exchange.state.logs
    node.meet(*claims, Held(LogId("Z", 1, Lane.FLASH), "", 1, b"", b"", b"", OPEN))
    assert node.exchange.state.logs == before
    assert not node.is_behind()
    assert len(node.disk.audit(1_000)) <= 20


def test_the_difference_of_clocks_is_measured_and_refuses_nothing() -> None:
    node = Node()
    node.meet_with(time_ms=node.now_ms() + 5 * 365 * 86_400_000)
    session = node.exchange.state.session
    assert session is not None
    assert session.clock_difference_ms == 5 * 365 * 86_400_000


def test_our_hello_proves_what_we_hold_and_leaves_lasting_signatures_out() -> None:
    node = sealed("one")
    node.exchange.attest()
    node.meet()
    (held,) = [each for each in node.said(Hello)[0].held if each.log == OURS]
    assert (held.size, held.root, held.frozen_at) == (1, root(node.row(OURS).frontier), OPEN)
    assert len(parse_note(held.note).signatures) == 1
    assert len(parse_note(node.row(OURS).note).signatures) == 2


# what the other side lacks


def test_what_the_other_side_lacks_is_sent_from_where_it_ends() -> None:
    node = sealed("one", "two")
    node.meet()
    assert sent(node) == {OURS: 0}
    first = node.disk.note(node.line, OURS, 1)
    assert first is not None
    node.meet(Held(OURS, node.row(OURS).nonce, 1, bytes(32), first, b"", OPEN))
    assert sent(node) == {OURS: 1}
    node.meet(node.held(OURS))
    assert sent(node) == {}
    assert not node.is_behind()


def test_a_receipt_the_other_side_does_not_show_is_given_again() -> None:
    node, author = Node(), Author()
    node.meet()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.meet(author.held(Lane.ROUTINE))
    assert [receipt.size for receipt in node.said(Receipt)] == [1]
    node.meet(author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US)))
    assert node.said(Receipt) == []


# a tail of ours that was lost


def test_a_larger_head_of_ours_proves_that_our_tail_is_lost() -> None:
    node, old = rolled_back()
    old.meet(node.held(OURS))
    assert old.is_behind()
    assert "epoch-needed" in old.codes
    old.seal(Lane.ROUTINE, "three")
    assert getattr(old.answers[-1], "code", "") == "epoch-needed"
    again = Node(disk=old.disk.clone())
    assert again.is_behind()
    opened(again)
    assert not again.is_behind()
    assert not Node(disk=again.disk.clone()).exchange.state.behind
    again.seal(Lane.ROUTINE, "three")
    assert again.answers[-1] == (LogId(US, 2, Lane.ROUTINE), 0)


def test_another_head_of_ours_at_the_same_size_proves_it_too() -> None:
    node, old = rolled_back()
    old.seal(Lane.ROUTINE, "another two")
    old.meet(node.held(OURS))
    assert old.is_behind()


def test_another_head_of_ours_at_a_smaller_size_proves_it_too() -> None:
    node, old = rolled_back()
    old.seal(Lane.ROUTINE, "another two")
    old.seal(Lane.ROUTINE, "three")
    old.meet(node.held(OURS))
    assert old.is_behind()


def test_a_head_of_ours_between_two_commits_proves_it_too() -> None:
    node, old = rolled_back()
    old.holding = True
    old.seal(Lane.FLASH, "x")
    old.seal(Lane.ROUTINE, "a", "b")
    old.release()
    assert old.disk.note(old.line, OURS, 2) is None
    old.meet(node.held(OURS))
    assert old.is_behind()


def test_a_smaller_head_that_is_none_of_ours_is_told_and_the_rest_is_sent() -> None:
    node = sealed("one", "two")
    node.meet(Held(OURS, node.row(OURS).nonce, 1, bytes(32), b"nothing", b"", OPEN))
    assert (node.codes, node.is_behind()) == (["note-malformed"], False)
    assert sent(node) == {OURS: 1}


def test_a_smaller_head_of_ours_under_another_size_proves_nothing() -> None:
    node = sealed("one", "two", "three")
    first = node.disk.note(node.line, OURS, 1)
    assert first is not None
    node.meet(Held(OURS, node.row(OURS).nonce, 2, bytes(32), first, b"", OPEN))
    assert (node.codes, node.is_behind()) == (["claim-false"], False)


def test_a_claim_of_nothing_in_an_epoch_we_do_not_know_is_passed_over() -> None:
    node = Node()
    node.meet(Held(LogId(US, 2, Lane.FLASH), "ab" * 16, 0, root(EMPTY), b"", b"", OPEN))
    assert (node.codes, node.is_behind()) == ([], False)


@pytest.mark.parametrize("lie", ["unsigned", "root", "size"])
def test_a_claim_that_proves_nothing_is_told_and_ignored(lie: str) -> None:
    node, old = rolled_back()
    held = node.held(OURS)
    changes: dict[str, dict[str, object]] = {
        "unsigned": {"note": b"x"},
        "root": {"root": bytes(32)},
        "size": {"size": 9},
    }
    old.meet(msgspec.structs.replace(held, **changes[lie]))
    assert not old.is_behind()
    assert old.codes[-1] in ("note-malformed", "claim-false")
    old.seal(Lane.ROUTINE, "three")
    assert old.answers[-1] == (OURS, 1)


def test_an_epoch_of_ours_that_we_do_not_know_is_a_lost_tail_and_the_next_number_is_taken() -> None:
    older = sealed("one").disk.clone()
    node = Node(disk=older.clone())
    opened(node)
    node.seal(Lane.ROUTINE, "in epoch 2")
    log = LogId(US, 2, Lane.CONTROL)
    lost = Node(disk=older)
    lost.meet(node.held(log), node.held(LogId(US, 2, Lane.ROUTINE)))
    assert lost.is_behind()
    for lane in (Lane.CONTROL, Lane.ROUTINE):
        batch = node.disk.batch(node.line, LogId(US, 2, lane), 0)
        assert batch is not None
        lost.take(LogId(US, 2, lane), Batch(0, batch.entries, batch.note))
    assert lost.row(log).frontier.size == 1
    again = Node(disk=lost.disk.clone())
    assert again.is_behind()
    assert rotation_sizes(again.exchange.state)
    opened(again)
    assert again.exchange.state.epochs[US] == 3


def test_an_epoch_number_of_ours_that_was_taken_is_closed_and_the_next_one_opened() -> None:
    older = sealed("one").disk.clone()
    first, second = Node(disk=older.clone()), Node(disk=older)
    opened(first)
    draft = opening_draft(second.exchange.state, member(US).ring, b"\7" * 16, bytes(16))
    second.seal_draft(draft, Lane.CONTROL)
    second.meet(first.held(LogId(US, 2, Lane.CONTROL)))
    assert second.is_behind()
    assert {second.row(LogId(US, 2, lane)).frozen_at for lane in LANES} == {0}
    second.meet(first.held(LogId(US, 2, Lane.CONTROL)))
    assert {second.row(LogId(US, 2, lane)).frozen_at for lane in LANES} == {0}
    opened(second)
    assert second.exchange.state.epochs[US] == 3


def test_a_returned_log_refills_ours() -> None:
    node, old = rolled_back()
    old.meet(node.held(OURS))
    batch = node.disk.batch(node.line, OURS, 1)
    assert batch is not None
    old.take(OURS, Batch(1, batch.entries, batch.note))
    assert old.row(OURS) == node.row(OURS)
    assert old.arrivals == []
    old.hear(receipt_over(node.row(OURS).note, OURS))
    assert old.row(OURS).receipted == 2


# closed epochs


def test_where_the_other_side_froze_a_closed_epoch_of_ours_is_kept_beside_other_changes() -> None:
    node = sealed("one", "two")
    first = node.disk.note(node.line, OURS, 1)
    assert first is not None
    opened(node)
    node.holding = True
    node.exchange.attest()
    node.meet(Held(OURS, node.row(OURS).nonce, 1, bytes(32), first, b"", 1))
    node.exchange.attest()
    node.release()
    assert (node.row(OURS).frozen_at, len(parse_note(node.row(OURS).note).signatures)) == (1, 2)
    again = Node(disk=node.disk.clone())
    assert (again.row(OURS).frozen_at, len(parse_note(again.row(OURS).note).signatures)) == (1, 2)
    assert sent(node).get(OURS) is None


def test_a_closed_epoch_of_ours_is_not_frozen_beyond_what_the_other_side_holds() -> None:
    node = sealed("one", "two")
    opened(node)
    node.meet(msgspec.structs.replace(node.held(OURS), frozen_at=9))
    assert (node.row(OURS).frozen_at, node.codes) == (OPEN, ["claim-false"])


def test_lasting_signatures_asked_for_after_a_freeze_do_not_thaw_it() -> None:
    node = sealed("one", "two")
    opened(node)
    node.holding = True
    node.meet(msgspec.structs.replace(node.held(OURS), frozen_at=2))
    node.exchange.attest()
    node.release()
    assert node.row(OURS).frozen_at == 2
    assert Node(disk=node.disk.clone()).row(OURS).frozen_at == 2


def test_a_closed_epoch_of_which_its_author_holds_less_is_sent_back() -> None:
    node, author = Node(), Author()
    node.meet()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    fresh = Author(epoch=2, nonce="ab" * 16)
    node.take(fresh.log(Lane.CONTROL), fresh.opening())
    one = Author()
    note = one.batch(Lane.ROUTINE).note
    lacking = Held(THEIRS, author.nonce, 1, one.checkpoint(Lane.ROUTINE).root, note, b"", OPEN)
    node.meet(lacking, fresh.held(Lane.CONTROL))
    assert {chunk.log: chunk.first for chunk in node.said(Chunk)} == {THEIRS: 1}
    node.meet(fresh.held(Lane.CONTROL))
    assert [(chunk.log, chunk.first) for chunk in node.said(Chunk)] == [(THEIRS, 0), (THEIRS, 1)]
    node.meet(author.held(Lane.ROUTINE), fresh.held(Lane.CONTROL))
    assert node.said(Chunk) == []


# contradictions


def forked(node: Node) -> Author:
    """Let the counterpart sign two histories; the node holds the first."""
    author, other = Author(), Author()
    node.meet()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    other.batch(Lane.ROUTINE)
    return other


def test_two_heads_of_one_size_stop_the_log_and_both_are_kept() -> None:
    node = Node()
    other = forked(node)
    kept = node.row(THEIRS).note
    node.meet(other.held(Lane.ROUTINE))
    assert node.row(THEIRS).stopped == "forked"
    (evidence,) = node.disk.evidence(node.line)
    assert (evidence.code, evidence.items) == ("forked", (kept, other.notes[Lane.ROUTINE]))
    assert node.said(Receipt) == []
    assert Node(disk=node.disk.clone()).row(THEIRS).stopped == "forked"
    node.meet(other.held(Lane.ROUTINE))
    assert len(node.disk.evidence(node.line)) == 1


def test_a_batch_of_another_history_at_a_size_held_stops_the_log() -> None:
    node = Node()
    author, other = Author(), Author()
    node.meet()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.take(THEIRS, other.batch(Lane.ROUTINE))
    assert node.row(THEIRS).stopped == "forked"


def test_a_lasting_signature_asked_for_before_a_stop_does_not_undo_it() -> None:
    node = Node()
    other = forked(node)
    node.holding = True
    node.hear(lasting(node.row(THEIRS).note, THEIRS, THEM))
    node.exchange.closed(node.session)
    node.meet(other.held(Lane.ROUTINE))
    node.release()
    assert node.row(THEIRS).stopped == "forked"
    assert Node(disk=node.disk.clone()).row(THEIRS).stopped == "forked"


def test_another_root_that_its_author_did_not_sign_proves_nothing() -> None:
    node = Node()
    other = forked(node)
    held = other.held(Lane.ROUTINE)
    unsigned = parse_note(held.note)
    stranger = msgspec.structs.replace(unsigned.signatures[0], key_id=b"abcd")
    node.meet(msgspec.structs.replace(held, note=format_note(Note(unsigned.text, (stranger,)))))
    assert (node.row(THEIRS).stopped, node.codes[-1]) == ("", "note-unsigned")
    bigger = Author()
    bigger.batch(Lane.ROUTINE)
    bigger.batch(Lane.ROUTINE)
    node.meet(msgspec.structs.replace(held, note=bigger.notes[Lane.ROUTINE]))
    assert (node.row(THEIRS).stopped, node.codes[-1]) == ("", "checkpoint-foreign")


def test_an_epoch_of_theirs_under_another_nonce_is_told() -> None:
    node = Node()
    node.meet(msgspec.structs.replace(Author().held(Lane.ROUTINE), nonce="ab" * 16))
    assert node.codes == ["epoch-taken"]


def closing() -> tuple[Node, Author, Author, Held, Batch]:
    """Give a node that holds one of two entries it once receipted, as their author goes on in its next epoch."""
    node, author, fresh_epoch = Node(), Author(), Author(epoch=2, nonce="ab" * 16)
    first, second = author.batch(Lane.ROUTINE), author.batch(Lane.ROUTINE)
    held = author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US))
    node.meet(held)
    node.take(THEIRS, first)
    node.take(fresh_epoch.log(Lane.CONTROL), fresh_epoch.opening())
    assert node.row(THEIRS).frozen_at == OPEN
    return node, author, fresh_epoch, held, second


def frozen_said(node: Node) -> list[tuple[LogId, int]]:
    """Give the frozen logs that the node told of after its greeting."""
    return [(held.log, held.frozen_at) for hello in node.said(Hello)[1:] for held in hello.held if held.size]


def test_a_freeze_after_a_refill_reaches_the_author_in_the_same_conversation() -> None:
    node, _, fresh_epoch, held, second = closing()
    node.meet(held, fresh_epoch.held(Lane.CONTROL))
    assert frozen_said(node) == []
    node.take(THEIRS, second)
    assert (node.row(THEIRS).frozen_at, frozen_said(node)) == (2, [(THEIRS, 2)])


def test_a_closed_log_whose_author_shows_no_receipt_beyond_what_is_held_is_frozen_at_once_and_said() -> None:
    node, author, fresh_epoch, _, _ = closing()
    node.meet(author.held(Lane.ROUTINE), fresh_epoch.held(Lane.CONTROL))
    assert (node.row(THEIRS).frozen_at, frozen_said(node)) == (1, [(THEIRS, 1)])


def test_what_comes_back_twice_before_it_is_stored_contradicts_nothing() -> None:
    node, log = Node(), LogId(US, 1, Lane.FLASH)
    old = Node(disk=node.disk.clone())
    node.seal(Lane.FLASH, "one")
    opened(old)
    old.holding = True
    old.meet(msgspec.structs.replace(node.held(log), frozen_at=1))
    batch = node.disk.batch(node.line, log, 0)
    assert batch is not None
    for _ in range(2):
        old.take(log, Batch(0, batch.entries, batch.note))
    old.release()
    assert (old.row(log).stopped, old.row(log).frontier) == ("", node.row(log).frontier)
