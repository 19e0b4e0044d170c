"""Notice: one side announces a planned activity before it happens; and, where it would reach over, asks for consent.

Lead times per kind come from the charter (``notice-<kind>-lead-min``, ``-lead-max``, ``-window-max``; 1991: exercises
15 to 90 days, 2005: missile tests 3 days before a window of 5). An acknowledgement is no consent, and an objection no
veto. The only consent is the *consent act*: approved by the foreign-ministry role and two officers, bounded in area and
time, revocable at any time, suspension or not (3-procedures). A notice that reaches over the line names it in its
basis; the territory guard and the clocks are in ``notice_rules``.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.procedures.engine.coded import Code, Coded, Count, Declines, Place, Window
from rabita.procedures.engine.definition import (
    ANY,
    LANE,
    Crossing,
    Duty,
    Portion,
    Procedure,
    Rule,
    Who,
    stay,
    to,
)
from rabita.procedures.engine.fold import Case
from rabita.procedures.views import newest

BEFORE_BEGIN: Final = ("announced", "acknowledged", "objected")
UNDER_WAY: Final = (*BEFORE_BEGIN, "begun")
CONSENTED: Final = "consented"

Areas: TypeAlias = Annotated[tuple[Place, ...], msgspec.Meta(min_length=1, max_length=8)]
Formation: TypeAlias = Literal[
    "none", "platoon", "company", "battalion", "brigade", "division", "corps", "squadron", "flotilla"
]


class Announced(Coded, frozen=True):
    """A planned activity: kind, areas, window, formation and arms, the post that answers for it.

    ``assured`` records the announcer's assurance to stay on its own side, which areas near the line need.
    """

    kind: Literal["exercise", "missile-test", "patrol", "movement", "flight", "naval", "works", "other"]
    areas: Areas
    window: Window
    formation: Formation
    contact: Code
    arms: Annotated[
        tuple[
            Literal["infantry", "armour", "artillery", "air", "air-defence", "engineers", "naval", "drones", "missile"],
            ...,
        ],
        msgspec.Meta(max_length=9),
    ] = ()
    troops: Count | None = None
    live_fire: bool = False
    assured: bool = False


class Objects(Coded, frozen=True):
    """Why the other side objects."""

    reason: Literal["area", "time", "lead-time", "size", "kind", "overlap", "safety", "not-stated"]


class AsksConsent(Coded, frozen=True):
    """A consent asked for: to what, where and when."""

    purpose: Literal["rescue", "medical", "fire-fighting", "transit", "survey", "verification", "joint", "other"]
    area: Place
    window: Window


class Consents(Coded, frozen=True):
    """A consent: to which area and for what time, and to nothing else."""

    area: Place
    window: Window


NOTICE: Final = Procedure(
    name="notice",
    title="Notice",
    purpose="One side announces what it plans to do near the line before it does it, so that nobody is surprised.",
    states={
        "announced": "{opener} announced an activity; {responder} has not acknowledged it.",
        "acknowledged": "{responder} acknowledged the notice. This is no consent.",
        "objected": "{responder} objects to the activity.",
        "begun": "The activity has begun.",
        "ended": "The activity has ended.",
        "cancelled": "{opener} cancelled the activity.",
        "consent asked": "{opener} asks {responder} for its consent.",
        "consented": "{responder} consents, within the area and time stated, until it revokes.",
        "consent declined": "{responder} does not consent.",
        "consent ended": "The consent has ended.",
    },
    terminal=("ended", "cancelled", "consent declined", "consent ended"),
    acts={
        "announce": Rule(
            who=Who.OPENER,
            moves=to("announced"),
            says="{author} announces an activity: {kind}, {formation}, {window}.",
            fields=Announced,
            portions=(Portion("text"), Portion("designation"), Portion("reference")),
        ),
        "change": Rule(
            who=Who.OPENER,
            moves=to("announced", *BEFORE_BEGIN) | stay("begun"),
            says="{author} changes what it announced: {kind}, {formation}, {window}.",
            fields=Announced,
            portions=(Portion("text"), Portion("designation"), Portion("reference")),
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER,
            moves=to("acknowledged", "announced", "objected"),
            says="{author} acknowledges the notice. This is no consent.",
        ),
        "object": Rule(
            who=Who.RESPONDER,
            moves=to("objected", "announced", "acknowledged") | stay("objected", "begun"),
            says="{author} objects: {reason}.",
            fields=Objects,
        ),
        "answer": Rule(who=Who.OPENER, moves=stay("objected", "begun"), says="{author} answers the objection."),
        "begin": Rule(
            who=Who.OPENER, moves=to("begun", *BEFORE_BEGIN), says="{author} reports that the activity has begun."
        ),
        "end": Rule(who=Who.OPENER, moves=to("ended", "begun"), says="{author} reports that the activity has ended."),
        "cancel": Rule(who=Who.OPENER, moves=to("cancelled", *UNDER_WAY), says="{author} cancels the activity."),
        "ask consent": Rule(
            who=Who.OPENER,
            moves=to("consent asked"),
            says="{author} asks {other} for its consent ({purpose}), {window}.",
            fields=AsksConsent,
        ),
        "consent": Rule(
            who=Who.RESPONDER,
            moves=to(CONSENTED, "consent asked"),
            says="{author} consents, within the area and time stated and for nothing else.",
            fields=Consents,
            consent=True,
        ),
        "decline consent": Rule(
            who=Who.RESPONDER,
            moves=to("consent declined", "consent asked"),
            says="{author} does not consent: {reason}.",
            fields=Declines,
        ),
        "revoke consent": Rule(
            who=Who.RESPONDER,
            moves=to("consent ended", CONSENTED),
            says="{author} revokes its consent.",
            suspendable=False,
        ),
        "return consent": Rule(
            who=Who.OPENER, moves=to("consent ended", CONSENTED), says="{author} no longer needs the consent."
        ),
    },
    duties=(
        Duty(
            name="acknowledge",
            who=Who.RESPONDER,
            since=("announce", "change"),
            until=("acknowledge", "object"),
            within=LANE,
            says="acknowledge the notice or object",
        ),
        Duty(
            name="objection",
            who=Who.OPENER,
            since=("object",),
            until=("answer", "change", "cancel"),
            says="answer the objection",
        ),
        Duty(
            name="end",
            who=Who.OPENER,
            since=("announce", "change"),
            until=("change", "end", "cancel"),
            at="window.end_ms",
            says="report that the activity has ended or was cancelled",
        ),
        Duty(
            name="consent",
            who=Who.RESPONDER,
            since=("ask consent",),
            until=("consent", "decline consent"),
            within="notice-consent-answer",
            says="consent or decline",
        ),
    ),
    crossings=(
        Crossing(("cancel", ANY), to="cancelled"),
        Crossing(("begin", ANY), to="begun"),
        Crossing(("change", ANY), to="announced"),
    ),
)


def announced(case: Case) -> Announced | None:
    """Give the activity as its announcer's newest change or correction has it; None for a consent, or a void notice."""
    said = newest(case, "announce", "change")
    return said.corrected if said is not None and isinstance(said.corrected, Announced) else None
