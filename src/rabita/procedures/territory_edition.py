"""Map editions: what each party claims, read from GeoJSON whose SHA-256 both signed in the charter; distances on it.

Form of an edition: a GeoJSON FeatureCollection (RFC 7946) with the member ``rabita`` holding the edition's name and its
uncertainty band ``band_m``; for each party one feature that ``shows`` its *territory* (Polygon or MultiPolygon) and
one that shows the *line* with the other as that party claims it (LineString or MultiLineString).

Two planes. Whether areas lie within, cross or overlap is decided in longitude and latitude, where RFC 7946 draws its
straight edges, on a grid of whole microdegrees (0.11 m), so that an area drawn along the line by its vertices is
exactly along it. Distances are taken in an azimuthal equidistant projection of WGS 84 centred on what is measured
from: true from the centre; elsewhere stretched by c²/6 at the angle c from it, which is under 0.1 % within 480 km.
Edges are cut to 0.05 degrees before they are projected, which keeps their bend under 1 m.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
import numpy as np
import shapely
from pyproj import Proj
from shapely.geometry.base import BaseGeometry

from rabita.line.charter import Boundary
from rabita.line.entry import UNREADABLE
from rabita.line.errors import PeerFault
from rabita.line.ids import EXERCISE_PREFIX, Natural
from rabita.procedures.territory import (
    AREA_REACH_M_MAX,
    AREA_VERTICES_MAX,
    DEGREE,
    LONGITUDE_MAX,
    Area,
    Distances,
    Point,
    on_globe,
    over_antimeridian,
)

EDITION_BYTES_MAX: Final = 16 * 2**20
_CUT: Final = DEGREE // 20
_VERTICES_MIN: Final = 3
_Shape = TypeVar("_Shape", bound=BaseGeometry)

_Longitude: TypeAlias = Annotated[float, msgspec.Meta(ge=-180, le=180)]
_Latitude: TypeAlias = Annotated[float, msgspec.Meta(ge=-90, le=90)]
_Position: TypeAlias = tuple[_Longitude, _Latitude]
_Path: TypeAlias = Annotated[list[_Position], msgspec.Meta(min_length=2)]
_Ring: TypeAlias = Annotated[list[_Position], msgspec.Meta(min_length=4)]
_Rings: TypeAlias = Annotated[list[_Ring], msgspec.Meta(min_length=1)]


class _Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="Polygon"):
    coordinates: _Rings

    def shape(self) -> BaseGeometry:
        return shapely.Polygon(self.coordinates[0], self.coordinates[1:])


class _MultiPolygon(msgspec.Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    coordinates: list[_Rings]

    def shape(self) -> BaseGeometry:
        return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in self.coordinates])


class _LineString(msgspec.Struct, frozen=True, tag_field="type", tag="LineString"):
    coordinates: _Path

    def shape(self) -> BaseGeometry:
        return shapely.LineString(self.coordinates)


class _MultiLineString(msgspec.Struct, frozen=True, tag_field="type", tag="MultiLineString"):
    coordinates: list[_Path]

    def shape(self) -> BaseGeometry:
        return shapely.MultiLineString(self.coordinates)


class _Shown(msgspec.Struct, frozen=True):
    party: str
    shows: Literal["territory", "line"]


class _Feature(msgspec.Struct, frozen=True):
    type: Literal["Feature"]
    properties: _Shown
    geometry: _Polygon | _MultiPolygon | _LineString | _MultiLineString


class _About(msgspec.Struct, frozen=True):
    edition: str
    band_m: Natural


class _Collection(msgspec.Struct, frozen=True):
    type: Literal["FeatureCollection"]
    rabita: _About
    features: list[_Feature]


_decoder: Final = msgspec.json.Decoder(_Collection)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one party claims, in microdegrees: territory, the part the other does not claim, the line as it draws it."""

    party: str
    territory: BaseGeometry
    undisputed: BaseGeometry
    line: BaseGeometry


@dataclass(frozen=True, slots=True)
class Edition:
    """An agreed map edition: its digest (SHA-256, hex), its stated accuracy and its uncertainty band in metres.

    ``claims`` are those of the two parties, in the order of their codes; ``either`` is all that either claims.
    """

    digest: str
    accuracy_m: int
    band_m: int
    claims: tuple[Claim, Claim]
    either: BaseGeometry

    def sides(self, party: str) -> tuple[Claim, Claim]:
        """Give the claim of a party and that of the other; raises ``PeerFault("edition-foreign")`` for a stranger."""
        first, second = self.claims
        if party not in {first.party, second.party}:
            raise PeerFault("edition-foreign", party)
        return (first, second) if party == first.party else (second, first)


def read_edition(raw: bytes, boundary: Boundary, parties: tuple[str, str]) -> Edition:
    """Read the map edition that a charter names, for its two parties; an exercise uses the claims of those it plays.

    Raises ``PeerFault``:
    1. ``edition-foreign`` unless its SHA-256 is the charter's;
    2. ``edition-malformed`` unless it has the form above, with valid shapes on the globe, clear of the antimeridian,
       each shown once, and with a band at least as wide as the charter's accuracy;
    3. ``edition-foreign`` unless it shows a territory and a line for each of the two parties.
    """
    if sha256(raw).hexdigest() != boundary.digest:
        raise PeerFault("edition-foreign", "digest")  # 1
    shapes, band_m = _shapes(raw)
    if not 0 <= boundary.accuracy_m <= band_m:
        raise PeerFault("edition-malformed", "band_m")  # 2
    codes = sorted(parties)
    shown = [(code.removeprefix(EXERCISE_PREFIX), kind) for code in codes for kind in ("territory", "line")]
    missing = [key for key in shown if key not in shapes]
    if missing:
        raise PeerFault("edition-foreign", " ".join(missing[0]))  # 3
    first, first_line, second, second_line = [shapes[key] for key in shown]
    claims = (
        Claim(codes[0], first, shapely.difference(first, second, grid_size=1), first_line),
        Claim(codes[1], second, shapely.difference(second, first, grid_size=1), second_line),
    )
    return Edition(boundary.digest, boundary.accuracy_m, band_m, claims, shapely.union(first, second, grid_size=1))


