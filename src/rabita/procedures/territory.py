"""Places as acts carry them: whole microdegrees of WGS 84, because acts hold no floats; coarsening; verdicts in words.

Order is longitude, latitude, as in GeoJSON (RFC 7946, 3.1.1); an edge is straight in longitude and latitude, as there.
An area is one ring; its last vertex joins its first, which is not repeated. This module loads no geometry library: the
guard itself is ``territory_guard``, maps are ``territory_edition``, what people type is ``territory_text``.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from rabita.line.errors import SENTENCES, UserFault
from rabita.line.ids import Natural

DEGREE: Final = 1_000_000
"""Microdegrees in a degree; one microdegree of latitude is 0.11 m."""
LONGITUDE_MAX: Final = 180 * DEGREE
LATITUDE_MAX: Final = 90 * DEGREE
AREA_VERTICES_MAX: Final = 256
"""Vertices of an area: at most some 6 KiB of an act's 32."""
AREA_REACH_M_MAX: Final = 250_000
"""How far a vertex may lie from the middle of its area; a larger one announces nothing."""
CONCERN_EXTENT_KM: Final = 10
"""The room a concern's area leaves at least: no point location (3-procedures, concern)."""
HOST_SOIL_EXTENT_KM: Final = 5
"""The room an area leaves at least that touches the other party's soil: locations there are coarsened (1-mechanism)."""

_KM_PER_DEGREE_LATITUDE: Final = 110.574
_KM_PER_DEGREE_LONGITUDE: Final = 111.319
"""The least of WGS 84, both at the equator, so that a cell is never smaller than it says."""
_COLUMNS_MIN: Final = 4
_TURN: Final = 360.0

Longitude: TypeAlias = Annotated[int, msgspec.Meta(ge=-LONGITUDE_MAX, le=LONGITUDE_MAX)]
Latitude: TypeAlias = Annotated[int, msgspec.Meta(ge=-LATITUDE_MAX, le=LATITUDE_MAX)]


class Point(NamedTuple):
    """A place in microdegrees, ``[longitude, latitude]`` in an act."""

    lon: Longitude
    lat: Latitude


Area: TypeAlias = tuple[Point, ...]
"""A ring of at least three vertices; ``guard`` and ``area_fault`` say what is wrong with one."""


Distances: TypeAlias = tuple[tuple[str, int], ...]
"""Per party, in the order of their codes, the metres to the line as that party claims it; 0 where it is reached."""


class Window(NamedTuple):
    """A time from and until, both included, in milliseconds since 1970 UTC."""

    from_ms: Natural
    until_ms: Natural


class Consent(msgspec.Struct, frozen=True):
    """A consent act that is held and stands: its SHA-256 (hex), who gave it, for which area, from and until when.

    That it stands (approved as a consent act, not revoked) is for the caller to know.
    """

    act: str
    giver: str
    area: Area
    window: Window


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says of an area.

    ``code`` is stable; ``allowed`` is False where sealing refuses it; ``flagged`` is what the other side is shown;
    ``distance_m`` is empty where the area has a fault; ``consent`` is the act (hex digest) that covers it.
    """

    code: str
    allowed: bool
    flagged: bool
    distance_m: Distances = ()
    consent: str = ""


ALLOWED: Final = {
    "territory-own": "The area lies within the announcing party's own territory.",
    "territory-band": "The area lies on the announcing party's own side as the map draws it, but so near the line that"
    " the map cannot tell; the party assures that it stays on its own side.",
    "territory-consented": "The area reaches beyond the announcing party's own territory; the other party consented to"
    " this area at this time.",
}
"""Verdicts that pass; those that are refused have their sentence with the faults."""


def verdict_sentence(verdict: Verdict) -> str:
    """Explain a verdict in plain words, with the distance to the line under each claim where it is known."""
    sentence = ALLOWED.get(verdict.code) or SENTENCES[verdict.code]
    return f"{sentence} It lies {_near(verdict.distance_m)}, indicative." if verdict.distance_m else sentence


def refuse(verdict: Verdict) -> None:
    """Raise ``UserFault`` with the verdict's code unless it is allowed; called before sealing."""
    if not verdict.allowed:
        raise UserFault(verdict.code)


