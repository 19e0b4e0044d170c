"""Places as people write and read them: decimal degrees (latitude first, as in ISO 6709) and MGRS (WGS 84).

Digits of any script are taken, and the separators of Persian and Urdu; what is written is ASCII. MGRS covers the
zones of UTM, 80° S to 84° N; its polar part is refused.
"""

import re
import unicodedata
import warnings
from decimal import Decimal
from typing import Final

from mgrs import MGRS  # type: ignore[import-untyped]  # - the package ships no types
from mgrs.core import MGRSError  # type: ignore[import-untyped]  # - likewise

from rabita.line.errors import UserFault
from rabita.procedures.territory import DEGREE, Point, microdegrees, on_globe

_LATITUDE_MIN: Final = -80 * DEGREE
_LATITUDE_MAX: Final = 84 * DEGREE
_TEXT_CHARS_MAX: Final = 64
_NUMBER: Final = r"([+-]?\d{1,3}(?:\.\d{0,15})?)\s*°?\s*"
_DEGREES: Final = re.compile(rf"{_NUMBER}([NS]?)(?:\s*[,;]\s*|\s+|(?<=[NS]))(?=[+\-\d]){_NUMBER}([EW]?)", re.ASCII)
_GRID: Final = re.compile(r"(0?[1-9]|[1-5]\d|60)([C-HJ-NP-X])([A-HJ-NP-Z][A-HJ-NP-V])((?:\d\d){0,5})", re.ASCII)
_SIGNS: Final = str.maketrans({"٫": ".", "،": ",", "؛": ";", "−": "-"})
_grid: Final = MGRS()


def parse_point(text: str) -> Point:
    """Read a place: decimal degrees (``29.4963 N 60.8629 E``, ``29.4963, 60.8629``) or MGRS (``41R KN 928 648``).

    An MGRS reference names a square; its middle is given. Raises ``UserFault("place-malformed")``.
    """
    plain = "".join([_plain(char) for char in text[:_TEXT_CHARS_MAX]]).translate(_SIGNS).upper().strip()
    degrees = _DEGREES.fullmatch(plain)
    square = _GRID.fullmatch(re.sub(r"\s", "", plain))
    point = _of_degrees(*degrees.groups()) if degrees else _of_square(*square.groups()) if square else None
    if len(text) > _TEXT_CHARS_MAX or point is None or not on_globe([point]):
        raise UserFault("place-malformed", plain)
    return point


def _plain(char: str) -> str:
    """Write a digit of any script in ASCII and leave out what is invisible (marks of direction)."""
    return "" if unicodedata.category(char) == "Cf" else str(unicodedata.decimal(char, char))


def _of_degrees(lat: str, north: str, lon: str, east: str) -> Point | None:
    if (north and lat[0] in "+-") or (east and lon[0] in "+-") or bool(north) != bool(east):
        return None
    return Point(_signed(lon, east), _signed(lat, north))


def _signed(number: str, half: str) -> int:
    return round(Decimal(number) * (-DEGREE if half in {"S", "W"} else DEGREE))


def _of_square(zone: str, band: str, square: str, digits: str) -> Point | None:
    half = len(digits) // 2
    easting, northing = (f"{part}50000"[:5] for part in (digits[:half], digits[half:]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it warns of a latitude outside the band named, and goes on
            lat, lon = _grid.toLatLon(f"{int(zone):02}{band}{square}{easting}{northing}")
    except (MGRSError, RuntimeWarning):
        return None
    return Point(microdegrees(lon), microdegrees(lat))


def degrees_text(point: Point) -> str:
    """Write a place in decimal degrees, latitude first, to the microdegree: ``29.496300, 60.862900``."""
    return ", ".join(f"{Decimal(value) / DEGREE:.6f}" for value in (point.lat, point.lon))


def mgrs_text(point: Point, digits: int = 5) -> str:
    """Write a place in MGRS with 0 to 5 digits each of easting and northing (100 km to 1 m): ``41R KN 92823 64876``.

    Raises ``UserFault("place-off-grid")`` outside 80° S to 84° N.
    """
    if not _LATITUDE_MIN <= point.lat <= _LATITUDE_MAX:
        raise UserFault("place-off-grid")
    grid = str(_grid.toMGRS(point.lat / DEGREE, point.lon / DEGREE, MGRSPrecision=digits))
    easting, northing = grid[5 : 5 + digits], grid[5 + digits :]
    return " ".join(filter(None, (grid[:3], grid[3:5], easting, northing)))
