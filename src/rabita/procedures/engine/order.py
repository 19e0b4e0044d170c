"""The order of a case: each act's depth, equal depths in one step (E6, E7).

Depth is 1 + the greatest depth among the case's acts that the act covers. Each author's acts rise in depth along its
own order, so a step holds one act, or one of each side that had not seen each other. Two acts that each claim to have
seen the other, which no honest pair can, stand at one depth. Linear in the acts, but for sorting.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from rabita.line.ids import RANK, Lane
from rabita.procedures.engine.held import Held, covers

Step: TypeAlias = tuple[Held, ...]
Log: TypeAlias = tuple[list[tuple[int, int]], list[int]]
"""Of one author's lane: places (epoch, index) in rising order, and how far in its own order each takes the reader."""


class Side:
    """One author's acts of a case in its own order, and how many of the other's each covers."""

    __slots__ = ("acts", "depths", "needs")

    def __init__(self, acts: Sequence[Held]) -> None:
        """Put the acts in their author's order."""
        self.acts = sorted(acts, key=lambda held: (held.place, held.digest))
        self.needs: list[int] = []
        self.depths: list[int] = []

    @property
    def depth(self) -> int:
        """The depth of the last act placed."""
        return self.depths[-1] if self.depths else 0

    def look(self, other: "Side") -> None:
        """Count, for every act, how far into the other's own order it reaches by ``seen`` and basis."""
        logs, positions = other.logs(), {held.digest: at for at, held in enumerate(other.acts, 1)}
        self.needs = [_reach(held, logs, positions) for held in self.acts]

    def logs(self) -> dict[Lane, Log]:
        """Give the acts by lane, each with the greatest position in own order up to it."""
        found: dict[Lane, list[tuple[tuple[int, int], int]]] = {}
        for at, held in enumerate(self.acts, 1):
            found.setdefault(held.lane, []).append(((held.epoch, held.index), at))
        return {
            lane: ([place for place, _ in items], list(accumulate([at for _, at in items], max)))
            for lane, items in ((lane, sorted(each)) for lane, each in found.items())
        }

    def is_ready(self, other: "Side") -> bool:
        """Say whether all that the next act covers has its depth."""
        at = len(self.depths)
        return at < len(self.acts) and self.needs[at] <= len(other.depths)

    def next_depth(self, other: "Side") -> int:
        """Give the depth of the next act."""
        need = min(self.needs[len(self.depths)], len(other.depths))
        return 1 + max(self.depth, other.depths[need - 1] if need else 0)


def steps(acts: Sequence[Held], opener: str) -> list[tuple[int, Step]]:
    """Put the acts of a case into steps, by rising depth."""
    if len(acts) == 1:
        return [(1, (acts[0],))]
    if len(acts) == 2 and acts[0].author != acts[1].author:  # noqa: PLR2004 - most cases are an act and its answer
        return _pair(*sorted(acts, key=lambda held: held.author != opener))
    ours, theirs = (Side([each for each in acts if (each.author == opener) is mine]) for mine in (True, False))
    ours.look(theirs)
    theirs.look(ours)
    while len(ours.depths) < len(ours.acts) or len(theirs.depths) < len(theirs.acts):
        if ours.is_ready(theirs):
            ours.depths.append(ours.next_depth(theirs))
        elif theirs.is_ready(ours):
            theirs.depths.append(theirs.next_depth(ours))
        else:  # each claims to have seen the other
            depth = max(ours.next_depth(theirs), theirs.next_depth(ours))
            ours.depths.append(depth)
            theirs.depths.append(depth)
    found: dict[int, list[Held]] = {}
    for side in (ours, theirs):
        for depth, held in zip(side.depths, side.acts, strict=True):
            found.setdefault(depth, []).append(held)
    return [(depth, tuple(found[depth])) for depth in sorted(found)]


def _pair(ours: Held, theirs: Held) -> list[tuple[int, Step]]:
    """Put an act of each side into steps: two that cover each other, or not, stand at one depth."""
    before, after = covers(theirs, ours), covers(ours, theirs)
    if before == after:
        return [(1, (ours, theirs))]
    first, second = (ours, theirs) if before else (theirs, ours)
    return [(1, (first,)), (2, (second,))]


def _reach(held: Held, logs: Mapping[Lane, Log], positions: Mapping[str, int]) -> int:
    reach = 0
    for lane, (places, reached) in logs.items():
        at = bisect_left(places, (held.seen_epoch, held.seen[RANK[lane]]))
        if at and reached[at - 1] > reach:
            reach = reached[at - 1]
    return max([reach, *[positions.get(each, 0) for each in held.act.basis]])