def near_line_sentence(distance_m: Distances, accuracy_m: int) -> str:
    """Say how near the line a place is, and that this decides nothing (3-procedures, Territory guard)."""
    return (
        f"It lies {_near(distance_m)}, indicative: the map is accurate to {accuracy_m / 1000:g} km and decides no side."
    )


def _near(distance_m: Distances) -> str:
    """Give the distance under each claim, rounded up to kilometres, once where the two agree."""
    words = [f"within {-(-metres // 1000)} km of the line" if metres else "on the line" for _, metres in distance_m]
    if len(set(words)) == 1:
        return words[0]
    return " and ".join(f"{near} as {party} claims it" for near, (party, _) in zip(words, distance_m, strict=True))


def editions_differ(*digests: str) -> bool:
    """Say whether accounts were made on different map editions, which is shown as a flag (3-procedures)."""
    return len(set(digests)) > 1


def microdegrees(degrees: float) -> int:
    """Round degrees to whole microdegrees; raises ``UserFault("area-coordinates")`` for what is no angle."""
    if not -_TURN <= degrees <= _TURN:
        raise UserFault("area-coordinates")
    return round(degrees * DEGREE)


def area_of_degrees(ring: Iterable[tuple[float, float]]) -> Area:
    """Read a ring of (longitude, latitude) in degrees; a repeated first vertex at its end is left out.

    Raises ``UserFault("area-coordinates")`` for what is no number or off the globe.
    """
    area = tuple([Point(microdegrees(lon), microdegrees(lat)) for lon, lat in ring])
    if not on_globe(area):
        raise UserFault("area-coordinates")
    return area[:-1] if len(area) > 1 and area[0] == area[-1] else area


def area_in_degrees(area: Area) -> list[tuple[float, float]]:
    """Give a ring in degrees, closed as GeoJSON wants it (RFC 7946, 3.1.6)."""
    return [(lon / DEGREE, lat / DEGREE) for lon, lat in (*area, *area[:1])]


def on_globe(points: Iterable[Point]) -> bool:
    """Say whether every point has a longitude and latitude that exist."""
    return all(abs(lon) <= LONGITUDE_MAX and abs(lat) <= LATITUDE_MAX for lon, lat in points)


def over_antimeridian(area: Area) -> bool:
    """Say whether an edge spans more than half the globe: RFC 7946 (3.1.9) would have such an area cut in two."""
    return any(abs(first.lon - second.lon) > LONGITUDE_MAX for first, second in pairwise((*area, *area[:1])))


def coarsen(point: Point, cell_km: int) -> Area:
    """Give the cell that a point lies in, of a fixed grid whose cells are *cell_km* wide and high or a little more.

    The grid depends on nothing but *cell_km*, so that many reports of one place tell no more than one. Within a few
    cells of a pole a cell is narrower than it says.
    """
    rows = int(2 * LATITUDE_MAX / DEGREE * _KM_PER_DEGREE_LATITUDE / cell_km) or 1
    _, south, north = _slice(point.lat + LATITUDE_MAX, rows, 2 * LATITUDE_MAX)
    poleward = max(abs(south - LATITUDE_MAX), abs(north - LATITUDE_MAX)) / DEGREE
    around_km = _TURN * _KM_PER_DEGREE_LONGITUDE * math.cos(math.radians(poleward))
    _, west, east = _slice(point.lon + LONGITUDE_MAX, max(_COLUMNS_MIN, int(around_km / cell_km)), 2 * LONGITUDE_MAX)
    south, north, west, east = south - LATITUDE_MAX, north - LATITUDE_MAX, west - LONGITUDE_MAX, east - LONGITUDE_MAX
    return (Point(west, south), Point(east, south), Point(east, north), Point(west, north))


def _slice(value: int, count: int, whole: int) -> tuple[int, int, int]:
    """Cut *whole* into *count* like slices; give the number of the slice *value* is in, its start and its end."""
    number = min(value * count // whole, count - 1)
    return number, -(-number * whole // count), -(-(number + 1) * whole // count)
