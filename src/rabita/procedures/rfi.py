"""Request for information (RFI): one side asks the other a question, says what for and why, and until when it matters.

Two clocks, both from the charter (EU 2023/977): urgent 8 hours, else 7 days. A question back stops the clock, and the
answer to it starts it anew. No request, and no answer, is ever about a person: the subjects are coded and none is one,
and portions marked as personal data are refused (``check_rfi``). Information suspected to stem from torture is refused
for that stated reason, by whichever side is to use it (1-mechanism).
"""

from typing import Final, Literal

from rabita.procedures.engine.coded import Coded, Millis
from rabita.procedures.engine.definition import ANY, LANE, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.marking_grades import Grade, grade_fault
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.rules import RuleFacts, RuleFinding

URGENT: Final = "urgent"
NORMAL: Final = "normal"
DEADLINES: Final = {URGENT: "rfi-urgent", NORMAL: "rfi-normal"}
"""The charter's deadline for each urgency."""
_SECOND_MS: Final = 1_000


class Asked(Coded, frozen=True):
    """What is asked: about what (never a person), for what purpose, how urgent, and until when an answer has value.

    The question and its justification are portions.
    """

    subject: Literal[
        "armed-group", "area", "route", "event", "hazard", "method", "materiel", "statement", "own-forces", "other"
    ]
    purpose: Literal[
        "prevent-attack",
        "protect-population",
        "protect-border-posts",
        "verify-incident",
        "counter-smuggling",
        "public-safety",
        "search-and-rescue",
        "de-escalation",
    ]
    urgency: Literal["urgent", "normal"]
    latest_time_of_value_ms: Millis

    def __post_init__(self) -> None:
        """Refuse a request that is of value without end."""
        if not self.latest_time_of_value_ms:
            raise ValueError("a request says until when its answer has value")


class Clarified(Coded, frozen=True):
    """The question made clear: how urgent the answer is now."""

    urgency: Literal["urgent", "normal"]


class Answered(Coded, frozen=True):
    """An answer: whether anything is held, and how it is graded."""

    found: Literal["held", "obtained", "nothing-held"]
    grade: Grade | None = None

    def __post_init__(self) -> None:
        """Refuse a grade that does not hold together, or one of nothing."""
        if self.grade is not None and (fault := grade_fault(self.grade)):
            raise ValueError(fault)
        if self.grade is not None and self.found == "nothing-held":
            raise ValueError("nothing held has no grade")


class Refused(Coded, frozen=True):
    """Why a request is refused."""

    reason: Literal[
        "not-stated",
        "not-competent",
        "not-held",
        "not-obtainable",
        "not-proportionate",
        "purpose-unclear",
        "collection-against-persons",
        "ethnicity-belief-or-speech",
        "lethal-force",
        "suspected-torture",
        "third-party-rule",
        "protection-of-source",
        "operation-under-way",
        "unlawful",
        "policy",
    ]


class Rejected(Coded, frozen=True):
    """Why an answer is not taken."""

    reason: Literal["suspected-torture", "collection-against-persons", "unlawful", "unreadable", "not-responsive"]


class Closed(Coded, frozen=True):
    """Why a request is closed without being satisfied."""

    reason: Literal["no-longer-needed", "answered-elsewhere", "past-its-value", "superseded"]


UNANSWERED: Final = ("asked", "clarification asked", "accepted")
OPEN: Final = (*UNANSWERED, "partly answered", "answered")
WITH_ANSWER: Final = ("partly answered", "answered")

