"""Cases: what is or was under way on the line, each with where it stands."""

from typing import Final

from litestar import Response

from rabita.desk.lines import list_page, on_line, procedure_options, state_options
from rabita.desk.rendering import Desk, Place, Reading, page_route
from rabita.desk.views import views_of
from rabita.gateways.rest.cases import CasesQuery
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import Route
from rabita.services.case_reads import Cases, case_list

PLACE: Final = Place(
    "cases", "/desk/cases", "Cases", "What is under way on the line, the last active first.", ("read",)
)


class CasesFilter(CasesQuery, frozen=True):
    """Which cases of which line."""

    line: Name = ""


def show(seen: Reading, query: CasesFilter) -> Response[bytes]:
    """Show a part of the list; raises as ``on_line`` and ``case_list``."""
    seen = on_line(seen, query.line)
    wanted = Cases(procedure=query.procedure, state=query.state, open_only=query.open_only)
    found = case_list(seen.at.book, wanted, seen.at.line, query.cursor, query.count, seen.reader)
    return list_page(
        *(seen, PLACE, query, found.next),
        broad=True,
        rows=found.rows,
        procedures=procedure_options(seen, query.procedure),
        states=state_options(seen, query.procedure, query.state),
        views=views_of(seen, PLACE.path),
    )


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, query=CasesFilter),)
