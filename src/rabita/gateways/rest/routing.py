"""What a route is: data. From the same table come the handlers, the checks of access and the API's description.

Every route says its scope and what the audit log calls it, so that leaving one out is an error. A scope of ``None`` is
for those of officers alone, which name roles, and for the few that anyone may ask. What a route takes and gives are
msgspec types, which read, check, write and describe it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from types import MappingProxyType
from typing import IO, Annotated, Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from rabita.gateways.rest.access import Principal, Scope
from rabita.gateways.rest.events import Events
from rabita.gateways.rest.ground import Services
from rabita.gateways.rest.idempotency import Repeats
from rabita.gateways.rest.problems import FieldError, field_error
from rabita.gateways.rest.rates import Rate
from rabita.gateways.rest.shelf import Shelf
from rabita.line.charter import Charter, read_charter
from rabita.line.entry import parse_content
from rabita.line.errors import PeerFault, UserFault
from rabita.line.record import LineRecord
from rabita.services.audit import Action
from rabita.services.officers import Role, Who

T = TypeVar("T")

PAGE_ROWS_MAX: Final = 200
JSON_BYTES_MAX: Final = 2**20
CURSOR_CHARS_MAX: Final = 256
TAG_CHARS: Final = 32

Cursor = Annotated[str, msgspec.Meta(max_length=CURSOR_CHARS_MAX, description="`next` of the page before")]
Count = Annotated[int, msgspec.Meta(ge=1, le=PAGE_ROWS_MAX, description="rows of a page at most")]


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query parameters of a route that takes none; each route's own derive from it."""


class PageQuery(Query, frozen=True):
    """Which page of a list."""

    cursor: Cursor = ""
    count: Count = 50


class Held(NamedTuple):
    """What the gateway itself holds between requests; ``strangers`` counts what was guessed wrong."""

    services: Services
    events: Events
    repeats: Repeats
    shelf: Shelf
    description: Callable[[], bytes]
    strangers: Rate


class At(NamedTuple):
    """What a request is about: who asks, where (``address`` with the query), with which headers (lower-case) and body.

    ``body`` holds a JSON body, ``upload`` a file. ``who`` is the officer, if one is signed in; ``client`` the address
    it came from.
    """

    held: Held
    principal: Principal
    path: Mapping[str, str]
    headers: Mapping[str, str]
    address: str
    body: bytes = b""
    upload: IO[bytes] = BytesIO()
    who: Who | None = None
    cookies: Mapping[str, str] = MappingProxyType({})
    client: str = ""

    @property
    def services(self) -> Services:
        """The node's services."""
        return self.held.services

    @property
    def line(self) -> str:
        """The line's name, empty where the route is about none."""
        return self.path.get("line", "")

    def record(self) -> LineRecord:
        """Read the line's record; raises ``UserFault("line-unknown")``."""
        found = [each for each in self.services.store.lines() if each.line == self.line]
        if not found:
            raise UserFault("line-unknown", self.line[:12])
        return found[0]

    def charter(self) -> Charter:
        """Read the line's charter."""
        return read_charter(self.record().charter)[1]


class Made(NamedTuple):
    """An answer with a status of its own and the address of what was made."""

    status: int
    body: bytes
    location: str = ""


class Variant(NamedTuple):
    """One of the addresses a route stands for in the API's description: its path, what it takes, what it is for."""

    path: str
    name: str
    title: str
    body: type[msgspec.Struct] | None
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route. ``run`` gives a value of type ``answers`` (by status, where there are several), or a response.

    ``scope`` is what tokens and officers need alike; a route for officers alone has none, and names in ``roles`` who
    may ask: whoever holds one of them, or, where it names none, every officer. Without either, anyone may ask.
    ``audit`` is what the audit log calls it. ``apart``: run on a worker thread, as whatever reads the store does.
    ``trial_scope``: what suffices when the query says ``check``. ``body`` is the form of a JSON body; ``takes`` the
    media type of another. ``version`` gives what an answer's ETag begins with: what ``If-Match`` compares.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    title: str
    scope: Scope | None
    audit: Action
    answers: Mapping[int, Any]
    run: Callable[[At, Any], Any]
    query: type[Query] = Query
    body: type[msgspec.Struct] | None = None
    takes: str = ""
    gives: str = "application/json"
    body_bytes_max: int = JSON_BYTES_MAX
    faults: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    apart: bool = True
    trial_scope: Scope | None = None
    roles: tuple[Role, ...] | None = None
    tag: str = "node"
    variants: Callable[[], Iterable[Variant]] | None = None
    version: Callable[[Any], str] | None = None

    @property
    def is_open(self) -> bool:
        """Say whether anyone may ask."""
        return self.scope is None and self.roles is None

    def does(self, query: Query) -> Action:
        """Say what the audit log calls a request with this query."""
        return Action.CHECK if self.trial_scope is not None and getattr(query, "check", False) else self.audit

    def needs(self, query: Query) -> Scope | None:
        """Say which scope a request with this query needs."""
        return self.trial_scope if self.trial_scope is not None and getattr(query, "check", False) else self.scope


def read_query(form: type[T], parameters: Iterable[tuple[str, str]]) -> T:
    """Read query parameters; raises ``UserFault("parameter-invalid")`` naming the parameter and the rule."""
    values: dict[str, str] = {}
    for name, value in parameters:
        if name in values:
            raise FieldError("parameter-invalid", name[:64], "given once")
        values[name] = value
    try:
        return msgspec.convert(values, form, strict=False)
    except msgspec.ValidationError as fault:
        found = field_error(fault)
        raise FieldError("parameter-invalid", found.field[:64], found.rule) from fault


def read_body(form: type[T], raw: bytes) -> T:
    """Read a JSON body: one object, no duplicate members, floats or large integers, nothing the form does not know.

    Raises ``UserFault``: ``request-malformed``, or ``field-missing``, ``field-unknown``, ``field-invalid`` naming the
    member and the rule.
    """
    try:
        members = parse_content(raw)
    except PeerFault as fault:
        raise UserFault("request-malformed", fault.sentence) from fault
    try:
        return msgspec.convert(members, form)
    except msgspec.ValidationError as fault:
        raise field_error(fault) from fault


def etag(version: str, raw: bytes) -> str:
    """Write the ETag of an answer: its version, if it has one, and its digest."""
    digest = sha256(raw).hexdigest()[:TAG_CHARS]
    return f'"{version[:TAG_CHARS]}-{digest}"' if version else f'"{digest}"'


def matches(wanted: str, tag: str) -> bool:
    """Say whether one of the tags of ``If-Match`` or ``If-None-Match`` (RFC 9110, 13.1) is this one."""
    tags = [each.strip().removeprefix("W/") for each in wanted.split(",")]
    return "*" in tags or tag in tags


def matches_version(wanted: str, version: str) -> bool:
    """Say whether one of the tags of ``If-Match`` is of this version, whatever the rest of the answer was."""
    tags = [each.strip() for each in wanted.split(",")]
    return "*" in tags or any(each.startswith(f'"{version[:TAG_CHARS]}-') for each in tags)
