"""Deadlines of a line as an iCalendar file (RFC 5545): what is owed by when, and when what was agreed or announced is.

Rules kept here: an event says the sentence of its duty or act and nothing of what anybody wrote; its name (``UID``) is
made of digests, so that a calendar read again replaces it; times are in UTC; an exercise says so in every summary. The
same state gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, Final, NamedTuple

from icalendar import Calendar
from icalendar import Event as Written

from rabita.procedures.engine.say import Reader, say_value
from rabita.procedures.meeting import Proposal
from rabita.services import duties_read, registers
from rabita.services.case_views import CaseLine, act_lines
from rabita.services.casebook import Casebook, Page, Reading
from rabita.services.caseindex_fold import EVERYWHERE
from rabita.services.registers import Registered
from rabita.services.sight import markings_of

MEDIA_TYPE: Final = "text/calendar"
EVENTS_MAX: Final = 500
"""Events of one kind at most: the earliest deadlines, the cases last active."""
AT_ONCE: Final = 50
PRODUCT: Final = "-//Rabita//Desk//EN"
EXERCISE: Final = "EXERCISE"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 253_370_764_800_000


class Event(NamedTuple):
    """Something with a time (ms since 1970 UTC; equal for a moment).

    ``of`` names it for good, ``changed_ms`` is when it was last changed.
    """

    of: str
    says: str
    from_ms: int
    until_ms: int
    changed_ms: int


def events(book: Casebook, line: str, reader: Reader) -> list[Event]:
    """List what a line's calendar holds, as the reader may see it, by time; raises as ``find_line``."""
    found = [*_duties(book, line, reader), *_promises(book, line, reader), *_notices(book, line, reader)]
    found += [*_tours(book, line, reader), *_meetings(book, line, reader)]
    return sorted(found, key=lambda each: (each.from_ms, each.of))


def write_calendar(name: str, found: Iterable[Event], *, exercise: bool) -> bytes:
    """Write a calendar under a name."""
    mark = f"{EXERCISE}: " if exercise else ""
    whole = Calendar()
    whole.add("prodid", PRODUCT)
    whole.add("version", "2.0")
    whole.add("x-wr-calname", mark + name)
    for each in found:
        whole.add_component(_written(each, mark))
    raw: bytes = whole.to_ical()
    return raw


def _written(event: Event, mark: str) -> Written:
    written = Written()
    written.add("uid", sha256(event.of.encode()).hexdigest())
    written.add("dtstamp", _time(event.changed_ms))
    written.add("dtstart", _time(event.from_ms))
    if event.until_ms > event.from_ms:
        written.add("dtend", _time(event.until_ms))
    written.add("summary", mark + event.says)
    written.add("transp", "TRANSPARENT")
    return written


def _time(time_ms: int) -> datetime:
    return _EPOCH + timedelta(seconds=min(time_ms, _LAST_MS) // 1000)


def _duties(book: Casebook, line: str, reader: Reader) -> Iterator[Event]:
    for by in ("us", "them"):
        cursor, left = "", EVENTS_MAX
        while left > 0:
            found = duties_read.owed(book, line, by, cursor, AT_ONCE, reader)
            for each in found.rows:
                if each.due_ms:
                    of = f"{each.line}/{each.case}/{each.reference}/{each.duty}/{by}"
                    yield Event(of, each.sentence, each.due_ms, each.due_ms, each.since_ms or each.due_ms)
            cursor, left = found.next, left - len(found.rows)
            if not cursor:
                break


def _registered(book: Casebook, line: str, procedure: str, reader: Reader) -> Iterator[Registered]:
    def parts() -> Iterator[Page[Registered]]:
        cursor = ""
        while True:
            found = registers.register(book, procedure, line, "", cursor, AT_ONCE, reader)
            yield found
            cursor = found.next
            if not cursor:
                return

    yield from islice((row for part in parts() for row in part.rows if row.view), EVENTS_MAX)


def _promises(book: Casebook, line: str, reader: Reader) -> Iterator[Event]:
    for row in _registered(book, line, "commitment", reader):
        terms: dict[str, Any] = row.view.get("terms") or {}
        for name in ("due_ms", "review_ms", "valid_until_ms"):
            if terms.get(name):
                yield _of_case(row.case, name, terms[name], terms[name])


def _notices(book: Casebook, line: str, reader: Reader) -> Iterator[Event]:
    for row in _registered(book, line, "notice", reader):
        window = (row.view.get("announced") or {}).get("window")
        if window:
            yield _of_case(row.case, "window", window["start_ms"], window["end_ms"])


def _tours(book: Casebook, line: str, reader: Reader) -> Iterator[Event]:
    for row in _registered(book, line, "accreditation", reader):
        tour = row.view.get("tour")
        if tour and not row.case.closed:
            yield _of_case(row.case, "tour", tour["end_ms"], tour["end_ms"])


def _meetings(book: Casebook, line: str, reader: Reader) -> Iterator[Event]:
    """Give each meeting at the time that was proposed last."""
    seqs = book.index.spread(("meeting",), EVERYWHERE, 0, EVENTS_MAX)
    names = dict.fromkeys([row.case for row in book.index.rows(seqs) if row.line == line and row.case])
    reading = Reading(book, line)
    for case in book.index.cases_of(list(names)):
        found = reading.fold(case)
        proposed = [each for each in found.case.acts if isinstance(each.corrected, Proposal)]
        rows = [found.acts[each.held.digest] for each in proposed]
        if not proposed or not all(book.sees(line, "meeting", markings_of(reading.taken[row.seq].act)) for row in rows):
            continue
        newest = proposed[-1].corrected
        if isinstance(newest, Proposal):
            says = f"{reader.translate(found.procedure.title)}: {say_value('form', newest.form, reader)}"
            of = f"{line}/{case.id.hex()}/meeting"
            held_ms = act_lines(book, rows[-1:], reader)[0].held_ms
            yield Event(of, says, newest.at.start_ms, newest.at.end_ms, held_ms)


def _of_case(case: CaseLine, name: str, from_ms: int, until_ms: int) -> Event:
    return Event(f"{case.line}/{case.id}/{name}", f"{case.title}: {case.sentence}", from_ms, until_ms, case.last_ms)
