"""One slice of following: entries taken in, acts counted once and put in their cases, and what that changes.

Rules E4, E5 and E13 of ``docs/procedures/engine.md``, kept entry by entry: what the engine computes from the whole set
follows here from what is new and the few rows it touches. Cases touched are folded by ``caseindex_fold``.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeAlias

from rabita.line.approvals import Place as Since
from rabita.line.approvals import Publication
from rabita.line.charter import Charter
from rabita.line.control import PROCEDURE as LINE
from rabita.line.control import publication
from rabita.line.entry import ACT_ID_BYTES, hex_bytes
from rabita.line.ids import Lane
from rabita.line.merkle import HASH_BYTES
from rabita.line.record import LogRow
from rabita.ports.index import ActRow, IndexChanges
from rabita.procedures.engine.compute import NOT_COMPUTED, Catalogue
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.gather import PROCEDURE_UNKNOWN, Place, once, settle
from rabita.procedures.engine.held import Held
from rabita.services.caseindex_held import Loader, Taken, missing_keys, verified
from rabita.services.caseindex_state import BEGINNING, Followed, frozen_of

NUMBERS_AT_ONCE: Final = 1_024
JUDGED_AT_ONCE: Final = 512
AGAIN: Final = "again"
"""As a status: another leaf of the same act counts."""
STRAY: Final = "stray"
OF_THE_LINE: Final = "line"
Name: TypeAlias = tuple[str, str]
"""Whose key, and what it is called."""


@dataclass(slots=True)
class Work:
    """What one transaction on the index works with; ``state`` is thrown away unless it commits.

    ``touched`` are the cases to fold, ``fresh`` the entries taken in, ``renamed`` those whose words must be put again.
    """

    line: str
    us: str
    peer: str
    catalogue: Catalogue
    charters: Mapping[int, Charter]
    changes: IndexChanges
    loader: Loader
    state: Followed
    touched: dict[bytes, None] = field(default_factory=dict)
    fresh: dict[int, Taken] = field(default_factory=dict)
    renamed: dict[int, None] = field(default_factory=dict)

    def touch(self, *cases: bytes) -> None:
        """Have cases folded."""
        self.touched.update(dict.fromkeys([case for case in cases if case]))


def take_in(work: Work, heads: Sequence[LogRow], entries: Sequence[Taken]) -> None:
    """Take entries in and put their acts, and those that waited for them, where they belong."""
    doubted = _freeze(work, heads)
    rows = _counted(work, [*_rows(work, entries), *doubted])
    front = [row for row in rows if row.main and not (row.case or row.waits or row.stray)]
    placed = {row.seq: row for row in _placed(work, front)}
    whole = [placed.get(row.seq, row) for row in rows]
    work.changes.add([row for row in whole if row.seq in work.fresh], _basis(entries))
    work.changes.change([row for row in whole if row.seq not in work.fresh])
    work.touch(*[row.case for row in whole])
    _lacking(work, entries, {row.seq: row for row in whole})
    _pass_on(work, front)
    _count_on(work, entries)


def _freeze(work: Work, heads: Sequence[LogRow]) -> list[ActRow]:
    """Learn which logs are frozen; gives the entries already taken in that are no longer in force."""
    for head in heads:
        work.state.sizes.setdefault(head.log, 0)
    news = {log: size for log, size in frozen_of(heads).items() if work.state.frozen.get(log) != size}
    work.state.frozen.update(news)
    for log, size in news.items():
        if log.lane is Lane.CONTROL:
            _judge_again(work, dict.fromkeys(work.state.unpublish(log.party, log.epoch, size), BEGINNING))
    found = [row for log, size in news.items() for row in work.changes.at(work.line, log, size, work.state.sizes[log])]
    return [row._replace(in_force=False) for row in found]


def _rows(work: Work, entries: Sequence[Taken]) -> list[ActRow]:
    """Write the rows of new entries, approvals judged; what they say of officers' keys counts for earlier ones too."""
    changed: dict[Name, Since] = {}
    for taken in entries:
        if said := _said(work, taken):
            name, begin = said[0], work.state.publish(*said)
            changed[name] = min(begin, changed.get(name, begin))
    rows = [_row(work, taken) for taken in entries]
    _judge_again(work, changed)
    for taken in entries:
        log, size = taken.listed.log, taken.listed.row.index + 1
        work.state.sizes[log] = max(work.state.sizes.get(log, 0), size)
        work.state.seq = max(work.state.seq, taken.listed.seq)
        work.fresh[taken.listed.seq] = taken
        work.loader.keep(taken.listed.seq, taken.parsed)
    return rows


