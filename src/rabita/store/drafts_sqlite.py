"""Drafts in an SQLite file of their own, ``drafts.db``: the port ``rabita.services.drafts.DraftStore``.

Rule kept here: what was frozen for release survives a restart, byte for byte.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Index, MetaData, func, select

from rabita.services.drafts import Draft, Frozen, Noted, Step, Version
from rabita.store.row_file import Layout, RowFile, Rows, new_table, read_row

_OWNER: Final = "draft"
_metadata: Final = MetaData()
_table: Final = partial(new_table, _metadata, _OWNER)
_DRAFTS: Final = _table(
    "drafts", "line procedure act state writers digest reference", "number version steps created_ms changed_ms"
)
_LAYOUT: Final = Layout(
    1,
    _OWNER,
    _metadata,
    {
        Draft: _DRAFTS,
        Version: _table("versions", "draft by", "number saved_ms", "said"),
        Step: _table("steps", "draft did by comment digest", "number version time_ms"),
        Frozen: _table("frozen", "draft precedence digest sent withheld needed sentence", "version frozen_ms", "act"),
        Noted: _table("approvals", "draft by passkey session post role", "given_ms authenticated_ago_ms", "approval"),
    },
)
Index("drafts_newest", _DRAFTS.c.number.desc())


class _DraftRows(Rows):
    """The rows of one transaction; see ``DraftRows``."""

    def draft(self, draft_id: str) -> Draft | None:
        """See ``DraftRows.draft``."""
        return self.get(Draft, draft_id)

    def drafts(self, line: str, state: str, before: int, count: int) -> Sequence[Draft]:
        """See ``DraftRows.drafts``."""
        found = select(_DRAFTS).order_by(_DRAFTS.c.number.desc()).limit(count)
        for column, wanted in ((_DRAFTS.c.line, line), (_DRAFTS.c.state, state)):
            found = found.where(column == wanted) if wanted else found
        found = found.where(_DRAFTS.c.number < before) if before else found
        return [read_row(Draft, row._mapping) for row in self._connection.execute(found)]

    def newest(self) -> int:
        """See ``DraftRows.newest``."""
        return int(self._connection.execute(select(func.max(_DRAFTS.c.number))).scalar_one() or 0)


class SqliteDrafts(RowFile[_DraftRows]):
    """The port ``rabita.services.drafts.DraftStore`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises as ``RowFile``."""
        super().__init__(path, _LAYOUT, _DraftRows)
