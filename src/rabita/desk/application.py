"""All pages of the desk as one table of routes, and the menu that leads to them."""

from functools import partial
from http import HTTPStatus
from typing import Final

from litestar import Response

from rabita.desk.rendering import HTML, SIGN_IN, Desk, Place, page, reading
from rabita.desk.shells import SHELLS, open_route, shell_routes, static_routes
from rabita.gateways.rest.routing import At, Query, Route
from rabita.services.preferences import DeskStore

HOME: Final = Place("home", "/", "Your desk", "What your roles let you do at this node.")
PLACES: Final = tuple([each for each in SHELLS if each.actions or each.page == "sessions"])
"""The menu, in its order."""


def desk_routes(store: DeskStore) -> tuple[Route, ...]:
    """Make the routes of every page over what officers chose."""
    desk = Desk(store, PLACES)
    return (
        open_route(HOME.path, HOME.page, HOME.title, partial(_home, desk), HTML),
        *shell_routes(desk),
        *static_routes(),
    )


def _home(desk: Desk, at: At, _query: Query) -> Response[bytes]:
    """Show what one's roles let one do here; whoever is not signed in is sent to do so."""
    seen = reading(desk, at)
    who, translate = seen.at.who, seen.language.translate
    if who is None:
        return Response(b"", status_code=HTTPStatus.SEE_OTHER, media_type=HTML, headers={"location": SIGN_IN})
    roles = ", ".join([translate(role.replace("-", " ")) for role in who.roles]) or translate("no role at present")
    posts = f" ({', '.join(who.posts)})" if who.posts else ""
    return page(seen, HOME.page, HOME.title, lead=HOME.lead, held=roles + posts)
