"""Officers, passkeys and sessions in an SQLite file of their own, ``officers.db``, and the same in memory.

Rule kept here: who may enter is no part of the store or of a backup, so that a copy of what was said names nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Final

from sqlalchemy import Column, LargeBinary, MetaData, Text, text

from rabita.services.officers import (
    Identity,
    Invitation,
    Officer,
    OfficerRows,
    Passkey,
    R,
    Recovery,
    Row,
    Session,
    Tenure,
)
from rabita.store.row_file import Layout, RowFile, Rows, new_table

VERSION: Final = 3
_OWNER: Final = "officer"
_metadata: Final = MetaData()
_table: Final = partial(new_table, _metadata, _OWNER)
_LAYOUT: Final = Layout(
    VERSION,
    _OWNER,
    _metadata,
    {
        Officer: _table("officers", "name rank languages clearances standing by", "created_ms"),
        Tenure: _table("tenures", "officer post role by", "from_ms until_ms"),
        Passkey: _table(
            "passkeys",
            "officer standing",
            "sign_count created_ms used_ms",
            "public_key",
            Column("answer", LargeBinary, nullable=False, server_default=text("X''")),
        ),
        Identity: _table("identities", "officer issuer subject by", "created_ms"),
        Invitation: _table("invitations", "officer by", "created_ms expires_ms used_ms", "digest"),
        Recovery: _table("recoveries", "officer by", "created_ms expires_ms"),
        Session: _table(
            "sessions",
            "officer passkey",
            "created_ms seen_ms authenticated_ms revoked_ms",
            "digest",
            Column("identity", Text, nullable=False, server_default=""),
        ),
    },
    {
        1: ("ALTER TABLE sessions ADD COLUMN identity TEXT NOT NULL DEFAULT ''",),
        2: ("ALTER TABLE passkeys ADD COLUMN answer BLOB NOT NULL DEFAULT X''",),
    },
)


class SqliteOfficers(RowFile[Rows]):
    """The port ``rabita.services.officers.OfficerStore`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises as ``RowFile``."""
        super().__init__(path, _LAYOUT, Rows)


class MemoryOfficers:
    """The port ``rabita.services.officers.OfficerStore`` in memory, for tests: the plainest statement of it."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[tuple[type, str], Row] = {}
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[OfficerRows]:
        """See ``OfficerStore.transaction``."""
        with self._lock:
            changed = dict(self._rows)
            yield _MemoryRows(changed)
            self._rows = changed

    @contextmanager
    def reading(self) -> Iterator[OfficerRows]:
        """See ``OfficerStore.reading``."""
        yield _MemoryRows(self._rows)


class _MemoryRows:
    """The rows of one transaction in memory."""

    def __init__(self, rows: dict[tuple[type, str], Row]) -> None:
        """Work on these."""
        self._rows = rows

    def get(self, kind: type[R], row_id: str) -> R | None:
        """See ``OfficerRows.get``."""
        found = self._rows.get((kind, row_id))
        return found if isinstance(found, kind) else None

    def of(self, kind: type[R], officer: str = "") -> tuple[R, ...]:
        """See ``OfficerRows.of``."""
        rows = [each for each in self._rows.values() if isinstance(each, kind)]
        return tuple([each for each in rows if not officer or getattr(each, "officer", "") == officer])

    def put(self, row: Row) -> None:
        """See ``OfficerRows.put``."""
        self._rows[type(row), row.id] = row

    def drop(self, kind: type[R], row_id: str) -> None:
        """See ``OfficerRows.drop``."""
        self._rows.pop((kind, row_id), None)
