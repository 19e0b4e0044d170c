"""What may be taken out of each page, offered at its end to whoever may: files with the page's own filters.

Rule kept here: an offer is no right; the route behind it asks policy again.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qsl

from rabita.desk.cases import CasesFilter
from rabita.desk.leaving import EXPORT
from rabita.desk.lines import LineQuery, Option, address, line_options, with_query
from rabita.desk.registers import PLACES
from rabita.desk.rendering import Reading, Taking
from rabita.desk.traffic import TrafficFilter
from rabita.gateways.rest.routing import Query

OFFERS_SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pdf": "PDF with the record attached",
        "csv": "Table (CSV)",
        "geojson": "Map items (GeoJSON)",
        "kml": "Map items (KML)",
        "ours": "What we owe, as a table (CSV)",
        "theirs": "What is owed to us, as a table (CSV)",
        "calendar": "Deadlines and meetings (iCalendar)",
        "report": "What verifying it finds (PDF)",
    }
)
_OFFERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "watch": {
            "ours": "/desk/csv/duties",
            "theirs": "/desk/csv/duties?by=them",
            "calendar": "/desk/calendar.ics",
        },
        "traffic": {"csv": "/desk/csv/traffic"},
        "cases": {"csv": "/desk/csv/cases", "calendar": "/desk/calendar.ics"},
        "search": {"csv": "/desk/csv/search"},
        "map": {"geojson": "/desk/map/file.geojson", "kml": "/desk/map/file.kml"},
        "entry": {"pdf": "/desk/pdf/entry/{reference}"},
        "case": {"pdf": "/desk/pdf/case/{case}"},
        "handover_record": {"pdf": "/desk/pdf/handover/{number}"},
        "transcript": {"report": "/desk/pdf/transcript"},
        **{each.page: {"pdf": f"/desk/pdf/{each.page}", "csv": f"/desk/csv/{each.page}"} for each in PLACES},
    }
)
"""The files of each page: what each is, and its address."""
_UNFILTERED: Final = ("calendar", "report")


def takings(seen: Reading, page: str, view: Mapping[str, Any]) -> Sequence[Taking]:
    """List what the reader may take out of a page that shows *view*."""
    offers = _OFFERS.get(page, {})
    if not offers or seen.paper is not None or not seen.at.allows(EXPORT, seen.at.matter):
        return ()
    lines = [each for each in line_options(seen) if each.chosen or not seen.at.line]
    return [
        Taking(_says(seen, what, line, several=len(lines) > 1), _address(seen, path, line.code, _filters(what, view)))
        for line in lines
        for what, path in offers.items()
    ]


def _says(seen: Reading, what: str, line: Option, *, several: bool) -> str:
    says = seen.language.translate(OFFERS_SAYS[what])
    return f"{says}: {line.says}" if several else says


def _filters(what: str, view: Mapping[str, Any]) -> Query | None:
    return None if what in _UNFILTERED else view.get("query")


def _address(seen: Reading, path: str, line: str, query: Query | None) -> str:
    """Write an address with the filters of the page, or the line it is about."""
    named, _, fixed = path.format_map(seen.at.path).partition("?")
    if isinstance(query, LineQuery | TrafficFilter | CasesFilter):
        return address(named, query, cursor="", line=line)
    return with_query(named, {**dict(parse_qsl(fixed)), "line": line})
