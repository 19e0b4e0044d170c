"""Accreditation: an officer of one side at a post on the other's soil, from nomination to departure.

It exists when both sides have signed the nomination (3-procedures, joint things). Refusal owes no reason (VCDR,
article 4), nor does *persona non grata*, at any time and before arrival (article 9); names cross only where the
nomination needs them (article 7: those of attachés). What it governs is authority to act as that post on the line
(``authority``), which ends in the second it ends; access to his own nation's node is the sending state's alone.
Ceilings, tours and places are in ``accreditation_rules``.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rabita.procedures.engine.coded import Code, Coded, Millis, Part, Place, Signs, Window
from rabita.procedures.engine.definition import ANY, Crossing, Duty, Joint, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded, Status
from rabita.procedures.engine.held import Held, covers

NO_LEVEL: Final = "none"
SERVING: Final = ("agreed", "in post", "leaving", "not acceptable")
"""States in which the officer counts against the ceiling."""
ENDINGS: Final = ("end tour", "recall", "persona non grata", "depart", "end recognition")

Rank: TypeAlias = Literal["of-1", "of-2", "of-3", "of-4", "of-5", "of-6", "of-7", "of-8", "of-9", "or"]
"""Ranks by the codes of STANAG 2116, so that the two sides' own words can be compared; ``or``: other ranks."""
Category: TypeAlias = Literal[
    "incidents", "threats", "notices", "hazards", "humanitarian", "crossings", "commitments", "intelligence"
]


class Disclosure(Part, frozen=True):
    """What the sending state lets the officer disclose: the highest level, in which matters, by which means.

    ``ceiling`` is a level of the charter's ``classification`` as a code (``top-secret``), or ``none``.
    """

    ceiling: Code
    categories: Annotated[tuple[Category, ...], msgspec.Meta(min_length=1, max_length=8)]
    methods: Annotated[tuple[Literal["oral", "visual", "documentary"], ...], msgspec.Meta(min_length=1, max_length=3)]


class Nomination(Coded, frozen=True):
    """A nomination: the post on the line, where in the host state, rank, tour, disclosure; never a name.

    ``at`` is a place of the charter's annex (Turbat, Zahedan), or a coarse one where the annex has none. ``status``:
    whether a border liaison officer is an attaché is a treaty question, so it is a field.
    """

    post: Code
    at: Code | Place
    role: Literal["liaison-officer", "deputy", "assistant", "interpreter", "technician"]
    rank: Rank
    status: Literal["attache", "border-liaison", "not-settled"]
    tour: Window
    disclosure: Disclosure


class Extension(Coded, frozen=True):
    """Until when the tour is to last."""

    until_ms: Millis


ACCREDITATION: Final = Procedure(
    name="accreditation",
    title="Accreditation",
    purpose="An officer of one side serves at a post on the other's soil, by the agreement of both, until departure.",
    states={
        "nominated": "{opener} nominated an officer for a post; it exists when both sides have signed.",
        "agreed": "Both sides signed the nomination; the officer has not taken up the post.",
        "in post": "The officer of {opener} is in post.",
        "leaving": "{opener} ended the tour or recalled the officer, who has not left yet.",
        "not acceptable": "{responder} declared the officer persona non grata; {opener} is to withdraw the officer in"
        " the notice period.",
        "declined": "{responder} declined the nomination.",
        "departed": "The officer has left, or will not come.",
        "not recognised": "{responder} no longer recognises the officer.",
    },
    terminal=("declined", "departed", "not recognised"),
    acts={
        "nominate": Rule(
            who=Who.OPENER,
            moves=to("nominated"),
            says="{author} nominates an officer ({role}) for the post {post}.",
            fields=Nomination,
            portions=(Portion("text"), Portion("name"), Portion("limitations")),
        ),
        "ask name": Rule(
            who=Who.RESPONDER, moves=stay("nominated"), says="{author} asks for the officer's name before it answers."
        ),
        "give name": Rule(
            who=Who.OPENER,
            moves=stay("nominated"),
            says="{author} gives the officer's name.",
            portions=(Portion("name", required=True), Portion("text")),
        ),
        "confirm": Rule(
            who=Who.OPENER,
            moves=stay("nominated"),
            says="{author} signs the nomination {digest}.",
            fields=Signs,
            signs="accreditation",
        ),
        "agree": Rule(
            who=Who.RESPONDER,
            moves=stay("nominated"),
            says="{author} agrees and signs the nomination {digest}.",
            fields=Signs,
            signs="accreditation",
        ),
        "decline": Rule(
            who=Who.RESPONDER, moves=to("declined", "nominated"), says="{author} declines; no reason is owed."
        ),
        "take up post": Rule(
            who=Who.OPENER, moves=to("in post", "agreed"), says="The officer of {author} takes up the post."
        ),
        "extend": Rule(
            who=Who.OPENER,
            moves=stay("in post"),
            says="{author} asks to extend the tour until {until_ms}.",
            fields=Extension,
        ),
        "confirm extension": Rule(
            who=Who.OPENER,
            moves=stay("in post"),
            says="{author} signs the extension {digest}.",
            fields=Signs,
            signs="extension",
        ),
        "agree extension": Rule(
            who=Who.RESPONDER,
            moves=stay("in post"),
            says="{author} agrees and signs the extension {digest}.",
            fields=Signs,
            signs="extension",
        ),
        "decline extension": Rule(
            who=Who.RESPONDER, moves=stay("in post"), says="{author} does not agree to extend the tour."
        ),
        "end tour": Rule(who=Who.OPENER, moves=to("leaving", "in post"), says="{author} ends the officer's tour."),
        "recall": Rule(who=Who.OPENER, moves=to("leaving", "agreed", "in post"), says="{author} recalls the officer."),
        "persona non grata": Rule(
            who=Who.RESPONDER,
            moves=to("not acceptable", "agreed", "in post", "leaving"),
            says="{author} declares the officer persona non grata; no reason is owed.",
        ),
        "depart": Rule(
            who=Who.OPENER,
            moves=to("departed", "agreed", "in post", "leaving", "not acceptable"),
            says="{author} reports that the officer has left, or will not come.",
        ),
        "end recognition": Rule(
            who=Who.RESPONDER,
            moves=to("not recognised", "not acceptable"),
            says="{author} no longer recognises the officer.",
        ),
    },
    duties=(
        Duty(
            name="answer",
            who=Who.RESPONDER,
            since=("nominate",),
            until=("agree", "decline"),
            within="accreditation-answer",
            says="agree to the nomination or decline it",
        ),
        Duty(
            name="confirm",
            who=Who.OPENER,
            since=("nominate",),
            until=("confirm",),
            says="sign the nomination",
        ),
        Duty(
            name="name",
            who=Who.OPENER,
            since=("ask name",),
            until=("give name",),
            says="give the officer's name",
        ),
        Duty(
            name="take up",
            who=Who.OPENER,
            since=("agree",),
            until=("take up post", "recall", "depart"),
            says="have the officer take up the post",
        ),
        Duty(
            name="answer extension",
            who=Who.RESPONDER,
            since=("extend",),
            until=("agree extension", "decline extension"),
            each=True,
            says="agree to the extension or decline it",
        ),
        Duty(
            name="depart",
            who=Who.OPENER,
            since=("end tour", "recall"),
            until=("depart",),
            says="report that the officer has left",
        ),
        Duty(
            name="withdraw",
            who=Who.OPENER,
            since=("persona non grata",),
            until=("depart",),
            within="persona-non-grata-departure",
            says="withdraw the officer",
        ),
    ),
    joints=(
        Joint(
            name="accreditation",
            of=("nominate",),
            to="agreed",
            says="There is one accreditation, which both sides signed.",
        ),
        Joint(name="extension", of=("extend",), to="in post", says="The tour is extended."),
    ),
    crossings=(
        Crossing(("depart", ANY), to="departed"),
        Crossing(("persona non grata", ANY), to="not acceptable"),
    ),
)


