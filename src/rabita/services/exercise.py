"""An exercise: a scenario of timed injects in two plays, and how each becomes an act that two real nodes carry.

Rules kept here: only a scenario between two exercise parties (``X-``) is read; what a side says is its claim and says
so in a coded field; scenario time is a field of the act, the stamp keeps the real time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from math import log2
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane, is_exercise_code
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.territory import area_of_degrees

BUILT_IN: Final = "january-2024"
PARTIES: Final = 2
PAUSE_LEAST: Final = 2.0
"""What every pause has in common, beside the binary logarithm of the scenario's minutes."""
NAMED: Final = "@"
"""Begins a field's value that names an inject (its act's digest stands there) or a place of the scenario."""
INVENTED: Final = "exercise"
"""The kind of source of what has no public record."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portion: its role (empty: the first of the act's rule), and whether it stays at home."""

    text: str
    role: str = ""
    marking: str = ""
    language: str = "en"
    withheld: bool = False


class Inject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act of the scenario. ``at`` is scenario time in UTC, ``time`` says whether the hour is reported or assumed.

    ``plays`` lists the plays it is part of; ``answers`` names injects before it, the first the act it answers;
    ``claim_of`` whose claim the text is, empty where it is nobody's. ``text`` is a portion of the act's first role,
    ``words`` are the others. ``fields`` are the act's coded fields, with times as TOML writes them.
    """

    id: str
    plays: tuple[int, ...]
    at: datetime
    party: str
    precedence: Lane
    procedure: str
    act: str
    source: str
    text: str = ""
    words: tuple[Words, ...] = ()
    fields: dict[str, Any] = {}
    answers: tuple[str, ...] = ()
    marking: str = "CLEAR"
    claim_of: str = ""
    time: str = "assumed"

    @property
    def portions(self) -> tuple[Words, ...]:
        """The portions in the order of the act: those sent, then those withheld."""
        every = (*([Words(self.text)] if self.text else []), *self.words)
        return tuple(sorted(every, key=lambda each: each.withheld))

    @property
    def at_ms(self) -> int:
        """Scenario time in milliseconds since 1970 UTC."""
        return millis(self.at)


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A side of the exercise, named per language."""

    code: str
    names: dict[str, str]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an inject's facts come from: ``official``, ``public-reporting`` or ``exercise`` (invented)."""

    kind: str
    text: str


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A telling of the scenario: its number, its title per language, and what it does not claim."""

    number: int
    title: dict[str, str]
    caution: str


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scenario is: titles and notices per language, its plays, the two parties, sources and places by key.

    A place is a ring of longitude and latitude in degrees.
    """

    id: str
    languages: tuple[str, ...]
    exercise: bool
    title: dict[str, str]
    notice: dict[str, str]
    plays: tuple[Play, ...]
    parties: tuple[Party, ...]
    sources: dict[str, Source]
    places: dict[str, tuple[tuple[float, float], ...]] = {}


class Scenario(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"head": "scenario", "injects": "entry"}
):
    """A scenario: its head and its injects in the order of their time."""

    head: Head
    injects: tuple[Inject, ...]

    def of(self, play: int) -> tuple[Inject, ...]:
        """List the injects of a play."""
        return tuple([each for each in self.injects if play in each.plays])

    @property
    def turns(self) -> tuple["Turn", ...]:
        """Everything that is played, one play after the other."""
        return tuple([Turn(play, each) for play in self.head.plays for each in self.of(play.number)])

    def code(self, play: int) -> str:
        """Name a play as its acts do."""
        return f"{self.head.id}-{play}"


class Turn(NamedTuple):
    """An inject in one of its plays."""

    play: Play
    inject: Inject


def built_in(name: str = BUILT_IN) -> Scenario:
    """Read a scenario that comes with the program; raises as ``read_scenario``."""
    return read_scenario((files("rabita") / "data" / "scenarios" / f"{name}.toml").read_bytes())


