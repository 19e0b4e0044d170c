"""Traffic: every act of a line, with its precedence, its receipts told apart, and whether it can be read as it is.

Rule kept here: acts at FLASH are answered one by one; nothing begins a draft to answer several of them at once.
"""

from typing import Final, NamedTuple

from litestar import Response

from rabita.desk.lines import lane_options, list_page, on_line, party_options, procedure_options, state_options
from rabita.desk.receipts import Reached, reached
from rabita.desk.rendering import Desk, Place, Reading, page_route
from rabita.desk.views import views_of
from rabita.gateways.rest.cases import TrafficQuery
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import Route
from rabita.line.ids import Lane
from rabita.services.case_reads import Traffic, traffic
from rabita.services.case_views import ActLine
from rabita.services.casebook import Casebook, Page

PLACE: Final = Place(
    "traffic",
    "/desk/traffic",
    "Traffic",
    "Everything that was said on the line, the newest first.",
    ("read",),
)


PAGES_MAX: Final = 10
"""How many parts of the list are looked at for one page, where most of them are the line's own."""


class TrafficFilter(TrafficQuery, frozen=True):
    """Which acts of which line; ``own``: those of the line itself too, which publish keys and say nothing."""

    line: Name = ""
    own: bool = False


class Row(NamedTuple):
    """An act in the list. ``lone``: it is answered by itself alone; ``unread``: not in the reader's language."""

    act: ActLine
    reached: Reached
    lone: bool
    unread: bool


def show(seen: Reading, query: TrafficFilter) -> Response[bytes]:
    """Show a part of the list; raises as ``on_line`` and ``case_reads.traffic``."""
    seen = on_line(seen, query.line)
    book = seen.at.book
    wanted = Traffic(
        line=seen.at.line,
        procedure=query.procedure,
        lane=query.lane or "",
        party=query.party,
        post=query.post,
        state=query.state,
        unacknowledged=query.unacknowledged,
    )
    found = _found(seen, book, wanted, query)
    rows = [_row(seen, *each) for each in zip(found.rows, reached(book, found.rows), strict=True)]
    return list_page(
        *(seen, PLACE, query, found.next),
        broad=True,
        rows=rows,
        procedures=procedure_options(seen, query.procedure),
        states=state_options(seen, query.procedure, query.state),
        parties=party_options(seen, query.party),
        lanes=lane_options(query.lane),
        drafts=seen.at.allows("draft", seen.at.matter),
        views=views_of(seen, PLACE.path),
    )


def _found(seen: Reading, book: Casebook, wanted: Traffic, query: TrafficFilter) -> Page[ActLine]:
    """Read the list; without the line's own acts, as far on as a page needs."""
    if query.own or query.lane or wanted.state or wanted.unacknowledged:
        return traffic(book, wanted, query.cursor, query.count, seen.reader)
    rows: list[ActLine] = []
    cursor = query.cursor
    for _ in range(PAGES_MAX):
        found = traffic(book, wanted, cursor, query.count, seen.reader)
        rows += [each for each in found.rows if each.lane is not Lane.CONTROL]
        cursor = found.next
        if not cursor or len(rows) >= query.count:
            break
    over = len(rows) > query.count
    rows = rows[: query.count]
    return Page(tuple(rows), str(rows[-1].seq) if over else cursor)


def _row(seen: Reading, act: ActLine, far: Reached) -> Row:
    unread = bool(act.text and far.languages) and seen.language.code not in far.languages
    return Row(act, far, act.lane is Lane.FLASH, unread)


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, query=TrafficFilter),)
