"""Incident: one two-sided record of what happened, so that neither side counts alone.

Account A, account B; what they agree and dispute on is a view (``incident_facts``), never a state. Attribution and
claimed sponsor are apart from the facts and each graded. Joint verification follows the Great Lakes practice: mission
within 5 days of the alert, interim report, final report 5 days later. A finding exists when both have signed it; else
there are two findings with dissent. Corrections keep history.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.engine.coded import Code, Coded, Count, Declines, Digest, Graded, Part, Place, Signs, Window
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Joint, Portion, Procedure, Rule, Who, stay, to


class Harm(Part, frozen=True):
    """Harm by count, never by name; None where the reporter does not know."""

    killed: Count | None = None
    wounded: Count | None = None
    missing: Count | None = None
    detained: Count | None = None
    property: Literal["none", "minor", "major", "unknown"] = "unknown"


class Attribution(Graded, frozen=True):
    """Who the reporter says did it, apart from what happened; ``group`` is a code of the charter's annex."""

    actor: Literal["opener", "responder", "armed-group", "criminal-group", "third-state", "nobody", "unknown"]
    group: Code | None = None


class ClaimedSponsor(Graded, frozen=True):
    """Whom the reporter says stands behind it: a claim, apart from attribution and from fact."""

    sponsor: Literal["opener", "responder", "third-state", "private", "unknown"]


class Account(Coded, frozen=True):
    """One side's account: what, when, where (coarse), on whose soil it says it was, by what means, with what harm."""

    what: Literal[
        "armed-attack",
        "strike",
        "fire-across-the-line",
        "airspace-violation",
        "crossing-of-the-line",
        "explosion",
        "abduction",
        "detention",
        "accident",
        "nothing-happened",
        "other",
    ]
    when: Window
    known_from: Literal["seen", "heard", "sensor", "reported", "media"]
    where: Place | None = None
    soil: Literal["opener", "responder", "both", "neither", "unknown"] = "unknown"
    means: tuple[
        Literal["small-arms", "artillery", "missile", "drone", "aircraft", "explosive", "vehicle", "other"], ...
    ] = ()
    harm: Harm = Harm()
    attribution: Attribution | None = None
    claimed_sponsor: ClaimedSponsor | None = None


class Mission(Coded, frozen=True):
    """A mission order as proposed: the places, the time, how many from each side, the map edition it works on."""

    places: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1, max_length=16)]
    during: Window
    team_each: Annotated[int, msgspec.Meta(ge=1, le=50)]
    edition: Digest


class Access(Coded, frozen=True):
    """Access asked for: to which place, when."""

    to: Place
    during: Window


class Report(Coded, frozen=True):
    """A report of the mission: as of when, and whether access was restricted."""

    as_of_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    access_restricted: bool = False


class Conclusion(Coded, frozen=True):
    """A finding, joint or one side's own: what is established, and the actor if the finding names one."""

    outcome: Literal["established", "partly-established", "not-established", "unfounded"]
    actor: Literal["opener", "responder", "armed-group", "criminal-group", "third-state", "nobody", "not-named"] = (
        "not-named"
    )


VERIFYING: Final = ("mission ordered", "interim")
BEFORE_FINDING: Final = ("reported", "told", "mission proposed", *VERIFYING, "final", "finding proposed")
NARRATIVE: Final = tuple([Portion(role) for role in ("account", "who", "what", "where", "when", "harm")])

