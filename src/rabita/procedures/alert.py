"""Alert: a public alert shared with the other side, in the codes of CAP 1.2 (OASIS Common Alerting Protocol), whole.

The act is CAP's message type: *alert*, *update*, *cancel*; the other side's *acknowledge* is Ack and *reject* is Error.
References stand in the basis. One alert holds one set of coded values; its words travel in parallel languages, and
where there is no translator the codes still say it whole in each reader's language.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Coded, Count, Declines, Millis, Place
from rabita.procedures.engine.definition import LANE, Portion, Procedure
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.views import basis_of, newest

MESSAGE_TYPES: Final = {
    "alert": "Alert",
    "update": "Update",
    "cancel": "Cancel",
    "acknowledge": "Ack",
    "reject": "Error",
}
"""CAP 1.2's msgType of each act."""
IN_FORCE: Final = ("alert", "update")
PARALLEL: Final = ("headline", "description", "instruction")


class Alert(Coded, frozen=True):
    """The coded values of a CAP 1.2 alert. Times are milliseconds since 1970 UTC, 0 not given; heights feet above sea.

    ``status``, ``scope``, ``category``, ``urgency``, ``severity``, ``certainty`` and ``response`` are CAP's own codes;
    ``event`` is what CAP leaves to words, here a code so that it reads in every language.
    """

    status: Literal["Actual", "Exercise", "System", "Test", "Draft"]
    scope: Literal["Public", "Restricted", "Private"]
    category: Annotated[
        tuple[
            Literal[
                "Geo",
                "Met",
                "Safety",
                "Security",
                "Rescue",
                "Fire",
                "Health",
                "Env",
                "Transport",
                "Infra",
                "CBRNE",
                "Other",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=12),
    ]
    event: Literal[
        "earthquake",
        "flood",
        "flash-flood",
        "dam-release",
        "landslide",
        "cyclone",
        "storm",
        "dust-storm",
        "heat",
        "cold",
        "drought",
        "tsunami",
        "fire",
        "explosion",
        "chemical-release",
        "radiation",
        "pollution",
        "epidemic",
        "animal-disease",
        "locusts",
        "shipping",
        "aviation",
        "power-failure",
        "other",
    ]
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"]
    response: Annotated[
        tuple[
            Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"], ...
        ],
        msgspec.Meta(max_length=8),
    ] = ()
    areas: Annotated[tuple[Place, ...], msgspec.Meta(max_length=16)] = ()
    effective_ms: Millis = 0
    onset_ms: Millis = 0
    expires_ms: Millis = 0
    altitude_ft: Count | None = None
    ceiling_ft: Count | None = None

    def __post_init__(self) -> None:
        """Refuse what CAP 1.2 does not allow across fields: expiry, ceiling, and a response of none with others."""
        if self.expires_ms and self.expires_ms <= max(self.effective_ms, self.onset_ms):
            raise ValueError("an alert expires after it takes effect and after its onset")
        if self.ceiling_ft is not None and (self.altitude_ft is None or self.ceiling_ft <= self.altitude_ft):
            raise ValueError("a ceiling stands with an altitude and above it")
        if "None" in self.response and len(self.response) > 1:
            raise ValueError("a response of none stands alone")


class Cancels(Coded, frozen=True):
    """Why an alert is cancelled: the event ended, it never was, or another channel carries it."""

    reason: Literal["ended", "error", "superseded"]


WORDS: Final = tuple([Portion(role, may_withhold=False) for role in (*PARALLEL, "restriction", "note")])
_NOTE: Final = (Portion("note", may_withhold=False),)
_T: Final = template(
    Step(
        act="alert",
        state="alerted",
        says="{author} alerts {other}: {event}. Urgency: {urgency}. Severity: {severity}. Certainty: {certainty}.",
        sentence="{opener} alerts to a danger; {responder} has not acknowledged the alert as it stands.",
        fields=Alert,
        portions=WORDS,
    ),
    Step(
        act="update",
        state="alerted",
        says="{author} updates its alert: {event}. Urgency: {urgency}. Severity: {severity}. Certainty: {certainty}.",
        fields=Alert,
        portions=WORDS,
    ),
    answers=(
        Step(
            act="acknowledge",
            state="acknowledged",
            says="{author} acknowledges the alert.",
            sentence="{responder} acknowledged the alert of {opener}.",
            portions=(),
        ),
        Step(
            act="reject",
            state="rejected",
            says="{author} rejects the alert: {reason}.",
            sentence="{responder} rejected the alert of {opener}; it stands as it is until it is updated or cancelled.",
            fields=Declines,
            portions=(Portion("note", required=True, may_withhold=False),),
        ),
    ),
    closes=(
        Step(
            act="cancel",
            state="cancelled",
            says="{author} cancels its alert: {reason}.",
            sentence="{opener} cancelled its alert.",
            fields=Cancels,
            portions=_NOTE,
        ),
        Step(
            act="close",
            state="closed",
            says="{author} closes its alert: the danger is over.",
            sentence="{opener} closed its alert: the danger is over.",
            portions=_NOTE,
        ),
    ),
    within=LANE,
    owes="acknowledge the alert",
)

ALERT: Final = Procedure(
    name="alert",
    title="Alert",
    purpose="One side shares a public alert (flood, earthquake) with the other, in the codes of CAP 1.2.",
    states=_T.states,
    terminal=_T.terminal,
    acts=_T.acts,
    duties=_T.duties,
    crossings=_T.crossings,
)


def in_force(case: Case) -> Folded | None:
    """Give the alert or update now in force: the newest; None once it was cancelled, closed or withdrawn."""
    return None if case.state in ALERT.ends else newest(case, *IN_FORCE)


def is_expired(case: Case, now_ms: int) -> bool:
    """Say whether what is in force has passed its own expiry at *now_ms* (ms since 1970 UTC): a view, never a state."""
    current = in_force(case)
    return current is not None and isinstance(current.fields, Alert) and 0 < current.fields.expires_ms < now_ms


def references(case: Case, each: Folded) -> tuple[str, ...]:
    """Give CAP's references of an act: the alerts and updates of the case that its basis names, in the case's order."""
    named = basis_of(each)
    return tuple([held.held.digest for held in case.acts if held.act in IN_FORCE and held.held.digest in named])
