"""Crossing: how a crossing point stands, as each side says of its own half, the two shown side by side.

Open, restricted or closed, at which hours, why, and how long the queue is. One side announces, the other says how the
point stands on its own side; a traveller passes only where both let him. After the template announce, answer, close.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Code, Coded, Count, Millis, Part, Window
from rabita.procedures.engine.definition import LANE, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import said

STATED: Final = ("announce", "update", "state own")
OPENNESS: Final = ("closed", "restricted", "open")
"""What a point may be, the least first: of two sides' statuses the lesser decides."""


class Queue(Part, frozen=True):
    """How long the queue is; None where it was not counted."""

    vehicles: Count | None = None
    waiting_minutes: Count | None = None


class Status(Coded, frozen=True):
    """How a crossing point stands on its author's side; ``point`` is a code of the charter's annex.

    ``hours`` are the times it opens, each a window, so that every reader sees them in his own zone and calendar;
    ``admitted`` is what passes while it is restricted. ``until_ms`` 0: until further notice.
    """

    point: Code
    status: Literal["open", "restricted", "closed"]
    since_ms: Millis
    until_ms: Millis = 0
    hours: Annotated[tuple[Window, ...], msgspec.Meta(max_length=31)] = ()
    reason: Literal[
        "ordinary",
        "holiday",
        "security",
        "weather",
        "disaster",
        "epidemic",
        "maintenance",
        "capacity",
        "labour-dispute",
        "other-side",
        "measure",
        "other",
    ] = "ordinary"
    admitted: Annotated[
        tuple[
            Literal["pedestrians", "residents", "pilgrims", "goods", "perishables", "fuel", "medical", "returnees"], ...
        ],
        msgspec.Meta(max_length=8),
    ] = ()
    queue: Queue = Queue()

    def __post_init__(self) -> None:
        """Refuse a status that contradicts itself, and hours out of order."""
        if self.status == "closed" and (self.hours or self.admitted):
            raise ValueError("a closed point has no hours and admits nothing")
        if self.status == "restricted" and not (self.hours or self.admitted):
            raise ValueError("a restricted point says at which hours it opens or what it admits")
        if self.status != "open" and self.reason == "ordinary":
            raise ValueError("a point that is not open says why")
        if any(later.start_ms <= earlier.end_ms for earlier, later in zip(self.hours, self.hours[1:], strict=False)):
            raise ValueError("hours are in order and do not overlap")
        if 0 < self.until_ms < self.since_ms:
            raise ValueError("a status ends no earlier than it starts")


class Ends(Coded, frozen=True):
    """Why an announcement no longer holds."""

    reason: Literal["superseded", "no-longer-current", "error"]


_T: Final = template(
    Step(
        act="announce",
        state="announced",
        says="{author} announces for {point}: {status}.",
        sentence="{opener} said how the crossing point stands on its side; {responder} has not.",
        fields=Status,
    ),
    Step(act="update", state="announced", says="{author} announces for {point}, anew: {status}.", fields=Status),
    answers=(
        Step(
            act="acknowledge",
            state="acknowledged",
            says="{author} takes note of it.",
            sentence="{responder} took note of how the crossing point stands on the side of {opener}.",
        ),
        Step(
            act="state own",
            state="stated by both",
            says="{author} says of its own side of {point}: {status}.",
            sentence="Both sides said how the crossing point stands.",
            fields=Status,
        ),
    ),
    closes=(
        Step(
            act="close",
            state="closed",
            says="{author} says that its announcement no longer holds: {reason}.",
            sentence="The announcement no longer holds.",
            fields=Ends,
        ),
    ),
    within=LANE,
    owes="say how the crossing point stands on its own side",
)
_OWN: Final = Rule(
    who=Who.RESPONDER,
    moves=to("stated by both", *_T.open) | stay("stated by both"),
    says=_T.acts["state own"].says,
    fields=Status,
)

CROSSING: Final = Procedure(
    name="crossing",
    title="Crossing",
    purpose="Each side says how a crossing point stands on its own side of the line.",
    states=_T.states,
    terminal=_T.terminal,
    acts={**_T.acts, "state own": _OWN},
    duties=_T.duties,
    crossings=_T.crossings,
)


class Half(NamedTuple):
    """What one side says of its half of a point: the act and its fields, and whether its time has passed."""

    said: Folded
    status: Status
    is_past: bool


class SideBySide(NamedTuple):
    """Both sides' newest statuses of a point, None where a side has said nothing that still holds.

    ``passable`` is the lesser of the two, empty while one is not known; ``differ`` says that they are not the same.
    """

    point: str
    halves: dict[str, Half | None]
    passable: str
    differ: bool


def side_by_side(cases: Iterable[Case], point: str, parties: Sequence[str], now_ms: int) -> SideBySide:
    """Lay both sides' newest statuses of a point next to each other, from every case that is not closed."""
    halves: dict[str, Half | None] = dict.fromkeys(parties)
    open_cases = [case for case in cases if case.state not in CROSSING.ends]
    for each in sorted([one for case in open_cases for one in said(case, *STATED)], key=lambda one: one.held.place):
        fields = each.corrected
        if isinstance(fields, Status) and fields.point == point:
            halves[each.held.author] = Half(each, fields, 0 < fields.until_ms < now_ms)
    known = [half.status.status for half in halves.values() if half is not None and not half.is_past]
    passable = min(known, key=OPENNESS.index) if len(known) == len(halves) else ""
    return SideBySide(point, halves, passable, len(set(known)) > 1)


def check_crossing(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs a clock or the other announcements.

    1. ``date-past``: a status holds until a time ahead.
    2. ``crossing-point``: an update or answer is of the point that was announced.
    3. ``crossing-announced``: a side has one announcement of a point, and updates it.
    """
    fields = facts.fields
    if not isinstance(fields, Status):
        return ()
    found = list(past_findings(facts, until_ms=fields.until_ms))  # 1
    announced = _point(facts.case) if facts.case is not None else fields.point
    if announced != fields.point:
        found.append(RuleFinding("crossing-point", fields.point))  # 2
    same = [each for each in facts.other_cases if each.opener == facts.act.author and _point(each) == fields.point]
    if facts.case is None and same:
        found.append(RuleFinding("crossing-announced", fields.point))  # 3
    return tuple(found)


def _point(case: Case) -> str:
    """Name the point a case is of; empty where its announcement is void."""
    return next((each.fields.point for each in case.acts if isinstance(each.fields, Status)), "")
