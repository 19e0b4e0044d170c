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
from rabita.procedures.marking import Category, Personal, Purpose
from rabita.procedures.place_rules import place_findings
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import newest
from rabita.procedures.words import count_words

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
_DAY_S: Final = 86_400


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


def check_humanitarian_request(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check that personal data are few, marked and kept briefly, and that the place is coarse.

    1. ``personal-unmarked``: particulars are marked as personal data.
    2. ``personal-elsewhere``: personal data stand in the particulars and nowhere else.
    3. ``personal-purpose``, ``personal-category``: marked for a humanitarian purpose, of those the request is for.
    4. ``personal-long``: kept no longer than the charter's ``humanitarian-retention``.
    5. ``personal-many``: no more words than ``WORDS_EACH`` for each person.
    6. The place is coarse (``place_rules``).
    """
    request = _request(facts)
    where = facts.fields.where if isinstance(facts.fields, Request) else None
    found = [*place_findings(facts, where)] if where is not None else []  # 6
    for role, markings in facts.markings.items():
        if role == PARTICULARS:
            found += [RuleFinding("personal-unmarked", role) for each in markings if not each.personal]  # 1
            marked = [personal for each in markings for personal in each.personal]
            found += [each for personal in marked for each in _personal(facts, personal, request)]
        elif role and any(each.personal for each in markings):
            found.append(RuleFinding("personal-elsewhere", role))  # 2
    words = sum([count_words(text) for text in facts.texts.get(PARTICULARS, ())])
    if request is not None and words > WORDS_EACH * request.how_many:
        found.append(RuleFinding("personal-many", f"{words} of {WORDS_EACH * request.how_many}"))  # 5
    return tuple(dict.fromkeys(found))


def _personal(facts: RuleFacts, personal: Personal, request: Request | None) -> list[RuleFinding]:
    days = facts.charter.deadlines_s.get(RETENTION, RETENTION_S) // _DAY_S
    wrong = {
        "personal-purpose": personal.purpose is not Purpose.HUMANITARIAN,
        "personal-category": request is not None and personal.category is not CATEGORIES[request.kind],
        "personal-long": personal.retention_days > days,
    }
    return [RuleFinding(code, PARTICULARS) for code, is_wrong in wrong.items() if is_wrong]  # 3, 4


def _request(facts: RuleFacts) -> Request | None:
    """Give the request as it stands: that of the act itself, or the newest of the case."""
    said = newest(facts.case, "request", "update") if facts.case is not None else None
    known = [facts.fields, said.corrected if said is not None else None]
    return next((each for each in known if isinstance(each, Request)), None)
