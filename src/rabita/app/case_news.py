"""News of cases: which of them an entry changed, told once the index, which runs behind, has taken the entry in.

Rules kept here: the index is never hurried for it, only looked at; what waits is one range for each log, however much
came; a case that several entries of one look changed is told once.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from rabita.app.asks import Happened
from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from rabita.services.casebook import Casebook

LOOK_S: Final = 0.05
LOOK_S_MAX: Final = 2.0
ROWS_MAX: Final = 256
ENTRIES: Final = ("sealed", "arrived")


class CaseNews:
    """Tells ``case`` with the line, the case's id, procedure, state and number of acts."""

    def __init__(self, book: Casebook, tell: Callable[[str, str, Mapping[str, Any]], None]) -> None:
        """Begin with nothing to look for; must be made on a running event loop."""
        self._book = book
        self._tell = tell
        self._ahead: dict[tuple[str, LogId], tuple[int, int]] = {}
        self._looking: asyncio.Task[None] | None = None

    def heard(self, news: Happened) -> None:
        """Note entries whose cases are to be told."""
        if news.what not in ENTRIES:
            return
        name = (news.line, LogId(news.party, news.epoch, Lane(news.lane)))
        first, end = self._ahead.get(name, (news.first, 0))
        self._ahead[name] = (first, max(end, news.first + news.count))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> None:
        pause_s = LOOK_S
        while self._ahead:
            await asyncio.sleep(pause_s)
            try:
                found = [await self._taken_in(*name) for name in tuple(self._ahead)]
            except LocalFault:  # the index cannot be read now; it says so itself
                found = []
            pause_s = LOOK_S if any(found) else min(2 * pause_s, LOOK_S_MAX)
        self._looking = None

    async def _taken_in(self, line: str, log: LogId) -> bool:
        """Tell the cases of the next entries of a log that the index has; says whether there were any."""
        first, end = self._ahead[line, log]
        taken, told = await asyncio.to_thread(self._cases, line, log, first, min(end, first + ROWS_MAX))
        for each in told:
            self._tell("case", line, each)
        _, end = self._ahead[line, log]
        if first + taken >= end:
            del self._ahead[line, log]
        else:
            self._ahead[line, log] = (first + taken, end)
        return taken > 0

    def _cases(self, line: str, log: LogId, first: int, end: int) -> tuple[int, list[dict[str, Any]]]:
        """Count the entries that the index has from *first* on, and describe their cases as they stand."""
        rows = self._book.index.at(line, log, first, end)
        held = [row for row in rows if row.case]
        cases = [self._book.index.case(line, case) for case in dict.fromkeys([row.case for row in held])]
        told = [
            {"line": line, "case": each.id.hex(), "procedure": each.procedure, "state": each.state, "acts": each.acts}
            for each in cases
            if each is not None
        ]
        return len(rows), told
