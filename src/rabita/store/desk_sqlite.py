"""What officers chose at the desk, in an SQLite file of its own, ``desk.db``: the port ``DeskStore``."""

from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import MetaData

from rabita.services.preferences import Preferences, SavedView
from rabita.store.row_file import Layout, RowFile, Rows, new_table

_OWNER: Final = "officer"
_metadata: Final = MetaData()
_table: Final = partial(new_table, _metadata, _OWNER)
_LAYOUT: Final = Layout(
    1,
    _OWNER,
    _metadata,
    {
        Preferences: _table("preferences", "language calendar digits zone letters theme shortcuts", ""),
        SavedView: _table("views", "officer name address shared", ""),
    },
)


class SqliteDesk(RowFile[Rows]):
    """The port ``rabita.services.preferences.DeskStore`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises as ``RowFile``."""
        super().__init__(path, _LAYOUT, Rows)
