"""The index in SQLite: every list is a range of an index, whatever it holds; what is damaged is thrown away."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from rabita.ports.index import ActRow, CaseRow, DutyRow, Spread
from rabita.store import index_queries
from rabita.store.index_queries import Queries
from rabita.store.index_schema import SCHEMA, TABLES
from rabita.store.index_sqlite import SqliteIndex, open_index

LINE: Final = "pak-irn"
LOG: Final = LogId("PAK", 1, Lane.ROUTINE)
CASE: Final = bytes(32)
WHERE: Final = Spread(0, 0, 1, 1, 0, 60_000)


def act(seq: int, **changes: Any) -> ActRow:  # noqa: ANN401 - a column
    row = ActRow(
        seq=seq,
        line=LINE,
        log=LOG,
        index=seq - 1,
        n=seq,
        seen=(1, 0, 0, 0, 0, 0),
        charter=1,
        digest=bytes([seq]) * 32,
        act_id=bytes([seq]) * 16,
        procedure="message",
        act="send",
        claimed_ms=1,
        held_ms=2,
        received_ms=0,
        in_force=True,
        fault="",
        main=True,
        verified=3,
        case=CASE,
        waits=b"",
        stray="",
        status="effective",
        because="",
    )
    return row._replace(**changes)


def a_case(**changes: Any) -> CaseRow:  # noqa: ANN401 - a column
    row = CaseRow(CASE, LINE, "message", "sent", True, False, "PAK", "IRN", "ROUTINE", 1, 1, 1, bytes(32))  # noqa: FBT003 - columns
    return row._replace(**changes)


def duty(**changes: Any) -> DutyRow:  # noqa: ANN401 - a column
    row = DutyRow(CASE, LINE, "message", "handle", bytes([1]) * 32, 1, False, True, 60_000, 0, b"", False, False, 0, 0)  # noqa: FBT003 - columns
    return row._replace(**changes)


@pytest.fixture
def index() -> SqliteIndex:
    return open_index(":memory:")


def test_an_index_that_is_busy_is_not_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    first = open_index(path)
    first.clear(f"{SCHEMA}:kept")
    first.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for each in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE about SET version = version"):
            other.execute(each)
        with pytest.raises(LocalFault, match="index-busy"):
            open_index(path)
        other.execute("ROLLBACK")
    again = open_index(path)
    assert again.version == f"{SCHEMA}:kept"
    again.close()


def test_rows_come_back_as_they_were_put(index: SqliteIndex) -> None:
    rows = [act(1), act(2, case=b"", waits=b"what it waits for", seen=(), status="waiting", main=False, in_force=False)]
    with index.changing() as changes:
        changes.add(rows, [(rows[0].digest, rows[1].digest)])
        changes.put_case(a_case(unsettled=True), [duty(), duty(by_us=True, met_by=bytes([2]) * 32)])
        changes.keep_state(LINE, b"state")
    assert index.rows([2, 9, 1]) == (rows[1], rows[0])
    assert index.case(LINE, CASE) == a_case(unsettled=True)
    assert index.case("another", CASE) is None
    assert [each._replace(id=0) for each in index.duties(LINE, CASE)] == [
        duty(),
        duty(by_us=True, met_by=bytes([2]) * 32),
    ]
    assert (index.state(LINE), index.state("another")) == (b"state", b"")


def test_a_change_that_fails_changes_nothing(index: SqliteIndex) -> None:
    def fail() -> None:
        with index.changing() as changes:
            changes.add([act(1)], ())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert index.rows([1]) == ()


def test_a_case_and_its_duties_can_be_forgotten(index: SqliteIndex) -> None:
    with index.changing() as changes:
        changes.put_case(a_case(), [duty()])
        changes.mark_stale(LINE, [CASE])
    assert index.marked(LINE, "stale", 9) == (CASE,)
    with index.changing() as changes:
        changes.drop_case(LINE, CASE)
    assert index.case(LINE, CASE) is None
    assert index.duties(LINE, CASE) == ()


def test_what_lacks_a_credential_is_remembered_once_and_given_once(index: SqliteIndex) -> None:
    with index.changing() as changes:
        changes.lacks([(LINE, "PAK", "key", 2), (LINE, "PAK", "key", 1), (LINE, "IRN", "key", 3)])
        changes.lacks([(LINE, "PAK", "key", 1)])
        assert changes.lacking(LINE, "PAK", "key") == (1, 2)
        assert changes.lacking(LINE, "PAK", "key") == ()


def test_an_author_s_entries_beyond_a_place_are_listed_by_place(index: SqliteIndex) -> None:
    with index.changing() as changes:
        late = [act(seq)._replace(log=LOG._replace(epoch=epoch), n=n) for seq, epoch, n in ((1, 2, 1), (2, 1, 9))]
        changes.add([*late, *[act(seq)._replace(n=seq) for seq in (3, 4, 5)]], ())
        assert [row.seq for row in changes.since(LINE, LOG.party, (1, 3, 3), 9)] == [4, 5, 2, 1]
        assert [row.seq for row in changes.since(LINE, LOG.party, (1, 3, 0), 2)] == [3, 4]
        assert changes.since(LINE, "another", (0, 0, 0), 9) == ()


def test_a_receipt_starts_and_stops_clocks_once(index: SqliteIndex) -> None:
    with index.changing() as changes:
        changes.add([act(1), act(2)], ())
        changes.put_case(a_case(), [duty(), duty(duty="other", named_ms=7, allowed_ms=-1, met_by=bytes([2]) * 32)])
        changes.received(LINE, LOG, 0, 2, 1_000)
        changes.received(LINE, LOG, 0, 2, 2_000)
    assert [row.received_ms for row in index.rows([1, 2])] == [1_000, 1_000]
    first, second = index.duties(LINE, CASE)
    assert (first.since_ms, first.due_ms, first.met_ms) == (1_000, 61_000, 0)
    assert (second.due_ms, second.met_ms) == (7, 1_000)


class Explained(Queries):
    """Queries that are explained before they run; ``plans`` is what SQLite says of each."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript(TABLES)
        self.plans: list[str] = []
        super().__init__(self._explained)

    def _explained(self, query: str, values: Sequence[object]) -> list[Any]:
        plan = self.connection.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall()
        self.plans += [str(row[3]) for row in plan]
        return self.connection.execute(query, values).fetchall()


