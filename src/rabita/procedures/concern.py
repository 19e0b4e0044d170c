"""Concern: one side warns of a group that threatens it from the other's soil; the other acts there, or says no.

Rules of 3-procedures kept here: what is done is done by the host's own authorities on its own soil, and no act of a
concern is ever a consent to cross the line; a concern names a group and a coarse area, never an individual or a point.
The time from the warning to the outcome is shown (``warning_to_outcome``), and every concern is reviewed at the next
meeting. What needs a map or markings is in ``concern_rules``.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.procedures.engine.coded import Code, Coded, Place, Window
from rabita.procedures.engine.definition import (
    LANE,
    REPLY_BY,
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
from rabita.procedures.marking_grades import Grade, grade_fault

IMMINENT: Final = "imminent-threat"
BEFORE_ANSWER: Final = ("raised", "acknowledged", "more needed")
AT_WORK: Final = ("accepted", "acting")
SETTLED: Final = ("outcome reported", "declined")


class Raised(Coded, frozen=True):
    """What is feared, from which group (a code of the charter's annex), about where and when, and how well it is known.

    A standing worry may leave the time open; an imminent threat gives its window.
    """

    kind: Literal["standing-worry", "imminent-threat"]
    what: Literal["presence", "gathering", "attack", "abduction", "crossing-of-the-line", "arms", "explosives", "other"]
    area: Place
    grade: Grade
    group: Code | None = None
    window: Window | None = None

    def __post_init__(self) -> None:
        """Refuse an imminent threat without its window, and a grade of mixed schemes."""
        if self.kind == IMMINENT and self.window is None:
            raise ValueError("an imminent threat gives the window in which it is expected")
        if fault := grade_fault(self.grade):
            raise ValueError(fault)


class More(Coded, frozen=True):
    """What the opener adds: a better area, window or group; the rest is in the portion."""

    area: Place | None = None
    window: Window | None = None
    group: Code | None = None


class Declined(Coded, frozen=True):
    """Why the host does not act on a concern."""

    reason: Literal[
        "not-substantiated",
        "group-not-there",
        "already-under-way",
        "not-competent",
        "not-possible",
        "unlawful",
        "suspected-torture",
        "not-stated",
    ]


class Acted(Coded, frozen=True):
    """What the host's own authorities do on its own soil, and about where there."""

    measures: Annotated[
        tuple[Literal["patrols", "search", "checkpoints", "post-reinforced", "inquiry", "arrest-by-law", "other"], ...],
        msgspec.Meta(min_length=1, max_length=8),
    ]
    where: Place | None = None


class Outcome(Coded, frozen=True):
    """What came of it."""

    result: Literal["threat-ended", "threat-reduced", "unchanged", "not-confirmed", "nothing-found"]


class Reviewed(Coded, frozen=True):
    """What a side says at the meeting that reviews the concern; the meeting's entry stands in the basis."""

    result: Literal["settled", "kept-in-view", "not-settled"]


CONCERN: Final = Procedure(
    name="concern",
    title="Concern",
    purpose="One side warns of a threat from the other's soil; the other's own authorities act on it there, and say how"
    " it ended. Nothing in it is a consent to cross the line.",
    states={
        "raised": "{opener} raised a concern; {responder} has not acknowledged it.",
        "acknowledged": "{responder} acknowledged the concern and has not said whether it will act.",
        "more needed": "{responder} needs to know more before it can act.",
        "accepted": "{responder} accepted the concern and will act through its own authorities on its own soil.",
        "acting": "The authorities of {responder} act on the concern on their own soil.",
        "declined": "{responder} declined the concern; it is to be reviewed at the next meeting.",
        "outcome reported": "{responder} reported the outcome; it is to be reviewed at the next meeting.",
        "reviewed": "Both sides reviewed the concern.",
    },
    terminal=("reviewed",),
    acts={
        "raise": Rule(
            who=Who.OPENER,
            moves=to("raised"),
            says="{author} raises a concern ({kind}): {what}.",
            fields=Raised,
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER, moves=to("acknowledged", "raised"), says="{author} acknowledges the concern."
        ),
        "need more": Rule(
            who=Who.RESPONDER,
            moves=to("more needed", *BEFORE_ANSWER),
            says="{author} needs to know more.",
            portions=(Portion("question", required=True),),
        ),
        "add": Rule(
            who=Who.OPENER,
            moves=to("acknowledged", "more needed") | stay("raised", "acknowledged", *AT_WORK),
            says="{author} adds to what it knows.",
            fields=More,
            portions=(Portion("text", required=True),),
        ),
        "accept": Rule(
            who=Who.RESPONDER,
            moves=to("accepted", *BEFORE_ANSWER),
            says="{author} accepts the concern: its own authorities will act, on its own soil. This is no consent to"
            " cross the line.",
        ),
        "decline": Rule(
            who=Who.RESPONDER,
            moves=to("declined", *BEFORE_ANSWER, *AT_WORK),
            says="{author} declines the concern: {reason}.",
            fields=Declined,
        ),
        "act": Rule(
            who=Who.RESPONDER,
            moves=to("acting", *AT_WORK),
            says="The authorities of {author} act on their own soil: {measures}.",
            fields=Acted,
        ),
        "report outcome": Rule(
            who=Who.RESPONDER,
            moves=to("outcome reported", *AT_WORK) | stay("outcome reported"),
            says="{author} reports the outcome: {result}.",
            fields=Outcome,
        ),
        "review": Rule(
            who=Who.BOTH,
            moves=to("reviewed", *SETTLED),
            says="{author} has reviewed the concern at a meeting: {result}.",
            fields=Reviewed,
        ),
    },
    duties=(
        Duty(
            name="acknowledge",
            who=Who.RESPONDER,
            since=("raise",),
            until=("acknowledge", "need more", "accept", "decline"),
            within=LANE,
            says="acknowledge the concern",
        ),
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("raise", "add"),
            until=("need more", "accept", "decline", "act", "report outcome"),
            within="concern-answer",
            says="accept the concern, ask for more or decline it",
        ),
        Duty(
            name="answer by",
            who=Who.RESPONDER,
            since=("raise",),
            until=("need more", "accept", "decline"),
            at=REPLY_BY,
            says="accept the concern, ask for more or decline it",
        ),
        Duty(
            name="say more",
            who=Who.OPENER,
            since=("need more",),
            until=("add",),
            says="say more of what it knows",
        ),
        Duty(
            name="outcome",
            who=Who.RESPONDER,
            since=("accept",),
            until=("report outcome", "decline"),
            says="report the outcome",
        ),
        Duty(
            name="review",
            who=Who.BOTH,
            since=("report outcome", "decline"),
            until=("review",),
            says="review the concern at the next meeting",
        ),
    ),
    crossings=(
        Crossing(("add", "accept"), to="accepted"),
        Crossing(("add", "decline"), to="acknowledged"),
    ),
)


class Elapsed(NamedTuple):
    """From the warning to its outcome, in milliseconds, 0 where not known yet.

    ``warned_ms`` is the host's first receipt of the warning, ``outcome_ms`` the warner's of the outcome; ``elapsed_ms``
    runs from the one to the other, or to now while there is no outcome.
    """

    warned_ms: int
    outcome_ms: int
    elapsed_ms: int


def warning_to_outcome(case: Case, receipts: Mapping[str, int], now_ms: int) -> Elapsed:
    """Give the time from warning to outcome of a concern (3-procedures); *receipts* as for duties.

    A concern declined has no outcome, and its clock runs on: declining does not end the threat.
    """
    warned_ms = receipts.get(case.id, 0)
    told = [receipts.get(each.held.digest, 0) for each in case.effective("report outcome")]
    outcome_ms = min([each for each in told if each], default=0)
    return Elapsed(warned_ms, outcome_ms, (outcome_ms or now_ms) - warned_ms if warned_ms else 0)
