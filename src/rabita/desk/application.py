"""All pages of the desk as one table of routes, and the menu that leads to them."""

from functools import partial
from http import HTTPStatus
from typing import Final

from litestar import Response

from rabita.desk import (
    case,
    cases,
    directory,
    entry,
    files,
    handover,
    left_off,
    map_page,
    out_files,
    out_tables,
    paper,
    registers,
    search,
    settings,
    timeline,
    traffic,
    transcript,
    unhandled,
    views,
    watch,
    words_route,
)
from rabita.desk.compose import compose_routes
from rabita.desk.rendering import HTML, SIGN_IN, Desk, Place, is_for, page, reading
from rabita.desk.shells import SHELLS, open_route, shell_routes, static_routes
from rabita.desk.takings import takings
from rabita.gateways.rest.routing import At, Query, Route
from rabita.procedures.stop_request import STOP_REQUEST
from rabita.services.preferences import DeskStore

HOME: Final = Place("home", "/", "Your desk", "What your roles let you do at this node.")
READS: Final = (
    *(watch.PLACE, handover.PLACE, directory.PLACE),
    *(traffic.PLACE, cases.PLACE, search.PLACE, timeline.PLACE, transcript.PLACE, map_page.PLACE),
    *registers.PLACES,
)
READ_ROUTES: Final = (
    *(watch, unhandled, handover, directory, settings),
    *(traffic, entry, files, left_off, cases, case, registers, timeline, transcript, search, views, map_page),
    *(paper, out_tables, out_files),
)
OWN: Final = (settings.PLACE, settings.STYLE)
STOP: Final = Place(
    "stop",
    "/desk/draft?procedure=stop-request&act=stop",
    STOP_REQUEST.title,
    STOP_REQUEST.purpose,
    ("draft",),
)
"""The one draft that a key leads to: whoever needs it has no time to look for it."""
PLACES: Final = (*READS, *[each for each in SHELLS if each.actions or each.page == "sessions"], STOP, *OWN)
"""The menu, in its order."""


def desk_routes(store: DeskStore) -> tuple[Route, ...]:
    """Make the routes of every page over what officers chose."""
    desk = Desk(store, PLACES, takings)
    return (
        open_route(HOME.path, HOME.page, HOME.title, partial(_home, desk), HTML),
        *[each for room in READ_ROUTES for each in room.routes(desk)],
        *compose_routes(desk),
        *shell_routes(desk),
        *words_route.ROUTES,
        *static_routes(),
    )


def _home(desk: Desk, at: At, _query: Query) -> Response[bytes]:
    """Send whoever reads to the watch; show others what their roles let them do; have strangers sign in."""
    seen = reading(desk, at)
    who, translate = seen.at.who, seen.language.translate
    if who is None:
        return _elsewhere(SIGN_IN)
    if is_for(watch.PLACE, seen.at):
        return _elsewhere(watch.PLACE.path)
    roles = ", ".join([translate(role.replace("-", " ")) for role in who.roles]) or translate("no role at present")
    posts = f" ({', '.join(who.posts)})" if who.posts else ""
    return page(seen, HOME.page, HOME.title, lead=HOME.lead, held=roles + posts)


def _elsewhere(path: str) -> Response[bytes]:
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, media_type=HTML, headers={"location": path})
