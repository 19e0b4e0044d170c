"""Tables on a terminal that hold words of others: a cell is shown as it is written.

Rules kept here: brackets are brackets; nothing in a cell reaches the terminal as a command; see ``rabita.app.plain``.
"""

from typing import Any, Final

from rich.table import Table

from rabita.app.plain import JOINERS, plain

KEPT: Final = JOINERS | {"\n"}


class PlainTable(Table):
    """A table whose cells are shown as they are written; print it with ``markup=False``."""

    def add_row(self, *cells: Any, **more: Any) -> None:  # noqa: ANN401 - as the table's own
        """Add a row."""
        super().add_row(*[plain(each, KEPT) if isinstance(each, str) else each for each in cells], **more)
