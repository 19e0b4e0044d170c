"""Humanitarian request: detained fishermen, missing persons, medical passage, remains. Few personal data, kept briefly.

Coded fields hold a kind, a number, a coarse place and a time; who it is about stands in one portion, *particulars*,
marked with purpose, category and retention, and nowhere else. What is not needed to find, move or hand over a person is
refused by its length. Personal data that are due go even while the request is open (``disclosure.purge``).
After the template announce, answer, close.
"""

from typing import Annotated, Final, Literal

import msgspec

from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Code, Coded, Place, Window
from rabita.procedures.engine.definition import LANE, Duty, Portion, Procedure, Who
from rabita.procedures.marking import Category

PARTICULARS: Final = "particulars"
RETENTION: Final = "humanitarian-retention"
RETENTION_S: Final = 90 * 86_400
"""How long particulars are kept where the charter sets no other time."""
WORDS_EACH: Final = 40
"""Words of particulars for each person: name, origin, and what it takes to tell him apart."""
CATEGORIES: Final = {
    "detained-fishermen": Category.DETAINED,
    "missing-persons": Category.MISSING,
    "medical-passage": Category.PATIENT,
    "remains": Category.DECEASED,
}
"""Whose data a request of each kind may hold, and nobody else's."""


class Request(Coded, frozen=True):
    """A request: for what, for how many, how urgent; about where and when; by which crossing point of the annex."""

    kind: Literal["detained-fishermen", "missing-persons", "medical-passage", "remains"]
    how_many: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    urgency: Literal["life-threatening", "urgent", "ordinary"] = "ordinary"
    where: Place | None = None
    during: Window | None = None
    crossing_point: Code | None = None

    def __post_init__(self) -> None:
        """Refuse a passage that does not say when."""
        if self.kind == "medical-passage" and self.during is None:
            raise ValueError("a medical passage says when")


class Declined(Coded, frozen=True):
    """Why a request is declined."""

    reason: Literal[
        "not-stated", "not-with-us", "nothing-found", "judicial-proceedings", "security", "not-possible", "unclear"
    ]


class Outcome(Coded, frozen=True):
    """What was done."""

    outcome: Literal["released", "found-alive", "found-dead", "not-found", "passage-made", "handed-over", "other"]
    how_many: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Closes(Coded, frozen=True):
    """Why a request is closed without having been met."""

    reason: Literal["no-longer-needed", "met-otherwise", "given-up"]


_WORDS: Final = (Portion("text"), Portion(PARTICULARS))
_T: Final = template(
    Step(
        act="request",
        state="requested",
        says="{author} makes a humanitarian request: {kind}, {how_many}.",
        sentence="{opener} made a humanitarian request; {responder} has not answered it as it stands.",
        fields=Request,
        portions=_WORDS,
    ),
    Step(
        act="update",
        state="requested",
        says="{author} brings its request up to date: {kind}, {how_many}.",
        fields=Request,
        portions=_WORDS,
    ),
    answers=(
        Step(
            act="accept",
            state="accepted",
            says="{author} accepts the request.",
            sentence="{responder} accepted the request and is to say what was done.",
            portions=_WORDS,
        ),
        Step(
            act="decline",
            state="declined",
            says="{author} declines the request: {reason}.",
            sentence="{responder} declined the request; it may still take it up.",
            fields=Declined,
        ),
        Step(
            act="report done",
            state="carried out",
            says="{author} says what was done: {outcome}, {how_many}.",
            sentence="{responder} said what was done; {opener} has not confirmed it.",
            fields=Outcome,
            portions=_WORDS,
        ),
    ),
    closes=(
        Step(
            act="done",
            state="done",
            says="{author} confirms that it is done.",
            sentence="The request was met.",
        ),
        Step(
            act="close",
            state="closed",
            says="{author} closes the request: {reason}.",
            sentence="{opener} closed the request.",
            fields=Closes,
        ),
    ),
    within=LANE,
    owes="accept or decline the request",
)

HUMANITARIAN_REQUEST: Final = Procedure(
    name="humanitarian request",
    title="Humanitarian request",
    purpose="One side asks the other for help for people: detained, missing, ill or dead.",
    states=_T.states,
    terminal=_T.terminal,
    acts=_T.acts,
    duties=(
        *_T.duties,
        Duty(
            name="carry out",
            who=Who.RESPONDER,
            since=("accept",),
            until=("report done", "decline"),
            says="say what was done",
        ),
        Duty(
            name="confirm",
            who=Who.OPENER,
            since=("report done",),
            until=("done", "close", "update"),
            says="confirm what was done, or say what is missing",
        ),
    ),
    crossings=_T.crossings,
)
