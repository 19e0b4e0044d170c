"""What the node keeps for its HTTP gateway, in a file of its own: hashes of service tokens, and idempotency keys.

It is no part of the store or of a backup: a restored node starts without tokens. Every change is durable on return; the
command line writes tokens while the node runs and reads them afresh at every request, so a revoked one ends at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from rabita.gateways.rest.access import Scope, Token
from rabita.gateways.rest.records import Kept
from rabita.line.errors import LocalFault
from rabita.store.sqlite import engine_of, make_file

CONNECTIONS: Final = 4
_PRAGMAS: Final = {"busy_timeout": "5000", "journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON"}
_metadata: Final = MetaData()
_tokens: Final = Table(
    "tokens",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scope", Text, nullable=False),
    Column("lines", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=False),
)
_kept: Final = Table(
    "kept",
    _metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("line", Text, nullable=False),
    Column("act_id", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("location", Text, nullable=False),
)


class WebRecords:
    """The port ``rabita.gateways.rest.records.Records`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises ``LocalFault("store-unavailable")``."""
        try:
            make_file(path)
        except OSError as fault:
            raise LocalFault("store-unavailable", path.name) from fault
        self._engine = engine_of(str(path), "BEGIN", CONNECTIONS, _PRAGMAS)
        with self._transaction() as connection:
            _metadata.create_all(connection)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def put_token(self, token: Token) -> None:
        """See ``Records.put_token``."""
        values = msgspec.structs.asdict(token) | {"lines": " ".join(token.lines), "scope": token.scope.value}
        self._put(_tokens, values)

    def token(self, token_id: str) -> Token | None:
        """See ``Records.token``."""
        with self._transaction() as connection:
            row = connection.execute(select(_tokens).where(_tokens.c.id == token_id)).one_or_none()
        return _token(row._mapping) if row is not None else None

    def tokens(self) -> tuple[Token, ...]:
        """See ``Records.tokens``."""
        with self._transaction() as connection:
            rows = connection.execute(select(_tokens).order_by(_tokens.c.created_ms, _tokens.c.id)).all()
        return tuple([_token(row._mapping) for row in rows])

    def keep(self, kept: Kept, forget_before_ms: int) -> None:
        """See ``Records.keep``."""
        with self._transaction() as connection:
            connection.execute(delete(_kept).where(_kept.c.at_ms < forget_before_ms))
        self._put(_kept, msgspec.structs.asdict(kept))

    def kept(self, principal: str, key: str) -> Kept | None:
        """See ``Records.kept``."""
        with self._transaction() as connection:
            found = select(_kept).where(_kept.c.principal == principal, _kept.c.key == key)
            row = connection.execute(found).one_or_none()
        return Kept(**row._mapping) if row is not None else None

    def _put(self, table: Table, values: dict[str, Any]) -> None:
        with self._transaction() as connection:
            statement = insert(table).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=values))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as fault:
            raise LocalFault("store-unavailable", type(fault).__name__) from fault


def _token(row: Any) -> Token:  # noqa: ANN401 - a row
    return Token(**{**row, "lines": tuple(row["lines"].split()), "scope": Scope(row["scope"])})
