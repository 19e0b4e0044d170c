"""Violation report: one side reports that its airspace or territory was violated; the other explains, or is protested.

On whose side it happened is what the reporter states; the map says only how near to the line, under each side's claim
and with its accuracy, and decides nothing (3-procedures, Territory guard). A protest stays on record whatever follows;
only an accepted explanation ends the report. Measuring is in ``violation_report_rules``.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.engine.coded import Coded, Count, Metres, Place, Window
from rabita.procedures.engine.definition import LANE, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to

OPEN: Final = ("reported", "explained", "protested")


class Violation(Coded, frozen=True):
    """What was violated, by what, when, and about where; how it is known. Heights are metres above the sea."""

    what: Literal["airspace", "territory", "waters"]
    by: Annotated[
        tuple[
            Literal[
                "aircraft", "helicopter", "drone", "missile", "balloon", "gunfire", "ground-force", "vehicle", "vessel",
                "armed-persons", "unknown",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=11),
    ]  # fmt: skip
    when: Window
    where: Place
    known_from: Literal["seen", "heard", "sensor", "reported", "media"]
    number: Count | None = None
    height_m: Metres | None = None
    depth_m: Metres | None = None
    ended: Literal["left", "turned-back", "landed", "fell", "intercepted", "goes-on", "unknown"] = "unknown"


class Explanation(Coded, frozen=True):
    """How the other side explains it, and its own place of it, if it has one."""

    says: Literal[
        "not-ours", "did-not-happen", "on-our-side", "by-error", "technical-fault", "distress", "deliberate", "inquiry"
    ]
    where: Place | None = None


class Protests(Coded, frozen=True):
    """In what form the protest was made; the measure that carries it may stand in the basis."""

    form: Literal["on-the-line", "note-verbale", "summons", "spoken"] = "on-the-line"


VIOLATION_REPORT: Final = Procedure(
    name="violation report",
    title="Violation report",
    purpose="One side reports a violation of its airspace or territory; the other explains, and the first accepts that"
    " or protests.",
    states={
        "reported": "{opener} reported a violation; {responder} has not explained it.",
        "explained": "{responder} gave an explanation; {opener} has not said whether it accepts it.",
        "protested": "{opener} protests, and the protest stands.",
        "accepted": "{opener} accepted the explanation.",
    },
    terminal=("accepted",),
    acts={
        "report": Rule(
            who=Who.OPENER,
            moves=to("reported"),
            says="{author} reports a violation of its {what} by {by}.",
            fields=Violation,
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER, moves=stay("reported", "protested"), says="{author} acknowledges the report."
        ),
        "explain": Rule(
            who=Who.RESPONDER,
            moves=to("explained", *OPEN),
            says="{author} explains: {says}.",
            fields=Explanation,
            portions=(Portion("explanation", required=True),),
        ),
        "protest": Rule(
            who=Who.OPENER,
            moves=to("protested", *OPEN),
            says="{author} protests ({form}).",
            fields=Protests,
        ),
        "accept explanation": Rule(
            who=Who.OPENER,
            moves=to("accepted", "explained", "protested"),
            says="{author} accepts the explanation.",
        ),
    },
    duties=(
        Duty(
            name="acknowledge",
            who=Who.RESPONDER,
            since=("report",),
            until=("acknowledge", "explain"),
            within=LANE,
            says="acknowledge the report",
        ),
        Duty(
            name="explain",
            who=Who.RESPONDER,
            since=("report", "protest"),
            until=("explain",),
            within="violation-explanation",
            says="explain",
        ),
        Duty(
            name="judge",
            who=Who.OPENER,
            since=("explain",),
            until=("protest", "accept explanation"),
            says="accept the explanation or protest",
        ),
    ),
    crossings=(
        Crossing(("accept explanation", "explain"), to="accepted"),
        Crossing(("protest", "explain"), to="explained"),
    ),
)
