"""The map's items as GeoJSON and KML, and the deadlines of a line as a calendar, for other programs.

Rules kept here: the same filters as the page, to a bound; an exercise says so in every name.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from litestar import Response

from rabita.desk.geojson import features
from rabita.desk.leaving import file_response, file_route, leaving
from rabita.desk.lines import LineQuery
from rabita.desk.map_ground import Feature, collection
from rabita.desk.map_items import PLACED, STANDING, Wanted, items
from rabita.desk.map_page import MapQuery
from rabita.desk.rendering import Desk, Reading
from rabita.gateways.rest.routing import Route
from rabita.line.ids import is_exercise_code
from rabita.procedures.catalogue import CATALOGUE

GEOJSON: Final = "application/geo+json"
ITEMS_MAX: Final = 5_000
AT_ONCE: Final = 200
EXERCISE: Final = "EXERCISE"


def take_geojson(seen: Reading, query: MapQuery) -> Response[bytes]:
    """Write the map's items as GeoJSON (RFC 7946); ``cut`` says that there are more. Raises as the map."""
    seen = leaving(seen, query.line)
    found = list(islice(_features(seen, query), ITEMS_MAX + 1))
    whole = collection(found[:ITEMS_MAX], name=_marked(seen), cut=len(found) > ITEMS_MAX)
    return file_response(msgspec.json.encode(whole), GEOJSON, f"rabita-map-{seen.at.line[:12]}", "geojson")


def take_kml(seen: Reading, query: MapQuery) -> Response[bytes]:
    """Write the map's items as KML; raises as the map."""
    from rabita.gateways.geo import MEDIA_TYPE, write_kml  # noqa: PLC0415 - a library few ask for

    seen = leaving(seen, query.line)
    raw = write_kml(_marked(seen), islice(_features(seen, query), ITEMS_MAX))
    return file_response(raw, MEDIA_TYPE, f"rabita-map-{seen.at.line[:12]}", "kml")


def take_calendar(seen: Reading, query: LineQuery) -> Response[bytes]:
    """Write the deadlines of a line; raises as ``on_line``."""
    from rabita.gateways.calendar import MEDIA_TYPE, events, write_calendar  # noqa: PLC0415 - a library few ask for

    seen = leaving(seen, query.line)
    found = events(seen.at.book, seen.at.line, seen.reader)
    raw = write_calendar(_name(seen), found, exercise=is_exercise_code(seen.at.services.party))
    return file_response(raw, MEDIA_TYPE, f"rabita-calendar-{seen.at.line[:12]}", "ics")


def _features(seen: Reading, query: MapQuery) -> Iterator[Feature]:
    titles = {each: seen.language.translate(CATALOGUE.procedures[each].title) for each in (*PLACED, *STANDING)}
    wanted, cursor = Wanted(query.procedure, query.from_ms, query.until_ms), ""
    while True:
        found = items(seen.at.book, seen.at.line, wanted, cursor, AT_ONCE, seen.reader)
        yield from features(found.items, titles)
        cursor = found.next
        if not cursor:
            return


def _name(seen: Reading) -> str:
    us, peer = (seen.reader.party(each) for each in (seen.at.record().us, seen.at.record().peer))
    return f"{seen.language.translate('Rabita')}: {us}, {peer}"


def _marked(seen: Reading) -> str:
    return f"{EXERCISE}: {_name(seen)}" if is_exercise_code(seen.at.services.party) else _name(seen)


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of these files."""
    files: tuple[tuple[str, str, Any, str, type[LineQuery]], ...] = (
        ("map-geojson", "/desk/map/file.geojson", take_geojson, GEOJSON, MapQuery),
        ("map-kml", "/desk/map/file.kml", take_kml, "application/vnd.google-earth.kml+xml", MapQuery),
        ("desk-calendar", "/desk/calendar.ics", take_calendar, "text/calendar", LineQuery),
    )
    return tuple([file_route(desk, name, path, run, gives, query) for name, path, run, gives, query in files])
