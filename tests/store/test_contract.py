"""The port ``Store``, sentence by sentence: writing, and what is refused."""

import pytest

from rabita.line.changes import Changes
from rabita.line.entry import Entry
from rabita.line.errors import InvariantBroken, UserFault
from rabita.line.ids import Lane, LogId
from rabita.line.merkle import EMPTY
from rabita.line.record import AuditRow, EvidenceRow, OrderRow, Snapshot, StoredBatch
from rabita.ports import Document, Store
from tests.store.rows import (
    CONTROL,
    FLASH,
    LINE,
    NOW_MS,
    OTHER_LINE,
    ROUTINE,
    THEIRS,
    WITHHELD,
    Author,
    everything,
    keep,
    new_logs,
    record,
)


def test_a_new_store_is_empty(bare: Store) -> None:
    assert everything(bare) == [(), (), (), ()]


def test_lines_are_listed_by_name(store: Store) -> None:
    assert store.lines() == (record(OTHER_LINE), record(LINE))


def test_the_same_line_again_changes_nothing(store: Store) -> None:
    store.add_line(record())
    assert store.lines() == (record(OTHER_LINE), record(LINE))


def test_another_record_under_a_line_s_name_is_refused(store: Store) -> None:
    with pytest.raises(InvariantBroken):
        store.add_line(record()._replace(charter=b"another"))
    assert store.lines() == (record(OTHER_LINE), record(LINE))


def test_the_snapshot_of_a_new_line_is_its_record(store: Store) -> None:
    assert store.snapshot(LINE) == Snapshot(record(), (), (), (), {})


def test_the_snapshot_of_an_unknown_line_is_refused(store: Store) -> None:
    with pytest.raises(UserFault, match="line-unknown"):
        store.snapshot("nobody")


def test_a_snapshot_holds_all_the_core_needs(store: Store) -> None:
    control, routine = Author(CONTROL), Author(ROUTINE, n=2)
    batches = (control.batch(2), routine.batch(2, withheld=(WITHHELD,)), routine.batch(2))
    receipt = routine.receipt(4)
    logs = new_logs(ROUTINE, CONTROL)
    orders = (OrderRow("PAK", 1, 4, b"l" * 32, (1, 2, 3, 4, 5, 6)), OrderRow("IRN", 2, 1, b"m" * 32, ()))
    facts = (("peer-epoch", '{"IRN": 2}'), ("blocked", "[]"))
    store.commit([Changes(LINE, logs, batches, (receipt,), orders, facts=facts)], NOW_MS)
    assert store.snapshot(LINE) == Snapshot(
        record(),
        (control.head(), routine.head(receipt.value)),
        (orders[1], orders[0]),
        tuple((CONTROL, row) for row in batches[0].value.rows),
        {"peer-epoch": {"IRN": 2}, "blocked": []},
    )
    assert store.snapshot(OTHER_LINE) == Snapshot(record(OTHER_LINE), (), (), (), {})
    assert store.logs(LINE) == (control.head(), routine.head(receipt.value))


def test_control_entries_come_back_in_the_order_of_their_arrival(store: Store) -> None:
    ours, theirs = Author(CONTROL), Author(CONTROL._replace(party="IRN"))
    batches = [theirs.batch(1), ours.batch(2, withheld=(WITHHELD,)), theirs.batch(1)]
    for batch in batches:
        keep(store, batch)
    assert store.snapshot(LINE).control == tuple(
        (batch.value.log, row._replace(withheld=())) for batch in batches for row in batch.value.rows
    )


def test_orders_and_facts_are_replaced(store: Store) -> None:
    for count in (1, 2):
        orders = (OrderRow("PAK", 1, count, bytes([count]), (count,)),)
        store.commit([Changes(LINE, orders=orders, facts=(("count", str(count)),))], NOW_MS)
    found = store.snapshot(LINE)
    assert found.orders == (OrderRow("PAK", 1, 2, b"\x02", (2,)),)
    assert found.facts == {"count": 2}


