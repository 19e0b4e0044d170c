"""The port ``Store``, sentence by sentence: reading back, paging, purging."""

import pytest

from rabita.line.changes import Changes
from rabita.line.entry import Entry
from rabita.line.errors import InvariantBroken
from rabita.line.ids import Lane, LogId
from rabita.line.record import EntryRow, OrderEntry, StoredBatch
from rabita.ports import ListedEntry, Store
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
    entry_row,
    everything,
    keep,
)


def entries(rows: tuple[EntryRow, ...]) -> tuple[Entry, ...]:
    return tuple(row.entry for row in rows)


def test_a_batch_ends_at_the_next_note(store: Store) -> None:
    author = Author(ROUTINE)
    one, other, two = author.batch(3, portions=(b"s" * 40, b"")), Author(FLASH).batch(2), author.batch(2)
    keep(store, one, other)
    keep(store, two)
    rows = one.value.rows
    assert store.batch(LINE, ROUTINE, 0) == StoredBatch(ROUTINE, 0, entries(rows), one.value.note)
    assert store.batch(LINE, ROUTINE, 1) == StoredBatch(ROUTINE, 1, entries(rows[1:]), one.value.note)
    assert store.batch(LINE, ROUTINE, 3) == StoredBatch(ROUTINE, 3, entries(two.value.rows), two.value.note)
    assert store.batch(LINE, ROUTINE, 5) is None


def test_withheld_portions_are_never_in_a_batch(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(3, portions=(b"sent",), withheld=(WITHHELD, b"more")))
    store.purge(LINE, ROUTINE, 1)
    assert WITHHELD not in repr(store.batch(LINE, ROUTINE, 0)).encode()
    assert WITHHELD not in repr(store.listed(LINE, "", 0, 9)).encode()
    found = store.entry(LINE, ROUTINE, 0)
    assert found is not None
    assert found.row.withheld == (WITHHELD, b"more")


def test_an_author_s_note_is_found_at_exactly_its_size(store: Store) -> None:
    author = Author(ROUTINE)
    keep(store, author.batch(2), author.batch(2))
    found = [store.note(LINE, ROUTINE, size) for size in range(6)]
    assert found == [None, None, author.notes[2], None, author.notes[4], None]


def test_leaves_are_read_across_batches(store: Store) -> None:
    author, other = Author(ROUTINE), Author(THEIRS)
    leaves: list[bytes] = []
    for count in (2, 1, 4):
        batch = author.batch(count)
        leaves += [row.leaf for row in batch.value.rows]
        keep(store, batch, other.batch(1))
    for first in range(8):
        for end in range(first, 9):
            assert store.leaves(LINE, ROUTINE, first, end) == tuple(leaves[first:end])


def order_entry(log: LogId, row: EntryRow) -> OrderEntry:
    return OrderEntry(row.n, row.prev, row.leaf, row.seen, log, row.index)


def test_an_author_s_order_is_by_n_then_lane_and_index(store: Store) -> None:
    placed = {
        ROUTINE: [entry_row(ROUTINE, index, n) for index, n in enumerate((3, 7, 7, 1))],
        FLASH: [entry_row(FLASH, index, n) for index, n in enumerate((7, 2))],
        CONTROL: [entry_row(CONTROL, index, n) for index, n in enumerate((9, 0))],
    }
    for log, rows in placed.items():
        keep(store, Author(log).sealed(tuple(rows)), Author(log._replace(epoch=2)).batch(1))
    keep(store, Author(THEIRS).batch(4))
    routine, flash, control = placed.values()
    expected = [(ROUTINE, routine[3]), (FLASH, flash[1]), (ROUTINE, routine[0]), (FLASH, flash[0])]
    expected += [(ROUTINE, routine[1]), (ROUTINE, routine[2]), (CONTROL, control[0])]
    found = store.order(LINE, "PAK", 1, 0, 99)
    assert found == tuple(order_entry(log, row) for log, row in expected)
    assert store.order(LINE, "PAK", 1, 2, 3) == found[2:5]
    assert store.order(LINE, "PAK", 1, 7, 9) == found[6:]
    assert store.order(LINE, "PAK", 3, 0, 9) == ()


def test_an_entry_comes_back_whole(store: Store) -> None:
    author = Author(FLASH)
    row = entry_row(FLASH, 0, 5, act=b"\xff", portions=(b"salt", None), withheld=(WITHHELD,), fault="content-json")
    keep(store, author.sealed((row,)), now_ms=NOW_MS + 1)
    assert store.entry(LINE, FLASH, 0) == ListedEntry(1, LINE, FLASH, row, NOW_MS + 1, receipted=False)
    assert store.entry(LINE, FLASH, 1) is None
    store.commit([Changes(LINE, receipts=(author.receipt(1),))], NOW_MS)
    assert store.entry(LINE, FLASH, 0) == ListedEntry(1, LINE, FLASH, row, NOW_MS + 1, receipted=True)