RFI: Final = Procedure(
    name="rfi",
    title="Request for information",
    purpose="One side asks the other a question, with its purpose, its justification and its latest time of value.",
    states={
        "asked": "{opener} asked for information; {responder} has not said whether it will answer.",
        "clarification asked": "{responder} asked {opener} what exactly it wants to know, and why.",
        "accepted": "{responder} accepted the request; its answer is still to come.",
        "partly answered": "{responder} answered in part; the rest is still to come.",
        "answered": "{responder} answered; {opener} has not said whether that satisfies it.",
        "satisfied": "{opener} has the information it asked for.",
        "closed": "{opener} closed the request.",
        "refused": "{responder} refused the request.",
    },
    terminal=("satisfied", "closed", "refused"),
    acts={
        "ask": Rule(
            who=Who.OPENER,
            moves=to("asked"),
            says="{author} asks for information about: {subject} (purpose: {purpose}; {urgency}).",
            fields=Asked,
            portions=(
                Portion("question", required=True, may_withhold=False),
                Portion("justification", required=True, may_withhold=False),
            ),
        ),
        "accept": Rule(
            who=Who.RESPONDER, moves=to("accepted", "asked", "clarification asked"), says="{author} will answer."
        ),
        "ask back": Rule(
            who=Who.RESPONDER,
            moves=to("clarification asked", *UNANSWERED),
            says="{author} asks what exactly is wanted.",
            portions=(Portion("question", required=True, may_withhold=False),),
        ),
        "clarify": Rule(
            who=Who.OPENER,
            moves=to("asked", "clarification asked") | stay("asked", "accepted"),
            says="{author} makes its question clear ({urgency}).",
            fields=Clarified,
            portions=(Portion("question", required=True, may_withhold=False), Portion("justification")),
        ),
        "refuse": Rule(
            who=Who.RESPONDER,
            moves=to("refused", *UNANSWERED, "partly answered"),
            says="{author} refuses the request: {reason}.",
            fields=Refused,
        ),
        "answer in part": Rule(
            who=Who.RESPONDER,
            moves=to("partly answered", *UNANSWERED, "partly answered"),
            says="{author} answers in part.",
            fields=Answered,
            portions=(Portion("answer", required=True), Portion("tear-line", may_withhold=False)),
        ),
        "answer": Rule(
            who=Who.RESPONDER,
            moves=to("answered", *OPEN),
            says="{author} answers.",
            fields=Answered,
            portions=(Portion("answer", required=True), Portion("tear-line", may_withhold=False)),
        ),
        "reject answer": Rule(
            who=Who.OPENER,
            moves=to("accepted", *WITH_ANSWER),
            says="{author} does not take the answer: {reason}.",
            fields=Rejected,
        ),
        "take answer": Rule(
            who=Who.OPENER, moves=to("satisfied", *WITH_ANSWER), says="{author} has what it asked for."
        ),
        "close": Rule(
            who=Who.OPENER, moves=to("closed", *OPEN), says="{author} closes the request: {reason}.", fields=Closed
        ),
    },
    duties=(
        *(
            Duty(
                name=f"{urgency} answer",
                who=Who.RESPONDER,
                since=("ask", "clarify"),
                until=("answer", "refuse", "ask back"),
                within=deadline,
                when={"urgency": urgency},
                says="answer the request, refuse it or ask back",
            )
            for urgency, deadline in DEADLINES.items()
        ),
        Duty(
            name="clarify",
            who=Who.OPENER,
            since=("ask back",),
            until=("clarify", "close"),
            within=LANE,
            says="say what exactly it wants to know",
        ),
        Duty(
            name="answer again",
            who=Who.RESPONDER,
            since=("reject answer",),
            until=("answer", "refuse"),
            says="answer anew, or refuse",
        ),
    ),
    crossings=(
        Crossing(("close", ANY), to="closed"),
        Crossing(("accept", "clarify"), to="accepted"),
        Crossing(("refuse", "take answer"), to="satisfied"),
        Crossing(("refuse", ANY), to="refused"),
        Crossing(("answer", ANY), to="answered"),
        Crossing(("answer in part", ANY), to="partly answered"),
    ),
)


def check_rfi(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs a clock or the markings.

    1. ``rfi-person``: no portion of a request or an answer may hold personal data: it is never collection against
       persons.
    2. ``date-past``: the latest time of value lies ahead.
    3. ``rfi-value-short``, shown only: it comes before the answer is due, so the answer may come too late.
    4. ``rfi-past-value``, shown only: the answer comes after it.
    """
    fields = facts.fields
    personal = [role for role, markings in facts.markings.items() if any(each.personal for each in markings)]
    found = [RuleFinding("rfi-person", role) for role in personal]  # 1
    if isinstance(fields, Asked):
        until_ms = fields.latest_time_of_value_ms
        found += past_findings(facts, latest_time_of_value_ms=until_ms)  # 2
        allowed_s = facts.charter.deadlines_s.get(DEADLINES[fields.urgency], 0)
        if facts.now_ms < until_ms < facts.now_ms + allowed_s * _SECOND_MS:
            found.append(RuleFinding("rfi-value-short", fields.urgency, refuses=False))  # 3
    if isinstance(fields, Answered) and 0 < _value_until_ms(facts) < facts.now_ms:
        found.append(RuleFinding("rfi-past-value", refuses=False))  # 4
    return tuple(found)


def _value_until_ms(facts: RuleFacts) -> int:
    """Give until when the answer has value, by the request as last corrected; 0 where it is not known."""
    asked = facts.case.effective("ask") if facts.case is not None else ()
    fields = asked[0].corrected if asked else None
    return fields.latest_time_of_value_ms if isinstance(fields, Asked) else 0