def test_the_head_of_an_empty_log_is_kept(store: Store) -> None:
    head = Author(FLASH).head()
    store.commit([Changes(LINE, logs=(head,))], NOW_MS)
    assert store.logs(LINE) == (head,)
    assert head.frontier == EMPTY
    assert store.batch(LINE, FLASH, 0) is None


def test_changes_of_several_lines_are_one_commit(store: Store) -> None:
    one, two = Author(ROUTINE), Author(ROUTINE)
    logs = new_logs(ROUTINE)
    store.commit([Changes(LINE, logs, (one.batch(2),)), Changes(OTHER_LINE, logs, (two.batch(1),))], NOW_MS)
    assert [found.line for found in store.listed(LINE, "", 0, 9)] == [LINE, LINE]
    assert [found.seq for found in store.listed(OTHER_LINE, "", 0, 9)] == [3]


def broken() -> dict[str, Changes]:
    """Name changes that contradict a routine log which ends at 3 entries."""
    kept = Author(ROUTINE)
    same = kept.batch(3)

    def after(notes: dict[int, bytes] | None = None) -> Author:
        return Author(ROUTINE, kept.frontier, notes=notes or {})

    gap = after()
    gap.batch(1)
    backwards = after().rows(2)[::-1]
    return {
        "again": Changes(LINE, batches=(same,)),
        "other content": Changes(LINE, batches=(Author(ROUTINE).batch(3, act=b"another"),)),
        "overlap": Changes(LINE, batches=(Author(ROUTINE).batch(4),)),
        "gap": Changes(LINE, batches=(gap.batch(1),)),
        "nothing": Changes(LINE, batches=(after().sealed(()),)),
        "backwards": Changes(LINE, batches=(after().sealed(backwards),)),
        "log not kept": Changes(LINE, batches=(Author(THEIRS).batch(1),)),
        "log that does not begin empty": Changes(LINE, (after().head()._replace(log=THEIRS),)),
        "receipt between notes": Changes(LINE, receipts=(after(notes={2: kept.notes[3]}).receipt(2),)),
        "receipt of no log": Changes(LINE, receipts=(Author(FLASH, notes={3: kept.notes[3]}).receipt(3),)),
        "batch of no line": Changes("nobody", new_logs(ROUTINE), (Author(ROUTINE).batch(1),)),
        "fact of no line": Changes("nobody", facts=(("name", "1"),)),
    }


@pytest.mark.parametrize("case", broken())
def test_what_contradicts_the_rows_kept_is_refused_and_changes_nothing(store: Store, case: str) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(3))
    before, other = everything(store), Author(CONTROL)
    good = Changes(LINE, new_logs(CONTROL), (other.batch(2),), audit=(AuditRow(1, "x", ""),))
    with pytest.raises(InvariantBroken):
        store.commit([good, broken()[case]], NOW_MS)
    assert everything(store) == before
    keep(store, author.batch(1))
    assert [found.seq for found in store.listed(LINE, "", 0, 9)] == [4, 3, 2, 1]


def test_a_head_held_changes_only_in_what_its_row_may_change(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(2))
    receipt, old = author.receipt(2), author.head()
    store.commit([Changes(LINE, batches=(author.batch(1),), receipts=(receipt,))], NOW_MS)
    late = old._replace(nonce="f" * 32, note=b"of size 2", receipted=9, receipt=b"?", stopped="fork", frozen_at=2)
    store.commit([Changes(LINE, (late,))], NOW_MS)
    assert store.logs(LINE) == (author.head(receipt.value, stopped="fork")._replace(frozen_at=2),)
    assert store.note(LINE, ROUTINE, 2) == old.note


def test_a_head_never_goes_back_to_an_older_receipt(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(2), author.batch(1))
    newer, older, again = author.receipt(3), author.receipt(2), author.receipt(3, time_s=1_706_486_500)
    for receipt, head in ((newer, newer), (older, newer), (again, again)):
        store.commit([Changes(LINE, receipts=(receipt,))], NOW_MS)
        assert store.logs(LINE) == (author.head(head.value),)
    assert [receipt for _, _, receipt in store.notes(LINE, ROUTINE, 0, 9)] == [older.value.note, again.value.note]


