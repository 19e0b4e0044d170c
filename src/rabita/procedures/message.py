"""Message: one side tells the other something, and the other says what it will do about it.

Handling times are those of ACP 121 by precedence (FLASH under 10 minutes, IMMEDIATE 30 minutes, PRIORITY 3 hours,
ROUTINE 6), words at most 200 on FLASH and IMMEDIATE; both come from the charter's lanes. Receipts follow
MIL-STD-2045-47001. The machine receipt is the line's own cosignature and never an act.
"""

from typing import Final, Literal

from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Code, Coded, Declines
from rabita.procedures.engine.definition import LANE, REPLY_BY, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to


class Said(Coded, frozen=True):
    """A message: what it is for, and the subject codes both sides agreed on in the charter's annexes."""

    wants: Literal["information", "acknowledgement", "action", "reply"] = "information"
    subjects: tuple[Code, ...] = ()


class Translated(Coded, frozen=True):
    """A translation of the message named in the basis: into which language, by whom, checked or not."""

    language: Literal["en", "ur", "fa"]
    by: Literal["translator", "officer", "machine"]
    checked: bool = False


class Unprocessed(Coded, frozen=True):
    """Why a message could not be processed; its sender sends it anew."""

    reason: Literal["unreadable", "untranslated", "wrong-post", "duplicate", "attachment-missing"]


OPEN: Final = ("sent", "opened", "acknowledged", "will comply")
ALL: Final = (*OPEN, "complied", "refused", "not processed")

MESSAGE: Final = Procedure(
    name="message",
    title="Message",
    purpose="One side tells the other something; the other says that it read it and what it will do.",
    states={
        "sent": "{opener} sent a message; no post of {responder} has opened it yet.",
        "opened": "A post of {responder} has opened the message; it has not answered yet.",
        "acknowledged": "{responder} acknowledged the message.",
        "will comply": "{responder} will comply.",
        "complied": "{responder} has complied.",
        "refused": "{responder} cannot comply or declined.",
        "not processed": "{responder} could not process the message.",
    },
    terminal=("complied", "refused", "not processed"),
    acts={
        "send": Rule(
            who=Who.OPENER,
            moves=to("sent"),
            says="{author} sends a message.",
            fields=Said,
            portions=(Portion("text", required=True), Portion("attachment-note")),
        ),
        "open": Rule(who=Who.RESPONDER, moves=to("opened", "sent"), says="A post of {author} opened it.", service=True),
        "cannot process": Rule(
            who=Who.RESPONDER,
            moves=to("not processed", "sent", "opened"),
            says="{author} cannot process it: {reason}.",
            fields=Unprocessed,
        ),
        "read by principal": Rule(
            who=Who.RESPONDER, moves=stay(*ALL), says="The principal of the post addressed has read it."
        ),
        "acknowledge": Rule(
            who=Who.RESPONDER, moves=to("acknowledged", "sent", "opened"), says="{author} acknowledges it."
        ),
        "will comply": Rule(
            who=Who.RESPONDER, moves=to("will comply", "sent", "opened", "acknowledged"), says="{author} will comply."
        ),
        "have complied": Rule(who=Who.RESPONDER, moves=to("complied", *OPEN), says="{author} has complied."),
        "cannot comply": Rule(
            who=Who.RESPONDER, moves=to("refused", *OPEN), says="{author} cannot comply: {reason}.", fields=Declines
        ),
        "decline": Rule(
            who=Who.RESPONDER, moves=to("refused", *OPEN), says="{author} declines: {reason}.", fields=Declines
        ),
        "reply": Rule(
            who=Who.EITHER,
            moves=stay(*ALL),
            says="{author} replies.",
            fields=Said,
            portions=(Portion("text", required=True),),
        ),
        "translate": Rule(
            who=Who.EITHER,
            moves=stay(*ALL),
            says="{author} attaches a translation ({language}).",
            fields=Translated,
            portions=(Portion("translation", required=True),),
        ),
    },
    duties=(
        Duty(
            name="handle",
            who=Who.OTHER,
            since=("send", "reply"),
            until=(
                "acknowledge",
                "will comply",
                "have complied",
                "cannot comply",
                "decline",
                "cannot process",
                "reply",
            ),
            within=LANE,
            each=True,
            says="acknowledge the message",
        ),
        Duty(
            name="reply",
            who=Who.OTHER,
            since=("send", "reply"),
            until=("reply", "have complied", "cannot comply", "decline"),
            at=REPLY_BY,
            each=True,
            says="reply",
        ),
        Duty(
            name="comply",
            who=Who.RESPONDER,
            since=("will comply",),
            until=("have complied", "cannot comply"),
            says="say that it has complied, or cannot",
        ),
    ),
    crossings=(Crossing(("withdraw", "have complied"), to="complied"),),
    open_lanes=(Lane.FLASH,),
)
