"""What officers chose, put off and marked at the desk, and handovers that wait: an SQLite file of its own, ``desk.db``.

It is the port ``rabita.services.preferences.DeskStore``.
"""

from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import MetaData

from rabita.services.handing_over import Handing
from rabita.services.left_off import LeftOff
from rabita.services.preferences import Preferences, SavedView
from rabita.services.snoozing import Snooze
from rabita.services.unhandled import Unhandled
from rabita.store.row_file import Layout, RowFile, Rows, new_table

_OWNER: Final = "officer"
_metadata: Final = MetaData()
_table: Final = partial(new_table, _metadata, _OWNER)
_LAYOUT: Final = Layout(
    3,
    _OWNER,
    _metadata,
    {
        Preferences: _table("preferences", "language calendar digits zone letters theme shortcuts", ""),
        SavedView: _table("views", "officer name address shared", ""),
        Snooze: _table("snoozes", "officer line case duty reference reason", "until_ms"),
        Unhandled: _table("unhandled", "officer line case procedure lane reference reason", "at_ms"),
        LeftOff: _table("left_off", "officer draft field", "first last top at_ms"),
        Handing: _table("handings", "officer line", "drawn_ms", "record signed"),
    },
    steps={1: (), 2: ()},
)


class SqliteDesk(RowFile[Rows]):
    """The port ``rabita.services.preferences.DeskStore`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises as ``RowFile``."""
        super().__init__(path, _LAYOUT, Rows)
