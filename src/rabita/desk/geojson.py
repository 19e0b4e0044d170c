"""Items of the map as GeoJSON (RFC 7946): the same list that the table beside the map shows, with the same words.

Rules kept here: coordinates are degrees of WGS 84, longitude first; a place the map does not know has no geometry. The
picture of an item is one of MIL-STD-2525D with a neutral or an unknown frame; a hostile one is drawn of nobody.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from rabita.desk.gazetteer import known_places
from rabita.desk.map_ground import Feature
from rabita.desk.map_items import Item
from rabita.procedures.territory import area_in_degrees

SYMBOLS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("incident", "armed-attack"): "shooting",
        ("incident", "fire-across-the-line"): "shooting",
        ("incident", "strike"): "explosion",
        ("incident", "explosion"): "explosion",
        ("incident", "abduction"): "abduction",
        ("incident", "detention"): "detention",
        ("incident", "accident"): "accident",
        ("notice", "patrol"): "patrol",
        ("hazard notice", "unexploded-ordnance"): "ordnance",
        ("hazard notice", "explosion"): "explosion",
        ("hazard notice", "fire"): "fire",
        ("hazard notice", "chemical-release"): "chemical",
        ("hazard notice", "radiation"): "radiation",
        ("hazard notice", "water-release"): "flood",
        ("notice", ""): "notice",
        ("hazard notice", ""): "hazard",
        ("alert", ""): "alert",
        ("humanitarian request", ""): "relief",
        ("meeting", ""): "meeting",
        ("crossing", ""): "crossing",
        ("accreditation", ""): "post",
        ("stop request", ""): "announced",
    }
)
"""The picture of each procedure, of some of what its acts say it is; whatever is none of them is ``reported``."""
OTHER: Final = "reported"


def symbol(item: Item) -> str:
    """Name the picture of an item."""
    return SYMBOLS.get((item.procedure, item.kind)) or SYMBOLS.get((item.procedure, ""), OTHER)


def feature(item: Item, title: str) -> Feature:
    """Write an item as a feature; *title* names its procedure to the reader."""
    members = ("case", "procedure", "kind", "party", "says", "stands", "closed", "from_ms", "until_ms", "verdict")
    properties = {name: getattr(item, name) for name in members}
    return {
        "type": "Feature",
        "id": item.id,
        "properties": {**properties, "title": title, "symbol": symbol(item), "near_m": dict(item.near)},
        "geometry": _geometry(item),
    }


def features(items: Iterable[Item], titles: Mapping[str, str]) -> list[Feature]:
    """Write items as features; *titles* names procedures to the reader."""
    return [feature(each, titles[each.procedure]) for each in items]


def _geometry(item: Item) -> dict[str, Any] | None:
    if item.areas:
        return {"type": "MultiPolygon", "coordinates": [[area_in_degrees(area)] for area in item.areas]}
    known = known_places().called(item.point) if item.point else None
    return {"type": "Point", "coordinates": known.at} if known is not None else None
