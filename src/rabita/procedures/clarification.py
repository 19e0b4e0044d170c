"""Clarification: one side asks the other to explain, before it reacts. Two clocks, both from the charter.

*Crisis* (force used on the asker's soil): acknowledge in 10 minutes, a holding answer in 1 hour, substance in 12 hours,
the principals' call in 24. *Ordinary*: an answer in 48 hours, else a meeting within 48 more (Vienna Document, unusual
military activities). Cannot be suspended. In January 2024 the answer came by force in under 48 hours.
"""

from typing import Final, Literal

from rabita.procedures.engine.coded import Coded, Window
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to

CRISIS: Final = "crisis"
ORDINARY: Final = "ordinary"
FORCE: Final = "use-of-force"
BEFORE_ANSWER: Final = ("asked", "acknowledged", "holding")
OPEN: Final = (*BEFORE_ANSWER, "answered", "meeting called", "met")


class Asked(Coded, frozen=True):
    """What is to be explained: the matter, which clock runs, at what level it is asked, when it happened if known.

    The incident or other entry it is about stands in the basis.
    """

    clock: Literal["crisis", "ordinary"]
    matter: Literal[
        "use-of-force", "airspace", "crossing-of-the-line", "movement", "detention", "statement", "publication", "other"
    ]
    level: Literal["working", "directors-general", "deputy-ministers", "ministers", "heads-of-government"] = "working"
    happened: Window | None = None

    def __post_init__(self) -> None:
        """Refuse the crisis clock for anything but force used on the asker's soil."""
        if self.clock == CRISIS and self.matter != FORCE:
            raise ValueError("the crisis clock is for the use of force")


class Meets(Coded, frozen=True):
    """A meeting or call: when, and at what level."""

    at: Window
    level: Literal["working", "directors-general", "deputy-ministers", "ministers", "heads-of-government"] = "working"


class Raises(Coded, frozen=True):
    """To which level an unresolved matter goes; the clarification there names this act in its basis."""

    to_level: Literal["directors-general", "deputy-ministers", "ministers", "heads-of-government"]


CLARIFICATION: Final = Procedure(
    name="clarification",
    title="Clarification",
    purpose="One side asks the other to explain something it did or said, and waits for the answer before it reacts.",
    states={
        "asked": "{opener} asks {responder} for an explanation; {responder} has not acknowledged it.",
        "acknowledged": "{responder} acknowledged that an explanation is asked for.",
        "holding": "{responder} gave a holding answer; the answer itself is still to come.",
        "answered": "{responder} answered; {opener} has not said whether that settles it.",
        "meeting called": "A meeting was called to explain.",
        "met": "The two sides met; {opener} has not said whether that settles it.",
        "closed": "{opener} considers the matter explained.",
        "unresolved": "The matter is unresolved and was raised a level.",
    },
    terminal=("closed", "unresolved"),
    acts={
        "ask": Rule(
            who=Who.OPENER,
            moves=to("asked"),
            says="{author} asks {other} for an explanation ({matter}, {clock} clock).",
            fields=Asked,
            portions=(Portion("question", required=True),),
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER,
            moves=to("acknowledged", "asked"),
            says="{author} acknowledges the request for an explanation.",
        ),
        "hold": Rule(
            who=Who.RESPONDER,
            moves=to("holding", "asked", "acknowledged"),
            says="{author} gives a holding answer.",
            portions=(Portion("answer", required=True),),
        ),
        "answer": Rule(
            who=Who.RESPONDER,
            moves=to("answered", *BEFORE_ANSWER, "meeting called", "met"),
            says="{author} answers.",
            portions=(Portion("answer", required=True),),
        ),
        "call meeting": Rule(
            who=Who.EITHER,
            moves=to("meeting called", *BEFORE_ANSWER, "answered"),
            says="{author} calls for a meeting.",
            fields=Meets,
        ),
        "meet": Rule(who=Who.EITHER, moves=to("met", "meeting called"), says="The two sides met.", fields=Meets),
        "principals call": Rule(
            who=Who.EITHER, moves=stay(*OPEN), says="The principals of both sides spoke.", fields=Meets
        ),
        "close": Rule(who=Who.OPENER, moves=to("closed", *OPEN), says="{author} considers the matter explained."),
        "raise": Rule(
            who=Who.OPENER,
            moves=to("unresolved", *OPEN),
            says="{author} considers the matter unresolved and raises it to {to_level}.",
            fields=Raises,
        ),
    },
    duties=(
        Duty(
            name="acknowledge",
            who=Who.RESPONDER,
            since=("ask",),
            until=("acknowledge", "hold", "answer"),
            within="clarification-crisis-acknowledge",
            when={"clock": CRISIS},
            says="acknowledge the request for an explanation",
            rings=True,
        ),
        Duty(
            name="holding answer",
            who=Who.RESPONDER,
            since=("ask",),
            until=("hold", "answer"),
            within="clarification-crisis-holding-answer",
            when={"clock": CRISIS},
            says="give a holding answer",
        ),
        Duty(
            name="crisis answer",
            who=Who.RESPONDER,
            since=("ask",),
            until=("answer",),
            within="clarification-crisis-answer",
            when={"clock": CRISIS},
            says="answer in substance",
        ),
        Duty(
            name="principals call",
            who=Who.BOTH,
            since=("ask",),
            until=("principals call",),
            within="clarification-crisis-principals-call",
            when={"clock": CRISIS},
            says="have the principals speak",
        ),
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("ask",),
            until=("answer",),
            within="clarification-answer",
            when={"clock": ORDINARY},
            says="answer",
        ),
        Duty(
            name="meeting",
            who=Who.BOTH,
            since=("call meeting",),
            until=("meet",),
            within="clarification-meeting",
            says="meet",
        ),
    ),
    crossings=(
        Crossing(("close", ANY), to="closed"),
        Crossing(("answer", ANY), to="answered"),
        Crossing(("call meeting", ANY), to="meeting called"),
    ),
    suspendable=False,
)
