"""Hazard notice: something of one side's may endanger the other, which is told what, where, when, and what is done.

It has its own clock: due within the charter's ``hazard-notice`` (1 hour) of knowing, so the notice says when its author
knew. A late one is flagged and never refused: elsewhere a stray missile was admitted two days late, and no joint
inquiry followed. Nothing suspends it (3-procedures). After the template announce, answer, close.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.line.charter import Charter
from rabita.line.ids import Lane
from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Code, Coded, Millis, Place, Window
from rabita.procedures.engine.definition import LANE, Portion, Procedure
from rabita.procedures.engine.fold import Case
from rabita.procedures.views import newest

DEADLINE: Final = "hazard-notice"
URGENT: Final = (Lane.FLASH, Lane.IMMEDIATE, Lane.PRIORITY)
_SECOND_MS: Final = 1_000


class Hazard(Coded, frozen=True):
    """A hazard: what, about where, when, since when it is known, how it endangers the other side, what is being done.

    ``known_ms`` is when the author knew; ``contact`` is a post of the duty directory; ``inquiry_offered``: a joint one.
    """

    what: Literal[
        "stray-missile",
        "stray-fire",
        "aircraft-astray",
        "drone-lost",
        "aircraft-in-distress",
        "unexploded-ordnance",
        "mines-adrift",
        "explosion",
        "fire",
        "chemical-release",
        "radiation",
        "water-release",
        "obstruction",
        "other",
    ]
    where: Place
    when: Window
    known_ms: Millis
    danger: Literal["persons", "aircraft", "vessels", "property", "several", "none-seen", "unknown"]
    action: Annotated[
        tuple[
            Literal["none-yet", "stopped", "area-cleared", "search", "rescue", "disposal", "warned-public", "inquiry"],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=8),
    ]
    contact: Code
    harm_known: bool = False
    inquiry_offered: bool = False


class Heard(Coded, frozen=True):
    """What the other side does on hearing of it."""

    action: Annotated[
        tuple[Literal["none-needed", "warned-public", "area-cleared", "rescue", "search", "asks-more"], ...],
        msgspec.Meta(max_length=6),
    ] = ()


_WORDS: Final = (Portion("text"), Portion("action"), Portion("harm"))
_T: Final = template(
    Step(
        act="warn",
        state="warned",
        says="HAZARD. {author} warns {other}: {what}. Danger to: {danger}. Done: {action}.",
        sentence="{opener} warned of a hazard; {responder} has not acknowledged the notice as it stands.",
        fields=Hazard,
        portions=_WORDS,
        precedences=URGENT,
    ),
    Step(
        act="update",
        state="warned",
        says="{author} brings its hazard notice up to date: {what}. Danger to: {danger}. Done: {action}.",
        fields=Hazard,
        portions=_WORDS,
    ),
    answers=(
        Step(
            act="acknowledge",
            state="acknowledged",
            says="{author} acknowledges the hazard notice.",
            sentence="{responder} acknowledged the hazard notice.",
            fields=Heard,
        ),
    ),
    closes=(
        Step(
            act="close",
            state="closed",
            says="{author} reports that the hazard is over.",
            sentence="{opener} reported that the hazard is over.",
        ),
    ),
    within=LANE,
    owes="acknowledge the hazard notice",
    rings=True,
)

HAZARD_NOTICE: Final = Procedure(
    name="hazard notice",
    title="Hazard notice",
    purpose="One side tells the other at once of something of its own that may endanger it.",
    states=_T.states,
    terminal=_T.terminal,
    acts=_T.acts,
    duties=_T.duties,
    crossings=_T.crossings,
    suspendable=False,
)


class Told(NamedTuple):
    """How soon the other side was told, in milliseconds since 1970 UTC; ``told_ms`` is 0 while it has not received it.

    ``late`` says that it was told, or is still untold, after ``due_ms``; without a term in the charter nothing is late.
    """

    known_ms: int
    due_ms: int
    told_ms: int
    late: bool


def told(case: Case, charter: Charter, receipts: Mapping[str, int], now_ms: int) -> Told | None:
    """Give how soon the other side was told of a hazard: from knowing, as claimed, to its first receipt.

    Knowing is as the warning says, corrected where its author corrected it; what it said before stays on record. None
    where the notice is void.
    """
    said = newest(case, "warn")
    fields = said.corrected if said is not None else None
    if not isinstance(fields, Hazard):
        return None
    due_ms, told_ms = due_by_ms(fields, charter), receipts.get(case.id, 0)
    return Told(fields.known_ms, due_ms, told_ms, late=0 < due_ms < (told_ms or now_ms))


def due_by_ms(fields: Hazard, charter: Charter) -> int:
    """Give the time by which the other side is to be told, 0 where the charter sets none."""
    allowed_s = charter.deadlines_s.get(DEADLINE)
    return fields.known_ms + allowed_s * _SECOND_MS if allowed_s is not None else 0
