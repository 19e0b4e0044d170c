"""The pages that hold no data: coming in, drafts, review, release, officers, and the files that go with all pages.

Rules kept here: the script of such a page asks the API as any program does, so that what may be read is decided there;
every word is of the catalogue. They work by keyboard, on small screens, and say aloud what changes.
"""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Response

from rabita.desk.dates import month_names
from rabita.desk.rendering import HTML, Desk, Place, page, reading, response
from rabita.desk.tour import on_tour, step_of
from rabita.gateways.rest.acts import MEMBERS
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import OPEN, At, Query, Route, etag, matches
from rabita.line.descriptor import LANGUAGES
from rabita.procedures.accreditation_ranks import RANKS
from rabita.procedures.marking import Category, Purpose
from rabita.services.audit import Action
from rabita.services.officers import Role
from rabita.services.preferences import Calendar

TYPES: Final = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "json": "application/json",
    "mjs": "text/javascript",
    "txt": "text/plain",
}
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
SHEETS: Final = dict.fromkeys(("drafts", "draft", "review", "release"), ("compose", "friends"))
"""The sheets of the pages that need some of their own."""
CODES: Final = {
    "purposes": tuple(Purpose),
    "categories": tuple(Category),
    "kinds": ("exercise", "operation", "project", "drill"),
    "roles": tuple(Role),
    "ranks": tuple(RANKS),
    "languages": LANGUAGES,
    "members": MEMBERS,
}
"""What forms let officers choose of, beside what procedures say of themselves."""


class DraftAddress(Query, frozen=True):
    """An address that asks for a draft: the line, the procedure and the act by name, what it answers."""

    line: Name = ""
    procedure: Name = ""
    act: Name = ""
    basis: Name = ""


QUERIES: Final[Mapping[str, type[Query]]] = {"draft": DraftAddress}
"""What an address may ask of a page, where it may ask anything; its script reads it."""


@cache
def static(name: str) -> bytes:
    """Read a file that goes with the pages, or write the one that scripts read codes from."""
    if name == "codes.js":
        months = {each: {calendar: month_names(each, calendar) for calendar in Calendar} for each in LANGUAGES}
        return b"export const codes = " + msgspec.json.encode(CODES | {"months": months}) + b";\n"
    return files(__package__).joinpath("static", name).read_bytes()


def static_names() -> tuple[str, ...]:
    """Name the files that go with the pages."""
    return (
        "codes.js",
        *sorted(each.name for each in files(__package__).joinpath("static").iterdir() if each.is_file()),
    )


def shell_routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the pages without data."""

    def run(place: Place) -> Callable[[At, Query], Response[bytes]]:
        sheets = SHEETS.get(place.page, ())

        def shown(at: At, asked: Query) -> Response[bytes]:
            seen = reading(desk, at)._replace(step=step_of(asked))
            return page(seen, place.page, place.title, lead=place.lead, sheets=sheets)

        return shown

    return tuple(
        [
            open_route(each.path, each.page, each.title, run(each), HTML, on_tour(QUERIES.get(each.page, Query)))
            for each in SHELLS
        ]
    )


def static_routes() -> tuple[Route, ...]:
    """Make the routes of the files that go with the pages."""

    def run(name: str, media_type: str) -> Callable[[At, Query], Response[bytes]]:
        return lambda at, _query: _file(at, name, media_type)

    found = [(name, TYPES[name.rpartition(".")[2]]) for name in static_names()]
    return tuple([open_route(f"/static/{name}", name, name, run(name, kind), kind) for name, kind in found])


def _file(at: At, name: str, media_type: str) -> Response[bytes]:
    """Give a file, or say that the browser's own is still the same; it asks every time."""
    tag = _tag(name)
    same = matches(at.headers.get("if-none-match", ""), tag)
    answer = response(b"" if same else static(name), media_type, HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
    answer.headers |= {"cache-control": "private, no-cache", "etag": tag}
    return answer


@cache
def _tag(name: str) -> str:
    return etag("", static(name))


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
