"""The audit log in its file: rows are only ever added, and whoever changes any byte of one past that is found out."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rabita.line.errors import LocalFault
from rabita.services.audit import Action, Wanted, read_deed
from rabita.services.audit_heads import compare
from rabita.store.audit_sqlite import SqliteAudit
from tests.services.auditing import Party, checked, deed, log_at, party, spoil

ENTRIES = 9
HEADS = (3, 7)
COLUMNS = [("entries", "number", each) for each in ("raw", "leaf")] + [
    ("heads", "size", each) for each in ("frontier", "note")
]


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory) -> Party:
    return party(tmp_path_factory.mktemp("party"))


@pytest.fixture(scope="module")
def template(us: Party, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the bytes of a log of nine entries, signed after three and after seven."""
    path = tmp_path_factory.mktemp("log") / "audit.db"
    with log_at(path) as log:
        for number in range(ENTRIES):
            assert log.append([deed(number, (Action.READ, Action.SEAL)[number % 2])]) == number
            if number + 1 in HEADS:
                us.sign(log)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    return path.read_bytes()


@pytest.fixture
def path(template: bytes, tmp_path: Path) -> Path:
    copy = tmp_path / "audit.db"
    copy.write_bytes(template)
    return copy


def found(us: Party, path: Path) -> list[tuple[str, str]]:
    with log_at(path) as log:
        return [(each.code, each.where) for each in us.verify(log).faults]


def test_a_log_as_written_is_genuine_and_says_how_far_it_is_signed(us: Party, path: Path) -> None:
    with log_at(path) as log:
        verdict = us.verify(log)
        assert (verdict.genuine, verdict.entries, verdict.signed) == (True, ENTRIES, HEADS[-1])
        said = " ".join(verdict.summary())
        assert "Signed up to entry 6" in said
        assert "last 2 entries are not signed" in said
        assert said.endswith("Genuine.")
        us.sign(log)
        us.sign(log)
        assert [each.size for each in log.heads()] == [*HEADS, ENTRIES]
        assert us.verify(log).signed == ENTRIES


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET raw = raw",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE number = 8",
        "INSERT INTO entries VALUES (20, 'x', x'00')",
        "INSERT OR REPLACE INTO entries SELECT number, raw, leaf FROM entries WHERE number = 2",
        "REPLACE INTO entries VALUES (8, 'x', x'00')",
        "UPDATE heads SET size = 4",
        "DELETE FROM heads",
        "INSERT INTO heads SELECT 2, frontier, note FROM heads WHERE size = 3",
        "REPLACE INTO heads SELECT * FROM heads WHERE size = 7",
    ],
)
def test_the_file_itself_refuses_every_change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    try:
        with pytest.raises(sqlite3.DatabaseError, match="only ever added to"):
            connection.execute(statement)
    finally:
        connection.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_byte_changed_is_found(us: Party, template: bytes, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "spoilt.db"
    path.write_bytes(template)
    table, key, column = data.draw(st.sampled_from(COLUMNS))
    row = data.draw(st.integers(0, ENTRIES - 1)) if table == "entries" else data.draw(st.sampled_from(HEADS))
    connection = sqlite3.connect(path)
    query = f"SELECT CAST({column} AS BLOB) FROM {table} WHERE {key} = ?"  # noqa: S608 - names of this test
    (raw,) = connection.execute(query, (row,)).fetchone()
    connection.close()
    at, bits = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(1, 255))
    changed = raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]
    spoil(path, *unindexed(), (f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, row)))  # noqa: S608 - likewise
    faults = found(us, path)
    assert faults
    if table == "entries":
        assert any(str(row) in where for _, where in faults)
    else:
        assert faults[0][0] == "audit-head-false"


def unindexed() -> list[tuple[str, tuple[object, ...]]]:
    """Take the indexes away, which do not let an entry be no JSON."""
    return [(f"DROP INDEX IF EXISTS entries_{each}", ()) for each in ("actor", "action", "line")]


