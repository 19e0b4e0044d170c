"""Markings: what may be done with a text and where it may go, in one short line of codes that no language changes.

The line stands in ``Act.marking`` and ``PortionRef.marking``; parts are joined by ``//``, in this order when
written and in any order when read:

    SECRET//TLP:AMBER+STRICT//H1,H2//REL TO IRN,PAK//ORCON//CAVEAT POLIO//WHY source//REVIEW 2026-09-01//
    PERSONAL humanitarian/missing/90

- a level of the charter's ``classification`` (the charter gives each party's own word for it);
- TLP 2.0 (FIRST), never translated; a bare ``AMBER`` is read as ``TLP:AMBER``;
- handling codes H0 to H3 (Europol), REL TO (``NOREL``: to nobody else), ORCON: the originator controls what follows;
- restrictive marks carry why they are needed and when that is looked at again (1-mechanism: over-marking);
- personal data carry purpose, category of person and days kept (EU 2016/680, articles 4 to 6).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.errors import PeerFault
from rabita.line.ids import is_party_code


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0, least restrictive first; the labels are the same in every language."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


class Handling(StrEnum):
    """Handling codes in use at Europol; they add up, none contains another."""

    H0 = "H0"
    H1 = "H1"
    H2 = "H2"
    H3 = "H3"


class Why(StrEnum):
    """Why a restrictive mark is needed."""

    SOURCE = "source"
    METHOD = "method"
    OPERATION = "operation"
    COURT = "court"
    PERSON = "person"
    THIRD_PARTY = "third-party"


class Purpose(StrEnum):
    """What personal data may be used for, and nothing else."""

    ACCREDITATION = "accreditation"
    HUMANITARIAN = "humanitarian"
    INCIDENT = "incident"
    INVESTIGATION = "investigation"
    SAFETY = "safety"


class Category(StrEnum):
    """Whose data they are; those of EU 2016/680 article 6 are kept apart, and the line has some of its own."""

    SUSPECT = "suspect"
    CONVICTED = "convicted"
    VICTIM = "victim"
    WITNESS = "witness"
    CONTACT = "contact"
    DETAINED = "detained"
    MISSING = "missing"
    PATIENT = "patient"
    DECEASED = "deceased"
    OFFICIAL = "official"


WORDS: Final[dict[StrEnum, str]] = {
    Tlp.CLEAR: "no limit on disclosure",
    Tlp.GREEN: "the community that the charter defines; not public",
    Tlp.AMBER: "need-to-know within the recipient's organisation and its clients",
    Tlp.AMBER_STRICT: "need-to-know within the recipient's organisation only",
    Tlp.RED: "the named recipients only",
    Handling.H0: "for the prevention and combating of crime only",
    Handling.H1: "not to be used in judicial proceedings without the permission of the provider",
    Handling.H2: "not to be disseminated without the permission of the provider",
    Handling.H3: "other restrictions apply",
}
"""The field's own wording, for labels and their explanation."""

_TLP_RANK: Final[dict[Tlp | None, float]] = {None: 0.5, **{each: float(rank) for rank, each in enumerate(Tlp)}}
"""From low to high; what carries no TLP is above CLEAR only, which alone lets it go on to anyone."""
_RESTRICTIVE_TLP: Final = frozenset({Tlp.RED, Tlp.AMBER_STRICT})


class Personal(NamedTuple):
    """What personal data a portion holds: for what, of whom, and how many days the reader may keep them."""

    purpose: Purpose
    category: Category
    retention_days: int


class Marking(msgspec.Struct, frozen=True):
    """A marking as its parts; lists are sorted and hold nothing twice.

    ``rel`` lists the parties it may go to, None where it names none (then the two parties of the line); ``review`` is
    an ISO date, empty where there is none.
    """

    level: str = ""
    tlp: Tlp | None = None
    handling: tuple[Handling, ...] = ()
    rel: tuple[str, ...] | None = None
    orcon: bool = False
    caveats: tuple[str, ...] = ()
    why: tuple[Why, ...] = ()
    review: str = ""
    personal: tuple[Personal, ...] = ()

    @property
    def restrictive(self) -> bool:
        """Whether it needs a reason and a review date: H1 to H3, RED, AMBER+STRICT, ORCON (3-procedures)."""
        return self.orcon or self.tlp in _RESTRICTIVE_TLP or any(each is not Handling.H0 for each in self.handling)


