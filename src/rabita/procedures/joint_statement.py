"""Joint statement: one text of both sides in parallel languages, adopted when both have signed the same digest.

A draft goes back and forth, each redline a whole text in every language it has; what is adopted is one of them, by the
SHA-256 of the act that carries it, which commits to all its languages. So nobody adopts one language and publishes
another. A side signs only a text that is there in every language of the charter.
"""

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.line.entry import PortionRef
from rabita.procedures.engine.coded import Code, Coded, Declines, Digest, Millis, Signs, Window
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Joint, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.parallel import TEXT, lacking, text_faults, texts_of
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import said

STATEMENT: Final = "statement"
TEXT_ACTS: Final = ("draft", "redline")
OPEN: Final = ("drafted", "redlined")


class Draft(Coded, frozen=True):
    """A text proposed: on what occasion, what it says by code, and the hour before which nobody publishes it.

    ``points`` are codes of the charter's annex for what both say in it, so that what others report of it can be read
    against it. ``embargo_ms`` 0: it may be published once it is adopted.
    """

    occasion: Literal["meeting", "call", "visit", "agreement", "incident", "de-escalation", "other"]
    points: Annotated[tuple[Code, ...], msgspec.Meta(max_length=32)] = ()
    happened: Window | None = None
    embargo_ms: Millis = 0


class Publishes(Coded, frozen=True):
    """What is published: the act both signed (SHA-256), when, and how."""

    statement: Digest
    at_ms: Millis
    channel: Literal["press-release", "website", "spokesperson", "broadcast", "social-media", "other"] = "press-release"


JOINT_STATEMENT: Final = Procedure(
    name="joint statement",
    title="Joint statement",
    purpose="Both sides agree on one text in several languages and sign the same digest before it is published.",
    states={
        "drafted": "{opener} drafted a joint statement; {responder} has not redlined it, and not both have signed.",
        "redlined": "The draft was redlined; not both sides have signed one text.",
        "adopted": "Both sides adopted one text; it is not published yet.",
        "published": "The statement both sides adopted is published.",
        "broken off": "The statement was given up; there is none.",
    },
    terminal=("published", "broken off"),
    acts={
        "draft": Rule(
            who=Who.OPENER,
            moves=to("drafted"),
            says="{author} drafts a joint statement ({occasion}).",
            fields=Draft,
            portions=(TEXT,),
        ),
        "redline": Rule(
            who=Who.OTHER,
            moves=to("redlined", *OPEN),
            says="{author} redlines the text and proposes its own whole.",
            fields=Draft,
            portions=(TEXT, Portion("remark")),
        ),
        "adopt": Rule(
            who=Who.EITHER,
            moves=stay(*OPEN),
            says="{author} signs the text {digest}, all languages of it.",
            fields=Signs,
            signs=STATEMENT,
            portions=(),
        ),
        "publish": Rule(
            who=Who.EITHER,
            moves=to("published", "adopted") | stay("published"),
            says="{author} published the statement {statement}.",
            fields=Publishes,
            about=TEXT_ACTS,
            naming="statement",
            portions=(),
        ),
        "break off": Rule(
            who=Who.EITHER,
            moves=to("broken off", *OPEN),
            says="{author} gives the statement up: {reason}.",
            fields=Declines,
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.OTHER,
            since=TEXT_ACTS,
            until=("redline", "adopt", "break off"),
            says="redline the text, sign it, or give it up",
        ),
    ),
    joints=(Joint(name=STATEMENT, of=TEXT_ACTS, to="adopted", says="There is one statement of both sides."),),
    crossings=(Crossing(("break off", ANY), to="broken off"),),
)


class Adopted(NamedTuple):
    """The statement both sides signed: the act that carries it, its texts, the two signing acts (digests)."""

    digest: str
    texts: tuple[PortionRef, ...]
    signed_by: tuple[str, str]


def adopted(case: Case) -> tuple[Adopted, ...]:
    """Give every text that stands by both signatures: none or one, for nobody signs a second (``statement-signed``)."""
    return tuple(
        [Adopted(each.digest, _texts(_text(case, each.digest)), each.by) for each in case.joint if each.stands]
    )


def check_joint_statement(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs the charter or a clock.

    1. As ``text_faults`` for the texts of a draft or redline.
    2. ``language-lacking``: nobody signs a text that is not there in every language of the charter.
    3. ``statement-signed``: nor a second text while its signature of another stands.
    4. ``statement-foreign``: what is published is the text that stands by both signatures.
    5. ``statement-embargo``: and not before the hour it named itself.
    """
    if isinstance(facts.fields, Draft):
        return text_faults(facts)  # 1
    if isinstance(facts.fields, Signs) and facts.case is not None:
        return _signature_faults(facts, facts.case, facts.fields.digest)
    if isinstance(facts.fields, Publishes) and facts.case is not None:
        return _publication_faults(facts.case, facts.fields)
    return ()


def _signature_faults(facts: RuleFacts, case: Case, digest: str) -> tuple[RuleFinding, ...]:
    own = [each.fields for each in said(case, "adopt") if each.held.author == facts.act.author]
    signed = [fields.digest for fields in own if isinstance(fields, Signs)]
    return (
        *[RuleFinding("language-lacking", each) for each in lacking(facts.charter, _texts(_text(case, digest)))],  # 2
        *[RuleFinding("statement-signed", each[:12]) for each in signed if each != digest],  # 3
    )


def _publication_faults(case: Case, fields: Publishes) -> tuple[RuleFinding, ...]:
    text = _text(case, fields.statement)
    if text is None or fields.statement not in [each.digest for each in adopted(case)]:
        return (RuleFinding("statement-foreign", "statement"),)  # 4
    embargo_ms = text.fields.embargo_ms if isinstance(text.fields, Draft) else 0
    return (RuleFinding("statement-embargo", "at_ms"),) if fields.at_ms < embargo_ms else ()  # 5


def _text(case: Case, digest: str) -> Folded | None:
    return next((each for each in case.acts if each.held.digest == digest), None)


def _texts(each: Folded | None) -> tuple[PortionRef, ...]:
    return texts_of(each.held.act, each.fields) if each is not None and each.fields is not None else ()
