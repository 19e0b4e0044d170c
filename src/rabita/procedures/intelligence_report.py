"""Intelligence report: what one side knows, graded, marked, and under its control wherever it goes.

Source and information are graded apart (A to F with 1 to 6, or 4x4), fact apart from assessment; a probability may
stand beside a grade. The reader says what it was worth and may grade anew. Nothing goes on to a third party without the
originator's prior consent, asked for here and granted, denied or conditioned (third-party rule). What is suspected to
stem from torture is refused for that stated reason. Markings are checked for every act (``marking_rules``).
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.engine.coded import Code, Coded, Declines, Graded, Millis, PartyCode
from rabita.procedures.engine.definition import ANY, LANE, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.marking import Purpose
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.rules import RuleFacts, RuleFinding

TEAR_LINE: Final = "tear-line"
PURPOSES: Final = frozenset({Purpose.INCIDENT, Purpose.INVESTIGATION, Purpose.SAFETY})
"""What personal data in a report may serve."""


class Statement(Graded, frozen=True):
    """One statement of a report, by the role of the portion it stands in: its grade, and whether it is a fact."""

    nature: Literal["fact", "assessment"]
    portion: Code = "text"


class Issued(Coded, frozen=True):
    """What a report holds: about what, its statements graded, whether personal data; whether feedback is asked."""

    subject: Literal["armed-group", "area", "route", "event", "hazard", "method", "materiel", "smuggling", "other"]
    statements: Annotated[tuple[Statement, ...], msgspec.Meta(min_length=1, max_length=16)]
    personal: bool = False
    feedback_asked: bool = True


class Feedback(Coded, frozen=True):
    """What the report was worth to its reader, and the reader's own grades where it grades anew."""

    worth: Literal["useful", "used", "known-already", "not-useful", "wrong"]
    regrades: Annotated[tuple[Statement, ...], msgspec.Meta(max_length=16)] = ()


class Regraded(Coded, frozen=True):
    """The issuer's new grades of its own report."""

    statements: Annotated[tuple[Statement, ...], msgspec.Meta(min_length=1, max_length=16)]


class Refused(Coded, frozen=True):
    """Why a report is not taken: it is not used, and so said."""

    reason: Literal["suspected-torture", "collection-against-persons", "unlawful", "marking", "not-competent", "policy"]


class ReleaseAsked(Coded, frozen=True):
    """To which third party the reader would pass the report, how much of it, and what for."""

    third: PartyCode
    part: Literal["whole", "tear-line"]
    purpose: Literal["prevent-attack", "public-safety", "judicial", "humanitarian", "other"]


class Condition(Coded, frozen=True):
    """On what conditions the originator lets it go on; ``until_ms`` 0: without an end."""

    conditions: Annotated[
        tuple[
            Literal["tear-line-only", "no-attribution", "no-further-release", "not-in-court", "report-back", "until"],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=6),
    ]
    until_ms: Millis = 0

    def __post_init__(self) -> None:
        """Refuse a condition of time without the time, or a time without the condition."""
        if ("until" in self.conditions) != bool(self.until_ms):
            raise ValueError("a release until a time names that time")


class Closed(Coded, frozen=True):
    """Why the issuer closes a report."""

    reason: Literal["purpose-served", "no-longer-current", "superseded", "wrong"]


OPEN: Final = ("issued", "assessed")
ALL: Final = (*OPEN, "closed")