def nomination(case: Case) -> Nomination | None:
    """Give what was nominated, None where it is void; what both have signed, no correction changes any more (E13)."""
    opening = next((each for each in case.acts if each.held.digest == case.id), None)
    return opening.corrected if opening is not None and isinstance(opening.corrected, Nomination) else None


def tour(case: Case) -> Window | None:
    """Give the tour with the extensions both sides signed; None where the nomination is void."""
    nominated = nomination(case)
    if nominated is None:
        return None
    signed = {each.digest for each in case.joint if each.name == "extension" and each.stands}
    fields = [each.fields for each in case.acts if each.held.digest in signed]
    until_ms = [each.until_ms for each in fields if isinstance(each, Extension)]
    return Window(nominated.tour.start_ms, max([nominated.tour.end_ms, *until_ms]))


def authority(case: Case, post: str, act: Held, at_ms: int) -> str:
    """Say why an officer could not act as *post* in *act*, sealed at *at_ms* (ms since 1970 UTC); empty where he could.

    By position, as everything on the line: an act stands if it came before the end in its author's own order, or if its
    author had not seen the other side's act that ended it. Only the end of the tour is a matter of the clock.

    1. ``post-foreign``: this accreditation is to another post or of the other side, and says nothing of the act.
    2. ``accreditation-unsigned``: it does not stand by both signatures.
    3. ``post-not-taken``: the act does not come after *take up post*.
    4. ``accreditation-ended``: it comes after the act that ended it, be it tour's end, recall or *persona non grata*.
    5. ``tour-over``: it was sealed after the end of the tour, extensions included.
    """
    nominated, serves = nomination(case), tour(case)
    if nominated is None or serves is None or nominated.post != post or act.author != case.opener:
        return "post-foreign"  # 1
    if not case.stands("accreditation"):
        return "accreditation-unsigned"  # 2
    if not any(covers(act, each.held) for each in _done(case, "take up post")):
        return "post-not-taken"  # 3
    if any(covers(act, each.held) for each in _done(case, *ENDINGS)):
        return "accreditation-ended"  # 4
    return "tour-over" if at_ms > serves.end_ms else ""  # 5


def disclosure_fault(case: Case, level: str, category: str, method: str, levels: Sequence[str]) -> str:
    """Say why the officer may not disclose something of this level and category by this means; empty when he may.

    *level* is one of the charter's *levels* (low to high), or empty for none: ``disclosure-ceiling``,
    ``disclosure-category`` and ``disclosure-method`` name the limit that stands against it.
    """
    nominated = nomination(case)
    if nominated is None:
        return "accreditation-unsigned"
    codes = [NO_LEVEL, *(level_code(each) for each in levels)]
    limits = nominated.disclosure
    wanted, ceiling = level_code(level) if level else NO_LEVEL, limits.ceiling
    if wanted not in codes or ceiling not in codes or codes.index(wanted) > codes.index(ceiling):
        return "disclosure-ceiling"
    if category not in limits.categories:
        return "disclosure-category"
    return "" if method in limits.methods else "disclosure-method"


def level_code(level: str) -> str:
    """Write a level of the charter as a code: ``TOP SECRET`` as ``top-secret``."""
    return level.lower().replace(" ", "-")


def _done(case: Case, *names: str) -> list[Folded]:
    """Give the acts of these kinds that moved the case, crossed or not; a withdrawal does not undo what happened."""
    return [each for each in case.acts if each.act in names and each.status in (Status.EFFECTIVE, Status.CROSSED)]
