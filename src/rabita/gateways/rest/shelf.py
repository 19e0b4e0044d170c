"""Acts prepared for approval elsewhere, in memory: the newest few, for a while; lasting drafts are the caller's own."""

from collections import OrderedDict
from typing import Final, NamedTuple

from rabita.line.errors import UserFault
from rabita.services.casework import Prepared, Wanted

PREPARED_MAX: Final = 256
PREPARED_MS: Final = 600_000


class Ready(NamedTuple):
    """An act prepared for sealing."""

    wanted: Wanted
    prepared: Prepared
    until_ms: int


class Shelf:
    """Prepared acts by their digest, in memory: the newest few, for a while."""

    def __init__(self) -> None:
        """Begin empty."""
        self._acts: OrderedDict[str, Ready] = OrderedDict()

    def put(self, wanted: Wanted, prepared: Prepared, now_ms: int) -> None:
        """Keep a prepared act."""
        self._acts[prepared.digest] = Ready(wanted, prepared, now_ms + PREPARED_MS)
        if len(self._acts) > PREPARED_MAX:
            self._acts.popitem(last=False)

    def get(self, line: str, digest: str, now_ms: int) -> Ready:
        """Find a prepared act; raises ``UserFault("act-unprepared")``."""
        ready = self._acts.get(digest)
        if ready is None or ready.until_ms <= now_ms or ready.wanted.line != line:
            raise UserFault("act-unprepared", digest[:16])
        return ready
