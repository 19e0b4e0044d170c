"""Search in three scripts: what was said, found by any spelling of its words, its numbers and its references.

Rule kept here: what is shown is the text as it was written; only where it fits is marked.
"""

from typing import Annotated, Final

import msgspec
from litestar import Response

from rabita.desk.languages import known_words
from rabita.desk.lines import LineQuery, lane_options, list_page, on_line, party_options, procedure_options
from rabita.desk.rendering import Desk, Place, Reading, page_route
from rabita.desk.views import views_of
from rabita.gateways.rest.cases import TEXT_CHARS_MAX
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import Route
from rabita.line.ids import Lane
from rabita.services.audit import Action
from rabita.services.casebook import Page
from rabita.services.searching import Hit, Search, search

PLACE: Final = Place(
    "search",
    "/desk/search",
    "Search",
    "Every word must be found, by its beginning. Letters and digits of any keyboard fit.",
    ("read",),
)
COUNT: Final = 25


class SearchFilter(LineQuery, frozen=True):
    """What is looked for, and where; nothing is looked for where ``text`` is empty."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)] = ""
    procedure: Name = ""
    party: Name = ""
    lane: Lane | None = None
    count: Annotated[int, msgspec.Meta(ge=1, le=200)] = COUNT


def show(seen: Reading, query: SearchFilter) -> Response[bytes]:
    """Show what was found; raises as ``on_line`` and ``searching.search``."""
    seen = on_line(seen, query.line)
    wanted = Search(
        text=query.text,
        line=seen.at.line,
        procedure=query.procedure,
        party=query.party,
        lane=query.lane or "",
    )
    nothing: Page[Hit] = Page(())
    known = known_words(seen.language.code)
    asked = (seen.at.book, wanted, query.cursor, query.count, seen.reader, known)
    found = search(*asked) if query.text.strip() else nothing
    return list_page(
        *(seen, PLACE, query, found.next),
        broad=True,
        hits=found.rows,
        procedures=procedure_options(seen, query.procedure),
        parties=party_options(seen, query.party),
        lanes=lane_options(query.lane),
        views=views_of(seen, PLACE.path),
    )


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, audit=Action.SEARCH, query=SearchFilter),)
