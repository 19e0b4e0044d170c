"""The watch: in three seconds, is the line alive, is anything FLASH, what is overdue, what do we owe.

Rules kept here: what rings stands first and cannot be put off; what is shown counts as neither opened nor acknowledged;
each part says its own state in words. The alarm is told how much rings and never what.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.lines import permit_kept
from rabita.desk.rendering import Desk, Place, Reading, page, page_route, script_route
from rabita.desk.unhandled import marks, names_of
from rabita.gateways.rest.officer_forms import Nothing
from rabita.gateways.rest.routing import READ, At, Query, Route, read_body
from rabita.gateways.rest.sign_in import signed_in
from rabita.line.errors import SENTENCES
from rabita.procedures.line_test import Tried
from rabita.services.alarm import ACKNOWLEDGE, Alarming, alarming, answer_of
from rabita.services.audit import Action
from rabita.services.case_reads import Traffic, traffic
from rabita.services.case_views import ActLine, DutyLine, duty_lines
from rabita.services.duties_read import OWING_MAX, RINGING_MAX, Side, owed, owing
from rabita.services.line_tests import Tests, line_tests
from rabita.services.policy import Matter
from rabita.services.preferences import DeskStore
from rabita.services.reads import LineStatus
from rabita.services.snoozing import PutOff, Snooze, end_snooze, is_urgent, snooze, snooze_id, snoozed

RINGS_SHOWN: Final = 20
OWED_SHOWN: Final = 30
ARRIVED_SHOWN: Final = 8
PLACE: Final = Place(
    "watch", "/desk", "Watch", "Is the line alive, what is urgent, what do we owe and what is owed to us.", (READ,)
)
MINUTES: Final = (15, 30, 60, 240)


class LineCard(NamedTuple):
    """A line as the watch sees it: its connection, the other side's name, what our tests say, what waits on our side.

    ``fault`` is a sentence; ``waiting`` counts entries sealed and not receipted.
    """

    status: LineStatus
    peer: str
    tests: Tests
    last: Tried | None
    fault: str
    waiting: int


class Row(NamedTuple):
    """A duty: the procedure's title, the one act that answers it (else empty), its name here, what puts it off."""

    duty: DutyLine
    title: str
    answer: str
    id: str
    put_off: Snooze | None

    @property
    def urgent(self) -> bool:
        """Say whether it may not be put off."""
        return is_urgent(self.duty)


