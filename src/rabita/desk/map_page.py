"""The map: what both sides named a place for, over ground that needs no network, and the guard's judgment on an area.

Rules kept here: the table beside the map lists the same items with the same words, and is the map for whoever cannot
see one; what is shown is decided where every list is, by the casebook as its reader may read it. Distances to the line
are indicative. What is drawn here announces nothing: it leads to a draft.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.gazetteer import known_places
from rabita.desk.geojson import features, symbol
from rabita.desk.lines import LineQuery, Option, address, line_options, on_line
from rabita.desk.map_ground import collection, ground, judged
from rabita.desk.map_items import PLACED, STANDING, Found, Item, Wanted, items
from rabita.desk.rendering import Desk, Place, Reading, page, page_route, reading, script_route
from rabita.gateways.rest.forms import Milliseconds, Name
from rabita.gateways.rest.routing import At, Count, Query, Route, read_body
from rabita.line.errors import SENTENCES, UserFault
from rabita.line.limits import INTEGER_MAX
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.coded import Window
from rabita.procedures.notice import NOTICE
from rabita.procedures.territory import ALLOWED, AREA_VERTICES_MAX, DEGREE, Area, Consent, Distances, Point
from rabita.procedures.territory import Window as Time
from rabita.services.audit import Action
from rabita.services.casebook import act_row, all_folded, case_row
from rabita.services.drafts import BASIS_MAX

PLACE: Final = Place(
    "map",
    "/desk/map",
    "Map",
    "Both sides' reports and announcements of this line, whose word each is, and how near the line.",
    ("read",),
)
ITEMS: Final = 25
_METRES: Final = 1000
_FINE_DEGREES: Final = 0.1


class MapQuery(LineQuery, frozen=True):
    """Which items: of a line, of a procedure, whose time touches a span (ms since 1970 UTC)."""

    count: Count = ITEMS
    procedure: Name = ""
    from_ms: Milliseconds = 0
    until_ms: Milliseconds = INTEGER_MAX


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area to be judged as our own announcement: its corners (longitude, latitude in microdegrees).

    ``assured``: with the assurance that it stays on our own side. Consents count that ``basis`` names (by reference or
    digest) and that cover the ``window``. Unless it ``announces``, only its shape is judged, and whose soil it is told.
    """

    area: Annotated[tuple[Point, ...], msgspec.Meta(min_length=1, max_length=AREA_VERTICES_MAX)]
    line: Name = ""
    assured: bool = False
    announces: bool = True
    window: Window | None = None
    basis: Annotated[tuple[Name, ...], msgspec.Meta(max_length=BASIS_MAX)] = ()


class Near(NamedTuple):
    """How near the line something lies, in whole kilometres rounded up; an empty ``party``: as both draw it."""

    party: str
    km: int


class Judged(msgspec.Struct, frozen=True):
    """The guard's judgment: its code and sentence, how near the line, the parts by whose soil it is (GeoJSON).

    Code and sentence are empty where nothing was to be judged.
    """

    code: str
    allowed: bool
    flagged: bool
    sentence: str
    near: tuple[Near, ...]
    parts: dict[str, Any]


class Row(NamedTuple):
    """An item in the table: where it is, by the grid or by the name of a place, and how near the line."""

    item: Item
    title: str
    symbol: str
    party: str
    grid: str
    place: str
    near: tuple[Near, ...]


def show(seen: Reading, query: MapQuery) -> Response[bytes]:
    """Show the map's page with its table; raises as ``on_line`` and ``map_items.items``."""
    seen = on_line(seen, query.line)
    found, charter = _found(seen, query), seen.at.charter()
    titles = _titles(seen)
    kinds = [Option(each, titles[each], each == query.procedure) for each in (*PLACED, *STANDING)]
    return page(
        *(seen, PLACE.page, PLACE.title),
        lead=PLACE.lead,
        scripts=("map",),
        sheets=("map", "chart"),
        broad=True,
        rows=[_row(seen, each, titles) for each in found.items],
        unseen=found.unseen,
        query=query,
        lines=line_options(seen),
        line=seen.at.line,
        us=seen.at.record().us,
        kinds=kinds,
        parties=[(each.party, seen.reader.party(each.party)) for each in charter.parties],
        edition=charter.boundary,
        held=seen.at.book.edition(charter) is not None,
        drafts=seen.at.allows("draft", seen.at.matter),
        case_address=partial(_case_address, seen.at.line),
        first=address(PLACE.path, query, cursor="") if query.cursor else "",
        following=address(PLACE.path, query, cursor=found.next) if found.next else "",
        everything=address(PLACE.path, MapQuery(line=query.line)) if query != MapQuery(line=query.line) else "",
    )


def listed(seen: Reading, query: MapQuery) -> dict[str, Any]:
    """Give the items of the page as GeoJSON; ``next`` and ``unseen`` as in the list."""
    seen = on_line(seen, query.line)
    found = _found(seen, query)
    return collection(features(found.items, _titles(seen)), next=found.next, unseen=found.unseen)


