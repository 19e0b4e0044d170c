"""Charter amendment, its pure part: what may follow a charter, who signs when, what changed, where it is in force.

Rules kept here (2-line, Parties, keys, charter): an amendment is a charter of the next version for the same line, in
force only when both roots have signed it. Parties alternate by version as last signer, and the last signer signs one
successor only, so there is never a second. It activates by position: a party's stamps name the version it writes under,
rise by one and never fall; a procedure keeps the charter of its opening entry.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.amendment import FIXED
from rabita.line.amendment import last_signer as signer_of
from rabita.line.charter import Charter
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import ENGLISH, Reader
from rabita.procedures.rules import RuleFinding


class Change(NamedTuple):
    """One term that differs: its path in the charter, and the value before and after (None: it has none there)."""

    path: str
    before: object
    after: object


class Stage(StrEnum):
    """Where an amendment stands, as a state shown like a procedure's."""

    PROPOSED = "proposed"
    SIGNED_BY_ONE = "signed by one side"
    SIGNED = "signed by both sides"
    IN_FORCE_FOR_ONE = "in force for one side"
    IN_FORCE = "in force"


STAGE_WORDS: Final = {
    Stage.PROPOSED: "Version {version} of the charter is proposed; neither side has signed it.",
    Stage.SIGNED_BY_ONE: "Version {version} of the charter is signed by {signers}; the other side has not signed it.",
    Stage.SIGNED: "Version {version} of the charter is signed by both sides; neither writes under it yet.",
    Stage.IN_FORCE_FOR_ONE: "Version {version} of the charter is in force for {parties}; the other side follows.",
    Stage.IN_FORCE: "Version {version} of the charter is in force for both sides.",
}


class Amendment(NamedTuple):
    """An amendment as a node sees it: who signed it, and from which place (epoch, n) on each side writes under it."""

    version: int
    digest: str
    signed_by: tuple[str, ...]
    since: Mapping[str, tuple[int, int]]

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.since:
            return Stage.IN_FORCE if len(self.since) > 1 else Stage.IN_FORCE_FOR_ONE
        return (Stage.PROPOSED, Stage.SIGNED_BY_ONE, Stage.SIGNED)[len(self.signed_by)]


def say_amendment(each: Amendment, reader: Reader = ENGLISH) -> str:
    """Say where an amendment stands, in the reader's language."""
    words = reader.translate(STAGE_WORDS[each.stage])
    signers, parties = (
        ", ".join([reader.party(code) for code in codes]) for codes in (each.signed_by, sorted(each.since))
    )
    return words.format(version=each.version, signers=signers, parties=parties)


def amendment_findings(current: Charter, proposed: Charter, catalogues: Collection[str]) -> tuple[RuleFinding, ...]:
    """Find what keeps *proposed* from following *current*; *catalogues* are the catalogue versions known here.

    1. ``amendment-version``: it is the next version.
    2. ``amendment-foreign``: it is for the same parties, roots and line, in earnest or not as before.
    3. ``amendment-empty``: it changes a term.
    4. ``not-computed``: this version knows its catalogue of procedures.
    """
    fixed = [name for name in FIXED if getattr(proposed, name) != getattr(current, name)]
    broken = {
        RuleFinding("amendment-version", f"{current.version + 1}"): proposed.version != current.version + 1,  # 1
        RuleFinding("amendment-foreign", ", ".join(fixed)): bool(fixed),  # 2
        RuleFinding("amendment-empty"): not changes(current, proposed),  # 3
        RuleFinding("not-computed", proposed.catalogue): proposed.catalogue not in catalogues,  # 4
    }
    return tuple([finding for finding, is_broken in broken.items() if is_broken])


def last_signer(proposed: Charter) -> str:
    """Give the party that signs a version last: they alternate."""
    return signer_of(proposed, proposed.version)


def signing_findings(
    proposed: Charter, digest: str, party: str, signed_by: Collection[str], completed: Mapping[int, str]
) -> tuple[RuleFinding, ...]:
    """Find what keeps *party* from signing an amendment of SHA-256 *digest* that *signed_by* have signed.

    *completed* gives the digest this party has signed as last signer, by version.

    1. ``amendment-order``: the last signer signs when the other side has, so that its signature puts it in force.
    2. ``amendment-other``: it signs one successor only.
    """
    if party != last_signer(proposed):
        return ()
    others = [each.party for each in proposed.parties if each.party != party]
    broken = {
        RuleFinding("amendment-order", others[0]): others[0] not in signed_by,  # 1
        RuleFinding("amendment-other", completed.get(proposed.version, "")[:12]): completed.get(
            proposed.version, digest
        )
        != digest,  # 2
    }
    return tuple([finding for finding, is_broken in broken.items() if is_broken])


def changes(current: Charter, proposed: Charter) -> tuple[Change, ...]:
    """List the terms that differ, by path, as in ``lanes.FLASH.words_max``; the version itself is none."""
    before, after = msgspec.to_builtins(current), msgspec.to_builtins(proposed)
    return tuple([each for each in _differ("", before, after) if each.path != "version"])


def activations(entries: Iterable[Held]) -> dict[int, dict[str, tuple[int, int]]]:
    """Give, by charter version, the place (epoch, n) from which each party writes under it; the same in any order."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for each in entries:
        if each.in_force:
            since = found.setdefault(each.charter, {})
            since[each.author] = min((each.epoch, each.n), since.get(each.author, (each.epoch, each.n)))
    return found


def charters_fallen(entries: Iterable[Held]) -> tuple[Held, ...]:
    """List the entries whose stamp names an older charter than an earlier one of their author; none may."""
    found, newest = [], dict[str, int]()
    for each in sorted([each for each in entries if each.in_force], key=lambda held: (held.author, held.place)):
        if each.charter < newest.get(each.author, 0):
            found.append(each)
        newest[each.author] = max(each.charter, newest.get(each.author, 0))
    return tuple(found)


def amendment(proposed: Charter, digest: str, signed_by: Collection[str], entries: Iterable[Held]) -> Amendment:
    """View an amendment from the entries held; in force for nobody before both have signed."""
    signers = tuple(sorted({each.party for each in proposed.parties} & set(signed_by)))
    whole = len(signers) == len(proposed.parties)
    since = activations(entries).get(proposed.version, {}) if whole else {}
    return Amendment(proposed.version, digest, signers, since)


def _differ(path: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401 - any JSON value
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _differ(f"{path}.{name}".lstrip("."), before.get(name), after.get(name))
    elif before != after:
        yield Change(path, before, after)