def _said(work: Work, taken: Taken) -> tuple[Name, Publication] | None:
    """Give what an entry says of an officer's key (party, key), if it does."""
    log, row = taken.listed.log, taken.listed.row
    sound = not taken.parsed.held.fault and work.state.in_force(log, row.index)
    said = publication(taken.act, (log.epoch, row.n), row.index) if sound else None
    return ((log.party, said[0]), said[1]) if said is not None else None


def _row(work: Work, taken: Taken) -> ActRow:
    listed, held, act = taken.listed, taken.parsed.held, taken.act
    log, row = listed.log, listed.row
    return ActRow(
        seq=listed.seq,
        line=work.line,
        log=log,
        index=row.index,
        n=held.n,
        seen=(held.seen_epoch, *held.seen),
        charter=held.charter,
        digest=row.act_digest,
        act_id=hex_bytes(act.id, ACT_ID_BYTES) or sha256(act.id.encode()).digest(),
        procedure=act.procedure,
        act=act.act,
        claimed_ms=taken.claimed_ms,
        held_ms=listed.held_ms,
        received_ms=0 if log.party == work.us else listed.held_ms,
        in_force=work.state.in_force(log, row.index),
        fault=held.fault,
        main=True,
        verified=0 if act.procedure == LINE else verified(taken, work.state.published),
        case=b"",
        waits=b"",
        stray="",
        status=Status.WAITING,
        because="",
    )


def _lacking(work: Work, entries: Iterable[Taken], rows: Mapping[int, ActRow]) -> None:
    """Remember approvals that a credential still to come may verify."""
    found = [
        (work.line, each.listed.log.party, key, each.listed.seq)
        for each in entries
        if each.signed and each.act.procedure != LINE
        for key in missing_keys(each, rows[each.listed.seq].verified)
    ]
    work.changes.lacks(found)


def _judge_again(work: Work, changed: Mapping[Name, Since]) -> None:
    """Judge approvals of entries taken in before by keys (party, key) of which something new is known.

    It may count for those that lacked a credential, and against those after the place given with the key. What is said
    of keys comes before all else, so these are few: all that its author said later and came first.
    """
    for party in dict.fromkeys([party for party, _ in changed]):
        keys = {key: place for (author, key), place in changed.items() if author == party}
        lacking = [seq for key in keys for seq in work.changes.lacking(work.line, party, key)]
        _judge(work, party, keys, work.changes.rows(sorted(set(lacking))))
        place = (*min(keys.values()), 0)
        while rows := work.changes.since(work.line, party, place, JUDGED_AT_ONCE):
            _judge(work, party, keys, rows)
            place = (rows[-1].log.epoch, rows[-1].n, rows[-1].seq)


def _judge(work: Work, party: str, keys: Container[str], rows: Sequence[ActRow]) -> None:
    """Judge the approvals of entries that have any by these keys."""
    entries = {each.listed.seq: each for each in work.loader.taken([row.seq for row in rows if row.procedure != LINE])}
    for row in rows:
        taken = entries.get(row.seq)
        if taken is None or not any(each.key in keys for each in taken.signed):
            continue
        bits = verified(taken, work.state.published)
        if bits != row.verified:
            work.changes.change([row._replace(verified=bits)])
            work.touch(row.case)
        work.changes.lacks([(work.line, party, each, row.seq) for each in missing_keys(taken, bits) if each in keys])


# each act once: E4


def _counted(work: Work, rows: Sequence[ActRow]) -> list[ActRow]:
    """Say of rows that are new or changed whether their acts count there; with them, kept rows that this changes.

    A row that begins or ceases to count has no place yet.
    """
    own = {row.seq: row for row in rows}
    rivals = _rivals(work, own)
    held = work.loader.held([row._replace(fault="") for row in rivals.values()])
    winners = once(held)
    for row, each in zip(rivals.values(), held, strict=True):
        winner = winners[each.digest]
        main = (winner.author, winner.place) == (each.author, each.place)
        counted = row._replace(main=main, fault=winner.fault if main else each.fault)
        if counted.main != row.main or counted.fault != row.fault:
            work.touch(row.case)
            counted = counted._replace(case=b"", waits=b"", stray="", status=AGAIN, because="")
        if counted != row or row.seq in own:
            own[row.seq] = counted
    return list(own.values())


