"""Records on paper: a page of the desk as PDF/A-3u, in its reader's language, with the record itself attached.

Rules kept here: a record on paper is the page that shows it, in another frame; so both say the same. What is attached
are the very bytes, in base64, with what proves them. A document bears the time of its record, not that of its making.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk import case, entry, handover, registers, transcript
from rabita.desk.leaving import EXPORT, file_response, file_route, leaving, marking_of, markings_in, registered
from rabita.desk.lines import SHORT_CHARS, LineQuery
from rabita.desk.out_tables import iso
from rabita.desk.rendering import Desk, Paper, Place, Reading, page
from rabita.desk.static_files import address, static, static_names
from rabita.gateways.documents import Attached, Document, draw
from rabita.gateways.rest import cases
from rabita.gateways.rest.routing import Query, Route
from rabita.line.errors import UserFault
from rabita.line.transcript import Verifier
from rabita.ports import ListedEntry
from rabita.services import case_reads, reads
from rabita.services.casebook import case_row
from rabita.services.sight import markings_held
from rabita.services.transcripts import export
from rabita.services.watch import handovers

PDF: Final = "application/pdf"
FORM: Final = "rabita/record/v1"
PATH: Final = "/desk/pdf"
SHEETS: Final = ("fonts.css", "print.css")
ATTACHED_SAYS: Final[str] = "The record, with its exact bytes in base64 and what proves them"
REPORT: Final = Place("transcript_report", "/desk/transcript", "What verifying the transcript found", "")


class Told(NamedTuple):
    """What a record on paper is: its name, its markings, the time it bears (ms since 1970 UTC), what is attached."""

    reference: str
    markings: Sequence[str]
    made_ms: int
    record: Any


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record: its address below ``/desk/pdf``, the page that shows it, what tells of it."""

    name: str
    path: str
    show: Callable[[Reading, Any], Response[bytes]]
    tell: Callable[[Reading, Any], Told]
    query: type[Query] = LineQuery


class Bytes(msgspec.Struct, frozen=True):
    """An entry as it travels (``line.entry.Entry``): JSON writes bytes in base64; a portion is null where purged."""

    stamp: bytes
    act: bytes
    approvals: bytes
    portions: tuple[bytes | None, ...]


class EntryRecord(msgspec.Struct, frozen=True):
    """An entry with its proof; without its bytes where its reader may not take them out."""

    reference: str
    leaf: str
    entry: Bytes | None
    proof: reads.Proof | None


def take_out(record: Record, seen: Reading, query: Any) -> Response[bytes]:  # noqa: ANN401 - the record's own query
    """Draw a record; raises as its page does, and as ``gateways.documents.draw``."""
    seen = leaving(seen, query.line)
    told = record.tell(seen, query)
    seen.at.permit_marked(EXPORT, seen.at.matter, [each for each in told.markings if each])
    paper = Paper(told.reference, marking_of(seen.at.charter(), told.markings), iso(told.made_ms))
    shown = record.show(seen._replace(paper=paper), query)
    attached = {"rabita": FORM, "kind": record.name, "line": seen.at.line, "reference": told.reference}
    raw = msgspec.json.encode(attached | {"record": told.record})
    says = seen.language.translate(ATTACHED_SAYS)
    record_file, sheets = Attached("record.json", says, raw), tuple([address(each) for each in SHEETS])
    document = Document(shown.content.decode(), _files(), sheets, record_file, told.made_ms)
    return file_response(draw(document), PDF, f"rabita-{record.name}-{told.reference}", "pdf")


@cache
def _files() -> dict[str, bytes]:
    """Give the sheets and typefaces of documents, by where pages say they are."""
    names = (*SHEETS, *[each for each in static_names() if each.endswith(".woff2")])
    return {address(each): static(each) for each in names}


# the records


def _entry(seen: Reading, _query: LineQuery) -> Told:
    view = cases.entry(seen.at, Query())
    listed = reads.find_entry(seen.at.services.store, f"{seen.at.line}/{seen.at.path['reference']}")
    markings = (view.summary.marking, *(each.marking for each in view.portions))
    return Told(view.summary.reference, markings, view.summary.held_ms, _proven(listed, view, whole=True))


def _case(seen: Reading, _query: LineQuery) -> Told:
    book, store = seen.at.book, seen.at.services.store
    row = case_row(book, seen.at.line, seen.at.path["case"])
    view = case_reads.case(book, seen.at.line, row.id.hex(), seen.reader)
    entries = []
    for each in view.acts:
        listed = reads.find_entry(store, f"{seen.at.line}/{each.reference}")
        found = reads.view(store, listed, book.index)
        marked = (found.summary.marking, *(portion.marking for portion in found.portions))
        whole = book.sees(seen.at.line, found.summary.procedure, marked)
        entries.append(_proven(listed, found, whole=whole))
    return Told(view.case.reference, markings_in(book, [row]), view.case.last_ms, entries)


def _proven(listed: ListedEntry, view: reads.View, *, whole: bool) -> EntryRecord:
    raw = Bytes(*listed.row.entry) if whole else None
    return EntryRecord(view.summary.reference, listed.row.leaf.hex(), raw, view.proof)


def _handover(seen: Reading, _query: Query) -> Told:
    number = seen.at.path["number"]
    found = [each for each in handovers(seen.at.services.store, seen.at.line) if str(each.handover.number) == number]
    if not found:
        raise UserFault("handover-unknown", number[:16])
    return Told(f"{seen.at.services.party}-{number}", (), found[0].handover.at_ms, found[0])


def _register(name: str, seen: Reading, query: LineQuery) -> Told:
    """Tell of the part of a register that the page shows."""
    book = seen.at.book
    found = registered(seen, name, getattr(query, "at_ms", 0), query.cursor, min(query.count, registers.ROWS_MAX)).rows
    rows = [case_row(book, seen.at.line, each.case.id) for each in found]
    made_ms = max([each.case.last_ms for each in found], default=0)
    return Told(seen.at.line[:SHORT_CHARS], markings_in(book, rows), made_ms, found)


def _verified(seen: Reading) -> transcript.Verdict:
    verifier = Verifier()
    export(seen.at.services.store, seen.at.line, seen.at.services.clock.now_ms(), verifier.feed)
    return transcript.verdict(verifier.finish())


def _report(seen: Reading, _query: LineQuery) -> Told:
    store = seen.at.services.store
    newest = store.listed(seen.at.line, "", 0, 1)
    made_ms = newest[0].held_ms if newest else 0
    return Told(seen.at.line[:SHORT_CHARS], markings_held(store, seen.at.line), made_ms, _verified(seen))


def show_report(seen: Reading, _query: LineQuery) -> Response[bytes]:
    """Show what verifying all that this node holds of a line found."""
    return page(seen, REPORT.page, REPORT.title, found=_verified(seen), party=seen.reader.party)


RECORDS: Final = (
    Record("entry", "/entry/{reference}", entry.show, _entry),
    Record("case", "/case/{case}", case.show, _case),
    Record("handover", "/handover/{number}", handover.record, _handover, handover.HandoverQuery),
    *[
        Record(name, f"/{name}", shown, partial(_register, name), registers.QUERIES.get(name, LineQuery))
        for name, shown in registers.SHOWS.items()
    ],
    Record("transcript", "/transcript", show_report, _report),
)


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of all records on paper."""
    return tuple(
        [
            file_route(desk, f"pdf-{each.name}", PATH + each.path, partial(take_out, each), PDF, each.query)
            for each in RECORDS
        ]
    )
