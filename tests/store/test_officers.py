"""The contract of the store of officers, in memory and in a file: whole transactions, order, a restart, other files."""

import sqlite3
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from rabita.line.errors import LocalFault, UserFault
from rabita.services.officers import (
    Identity,
    Invitation,
    Officer,
    OfficerStore,
    Passkey,
    Recovery,
    Role,
    Row,
    Session,
    Standing,
    Tenure,
)
from rabita.store.officers_sqlite import MemoryOfficers, SqliteOfficers

ROWS: tuple[Row, ...] = (
    Officer("b", "Ö. Name", "of-4", ("en", "ur"), ("SECRET",), Standing.ACTIVE, 2**41, "console"),
    Officer("a", "B", "", (), (), Standing.SUSPENDED, 1, "b"),
    Tenure("t", "b", "LO-TURBAT", Role.DUTY_OFFICER, 1, 0, "a"),
    Passkey("k_-", "b", b"\x00\xff", 2**32 - 1, Standing.ACTIVE, 1, 0, bytes(range(32))),
    Invitation("i", "b", bytes(32), 1, 2, 0, "console"),
    Recovery("b", "b", "a", 1, 2),
    Identity("ab", "b", "https://id.example", "Ü-1", 1, "a"),
    Session("r", "b", "", bytes(32), 1, 2, 0, 0, "ab"),
    Session("s", "b", "k_-", bytes(32), 1, 2, 3, 0),
)
FIRST_VERSION = """
CREATE TABLE officers (
  id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, rank TEXT NOT NULL, languages TEXT NOT NULL,
  clearances TEXT NOT NULL, standing TEXT NOT NULL, by TEXT NOT NULL, created_ms BIGINT NOT NULL
);
INSERT INTO officers VALUES ('b', 'N', '', '[]', '[]', 'active', 'console', 1);
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY, officer TEXT NOT NULL, passkey TEXT NOT NULL, created_ms BIGINT NOT NULL,
  seen_ms BIGINT NOT NULL, authenticated_ms BIGINT NOT NULL, revoked_ms BIGINT NOT NULL, digest BLOB NOT NULL
);
INSERT INTO sessions VALUES ('s', 'b', 'k_-', 1, 2, 3, 0, zeroblob(32));
CREATE TABLE passkeys (
  id TEXT NOT NULL PRIMARY KEY, officer TEXT NOT NULL, standing TEXT NOT NULL, sign_count BIGINT NOT NULL,
  created_ms BIGINT NOT NULL, used_ms BIGINT NOT NULL, public_key BLOB NOT NULL
);
INSERT INTO passkeys VALUES ('k_-', 'b', 'active', 1, 2, 3, x'00ff');
PRAGMA user_version=1;
"""
"""What the first version wrote, of the tables that changed since, and of officers."""
Opener = Callable[[], OfficerStore]


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Give what opens the store, the same one each time."""
    memory = MemoryOfficers()
    return (lambda: memory) if request.param == "memory" else lambda: SqliteOfficers(tmp_path / "officers.db")


def filled(opened: Opener) -> OfficerStore:
    store = opened()
    with store.transaction() as rows:
        for row in ROWS:
            rows.put(row)
    return store


def test_what_was_put_is_found_again_after_a_restart(opened: Opener) -> None:
    filled(opened)
    with opened().reading() as rows:
        assert [rows.get(type(row), row.id) for row in ROWS] == list(ROWS)
        assert rows.get(Officer, "nobody") is None


def test_rows_are_listed_in_the_order_they_came_in(opened: Opener) -> None:
    store = filled(opened)
    with store.transaction() as rows:
        rows.put(msgspec.structs.replace(ROWS[0], name="C"))
        rows.put(Tenure("s", "a", "P", Role.DRAFTER, 1, 0, "a"))
        assert [each.id for each in rows.of(Officer)] == ["b", "a"]
        assert [each.name for each in rows.of(Officer)] == ["C", "B"]
        assert [each.id for each in rows.of(Tenure)] == ["t", "s"]
        assert [each.id for each in rows.of(Tenure, "a")] == ["s"]
        rows.drop(Tenure, "t")
        rows.drop(Tenure, "t")
        assert rows.of(Tenure, "b") == ()


def test_a_transaction_that_fails_changes_nothing(opened: Opener) -> None:
    store = filled(opened)
    with pytest.raises(UserFault), store.transaction() as rows:  # noqa: PT012 - the change comes before what fails
        rows.drop(Session, "s")
        rows.put(msgspec.structs.replace(ROWS[1], name="changed"))
        raise UserFault("passkey-refused")
    with opened().reading() as rows:
        assert rows.get(Session, "s") == ROWS[-1]
        assert rows.get(Officer, "a") == ROWS[1]


def test_a_reader_sees_one_moment(opened: Opener) -> None:
    store = filled(opened)
    with store.reading() as before:
        assert before.get(Session, "s") is not None
        with opened().transaction() as rows:
            rows.drop(Session, "s")
        assert before.get(Session, "s") is not None
    with store.reading() as after:
        assert after.get(Session, "s") is None


def test_a_file_of_the_first_version_is_brought_to_this_one(tmp_path: Path) -> None:
    path = tmp_path / "officers.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST_VERSION)
    connection.close()
    session = Session("s", "b", "k_-", bytes(32), 1, 2, 3, 0)
    passkey = Passkey("k_-", "b", b"\x00\xff", 1, Standing.ACTIVE, 2, 3)
    for _ in range(2):
        store = SqliteOfficers(path)
        with store.transaction() as rows:
            assert rows.of(Session) == (session,)
            assert rows.of(Passkey) == (passkey,)
            assert rows.get(Officer, "b") == Officer("b", "N", "", (), (), Standing.ACTIVE, 1, "console")
            rows.put(Identity("ab", "b", "https://id.example", "1", 1, "a"))
            rows.put(Session("s", "b", "", bytes(32), 1, 2, 0, 0, "ab"))
            assert rows.get(Session, "s") == Session("s", "b", "", bytes(32), 1, 2, 0, 0, "ab")
            rows.put(session)
        store.close()


def test_its_version_is_another_once_anybody_changed_it(tmp_path: Path) -> None:
    one, other = SqliteOfficers(tmp_path / "officers.db"), SqliteOfficers(tmp_path / "officers.db")
    versions = [one.version(), one.version()]
    for store in (one, other):
        with store.transaction() as rows:
            rows.put(Officer("b", "N", "", (), (), Standing.ACTIVE, 1, "console"))
        versions.append(one.version())
        versions.append(one.version())
    assert [a == b for a, b in pairwise(versions)] == [True, False, True, False, True]
    one.close()
    other.close()


def test_the_file_is_its_owners_alone_and_of_this_version(tmp_path: Path) -> None:
    path = tmp_path / "officers.db"
    SqliteOfficers(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(UserFault, match="store-foreign"):
        SqliteOfficers(path)
    path.write_bytes(b"no database, and longer than a header of one would be" * 100)
    with pytest.raises(LocalFault, match="store-unavailable"):
        SqliteOfficers(path)
    with pytest.raises(LocalFault, match="store-unavailable"):
        SqliteOfficers(tmp_path)