def read_scenario(raw: bytes) -> Scenario:
    """Read a scenario from TOML; its injects may stand in any order, which counts where two have the same time.

    Raises ``UserFault("scenario-malformed")`` naming the place:
    1. unless it fits the form;
    2. unless it is an exercise of exactly two parties whose codes say so, with plays of different numbers;
    3. unless its injects have different names, no place's among them, are by one of the two at a time in UTC, have a
       known source, are of an act this version knows, are in plays of the scenario, and answer and name only what
       comes earlier in each of those.
    """
    try:
        scenario = msgspec.toml.decode(raw, type=Scenario)  # 1
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UserFault("scenario-malformed", str(fault)[:200]) from fault
    head = scenario.head
    codes = {party.code for party in head.parties}
    if not (head.exercise and len(head.parties) == len(codes) == PARTIES and all(map(is_exercise_code, codes))):
        raise UserFault("scenario-malformed", "scenario.parties")  # 2
    if not head.plays or len({play.number for play in head.plays}) < len(head.plays):
        raise UserFault("scenario-malformed", "scenario.plays")  # 2
    names = Counter([*head.places, *(each.id for each in scenario.injects)])
    for each in scenario.injects:
        if names[each.id] > 1 or each.at.utcoffset() != timedelta() or not _is_known(head, each):
            raise UserFault("scenario-malformed", f"entry {each.id[:64]}")  # 3
    ordered = msgspec.structs.replace(scenario, injects=tuple(sorted(scenario.injects, key=lambda each: each.at)))
    for play in head.plays:
        earlier = set(head.places)
        for each in ordered.of(play.number):
            if not earlier.issuperset([*each.answers, *named(each.fields)]):
                raise UserFault("scenario-malformed", f"entry {each.id[:64]}, play {play.number}")  # 3
            earlier.add(each.id)
    return ordered


def _is_known(head: Head, inject: Inject) -> bool:
    procedure = CATALOGUE.procedures.get(inject.procedure)
    return (
        procedure is not None
        and inject.act in procedure.rules
        and inject.party in [party.code for party in head.parties]
        and inject.source in head.sources
        and bool(inject.plays)
        and set(inject.plays) <= {play.number for play in head.plays}
    )


def named(value: Any) -> list[str]:  # noqa: ANN401 - whatever TOML holds
    """List the injects and places that fields name."""
    if isinstance(value, dict):
        return [name for each in value.values() for name in named(each)]
    if isinstance(value, list):
        return [name for each in value for name in named(each)]
    return [value.removeprefix(NAMED)] if isinstance(value, str) and value.startswith(NAMED) else []


def fields_of(
    scenario: Scenario, inject: Inject, play: int, edition: str, digests: Mapping[str, str]
) -> dict[str, Any]:
    """Give the coded fields of the act, those of the exercise among them.

    *edition* is the SHA-256 of the map edition places are read on, *digests* gives the act of each earlier inject.
    """
    places = {
        name: {"area": [list(corner) for corner in area_of_degrees(ring)], "edition": edition}
        for name, ring in scenario.head.places.items()
    }
    fields: dict[str, Any] = _written(inject.fields, {**places, **digests})
    if any(each.role for each in inject.portions):
        first = CATALOGUE.procedures[inject.procedure].rules[inject.act].portions[0].role
        fields["roles"] = [each.role or first for each in inject.portions]
    kind = scenario.head.sources[inject.source].kind
    exercise = {
        "scenario": scenario.code(play),
        "inject": inject.id,
        "at_ms": inject.at_ms,
        "hour": inject.time,
        "source": inject.source,
        "source_kind": kind,
        "claim_of": inject.claim_of,
        "invented": kind == INVENTED,
    }
    return {**fields, "exercise": {name: value for name, value in exercise.items() if value}}


def _written(value: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever TOML holds
    if isinstance(value, dict):
        return {name: _written(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each, known) for each in value]
    if isinstance(value, datetime):
        return millis(value)
    return known[value.removeprefix(NAMED)] if isinstance(value, str) and value.startswith(NAMED) else value


def millis(time: datetime) -> int:
    """Give a time in milliseconds since 1970 UTC; one without a zone is in UTC."""
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def pauses_s(injects: Sequence[Inject], total_s: float) -> list[float]:
    """Give the pause before each inject, in seconds, *total_s* in all.

    A pause grows with the logarithm of the scenario's own gap, so that four minutes and ninety-one days both show;
    between two plays there is the least of them.
    """
    later = [max(timedelta(), after.at - before.at) for before, after in pairwise(injects)]
    gaps = [timedelta(), *later][: len(injects)]
    weights = [PAUSE_LEAST + log2(1 + gap / timedelta(minutes=1)) for gap in gaps]
    return [total_s * weight / sum(weights) for weight in weights]


def silence_days(earlier: Inject, later: Inject) -> int:
    """Count the whole days between two injects on which nothing was said."""
    return max(0, (later.at.date() - earlier.at.date()).days - 1)