INTELLIGENCE_REPORT: Final = Procedure(
    name="intelligence report",
    title="Intelligence report",
    purpose="One side tells the other what it knows, graded and marked, and keeps control of where it goes.",
    states={
        "issued": "{opener} issued a report; {responder} has not said what it was worth.",
        "assessed": "{responder} said what the report was worth to it.",
        "refused": "{responder} does not take the report and does not use it.",
        "closed": "{opener} closed the report.",
    },
    terminal=("refused", "closed"),
    acts={
        "issue": Rule(
            who=Who.OPENER,
            moves=to("issued"),
            says="{author} reports on: {subject}.",
            fields=Issued,
            portions=(
                Portion("text", required=True),
                Portion("source"),
                Portion("assessment"),
                Portion(TEAR_LINE, may_withhold=False),
            ),
        ),
        "give feedback": Rule(
            who=Who.RESPONDER,
            moves=to("assessed", *OPEN) | stay("closed"),
            says="To {author} the report was: {worth}.",
            fields=Feedback,
        ),
        "regrade": Rule(who=Who.OPENER, moves=stay(*ALL), says="{author} grades its own report anew.", fields=Regraded),
        "refuse": Rule(
            who=Who.RESPONDER,
            moves=to("refused", *OPEN),
            says="{author} does not take the report: {reason}.",
            fields=Refused,
        ),
        "ask release": Rule(
            who=Who.RESPONDER,
            moves=stay(*ALL),
            says="{author} asks to pass it to {third} ({part}; {purpose}).",
            fields=ReleaseAsked,
            portions=(Portion("justification", may_withhold=False),),
        ),
        "grant release": Rule(who=Who.OTHER, moves=stay(*ALL), says="{author} grants the release."),
        "condition release": Rule(
            who=Who.OTHER,
            moves=stay(*ALL),
            says="{author} grants the release on conditions: {conditions}.",
            fields=Condition,
        ),
        "deny release": Rule(
            who=Who.OTHER, moves=stay(*ALL), says="{author} denies the release: {reason}.", fields=Declines
        ),
        "close": Rule(
            who=Who.OPENER, moves=to("closed", *OPEN), says="{author} closes the report: {reason}.", fields=Closed
        ),
    },
    duties=(
        Duty(
            name="feedback",
            who=Who.RESPONDER,
            since=("issue",),
            until=("give feedback", "refuse"),
            when={"feedback_asked": True},
            says="say what the report was worth",
        ),
        Duty(
            name="release",
            who=Who.OPENER,
            since=("ask release",),
            until=("grant release", "condition release", "deny release"),
            within=LANE,
            each=True,
            says="grant, condition or deny the release",
        ),
    ),
    crossings=(Crossing(("refuse", ANY), to="refused"), Crossing(("close", ANY), to="closed")),
)


def check_intelligence_report(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs the act's portions, its markings or a clock.

    1. ``grade-portion``: a statement graded stands in a portion of the report.
    2. ``personal-unmarked``: a report with personal data has their purpose, category and retention marked.
    3. ``personal-purpose``: and the purpose is one that a report may serve.
    4. ``release-party``: a release is asked to a third party, not to one of the two.
    5. ``release-part``: of a report without a tear-line, no tear-line is released.
    6. ``date-past``: a release is granted until a time ahead.
    """
    fields = facts.fields
    if isinstance(fields, Issued):
        return (*_graded(fields), *_personal(facts, fields))
    if isinstance(fields, ReleaseAsked):
        return _release(facts, fields)
    return past_findings(facts, until_ms=fields.until_ms) if isinstance(fields, Condition) else ()  # 6


def _graded(fields: Issued) -> tuple[RuleFinding, ...]:
    stray = [each.portion for each in fields.statements if each.portion not in ("text", *fields.roles)]
    return tuple([RuleFinding("grade-portion", role) for role in dict.fromkeys(stray)])  # 1


def _personal(facts: RuleFacts, fields: Issued) -> tuple[RuleFinding, ...]:
    marked = [personal for markings in facts.markings.values() for each in markings for personal in each.personal]
    if fields.personal and not marked:
        return (RuleFinding("personal-unmarked"),)  # 2
    foreign = dict.fromkeys([each.purpose for each in marked if each.purpose not in PURPOSES])
    return tuple([RuleFinding("personal-purpose", purpose) for purpose in foreign])  # 3


def _release(facts: RuleFacts, fields: ReleaseAsked) -> tuple[RuleFinding, ...]:
    if fields.third in [each.party for each in facts.charter.parties]:
        return (RuleFinding("release-party", fields.third),)  # 4
    issued = facts.case.effective("issue") if facts.case is not None else ()
    roles = issued[0].fields.roles if issued and issued[0].fields is not None else ()
    lacks = fields.part == TEAR_LINE and TEAR_LINE not in roles
    return (RuleFinding("release-part", TEAR_LINE),) if lacks else ()  # 5