_CAVEAT: Final = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,31}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PERSONAL: Final = re.compile(r"([a-z-]+)/([a-z-]+)/([1-9]\d{0,4})", re.ASCII)


def _party(text: str) -> str:
    if not is_party_code(text):
        raise ValueError(text)
    return text


def _caveat(text: str) -> str:
    if not _CAVEAT.fullmatch(text) or text != text.strip():
        raise ValueError(text)
    return text


def _personal(text: str) -> Personal:
    match = _PERSONAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return Personal(Purpose(match[1]), Category(match[2]), int(match[3]))


def _review(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text).isoformat()


def _list(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: tuple(sorted({read(each.strip()) for each in text.split(",")}))


_HEADED: Final[tuple[tuple[str, str, Callable[[str], Any]], ...]] = (
    ("REL TO ", "rel", _list(_party)),
    ("CAVEAT ", "caveats", _list(_caveat)),
    ("WHY ", "why", _list(Why)),
    ("REVIEW ", "review", _review),
    ("PERSONAL ", "personal", _list(_personal)),
)
_FIXED: Final[dict[str, tuple[str, Any]]] = {
    "ORCON": ("orcon", True),
    "NOREL": ("rel", ()),
    **{f"{prefix}{each}": ("tlp", each) for prefix in ("TLP:", "") for each in Tlp},
}


def parse_marking(text: str, levels: Iterable[str]) -> Marking:
    """Read a marking; *levels* are those of the charter's ``classification``.

    Raises ``PeerFault("marking-malformed")`` for a part that is unknown, ill-formed or given twice.
    """
    found: dict[str, Any] = {}
    known = {**{level: ("level", level) for level in levels}, **_FIXED}
    for part in text.split("//") if text else ():
        try:
            name, value = known.get(part) or _part(part)
        except ValueError as fault:
            raise PeerFault("marking-malformed", part[:32]) from fault
        if name in found:
            raise PeerFault("marking-malformed", part[:32])
        found[name] = value
    return Marking(**found)


def _part(part: str) -> tuple[str, Any]:
    for head, name, read in _HEADED:
        if part.startswith(head):
            return name, read(part.removeprefix(head))
    return "handling", _list(Handling)(part)


def marking_text(marking: Marking) -> str:
    """Write a marking in its one canonical form, which ``parse_marking`` reads back to the same marking."""
    rel = "" if marking.rel is None else "REL TO " + ",".join(marking.rel) if marking.rel else "NOREL"
    personal = ",".join("/".join(map(str, each)) for each in marking.personal)
    parts = (
        marking.level,
        marking.tlp and f"TLP:{marking.tlp}",
        ",".join(marking.handling),
        rel,
        marking.orcon and "ORCON",
        marking.caveats and "CAVEAT " + ",".join(marking.caveats),
        marking.why and "WHY " + ",".join(marking.why),
        marking.review and f"REVIEW {marking.review}",
        personal and f"PERSONAL {personal}",
    )
    return "//".join([part for part in parts if part])


def combine(markings: Iterable[Marking], levels: Sequence[str], parties: Iterable[str]) -> Marking:
    """Give the marking of a whole from those of its portions: the highest of each (*levels* from low to high).

    Codes and reasons add up, the first review date counts. The whole may go to those to whom every portion may: REL TO
    names what all of them name, and a portion that names nobody and is not TLP:CLEAR stays among the line's *parties*.
    """
    rank = {"": -1, **{level: number for number, level in enumerate(levels)}}
    line = frozenset(parties)
    found = tuple(markings)
    return reduce(lambda one, other: _higher(one, other, rank, line), found) if found else Marking()


def _higher(one: Marking, other: Marking, rank: Mapping[str, int], line: frozenset[str]) -> Marking:
    named = [frozenset(each.rel) for each in (one, other) if each.rel is not None]
    kept = [line for each in (one, other) if each.rel is None and each.tlp is not Tlp.CLEAR]
    return Marking(
        level=max(one.level, other.level, key=rank.__getitem__),
        tlp=max(one.tlp, other.tlp, key=_TLP_RANK.__getitem__),
        handling=tuple(sorted({*one.handling, *other.handling})),
        rel=tuple(sorted(frozenset.intersection(*named, *kept))) if named else None,
        orcon=one.orcon or other.orcon,
        caveats=tuple(sorted({*one.caveats, *other.caveats})),
        why=tuple(sorted({*one.why, *other.why})),
        review=min(one.review, other.review) if one.review and other.review else one.review or other.review,
        personal=tuple(sorted({*one.personal, *other.personal})),
    )


def marking_faults(
    marking: Marking, *, posts: Sequence[str], today: date, retention_days: int, personal: bool = False
) -> tuple[str, ...]:
    """List the codes of what a marking lacks, in order; enforced at sealing, shown as flags at receipt.

    1. ``marking-reason``, ``marking-review``: a restrictive mark without a reason, without a review date after *today*;
    2. ``marking-recipients``: TLP:RED without named posts;
    3. ``personal-unmarked``: the procedure says that it holds *personal* data and the marking does not;
    4. ``personal-retention``: kept longer than the charter's *retention_days*.
    """
    faults = {
        "marking-reason": marking.restrictive and not marking.why,
        "marking-review": marking.restrictive and marking.review <= today.isoformat(),
        "marking-recipients": marking.tlp is Tlp.RED and not posts,
        "personal-unmarked": personal and not marking.personal,
        "personal-retention": any(each.retention_days > retention_days for each in marking.personal),
    }
    return tuple([code for code, present in faults.items() if present])


def is_overall(whole: Marking, portions: Iterable[Marking], levels: Sequence[str], parties: Iterable[str]) -> bool:
    """Say whether the marking of a whole is at least that of every portion it sends."""
    return combine((whole, *portions), levels, parties) == whole


def may_go_to(
    marking: Marking,
    party: str,
    *,
    originator: str,
    parties: Iterable[str],
    post: str = "",
    posts: Iterable[str] = (),
    consented: Iterable[str] = (),
) -> str:
    """Say why something may not go to a *party* (and *post*); empty when it may.

    *parties* are those of the line, *posts* the recipients named, *consented* the parties its originator allowed.

    1. To its originator, and to whom the originator expressly allowed it: always.
    2. ``release-not-named``: REL TO names parties and not this one.
    3. ``release-recipients``: TLP:RED, and the post is none of those named.
    4. To a party of the line: yes. The rest is for third parties:
    5. ``release-originator``: ORCON, or handling H2 or H3 (not without the provider's permission).
    6. Named by REL TO, or TLP:CLEAR: that is the originator's express consent.
    7. ``release-third-party``: nothing else goes on (third-party rule; the charter's use limitation).
    """
    if party == originator or party in consented:
        return ""
    if marking.rel is not None and party not in marking.rel:
        return "release-not-named"
    if marking.tlp is Tlp.RED and post and post not in posts:
        return "release-recipients"
    if party in parties:
        return ""
    if marking.orcon or {Handling.H2, Handling.H3} & {*marking.handling}:
        return "release-originator"
    return "" if marking.rel is not None or marking.tlp is Tlp.CLEAR else "release-third-party"


def national_level(classification: Mapping[str, Mapping[str, str]], level: str, party: str) -> str:
    """Give a party's own word for a level, from the charter's equivalence table; the level itself where it has none."""
    return classification.get(level, {}).get(party, level)


def level_of(classification: Mapping[str, Mapping[str, str]], party: str, word: str) -> str:
    """Give the common level for a party's own word; raises ``PeerFault("marking-malformed")`` for none of its words."""
    for level, words in classification.items():
        if words.get(party) == word:
            return level
    raise PeerFault("marking-malformed", word[:32])
