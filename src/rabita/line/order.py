"""An author's own order: ``n`` counts on, ``prev`` names what came before, ``seen`` never falls.

Followed after an entry is held and receipted, and never waited for. One ``n`` with two leaves, a ``prev`` that names
another entry, or a ``seen`` that falls are contradictions the author signed: kept, shown, and its lanes stop.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from rabita.line.changes import Changes
from rabita.line.entry import FIRST_PREV
from rabita.line.events import Effect, LoadOrder, OrderLoaded, Store, Tell
from rabita.line.ids import Lane, LogId, reference
from rabita.line.record import EntryRow, EvidenceRow, LogRow, OrderEntry, OrderRow
from rabita.line.state import LineState, RowsPending, replace, with_pending, with_waiting

ORDER_ENTRIES_MAX = 256


def follow(state: LineState, log: LogId, rows: Sequence[EntryRow], out: list[Effect]) -> LineState:
    """Follow the author's order through entries that just arrived; what came early waits in the store."""
    entries = [OrderEntry(row.n, row.prev, row.leaf, row.seen, log, row.index) for row in rows if row.n > 0]
    key = (log.party, log.epoch)
    before = _order(state, key)
    state, left, repeated = _walk(state, key, entries, out)
    if repeated:
        out.append(LoadOrder(log.party, log.epoch, min(repeated) - 1))
    if left:
        return replace(state, gaps={**state.gaps, key: True})
    moved_on = _order(state, key).n > before.n
    if moved_on and state.gaps.get(key, False):
        out.append(LoadOrder(log.party, log.epoch, _order(state, key).n))
    return state


def resume(state: LineState, out: list[Effect]) -> LineState:
    """Look again, as a conversation begins, for entries held beyond where the counterpart's order was followed to."""
    gaps = sorted(key for key, is_open in state.gaps.items() if is_open)
    out.extend([LoadOrder(*key, _order(state, key).n) for key in gaps])
    return state


def order_loaded(state: LineState, event: OrderLoaded, out: list[Effect]) -> LineState:
    """Follow the order through entries read back; look for two entries under one number on the way."""
    key = (event.party, event.epoch)
    entries = event.entries
    for one, two in pairwise(entries):
        if one.n == two.n:
            return _contradicted(state, one, two, out)
    before = _order(state, key)
    state, left, _ = _walk(state, key, [entry for entry in entries if entry.n > before.n], out)
    if len(entries) == ORDER_ENTRIES_MAX and _order(state, key).n > before.n:
        out.append(LoadOrder(event.party, event.epoch, _order(state, key).n))
        return state
    return replace(state, gaps={**state.gaps, key: left})


def _order(state: LineState, key: tuple[str, int]) -> OrderRow:
    return state.orders.get(key) or OrderRow(*key, 0, bytes.fromhex(FIRST_PREV), ())


def _walk(
    state: LineState, key: tuple[str, int], entries: Iterable[OrderEntry], out: list[Effect]
) -> tuple[LineState, bool, list[int]]:
    """Go on while the next number is at hand; says whether entries are left beyond a gap, and numbers that repeat."""
    _, _, n, leaf, seen = _order(state, key)
    left, repeated = False, []
    for entry in entries:
        if entry.n != n + 1:
            left = left or entry.n > n + 1
            repeated += [entry.n] if entry.n <= n else []
            continue
        if entry.prev != leaf or not _rises(seen, entry.seen):
            state = _contradicted(state, entry, entry, out)
        n, leaf, seen = entry.n, entry.leaf, entry.seen
    return replace(state, orders={**state.orders, key: OrderRow(*key, n, leaf, seen)}), left, repeated


def _rises(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Say whether ``seen`` did not fall: a later epoch, or no size smaller within the same one."""
    if before == after or not before or not after or after[0] > before[0]:
        return True
    return after[0] == before[0] and all(old <= new for old, new in zip(before[1:], after[1:], strict=True))


def _contradicted(state: LineState, one: OrderEntry, two: OrderEntry, out: list[Effect]) -> LineState:
    names = tuple([f"{reference(each.log, each.index)} n={each.n}".encode() for each in (one, two)])
    return stop(state, {one.log: state.logs[one.log], two.log: state.logs[two.log]}, "order-contradicted", names, out)


def stop(
    state: LineState, logs: dict[LogId, LogRow], code: str, items: tuple[bytes, ...], out: list[Effect]
) -> LineState:
    """Stop logs on a proven contradiction and keep the proof; they go on only in a new epoch."""
    rows = with_waiting(state, [row._replace(stopped=code) for row in logs.values() if not row.stopped])
    if not rows:
        return state
    evidence = EvidenceRow(rows[0].log, code, items)
    state = keep_stop(state, RowsPending(rows, evidence=(evidence,)), out)
    out.append(Tell(code, " ".join([f"{row.log.party} {row.log.epoch} {row.log.lane}" for row in rows])))
    stopped = {row.log: state.logs[row.log]._replace(stopped=code) for row in rows}
    return replace(state, logs={**state.logs, **stopped})


def keep_stop(state: LineState, stop: RowsPending, out: list[Effect]) -> LineState:
    """Make a stop and its proof durable."""
    state, ticket = with_pending(state, stop)
    out.append(Store(ticket, Lane.CONTROL, Changes(state.line, stop.rows, evidence=stop.evidence)))
    return state


def keep_stops(state: LineState, out: list[Effect]) -> LineState:
    """Try again to keep what a failed commit left only in memory."""
    waiting, state = state.unkept, replace(state, unkept=())
    for each in waiting:
        rows = with_waiting(state, [state.logs[row.log] for row in each.rows])
        state = keep_stop(state, each._replace(rows=rows), out)
    return state
