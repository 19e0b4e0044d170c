"""The virtual disk: every durable step has a kind, and at each kind every fault can be made to happen.

A commit is atomic (the store's contract suite proves it on the real thing), so a torn write is a commit of which
nothing remains. What a machine finds after a crash is what was committed, or an older copy of it.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

from rabita.line.changes import Changes
from rabita.line.control import Opening, Rotation, control_form
from rabita.line.entry import read
from rabita.line.errors import LocalFault
from rabita.line.ids import Lane, LogId
from rabita.line.record import OrderEntry, SealedBatch, StoredBatch
from rabita.line.state import ACCORD, BEHIND
from rabita.store.memory import MemoryStore

STEPS: Final = (
    "seal",
    "seal-flash",
    "seal-rotation",
    "seal-opening",
    "receive",
    "receive-flash",
    "receive-rotation",
    "receive-opening",
    "returned",
    "receipt",
    "attest",
    "head",
    "freeze",
    "stop",
    "behind",
    "accord",
    "audit",
)
FAULTS: Final = (
    "crash-before",
    "torn",
    "crash-after",
    "both-crash",
    "fail",
    "fail-long",
    "slow",
    "restored",
    "rolled-back",
    "disk-lost",
    "cut",
    "half-open",
    "dial-both",
    "clock-jump",
)
PAIRS: Final = tuple(product(STEPS, FAULTS))
"""Every fault at every durable step; seed k forces pair (k mod 500) mod the number of pairs."""
SEEDS_FOR_ALL: Final = 500
RARE: Final = (
    "seal-opening",
    "receive-opening",
    "returned",
    "stop",
    "behind",
    "accord",
    "freeze",
    "audit",
    "receive-rotation",
)


class Forced(NamedTuple):
    """What a seed must make happen."""

    step: str
    fault: str


def forced(seed: int) -> Forced:
    """Give the pair a seed forces."""
    return Forced(*PAIRS[seed % SEEDS_FOR_ALL % len(PAIRS)])


def step_of(changes: Sequence[Changes], us: str) -> str:
    """Name the durable step that a transaction is, by the most particular of its changes."""
    kinds = [kind for each in changes for kind in _kinds(each, us)]
    return min(kinds, key=_particular, default="audit")


def _particular(kind: str) -> int:
    order = ("stop", "behind", "accord", "seal-opening", "receive-opening", "returned", "seal-rotation")
    return order.index(kind) if kind in order else len(order) + (kind == "audit")


def _kinds(each: Changes, us: str) -> list[str]:
    names = dict(each.facts)
    kinds = ["audit"] if each.audit else []
    kinds += ["stop"] if each.evidence else []
    kinds += ["behind"] if names.get(BEHIND) == "1" else []
    kinds += ["accord"] if ACCORD in names else []
    kinds += ["receipt"] if each.receipts else []
    for batch in each.batches:
        kinds.append(_batch_kind(each, batch.value, us))
    if each.logs and not (each.batches or each.evidence):
        kinds.append("freeze" if any(row.frozen_at >= 0 for row in each.logs) else _signed(each, us))
    return kinds


def _signed(each: Changes, us: str) -> str:
    return "attest" if each.logs[0].log.party == us else "head"


def _batch_kind(changes: Changes, batch: SealedBatch, us: str) -> str:
    ours = batch.log.party == us
    if ours and not changes.orders:
        return "returned"
    side = "seal" if ours else "receive"
    if batch.log.lane is Lane.FLASH:
        return f"{side}-flash"
    if batch.log.lane is Lane.CONTROL:
        form = control_form(read(batch.rows[0].entry, changes.line, batch.log).act)
        if isinstance(form, Rotation):
            return f"{side}-rotation"
        if isinstance(form, Opening):
            return f"{side}-opening"
    return side


class Disk(MemoryStore):
    """A store whose reads and writes can be made to fail."""

    failing = False

    def clone(self) -> "Disk":
        """Give what is on the disk now, for a machine that comes up again or for a backup."""
        return Disk(self._state)

    def commit(self, changes: Sequence[Changes], now_ms: int) -> None:
        """See ``Store.commit``."""
        self._check()
        super().commit(changes, now_ms)

    def batch(self, line: str, log: LogId, first: int) -> StoredBatch | None:
        """See ``Store.batch``."""
        self._check()
        return super().batch(line, log, first)

    def note(self, line: str, log: LogId, size: int) -> bytes | None:
        """See ``Store.note``."""
        self._check()
        return super().note(line, log, size)

    def order(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[OrderEntry, ...]:
        """See ``Store.order``."""
        self._check()
        return super().order(line, party, epoch, after_n, count)

    def _check(self) -> None:
        if self.failing:
            raise LocalFault("store-unavailable")
