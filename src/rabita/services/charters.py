"""The versions of a line's charter that are in force, as far as this node holds: what procedures are computed under."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from rabita.line.charter import Charter, read_charter
from rabita.line.errors import UserFault
from rabita.line.ids import Lane, LogId
from rabita.line.record import LineRecord
from rabita.ports import Store
from rabita.services import amending


def record_of(store: Store, line: str) -> LineRecord:
    """Give what is kept of a line; raises ``UserFault("line-unknown")``."""
    found = [each for each in store.lines() if each.line == line]
    if not found:
        raise UserFault("line-unknown", line[:64])
    return found[0]


def charters_held(store: Store, line: str, *, amended: bool) -> Mapping[int, Charter]:
    """Give the charters in force, by version; *amended* says whether an amendment was ever brought on the line.

    Raises ``UserFault("line-unknown")``.
    """
    record = record_of(store, line)
    if not amended:
        return _founding(record.charter)
    control = [(row.log, row.frontier.size, row.frozen_at) for row in store.logs(line) if row.log.lane is Lane.CONTROL]
    return _in_force(cast("Any", store), line, tuple(control))


@lru_cache(maxsize=16)
def _founding(raw: bytes) -> Mapping[int, Charter]:
    _, charter = read_charter(raw)
    return {charter.version: charter}


@lru_cache(maxsize=16)
def _in_force(
    store: Any,  # noqa: ANN401 - a store; one is told from another by identity
    line: str,
    _control: tuple[tuple[LogId, int, int], ...],
) -> Mapping[int, Charter]:
    """Give the versions in force once the control logs stand where they do, which is all that decides them."""
    return amending.charters_held(store, line)
