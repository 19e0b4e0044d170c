"""Readout: one side's public account of what both took part in, shown to the other before it is published.

The other concurs, concurs except, or says *not our account*; the difference stays on record with the text, in the state
itself. What may be published is the text that was offered, by its digest: another text is a new offer. Without an
answer it may be published only after the hour the offer named, and then it says that it is unanswered. On 29 January
2024 one side's media wing alone told what both sides had agreed.
"""

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.line.entry import PortionRef
from rabita.procedures.engine.coded import Coded, Digest, Millis, Window
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.parallel import TEXT, text_faults
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import basis_of, newest, portions_of, said

OFFERS: Final = ("offer", "revise")
ANSWERS: Final = {
    "concur": ("concurred", "published"),
    "concur except": ("concurred except", "published with a difference"),
    "not our account": ("not our account", "published as one side's account"),
}
"""Each answer, with the state it leads to before publication and after."""
UNANSWERED: Final = "published unanswered"
UNPUBLISHED: Final = ("offered", *(before for before, _ in ANSWERS.values()))
PUBLISHED: Final = (UNANSWERED, *(after for _, after in ANSWERS.values()))


class Offer(Coded, frozen=True):
    """An account offered: of what, when that was, and the hour before which it is not published unanswered.

    ``publish_after_ms`` 0: not before it is answered.
    """

    of: Literal["meeting", "call", "visit", "incident", "agreement", "measure", "other"]
    happened: Window
    publish_after_ms: Millis = 0


class Differs(Coded, frozen=True):
    """In what an account differs from what the answering side would say; its own words are in the portion."""

    on: Annotated[
        tuple[
            Literal[
                "what-was-said",
                "what-was-agreed",
                "attribution",
                "date",
                "figures",
                "wording",
                "omission",
                "recognition",
                "other",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=9),
    ]


class Publishes(Coded, frozen=True):
    """What is published: the act that offered it (SHA-256), when, and how."""

    offer: Digest
    at_ms: Millis
    channel: Literal["press-release", "website", "spokesperson", "broadcast", "social-media", "other"] = "press-release"


def _answer(act: str, says: str, fields: type[Coded], portions: tuple[Portion, ...]) -> Rule:
    before, after = ANSWERS[act]
    return Rule(
        who=Who.RESPONDER,
        moves=to(before, *[state for state in UNPUBLISHED if state != before]) | to(after, UNANSWERED),
        says=says,
        fields=fields,
        portions=portions,
    )


READOUT: Final = Procedure(
    name="readout",
    title="Readout",
    purpose="One side shows the other its public account of what both took part in, before it is published.",
    states={
        "offered": "{opener} showed {responder} an account that it means to publish; {responder} has not answered.",
        "concurred": "{responder} concurs with the account; it is not published yet.",
        "concurred except": "{responder} concurs with the account but for a difference; it is not published yet.",
        "not our account": "{responder} says that this is not its account; it is not published yet.",
        "published": "{opener} published its account, with which {responder} concurs.",
        "published with a difference": "{opener} published its account; the difference that {responder} stated is on "
        "record with it.",
        "published as one side's account": "{opener} published its account; {responder} says that it is not its own.",
        UNANSWERED: "{opener} published its account; {responder} has not answered.",
    },
    terminal=PUBLISHED,
    acts={
        "offer": Rule(
            who=Who.OPENER,
            moves=to("offered"),
            says="{author} offers its public account of the {of} to {other}, before publication.",
            fields=Offer,
            portions=(TEXT,),
        ),
        "revise": Rule(
            who=Who.OPENER,
            moves=to("offered", *UNPUBLISHED),
            says="{author} offers a revised account of the {of}; an answer to the earlier one does not carry over.",
            fields=Offer,
            portions=(TEXT,),
        ),
        "concur": _answer("concur", "{author} concurs with the account.", Coded, ()),
        "concur except": _answer(
            "concur except",
            "{author} concurs with the account except: {on}.",
            Differs,
            (Portion("difference", required=True, may_withhold=False),),
        ),
        "not our account": _answer(
            "not our account",
            "{author} says that this is not its account: {on}.",
            Differs,
            (Portion("difference", may_withhold=False),),
        ),
        "publish": Rule(
            who=Who.OPENER,
            moves=to(UNANSWERED, "offered") | dict(ANSWERS.values()),
            says="{author} published the account {offer}.",
            fields=Publishes,
            about=OFFERS,
            naming="offer",
            portions=(),
        ),
        "remark": Rule(
            who=Who.EITHER,
            moves=stay(*UNPUBLISHED, *PUBLISHED),
            says="{author} remarks on it.",
            portions=(Portion("text", required=True, may_withhold=False),),
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=OFFERS,
            until=tuple(ANSWERS),
            at="publish_after_ms",
            says="concur, concur except, or say that it is not its account",
        ),
    ),
    crossings=(
        *(Crossing(("publish", answer), to=after) for answer, (_, after) in ANSWERS.items()),
        Crossing(("revise", ANY), to="offered"),
    ),
)


class Record(NamedTuple):
    """An account with what the other side said of it: what goes with the text wherever it is shown.

    ``offer`` is the newest act that offered it, or the one published; ``answer`` the responder's newest answer to that
    very text, None while there is none; ``difference`` its words. ``published`` is the publishing act, if any.
    """

    offer: Folded
    texts: tuple[PortionRef, ...]
    answer: Folded | None
    difference: tuple[PortionRef, ...]
    published: Folded | None


def record(case: Case) -> Record | None:
    """Read the account on record off a case; None while no offer is in effect.

    An answer counts for the text it names, also where it crossed a publication: it was said and stays said.
    """
    published = newest(case, "publish")
    named = published.fields.offer if published is not None and isinstance(published.fields, Publishes) else ""
    offers = said(case, *OFFERS)
    offer = next((each for each in offers if each.held.digest == named), offers[-1] if offers else None)
    if offer is None:
        return None
    answers = [each for each in said(case, *ANSWERS) if offer.held.digest in basis_of(each)]
    answer = answers[-1] if answers else None
    return Record(offer, portions_of(offer), answer, portions_of(answer), published)


def check_readout(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs a clock or the words.

    1. As ``text_faults`` for the account's texts.
    2. ``readout-text``: an answer or publication names the account as it stands, in its basis and as what is published.
    3. ``readout-early``: unanswered, it is not published before the hour the offer named.
    """
    if isinstance(facts.fields, Offer):
        return text_faults(facts)  # 1
    offer = newest(facts.case, *OFFERS) if facts.case is not None else None
    if facts.case is None or offer is None or facts.act.act not in (*ANSWERS, "publish"):
        return ()
    found = []
    digest = offer.held.digest
    if (not facts.corrects and digest not in facts.act.basis) or getattr(facts.fields, "offer", digest) != digest:
        found.append(RuleFinding("readout-text", "basis"))  # 2
    answered = any(digest in basis_of(each) for each in said(facts.case, *ANSWERS))
    if isinstance(facts.fields, Publishes) and isinstance(offer.fields, Offer) and not answered:
        after_ms = offer.fields.publish_after_ms
        if not after_ms or facts.fields.at_ms < after_ms:
            found.append(RuleFinding("readout-early", "at_ms"))  # 3
    return tuple(found)