def _shapes(raw: bytes) -> tuple[dict[tuple[str, str], BaseGeometry], int]:
    """Read every shape of an edition onto the grid, and the band; raises ``PeerFault("edition-malformed")``."""
    if len(raw) > EDITION_BYTES_MAX:
        raise PeerFault("edition-malformed", "size")
    try:
        collection = _decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("edition-malformed", "form") from fault
    shapes: dict[tuple[str, str], BaseGeometry] = {}
    for feature in collection.features:
        party, kind = feature.properties.party, feature.properties.shows
        fits = isinstance(feature.geometry, _Polygon | _MultiPolygon) == (kind == "territory")
        shape = shapely.transform(feature.geometry.shape(), lambda degrees: (degrees * DEGREE).round())
        if not fits or (party, kind) in shapes or shape.is_empty or not shape.is_valid or _leaps(shape):
            raise PeerFault("edition-malformed", f"{party} {kind}")
        shapes[party, kind] = shape
    return shapes, collection.rabita.band_m


def _leaps(shape: BaseGeometry) -> bool:
    """Say whether an edge of a shape spans more than half the globe, as one over the antimeridian does."""
    parts = shapely.get_parts(shapely.boundary(shape) if shape.area else shape)
    paths = [shapely.get_coordinates(part)[:, 0].tolist() for part in parts]
    return any(abs(start - end) > LONGITUDE_MAX for path in paths for start, end in pairwise(path))


def polygon(area: Area) -> shapely.Polygon:
    """Give an area that has no fault as a polygon on the grid of microdegrees."""
    return shapely.Polygon(area)


@lru_cache(maxsize=1024)
def area_fault(area: Area) -> str:
    """Give the code of the first thing wrong with the shape of an area, empty when there is none.

    1. ``area-vertices``: more than ``AREA_VERTICES_MAX``, which is looked at first;
    2. ``area-coordinates``: a vertex is off the globe;
    3. ``area-empty``: it encloses nothing (fewer than three vertices, or all on one straight line);
    4. ``area-antimeridian``: an edge spans more than half the globe;
    5. ``area-self-crossing``: its edges cross or touch each other;
    6. ``area-huge``: a vertex lies further than ``AREA_REACH_M_MAX`` from its middle.
    """
    if len(area) > AREA_VERTICES_MAX:
        return "area-vertices"
    if not on_globe(area):
        return "area-coordinates"
    if len(area) < _VERTICES_MIN or shapely.MultiPoint(area).convex_hull.area == 0:
        return "area-empty"
    if over_antimeridian(area):
        return "area-antimeridian"
    shape = polygon(area)
    if not shape.is_valid:
        return "area-self-crossing"
    corners = shapely.get_coordinates(_metres(shape, _middle(shape)))
    return "area-huge" if ((corners**2).sum(axis=1) > AREA_REACH_M_MAX**2).any() else ""


def line_distances(edition: Edition, place: BaseGeometry) -> Distances:
    """Measure from a place (point or area, in microdegrees) to the line, per party, in whole metres (see above)."""
    plane = _plane(_middle(place))
    here = _on(plane, place)
    lines = dict.fromkeys([each.line for each in edition.claims])
    metres = {line: round(shapely.distance(here, _on(plane, line))) for line in lines}
    return tuple([(each.party, metres[each.line]) for each in edition.claims])


def distance_to_line(point: Point, edition: Edition) -> Distances:
    """Give per party, in the order of their codes, the metres from a point to the line as that party claims it.

    Indicative: it says nothing of the side, and the edition itself is only as good as its ``accuracy_m``.
    """
    return line_distances(edition, shapely.Point(point))


def room_m(area: Area) -> float:
    """Give the width in metres of the largest circle that an area without fault leaves room for, to some 0.2 %."""
    shape = polygon(area)
    return 2 * float(shapely.maximum_inscribed_circle(_metres(shape, _middle(shape))).length)


def areas_overlap(one: Area, other: Area) -> bool:
    """Say whether two areas without fault share more than an edge; notices that overlap are flagged."""
    return bool(shapely.relate_pattern(polygon(one), polygon(other), "T********"))


def _middle(shape: BaseGeometry) -> Point:
    west, south, east, north = shape.bounds
    return Point(round((west + east) / 2), round((south + north) / 2))


def _metres(shape: _Shape, centre: Point) -> _Shape:
    """Project a shape from microdegrees to metres, azimuthal equidistant about *centre*."""
    return _on(_plane(centre), shape)


def _plane(centre: Point) -> Proj:
    return Proj(proj="aeqd", lon_0=centre.lon / DEGREE, lat_0=centre.lat / DEGREE, ellps="WGS84")


def _on(plane: Proj, shape: _Shape) -> _Shape:
    cut = shapely.segmentize(shape, _CUT)
    degrees = shapely.get_coordinates(cut) / DEGREE
    return shapely.set_coordinates(cut, np.column_stack(plane(degrees[:, 0], degrees[:, 1])))
