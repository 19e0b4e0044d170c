"""An exercise: a scenario of timed injects, and how each becomes an act that two real nodes carry.

Rules kept here: only a scenario between two exercise parties (``X-``) is read; what a side says is its claim and says
so in a coded field; scenario time is a field of the act, the stamp keeps the real time.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from math import log2
from typing import Any, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane, is_exercise_code

BUILT_IN: Final = "january-2024"
PARTIES: Final = 2
PAUSE_LEAST: Final = 2.0
"""What every pause has in common, beside the binary logarithm of the scenario's minutes."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portion that stays at home."""

    marking: str
    text: str


class Inject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One act of the scenario. ``at`` is scenario time in UTC, ``time`` says whether the hour is reported or assumed.

    ``answers`` names injects before it; ``claim_of`` whose claim the text is, empty where it is nobody's; ``due`` or
    ``wording`` say what a commitment promises; ``invented`` marks what has no public record.
    """

    id: str
    play: int
    at: datetime
    time: str
    party: str
    precedence: Lane
    procedure: str
    act: str
    subject: str
    text: str
    answers: tuple[str, ...]
    marking: str
    claim_of: str
    source: str
    due: date | None = None
    wording: str = ""
    invented: bool = False
    withheld: tuple[Words, ...] = ()


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A side of the exercise, named per language."""

    code: str
    names: dict[str, str]


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an inject's facts come from: ``official``, ``public-reporting`` or ``exercise`` (invented)."""

    kind: str
    text: str


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scenario is: titles and notices per language, the two parties, the sources by key."""

    id: str
    languages: tuple[str, ...]
    exercise: bool
    words_max: int
    title: dict[str, str]
    notice: dict[str, str]
    parties: tuple[Party, ...]
    sources: dict[str, Source]


class Scenario(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"head": "scenario", "injects": "entry"}
):
    """A scenario: its head and its injects in the order of their time."""

    head: Head
    injects: tuple[Inject, ...]


def built_in(name: str = BUILT_IN) -> Scenario:
    """Read a scenario that comes with the program; raises as ``read_scenario``."""
    return read_scenario((files("rabita") / "data" / "scenarios" / f"{name}.toml").read_bytes())


def read_scenario(raw: bytes) -> Scenario:
    """Read a scenario from TOML.

    Raises ``UserFault("scenario-malformed")`` naming the place:
    1. unless it fits the form;
    2. unless it is an exercise of exactly two parties whose codes say so;
    3. unless its injects have different names, stand in order of time in UTC, are by one of the two, have a known
       source and answer only earlier ones.
    """
    try:
        scenario = msgspec.toml.decode(raw, type=Scenario)  # 1
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UserFault("scenario-malformed", str(fault)[:200]) from fault
    head = scenario.head
    codes = {party.code for party in head.parties}
    if not (head.exercise and len(head.parties) == len(codes) == PARTIES and all(map(is_exercise_code, codes))):
        raise UserFault("scenario-malformed", "scenario.parties")  # 2
    earlier: set[str] = set()
    last = datetime.min.replace(tzinfo=UTC)
    for inject in scenario.injects:
        if not (
            inject.id not in earlier
            and inject.at.utcoffset() == timedelta()
            and inject.at >= last
            and inject.party in codes
            and inject.source in head.sources
            and earlier.issuperset(inject.answers)
        ):
            raise UserFault("scenario-malformed", f"entry {inject.id[:64]}")  # 3
        earlier.add(inject.id)
        last = inject.at
    return scenario


def fields_of(scenario: Scenario, inject: Inject) -> dict[str, Any]:
    """Give the coded fields of the act: what it is about, when in the scenario, on whose word and from what source."""
    fields = {
        "scenario": scenario.head.id,
        "inject": inject.id,
        "scenario_time": f"{inject.at:%Y-%m-%dT%H:%M:%SZ}",
        "scenario_hour": inject.time,
        "subject": inject.subject,
        "claim_of": inject.claim_of,
        "source": inject.source,
        "source_kind": scenario.head.sources[inject.source].kind,
        "invented": inject.invented,
        "due": inject.due.isoformat() if inject.due else "",
        "wording": inject.wording,
    }
    return {name: value for name, value in fields.items() if value}


def pauses_s(injects: Sequence[Inject], total_s: float) -> list[float]:
    """Give the pause before each inject, in seconds, *total_s* in all.

    A pause grows with the logarithm of the scenario's own gap, so that four minutes and ninety-one days both show.
    """
    gaps = [timedelta(), *(later.at - earlier.at for earlier, later in pairwise(injects))][: len(injects)]
    weights = [PAUSE_LEAST + log2(1 + gap / timedelta(minutes=1)) for gap in gaps]
    return [total_s * weight / sum(weights) for weight in weights]


def silence_days(earlier: Inject, later: Inject) -> int:
    """Count the whole days between two injects on which nothing was said."""
    return max(0, (later.at.date() - earlier.at.date()).days - 1)
