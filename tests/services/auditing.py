"""A founded party and its audit log, for tests that write one, sign it, spoil it and look again."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rabita.keys.file import open_keys
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys
from rabita.services.audit import UNNUMBERED, Action, Deed, Kind, Outcome, Wanted
from rabita.services.audit_export import ExportCheck, export
from rabita.services.audit_heads import (
    HeadKeys,
    Verdict,
    own_descriptors,
    read_descriptors,
    sign_head,
    verify_log,
)
from rabita.store.audit_sqlite import SqliteAudit
from rabita.store.sqlite import open_store
from tests.app.people import CODES, WORDS, found_pair

PARTY = CODES[0]


@dataclass(frozen=True)
class Party:
    """What signs a party's audit log and what shows that it did."""

    keys: HeadKeys
    notes: list[bytes]

    def verify(self, log: SqliteAudit) -> Verdict:
        return verify_log(log, read_descriptors(self.notes, PARTY), PARTY)

    def export(self, log: SqliteAudit, **wanted: object) -> list[bytes]:
        return list(export(log, PARTY, self.notes, Wanted(**wanted)))  # type: ignore[arg-type]  # - by name

    def sign(self, log: SqliteAudit, time_ms: int = 1_706_000_000_000) -> None:
        sign_head(log, self.keys, time_ms)


def party(folder: Path) -> Party:
    """Found a party."""
    home = found_pair(folder).homes[0]
    held = open_keys(home.node_keys, WORDS.node, NodeKeys)
    store = open_store(home.database)
    try:
        notes = own_descriptors(store, PARTY)
    finally:
        store.close()
    return Party(HeadKeys(PARTY, held.newest.checkpoint.public, KeyRing(held)), notes)


@contextmanager
def log_at(path: Path) -> Iterator[SqliteAudit]:
    log = SqliteAudit(path)
    try:
        yield log
    finally:
        log.close()


def deed(number: int = 0, action: Action = Action.READ, outcome: Outcome = Outcome.ALLOWED, **more: object) -> Deed:
    """Write a deed; *number* makes it another one."""
    about = {"kind": Kind.TOKEN, "actor": "ab" * 8, "door": "case", "outcome": outcome, **more}
    return Deed(UNNUMBERED, 1_706_000_000_000 + number, action=action, **about)  # type: ignore[arg-type]  # - by name


def spoil(path: Path, *statements: tuple[str, Sequence[object]]) -> None:
    """Write to the file past the triggers, as somebody with the file in hand would."""
    connection = sqlite3.connect(path)
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            connection.execute(statement, tuple(values))
        connection.commit()
    finally:
        connection.close()


def checked(lines: Sequence[bytes]) -> Verdict:
    """Verify an export."""
    check = ExportCheck()
    for each in lines:
        check.feed(each)
    return check.finish()