def test_an_act_is_found_wherever_its_id_was_used_earliest_first(store: Store) -> None:
    used = b"i" * 16
    late = LogId("IRN", 2, Lane.FLASH)
    logs = [(late, 1), (ROUTINE, 8), (FLASH, 8), (THEIRS, 8), (CONTROL, 3)]
    for log, n in logs:
        rows = tuple(entry_row(log, index, n, act=b"{%d}" % n, act_id=used if index else b"") for index in range(2))
        keep(store, Author(log).sealed(rows))
    keep(store, Author(ROUTINE._replace(epoch=9)).batch(3))
    digest = {n: entry_row(FLASH, 0, 0, act=b"{%d}" % n).act_digest for n in (1, 3, 8)}
    assert store.acts(LINE, used) == (
        (CONTROL, 1, digest[3]),
        (THEIRS, 1, digest[8]),
        (FLASH, 1, digest[8]),
        (ROUTINE, 1, digest[8]),
        (late, 1, digest[1]),
    )
    assert store.acts(LINE, b"") == ()
    assert store.acts(LINE, b"j" * 16) == ()


def test_entries_are_listed_newest_first_and_paged_and_what_is_held_of_theirs_is_receipted(store: Store) -> None:
    ours, theirs, later = Author(ROUTINE), Author(THEIRS), Author(FLASH._replace(epoch=2))
    for author, count in ((ours, 3), (theirs, 2), (later, 2), (ours, 1)):
        keep(store, author.batch(count, withheld=(WITHHELD,)))
    store.commit([Changes(LINE, receipts=(ours.receipt(3),))], NOW_MS)
    found = store.listed(LINE, "", 0, 99)
    assert [(each.seq, each.log, each.row.index, each.receipted) for each in found] == [
        (8, ROUTINE, 3, False),
        (7, later.log, 1, False),
        (6, later.log, 0, False),
        (5, THEIRS, 1, True),
        (4, THEIRS, 0, True),
        (3, ROUTINE, 2, True),
        (2, ROUTINE, 1, True),
        (1, ROUTINE, 0, True),
    ]
    assert {each.row.withheld for each in found} == {()}
    assert store.listed(LINE, "", 7, 3) == found[2:5]
    assert store.listed(LINE, "IRN", 0, 9) == found[3:5]
    assert store.listed(LINE, "PAK", 8, 3) == (found[1], found[2], found[5])
    assert store.listed(LINE, "PAK", 1, 3) == ()


def test_notes_are_listed_by_size_and_paged(store: Store) -> None:
    author = Author(ROUTINE)
    for count in (1, 3, 2):
        keep(store, author.batch(count))
    expected = tuple((size, author.notes[size], b"") for size in (1, 4, 6))
    assert store.notes(LINE, ROUTINE, 0, 9) == expected
    assert store.notes(LINE, ROUTINE, 1, 1) == expected[1:2]
    assert store.notes(LINE, ROUTINE, 6, 9) == ()


@pytest.mark.parametrize("times", [1, 2])
def test_a_purge_removes_the_words_and_leaves_the_leaf(store: Store, times: int) -> None:
    author = Author(ROUTINE)
    batch = author.batch(3, portions=(b"word", None, b"words"), withheld=(WITHHELD,))
    keep(store, batch)
    for _ in range(times):
        store.purge(LINE, ROUTINE, 1)
    first, purged, last = batch.value.rows
    purged = purged._replace(entry=purged.entry._replace(portions=(None, None, None)), withheld=())
    found = [store.entry(LINE, ROUTINE, index) for index in range(3)]
    assert [each.row for each in found if each] == [first, purged, last]
    assert store.batch(LINE, ROUTINE, 0) == StoredBatch(ROUTINE, 0, entries((first, purged, last)), author.notes[3])


def test_nothing_of_a_control_lane_is_purged(store: Store) -> None:
    with pytest.raises(InvariantBroken):
        store.purge(LINE, ROUTINE._replace(lane=Lane.CONTROL), 0)


def test_a_purge_of_an_entry_without_portions_or_none_changes_nothing(store: Store) -> None:
    keep(store, Author(ROUTINE).batch(2))
    before = everything(store)
    store.purge(LINE, ROUTINE, 1)
    store.purge(LINE, ROUTINE, 2)
    store.purge(LINE, FLASH, 0)
    assert everything(store) == before


def test_a_reader_follows_a_line_in_the_order_of_arrival(store: Store) -> None:
    ours, theirs, flash = Author(ROUTINE), Author(THEIRS), Author(FLASH)
    keep(store, ours.batch(2, withheld=(WITHHELD,)), theirs.batch(2))
    keep(store, Author(FLASH).batch(1), line=OTHER_LINE)
    keep(store, flash.batch(1))
    whole = store.following(LINE, 0, 9)
    assert whole == tuple(reversed(store.listed(LINE, "", 0, 9)))
    assert [each.seq for each in whole] == [1, 2, 3, 4, 6]
    assert store.following(LINE, 2, 2) == whole[2:4]
    assert store.following(LINE, 6, 9) == store.following("nobody", 0, 9) == ()
    keep(store, theirs.batch(1))
    assert [each.seq for each in store.following(LINE, 6, 9)] == [7]


def test_entries_are_read_by_their_numbers(store: Store) -> None:
    keep(store, Author(ROUTINE).batch(3, withheld=(WITHHELD,)))
    keep(store, Author(THEIRS).batch(2), line=OTHER_LINE)
    (last,) = store.following(OTHER_LINE, 4, 1)
    assert store.at([5, 99, 2]) == (store.following(LINE, 1, 1)[0], last)
    assert store.at([]) == ()
    many = Author(FLASH)
    keep(store, many.batch(600))
    assert [each.seq for each in store.at(range(1, 700))] == list(range(1, 606))
