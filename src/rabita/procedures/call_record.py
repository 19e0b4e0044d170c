"""Call record: a note of a telephone or radio call, so that no spoken word is lost; confirmed, or remembered otherwise.

The other side confirms the note, or gives its own whole, field by field, and both stay on record. Who was called stands
by post, from the duty directory in the charter's annexes, never by name.
"""

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.procedures.announce import Step, template
from rabita.procedures.engine.coded import Code, Coded, Window
from rabita.procedures.engine.definition import LANE, Procedure
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.parallel import TEXT, text_faults
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import newest

NOTES: Final = ("note", "amend")
DIFFERS: Final = "remember differently"
FIELDS: Final = (
    "means",
    "when",
    "called_by",
    "opener_post",
    "responder_post",
    "level",
    "topics",
    "outcome",
    "language",
)


class Call(Coded, frozen=True):
    """A call as one side remembers it: how, when, who called whom (by post), about what, with what result."""

    means: Literal["telephone", "radio", "video", "other"]
    when: Window
    called_by: Literal["opener", "responder"]
    opener_post: Code
    responder_post: Code
    topics: Annotated[
        tuple[
            Literal[
                "incident",
                "stop",
                "clarification",
                "notice",
                "hazard",
                "meeting",
                "crossing",
                "humanitarian",
                "line-test",
                "measures",
                "other",
            ],
            ...,
        ],
        msgspec.Meta(min_length=1, max_length=11),
    ]
    outcome: Literal["information-passed", "action-promised", "agreed", "not-agreed", "cut-off", "no-answer"]
    level: Literal["working", "directors-general", "deputy-ministers", "ministers", "heads-of-government"] = "working"
    language: Literal["en", "ur", "fa", "other"] = "en"


_T: Final = template(
    Step(
        act="note",
        state="noted",
        says="{author} notes a call ({means}).",
        sentence="{opener} noted a call; {responder} has not said whether it remembers it alike.",
        fields=Call,
        portions=(TEXT,),
    ),
    Step(
        act="amend",
        state="noted",
        says="{author} amends its note of the call ({means}).",
        fields=Call,
        portions=(TEXT,),
    ),
    answers=(
        Step(
            act="confirm",
            state="confirmed",
            says="{author} confirms the note.",
            sentence="Both sides remember the call as {opener} noted it.",
            ends=True,
            portions=(),
        ),
        Step(
            act=DIFFERS,
            state="differently remembered",
            says="{author} remembers the call differently and gives its own note ({means}).",
            sentence="{responder} remembers the call differently; both notes are on record.",
            fields=Call,
            portions=(TEXT,),
        ),
    ),
    closes=(
        Step(
            act="close",
            state="closed",
            says="{author} closes the record.",
            sentence="{opener} closed the record; what each side noted stands.",
            portions=(),
        ),
    ),
    within=LANE,
    owes="confirm the note, or say what it remembers differently",
)

CALL_RECORD: Final = Procedure(
    name="call record",
    title="Call record",
    purpose="A note of a telephone or radio call, which the other side confirms or remembers differently.",
    states=_T.states,
    terminal=_T.terminal,
    acts=_T.acts,
    duties=_T.duties,
    crossings=_T.crossings,
)


class Remembered(NamedTuple):
    """One field of both notes; ``agreed`` where they overlap in time or are equal."""

    field: str
    opener: object
    responder: object
    agreed: bool


def differences(case: Case) -> tuple[Remembered, ...]:
    """Compare both notes field by field; empty where the other side gave none of its own."""
    ours, theirs = (_call(newest(case, *names)) for names in (NOTES, (DIFFERS,)))
    if ours is None or theirs is None:
        return ()
    pairs = [(name, _plain(getattr(ours, name)), _plain(getattr(theirs, name))) for name in FIELDS]
    return tuple([Remembered(name, one, two, _agree(one, two)) for name, one, two in pairs])


def check_call_record(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs a clock or the directory.

    1. ``call-ahead``: a call is noted after it was made.
    2. ``post-unknown``: both posts stand in the duty directory, each as its side's, where the directory is held.
    3. As ``text_faults`` for the words of the note.
    """
    if not isinstance(fields := facts.fields, Call):
        return ()
    opener = facts.case.opener if facts.case is not None else facts.act.author
    posts = {name: getattr(fields, name) for name in ("opener_post", "responder_post")}
    known = {name: facts.directory.post(code) if facts.directory else None for name, code in posts.items()}
    foreign = [
        name
        for name, post in known.items()
        if facts.directory and (post is None or (post.party == opener) != (name == "opener_post"))
    ]
    return (
        *([RuleFinding("call-ahead", "when")] if fields.when.end_ms > facts.now_ms else []),  # 1
        *[RuleFinding("post-unknown", name) for name in foreign],  # 2
        *text_faults(facts),  # 3
    )


def _call(each: Folded | None) -> Call | None:
    return each.corrected if each is not None and isinstance(each.corrected, Call) else None


def _plain(value: object) -> object:
    return tuple(sorted(value)) if isinstance(value, tuple) else value


def _agree(one: object, two: object) -> bool:
    if isinstance(one, Window) and isinstance(two, Window):
        return one.start_ms <= two.end_ms and two.start_ms <= one.end_ms
    return one == two
