"""Stop request: FLASH, one key press, rings until it is answered; the answer is mandatory and never *maybe*.

Nothing suspends it. It exists because a coordination centre once cleared fire on the other side's post and the alarm
did not stop it: the side asked must say *will comply* or *cannot comply*, within the charter's ``stop-request-answer``.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Coded, Declines, Place
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Portion, Procedure, Rule, Who, to

URGENT: Final = (Lane.FLASH, Lane.IMMEDIATE)


class Stop(Coded, frozen=True):
    """What is to stop, and about where. All of it may be left out, so that one key press opens a request."""

    what: Literal["all", "gunfire", "movement", "flight", "drone", "vessel", "pursuit", "works"] = "all"
    places: Annotated[tuple[Place, ...], msgspec.Meta(max_length=8)] = ()


STOP_REQUEST: Final = Procedure(
    name="stop request",
    title="Stop request",
    purpose="One side asks the other to stop what it is doing, now.",
    states={
        "asked": "{opener} asks {responder} to stop; {responder} has not answered.",
        "will comply": "{responder} will comply with the stop request.",
        "cannot comply": "{responder} cannot comply with the stop request.",
        "complied": "{responder} has stopped, and waits until the request is lifted.",
        "lifted": "{opener} lifted the stop request.",
    },
    terminal=("lifted",),
    acts={
        "stop": Rule(
            who=Who.OPENER,
            moves=to("asked"),
            says="STOP. {author} asks {other} to stop at once: {what}.",
            fields=Stop,
            precedences=(Lane.FLASH,),
            portions=(Portion("text", may_withhold=False),),
        ),
        "will comply": Rule(
            who=Who.RESPONDER,
            moves=to("will comply", "asked", "cannot comply"),
            says="{author} will comply.",
            precedences=URGENT,
        ),
        "cannot comply": Rule(
            who=Who.RESPONDER,
            moves=to("cannot comply", "asked", "will comply"),
            says="{author} cannot comply: {reason}.",
            fields=Declines,
            precedences=URGENT,
        ),
        "have complied": Rule(
            who=Who.RESPONDER,
            moves=to("complied", "asked", "will comply", "cannot comply"),
            says="{author} has complied.",
            precedences=URGENT,
        ),
        "lift": Rule(
            who=Who.OPENER,
            moves=to("lifted", "asked", "will comply", "cannot comply", "complied"),
            says="{author} lifts the stop request.",
            precedences=URGENT,
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("stop",),
            until=("will comply", "cannot comply", "have complied"),
            within="stop-request-answer",
            says="say that it will comply, or cannot",
            rings=True,
        ),
        Duty(
            name="comply",
            who=Who.RESPONDER,
            since=("will comply",),
            until=("have complied", "cannot comply"),
            says="say that it has complied",
        ),
    ),
    crossings=(Crossing(("lift", ANY), to="lifted"),),
    suspendable=False,
    withdrawable=False,
)