def test_a_receipt_is_kept_at_its_size(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(2), author.batch(1))
    receipt = author.receipt(2)
    store.commit([Changes(LINE, receipts=(receipt,))], NOW_MS)
    assert store.notes(LINE, ROUTINE, 0, 9) == (
        (2, author.notes[2], receipt.value.note),
        (3, author.notes[3], b""),
    )


def test_a_head_s_note_with_more_signatures_replaces_the_batch_s(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(2), author.batch(1))
    store.commit([Changes(LINE, logs=(author.head(note=b"hybrid"),))], NOW_MS)
    assert store.note(LINE, ROUTINE, 3) == b"hybrid"
    assert store.note(LINE, ROUTINE, 2) == author.notes[2]
    assert store.batch(LINE, ROUTINE, 2) == StoredBatch(ROUTINE, 2, store_entries(store, ROUTINE, 2, 3), b"hybrid")


def store_entries(store: Store, log: LogId, first: int, end: int) -> tuple[Entry, ...]:
    found = [store.entry(LINE, log, index) for index in range(first, end)]
    return tuple(each.row.entry for each in found if each)


def test_evidence_is_kept_in_order(store: Store) -> None:
    rows = (EvidenceRow(THEIRS, "fork", (b"one", b"two")), EvidenceRow(FLASH, "seen-fell", (b"\x00",)))
    store.commit([Changes(LINE, evidence=rows[:1])], NOW_MS)
    store.commit([Changes(LINE, evidence=rows[1:])], NOW_MS)
    assert store.evidence(LINE) == rows
    assert store.evidence(OTHER_LINE) == ()


def test_audit_is_listed_newest_first_and_needs_no_line(store: Store) -> None:
    rows = tuple(AuditRow(number, "code", f"رابطہ {number}") for number in range(4))
    store.commit([Changes("", audit=rows[:3])], NOW_MS)
    store.commit([Changes(LINE, audit=rows[3:])], NOW_MS)
    assert store.audit(3) == (rows[3], rows[2], rows[1])


def test_documents_are_listed_by_name_and_serial_and_replaced_by_both(store: Store) -> None:
    rows = [Document("descriptor", name, serial, b"n", "imported") for name in ("PAK", "IRN") for serial in (2, 1)]
    for row in [*rows, Document("charter", LINE, 1, b"c", "proposed")]:
        store.put_document(row)
    confirmed = rows[0]._replace(note=b"more", state="confirmed")
    store.put_document(confirmed)
    assert store.documents("descriptor") == (rows[3], rows[2], rows[1], confirmed)
    assert store.documents("charter") == (Document("charter", LINE, 1, b"c", "proposed"),)


def test_a_log_is_its_line_s_alone(store: Store) -> None:
    keep(store, Author(ROUTINE).batch(3))
    assert everything_of(store, OTHER_LINE) == (None, None, (), (), None, (), (), ())


def everything_of(store: Store, line: str) -> tuple[object, ...]:
    return (
        store.batch(line, ROUTINE, 0),
        store.note(line, ROUTINE, 3),
        store.leaves(line, ROUTINE, 0, 3),
        store.order(line, "PAK", 1, 0, 9),
        store.entry(line, ROUTINE, 0),
        store.acts(line, Author(ROUTINE).rows(1)[0].act_id),
        store.listed(line, "", 0, 9),
        store.notes(line, ROUTINE, 0, 9),
    )


def test_an_unknown_line_reads_as_empty(store: Store) -> None:
    assert everything_of(store, "nobody") == (None, None, (), (), None, (), (), ())
    assert store.logs("nobody") == ()
    assert store.evidence("nobody") == ()
    store.purge("nobody", ROUTINE, 0)


def test_lanes_and_epochs_are_apart(store: Store) -> None:
    logs = [ROUTINE, ROUTINE._replace(epoch=2), ROUTINE._replace(lane=Lane.PRIORITY), THEIRS]
    for log in logs:
        keep(store, Author(log).batch(1))
    assert [store.leaves(LINE, log, 0, 9) for log in logs] == [(Author(log).rows(1)[0].leaf,) for log in logs]
