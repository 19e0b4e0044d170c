"""Every list of the desk as a table, with the same filters: what a spreadsheet or a program of the ministry reads.

Rules kept here: a table is read as its page is, a part at a time, to a bound that its last line names; times are in UTC
as ISO 8601 writes them, all else is in the reader's language; people's words have their controls spelled out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from litestar import Response

from rabita.desk import registers
from rabita.desk.cases import CasesFilter
from rabita.desk.leaving import file_response, file_route, leaving, registered
from rabita.desk.lines import LineQuery
from rabita.desk.rendering import Desk, Reading, spelled
from rabita.desk.search import SearchFilter
from rabita.desk.traffic import TrafficFilter
from rabita.gateways import tables
from rabita.gateways.rest.routing import Query, Route
from rabita.line.ids import Lane
from rabita.procedures.engine.say import label
from rabita.services.case_reads import Cases, Traffic, case_list, traffic
from rabita.services.case_views import ActLine, CaseLine, DutyLine
from rabita.services.casebook import Page
from rabita.services.duties_read import owed
from rabita.services.registers import Registered
from rabita.services.searching import Hit, Search, search

PATH: Final = "/desk/csv"
ROWS_MAX: Final = 10_000
AT_ONCE: Final = 200
CASES_AT_ONCE: Final = 50
CUT_SAYS: Final[tuple[str, ...]] = ("Cut after {count} rows: choose filters to see the rest.",)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Column: TypeAlias = tuple[str, Callable[[Reading, Any], str]]
"""A column: its head in English, and what of a row stands in it."""
HEADS_SAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "Reference",
        "party": "Said by",
        "opener": "Opened by",
        "lane": "Precedence",
        "procedure": "Procedure",
        "said": "What was said",
        "text": "First words",
        "words": "Its words",
        "marking": "Marking",
        "status": "What became of it",
        "claimed": "Its author's time (UTC)",
        "held": "Held here since (UTC)",
        "receipted": "Receipted by the other side (UTC)",
        "reply": "Reply by (UTC)",
        "digest": "Digest of the act (SHA-256)",
        "stands": "Where it stands",
        "opened": "Opened (UTC)",
        "last": "Last active (UTC)",
        "ended": "Ended",
        "acts": "Number of acts",
        "owed": "What is owed",
        "owing": "Owed by",
        "due": "Due (UTC)",
        "since": "Owed since (UTC)",
        "view": "State (code)",
        "post": "Post",
        "found": "What was found",
    }
)


def iso(time_ms: int) -> str:
    """Write a time (ms since 1970 UTC) to the second; empty for none (0), milliseconds beyond the calendar."""
    try:
        return f"{_EPOCH + timedelta(milliseconds=time_ms):%Y-%m-%dT%H:%M:%SZ}" if time_ms else ""
    except OverflowError:
        return f"{time_ms} ms"


def _title(seen: Reading, row: ActLine | DutyLine) -> str:
    procedure = seen.at.book.catalogue.procedures.get(row.procedure)
    return seen.language.translate(procedure.title) if procedure is not None else row.procedure


def _yes(seen: Reading, *, holds: bool) -> str:
    return seen.language.translate("yes" if holds else "no")


ACT: Final[tuple[Column, ...]] = (
    ("reference", lambda _, act: act.reference),
    ("party", lambda seen, act: seen.reader.party(act.party)),
    ("lane", lambda _, act: act.lane.value),
    ("procedure", _title),
    ("said", lambda _, act: spelled(act.sentence)),
    ("text", lambda _, act: spelled(act.text)),
    ("marking", lambda _, act: spelled(act.marking)),
    ("status", lambda _, act: act.standing),
    ("claimed", lambda _, act: iso(act.claimed_ms)),
    ("held", lambda _, act: iso(act.held_ms)),
    ("receipted", lambda _, act: iso(act.receipted_ms)),
    ("reply", lambda _, act: iso(act.reply_by_ms)),
    ("digest", lambda _, act: act.digest),
)
CASE: Final[tuple[Column, ...]] = (
    ("reference", lambda _, case: case.reference),
    ("procedure", lambda _, case: case.title),
    ("stands", lambda _, case: case.sentence),
    ("opener", lambda seen, case: seen.reader.party(case.opener)),
    ("lane", lambda _, case: case.lane.value),
    ("opened", lambda _, case: iso(case.opened_ms)),
    ("last", lambda _, case: iso(case.last_ms)),
    ("ended", lambda seen, case: _yes(seen, holds=case.closed)),
    ("acts", lambda _, case: str(case.acts)),
    ("text", lambda _, case: spelled(case.text)),
)
DUTY: Final[tuple[Column, ...]] = (
    ("reference", lambda _, duty: duty.reference),
    ("procedure", _title),
    ("owed", lambda _, duty: duty.sentence),
    ("owing", lambda seen, duty: "; ".join([seen.reader.party(each) for each in duty.debtors])),
    ("lane", lambda _, duty: duty.lane.value),
    ("since", lambda _, duty: iso(duty.since_ms)),
    ("due", lambda _, duty: iso(duty.due_ms)),
    ("view", lambda _, duty: duty.view),
    ("post", lambda _, duty: spelled(duty.post)),
)
HIT: Final[tuple[Column, ...]] = (
    *[(head, partial(lambda told, seen, hit: told(seen, hit.act), told)) for head, told in ACT if head != "text"],
    ("found", lambda _, hit: spelled(hit.text)),
)
OF_VIEWS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "commitments": (
            *("standing", "terms.owed_by", "terms.theme", "terms.due_ms", "terms.words_used", "terms.review_ms"),
            "terms.valid_until_ms",
        ),
        "incidents": ("agreed", "disputed"),
        "measures": ("days_to_restoration",),
        "notices": (
            *("announced.kind", "announced.window", "announced.formation", "announced.live_fire"),
            "announced.contact",
        ),
        "roster": ("nomination.post", "nomination.role", "nomination.rank", "nomination.status", "tour"),
    }
)
"""What else is told of the cases of each register: members of what its views say, by their place in it."""


def _at(found: Any, names: Iterable[str]) -> Any:  # noqa: ANN401 - plain data, as deep as it goes
    for name in names:
        found = (found or {}).get(name)
    return found


def _member(path: str, seen: Reading, row: Registered) -> str:
    found, name = _at(row.view, path.split(".")), path.rpartition(".")[2]
    if found is None or found == "":
        return ""
    if name.endswith("_ms"):
        return iso(found)
    if isinstance(found, Mapping) and "start_ms" in found:
        return f"{iso(found['start_ms'])}/{iso(found['end_ms'])}"
    if name in ("agreed", "disputed"):
        return "; ".join([seen.language.translate(label(each)) for each in found])
    return spelled(registers.value(seen, name, found))


def _wording(seen: Reading, row: Registered) -> str:
    texts: Mapping[str, str] = row.view.get("texts") or {}
    return spelled(texts.get(seen.language.code) or next(iter(texts.values()), ""))


def register_columns(name: str) -> tuple[Column, ...]:
    """Give the columns of a register: those of every case, then its own."""
    of_case = [(head, partial(lambda told, seen, row: told(seen, row.case), told)) for head, told in CASE]
    own = [(label(path.rpartition(".")[2]), partial(_member, path)) for path in OF_VIEWS[name]]
    words: list[Column] = [("words", _wording)] if name == "commitments" else []
    return (*of_case, *own, *words)


# how each list is read


def _traffic(seen: Reading, query: TrafficFilter, cursor: str) -> Page[ActLine]:
    wanted = Traffic(
        seen.at.line, query.procedure, query.lane or "", query.party, query.post, query.state, query.unacknowledged
    )
    found = traffic(seen.at.book, wanted, cursor, AT_ONCE, seen.reader)
    own = query.own or query.lane or wanted.state or wanted.unacknowledged
    rows = found.rows if own else tuple([each for each in found.rows if each.lane is not Lane.CONTROL])
    return Page(rows, found.next)


def _cases(seen: Reading, query: CasesFilter, cursor: str) -> Page[CaseLine]:
    wanted = Cases(procedure=query.procedure, state=query.state, open_only=query.open_only)
    return case_list(seen.at.book, wanted, seen.at.line, cursor, AT_ONCE, seen.reader)


def _register(name: str, seen: Reading, query: LineQuery, cursor: str) -> Page[Registered]:
    return registered(seen, name, getattr(query, "at_ms", 0), cursor, CASES_AT_ONCE)


def _search(seen: Reading, query: SearchFilter, cursor: str) -> Page[Hit]:
    wanted = Search(query.text, seen.at.line, query.procedure, query.party, query.lane or "")
    nothing: Page[Hit] = Page(())
    return search(seen.at.book, wanted, cursor, AT_ONCE, seen.reader) if query.text.strip() else nothing


class DutyFilter(LineQuery, frozen=True):
    """Whose duties: what we owe, or what is owed to us."""

    by: Literal["us", "them"] = "us"


def _duties(seen: Reading, query: DutyFilter, cursor: str) -> Page[DutyLine]:
    return owed(seen.at.book, seen.at.line, query.by, cursor, AT_ONCE, seen.reader)


@dataclass(frozen=True, slots=True)
class Table:
    """A list as a table: its name, its filters, its columns, and how a part of it is read."""

    name: str
    query: type[Query]
    columns: tuple[Column, ...]
    read: Callable[[Reading, Any, str], Page[Any]]


TABLES: Final = (
    Table("traffic", TrafficFilter, ACT, _traffic),
    Table("cases", CasesFilter, CASE, _cases),
    Table("duties", DutyFilter, DUTY, _duties),
    Table("search", SearchFilter, HIT, _search),
    *[
        Table(name, registers.QUERIES.get(name, LineQuery), register_columns(name), partial(_register, name))
        for name in registers.SHOWS
    ],
)


def take_out(table: Table, seen: Reading, query: Any) -> Response[bytes]:  # noqa: ANN401 - the list's own filters
    """Write a list; raises as its page does."""
    seen = leaving(seen, query.line)
    translate = seen.language.translate
    rows = list(islice(_rows(table, seen, query), ROWS_MAX + 1))
    cut = translate(CUT_SAYS[0]).format(count=ROWS_MAX) if len(rows) > ROWS_MAX else ""
    head = [translate(HEADS_SAYS.get(name, name)) for name, _ in table.columns]
    raw = tables.write_csv(head, [[told(seen, row) for _, told in table.columns] for row in rows[:ROWS_MAX]], cut)
    return file_response(raw, tables.MEDIA_TYPE, f"rabita-{table.name}-{seen.at.line[:12]}", "csv")


def _rows(table: Table, seen: Reading, query: Any) -> Iterator[Any]:  # noqa: ANN401 - rows of any list
    cursor = ""
    while True:
        found = table.read(seen, query, cursor)
        yield from found.rows
        cursor = found.next
        if not cursor:
            return


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of all tables."""
    return tuple(
        [
            file_route(desk, f"csv-{each.name}", f"{PATH}/{each.name}", partial(take_out, each), "text/csv", each.query)
            for each in TABLES
        ]
    )
