"""What both sides' transcripts of an exercise hold, as the engine takes it, and whether both compute the same.

The files are read as data here; that they are genuine is for ``line.transcript`` to say first. An act counts as
received where the other side's own transcript has it.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

import msgspec

from rabita.line.approvals import VERIFIED, History, judged, with_publication
from rabita.line.charter import Charter, read_charter
from rabita.line.control import publication
from rabita.line.entry import Entry, read
from rabita.line.errors import PeerFault
from rabita.line.ids import LogId
from rabita.line.transcript_lines import BatchLine, CharterLine, Head, LogLine, Parts, decode_line
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import Computed, compute
from rabita.procedures.engine.fold import fingerprint
from rabita.procedures.engine.held import UNREAD, Approved, Held, extent_of


class Export(NamedTuple):
    """One side's transcript: whose it is, of which line under which charter, and all it holds."""

    line: str
    by: str
    charter: Charter
    held: tuple[Held, ...]

    def computed(self) -> Computed:
        """Compute every case from it."""
        return compute(CATALOGUE, {self.charter.version: self.charter}, self.held, extent_of(self.held))


class States(msgspec.Struct, frozen=True):
    """Whether two nodes computed the same: by case (digest of its opening act) the SHA-256 of its state on both sides.

    ``digest`` is the SHA-256 over all of them, by party; ``differ`` lists cases that are not the same.
    """

    equal: bool
    cases: int
    digest: dict[str, str]
    differ: tuple[str, ...]
    fingerprints: dict[str, str]


def read_export(lines: Iterable[bytes]) -> Export:
    """Read a transcript; raises ``PeerFault`` for what is none."""
    head, charter, log, frozen_at = Head("", "", "", 0), None, None, -1
    raw: list[tuple[LogId, int, bool, Entry]] = []
    for line in map(decode_line, lines):
        if isinstance(line, Head):
            head = line
        elif isinstance(line, CharterLine):
            _, charter = read_charter(line.charter.encode())
        elif isinstance(line, LogLine):
            log, frozen_at = line.log.id, line.log.frozen_at
        elif isinstance(line, BatchLine) and log is not None:
            raw += [
                (log, index, not 0 <= frozen_at <= index, _entry(parts))
                for index, parts in enumerate(line.entries, line.first)
            ]
    if charter is None:
        raise PeerFault("transcript-malformed")
    published = _published(head.line, raw)
    return Export(head.line, head.by, charter, tuple([_held(head.line, each, published) for each in raw]))


def states_of(one: Export, other: Export) -> States:
    """Compare what both sides computed, case by case."""
    ours, theirs = ({case: fingerprint(each) for case, each in side.computed().cases.items()} for side in (one, other))
    differ = sorted(case for case in {*ours, *theirs} if ours.get(case) != theirs.get(case))
    digests = {one.by: _digest(ours), other.by: _digest(theirs)}
    return States(not differ, len(ours), digests, tuple(differ), ours)


def _digest(fingerprints: Mapping[str, str]) -> str:
    return sha256(msgspec.json.encode(fingerprints, order="sorted")).hexdigest()


def _entry(parts: Parts) -> Entry:
    return Entry(*parts)


def _published(line: str, raw: Iterable[tuple[LogId, int, bool, Entry]]) -> dict[tuple[str, str], History]:
    """Collect what the parties said of their officers' keys."""
    found: dict[tuple[str, str], History] = {}
    for log, index, in_force, entry in raw:
        reading = read(entry, line, log)
        place = (log.epoch, reading.stamp.n if reading.stamp else 0)
        if in_force and (each := publication(reading.act, place, index)) is not None:
            name = (log.party, each[0])
            found[name] = with_publication(found.get(name, ()), each[1])
    return found


def _held(line: str, raw: tuple[LogId, int, bool, Entry], published: Mapping[tuple[str, str], History]) -> Held:
    log, index, in_force, entry = raw
    reading = read(entry, line, log)
    stamp = reading.stamp
    place = (log.epoch, stamp.n if stamp else 0)
    histories = [(each, published.get((log.party, each.key), ())) for each in reading.approvals]
    good = [each for each, history in histories if judged(each, entry.act, place, history) == VERIFIED]
    return Held(
        digest=sha256(entry.act).hexdigest(),
        author=log.party,
        epoch=log.epoch,
        n=stamp.n if stamp else 0,
        lane=log.lane,
        index=index,
        seen_epoch=stamp.seen_epoch if stamp else 0,
        seen=stamp.seen if stamp else (0, 0, 0, 0, 0),
        charter=stamp.charter if stamp else 0,
        act=reading.act or UNREAD,
        approvals=tuple([Approved(each.role, each.key) for each in good]),
        in_force=in_force,
        fault=reading.fault,
    )
