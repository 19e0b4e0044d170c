"""The audit log over HTTP, for auditors: read in pages, or exported whole.

A token that is for some lines is shown the entries of those lines alone.
"""

import asyncio
from tempfile import TemporaryFile
from typing import IO, Any, Final

import msgspec
from litestar.response import Stream

from rabita.gateways.rest.forms import Milliseconds, Name
from rabita.gateways.rest.routing import At, Count, Cursor, Query, Route
from rabita.gateways.rest.transcripts import MEDIA_TYPE, chunks
from rabita.line.errors import PeerFault, UserFault
from rabita.line.limits import INTEGER_MAX
from rabita.services.audit import MEANINGS, Action, Deed, Wanted, read_deed
from rabita.services.audit_export import export
from rabita.services.audit_heads import own_descriptors


class SelectionQuery(Query, frozen=True):
    """Which entries; each left out: any. Times are milliseconds since 1970 UTC, from (inclusive) until (exclusive)."""

    actor: Name = ""
    action: Action | None = None
    line: Name = ""
    from_ms: Milliseconds = 0
    until_ms: Milliseconds = 0


class AuditQuery(SelectionQuery, frozen=True):
    """Which entries, and which page of them, the newest first."""

    cursor: Cursor = ""
    count: Count = 50


class Shown(msgspec.Struct, frozen=True):
    """An entry, and what its action means in words."""

    deed: Deed
    meaning: str


class AuditPage(msgspec.Struct, frozen=True):
    """A page; ``next`` is the cursor of the page after, empty at the end. ``size`` counts the whole log."""

    rows: tuple[Shown, ...]
    next: str
    size: int
    signed: int


def audit(at: At, query: AuditQuery) -> AuditPage:
    """Give a page of the log."""
    log = at.services.audit.log()
    found = log.newest(_wanted(at, query), _before(query.cursor), query.count + 1)
    try:
        deeds = [read_deed(raw) for raw in found[: query.count]]
    except PeerFault as fault:
        raise UserFault("audit-altered") from fault
    head = log.last_head()
    return AuditPage(
        tuple([Shown(each, MEANINGS[each.action]) for each in deeds]),
        str(deeds[-1].number) if len(found) > query.count else "",
        log.size(),
        head.size if head is not None else 0,
    )


async def audit_export(at: At, query: SelectionQuery) -> Stream:
    """Sign the head, then send the log up to it with every entry's proof."""
    await at.services.audit.sign()
    stream = await asyncio.to_thread(_written, at, _wanted(at, query))
    name = f"{at.services.party}.audit"
    return Stream(
        chunks(stream), media_type=MEDIA_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _wanted(at: At, query: SelectionQuery) -> Wanted:
    action = query.action.value if query.action is not None else ""
    return Wanted(query.actor, action, query.line, query.from_ms, query.until_ms, at.principal.lines)


def _before(cursor: str) -> int:
    if not cursor:
        return INTEGER_MAX
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) < INTEGER_MAX):
        raise UserFault("cursor-malformed")
    return int(cursor)


def _written(at: At, wanted: Wanted) -> IO[bytes]:
    services = at.services
    stream = TemporaryFile()  # noqa: SIM115 - it is closed, and so gone, when it was sent
    try:
        notes = own_descriptors(services.store, services.party)
        stream.writelines(export(services.audit.log(), services.party, notes, wanted))
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


ROUTES: Final = (
    Route(
        method="GET",
        path="/audit",
        name="audit",
        title="Who did what here, when",
        action="read-audit",
        audit=Action.READ_AUDIT,
        query=AuditQuery,
        answers={200: AuditPage},
        run=audit,
        faults=("audit-altered", "audit-unavailable", "cursor-malformed"),
        tag="audit",
    ),
    Route(
        method="GET",
        path="/audit/export",
        name="auditExport",
        title="The audit log as a file that anyone can check",
        action="export-audit",
        audit=Action.EXPORT_AUDIT,
        query=SelectionQuery,
        answers={200: Any},
        run=audit_export,
        faults=("audit-unavailable",),
        gives=MEDIA_TYPE,
        apart=False,
        tag="audit",
    ),
)