def test_entries_taken_away_moved_or_put_in_are_found(us: Party, template: bytes, tmp_path: Path) -> None:
    spoilt = {
        "DELETE FROM entries WHERE number = 4": [("audit-missing", "entry 4")],
        "DELETE FROM entries WHERE number IN (2, 3)": [("audit-missing", "entries 2 to 3")],
        "DELETE FROM entries WHERE number >= 5": [("audit-missing", "entries 5 to 6")],
        "DELETE FROM entries": [("audit-missing", "entries 0 to 6")],
        "UPDATE entries SET number = 50 WHERE number = 8": [
            ("audit-missing", "entries 8 to 49"),
            ("audit-altered", "entry 50"),
        ],
        "UPDATE entries SET number = -5 WHERE number = 8": [("audit-altered", "entry -5")],
        "UPDATE heads SET size = 4 WHERE size = 3": [("audit-head-false", "head 4")],
        "UPDATE heads SET frontier = x''": [
            ("audit-head-false", "head 3, frontier"),
            ("audit-head-false", "head 7, frontier"),
        ],
    }
    for number, (statement, faults) in enumerate(spoilt.items()):
        path = tmp_path / f"{number}.db"
        path.write_bytes(template)
        spoil(path, (statement, ()))
        assert found(us, path) == faults, statement


def test_an_entry_rewritten_with_its_hash_does_not_fit_the_head_over_it(us: Party, path: Path, tmp_path: Path) -> None:
    with log_at(tmp_path / "other.db") as other:
        other.append([deed(number, Action.BACKUP) for number in range(ENTRIES)])
        row = other.rows(4, 1)[0]
    spoil(path, ("UPDATE entries SET raw = ?, leaf = ? WHERE number = 4", (row.raw.decode(), row.leaf)))
    assert found(us, path) == [("audit-altered", "entries 3 to 6")]


def test_another_party_s_head_and_another_log_do_not_pass(us: Party, path: Path, tmp_path: Path) -> None:
    other = party(tmp_path)
    with log_at(path) as log:
        assert [each.code for each in other.verify(log).faults] == ["audit-head-false"] * len(HEADS)
        exported = checked(us.export(log))
        verdict = us.verify(log)
        compare(log, verdict, exported)
        assert verdict.genuine
    with log_at(tmp_path / "cut.db") as cut:
        cut.append([deed(number) for number in range(2)])
        us.sign(cut)
        verdict = us.verify(cut)
        assert verdict.genuine
        compare(cut, verdict, exported)
        assert [each.code for each in verdict.faults] == ["audit-foreign"]


def test_what_is_asked_for_comes_newest_first_in_pages(tmp_path: Path) -> None:
    with log_at(tmp_path / "audit.db") as log:
        line = "a" * 52
        log.append(
            [deed(1), deed(2, Action.SEAL, line=line), deed(3, actor="cd" * 8), deed(4, count=3, last_ms=10**13)]
        )

        def numbers(wanted: Wanted, before: int = 2**53 - 1, count: int = 10) -> list[int]:
            return [read_deed(raw).number for raw in log.newest(wanted, before, count)]

        assert numbers(Wanted()) == [3, 2, 1, 0]
        assert numbers(Wanted(), before=2, count=1) == [1]
        assert numbers(Wanted(actor="cd" * 8)) == [2]
        assert numbers(Wanted(action="seal")) == numbers(Wanted(line=line)) == numbers(Wanted(lines=(line,))) == [1]
        assert numbers(Wanted(from_ms=1_706_000_000_003)) == [3, 2]
        assert numbers(Wanted(from_ms=10**13)) == [3]
        assert numbers(Wanted(until_ms=1_706_000_000_003)) == [1, 0]
        assert numbers(Wanted(actor="ef" * 8)) == []


def test_several_who_write_at_once_leave_no_number_out(us: Party, tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    logs = [SqliteAudit(path) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda log: [log.append([deed(number)]) for number in range(20)], logs))
        list(pool.map(us.sign, logs))
    assert [row.number for row in logs[0].rows(0, 100)] == list(range(60))
    assert us.verify(logs[1]).genuine
    for log in logs:
        log.close()


def test_a_log_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="audit-unavailable"):
        SqliteAudit(tmp_path / "nowhere" / "audit.db")
    (tmp_path / "no.db").write_bytes(b"no database, but long enough to be looked at as one" * 100)
    with pytest.raises(LocalFault, match="audit-unavailable"):
        SqliteAudit(tmp_path / "no.db")
