"""Sealing: a group commit is stamped in order, durable before it is answered, and refused whole or not at all."""

import msgspec
import pytest

from rabita.keys.ring import KeyRing
from rabita.line.control import OPENING, REVOCATION, ROTATION, Opening, Revoked, Rotation
from rabita.line.entry import FIRST_PREV, NO_APPROVALS, decode_stamp, encode
from rabita.line.errors import InvariantBroken, LocalFault, RabitaError
from rabita.line.events import Draft, Now, Seal
from rabita.line.frames import Batch
from rabita.line.ids import Lane, LogId
from rabita.line.node import step
from rabita.line.note import parse_checkpoint, parse_note
from rabita.line.revocation import LogSize
from rabita.line.sealing import rotation_sizes
from rabita.services.recovery import opening_draft
from tests.line.founders import US, member
from tests.line.players import Author, Node, act_of, control, draft

ROUTINE, FLASH, CONTROL = [LogId(US, 1, lane) for lane in (Lane.ROUTINE, Lane.FLASH, Lane.CONTROL)]


def fault(answer: object) -> str:
    assert isinstance(answer, RabitaError)
    return answer.code


def bare(act: bytes) -> Draft:
    return Draft(act, NO_APPROVALS)


def test_a_seal_returns_when_it_is_durable_and_not_before() -> None:
    node = Node()
    node.holding = True
    node.seal(Lane.ROUTINE, "one")
    assert (node.answers, node.own) == ([], [])
    assert node.row(ROUTINE).frontier.size == 0
    node.release()
    assert node.answers == [(ROUTINE, 0)]
    assert node.own == [(ROUTINE, 0)]
    assert node.restarted().row(ROUTINE).frontier.size == 1


def test_stamps_count_on_over_all_lanes_and_say_what_was_seen() -> None:
    node, author = Node(), Author()
    node.seal(Lane.ROUTINE, "one")
    node.meet()
    node.take(author.log(Lane.FLASH), author.batch(Lane.FLASH))
    node.seal(Lane.FLASH, "two")
    node = node.restarted()
    node.seal(Lane.ROUTINE, "three")
    places = [(ROUTINE, 0), (FLASH, 0), (ROUTINE, 1)]
    rows = [entry.row for place in places if (entry := node.disk.entry(node.line, *place)) is not None]
    stamps = [decode_stamp(row.entry.stamp) for row in rows]
    assert [stamp.n for stamp in stamps] == [1, 2, 3]
    assert [stamp.prev for stamp in stamps] == [FIRST_PREV, rows[0].leaf.hex(), rows[1].leaf.hex()]
    assert [stamp.seen for stamp in stamps] == [(0, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 1, 0, 0, 0)]


def test_a_group_gets_one_checkpoint_for_each_lane_it_touches() -> None:
    node = Node()
    node.holding = True
    node.seal(Lane.PRIORITY, "first")
    node.seal(Lane.ROUTINE, "a", "b")
    node.seal(Lane.IMMEDIATE, "c")
    node.release()
    log = LogId(US, 1, Lane.ROUTINE)
    assert [size for size, _, _ in node.disk.notes(node.line, log, 0, 10)] == [2]
    assert parse_checkpoint(parse_note(node.row(log).note).text).size == 2
    assert sorted(node.answers, key=str) == sorted(
        [(LogId(US, 1, Lane.PRIORITY), 0), (log, 0), (log, 1), (LogId(US, 1, Lane.IMMEDIATE), 0)], key=str
    )


def test_withheld_portions_are_kept_and_never_sent() -> None:
    node = Node()
    node.seal_draft(draft(US, Lane.ROUTINE, "said", "kept at home"), Lane.ROUTINE)
    entry = node.disk.entry(node.line, ROUTINE, 0)
    assert entry is not None
    assert entry.row.withheld[0].endswith(b"kept at home")
    batch = node.disk.batch(node.line, ROUTINE, 0)
    assert batch is not None
    assert b"kept at home" not in b"".join([raw or b"" for raw in batch.entries[0].portions])


def test_a_group_commit_that_fails_seals_nothing_and_may_be_tried_again() -> None:
    node = Node()
    node.disk.broken = True
    node.seal(Lane.ROUTINE, "one")
    assert isinstance(node.answers[0], LocalFault)
    assert fault(node.answers[0]) == "store-unavailable"
    node.disk.broken = False
    node.seal(Lane.ROUTINE, "one")
    assert node.answers[1] == (ROUTINE, 0)
    assert node.row(ROUTINE).frontier.size == 1


def test_without_its_key_a_node_seals_nothing() -> None:
    locked = Node(keys=KeyRing())
    locked.seal(Lane.ROUTINE, "one")
    assert isinstance(locked.answers[0], LocalFault)
    assert fault(locked.answers[0]) == "key-unavailable"
    assert locked.codes == ["key-unavailable"]


