"""The store of drafts: whole transactions, order, bytes that survive a restart and are gone once they are dropped."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from rabita.line.errors import LocalFault, UserFault
from rabita.line.ids import Lane
from rabita.services.drafts import Did, Draft, Frozen, Noted, Row, State, Step, Version, without_words
from rabita.store.drafts_sqlite import SqliteDrafts

DRAFT = Draft("ab" * 8, 1, "line", "message", "send", State.DRAFTING, 2, 1, ("b", "a"), 1, 2**41)
ROWS: tuple[Row, ...] = (
    Version(f"{DRAFT.id}.1", DRAFT.id, 1, "b", 1, b'{"marking":"a canary"}'),
    Version(f"{DRAFT.id}.2", DRAFT.id, 2, "a", 2, b"\x00\xff"),
    Step(f"{DRAFT.id}.1", DRAFT.id, 1, Did.SUBMIT, 2, "a", 3, "a canary"),
    Frozen(
        DRAFT.id, DRAFT.id, 2, Lane.FLASH, "d", b"\x00act", (b"\xff1", b""), (b"a canary",), ("officer",), "Said.", 4
    ),
    Noted(f"{DRAFT.id}.c", DRAFT.id, "c", "k_-", "s", "HOME", "releaser", b"\x01", 5, 2**40),
)


def filled(path: Path) -> SqliteDrafts:
    store = SqliteDrafts(path)
    with store.transaction() as rows:
        rows.put(DRAFT)
        for row in ROWS:
            rows.put(row)
    return store


def test_what_was_put_is_read_back_after_a_restart(tmp_path: Path) -> None:
    filled(tmp_path / "drafts.db").close()
    store = SqliteDrafts(tmp_path / "drafts.db")
    with store.reading() as rows:
        assert rows.draft(DRAFT.id) == DRAFT
        assert rows.of(Version, DRAFT.id) == ROWS[:2]
        assert (*rows.of(Step, DRAFT.id), *rows.of(Frozen, DRAFT.id), *rows.of(Noted, DRAFT.id)) == ROWS[2:]
        assert rows.draft("") is None
        assert rows.of(Frozen, "other") == ()
    store.close()
    assert (tmp_path / "drafts.db").stat().st_mode & 0o077 == 0


def test_a_transaction_is_whole_and_what_is_put_again_keeps_its_place(tmp_path: Path) -> None:
    store = filled(tmp_path / "drafts.db")
    with suppress(KeyError), store.transaction() as rows:
        rows.put(msgspec.structs.replace(DRAFT, version=9))
        raise KeyError
    with store.transaction() as rows:
        assert rows.draft(DRAFT.id) == DRAFT
        rows.put(ROWS[0])
        assert rows.of(Version, DRAFT.id) == ROWS[:2]
    store.close()


def test_drafts_are_listed_the_newest_first_by_line_and_state(tmp_path: Path) -> None:
    store = SqliteDrafts(tmp_path / "drafts.db")
    with store.transaction() as rows:
        assert rows.newest() == 0
        for number in range(1, 6):
            state, line = (State.DROPPED, "other") if number == 3 else (State.DRAFTING, "line")
            rows.put(msgspec.structs.replace(DRAFT, id=str(number), number=number, state=state, line=line))
        assert rows.newest() == 5
        assert [each.number for each in rows.drafts("", "", 0, 3)] == [5, 4, 3]
        assert [each.number for each in rows.drafts("line", "drafting", 4, 9)] == [2, 1]
        assert [each.number for each in rows.drafts("other", "", 0, 9)] == [3]
        assert rows.drafts("line", "dropped", 0, 9) == []
    store.close()


def test_the_words_of_a_draft_that_ended_are_nowhere_in_the_file(tmp_path: Path) -> None:
    store = filled(tmp_path / "drafts.db")
    with store.transaction() as rows:
        without_words(rows, DRAFT)
        assert [each.said for each in rows.of(Version, DRAFT.id)] == [b"", b""]
        assert (rows.of(Frozen, DRAFT.id), rows.of(Noted, DRAFT.id)) == ((), ())
        assert [(each.did, each.comment) for each in rows.of(Step, DRAFT.id)] == [(Did.SUBMIT, "")]
    store.close()
    assert b"canary" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())


def test_a_file_of_another_version_or_none_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "drafts.db"
    filled(path).close()
    file = sqlite3.connect(path)
    file.execute("PRAGMA user_version=2")
    file.close()
    with pytest.raises(UserFault, match="store-foreign"):
        SqliteDrafts(path)
    path.write_bytes(b"no database, and long enough to be taken for one" * 100)
    with pytest.raises(LocalFault, match="store-unavailable"):
        SqliteDrafts(path)
    with pytest.raises(LocalFault, match="store-unavailable"):
        SqliteDrafts(tmp_path / "none" / "drafts.db")
