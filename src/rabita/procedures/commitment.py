"""Commitment: a promise in its exact words, who owes it, by when, and until when it holds; confirmed by both.

It exists when both have signed the same digest, all languages at once. It has a due date, or the words that were used
instead ("at an early date") and a date on which both look at it again; validity is always said ("until 18 May" against
"no expiry date"). Progress is rated 0 not initiated, 1 minimal, 2 intermediate, 3 full, with evidence. New terms are a
new text that both sign. *Overdue* and *lapsed* are views of the clock (``commitment_views``), never states.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.procedures.engine.coded import Coded, Declines, Millis, OptionalDigest, Signs
from rabita.procedures.engine.definition import Crossing, Duty, Joint, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.duties import Obligation
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.marking_rules import past_findings
from rabita.procedures.parallel import lacking, text_faults, texts_of
from rabita.procedures.rules import RuleFacts, RuleFinding

NAME: Final = "commitment"
DRAFTS: Final = ("propose", "amend")
WordsUsed: TypeAlias = Literal[
    "immediately", "without-delay", "at-an-early-date", "as-soon-as-possible", "in-due-course", "other-words"
]
"""Words that stand for a date in public promises; others are in a portion, verbatim."""


class Promise(Coded, frozen=True):
    """The terms of a commitment; its words are portions, one per language.

    ``due_ms`` is the due date; where there is none, ``words_used`` says which words stood for one and ``review_ms``
    when both look at it again. ``renews`` is the opening act (SHA-256) of an earlier commitment that this one promises
    again, ``first_made_ms`` when it was first promised, if before this line.
    """

    owed_by: Literal["opener", "responder", "both"]
    theme: Literal[
        "liaison-officers",
        "intelligence-sharing",
        "coordination",
        "communication",
        "territory",
        "diplomatic-relations",
        "border-management",
        "trade",
        "humanitarian",
        "infrastructure",
        "other",
    ]
    source: Literal["meeting", "call", "joint-statement", "readout", "exchange-of-notes", "agreement", "other"]
    valid: Literal["until", "until-fulfilled", "no-expiry"]
    valid_until_ms: Millis = 0
    due_ms: Millis = 0
    words_used: WordsUsed | None = None
    review_ms: Millis = 0
    renews: OptionalDigest = ""
    first_made_ms: Millis = 0

    def __post_init__(self) -> None:
        """Refuse a promise with neither date nor words, words without a review, or an end that does not fit."""
        if bool(self.due_ms) == (self.words_used is not None):
            raise ValueError("either a due date, or the words used instead of one")
        if self.words_used is not None and not self.review_ms:
            raise ValueError("a promise without a due date has a review date")
        if (self.valid == "until") != bool(self.valid_until_ms):
            raise ValueError("validity until a date names that date")
        if 0 < self.valid_until_ms < self.due_ms:
            raise ValueError("a commitment is due while it is valid")


class Progress(Coded, frozen=True):
    """How far a side holds the commitment kept: 0 not initiated, 1 minimal, 2 intermediate, 3 full."""

    rating: Annotated[int, msgspec.Meta(ge=0, le=3)]


class Reviewed(Coded, frozen=True):
    """When both look at it next."""

    review_ms: Millis


class Withdraws(Coded, frozen=True):
    """Why a side no longer stands by a commitment."""

    reason: Literal["not-stated", "not-kept-by-other", "circumstances", "superseded", "policy"]


EVIDENCE: Final = (Portion("text"), Portion("evidence"))
DUTIES: Final = ("fulfil", "review")
"""What is owed by a promise; it is said so, for the definition lists no duties."""


def dues(case: Case) -> list[Obligation]:
    """List what is owed since both first signed: *fulfil*, by each debtor; *review*, by both, where no date was set.

    They run from the second of the two signatures, as its receipt dates it; without a due date they have none.
    """
    promise = terms(case)
    if promise is None:
        return []
    both = (case.opener, case.responder)
    _, started = signatures(case)[0]
    fulfilled = {each.held.author: each.held.digest for each in case.effective("fulfil")}
    fulfil, review = DUTIES
    found = [
        _due(fulfil, case, (party,), started, promise.due_ms, fulfilled.get(party, ""))
        for party in debtors(promise, *both)
    ]
    review_ms = promise.review_ms
    for each in case.effective("review") if review_ms else ():
        found.append(_due(review, case, both, started, review_ms, each.held.digest))
        started, review_ms = each, getattr(each.corrected, "review_ms", 0)
    return [*found, *([_due(review, case, both, started, review_ms, "")] if review_ms else [])]


def _due(name: str, case: Case, owing: tuple[str, ...], since: Folded, due_ms: int, met_by: str) -> Obligation:
    return Obligation(
        duty=name,
        case=case.id,
        debtors=owing,
        since=since.held.digest,
        allowed_ms=-1,
        due_ms=due_ms,
        rings=False,
        met_by=met_by,
        ended=case.state in COMMITMENT.ends and not met_by,
    )


COMMITMENT: Final = Procedure(
    name=NAME,
    title="Commitment",
    purpose="A promise in its exact words, confirmed by both sides, and what became of it.",
    states={
        "proposed": "{opener} proposed a commitment; both have yet to sign one text.",
        "confirmed": "Both sides confirmed the commitment.",
        "fulfilled": "Both sides hold the commitment fulfilled.",
        "declined": "The proposed commitment was declined.",
        "withdrawn from": "A side no longer stands by the commitment.",
    },
    terminal=("fulfilled", "declined", "withdrawn from"),
    acts={
        "propose": Rule(
            who=Who.OPENER,
            moves=to("proposed"),
            says="{author} proposes a commitment ({theme}).",
            fields=Promise,
            portions=(Portion("text", required=True, may_withhold=False), Portion("timing", may_withhold=False)),
        ),
        "amend": Rule(
            who=Who.EITHER,
            moves=stay("proposed", "confirmed"),
            says="{author} proposes other terms ({theme}).",
            fields=Promise,
            portions=(Portion("text", required=True, may_withhold=False), Portion("timing", may_withhold=False)),
        ),
        "confirm": Rule(
            who=Who.EITHER,
            moves=stay("proposed", "confirmed"),
            says="{author} signs the commitment {digest}.",
            fields=Signs,
            portions=(),
            signs=NAME,
        ),
        "decline": Rule(
            who=Who.OTHER, moves=to("declined", "proposed"), says="{author} declines: {reason}.", fields=Declines
        ),
        "report progress": Rule(
            who=Who.EITHER,
            moves=stay("confirmed"),
            says="{author} rates the progress {rating} of 3.",
            fields=Progress,
            portions=EVIDENCE,
        ),
        "review": Rule(
            who=Who.EITHER,
            moves=stay("confirmed"),
            says="{author} reviewed it with the other side; next on {review_ms}.",
            fields=Reviewed,
        ),
        "fulfil": Rule(
            who=Who.BOTH,
            moves=to("fulfilled", "confirmed"),
            says="{author} holds the commitment fulfilled.",
            portions=EVIDENCE,
        ),
        "withdraw from": Rule(
            who=Who.EITHER,
            moves=to("withdrawn from", "confirmed"),
            says="{author} no longer stands by the commitment: {reason}.",
            fields=Withdraws,
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("propose",),
            until=("confirm", "amend", "decline"),
            says="sign the commitment, propose other terms or decline",
        ),
        Duty(
            name="judge",
            who=Who.OTHER,
            since=("fulfil",),
            until=("fulfil", "report progress", "withdraw from"),
            says="say whether it holds the commitment fulfilled too",
        ),
    ),
    joint_duties=dues,
    joints=(Joint(name=NAME, of=DRAFTS, to="confirmed", says="There is a commitment of both sides' signature."),),
    crossings=(Crossing(("decline", "amend"), to="proposed"),),
)


def signatures(case: Case) -> list[tuple[Folded, Folded]]:
    """List the texts that stand by both signatures, in the order they came about: each with the second signature."""
    order = {each.held.digest: at for at, each in enumerate(case.acts)}
    second = {each.digest: max(order[digest] for digest in each.by) for each in case.joint if each.stands}
    return [(case.acts[order[text]], case.acts[at]) for text, at in sorted(second.items(), key=lambda each: each[1])]


def terms(case: Case) -> Promise | None:
    """Give the terms in force, those of the newest text both signed; None while no text stands by both signatures."""
    texts = [text.fields for text, _ in signatures(case)]
    return texts[-1] if texts and isinstance(texts[-1], Promise) else None


def debtors(fields: Promise, opener: str, responder: str) -> tuple[str, ...]:
    """Name the parties that owe what is promised."""
    return {"opener": (opener,), "responder": (responder,)}.get(fields.owed_by, (opener, responder))


def check_commitment(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs the words, a clock or the other commitments.

    1. As ``text_faults`` for the text in each language.
    2. ``date-past``: due, review and validity dates lie ahead.
    3. ``commitment-words``: words used that no code has stand in a portion, as they were used.
    4. ``commitment-again``, shown only: the same side owes another open commitment on this theme; name it as renewed.
    5. ``language-lacking``: nobody signs a text that is not there in every language of the charter.
    6. ``commitment-evidence``: progress beyond 0, and fulfilment, name evidence: a portion, an attachment or an entry.
    """
    fields = facts.fields
    if isinstance(fields, Promise):
        return _promise(facts, fields)
    if isinstance(fields, Signs):
        drafts = [each for each in facts.case.acts if each.held.digest == fields.digest] if facts.case else []
        texts = [ref for each in drafts if each.fields for ref in texts_of(each.held.act, each.fields, "text")]
        return tuple([RuleFinding("language-lacking", each) for each in lacking(facts.charter, texts)])  # 5
    if isinstance(fields, Reviewed):
        return past_findings(facts, review_ms=fields.review_ms)  # 2
    shown = facts.act.act == "fulfil" or (isinstance(fields, Progress) and fields.rating > 0)
    if shown and not facts.corrects and not _has_evidence(facts):
        return (RuleFinding("commitment-evidence"),)  # 6
    return ()


