"""Meeting: proposed, accepted or countered, held, and its minutes adopted by both; actions become commitments.

A counter-proposal is a whole new proposal; what is agreed is the proposal that the acceptance names. Minutes exist when
both have signed the same digest. Each action in them says who owes it and by when, or the words used instead and a day
of review, in the terms a commitment has, so that a commitment can be proposed from it with the minutes as its basis.
"""

from typing import Annotated, Any, Final, Literal

import msgspec

from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Code, Coded, Count, Declines, Millis, Part, Place, Side, Signs, Window
from rabita.procedures.engine.definition import (
    ANY,
    LANE,
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
from rabita.procedures.parallel import TEXT

PROPOSALS: Final = ("propose", "counter")
MINUTES: Final = "minutes"
DRAFTED: Final = "minutes drafted"


class Proposal(Coded, frozen=True):
    """What is proposed: the form of the meeting, when, by what means, where, on whose side, about what."""

    form: Literal[
        "flag-meeting",
        "border-commission",
        "liaison-officers",
        "joint-verification",
        "working-group",
        "directors-general",
        "deputy-ministers",
        "ministers",
        "heads-of-government",
    ]
    means: Literal["in-person", "telephone", "video"]
    at: Window
    agenda: Annotated[
        tuple[
            Literal[
                "incident",
                "clarification",
                "concerns",
                "liaison-officers",
                "intelligence-sharing",
                "coordination",
                "communication",
                "territory",
                "diplomatic-relations",
                "border-management",
                "crossings",
                "trade",
                "humanitarian",
                "commitments",
                "other",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=15),
    ]
    host: Side = "unknown"
    where: Place | None = None
    venue: Code | None = None
    delegation_each: Count = 0

    def __post_init__(self) -> None:
        """Refuse a place for a meeting at which nobody meets in one."""
        if self.means != "in-person" and (self.where is not None or self.venue is not None):
            raise ValueError("only a meeting in person has a place")


class Accepts(Coded, frozen=True):
    """An acceptance, with the time by which minutes are to be drafted, 0 where none is set."""

    minutes_by_ms: Millis = 0


class CallsOff(Coded, frozen=True):
    """Why a meeting does not take place."""

    reason: Literal["not-stated", "postponed", "incident", "security", "weather", "suspended", "technical", "other"]


class Action(Part, frozen=True):
    """Something a side undertook at the meeting, in the terms of a commitment."""

    owed_by: Literal["opener", "responder", "both"]
    theme: Literal[
        "liaison-officers",
        "intelligence-sharing",
        "coordination",
        "communication",
        "territory",
        "diplomatic-relations",
        "border-management",
        "trade",
        "humanitarian",
        "infrastructure",
        "other",
    ]
    due_ms: Millis = 0
    words_used: (
        Literal[
            "immediately", "without-delay", "at-an-early-date", "as-soon-as-possible", "in-due-course", "other-words"
        ]
        | None
    ) = None
    review_ms: Millis = 0

    def __post_init__(self) -> None:
        """Refuse an action with neither date nor words, and words without a day of review."""
        if bool(self.due_ms) == (self.words_used is not None):
            raise ValueError("either a due date, or the words used instead of one")
        if self.words_used is not None and not self.review_ms:
            raise ValueError("an action without a due date has a day of review")


class Minutes(Coded, frozen=True):
    """Minutes as drafted: when it was held, what came of it, the actions agreed, the next meeting."""

    held: Window
    outcome: Literal["agreed", "partly-agreed", "not-agreed", "views-exchanged"]
    actions: Annotated[tuple[Action, ...], msgspec.Meta(max_length=32)] = ()
    next_meeting: Window | None = None

    def __post_init__(self) -> None:
        """Refuse an action listed twice, and one due, or a next meeting, before this one was held."""
        if len(set(self.actions)) < len(self.actions):
            raise ValueError("an action is listed once")
        ahead = [time_ms for each in self.actions for time_ms in (each.due_ms, each.review_ms) if time_ms]
        ahead += [self.next_meeting.start_ms] if self.next_meeting is not None else []
        if any(time_ms <= self.held.end_ms for time_ms in ahead):
            raise ValueError("actions are due, and the next meeting is, after the one the minutes are of")


_PROPOSAL: Final[dict[str, Any]] = {"fields": Proposal, "portions": (Portion("text", may_withhold=False),)}
_T: Final = template(
    Step(
        act="propose",
        state="proposed",
        says="{author} proposes a meeting: {form}, {means}, {at}.",
        sentence="A meeting is proposed; the side asked has not answered.",
        **_PROPOSAL,
    ),
    Step(
        act="counter",
        state="proposed",
        says="{author} proposes other terms for the meeting: {form}, {means}, {at}.",
        who=Who.OTHER,
        **_PROPOSAL,
    ),
    answers=(
        Step(
            act="accept",
            state="accepted",
            says="{author} accepts the meeting as proposed.",
            sentence="The meeting is agreed; no minutes are drafted yet.",
            who=Who.OTHER,
            fields=Accepts,
        ),
        Step(
            act="decline",
            state="declined",
            says="{author} declines the meeting: {reason}.",
            sentence="The meeting was declined.",
            ends=True,
            who=Who.OTHER,
            fields=Declines,
        ),
    ),
    closes=(
        Step(
            act="call off",
            state="called off",
            says="{author} calls the meeting off: {reason}.",
            sentence="The meeting was called off.",
            who=Who.EITHER,
            fields=CallsOff,
        ),
    ),
    within=LANE,
    owes="accept the meeting, propose other terms, or decline",
)

MEETING: Final = Procedure(
    name="meeting",
    title="Meeting",
    purpose="The two sides agree to meet, and afterwards on one set of minutes, whose actions become commitments.",
    states=_T.states
    | {
        DRAFTED: "Minutes of the meeting are drafted; not both sides have signed one text.",
        "minutes adopted": "Both sides adopted the minutes.",
        "closed without minutes": "The sides met and closed the record without agreed minutes.",
    },
    terminal=(*_T.terminal, "minutes adopted", "closed without minutes"),
    acts=_T.acts
    | {
        "draft minutes": Rule(
            who=Who.EITHER,
            moves=to(DRAFTED, "accepted", DRAFTED),
            says="{author} drafts minutes: {outcome}.",
            fields=Minutes,
            portions=(TEXT, Portion("annex")),
        ),
        "adopt minutes": Rule(
            who=Who.EITHER,
            moves=stay(DRAFTED),
            says="{author} signs the minutes {digest}.",
            fields=Signs,
            signs=MINUTES,
            portions=(),
        ),
        "close without minutes": Rule(
            who=Who.BOTH,
            moves=to("closed without minutes", "accepted", DRAFTED),
            says="{author} would close the record without agreed minutes.",
        ),
    },
    duties=(
        *_T.duties,
        Duty(
            name="minutes",
            who=Who.BOTH,
            since=("accept",),
            until=("draft minutes", "close without minutes"),
            at="minutes_by_ms",
            says="draft the minutes",
        ),
        Duty(
            name="adopt",
            who=Who.OTHER,
            since=("draft minutes",),
            until=("adopt minutes", "draft minutes", "close without minutes"),
            says="sign the minutes, or draft others",
        ),
    ),
    joints=(Joint(name=MINUTES, of=("draft minutes",), to="minutes adopted", says="There are minutes of both sides."),),
    crossings=(Crossing(("draft minutes", ANY), to=DRAFTED), *_T.crossings),
)
