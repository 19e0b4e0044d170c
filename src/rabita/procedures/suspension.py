"""Suspension: one side announces that it suspends named procedures, why, from when, until when; then it resumes them.

Time never moves a state, so it takes two acts: *announce*, with the times, and *begin*, at that time; an act is touched
only if its author had seen the beginning and not the resumption. Acts whose ``seen`` predates it stay valid.

What may never be suspended is not among the names a suspension can give: stop requests, hazard notices, clarifications,
line tests, suspension and resumption themselves; a FLASH message, a correction, a withdrawal and a signature pass by
their own rules, and acts of the line itself (key rotation, revocation, amendment) are in no procedure at all.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.procedures.engine.coded import Coded, Millis
from rabita.procedures.engine.definition import CORRECT, WITHDRAW, Duty, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import newest

Suspendable: TypeAlias = Literal[
    "message",
    "accreditation",
    "concern",
    "incident",
    "notice",
    "violation report",
    "rfi",
    "intelligence report",
    "measure",
    "commitment",
    "readout",
    "call record",
    "joint statement",
    "meeting",
    "alert",
    "crossing",
    "humanitarian request",
]
Names: TypeAlias = Annotated[tuple[Suspendable, ...], msgspec.Meta(min_length=1, max_length=32)]

BINDING: Final = ("begin", "resume")
STANDING: Final = ("announced", "in effect")


class Terms(Coded, frozen=True, kw_only=True):
    """Until when: an end, or, where none can be said (0), the day on which it is reviewed."""

    until_ms: Millis
    review_ms: Millis = 0

    def __post_init__(self) -> None:
        """Refuse a suspension with neither an end nor a review."""
        if not self.until_ms and not self.review_ms:
            raise ValueError("a suspension has an end or a day of review")


class Announcement(Terms, frozen=True):
    """What is suspended, why, and from when; it begins with an act of its own then."""

    procedures: Names
    reason: Literal["incident", "violation", "security", "policy", "technical", "maintenance", "other"]
    from_ms: Millis

    def __post_init__(self) -> None:
        """Refuse a procedure named twice, and an end or a review that is not after the beginning."""
        super().__post_init__()
        if len(set(self.procedures)) < len(self.procedures):
            raise ValueError("a procedure is named once")
        if any(each and each <= self.from_ms for each in (self.until_ms, self.review_ms)):
            raise ValueError("a suspension ends and is reviewed after it begins")


class Begins(Coded, frozen=True):
    """What is suspended from this act on: the procedures announced, all of them."""

    procedures: Names


SUSPENSION: Final = Procedure(
    name="suspension",
    title="Suspension",
    purpose="One side announces that it suspends procedures, with its reason and until when, and later resumes them.",
    states={
        "announced": "{opener} announced that it will suspend procedures; it has not begun.",
        "in effect": "{opener} has suspended the procedures it announced.",
        "resumed": "{opener} resumed the procedures.",
        "called off": "{opener} called the suspension off before it began.",
    },
    terminal=("resumed", "called off"),
    acts={
        "announce": Rule(
            who=Who.OPENER,
            moves=to("announced"),
            says="{author} announces that it suspends: {procedures}. Reason: {reason}.",
            fields=Announcement,
            portions=(Portion("text", may_withhold=False),),
        ),
        "begin": Rule(
            who=Who.OPENER,
            moves=to("in effect", "announced"),
            says="From here on {author} suspends: {procedures}.",
            fields=Begins,
            portions=(),
            service=True,
        ),
        "extend": Rule(
            who=Who.OPENER,
            moves=stay(*STANDING),
            says="{author} sets another end or review.",
            fields=Terms,
            portions=(Portion("text", may_withhold=False),),
        ),
        "resume": Rule(
            who=Who.OPENER,
            moves=to("resumed", "in effect"),
            says="{author} resumes what it suspended.",
            portions=(Portion("text", may_withhold=False),),
        ),
        "call off": Rule(
            who=Who.OPENER, moves=to("called off", "announced"), says="{author} calls the suspension off."
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER, moves=stay(*STANDING), says="{author} takes note of the suspension.", portions=()
        ),
        "object": Rule(who=Who.RESPONDER, moves=stay(*STANDING), says="{author} objects to the suspension."),
    },
    duties=(
        Duty(
            name="acknowledge",
            who=Who.RESPONDER,
            since=("announce",),
            until=("acknowledge", "object"),
            says="take note of the suspension",
        ),
        Duty(
            name="resume",
            who=Who.OPENER,
            since=("announce", "extend"),
            until=("extend", "resume"),
            at="until_ms",
            says="resume what it suspended, or set another end",
        ),
        Duty(
            name="review",
            who=Who.OPENER,
            since=("announce", "extend"),
            until=("extend", "resume"),
            at="review_ms",
            says="review the suspension",
        ),
    ),
    suspendable=False,
    suspends=BINDING,
    withdrawable=False,
)


class Stage(StrEnum):
    """Where a suspension stands at a moment, to the node that asks."""

    AHEAD = "to begin"
    DUE = "should have begun"
    IN_EFFECT = "in effect"
    PAST_END = "past its end and not resumed"
    OVER = "over"


def stage(case: Case, now_ms: int) -> Stage:
    """View a suspension at *now_ms* (ms since 1970 UTC); an end that passed ends nothing."""
    if case.state not in STANDING:
        return Stage.OVER
    if case.state == "announced":
        announced = newest(case, "announce")
        from_ms = announced.fields.from_ms if announced and isinstance(announced.fields, Announcement) else 0
        return Stage.AHEAD if now_ms < from_ms else Stage.DUE
    terms = newest(case, "announce", "extend")
    until_ms = terms.fields.until_ms if terms and isinstance(terms.fields, Terms) else 0
    return Stage.PAST_END if 0 < until_ms < now_ms else Stage.IN_EFFECT


def suspended(cases: Iterable[Case]) -> dict[str, tuple[str, ...]]:
    """Give every procedure now suspended, with the sides that suspended it, from the suspensions held."""
    found: dict[str, set[str]] = {}
    for case in cases:
        begun = newest(case, "begin") if case.state == "in effect" else None
        for name in begun.fields.procedures if begun and isinstance(begun.fields, Begins) else ():
            found.setdefault(name, set()).add(case.opener)
    return {name: tuple(sorted(sides)) for name, sides in sorted(found.items())}


def check_suspension(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs a clock or the announcement.

    1. ``suspension-backdated``: it is announced before it begins, and before it ends.
    2. ``suspension-early``: it does not begin before the time announced.
    3. ``suspension-foreign``: what begins is what was announced.
    4. ``suspension-final``: a beginning or resumption is not corrected or withdrawn; resume, or announce anew.
    """
    if facts.corrects or facts.act.act in (CORRECT, WITHDRAW):
        target = _target(facts)
        binds = target is not None and target.act in BINDING
        return (RuleFinding("suspension-final", "basis"),) if binds else ()  # 4
    if isinstance(facts.fields, Announcement):
        return _when(facts.fields.from_ms < facts.now_ms, "suspension-backdated", "from_ms")  # 1
    if isinstance(facts.fields, Begins) and facts.case is not None:
        announced = newest(facts.case, "announce")
        if announced is not None and isinstance(announced.fields, Announcement):
            differs = set(announced.fields.procedures) != set(facts.fields.procedures)
            return (
                *_when(facts.now_ms < announced.fields.from_ms, "suspension-early", "from_ms"),  # 2
                *_when(differs, "suspension-foreign", "procedures"),  # 3
            )
    return ()


def _when(broken: bool, code: str, detail: str) -> tuple[RuleFinding, ...]:  # noqa: FBT001 - the finding's condition
    return (RuleFinding(code, detail),) if broken else ()


def _target(facts: RuleFacts) -> Folded | None:
    held = facts.case.acts if facts.case is not None else ()
    return next((each for each in held if each.held.digest in facts.act.basis), None)