def _rivals(work: Work, own: Mapping[int, ActRow]) -> dict[int, ActRow]:
    """Find the entries that share an act, or an author's act id, with another: all that may change by *own*.

    An entry that is new contends with those that count now alone, however many do not; only where one ceases to count
    (its log was frozen) must the next be found among all of them.
    """
    every = any(seq not in work.fresh for seq in own)
    leaves = work.changes.leaves_of if every else work.changes.mains_of
    known, ahead = dict(own), list(own.values())
    while ahead:
        near = [*leaves(work.line, [row.digest for row in ahead])]
        for row in ahead:
            near += work.changes.users_of(work.line, row.log.party, row.act_id, first=not every)
        fresh = {row.seq: row for row in near if row.seq not in known}
        known |= fresh
        ahead = list(fresh.values())
    groups: dict[object, list[int]] = {}
    for row in known.values():
        groups.setdefault(row.digest, []).append(row.seq)
        groups.setdefault((row.log.party, row.act_id), []).append(row.seq)
    shared = dict.fromkeys([seq for group in groups.values() if len(group) > 1 for seq in group])
    return {seq: known[seq] for seq in shared}


# each act in its case: E5


def _placed(work: Work, front: Sequence[ActRow]) -> list[ActRow]:
    """Put acts in their cases, or with what they wait for; what they are based on has its place, or is among them."""
    held = {each.digest: each for each in work.loader.held(front)}
    named = dict.fromkeys([name for each in held.values() for name in each.act.basis if name not in held])
    kept = work.changes.mains_of(work.line, _digests(named))
    acts = held | {each.digest: each for each in work.loader.held(kept)}
    places = {row.digest.hex(): Place(row.case.hex(), row.waits.decode(), row.stray) for row in kept}
    for digest in held:
        settle(work.catalogue.procedures, acts, digest, places)
    return [_at(work, row, held[row.digest.hex()], places[row.digest.hex()]) for row in front]


def _at(work: Work, row: ActRow, held: Held, place: Place) -> ActRow:
    case, waits = bytes.fromhex(place.case), place.waits.encode()
    if held.act.procedure == LINE:
        return row._replace(case=b"", waits=b"", stray="", status=OF_THE_LINE, because="")
    if place.stray:
        unknown = place.stray == PROCEDURE_UNKNOWN and not work.catalogue.terms(work.charters, row.charter)
        because = NOT_COMPUTED if unknown else place.stray
        return row._replace(case=b"", waits=b"", stray=place.stray, status=STRAY, because=because)
    return row._replace(case=case, waits=waits, stray="", status=Status.WAITING if waits else row.status, because="")


def _pass_on(work: Work, moved: Sequence[ActRow]) -> None:
    """Put again what is based on acts that have a new place, and what is based on that, as far as it changes."""
    done = {row.seq for row in moved}
    while moved:
        named = work.changes.naming(work.line, [row.digest for row in moved])
        front = [row for row in named if row.seq not in done]
        moved = [new for new, old in zip(_placed(work, front), front, strict=True) if new != old]
        work.changes.change(moved)
        work.renamed.update(dict.fromkeys([row.seq for row in moved]))
        work.touch(*[row.case for row in (*front, *moved)])
        done = set()


def _basis(entries: Iterable[Taken]) -> list[tuple[bytes, bytes]]:
    """Give what each act names, with the act."""
    return [(target, each.listed.row.act_digest) for each in entries for target in _digests(each.act.basis)]


def _digests(names: Iterable[str]) -> list[bytes]:
    """Read digests written in hex; what is none names nothing that is held."""
    return [raw for name in names if (raw := hex_bytes(name, HASH_BYTES))]


# how much is held: E13


def _count_on(work: Work, entries: Sequence[Taken]) -> None:
    """Follow each author's own numbers up to the first that is not held."""
    for party, epoch in dict.fromkeys([each.listed.log[:2] for each in entries]):
        at = work.state.orders.get((party, epoch), 0)
        while found := work.changes.numbered(work.line, party, epoch, at, NUMBERS_AT_ONCE):
            begin = at
            for n in found:
                at = n if n == at + 1 else at
            if at < found[-1] or at == begin:
                break
        work.state.orders[party, epoch] = at