def _promise(facts: RuleFacts, fields: Promise) -> tuple[RuleFinding, ...]:
    found = [
        *text_faults(facts, "text"),  # 1
        *past_findings(
            facts, due_ms=fields.due_ms, review_ms=fields.review_ms, valid_until_ms=fields.valid_until_ms
        ),  # 2
    ]
    if fields.words_used == "other-words" and not facts.corrects and "timing" not in fields.roles:
        found.append(RuleFinding("commitment-words", "timing"))  # 3
    parties = [each.party for each in facts.charter.parties]
    opener = facts.case.opener if facts.case else facts.act.author
    responder = next(party for party in parties if party != opener)
    owing = {(fields.theme, party) for party in debtors(fields, opener, responder)}
    again = [other for other in facts.other_cases if not fields.renews and owing & _theme_debtors(other)]
    return (*found, *(RuleFinding("commitment-again", other.id[:12], refuses=False) for other in again))  # 4


def _theme_debtors(case: Case) -> set[tuple[str, str]]:
    """Give who owes what by the texts of a case, as theme and party."""
    drafts = [each.corrected for each in case.effective(*DRAFTS)]
    return {
        (fields.theme, party)
        for fields in drafts
        if isinstance(fields, Promise)
        for party in debtors(fields, case.opener, case.responder)
    }


def _has_evidence(facts: RuleFacts) -> bool:
    own = {each.held.digest for each in facts.case.acts} if facts.case else set()
    return bool(facts.act.portions or facts.act.attachments or set(facts.act.basis) - own)
