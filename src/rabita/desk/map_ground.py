"""What lies under the map: provinces and towns, the line as each side claims it on the charter's edition, its band.

Rules kept here: nothing comes from a network. Provinces are Natural Earth (public domain), towns GeoNames (CC BY 4.0);
both come with Rabita. What the two sides agreed to read the map on is the charter's edition, which the node may or may
not hold; where it does not, the map says so and draws no line. The line is indicative and decides no side.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rabita.desk.gazetteer import KnownPlace, known_places
from rabita.line.charter import Charter
from rabita.procedures.territory import DEGREE, Area, Consent, Verdict, Window
from rabita.services.casebook import Casebook

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from rabita.procedures.territory_edition import Claim, Edition


DATA: Final = "data/border-region"
_PRECISION: Final = 4
_BAND_CORNER_M: Final = 100
Feature = dict[str, Any]
"""A feature of GeoJSON (RFC 7946)."""


@cache
def base(language: str) -> tuple[Feature, ...]:
    """Give provinces, towns and crossings with their names in a language."""
    provinces = msgspec.json.decode(_data("provinces.geojson"))["features"]
    names = "name" if language == "en" else language
    known = known_places()
    return (
        *[_feature(each["geometry"], kind="province", name=each["properties"][names]) for each in provinces],
        *[_spot(each, "town", language) for each in known.town],
        *[_spot(each, "crossing-point", language) for each in known.crossing],
    )


def ground(book: Casebook, charter: Charter, language: str) -> tuple[Feature, ...]:
    """Give all that lies under the map of a line; the edition's part is missing while it is not held."""
    edition = book.edition(charter)
    claims = _claims(edition) if edition is not None else ()
    return (*base(language), *claims)


def collection(features: Iterable[Feature], **members: object) -> dict[str, Any]:
    """Make a FeatureCollection (RFC 7946), with foreign members."""
    return {"type": "FeatureCollection", **members, "features": list(features)}


def judged(
    edition: "Edition", party: str, area: Area, window: Window, *, assured: bool, consents: Sequence[Consent] = ()
) -> tuple[Verdict, tuple[Feature, ...]]:
    """Judge an area as an announcement of *party*, and give the parts of it by whose soil the edition shows there.

    Parts are ``own``, ``other``, ``both`` (claimed by both) and ``outside``; ``band`` is what lies near the line.
    """
    import shapely  # noqa: PLC0415 - heavy, and most of the desk does without

    from rabita.procedures.territory_edition import area_fault, polygon  # noqa: PLC0415 - likewise
    from rabita.procedures.territory_guard import guard  # noqa: PLC0415 - likewise

    verdict = guard(edition, party, area, window, assured=assured, consents=consents)
    if area_fault(area):
        return verdict, ()
    own, other = edition.sides(party)
    shape = polygon(area)
    both = shapely.intersection(own.territory, other.territory, grid_size=1)
    parts: Mapping[str, BaseGeometry] = {
        "own": shapely.intersection(shape, own.undisputed, grid_size=1),
        "other": shapely.intersection(shape, other.undisputed, grid_size=1),
        "both": shapely.intersection(shape, both, grid_size=1),
        "outside": shapely.difference(shape, edition.either, grid_size=1),
        "band": shapely.intersection(shape, _band(edition), grid_size=1),
    }
    return verdict, tuple([_drawn(part, kind=kind) for kind, part in parts.items() if part.area])


@lru_cache(maxsize=4)
def _claims(edition: "Edition") -> tuple[Feature, ...]:
    """Give what each side claims, the line as it draws it, and the band in which the map cannot tell."""
    shown = [(claim.party, *each) for claim in edition.claims for each in _shapes(claim)]
    return (
        _drawn(_band(edition), kind="band"),
        *[_drawn(shape, kind=kind, party=party) for party, kind, shape in shown],
    )


def _shapes(claim: "Claim") -> "tuple[tuple[str, BaseGeometry], ...]":
    return ("territory", claim.territory), ("line", claim.line)


@lru_cache(maxsize=4)
def _band(edition: "Edition") -> "BaseGeometry":
    """Give what lies within the edition's band of either line, in microdegrees; true to some 0.1 % of the band."""
    import shapely  # noqa: PLC0415 - as above
    from numpy import column_stack  # noqa: PLC0415 - likewise
    from pyproj import Proj  # noqa: PLC0415 - likewise

    lines = shapely.union_all([claim.line for claim in edition.claims])
    west, south, east, north = lines.bounds
    plane = Proj(proj="aeqd", lon_0=(west + east) / 2 / DEGREE, lat_0=(south + north) / 2 / DEGREE, ellps="WGS84")

    def flat(at: "NDArray[float64]") -> "NDArray[float64]":
        x, y = (at / DEGREE).T
        return column_stack(plane(x, y))

    def round_again(at: "NDArray[float64]") -> "NDArray[float64]":
        x, y = at.T
        return (column_stack(plane(x, y, inverse=True)) * DEGREE).round()

    wide = shapely.simplify(shapely.buffer(shapely.transform(lines, flat), edition.band_m), _BAND_CORNER_M)
    return shapely.transform(wide, round_again)


def _data(name: str) -> bytes:
    return files("rabita").joinpath(DATA, name).read_bytes()


def _spot(place: KnownPlace, kind: str, language: str) -> Feature:
    point = {"type": "Point", "coordinates": place.at}
    return _feature(point, kind=kind, name=place.name(language), size=place.size)


def _feature(geometry: Mapping[str, Any], **properties: object) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _drawn(shape: "BaseGeometry", **properties: object) -> Feature:
    """Write a shape in microdegrees as a feature in degrees."""
    import shapely  # noqa: PLC0415 - as above

    degrees = shapely.transform(shape, lambda corners: (corners / DEGREE).round(_PRECISION))
    return _feature(msgspec.json.decode(shapely.to_geojson(degrees)), **properties)
