"""The transcript: how far both sides' logs are signed and receipted, and the question whether all of it is genuine.

Rules kept here: verifying recomputes everything from the bytes that this node holds, as a third party would from an
export; nothing leaves the node for it, and nothing of it is kept. How far it has come is told while it runs.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Stream

from rabita.desk.lines import LineQuery, line_options, on_line
from rabita.desk.rendering import Desk, Place, Reading, page, page_route, script_route
from rabita.gateways.rest.officer_forms import Nothing
from rabita.gateways.rest.routing import At, Query, Route, read_body
from rabita.gateways.rest.transcripts import EXPORT, MEDIA_TYPE
from rabita.line.errors import RabitaError
from rabita.line.transcript import Verifier
from rabita.line.transcript_report import Report
from rabita.services.audit import Action
from rabita.services.transcripts import export

PLACE: Final = Place(
    "transcript",
    "/desk/transcript",
    "Transcript",
    "The whole record of the line: signed by its authors, receipted by the other side, provable to anyone.",
    ("read",),
)
VERIFY: Final = "check-transcript"
TOLD_EVERY: Final = 50
"""How many entries are verified between two words of how far it has come, at least."""


class LogFound(msgspec.Struct, frozen=True):
    """What verifying found of one log; sizes are numbers of entries."""

    party: str
    lane: str
    epoch: int
    size: int
    complete: int
    receipted: int
    portions: int
    withheld: int
    purged: int
    own: bool


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How many entries of how many are verified."""

    done: int
    all: int


class Verdict(msgspec.Struct, frozen=True, tag="verdict"):
    """What was found: ``faults`` are places where the record is not what was signed, ``sentences`` say each."""

    genuine: bool
    entries: int
    faults: tuple[str, ...]
    contradictions: tuple[str, ...]
    approvals: dict[str, int]
    logs: tuple[LogFound, ...]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It could not be carried out, and why."""

    sentence: str


def show(seen: Reading, query: LineQuery) -> Response[bytes]:
    """Show how the logs stand; raises as ``on_line``."""
    seen = on_line(seen, query.line)
    status = next(each for each in seen.at.services.status() if each.line == seen.at.line)
    return page(
        *(seen, PLACE.page, PLACE.title),
        lead=PLACE.lead,
        scripts=("pages", "transcript"),
        sheets=("pages",),
        state=status,
        query=query,
        line=seen.at.line,
        lines=line_options(seen),
        party=seen.reader.party,
        exports=seen.at.allows(EXPORT, seen.at.matter),
        verifies=seen.at.allows(VERIFY, seen.at.matter),
    )


async def verify(at: At, _query: Query) -> Stream:
    """Verify a line's record as this node holds it, and tell how far it has come, one JSON object a line."""
    read_body(Nothing, at.body)
    at.record()
    return Stream(_lines(at), media_type=MEDIA_TYPE)


async def _lines(at: At) -> AsyncIterator[bytes]:
    loop, told = asyncio.get_running_loop(), asyncio.Queue[msgspec.Struct]()
    ended = threading.Event()

    def tell(piece: msgspec.Struct) -> None:
        loop.call_soon_threadsafe(told.put_nowait, piece)

    work = asyncio.create_task(asyncio.to_thread(_verified, at, tell, ended))
    try:
        while True:
            piece = await told.get()
            yield msgspec.json.encode(piece) + b"\n"
            if not isinstance(piece, Progress):
                return
    finally:
        ended.set()
        await work


def _verified(at: At, tell: Callable[[msgspec.Struct], None], ended: threading.Event) -> None:
    """Verify what an export would hold, told piece by piece; ends early once nobody listens."""
    verifier, last = Verifier(), 0

    def come(done: int, whole: int) -> None:
        nonlocal last
        if ended.is_set():
            raise _Left
        if done - last >= TOLD_EVERY or done == whole:
            last = done
            tell(Progress(done, whole))

    try:
        export(at.services.store, at.line, at.services.clock.now_ms(), verifier.feed, come)
        tell(verdict(verifier.finish()))
    except RabitaError as fault:
        tell(Failed(fault.sentence))
    except _Left:
        return


class _Left(Exception):
    """Nobody listens any more."""


def verdict(report: Report) -> Verdict:
    """Put what verifying found as pages tell it."""
    logs = [
        LogFound(
            *(each.log.party, each.log.lane, each.log.epoch, each.size, each.complete),
            *(each.receipted, each.portions, each.withheld, each.purged, each.own),
        )
        for each in report.logs.values()
    ]
    faults, contradictions = (
        tuple([f"{each.sentence} ({each.where})" for each in some]) for some in (report.faults, report.contradictions)
    )
    return Verdict(report.genuine, report.entries, faults, contradictions, dict(report.approvals), tuple(logs))


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page and of what it asks."""
    asked = script_route(
        *("POST", f"{PLACE.path}/{{line}}/verify", "verify-held", "Whether what this node holds of a line is genuine"),
        verify,
        action=VERIFY,
        audit=Action.VERIFY,
        body=Nothing,
        answers={200: Any},
        gives=MEDIA_TYPE,
        apart=False,
    )
    return (page_route(desk, PLACE, show, query=LineQuery), asked)
