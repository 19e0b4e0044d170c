"""The registers: promises, incidents, measures, notices month by month, and who serves where on the other's soil.

Rules kept here: what a register says is the procedure's own view (``services.registers``); here it is put into words.
A promise is shown in the very words of each language, with how often it was promised before.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.lines import LineQuery, address, list_page, on_line
from rabita.desk.months import month_of
from rabita.desk.rendering import Desk, Place, Reading, page_route
from rabita.gateways.rest.forms import Milliseconds
from rabita.gateways.rest.routing import Route
from rabita.line.descriptor import LANGUAGES
from rabita.line.errors import UserFault
from rabita.procedures.accreditation_ranks import RANKS
from rabita.procedures.engine.coded import Place as Ground
from rabita.procedures.engine.coded import Window
from rabita.procedures.engine.say import label, say_value
from rabita.services import registers
from rabita.services.case_views import case_lines
from rabita.services.casebook import Casebook, case_row
from rabita.services.registers import Registered

ROWS_MAX: Final = 25
HISTORY_MAX: Final = 10
"""How many earlier promises of the same thing are followed."""
COMMITMENTS: Final = Place(
    *("commitments", "/desk/commitments", "Commitments"),
    "What was promised, in its very words: by whom, by when, and how far it is kept.",
    ("read",),
)
INCIDENTS: Final = Place(
    *("incidents", "/desk/incidents", "Incidents"),
    "Each incident once, with both accounts: what they agree on, and what they dispute.",
    ("read",),
)
MEASURES: Final = Place(
    *("measures", "/desk/measures", "Measures"),
    "What either side did to show displeasure or to press, and what undid it.",
    ("read",),
)
NOTICES: Final = Place(
    *("notices", "/desk/notices", "Notices"),
    "What either side announced near the line, month by month.",
    ("read",),
)
ROSTER: Final = Place(
    *("roster", "/desk/roster", "Roster"),
    "Who serves where on the other side's soil, until when, and what they may be told.",
    ("read",),
)
_KINDS: Final = {"area": Ground, "start_ms": Window}
"""By a member that each has, what a value of several members is."""
PLACES: Final = (COMMITMENTS, INCIDENTS, MEASURES, NOTICES, ROSTER)


class MonthQuery(LineQuery, frozen=True):
    """Which month: any moment in it (ms since 1970 UTC); 0 is now."""

    at_ms: Milliseconds = 0


class Earlier(NamedTuple):
    """An earlier promise of the same: its case, its reference, when it was made, what became of it, its date."""

    case: str
    reference: str
    made_ms: int
    standing: str
    due_ms: int


Extra = Callable[[Reading, Casebook, Registered], Any]


def show(place: Place, procedure: str, extra: Extra, seen: Reading, query: LineQuery) -> Response[bytes]:
    """Show a part of a register; raises as ``on_line`` and ``services.registers.register``."""
    seen = on_line(seen, query.line)
    found = registers.register(
        seen.at.book, procedure, seen.at.line, "", query.cursor, min(query.count, ROWS_MAX), seen.reader
    )
    return _page(seen, place, query, found.rows, found.next, extra)


def show_notices(seen: Reading, query: MonthQuery) -> Response[bytes]:
    """Show the notices of a month; raises as ``show``."""
    seen = on_line(seen, query.line)
    month = month_of(query.at_ms or seen.at.services.clock.now_ms(), seen.how)
    span = (month.from_ms, month.until_ms)
    found = registers.notices(seen.at.book, seen.at.line, *span, query.cursor, min(query.count, ROWS_MAX), seen.reader)
    turned = {
        name: address(NOTICES.path, query, cursor="", at_ms=at_ms)
        for name, at_ms in (("before", month.before_ms), ("after", month.after_ms), ("now", 0))
    }
    return _page(seen, NOTICES, query, found.rows, found.next, _nothing, month=month, turned=turned)


def _page(  # what every register's template shows
    seen: Reading,
    place: Place,
    query: LineQuery,
    rows: tuple[Registered, ...],
    following: str,
    aside: Extra,
    **more: Any,  # noqa: ANN401 - what one register shows more
) -> Response[bytes]:
    book = seen.at.book
    return list_page(
        *(seen, place, query, following),
        rows=[(each, aside(seen, book, each) if each.view else None) for each in rows],
        value=partial(value, seen),
        labelled=lambda name: seen.language.translate(label(name)),
        own_first=_own_first(seen.language.code),
        drafts=seen.at.allows("draft", seen.at.matter),
        **more,
    )


def value(seen: Reading, name: str, plain: Any) -> str:  # noqa: ANN401 - a value of a register's view, as plain data
    """Say a plain value of a register as its coded field."""
    return say_value(name, _typed(plain), seen.reader)


def _typed(plain: Any) -> Any:  # noqa: ANN401 - plain data, and what it was
    """Give places and windows as what they are, all else as it stands."""
    if isinstance(plain, list | tuple):
        return tuple([_typed(each) for each in plain])
    kind = next((kind for mark, kind in _KINDS.items() if isinstance(plain, Mapping) and mark in plain), None)
    return plain if kind is None else msgspec.convert(plain, kind)


def earlier(seen: Reading, book: Casebook, row: Registered) -> list[Earlier]:
    """Follow a promise back through those it renews, the newest of them first."""
    found: list[Earlier] = []
    known, view = {row.case.id}, row.view
    while len(found) < HISTORY_MAX and (renews := (view.get("terms") or {}).get("renews", "")):
        try:
            case = case_row(book, seen.at.line, renews)
        except UserFault:
            break
        if case.id.hex() in known:
            break
        known.add(case.id.hex())
        view = registers.view_of(book, case)
        line = case_lines(book, [case], seen.reader)[0]
        due_ms = (view.get("terms") or {}).get("due_ms", 0)
        found.append(Earlier(line.id, line.reference, line.opened_ms, str(view.get("standing", "")), due_ms))
    return found


def ranks(_seen: Reading, _book: Casebook, row: Registered) -> list[tuple[str, str]]:
    """Give the words for a rank in every language, so that the two armies' ranks can be compared."""
    words = RANKS.get((row.view.get("nomination") or {}).get("rank", ""), {})
    return [(each, words[each]) for each in LANGUAGES if each in words]


def _own_first(language: str) -> list[str]:
    """Put the languages in the reader's order: their own first."""
    return sorted(LANGUAGES, key=lambda each: each != language)


def _nothing(_seen: Reading, _book: Casebook, _row: Registered) -> None:
    """Show no more than the register's own view."""


_LISTED: Final[tuple[tuple[Place, str, Extra], ...]] = (
    (COMMITMENTS, "commitment", earlier),
    (INCIDENTS, "incident", _nothing),
    (MEASURES, "measure", _nothing),
    (ROSTER, "accreditation", ranks),
)
PROCEDURES: Final = {place.page: name for place, name, _ in _LISTED}
"""The procedure that each register is of, by its page; that of notices is read by their time."""
SHOWS: Final[Mapping[str, Callable[[Reading, Any], Response[bytes]]]] = {
    **{place.page: partial(show, place, name, extra) for place, name, extra in _LISTED},
    NOTICES.page: show_notices,
}
QUERIES: Final[Mapping[str, type[LineQuery]]] = {NOTICES.page: MonthQuery}


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of all registers."""
    return tuple([page_route(desk, each, SHOWS[each.page], query=QUERIES.get(each.page, LineQuery)) for each in PLACES])
