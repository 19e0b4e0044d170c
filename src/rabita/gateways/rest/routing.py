"""What a route is: data. From the same table come the handlers, the checks of access and the API's description.

Every route says what policies call it and what the audit log does, so that leaving one out is an error. What a route
takes and gives are msgspec types, which read, check, write and describe it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from io import BytesIO
from types import MappingProxyType
from typing import IO, Annotated, Any, Final, Literal, NamedTuple, TypeVar

import msgspec
from litestar import Response

from rabita.gateways.rest.access import Kind, Principal, subject
from rabita.gateways.rest.events import Events
from rabita.gateways.rest.ground import Services
from rabita.gateways.rest.idempotency import Repeats
from rabita.gateways.rest.problems import FieldError, field_error
from rabita.gateways.rest.rates import Rate
from rabita.gateways.rest.shelf import Shelf
from rabita.line.charter import Charter, read_charter
from rabita.line.entry import parse_content
from rabita.line.errors import PeerFault, RabitaError, UserFault
from rabita.line.ids import is_exercise_code
from rabita.line.record import LineRecord
from rabita.services.audit import MINUTE_MS, Action, Doing
from rabita.services.casebook import Casebook
from rabita.services.officers import Who
from rabita.services.policy import NOTHING, Circumstances, Decision, Matter, Subject, clears, permit
from rabita.services.sight import levels_of

T = TypeVar("T")

PAGE_ROWS_MAX: Final = 200
JSON_BYTES_MAX: Final = 2**20
CURSOR_CHARS_MAX: Final = 256
OPEN: Final = ""
"""The action of the few routes that anyone may ask."""
READ: Final = "read"
OWN: Final = "use-session"
"""What most routes take: to read what the line holds; to see to what is one's own."""
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
    it came from; ``doing`` is what the audit log is told, to which a handler adds what it learns.
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
    doing: Doing | None = None

    @property
    def services(self) -> Services:
        """The node's services."""
        return self.held.services

    @property
    def line(self) -> str:
        """The line's name, empty where the route is about none."""
        return self.path.get("line", "")

    @property
    def subject(self) -> Subject:
        """Whoever asks, as policies know them."""
        return subject(self.principal, self.who)

    @property
    def matter(self) -> Matter:
        """What it is about, as far as the address tells."""
        return Matter(
            line=self.line, exercise=is_exercise_code(self.services.party), officer=self.path.get("officer", "")
        )

    @property
    def book(self) -> Casebook:
        """The casebook as the asker may read it: words are shown where policy lets them be read."""
        book, charter = self.services.book, cache(self.services.book.charter)

        @cache
        def sees(line: str, procedure: str, markings: tuple[str, ...]) -> bool:
            return self._judged("read", charter(line), Matter(line=line, procedure=procedure), markings).allowed

        return replace(book, sees=sees)

    def permit_marked(self, action: str, matter: Matter, markings: Sequence[str]) -> None:
        """Let who may do something with what is marked so (as written), by clearance too.

        Raises ``UserFault("policy-refused")``.
        """
        decision = self._judged(action, self.services.book.charter(self.line), matter, markings)
        if not decision.allowed:
            raise UserFault("policy-refused", decision.sentence)

    def _judged(self, action: str, charter: Charter, matter: Matter, markings: Sequence[str]) -> Decision:
        levels = levels_of(charter, markings)
        about = msgspec.structs.replace(matter, exercise=charter.exercise, markings=levels)
        suffices = clears(tuple(charter.classification), self.principal.clearances, levels)
        how = msgspec.structs.replace(self.circumstances, clearance_suffices=suffices)
        return self.services.policy.decide(self.subject, action, about, how)

    @property
    def circumstances(self) -> Circumstances:
        """How it is asked, as far as the request tells; times are in whole minutes, so that decisions can be kept."""
        since_ms = self.principal.authenticated_ms
        by_officer = self.principal.kind is Kind.OFFICER  # one who showed no passkey yet did so in 1970
        ago_ms = self.services.clock.now_ms() - since_ms if by_officer else 0
        return Circumstances(-(-ago_ms // MINUTE_MS) * MINUTE_MS)

    def permit(self, action: str, matter: Matter = NOTHING) -> None:
        """Let through whom policy lets; raises ``UserFault("policy-refused")``."""
        permit(self.services.policy, self.subject, action, matter, self.circumstances)

    def allows(self, action: str, matter: Matter = NOTHING) -> bool:
        """Say whether policy lets the asker do something."""
        return self.services.policy.decide(self.subject, action, matter, self.circumstances).allowed

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

    ``action`` is what policy is asked before anything is read (data/policy/schema.cedarschema lists them), ``OPEN`` for
    a route that anyone may ask; ``trial_action`` what it is when the query says ``check``. ``audit`` is what the audit
    log calls it. ``apart``: run on a worker thread, as whatever reads the store does. ``body`` is the form of a JSON
    body; ``takes`` the media type of another. ``version`` gives what an answer's ETag begins with: what ``If-Match``
    compares. ``unattended``: pages ask it by themselves, which is no use of a session and is answered to an idle one
    too, so it says nothing but that something waits. ``refused`` tells a browser that came by a link why the route
    refuses; a program is told in problem details.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    title: str
    action: str
    audit: Action
    answers: Mapping[int, Any]
    run: Callable[[At, Any], Any]
    query: type[Query] = Query
    body: type[msgspec.Struct] | None = None
    takes: str = ""
    gives: str = "application/json"
    refused: Callable[[At, RabitaError], Response[bytes]] | None = None
    body_bytes_max: int = JSON_BYTES_MAX
    faults: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    apart: bool = True
    trial_action: str = ""
    tag: str = "node"
    variants: Callable[[], Iterable[Variant]] | None = None
    version: Callable[[Any], str] | None = None
    unattended: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether anyone may ask."""
        return self.action == OPEN

    def does(self, query: Query) -> Action:
        """Say what the audit log calls a request with this query."""
        return Action.CHECK if self.trial_action and getattr(query, "check", False) else self.audit

    def asks(self, query: Query) -> str:
        """Say what policy is asked about a request with this query."""
        return self.trial_action if self.trial_action and getattr(query, "check", False) else self.action


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