NARROWED: Final = (("", ""), ("message", ""), ("", "FLASH"))
ASKED: Final[dict[str, Callable[[Queries], object]]] = {
    "rows": lambda index: index.rows([1, 2]),
    "at": lambda index: index.at(LINE, LOG, 0, 9),
    "numbered": lambda index: index.numbered(LINE, "PAK", 1, 0, 9),
    "leaves_of": lambda index: index.leaves_of(LINE, [CASE]),
    "mains_of": lambda index: index.mains_of(LINE, [CASE]),
    "users_of": lambda index: [index.users_of(LINE, "PAK", b"id", first=each) for each in (True, False)],
    "naming": lambda index: index.naming(LINE, [CASE]),
    "members": lambda index: index.members(LINE, [CASE]),
    "case": lambda index: index.case(LINE, CASE),
    "cases": lambda index: index.cases(LINE, "", "", 0, 9),
    "cases of a procedure": lambda index: index.cases(LINE, "message", "", 0, 9),
    "cases in a state": lambda index: index.cases(LINE, "", "sent", 0, 9),
    "cases of a procedure in a state": lambda index: index.cases(LINE, "message", "sent", 0, 9),
    "open cases": lambda index: index.cases(LINE, "", "", 0, 9, open_only=True),
    "open cases of a procedure": lambda index: index.cases(LINE, "message", "", 0, 9, open_only=True),
    "marked": lambda index: [index.marked(LINE, each, 9) for each in ("stale", "unsettled", "uncomputed")],
    "found": lambda index: index.found(["facet"], [["word", "words"]], 0, 9),
    "all": lambda index: index.found([], [], 0, 9),
    "words": lambda index: index.words("wor", 9),
    "unanswered": lambda index: [index.unanswered(LINE, *each, 0, 9) for each in NARROWED],
    "owed": lambda index: [index.owed(LINE, by_us=each, after=(0, 0), count=9) for each in (True, False)],
    "owing": lambda index: [index.owing(LINE, by_us=each, most=9) for each in (True, False)],
    "ringing": lambda index: [index.ringing(LINE, 9, ours=each) for each in (True, False)],
    "owed in a lane": lambda index: index.owed_in(LINE, Lane.FLASH, [("message", "handle")], 9),
    "duties": lambda index: index.duties(LINE, CASE),
    "subtrees": lambda index: index.subtrees(LINE, LOG, 8, 0, 9),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_list_is_a_range_of_an_index(name: str) -> None:
    index = Explained()
    ASKED[name](index)
    assert index.plans
    for plan in index.plans:
        assert not plan.startswith(("SCAN acts", "SCAN cases", "SCAN duties", "SCAN lines", "SCAN sub")), index.plans
        assert "TEMP B-TREE" not in plan, index.plans


def test_the_index_of_a_column_that_says_little_is_not_taken() -> None:
    for name, wanted in (
        ("users_of", "acts_used"),
        ("mains_of", "acts_digest"),
        ("leaves_of", "acts_digest"),
        ("members", "acts_case"),
    ):
        index = Explained()
        ASKED[name](index)
        assert any(wanted in plan for plan in index.plans), index.plans


@pytest.mark.parametrize("content", [b"", b"no database" * 1_000, b"SQLite format 3\0" + b"\xff" * 9_000])
def test_what_is_no_index_is_thrown_away(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(content)
    index = open_index(path)
    with index.changing() as changes:
        changes.add([act(1)], ())
    index.close()
    again = open_index(path)
    assert again.rows([1]) == (act(1),)
    assert path.stat().st_mode & 0o777 == 0o600
    again.close()


def test_an_index_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "index.db").mkdir()
    with pytest.raises(LocalFault, match="index-unavailable"):
        open_index(tmp_path / "index.db")


def test_a_fault_of_the_database_is_named(index: SqliteIndex) -> None:
    index.clear("1:")
    with pytest.raises(LocalFault, match="index-unavailable"), index.changing() as changes:
        changes.keep_state(LINE, object())  # type: ignore[arg-type]  # - what no column takes


def test_a_reader_sees_what_is_committed_while_another_writes(tmp_path: Path) -> None:
    index = open_index(tmp_path / "index.db")
    with index.changing() as changes:
        changes.add([act(1)], ())
        assert index.rows([1]) == ()
        assert changes.rows([1]) == (act(1),)
    assert index.rows([1]) == (act(1),)
    index.close()


def test_words_brought_together_are_found_as_before(index: SqliteIndex, tmp_path: Path) -> None:
    kept = open_index(tmp_path / "index.db")
    for seq in range(1, 40):
        for each in (index, kept):
            with each.changing() as changes:
                changes.put_words(seq, ["f"], [f"word{seq % 3}", "all"])
    kept.gather()
    for words in (["word0"], ["word1"], ["word2"], ["all"]):
        assert kept.found(["f"], [words], 30, 50) == index.found(["f"], [words], 30, 50) != ()
    with sqlite3.connect(tmp_path / "index.db") as database:
        assert database.execute("SELECT count(DISTINCT segid) FROM search_idx").fetchone() == (1,)
    kept.close()


BOXES = st.builds(
    lambda west, south, wide, high, start_ms, long_ms: Spread(
        west, south, west + wide, south + high, start_ms * 60_000, (start_ms + long_ms) * 60_000
    ),
    *[st.integers(0, 4)] * 6,
)


@given(
    spreads=st.lists(st.tuples(st.sampled_from(["notice", "incident"]), BOXES), max_size=20),
    within=BOXES,
    procedures=st.sampled_from([(), ("notice",), ("incident", "notice")]),
    before=st.integers(0, 21),
    count=st.integers(1, 8),
)
def test_areas_and_times_are_those_that_touch_the_newest_first(
    spreads: list[tuple[str, Spread]], within: Spread, procedures: tuple[str, ...], before: int, count: int
) -> None:
    """However few of the newest are looked at one by one."""
    index = open_index(":memory:")
    rows = [(seq, procedure, each) for seq, (procedure, each) in enumerate(spreads, 1)]
    with index.changing() as changes:
        changes.put_spreads(rows)
    fitting = [
        seq
        for seq, procedure, each in reversed(rows)
        if (not procedures or procedure in procedures) and (not before or seq < before) and touch(each, within)
    ]
    for looked_at in (1, 5, 100):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index_queries, "LOOKED_AT", looked_at)
            assert index.spread(procedures, within, before, count) == tuple(fitting[:count])
    index.close()


