"""The pages that hold no data: coming in, drafts, review, release, officers, and the files that go with all pages.

Rules kept here: the script of such a page asks the API as any program does, so that what may be read is decided there;
every word is of the catalogue. They work by keyboard, on small screens, and say aloud what changes.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from gzip import compress
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.dates import month_names
from rabita.desk.file_words import FILE_BYTES_MAX
from rabita.desk.languages import language
from rabita.desk.rendering import HTML, Desk, Place, page, reading, response
from rabita.desk.tour import on_tour, step_of
from rabita.desk.words import ENGLISH
from rabita.gateways.rest.acts import MEMBERS
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import OPEN, At, Query, Route, etag, matches
from rabita.line.attachment import MEDIA
from rabita.line.descriptor import LANGUAGES
from rabita.line.limits import ATTACHMENTS_MAX
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
PACKED: Final = frozenset(TYPES.values()) - {TYPES["woff2"]}
"""Types that are sent compressed to whoever takes it: Rabita's own files alone, and typefaces are packed already.

Pages and answers of the API never are: they hold secrets beside what a stranger may choose, and their length would tell
of them (BREACH).
"""
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
CODES: Final = {
    "purposes": tuple(Purpose),
    "categories": tuple(Category),
    "kinds": ("exercise", "operation", "project", "drill"),
    "roles": tuple(Role),
    "ranks": tuple(RANKS),
    "languages": LANGUAGES,
    "members": MEMBERS,
    "suffixes": tuple([suffix for each in MEDIA.values() for suffix in each.suffixes]),
    "file_bytes_max": FILE_BYTES_MAX,
    "files_max": ATTACHMENTS_MAX,
}
"""What forms let officers choose of, beside what procedures say of themselves."""


class Sent(NamedTuple):
    """A file as it is sent, and its ETag."""

    raw: bytes
    tag: str


class DraftAddress(Query, frozen=True):
    """An address that asks for a draft: the line, the procedure and the act by name, what it answers."""

    line: Name = ""
    procedure: Name = ""
    act: Name = ""
    basis: Name = ""


QUERIES: Final[Mapping[str, type[Query]]] = {"draft": DraftAddress}
"""What an address may ask of a page, where it may ask anything; its script reads it."""


def _codes() -> bytes:
    months = {each: {calendar: month_names(each, calendar) for calendar in Calendar} for each in LANGUAGES}
    return b"export const codes = " + msgspec.json.encode(CODES | {"months": months}) + b";\n"


def _words(code: str) -> bytes:
    told = {name: language(code).translate(text) for name, text in ENGLISH.items()}
    return b"globalThis.rabitaWords = " + msgspec.json.encode(told) + b";\n"


MADE: Final[Mapping[str, Callable[[], bytes]]] = {
    "codes.js": _codes,
    **{f"words-{each}.js": partial(_words, each) for each in LANGUAGES},
}
"""Files that scripts read, which are written from the catalogues when they are asked for."""


def static(name: str) -> bytes:
    """Read a file that goes with the pages, or write one that is made."""
    if name in MADE:
        return MADE[name]()
    return files(__package__).joinpath("static", name).read_bytes()


def static_names() -> tuple[str, ...]:
    """Name the files that go with the pages."""
    return (
        *MADE,
        *sorted(each.name for each in files(__package__).joinpath("static").iterdir() if each.is_file()),
    )


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
    """Make the routes of the files that go with the pages."""

    def run(name: str, media_type: str) -> Callable[[At, Query], Response[bytes]]:
        return lambda at, _query: _file(at, name, media_type)

    found = [(name, TYPES[name.rpartition(".")[2]]) for name in static_names()]
    return tuple([open_route(f"/static/{name}", name, name, run(name, kind), kind) for name, kind in found])


def _file(at: At, name: str, media_type: str) -> Response[bytes]:
    """Give a file, or say that the browser's own is still the same; it asks every time."""
    packed = media_type in PACKED and _takes_gzip(at.headers.get("accept-encoding", ""))
    sent = _sent(name, packed=packed)
    told = {"cache-control": "private, no-cache", "etag": sent.tag}
    told |= {"vary": "accept-encoding"} if media_type in PACKED else {}
    if matches(at.headers.get("if-none-match", ""), sent.tag):
        answer = response(b"", media_type, HTTPStatus.NOT_MODIFIED)
    else:
        answer = response(sent.raw, media_type)
        told |= {"content-encoding": "gzip"} if packed else {}
    answer.headers |= told
    return answer


@cache
def _sent(name: str, *, packed: bool) -> Sent:
    """Make a file ready once; the time in its gzip header is left out, so that its tag stays over a restart."""
    raw = compress(static(name), mtime=0) if packed else static(name)
    return Sent(raw, etag("", raw))


def _takes_gzip(accepted: str) -> bool:
    """Say whether ``Accept-Encoding`` names gzip and does not refuse it (RFC 9110, 12.5.3)."""
    codings = [each.strip().lower().partition(";") for each in accepted.split(",")]
    weights = [weight.replace(" ", "") for coding, _, weight in codings if coding.strip() == "gzip"]
    return bool(weights) and weights[0].rstrip("0").rstrip(".") not in ("q=", "q=0")


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
