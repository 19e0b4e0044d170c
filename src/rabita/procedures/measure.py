"""Measure: something one side does to show displeasure or to apply pressure, told to the other as what it is.

The official wording stands apart from what the press calls it. The code decides (``measure_codes``): summoning and
recalling are two measures, whichever verb a newspaper has for them. A measure is undone by the measure that restores
what it took; a strike or a protest cannot be undone and is only over. In January 2024: nine days from the recall of an
ambassador to the ambassadors' return.
"""

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from rabita.line.entry import PortionRef
from rabita.procedures.engine.coded import Coded, Millis
from rabita.procedures.engine.definition import ANY, LANE, Crossing, Duty, Portion, Procedure, Rule, Who, stay, to
from rabita.procedures.engine.fold import Case, Folded
from rabita.procedures.measure_codes import CODES, OF_AN_ENVOY, UNDONE_BY, Context, Kind, Plover, Restoring, read_press
from rabita.procedures.rules import RuleFacts, RuleFinding
from rabita.procedures.views import roles_of

OFFICIAL: Final = "official-wording"
PRESS: Final = "press-label"
DAY_MS: Final = 86_400_000


class Declared(Coded, frozen=True):
    """A measure: its kind, since when, of which post where it is of an envoy, and contexts beyond those of its kind."""

    kind: Kind
    since_ms: Millis
    post: Literal[
        "none", "ambassador", "charge-d-affaires", "consul", "military-attache", "liaison-officer", "other"
    ] = "none"
    contexts: Annotated[tuple[Context, ...], msgspec.Meta(max_length=4)] = ()

    def __post_init__(self) -> None:
        """Refuse a measure of an envoy that does not say of which post, and a post where there is no envoy."""
        if (self.kind in OF_AN_ENVOY) != (self.post != "none"):
            raise ValueError("a measure of an envoy names the post, and no other does")


class Restored(Coded, frozen=True):
    """What undoes the measure, and since when."""

    kind: Restoring
    since_ms: Millis


class Over(Coded, frozen=True):
    """Since when the measure is over."""

    since_ms: Millis


IN_FORCE: Final = ("declared", "noted", "partly undone")
WORDED: Final = (Portion(OFFICIAL, required=True, may_withhold=False), Portion(PRESS))

MEASURE: Final = Procedure(
    name="measure",
    title="Measure",
    purpose="One side tells the other of a measure it takes, and later of what undoes it.",
    states={
        "declared": "{opener} declared a measure; {responder} has not noted it.",
        "noted": "{responder} noted the measure; it is in force.",
        "partly undone": "{opener} undid the measure in part.",
        "undone": "{opener} undid the measure.",
        "over": "The measure is over; what it did is not undone.",
    },
    terminal=("undone", "over"),
    acts={
        "declare": Rule(
            who=Who.OPENER, moves=to("declared"), says="{author} declares: {kind}.", fields=Declared, portions=WORDED
        ),
        "note": Rule(
            who=Who.RESPONDER,
            moves=to("noted", "declared") | stay("partly undone", "undone", "over"),
            says="{author} takes note of it.",
        ),
        "restore in part": Rule(
            who=Who.OPENER,
            moves=to("partly undone", *IN_FORCE),
            says="{author} undoes it in part: {kind}.",
            fields=Restored,
            portions=WORDED,
        ),
        "restore": Rule(
            who=Who.OPENER,
            moves=to("undone", *IN_FORCE),
            says="{author} undoes it: {kind}.",
            fields=Restored,
            portions=WORDED,
        ),
        "end": Rule(who=Who.OPENER, moves=to("over", *IN_FORCE), says="{author} says that it is over.", fields=Over),
    },
    duties=(
        Duty(
            name="note",
            who=Who.RESPONDER,
            since=("declare",),
            until=("note",),
            within=LANE,
            says="take note of the measure",
        ),
    ),
    crossings=(
        Crossing(("restore", ANY), to="undone"),
        Crossing(("end", ANY), to="over"),
        Crossing(("restore in part", ANY), to="partly undone"),
    ),
)


class Step(NamedTuple):
    """A measure, or what undid it, laid out in its components: never a score.

    ``official`` and ``press`` are its portions in words, ``since_ms`` the time its author names (ms since 1970 UTC).
    """

    kind: str
    coded: Plover
    author: str
    since_ms: int
    official: tuple[PortionRef, ...]
    press: tuple[PortionRef, ...]


def components(case: Case) -> tuple[Step, ...]:
    """Lay out a measure and what undid it, in the order of the case."""
    told = [(each, each.corrected) for each in case.effective("declare", "restore in part", "restore")]
    return tuple([_step(each, fields) for each, fields in told if isinstance(fields, Declared | Restored)])


def days_to_restoration(case: Case) -> int | None:
    """Give the days from the measure to what undid it whole, by the times its author names; None while it stands."""
    told = [each.corrected for name in ("declare", "restore") for each in case.effective(name)]
    times = [fields.since_ms for fields in told if isinstance(fields, Declared | Restored)]
    return (times[-1] - times[0]) // DAY_MS if len(times) > 1 else None


def check_measure(facts: RuleFacts) -> tuple[RuleFinding, ...]:
    """Check what needs the case or the words.

    1. ``measure-not-undoable``: what cannot be undone is not restored; it is ended.
    2. ``measure-undone-otherwise``: what restores is what undoes that kind.
    3. ``measure-undone-before``: and not earlier than the measure.
    4. ``press-differs``, shown only: the press label means another measure than the code.
    5. ``press-ambiguous``, shown only: it may mean more than one; the code decides.
    """
    fields = facts.fields
    if isinstance(fields, Declared):
        return _press(facts, fields.kind)
    declared = facts.case.effective("declare") if facts.case is not None else ()
    if not declared or not isinstance(taken := declared[0].corrected, Declared):
        return ()
    found = []
    if isinstance(fields, Restored):
        undone_by = UNDONE_BY.get(taken.kind, ())
        if fields.kind not in undone_by:
            code = "measure-undone-otherwise" if undone_by else "measure-not-undoable"
            found.append(RuleFinding(code, fields.kind))  # 1, 2
    if isinstance(fields, Restored | Over) and fields.since_ms < taken.since_ms:
        found.append(RuleFinding("measure-undone-before", "since_ms"))  # 3
    return tuple(found)


def _press(facts: RuleFacts, kind: str) -> tuple[RuleFinding, ...]:
    """Compare what the press calls a measure with what it is."""
    meant = [read_press(label) for label in facts.texts.get(PRESS, ())]
    codes = [
        "press-differs" if kind not in kinds else "press-ambiguous" for kinds in meant if kinds and kinds != (kind,)
    ]
    return tuple([RuleFinding(code, PRESS, refuses=False) for code in dict.fromkeys(codes)])  # 4, 5


def _step(each: Folded, fields: Declared | Restored) -> Step:
    coded = CODES[fields.kind]
    added = fields.contexts if isinstance(fields, Declared) else ()
    act = each.held.act
    named = list(zip(roles_of(act, fields, OFFICIAL), act.portions, strict=True))
    official, press = (tuple([ref for name, ref in named if name == role]) for role in (OFFICIAL, PRESS))
    contexts = tuple(dict.fromkeys([*coded.contexts, *added]))
    return Step(fields.kind, coded._replace(contexts=contexts), each.held.author, fields.since_ms, official, press)
