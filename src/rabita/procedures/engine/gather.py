"""Which acts belong to which case, and which wait: a pure function of the set of acts held (E1, E4, E5).

Rules kept here: an act is counted once, at its earliest place; an id is used once; an act waits until everything its
basis names is held; a case is named by the digest of its opening act.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from rabita.line.control import PROCEDURE as LINE
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.held import Held

ID_REUSED: Final = "act-id-reused"
PROCEDURE_UNKNOWN: Final = "procedure-unknown"
CASE_MISSING: Final = "case-missing"


class Gathered(NamedTuple):
    """Acts by case (the digest of the opening act), in no order that matters.

    ``waiting`` gives, per act that waits, the digest it waits for; ``stray`` the code of why an act is in no case;
    ``case_of`` the case of every act in one. Acts of the line itself are in none of them.
    """

    cases: dict[str, list[Held]]
    waiting: dict[str, str]
    stray: dict[str, str]
    case_of: dict[str, str]


class Place(NamedTuple):
    """Where an act belongs: in a case, waiting for a digest, or nowhere because of a code; one of the three."""

    case: str = ""
    waits: str = ""
    stray: str = ""


def once(entries: Iterable[Held]) -> dict[str, Held]:
    """Count each act once and each id once, by digest (E4).

    The same act bytes are one act, at its earliest place in force; other bytes under an id its author used earlier get
    the fault ``act-id-reused``.
    """
    acts: dict[str, Held] = {}
    for each in entries:
        known = acts.get(each.digest)
        if known is None or _worth(each) < _worth(known):
            acts[each.digest] = each
    users: dict[tuple[str, str], Held] = {}
    good = [each for each in acts.values() if each.in_force and not each.fault]
    again = [each for each in good if users.setdefault((each.author, each.act.id), each) is not each]
    for each in again:
        user = (each.author, each.act.id)
        users[user], later = sorted((users[user], each), key=_worth)
        acts[later.digest] = later._replace(fault=ID_REUSED)
    return acts


def _worth(held: Held) -> tuple[bool, bool, tuple[int, int, int, int], str]:
    return (not held.in_force, bool(held.fault), held.place, held.digest)


def gather(catalogue: Mapping[str, Procedure], entries: Iterable[Held]) -> Gathered:
    """Sort a set of entries into cases; the same for every order they come in."""
    acts = once(entries)
    places: dict[str, Place] = {}
    for digest in acts:
        settle(catalogue, acts, digest, places)
    cases: dict[str, list[Held]] = {}
    for digest, held in acts.items():
        if places[digest].case:
            cases.setdefault(places[digest].case, []).append(held)
    ours = {digest: place for digest, place in places.items() if not _is_line(acts[digest])}
    return Gathered(
        cases,
        {digest: place.waits for digest, place in ours.items() if place.waits},
        {digest: place.stray for digest, place in ours.items() if place.stray},
        {digest: place.case for digest, place in ours.items() if place.case},
    )


def settle(catalogue: Mapping[str, Procedure], acts: Mapping[str, Held], digest: str, places: dict[str, Place]) -> None:
    """Follow an act to its case through the first acts of its procedure that each basis names; fills *places*.

    *places* may know some acts already, and *acts* need then not hold what those are based on.
    """
    trail: list[str] = []
    at = digest
    while at not in places:
        trail.append(at)
        parent = _parent(catalogue, acts, acts[at])
        if isinstance(parent, Place):
            places[at] = parent
        else:
            at = parent
    place = places[at]
    if place.stray:
        place = Place(stray=CASE_MISSING)
    for each in trail:
        places.setdefault(each, place)


def _parent(catalogue: Mapping[str, Procedure], acts: Mapping[str, Held], held: Held) -> "Place | str":
    """Give the act it belongs with, or where it belongs itself (E5)."""
    act = held.act
    procedure = catalogue.get(act.procedure)
    if procedure is None:
        return Place(stray=held.fault or PROCEDURE_UNKNOWN)
    for named in act.basis:
        if named not in acts:
            return Place(waits=named)
    rule = procedure.rules.get(act.act)
    if rule is not None and rule.opens:
        return Place(case=held.digest)
    for named in act.basis:
        if acts[named].act.procedure == act.procedure:
            return named
    return Place(stray=CASE_MISSING)


def _is_line(held: Held) -> bool:
    return held.act.procedure == LINE
