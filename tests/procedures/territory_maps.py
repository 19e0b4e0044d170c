"""Map editions for the tests: the built-in one, and a drawn one on which the two parties claim a strip both.

On the drawn one WES claims longitudes 0 to 2.2 and EAS 2 to 4, both latitudes 0 to 4, so that both claim 2 to 2.2: WES
draws the line at 2.2 and EAS at 2. Its band is 10 km, 0.09 degrees there.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import rabita
from rabita.line.charter import Boundary
from rabita.procedures.territory import Area, area_of_degrees
from rabita.procedures.territory_edition import Edition, read_edition

DATA: Final = Path(rabita.__file__).parent / "data" / "border-region"
BUILT_IN: Final = (DATA / "edition.geojson").read_bytes()
BAND_M: Final = 10_000


def boundary(raw: bytes, accuracy_m: int = 8700) -> Boundary:
    """Name an edition as a charter does."""
    return Boundary("test", sha256(raw).hexdigest(), accuracy_m)


def box(west: float, south: float, east: float, north: float) -> Area:
    """Draw a rectangle, in degrees."""
    return area_of_degrees([(west, south), (east, south), (east, north), (west, north)])


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """Draw a closed ring as GeoJSON wants it."""
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(party: str, shows: str, form: str, coordinates: object) -> dict[str, Any]:
    """Write one feature of an edition."""
    return {
        "type": "Feature",
        "properties": {"party": party, "shows": shows},
        "geometry": {"type": form, "coordinates": coordinates},
    }


def drawn() -> dict[str, Any]:
    """Write the drawn edition, to be changed by a test before it is read."""
    return {
        "type": "FeatureCollection",
        "rabita": {"edition": "drawn", "band_m": BAND_M},
        "features": [
            feature("WES", "territory", "Polygon", [ring(0, 0, 2.2, 4)]),
            feature("WES", "line", "LineString", [[2.2, 0], [2.2, 4]]),
            feature("EAS", "territory", "MultiPolygon", [[ring(2, 0, 4, 4)]]),
            feature("EAS", "line", "MultiLineString", [[[2, 0], [2, 2]], [[2, 2], [2, 4]]]),
        ],
    }


def read_drawn(members: dict[str, Any], parties: tuple[str, str] = ("WES", "EAS")) -> Edition:
    """Read an edition written as JSON members."""
    raw = json.dumps(members).encode()
    return read_edition(raw, boundary(raw), parties)


def built_in(parties: tuple[str, str] = ("PAK", "IRN")) -> Edition:
    """Read the edition that is shipped."""
    return read_edition(BUILT_IN, boundary(BUILT_IN), parties)
