"""The drawn map for procedures' rules: X-PAK holds longitudes 0 to 2.2, X-IRN 2 to 4, so both claim 2 to 2.2.

X-PAK draws the line at 2.2 and X-IRN at 2; the band is 10 km, 0.09 degrees there; latitudes run from 0 to 4.
"""

import json
from typing import Any

import msgspec

from rabita.line.charter import Boundary, Charter
from rabita.procedures.engine.coded import Place
from rabita.procedures.territory_edition import Edition
from tests.procedures.territory_maps import drawn, read_drawn
from tests.procedures.world import IRN, PAK, charter

_RENAMED = json.loads(json.dumps(drawn()).replace("WES", "PAK").replace("EAS", "IRN"))


def soil() -> Edition:
    """Read the drawn map for the two exercise parties."""
    return read_drawn(_RENAMED, (PAK, IRN))


DIGEST = soil().digest


def charter_of(edition: Edition, **changes: Any) -> Charter:  # noqa: ANN401 - a field of the charter
    """Write the test charter with a map edition of its own."""
    return charter(boundary=Boundary("drawn", edition.digest, edition.accuracy_m), **changes)


def place(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Write a rectangle on the drawn map as a coded place, from degrees."""
    corners = ((west, south), (east, south), (east, north), (west, north))
    return {"area": [[round(lon * 1e6), round(lat * 1e6)] for lon, lat in corners], "edition": DIGEST}


def place_of(fields: dict[str, Any]) -> Place:
    """Read a place as an act's field is read."""
    return msgspec.convert(fields, Place)