def touch(one: Spread, other: Spread) -> bool:
    return (
        one.west <= other.east
        and one.east >= other.west
        and one.south <= other.north
        and one.north >= other.south
        and one.start_ms <= other.end_ms
        and one.end_ms >= other.start_ms
    )


def test_boxes_and_times_that_touch_are_found(index: SqliteIndex) -> None:
    with index.changing() as changes:
        changes.put_spreads([(1, "notice", WHERE), (2, "incident", WHERE), (3, "notice", None)])
    assert index.spread((), WHERE, 0, 9) == (2, 1)
    assert index.spread(("notice",), WHERE, 0, 9) == (1,)
    assert index.spread((), WHERE, 2, 9) == (1,)
    assert index.spread((), WHERE._replace(west=2, east=3), 0, 9) == ()
    with index.changing() as changes:
        changes.put_spreads([(1, "notice", None)])
    assert index.spread((), WHERE, 0, 9) == (2,)


def test_who_asks_after_it_was_closed_is_told_so(tmp_path: Path) -> None:
    for path in (":memory:", str(tmp_path / "index.db")):
        index = open_index(path)
        index.close()
        with pytest.raises(LocalFault, match="index-unavailable"):
            index.rows([1])
        index.close()


def test_an_index_whose_place_is_gone_says_so_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    index = open_index(folder / "index.db")
    moved = folder.rename(tmp_path / "elsewhere")
    with pytest.raises(LocalFault, match="index-unavailable"):
        index.clear("1:")
    with pytest.raises(LocalFault, match="index-unavailable"):
        index.rows([1])
    moved.rename(folder)
    index.clear("1:again")
    assert index.version == "1:again"
    index.close()
