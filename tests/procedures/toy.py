"""Small procedures made for the engine's own tests, one for each thing a definition can say."""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.engine.coded import Coded, Count, Graded, Part, Place, Signs
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.definition import (
    ANY,
    REPLY_BY,
    Crossing,
    Duty,
    Joint,
    Portion,
    Procedure,
    Rule,
    Who,
    stay,
    to,
)
from rabita.procedures.marking_grades import Grade


class Colour(StrEnum):
    """An enumeration."""

    RED = "deep-red"


class Source(Graded, frozen=True):
    """A graded statement."""

    kind: Literal["seen", "heard"]


class Inner(Part, frozen=True):
    """A group inside fields."""

    count: Count
    known: bool = False


class Whole(Coded, frozen=True):
    """Fields of every kind."""

    kind: Literal["one-thing", "another"]
    limit: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0
    due_ms: int = 0
    distance_m: int = 0
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    place: Place | None = None
    source: Source | None = None
    grade: Grade | None = None
    sure: bool = False
    colour: Colour | None = None


class Names(Coded, frozen=True):
    """What a suspension names."""

    procedures: tuple[str, ...]


DEAL: Final = Procedure(
    name="deal",
    title="Deal",
    purpose="Everything a definition can say, for tests.",
    states={
        "offered": "{opener} made an offer.",
        "countered": "There is a counter-offer.",
        "taken": "The offer was taken.",
        "signed": "Both signed.",
        "published": "The text was published.",
        "dropped": "Both dropped it.",
    },
    terminal=("published", "dropped", "taken"),
    acts={
        "offer": Rule(who=Who.OPENER, moves=to("offered"), says="{author} offers {kind}.", fields=Whole),
        "counter": Rule(who=Who.OTHER, moves=to("countered", "offered", "countered"), says="{author} counters."),
        "take": Rule(who=Who.OTHER, moves=to("taken", "offered", "countered"), says="{author} takes the offer."),
        "note": Rule(who=Who.EITHER, moves=stay("offered", "countered", "signed"), says="{author} notes it."),
        "draft": Rule(
            who=Who.EITHER,
            moves=stay("offered", "countered"),
            says="{author} drafts a text.",
            portions=(Portion("text", required=True, may_withhold=False, markings=("GREEN",)), Portion("annex")),
        ),
        "sign": Rule(
            who=Who.EITHER,
            moves=stay("offered", "countered"),
            says="{author} signs {digest}.",
            fields=Signs,
            signs="text",
        ),
        "publish": Rule(who=Who.OPENER, moves=to("published", "signed"), says="{author} publishes.", consent=True),
        "ping": Rule(who=Who.RESPONDER, moves=stay("offered"), says="The node of {author} pings.", service=True),
        "drop": Rule(
            who=Who.BOTH, moves=to("dropped", "offered", "countered", "signed"), says="{author} would drop it."
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.OTHER,
            since=("offer",),
            until=("take", "counter"),
            within="deal-answer",
            says="answer",
        ),
        Duty(
            name="by field",
            who=Who.RESPONDER,
            since=("offer",),
            until=("take",),
            at="due_ms",
            when={"kind": "another"},
            says="take it",
        ),
        Duty(
            name="by reply",
            who=Who.OPENER,
            since=("note",),
            until=("note",),
            at=REPLY_BY,
            each=True,
            says="note it too",
        ),
        Duty(name="sign", who=Who.BOTH, since=("draft",), until=("sign",), says="sign", rings=True),
    ),
    joints=(Joint(name="text", of=("draft",), to="signed", says="There is a text."),),
    crossings=(Crossing(("take", "counter"), to="countered"), Crossing(("take", ANY))),
)

PAUSE: Final = Procedure(
    name="pause",
    title="Pause",
    purpose="Suspends others, for tests.",
    states={"on": "{opener} suspended procedures.", "over": "{opener} resumed them."},
    terminal=("over",),
    acts={
        "announce": Rule(who=Who.OPENER, moves=to("on"), says="{author} suspends.", fields=Names),
        "resume": Rule(who=Who.OPENER, moves=to("over", "on"), says="{author} resumes."),
    },
    suspendable=False,
    suspends=("announce", "resume"),
)

TOYS: Final = Catalogue(("1",), {"deal": DEAL, "pause": PAUSE})