INCIDENT: Final = Procedure(
    name="incident",
    title="Incident",
    purpose="One record of an incident with both accounts, what they agree on, and what was verified together.",
    states={
        "reported": "{opener} reported an incident; {responder} has not given its account.",
        "told": "Both sides have given their accounts.",
        "mission proposed": "A joint verification mission is proposed.",
        "mission ordered": "Both sides signed the order of a joint verification mission.",
        "interim": "The joint verification has reported in the interim.",
        "final": "The joint verification has given its final report.",
        "finding proposed": "A finding is proposed for both to sign.",
        "finding agreed": "Both sides signed one finding.",
        "two findings": "The sides dissent: each has given its own finding.",
        "closed": "Both sides closed the record without a finding.",
    },
    terminal=("finding agreed", "two findings", "closed"),
    acts={
        "report": Rule(
            who=Who.OPENER,
            moves=to("reported"),
            says="{author} reports an incident: {what}.",
            fields=Account,
            portions=NARRATIVE,
        ),
        "account": Rule(
            who=Who.RESPONDER,
            moves=to("told", "reported") | stay(*BEFORE_FINDING[1:]),
            says="{author} gives its account: {what}.",
            fields=Account,
            portions=NARRATIVE,
        ),
        "propose mission": Rule(
            who=Who.EITHER,
            moves=to("mission proposed", "reported", "told", "mission proposed"),
            says="{author} proposes a joint verification mission.",
            fields=Mission,
        ),
        "decline mission": Rule(
            who=Who.OTHER,
            moves=to("told", "mission proposed"),
            says="{author} declines the mission: {reason}.",
            fields=Declines,
        ),
        "agree mission": Rule(
            who=Who.EITHER,
            moves=stay(*BEFORE_FINDING),
            says="{author} signs the mission order {digest}.",
            fields=Signs,
            signs="mission order",
        ),
        "begin mission": Rule(
            who=Who.EITHER, moves=stay("mission ordered"), says="{author} reports the mission on site."
        ),
        "ask access": Rule(
            who=Who.EITHER, moves=stay(*VERIFYING), says="{author} asks for access to {to}.", fields=Access
        ),
        "grant access": Rule(who=Who.OTHER, moves=stay(*VERIFYING), says="{author} grants access."),
        "refuse access": Rule(
            who=Who.OTHER, moves=stay(*VERIFYING), says="{author} refuses access: {reason}.", fields=Declines
        ),
        "interim report": Rule(
            who=Who.EITHER,
            moves=to("interim", *VERIFYING),
            says="{author} files the mission's interim report.",
            fields=Report,
            portions=(Portion("report", required=True),),
        ),
        "final report": Rule(
            who=Who.EITHER,
            moves=to("final", *VERIFYING),
            says="{author} files the mission's final report.",
            fields=Report,
            portions=(Portion("report", required=True),),
        ),
        "propose finding": Rule(
            who=Who.EITHER,
            moves=to("finding proposed", "told", *VERIFYING, "final", "finding proposed"),
            says="{author} proposes a finding: {outcome}.",
            fields=Conclusion,
            portions=(Portion("finding", required=True, may_withhold=False),),
        ),
        "sign finding": Rule(
            who=Who.EITHER,
            moves=stay("finding proposed"),
            says="{author} signs the finding {digest}.",
            fields=Signs,
            signs="finding",
        ),
        "dissent": Rule(
            who=Who.BOTH,
            moves=to("two findings", "told", *VERIFYING, "final", "finding proposed"),
            says="{author} dissents and gives its own finding: {outcome}.",
            fields=Conclusion,
            portions=(Portion("finding", required=True, may_withhold=False),),
        ),
        "close": Rule(
            who=Who.BOTH,
            moves=to("closed", *BEFORE_FINDING),
            says="{author} would close the record without a finding.",
        ),
    },
    duties=(
        Duty(
            name="account",
            who=Who.RESPONDER,
            since=("report",),
            until=("account",),
            says="give its account",
        ),
        Duty(
            name="mission",
            who=Who.BOTH,
            since=("propose mission",),
            until=("begin mission", "decline mission"),
            within="joint-verification-mission",
            says="have the mission on site, or decline it",
        ),
        Duty(
            name="access",
            who=Who.OTHER,
            since=("ask access",),
            until=("grant access", "refuse access"),
            each=True,
            says="grant or refuse access",
        ),
        Duty(
            name="final report",
            who=Who.BOTH,
            since=("interim report",),
            until=("final report",),
            within="joint-verification-final-report",
            says="file the mission's final report",
        ),
    ),
    joints=(
        Joint(
            name="mission order",
            of=("propose mission",),
            to="mission ordered",
            says="A joint verification mission is ordered.",
        ),
        Joint(name="finding", of=("propose finding",), to="finding agreed", says="There is one finding of both sides."),
    ),
    crossings=(
        Crossing(("decline mission", "propose mission"), to="mission proposed"),
        Crossing(("propose finding", ANY), to="finding proposed"),
    ),
)
