"""The timeline: what either side did and said, day by day, apart and together, and which measures were in force.

Rules kept here: a day is counted in the reader's zone; what an exercise plays stands on its scenario's days. What a
measure is stands in its three components (PLOVER: what, how, why) and never as a score. At most ``ACTS_MAX`` acts are
laid out at once; of measures that were declared before them the last ``EARLIER_MAX`` acts are looked at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from litestar import Response

from rabita.desk.dates import day_text
from rabita.desk.lines import LineQuery, Option, address, line_options, on_line
from rabita.desk.rendering import Desk, Place, Reading, page, page_route
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import Route
from rabita.line.limits import INTEGER_MAX
from rabita.procedures.engine.duties import DAY_MS
from rabita.procedures.engine.fold import Status
from rabita.procedures.measure_codes import CODES, UNDONE_BY, Plover
from rabita.services.case_views import ActLine, Shelf
from rabita.services.casebook import read_cursor
from rabita.services.caseindex_held import Taken
from rabita.services.caseindex_words import facets, play_of

PLACE: Final = Place(
    "timeline",
    "/desk/timeline",
    "Timeline",
    "Measures and events by day, both sides apart and together.",
    ("read",),
)
ACTS_MAX: Final = 150
EARLIER_MAX: Final = 40
LEFT_OUT: Final = ("line", "line test")
"""Procedures of the line itself, which say nothing of what happened."""
QUIET: Final = ("open", "read by principal", "translate")
"""Acts that only say that another was read."""
MEASURE: Final = "measure"
DECLARE: Final = "declare"
ENDS: Final = ("restore", "end")


class TimelineQuery(LineQuery, frozen=True):
    """Which play of an exercise, empty for the newest; ``measures``: measures alone; ``cursor``: acts before it."""

    play: Name = ""
    measures: bool = False


class Event(NamedTuple):
    """An act on its day: when it was said or, in an exercise, played (ms since 1970 UTC); a measure's components."""

    act: ActLine
    at_ms: int
    kind: str
    components: Plover | None


class Day(NamedTuple):
    """A day: its name, a moment in it, what was done in the order of its hours, the measures in force at its end.

    ``silent_days`` counts the days before it on which nothing was said.
    """

    says: str
    at_ms: int
    events: tuple[Event, ...]
    in_force: tuple[tuple[str, str], ...]
    silent_days: int


def show(seen: Reading, query: TimelineQuery) -> Response[bytes]:
    """Show the days; raises as ``on_line``, and ``UserFault("cursor-malformed")``."""
    seen = on_line(seen, query.line)
    (before,) = read_cursor(query.cursor, 1)
    numbers = _numbers(seen, before, ACTS_MAX, play=query.play, procedure=MEASURE if query.measures else "")
    held = list(_held(seen, numbers))
    plays = dict.fromkeys([each for each in (*[play_of(taken.act) for _, taken in held], query.play) if each])
    play = query.play or next(iter(plays), "")
    events = [_event(line, taken) for line, taken in held if play_of(taken.act) == play]
    shown = [each for each in events if not query.measures or each.components]
    following = str(numbers[-1]) if len(numbers) == ACTS_MAX else ""
    earlier = _numbers(seen, numbers[-1], EARLIER_MAX, play=play, procedure=MEASURE) if following else ()
    begun = [_event(line, taken) for line, taken in _held(seen, earlier)]
    record = seen.at.record()
    return page(
        *(seen, PLACE.page, PLACE.title),
        lead=PLACE.lead,
        scripts=("pages", "timeline"),
        sheets=("pages",),
        broad=True,
        days=days(seen, shown, [*begun, *events]),
        query=query,
        line=seen.at.line,
        lines=line_options(seen),
        plays=[Option(each, each, each == play) for each in plays],
        parties=(record.us, record.peer),
        party=seen.reader.party,
        counted=_counted(shown),
        says=lambda text: seen.language.translate(text.replace("-", " ")),
        first=address(PLACE.path, query, cursor="") if query.cursor else "",
        following=address(PLACE.path, query, cursor=following, play=play) if following else "",
    )


def days(seen: Reading, events: Sequence[Event], every: Sequence[Event]) -> list[Day]:
    """Put events on their days, the oldest first; *every* event counts for what is in force."""
    by_day: dict[str, list[Event]] = {}
    for each in sorted(events, key=lambda each: (each.at_ms, each.act.seq)):
        by_day.setdefault(day_text(each.at_ms, seen.how), []).append(each)
    spans = list(_spans(every))
    found: list[Day] = []
    for says, some in by_day.items():
        last_ms = some[-1].at_ms
        force = [(party, kind) for party, kind, from_ms, until_ms in spans if from_ms <= last_ms < until_ms]
        silent = (some[0].at_ms // DAY_MS - found[-1].at_ms // DAY_MS - 1) if found else 0
        found.append(Day(says, last_ms, tuple(some), tuple(dict.fromkeys(force)), max(0, silent)))
    return found


def _numbers(seen: Reading, before: int, count: int, *, play: str, procedure: str) -> tuple[int, ...]:
    """Give the numbers of the newest acts of the line, of those before a number if there is one."""
    narrowed = facets(line=seen.at.line, play=play, procedure=procedure)
    return seen.at.book.index.found(narrowed, (), before, count)


def _held(seen: Reading, numbers: Sequence[int]) -> Iterator[tuple[ActLine, Taken]]:
    """Give those acts that are in effect and that the officer may see."""
    book = seen.at.book
    rows = book.index.rows(numbers)
    told = [row for row in rows if row.procedure not in LEFT_OUT and row.act not in QUIET]
    shelf = Shelf(book, told)
    for row in told:
        taken, shown = shelf.taken.get(row.seq), shelf.act(row, seen.reader)
        if taken is not None and shown is not None and row.status == Status.EFFECTIVE and shelf.sees(row, taken):
            yield shown, taken


def _event(line: ActLine, taken: Taken) -> Event:
    fields = taken.act.fields
    played = fields.get("exercise")
    exercise = played if isinstance(played, Mapping) else {}
    kind = str(fields.get("kind", "")) if line.procedure == MEASURE else ""
    at_ms = exercise.get("at_ms", 0) or line.claimed_ms or line.held_ms
    return Event(line, at_ms, kind, CODES.get(kind))


def _spans(events: Iterable[Event]) -> Iterator[tuple[str, str, int, int]]:
    """Give by measure: whose, its kind, from when it was in force, until when."""
    begun: dict[str, tuple[str, str, int]] = {}
    for each in sorted(events, key=lambda each: (each.at_ms, each.act.seq)):
        if each.act.act == DECLARE and each.kind in UNDONE_BY:
            begun[each.act.case] = (each.act.party, each.kind, each.at_ms)
        elif each.act.act in ENDS and each.act.case in begun:
            yield *begun.pop(each.act.case), each.at_ms
    yield from [(*each, INTEGER_MAX) for each in begun.values()]


def _counted(events: Iterable[Event]) -> list[tuple[str, dict[str, int]]]:
    """Count measures by what they are and by whose they are; counts stand beside each other and are never added up."""
    found: dict[str, Counter[str]] = {}
    for each in events:
        if each.components is not None:
            found.setdefault(each.components.event, Counter())[each.act.party] += 1
    return [(event, dict(found[event])) for event in sorted(found)]


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, query=TimelineQuery),)