def under(seen: Reading, query: LineQuery) -> dict[str, Any]:
    """Give what lies under the map, as GeoJSON with the edition's digest and whether it is held here."""
    seen = on_line(seen, query.line)
    charter = seen.at.charter()
    found = ground(seen.at.book, charter, seen.language.code)
    return collection(found, edition=charter.boundary.digest, held=seen.at.book.edition(charter) is not None)


def check(seen: Reading, asked: Asked) -> Judged:
    """Judge an area as if we announced it; raises ``UserFault("edition-unheld")``, and as ``on_line``."""
    seen = on_line(seen, asked.line)
    edition = seen.at.book.edition(seen.at.charter())
    if edition is None:
        raise UserFault("edition-unheld")
    window = Time(asked.window.start_ms, asked.window.end_ms) if asked.window is not None else Time(0, 0)
    consents = named_consents(seen, asked.basis) if asked.announces else ()
    verdict, parts = judged(
        *(edition, seen.at.record().us, asked.area, window), assured=asked.assured, consents=consents
    )
    near = _near(seen, verdict.distance_m)
    if parts and not asked.announces:
        return Judged("", allowed=True, flagged=False, sentence="", near=near, parts=collection(parts))
    sentence = seen.language.translate(ALLOWED.get(verdict.code) or SENTENCES[verdict.code])
    return Judged(verdict.code, verdict.allowed, verdict.flagged, sentence, near, collection(parts))


def named_consents(seen: Reading, basis: Sequence[str]) -> tuple[Consent, ...]:
    """Give the consents that stand and that a draft names; what it names and is not held is passed over."""
    from rabita.procedures.notice_rules import named_consents as standing  # noqa: PLC0415 - the geometry library is heavy

    book, line = seen.at.book, seen.at.line
    rows = []
    for name in basis:
        with suppress(UserFault):
            rows.append((act_row(book, line, name).digest.hex(), case_row(book, line, name)))
    notices = all_folded(book, line, [row for _, row in rows if row.procedure == NOTICE.name])
    return standing([each.case for each in notices], [digest for digest, _ in rows])


def _found(seen: Reading, query: MapQuery) -> Found:
    wanted = Wanted(query.procedure, query.from_ms, query.until_ms)
    return items(seen.at.book, seen.at.line, wanted, query.cursor, query.count, seen.reader)


def _titles(seen: Reading) -> dict[str, str]:
    return {each: seen.language.translate(CATALOGUE.procedures[each].title) for each in (*PLACED, *STANDING)}


def _row(seen: Reading, item: Item, titles: dict[str, str]) -> Row:
    known = known_places().called(item.point) if item.point else None
    return Row(
        item=item,
        title=titles[item.procedure],
        symbol=symbol(item),
        party=seen.reader.party(item.party) if item.party else "",
        grid=", ".join([_grid(area) for area in item.areas]),
        place=known.name(seen.language.code) if known is not None else item.point,
        near=_near(seen, item.near),
    )


def _near(seen: Reading, distance_m: Distances) -> tuple[Near, ...]:
    """Say how near the line, once where both draw it equally near."""
    near = [Near(seen.reader.party(party), -(-metres // _METRES)) for party, metres in distance_m]
    return tuple(near) if len({each.km for each in near}) > 1 else tuple([each._replace(party="") for each in near[:1]])


def _grid(area: Area) -> str:
    """Name the square of the grid in the middle of an area, no finer than the area is."""
    from rabita.procedures.territory_text import mgrs_text  # noqa: PLC0415 - its library is heavy

    lons, lats = [corner.lon for corner in area], [corner.lat for corner in area]
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    fine = min(east - west, north - south) / DEGREE < _FINE_DEGREES
    try:
        return mgrs_text(Point((west + east) // 2, (south + north) // 2), 2 if fine else 1)
    except UserFault:
        return ""


def _case_address(line: str, case: str) -> str:
    return f"/desk/case/{case}?line={line}"


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the map: the page, its items, what lies under it, the judgment of an area."""

    def data(name: str, path: str, title: str, run: Any, query: type[Query]) -> Route:  # noqa: ANN401 - takes its query
        return script_route(
            *("GET", f"{PLACE.path}{path}", name, title, lambda at, asked: run(reading(desk, at), asked)),
            audit=Action.LIST,
            query=query,
            answers={HTTPStatus.OK: dict[str, Any]},
        )

    def judge(at: At, _query: Query) -> Judged:
        return check(reading(desk, at), read_body(Asked, at.body))

    return (
        page_route(desk, PLACE, show, query=MapQuery),
        data("mapItems", "/items", "What both sides named a place for, as GeoJSON", listed, MapQuery),
        data("mapGround", "/ground", "What lies under the map, as GeoJSON", under, LineQuery),
        script_route(
            *("POST", f"{PLACE.path}/check", "mapCheck", "Judge an area by the territory guard", judge),
            audit=Action.READ,
            body=Asked,
            answers={HTTPStatus.OK: Judged},
            faults=("edition-unheld",),
        ),
    )
