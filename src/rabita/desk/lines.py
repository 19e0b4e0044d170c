"""Which line a page is about, and the addresses that keep its filters.

Rules kept here: a page is about one line, named in its address, or else the first that its reader may read; every
filter is a query parameter, so that a view has an address that can be kept, sent and gone back to.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from litestar import Response

from rabita.desk.rendering import Place, Reading, page
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import READ, At, PageQuery, Query
from rabita.line.errors import UserFault
from rabita.line.ids import PRECEDENCES, Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import Reader
from rabita.services.policy import Matter
from rabita.services.preferences import DeskStore
from rabita.services.reads import find_line

SHORT_CHARS: Final = 12
_OF_THE_SERVICE: Final = ("line test",)


class LineQuery(PageQuery, frozen=True):
    """Which line, by its name or the beginning of it; empty: the first."""

    line: Name = ""


class Option(NamedTuple):
    """What may be chosen: its code, how it is called, whether it is chosen."""

    code: str
    says: str
    chosen: bool


def on_line(seen: Reading, name: str) -> Reading:
    """Look at one line of those that the officer may read.

    Raises ``UserFault``: ``line-unknown``, ``line-ambiguous``, ``policy-refused``.
    """
    at = seen.at
    line = find_line(at.services.store, name) if name else first_line(seen)
    at = at._replace(path={**at.path, "line": line})
    at.permit(READ, at.matter)
    if at.doing is not None:
        at.doing.line = line
    return seen._replace(at=at)


def first_line(seen: Reading) -> str:
    """Give the first line that the officer may read; raises ``UserFault("line-unknown")`` where there is none."""
    found = [each.line for each in seen.at.services.store.lines() if seen.at.allows(READ, Matter(line=each.line))]
    if not found:
        raise UserFault("line-unknown")
    return found[0]


def line_options(seen: Reading) -> list[Option]:
    """List the lines that the officer may read, by the name of the other side."""
    records = [each for each in seen.at.services.store.lines() if seen.at.allows(READ, Matter(line=each.line))]
    says = seen.reader.party
    return [Option(each.line, says(each.peer), each.line == seen.at.line) for each in records]


def permit_kept(at: At, store: DeskStore, kind: type[Any], id_: str) -> None:
    """See that whoever asks may read the line of what is kept at this desk; raises ``UserFault("policy-refused")``."""
    with store.reading() as rows:
        found = rows.get(kind, id_)
    if found is not None:
        at.permit(READ, Matter(line=found.line))


def party_options(seen: Reading, chosen: str) -> list[Option]:
    """List both sides of the line, ours first."""
    record = seen.at.record()
    return [Option(each, seen.reader.party(each), each == chosen) for each in (record.us, record.peer)]


def procedure_options(seen: Reading, chosen: str) -> list[Option]:
    """List the procedures of the catalogue by their titles."""
    says = seen.language.translate
    found = [each for each in CATALOGUE.procedures.values() if each.name not in _OF_THE_SERVICE]
    return [Option(each.name, says(each.title), each.name == chosen) for each in found]


def state_options(seen: Reading, procedure: str, chosen: str) -> list[Option]:
    """List the states of a procedure in words; none while no procedure is chosen."""
    if procedure not in CATALOGUE.procedures:
        return []
    says = seen.language.translate
    sides = {"opener": says("the side that opened it"), "responder": says("the other side")}
    states = CATALOGUE.procedures[procedure].all_states.items()
    return [Option(state, says(text).format_map(sides), state == chosen) for state, text in states]


def lane_options(chosen: Lane | None) -> list[Option]:
    """List the precedences, which are never translated."""
    return [Option(each, each, each == chosen) for each in PRECEDENCES]


def list_page(
    seen: Reading,
    place: Place,
    query: PageQuery,
    following: str,
    **view: Any,  # noqa: ANN401 - what the template shows
) -> Response[bytes]:
    """Write a page that lists what is on a line; *following* is the cursor of what comes after, or empty."""
    return page(
        *(seen, place.page, place.title),
        lead=place.lead,
        scripts=("pages",),
        sheets=("pages",),
        query=query,
        line=seen.at.line,
        lines=line_options(seen),
        party=seen.reader.party,
        here=address(place.path, query, cursor=""),
        first=address(place.path, query, cursor="") if query.cursor else "",
        following=address(place.path, query, cursor=following) if following else "",
        **view,
    )


def sided(reader: Reader, opener: str, responder: str) -> Reader:
    """Name the sides of a case wherever its coded fields say which of them is meant."""
    names = {"opener": reader.party(opener), "responder": reader.party(responder)}
    return reader._replace(translate=lambda text: names.get(text) or reader.translate(text))


def address(path: str, query: Query, **changed: object) -> str:
    """Write the address of a page with those of its filters that say something."""
    wanted = msgspec.structs.replace(query, **changed)
    given = {each.name: getattr(wanted, each.name) for each in msgspec.structs.fields(wanted)}
    usual = {each.name: each.default for each in msgspec.structs.fields(wanted)}
    return with_query(path, {name: value for name, value in given.items() if value != usual[name]})


def with_query(path: str, values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> str:
    """Write an address with a query; what is empty is left out."""
    pairs = [(name, _text(value)) for name, value in dict(values).items() if value not in ("", None)]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
