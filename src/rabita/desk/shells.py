"""The pages that hold no data: coming in, drafts, review, release, officers, and the files that go with all pages.

Rules kept here: the script of such a page asks the API as any program does, so that what may be read is decided there;
every word is of the catalogue. They work by keyboard, on small screens, and say aloud what changes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from litestar import Response

from rabita.desk.rendering import HTML, Desk, Place, page, reading, response
from rabita.desk.static_files import PACKED, PATH, TYPES, edition, sent, static_names, takes_gzip
from rabita.desk.tour import on_tour, step_of
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import OPEN, At, Query, Route, matches
from rabita.line.errors import UserFault
from rabita.services.audit import Action

KEPT: Final = "private, max-age=31536000, immutable"
"""A file's address names what is in it, so a browser need not ask again (RFC 8246)."""
SHELLS: Final = (
    Place("sign_in", "/sign-in", "Sign in", "Sign in with the passkey of this node. There are no passwords."),
    Place(
        "enrol", "/enrol", "Enrol a passkey", "Enter the one-time code you were given. It is good once and for minutes."
    ),
    Place(
        "drafts",
        "/desk/drafts",
        "Drafts",
        "What is being written here. Nothing of it leaves this node before it is released.",
        ("draft", "review-personal-data", "approve-consent"),
    ),
    Place(
        "draft",
        "/desk/draft",
        "Draft",
        "Saved by itself while you write. Submit it when it is ready for another's eyes.",
    ),
    Place(
        "review",
        "/desk/review",
        "Review",
        "What others wrote and submitted. Pass it on to release, or return it and say why.",
        ("review", "review-personal-data"),
    ),
    Place(
        "release",
        "/desk/release",
        "Release",
        "What waits to leave this node. Your passkey signs exactly what is shown.",
        ("release", "approve-consent"),
    ),
    Place(
        "officers",
        "/desk/officers",
        "Officers",
        "Who works at this node, and who is kept out. Names never leave it.",
        ("see-officers",),
    ),
    Place("sessions", "/sessions", "Sessions", "Where you are signed in. End whatever is not you."),
)
SCRIPTS: Final = {"sign_in": "entering", "enrol": "entering", "sessions": "entering"}
"""The module that begins a page, where it has not the page's name."""
SHEETS: Final = {
    **dict.fromkeys(("drafts", "review", "release"), ("compose", "friends")),
    "draft": ("compose", "friends", "chart"),
}
"""The sheets of the pages that need some of their own."""


class DraftAddress(Query, frozen=True):
    """An address that asks for a draft: the line, the procedure and the act by name, what it answers."""

    line: Name = ""
    procedure: Name = ""
    act: Name = ""
    basis: Name = ""


QUERIES: Final[Mapping[str, type[Query]]] = {"draft": DraftAddress}
"""What an address may ask of a page, where it may ask anything; its script reads it."""


def shell_routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the pages without data."""

    def run(place: Place) -> Callable[[At, Query], Response[bytes]]:
        scripts, sheets = (SCRIPTS.get(place.page, place.page),), SHEETS.get(place.page, ())

        def shown(at: At, asked: Query) -> Response[bytes]:
            seen = reading(desk, at)._replace(step=step_of(asked))
            return page(seen, place.page, place.title, lead=place.lead, scripts=scripts, sheets=sheets)

        return shown

    return tuple(
        [
            open_route(each.path, each.page, each.title, run(each), HTML, on_tour(QUERIES.get(each.page, Query)))
            for each in SHELLS
        ]
    )


def static_routes() -> tuple[Route, ...]:
    """Make the route of the files that go with the pages."""
    names = frozenset(static_names())
    return (open_route(PATH, "static", "A file that goes with the pages", partial(_file, names), "*/*"),)


def _file(names: frozenset[str], at: At, _query: Query) -> Response[bytes]:
    """Give a file of this edition; raises ``UserFault("path-unknown")``."""
    name = at.path["name"]
    if name not in names or at.path["edition"] != edition():
        raise UserFault("path-unknown")
    media_type = TYPES[name.rpartition(".")[2]]
    packed = media_type in PACKED and takes_gzip(at.headers.get("accept-encoding", ""))
    found = sent(name, packed=packed)
    told = {"cache-control": KEPT, "etag": found.tag}
    told |= {"vary": "accept-encoding"} if media_type in PACKED else {}
    if matches(at.headers.get("if-none-match", ""), found.tag):
        answer = response(b"", media_type, HTTPStatus.NOT_MODIFIED)
    else:
        answer = response(found.raw, media_type)
        told |= {"content-encoding": "gzip"} if packed else {}
    answer.headers |= told
    return answer


def open_route(
    path: str,
    name: str,
    title: str,
    run: Callable[[At, Any], Response[bytes]],
    gives: str,
    query: type[Query] = Query,
) -> Route:
    """Make the route of something that anyone may ask for."""
    return Route(
        method="GET",
        path=path,
        name=f"page-{name}",
        title=title,
        action=OPEN,
        audit=Action.STATUS,
        query=query,
        answers={200: Any},
        run=run,
        gives=gives,
        tag="pages",
    )
