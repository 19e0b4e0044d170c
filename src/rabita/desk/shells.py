"""The pages that hold no data: coming in, drafts, review, release, officers, and the files that go with all pages.

Rules kept here: the script of such a page asks the API as any program does, so that what may be read is decided there;
every word is of the catalogue. They work by keyboard, on small screens, and say aloud what changes.
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Response

from rabita.desk.rendering import HTML, Desk, Place, page, reading, response
from rabita.gateways.rest.acts import MEMBERS
from rabita.gateways.rest.routing import OPEN, At, Query, Route
from rabita.line.descriptor import LANGUAGES
from rabita.procedures.accreditation_ranks import RANKS
from rabita.procedures.marking import Category, Purpose
from rabita.services.audit import Action
from rabita.services.officers import Role

TYPES: Final = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "json": "application/json",
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


@cache
def static(name: str) -> bytes:
    """Read a file that goes with the pages, or write the one that scripts read codes from."""
    if name == "codes.js":
        return b"export const codes = " + msgspec.json.encode(CODES) + b";\n"
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
        return lambda at, _query: page(reading(desk, at), place.page, place.title, lead=place.lead)

    return tuple([open_route(each.path, each.page, each.title, run(each), HTML) for each in SHELLS])


def static_routes() -> tuple[Route, ...]:
    """Make the routes of the files that go with the pages."""

    def run(name: str, media_type: str) -> Callable[[At, Query], Response[bytes]]:
        return lambda _at, _query: response(static(name), media_type)

    found = [(name, TYPES[name.rpartition(".")[2]]) for name in static_names()]
    return tuple([open_route(f"/static/{name}", name, name, run(name, kind), kind) for name, kind in found])


def open_route(path: str, name: str, title: str, run: Callable[[At, Any], Response[bytes]], gives: str) -> Route:
    """Make the route of something that anyone may ask for."""
    return Route(
        method="GET",
        path=path,
        name=f"page-{name}",
        title=title,
        action=OPEN,
        audit=Action.STATUS,
        answers={200: Any},
        run=run,
        gives=gives,
        tag="pages",
    )
