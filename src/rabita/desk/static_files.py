"""The files that go with all pages: scripts, sheets, typefaces, pictures, and what scripts read of the catalogues.

Rule kept here: their address names their contents, so that a browser keeps them for good and asks for none twice, and a
page never runs with files of another version.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from gzip import compress
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

from rabita.desk.dates import month_names
from rabita.desk.file_words import FILE_BYTES_MAX
from rabita.desk.languages import language
from rabita.desk.words import ENGLISH
from rabita.gateways.rest.acts import MEMBERS
from rabita.gateways.rest.routing import etag
from rabita.line.attachment import MEDIA
from rabita.line.descriptor import LANGUAGES
from rabita.line.limits import ATTACHMENTS_MAX
from rabita.procedures.accreditation_ranks import RANKS
from rabita.procedures.marking import Category, Purpose
from rabita.procedures.marking_grades import SOURCE_WORDS
from rabita.services.officers import Role
from rabita.services.preferences import Calendar

PATH: Final = "/static/{edition}/{name}"
EDITION_CHARS: Final = 16
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
CODES: Final = {
    "purposes": tuple(Purpose),
    "categories": tuple(Category),
    "kinds": ("exercise", "operation", "project", "drill"),
    "roles": tuple(Role),
    "ranks": tuple(RANKS),
    "languages": LANGUAGES,
    "members": MEMBERS,
    "schemes": tuple(SOURCE_WORDS),
    "suffixes": tuple([suffix for each in MEDIA.values() for suffix in each.suffixes]),
    "file_bytes_max": FILE_BYTES_MAX,
    "files_max": ATTACHMENTS_MAX,
}
"""What forms let officers choose of, beside what procedures say of themselves."""


class Sent(NamedTuple):
    """A file as it is sent, and its ETag."""

    raw: bytes
    tag: str


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


@cache
def edition() -> str:
    """Name this version of all files by what is in them."""
    digests = [name.encode() + sha256(static(name)).digest() for name in static_names()]
    return sha256(b"".join(digests)).hexdigest()[:EDITION_CHARS]


def address(name: str) -> str:
    """Say where pages find a file."""
    return PATH.format(edition=edition(), name=name)


@cache
def sent(name: str, *, packed: bool) -> Sent:
    """Make a file ready once; the time in its gzip header is left out, so that its tag stays over a restart."""
    raw = compress(static(name), mtime=0) if packed else static(name)
    return Sent(raw, etag("", raw))


def takes_gzip(accepted: str) -> bool:
    """Say whether ``Accept-Encoding`` names gzip and does not refuse it (RFC 9110, 12.5.3)."""
    codings = [each.strip().lower().partition(";") for each in accepted.split(",")]
    weights = [weight.replace(" ", "") for coding, _, weight in codings if coding.strip() == "gzip"]
    return bool(weights) and weights[0].rstrip("0").rstrip(".") not in ("q=", "q=0")
