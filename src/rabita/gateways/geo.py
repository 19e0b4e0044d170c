"""Items of a map as a KML 2.2 file, for programs that draw maps.

Rules kept here: it holds what the map's GeoJSON holds and nothing more; both sides are drawn alike, in neutral colours;
times are in UTC; nothing in it refers to anything outside.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastkml import KML, Data, Document, ExtendedData, KmlDateTime, Placemark, Style, StyleUrl, TimeSpan
from fastkml.styles import IconStyle, LineStyle, PolyStyle
from pygeoif.geometry import MultiPolygon, Point, Polygon

MEDIA_TYPE: Final = "application/vnd.google-earth.kml+xml"
_NEUTRAL: Final = "item"
_LINE: Final = "ff5b4c40"
_FILL: Final = "405b4c40"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS_MS: Final = 253_370_764_800_000
"""The first moment of the year 9999 (ms since 1970 UTC), beyond which no calendar here writes dates."""


def write_kml(name: str, features: Iterable[Mapping[str, Any]]) -> bytes:
    """Write features of GeoJSON (as ``desk.geojson`` makes them) under a name; those without a place are left out."""
    style = Style(
        id=_NEUTRAL,
        styles=[IconStyle(color=_LINE), LineStyle(color=_LINE, width=2), PolyStyle(color=_FILL)],
    )
    document = Document(id="items", name=_plain(name), styles=[style])
    for each in features:
        if each["geometry"] is not None:
            document.append(_placemark(each))
    whole = KML()
    whole.append(document)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + whole.to_string(prettyprint=True).encode()


def _placemark(feature: Mapping[str, Any]) -> Placemark:
    told = feature["properties"]
    data = [Data(name=name, value=_plain(str(told[name]))) for name in ("case", "procedure", "party") if told[name]]
    return Placemark(
        name=_plain(told["title"]),
        description=_plain(f"{told['says']} {told['stands']}".strip()),
        style_url=StyleUrl(url=f"#{_NEUTRAL}"),
        times=_span(told["from_ms"], told["until_ms"]),
        extended_data=ExtendedData(elements=data),
        geometry=_shape(feature["geometry"]),
    )


def _shape(geometry: Mapping[str, Any]) -> Point | MultiPolygon:
    if geometry["type"] == "Point":
        return Point(*geometry["coordinates"])
    return MultiPolygon.from_polygons(*[Polygon(_closed(rings[0])) for rings in geometry["coordinates"]])


def _closed(ring: Iterable[Sequence[float]]) -> list[tuple[float, float]]:
    corners = [(each[0], each[1]) for each in ring]
    return corners if corners[0] == corners[-1] else [*corners, corners[0]]


def _span(from_ms: int, until_ms: int) -> TimeSpan:
    return TimeSpan(begin=_time(from_ms), end=_time(max(from_ms, until_ms)))


def _time(time_ms: int) -> KmlDateTime | None:
    if not 0 < time_ms < _YEARS_MS:
        return None
    return KmlDateTime(_EPOCH + timedelta(seconds=time_ms // 1000))


def _plain(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join([each for each in text if each >= " " or each in "\t\n"])
