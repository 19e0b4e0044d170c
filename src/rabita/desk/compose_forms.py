"""What a form needs to know of a procedure, in the words of whoever fills it in: scripts hold no language of their own.

English sentences of the definitions are the ids; what an act comes to is told as data, and the page's words say it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class ActName(msgspec.Struct, frozen=True):
    """An act that officers may begin, as a list names it; ``opens``: it begins a case and answers nothing."""

    name: str
    says: str
    opens: bool


class ProcedureName(msgspec.Struct, frozen=True):
    """A procedure, as a list names it."""

    slug: str
    name: str
    title: str
    purpose: str
    acts: tuple[ActName, ...]


class Owing(msgspec.Struct, frozen=True):
    """What somebody owes once an act is sealed: who (a party's name), what, by when, and whether it rings.

    ``within_s`` gives the time allowed by lane (under ``""`` where it is the same for all), empty where there is none;
    ``at`` names the member of the draft that holds the due time itself; ``when`` the coded fields it depends on.
    """

    who: str
    says: str
    within_s: Mapping[str, int]
    at: str
    when: Mapping[str, Any]
    rings: bool


class PortionForm(msgspec.Struct, frozen=True):
    """A portion that an act may carry: what it is, in words; whether it is needed and may be withheld."""

    role: str
    says: str
    required: bool
    may_withhold: bool
    markings: tuple[str, ...]


class ActForm(msgspec.Struct, frozen=True):
    """An act: its sentence, the states it may lead to, what is owed then, the portions it wants.

    ``approvals`` is ``consent``, ``service`` or ``officer``; ``moves`` whether it changes where the case stands;
    ``guards`` whether the territory guard judges its areas.
    """

    says: str
    approvals: str
    opens: bool
    moves: bool
    states: tuple[str, ...]
    owed: tuple[Owing, ...]
    portions: tuple[PortionForm, ...]
    precedences: tuple[str, ...]
    signs: str
    guards: bool


class Limits(msgspec.Struct, frozen=True):
    """Times that the charter sets for what is announced, in seconds; 0 where it sets none."""

    lead_min_s: int = 0
    lead_max_s: int = 0
    window_max_s: int = 0


class MarkingPart(msgspec.Struct, frozen=True):
    """A part that a marking may have: as written, what it means, whether it needs a reason and a review date."""

    part: str
    means: str
    restrictive: bool


class ProcedureForm(msgspec.Struct, frozen=True):
    """A procedure on a line. ``labels`` are by member, ``values`` by code; ``limits`` by the kind that is announced.

    ``marking`` lists the parts that a marking may have, ``languages`` those of the charter. ``words_max`` gives the
    words a message may have by lane, 0 for no limit, ``handling_s`` the time in which it is handled;
    ``retention_days`` is how long personal data are kept at most.
    """

    slug: str
    name: str
    title: str
    purpose: str
    labels: Mapping[str, str]
    values: Mapping[str, str]
    acts: Mapping[str, ActForm]
    limits: Mapping[str, Limits]
    words_max: Mapping[str, int]
    handling_s: Mapping[str, int]
    marking: tuple[MarkingPart, ...]
    languages: tuple[str, ...]
    retention_days: int


class Answered(msgspec.Struct, frozen=True):
    """An act that a draft answers, as its reader may read it; ``fields`` are its coded fields as corrected so far."""

    reference: str
    digest: str
    case: str
    procedure: str
    act: str
    fields: Mapping[str, Any]
    author: str
    ours: bool
    sentence: str
    standing: str
    marking: str
    claimed_ms: int
    reply_by_ms: int


class Preview(msgspec.Struct, frozen=True):
    """What would be sealed if it were now: its sentence, its record (canonical JSON), the roles that must approve.

    The act's id, the salts and so the digests of its portions are drawn anew each time until release freezes them.
    """

    sentence: str
    record: str
    approvals: tuple[str, ...]