class Alarm(msgspec.Struct, frozen=True):
    """What the alarm is told: what rings, by names that say nothing."""

    ringing: tuple[str, ...]


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the watch."""
    return (
        page_route(desk, PLACE, show),
        script_route(
            *("GET", "/desk/alarm", "desk-alarm", "What rings", alarm),
            audit=Action.STATUS,
            answers={200: Alarm},
            unattended=True,
        ),
        script_route(
            *("POST", "/desk/snoozes", "desk-snooze", "Put off what is owed"),
            lambda at, _: put_off(desk.store, at),
            body=PutOff,
            answers={200: Snooze},
            faults=("officer-needed", "duty-unknown", "snooze-urgent"),
        ),
        script_route(
            *("POST", "/desk/snoozes/{snooze}/end", "desk-snooze-end", "Take up again what was put off"),
            lambda at, _: taken_up(desk.store, at),
            body=Nothing,
            answers={200: Nothing},
            faults=("officer-needed",),
        ),
    )


def show(seen: Reading, _query: Query) -> Response[bytes]:
    """Show the watch over every line that the officer may read."""
    lines = readable(seen.at)
    off = snoozed(seen.desk.store, seen.at.services.clock.now_ms())
    ringing = [each for line in lines for each in alarming(seen.at.book, line)]
    loud = {each.id for each in ringing}
    ours = [each for each in _owed(seen, lines, "us", off) if each.id not in loud]
    theirs = [each for each in _owed(seen, lines, "them", {}) if not each.duty.ours]
    late = [each for each in ours if each.put_off is None]
    return page(
        *(seen, PLACE.page, PLACE.title),
        scripts=("watch", "unhandled"),
        sheets=("watch",),
        broad=True,
        cards=[_card(seen, each) for each in seen.at.services.status() if each.line in lines],
        rings=list(_rows(seen, _shown(seen, ringing[:RINGS_SHOWN]), {})),
        ringing=len(ringing),
        ringing_max=RINGING_MAX,
        ours=late,
        theirs=theirs,
        owing_by_us=_owing(seen, lines, "us", len(ringing)),
        owing_to_us=_owing(seen, lines, "them"),
        owing_max=OWING_MAX,
        put_off=[each for each in ours if each.put_off is not None],
        arrived=[each for line in lines for each in _arrived(seen, line)],
        marked_open=[each for line in lines for each in marks(seen, line)],
        names=names_of(seen.at) if off else {},
        drafts=seen.at.allows("draft"),
        minutes=MINUTES,
        party=seen.reader.party,
        acknowledge=ACKNOWLEDGE,
        overdue=len([each for each in late if each.duty.view == "overdue"]),
    )


def alarm(at: At, _query: Query) -> Alarm:
    """Say what rings on the lines that the officer may read."""
    return Alarm(tuple([each.id for line in readable(at) for each in alarming(at.book, line)]))


def put_off(store: DeskStore, at: At) -> Snooze:
    """Put something off."""
    wanted = read_body(PutOff, at.body)
    at.permit(READ, Matter(line=wanted.line))
    return snooze(at.book, store, signed_in(at).officer.id, wanted)


def taken_up(store: DeskStore, at: At) -> Nothing:
    """Take something up again; raises as ``permit_kept``."""
    read_body(Nothing, at.body)
    signed_in(at)
    permit_kept(at, store, Snooze, at.path["snooze"])
    end_snooze(store, at.path["snooze"])
    return Nothing()


def readable(at: At) -> list[str]:
    """List the lines that whoever asks may read."""
    return [each.line for each in at.services.store.lines() if at.allows(READ, Matter(line=each.line))]


def _shown(seen: Reading, found: Sequence[Alarming]) -> list[DutyLine]:
    now_ms = seen.at.services.clock.now_ms()
    return duty_lines(seen.at.book, [each.duty for each in found], now_ms, seen.reader)


def _card(seen: Reading, status: LineStatus) -> LineCard:
    tests = line_tests(seen.at.book, status.line)
    return LineCard(
        status=status,
        peer=seen.reader.party(status.peer),
        tests=tests,
        last=max(tests.ours, key=lambda each: each.sent_ms, default=None),
        fault=seen.language.translate(SENTENCES.get(status.fault, status.fault)),
        waiting=sum(lane.unreceipted for lane in status.lanes),
    )


def _owed(seen: Reading, lines: Sequence[str], by: Side, off: dict[str, Snooze]) -> list[Row]:
    """List what a side owes on all lines, the earliest deadline first, what has none last."""
    found = [each for line in lines for each in owed(seen.at.book, line, by, "", OWED_SHOWN, seen.reader).rows]
    found.sort(key=lambda each: (not each.due_ms, each.due_ms))
    return list(_rows(seen, found, off))


def _owing(seen: Reading, lines: Sequence[str], by: Side, beside: int = 0) -> int:
    """Count what a side owes on all lines but for what is listed *beside*; 0 where all of it is listed."""
    counted = [owing(seen.at.book, line, by) for line in lines]
    if all(each <= OWED_SHOWN for each in counted):
        return 0
    return OWING_MAX if sum(counted) >= OWING_MAX else sum(counted) - beside


def _rows(seen: Reading, duties: Sequence[DutyLine], off: dict[str, Snooze]) -> Iterator[Row]:
    for each in duties:
        procedure, name = seen.at.book.procedure(each.procedure), snooze_id(each)
        title = seen.language.translate(procedure.title)
        yield Row(each, title, answer_of(procedure, each.duty) if each.ours else "", name, off.get(name))


def _arrived(seen: Reading, line: str) -> list[ActLine]:
    wanted = Traffic(line=line, unacknowledged=True)
    found = traffic(seen.at.book, wanted, count=ARRIVED_SHOWN, reader=seen.reader).rows
    return [each for each in found if not each.ours]
