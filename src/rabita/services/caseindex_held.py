"""Entries of the store as the engine takes them (``Held``): read, and their approvals checked, once.

Rule kept here: an approval is judged by what its author said of its key, by place alone (``line.approvals``). So what
one node found verified every node finds verified, whatever order control entries and acts came in. At most
``APPROVALS_CHECKED_MAX`` approvals of an act are looked at.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from rabita.line.approvals import VERIFIED, History, judged
from rabita.line.control import Amending, control_form
from rabita.line.entry import Act, Approval, read
from rabita.line.errors import LocalFault
from rabita.ports import ListedEntry, Store
from rabita.ports.index import ActRow
from rabita.procedures.engine.held import UNREAD, Approved, Held

APPROVALS_CHECKED_MAX: Final = 62
"""Bits of a signed 64-bit number that is never negative."""
KEPT: Final = 4_096
Published = Mapping[tuple[str, str], History]


class Parsed(NamedTuple):
    """An entry as read: ``held`` without what the index knows of it (verified, in force), and all approvals."""

    held: Held
    approvals: tuple[Approved, ...]


class Taken(NamedTuple):
    """An entry of the store that is taken in now."""

    listed: ListedEntry
    parsed: Parsed
    signed: tuple[Approval, ...]
    claimed_ms: int

    @property
    def act(self) -> Act:
        """The act, ``UNREAD`` where it cannot be read."""
        return self.parsed.held.act


def take(listed: ListedEntry) -> Taken:
    """Read an entry of the store."""
    log, row = listed.log, listed.row
    reading = read(row.entry, listed.line, log)
    stamp = reading.stamp
    held = Held(
        digest=row.act_digest.hex(),
        author=log.party,
        epoch=log.epoch,
        n=row.n,
        lane=log.lane,
        index=row.index,
        seen_epoch=stamp.seen_epoch if stamp else 0,
        seen=stamp.seen if stamp else (0, 0, 0, 0, 0),
        charter=stamp.charter if stamp else 0,
        act=reading.act or UNREAD,
        fault=reading.fault,
    )
    signed = reading.approvals[:APPROVALS_CHECKED_MAX]
    approvals = tuple([Approved(each.role, each.key) for each in signed])
    return Taken(listed, Parsed(held, approvals), signed, stamp.time_ms if stamp else 0)


def is_amendment(taken: Taken) -> bool:
    """Say whether an entry brings a version of the charter."""
    return isinstance(control_form(taken.act), Amending)


def verified(taken: Taken, published: Published) -> int:
    """Check an entry's approvals; gives the bits of those verified."""
    bits, log, row = 0, taken.listed.log, taken.listed.row
    for at, approval in enumerate(taken.signed):
        history = published.get((log.party, approval.key), ())
        if judged(approval, row.entry.act, (log.epoch, row.n), history) == VERIFIED:
            bits |= 1 << at
    return bits


class Loader:
    """Gives entries as the engine takes them, the last few thousand from memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[int, Parsed] = OrderedDict()

    def keep(self, seq: int, parsed: Parsed) -> None:
        """Remember an entry that was read anyway."""
        self._kept[seq] = parsed
        self._kept.move_to_end(seq)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def fetch(self, rows: Sequence[ActRow]) -> None:
        """Read entries that are about to be asked for, all at once; no more than are kept."""
        for listed in self._store.at([row.seq for row in rows[:KEPT] if row.seq not in self._kept]):
            self.keep(listed.seq, take(listed).parsed)

    def held(self, rows: Sequence[ActRow]) -> list[Held]:
        """Give the entries of these rows, as what the index knows of them has it.

        Raises ``LocalFault("index-unavailable")`` for rows of another store.
        """
        found = {row.seq: self._kept[row.seq] for row in rows if row.seq in self._kept}
        missing = [row.seq for row in rows if row.seq not in found]
        for listed in self._store.at(missing) if missing else ():
            found[listed.seq] = take(listed).parsed
            self.keep(listed.seq, found[listed.seq])
        if len(found) < len({row.seq for row in rows}):
            raise LocalFault("index-unavailable", "it knows entries that the store does not hold")
        return [known(row, found[row.seq]) for row in rows]

    def taken(self, seqs: Sequence[int]) -> list[Taken]:
        """Read entries of the store again, approvals and all, by rising number."""
        return [take(listed) for listed in self._store.at(seqs)]


def known(row: ActRow, parsed: Parsed) -> Held:
    """Give an entry as the engine takes it, with what the index knows of it."""
    approvals = tuple([each for at, each in enumerate(parsed.approvals) if row.verified >> at & 1])
    return parsed.held._replace(approvals=approvals, in_force=row.in_force, fault=row.fault or parsed.held.fault)


def missing_keys(taken: Taken, bits: int) -> Iterable[str]:
    """List the keys of approvals that are not verified."""
    return [each.key for at, each in enumerate(taken.signed) if not bits >> at & 1]
