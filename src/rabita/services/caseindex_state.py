"""How far the index of cases has followed a line: small, kept beside what it has made, so both are of one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from rabita.line.approvals import History, Place, Publication, with_publication
from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from rabita.line.record import LogRow
from rabita.line.state import OPEN
from rabita.line.verify import Credential
from rabita.procedures.engine.held import Extent
from rabita.procedures.engine.judge import Suspension


class _Log(msgspec.Struct, frozen=True, array_like=True):
    party: str
    epoch: int
    lane: Lane
    size: int
    receipted: int
    frozen_at: int


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    seq: int
    logs: tuple[_Log, ...]
    orders: tuple[tuple[str, int, int], ...]
    published: tuple[tuple[str, str, int, int, int, Credential | None], ...]
    charters: tuple[int, ...]
    amended: bool


BEGINNING: Final[Place] = (0, 0)

_decode = msgspec.msgpack.Decoder(_Kept).decode


@dataclass(slots=True)
class Followed:
    """Where the index stands on a line.

    ``seq`` is the last entry taken in; ``sizes`` the entries taken in of each log, ``receipted`` those of our own whose
    receipt is; ``frozen`` where logs of closed epochs end; ``orders`` up to which ``n`` an author's epoch is held
    without a gap; ``published`` what was said of officers' keys, by (party, key); ``charters`` the versions held when
    it was folded, ``amended`` whether one was ever brought on the line. ``suspensions`` are not kept but read off the
    cases; ``settling`` says that cases wait to be looked at for what is held now.
    """

    seq: int = 0
    sizes: dict[LogId, int] = field(default_factory=dict)
    receipted: dict[LogId, int] = field(default_factory=dict)
    frozen: dict[LogId, int] = field(default_factory=dict)
    orders: dict[tuple[str, int], int] = field(default_factory=dict)
    published: dict[tuple[str, str], History] = field(default_factory=dict)
    charters: tuple[int, ...] = ()
    amended: bool = False
    suspensions: dict[bytes, tuple[Suspension, ...]] = field(default_factory=dict)
    settling: bool = True

    def copy(self) -> "Followed":
        """Give another that can be changed and thrown away."""
        return replace(
            self,
            sizes=dict(self.sizes),
            receipted=dict(self.receipted),
            frozen=dict(self.frozen),
            orders=dict(self.orders),
            published=dict(self.published),
            suspensions=dict(self.suspensions),
        )

    def extent(self) -> Extent:
        """Give how much of the transcript has been taken in, as the engine asks (E13)."""
        parties = dict.fromkeys([log.party for log in self.sizes])
        return Extent(dict(self.orders), dict(self.sizes), {party: self._settled(party) for party in parties})

    def in_force(self, log: LogId, index: int) -> bool:
        """Say whether an entry is not beyond where its log was frozen."""
        return not OPEN < self.frozen.get(log, OPEN) <= index

    def in_all_suspensions(self) -> tuple[Suspension, ...]:
        """Give the suspensions of every case that announces one."""
        return tuple([each for found in self.suspensions.values() for each in found])

    def _settled(self, party: str) -> int:
        """Give the epoch of a party before which everything in force is taken in."""
        epochs: dict[int, list[LogId]] = {}
        for log in self.sizes:
            if log.party == party:
                epochs.setdefault(log.epoch, []).append(log)
        settled = 1
        while settled < max(epochs) and settled in epochs and all(self._is_whole(log) for log in epochs[settled]):
            settled += 1
        return settled

    def _is_whole(self, log: LogId) -> bool:
        return OPEN < self.frozen.get(log, OPEN) <= self.sizes[log]

    def pack(self) -> bytes:
        """Write it for keeping."""
        logs = [
            _Log(*log, size, self.receipted.get(log, 0), self.frozen.get(log, OPEN)) for log, size in self.sizes.items()
        ]
        orders = [(party, epoch, n) for (party, epoch), n in self.orders.items()]
        published = [
            (*name, *each.place, each.index, each.credential)
            for name, history in self.published.items()
            for each in history
        ]
        kept = _Kept(self.seq, tuple(logs), tuple(orders), tuple(published), self.charters, self.amended)
        return msgspec.msgpack.encode(kept)

    def publish(self, name: tuple[str, str], said: Publication) -> Place:
        """Take in what was said of a key; gives the place after which approvals by it are to be judged again.

        What was said last changes only what comes after it.
        """
        history = self.published.get(name, ())
        self.published[name] = with_publication(history, said)
        return said.place if not history or history[-1][:2] < said[:2] else BEGINNING

    def unpublish(self, party: str, epoch: int, size: int) -> list[tuple[str, str]]:
        """Forget what a control log said of keys beyond the size it was frozen at; gives the keys (party, key)."""
        changed = []
        for name, history in self.published.items():
            kept = tuple([each for each in history if each.place[0] != epoch or each.index < size])
            if name[0] == party and kept != history:
                self.published[name] = kept
                changed.append(name)
        return changed


def unpack(raw: bytes) -> Followed:
    """Read what ``pack`` wrote, nothing from nothing; raises ``LocalFault("index-unavailable")`` for anything else."""
    if not raw:
        return Followed()
    try:
        kept = _decode(raw)
    except msgspec.MsgspecError as fault:
        raise LocalFault("index-unavailable", type(fault).__name__) from fault
    found = Followed(kept.seq, charters=kept.charters, amended=kept.amended)
    found.orders = {(party, epoch): n for party, epoch, n in kept.orders}
    for each in kept.logs:
        log = LogId(each.party, each.epoch, each.lane)
        found.sizes[log], found.receipted[log], found.frozen[log] = each.size, each.receipted, each.frozen_at
    for party, key, epoch, n, index, credential in kept.published:
        found.publish((party, key), Publication((epoch, n), index, credential))
    return found


class Glance(NamedTuple):
    """What whoever reads needs of it: whether the charter was ever amended, and how much is taken in."""

    amended: bool
    extent: Extent


@lru_cache(maxsize=16)
def glance(raw: bytes) -> Glance:
    """Read that of what ``pack`` wrote, once for the same bytes; raises as ``unpack``."""
    found = unpack(raw)
    return Glance(found.amended, found.extent())


def frozen_of(heads: Iterable[LogRow]) -> Mapping[LogId, int]:
    """Give where the logs of a line are frozen, those that are."""
    return {head.log: head.frozen_at for head in heads if head.frozen_at != OPEN}