def test_a_wrong_signature_of_the_key_store_seals_nothing() -> None:
    node = Node(keys=WrongKeys())
    node.seal(Lane.ROUTINE, "one")
    assert fault(node.answers[0]) == "key-unavailable"
    assert node.row(ROUTINE).frontier.size == 0


class WrongKeys:
    """A key store that is broken."""

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        return (public + message)[:64].ljust(64, b"\0")

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        return public + message


# acts of the line itself


def rotation(node: Node, **changes: int) -> bytes:
    sizes = {**rotation_sizes(node.exchange.state)}
    listed = tuple([LogSize(*log, size + changes.get(log.lane.lower(), 0)) for log, size in sizes.items()])
    return encode(control(US, ROTATION, Rotation(member(US).described(2).decode(), listed)))


def test_a_rotation_lists_the_sizes_of_all_logs_at_this_very_point() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    stale = rotation(node)
    node.seal(Lane.ROUTINE, "two")
    node.seal_draft(bare(stale), Lane.CONTROL)
    assert fault(node.answers[-1]) == "rotation-stale"
    node.seal_draft(bare(rotation(node)), Lane.CONTROL)
    assert node.answers[-1] == (CONTROL, 0)
    assert node.exchange.state.facts.books[US].newest.serial == 2
    node.seal(Lane.ROUTINE, "three")
    again = node.restarted()
    assert again.exchange.state.facts.books[US].newest.serial == 2
    again.seal(Lane.ROUTINE, "four")
    assert again.answers == [(ROUTINE, 3)]


def test_an_act_of_the_line_itself_goes_alone() -> None:
    node = Node()
    drafts = (bare(rotation(node)), draft(US, Lane.ROUTINE, "x"))
    _, effects = step(node.exchange.state, Seal(drafts), Now(1, 1))
    assert [getattr(effect, "code", "") for effect in effects] == ["control-alone"]


def test_a_control_act_without_effect_of_its_own_is_sealed_like_any_other() -> None:
    node = Node()
    for act in (act_of(US, Lane.CONTROL), control(US, REVOCATION, Revoked("no note"))):
        node.seal_draft(bare(encode(act)), Lane.CONTROL)
    assert node.answers == [(CONTROL, 0), (CONTROL, 1)]


def test_an_opening_begins_a_new_epoch_with_its_own_order() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    tap = node.meet()
    node.seal_draft(opening_draft(node.exchange.state, node.ring, bytes(16), bytes(16)), Lane.CONTROL)
    opened = LogId(US, 2, Lane.CONTROL)
    assert node.answers[-1] == (opened, 0)
    assert not tap.open
    node.seal(Lane.ROUTINE, "two")
    row = node.disk.entry(node.line, LogId(US, 2, Lane.ROUTINE), 0)
    assert row is not None
    assert decode_stamp(row.row.entry.stamp).n == 2
    assert node.restarted().exchange.state.n == 2


def test_a_lane_stopped_by_a_contradiction_goes_on_in_a_new_epoch_only() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    state = node.exchange.state
    stopped = {**state.logs, ROUTINE: state.logs[ROUTINE]._replace(stopped="forked")}
    node.exchange.state = msgspec.structs.replace(state, logs=stopped)
    node.seal(Lane.FLASH, "two")
    assert fault(node.answers[-1]) == "lane-stopped"
    act = encode(control(US, OPENING, Opening("ab" * 16, ())))
    node.seal_draft(bare(act), Lane.CONTROL)
    assert node.answers[-1] == (LogId(US, 2, Lane.CONTROL), 0)


# what the pump may not ask for


@pytest.mark.parametrize("count", [0, 257])
def test_a_group_commit_has_bounds(count: int) -> None:
    node = Node()
    with pytest.raises(InvariantBroken):
        step(node.exchange.state, Seal((bare(b"{}"),) * count), Now(1, 1))
    large = draft(US, Lane.ROUTINE, "x" * 60_000)
    with pytest.raises(InvariantBroken):
        step(node.exchange.state, Seal((large,) * 5), Now(1, 1))


def test_two_group_commits_never_run_at_once() -> None:
    node = Node()
    event = Seal((draft(US, Lane.ROUTINE, "x"),))
    state, _ = step(node.exchange.state, event, Now(1, 1))
    with pytest.raises(InvariantBroken):
        step(state, event, Now(1, 1))


def test_a_returned_batch_waits_for_a_group_commit_under_way() -> None:
    node = Node()
    node.seal(Lane.ROUTINE, "one")
    older = node.disk.clone()
    node.seal(Lane.ROUTINE, "two")
    old = Node(disk=older)
    old.holding = True
    old.seal(Lane.ROUTINE, "another two")
    old.meet(node.held(ROUTINE))
    assert old.is_behind()
    batch = node.disk.batch(node.line, ROUTINE, 1)
    assert batch is not None
    old.take(ROUTINE, Batch(1, batch.entries, batch.note))
    old.release()
    assert old.answers == [(ROUTINE, 1)]
    assert old.row(ROUTINE).frontier.size == 2
