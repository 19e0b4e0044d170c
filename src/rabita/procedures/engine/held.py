"""An act as a node holds it, and how one act covers another.

The engine reads stamps and acts only, never portions (E2), and knows nothing of stores: services make ``Held`` rows.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from rabita.line.entry import Act
from rabita.line.ids import LANES, RANK, Lane, LogId

SERVICE: Final = "service"
"""The role of a node's own approval, for acts no person makes."""
FOREIGN_MINISTRY: Final = "foreign-ministry"
UNREAD: Final = Act("", "", Lane.ROUTINE, "", 0, "", "", "")
"""The act of an entry that this version cannot read: of no procedure; the entry's fault says why."""


class Approved(NamedTuple):
    """An approval that was verified: the role it was given in and the key of the officer (or service) who gave it."""

    role: str
    key: str


class Held(NamedTuple):
    """One entry held: its act, where it stands in the transcript and what its author had seen.

    ``digest`` is the SHA-256 (hex) of the act; ``n``, ``seen_epoch``, ``seen`` and ``charter`` come from the stamp;
    ``index`` counts from 0 in the lane's log. ``act`` is ``UNREAD`` where it cannot be read. ``approvals`` holds the
    verified ones alone. ``in_force`` is false for an entry that came late (beyond where its epoch's log was frozen);
    ``fault`` is the code of a content fault.
    """

    digest: str
    author: str
    epoch: int
    n: int
    lane: Lane
    index: int  # type: ignore[assignment]  # - not the tuple method
    seen_epoch: int
    seen: tuple[int, int, int, int, int]
    charter: int
    act: Act
    approvals: tuple[Approved, ...] = ()
    in_force: bool = True
    fault: str = ""

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Where it stands in its author's own order: epoch, number; lane and index part the two of a contradiction."""
        return (self.epoch, self.n, RANK[self.lane], self.index)


class Extent(NamedTuple):
    """How much of the transcript is held (E13).

    ``orders`` gives, per (party, epoch), the number ``n`` up to which every entry is held; ``sizes`` the entries held
    of each log; ``settled`` the epoch of a party before which everything in force is held (1 where left out).
    """

    orders: Mapping[tuple[str, int], int]
    sizes: Mapping[LogId, int]
    settled: Mapping[str, int] = {}


def covers(later: Held, earlier: Held) -> bool:
    """Say whether the author of *later* held *earlier* when it sealed: by basis, own order or ``seen`` (E6).

    An epoch before the one seen is covered whole: it was frozen at what its reader held.
    """
    if earlier.digest in later.act.basis:
        return True
    if later.author == earlier.author:
        return earlier.place < later.place
    return sees(later, earlier)


def sees(later: Held, earlier: Held) -> bool:
    """Say whether the ``seen`` of *later* covers *earlier*, an entry of the other side."""
    return (earlier.epoch, earlier.index) < (later.seen_epoch, later.seen[RANK[earlier.lane]])


def complete(held: Held, other: str, extent: Extent) -> bool:
    """Say whether all its author said before it and all under its ``seen`` is held (E13); never turns false again."""
    author, settled = held.author, extent.settled
    return (
        extent.orders.get((author, held.epoch), 0) >= held.n
        and settled.get(author, 1) >= held.epoch
        and settled.get(other, 1) >= held.seen_epoch
        and all(
            extent.sizes.get(LogId(other, held.seen_epoch, lane), 0) >= size
            for lane, size in zip(LANES, held.seen, strict=True)
        )
    )


def extent_of(entries: Iterable[Held]) -> Extent:
    """Give the extent of a set of entries: up to the first gap of each log and of each author's own numbers."""
    places = {(each.author, each.epoch, each.lane, each.index, each.n) for each in entries}
    orders: dict[tuple[str, int], int] = {}
    sizes: dict[LogId, int] = {}
    for author, epoch, lane, index, _ in sorted(places):
        log = LogId(author, epoch, lane)
        if sizes.get(log, 0) == index:
            sizes[log] = index + 1
    for author, epoch, n in sorted((author, epoch, n) for author, epoch, _, _, n in places):
        if orders.get((author, epoch), 0) == n - 1:
            orders[author, epoch] = n
    return Extent(orders, sizes)
