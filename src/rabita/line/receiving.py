"""Receiving: chunks become batches, batches are checked against the log they continue, and only then stored.

What does not verify proves nothing: it is refused and asked for again. Completed batches are taken most urgent first.
"""

from collections.abc import Sequence
from typing import TypeAlias

from rabita.line import limits
from rabita.line.attachments import seek_named
from rabita.line.changes import Changes
from rabita.line.control import check_opening, follow_control, sizes_map
from rabita.line.descriptor import Descriptor, checkpoint_keys
from rabita.line.entry import read
from rabita.line.errors import PeerFault
from rabita.line.events import Arrived, Close, Effect, LoadNote, Send, Store, Tell
from rabita.line.frames import Batch, Chunk, Head, Refusal, decode_batch
from rabita.line.ids import RANK, Lane, LogId, origin
from rabita.line.keybook import begin_epoch, checkpoint_keys_at
from rabita.line.note import Note, VerifierKey, parse_note
from rabita.line.order import follow
from rabita.line.quota import count_batch, grant, is_refill, quota_fact, withheld
from rabita.line.receipts import cosign
from rabita.line.record import EntryRow, LogRow
from rabita.line.sending import urgency
from rabita.line.state import (
    BEHIND,
    OPEN,
    ComparePending,
    LineState,
    ReceivePending,
    Receiving,
    RowsPending,
    Session,
    charter_fault,
    conversation,
    epoch_logs,
    moved,
    new_log,
    replace,
    tip,
    with_pending,
    with_rows,
    with_waiting,
)
from rabita.line.verify import admit_batch, entry_row, open_checkpoint

KeyPair: TypeAlias = tuple[VerifierKey, VerifierKey]
"""Ed25519 and ML-DSA-44."""


def take_chunk(state: LineState, chunk: Chunk, out: list[Effect]) -> LineState:
    """Add a chunk to its batch; a completed batch waits in ``session.waiting``.

    Chunks of a log whose opening is not held are dropped (the conversation starts anew once it is), and so is what
    was already under way when a batch was refused, up to the beginning of the one asked for.
    """
    session, log = conversation(state), chunk.log
    taken = session.taken.get(log, 0) + len(chunk.data)
    session = replace(
        session,
        received_bytes=session.received_bytes + len(chunk.data),
        taken={**session.taken, log: taken} if _expected(state, log) else session.taken,
    )
    state = replace(state, session=session)
    stale = log in session.asked and (
        chunk.first != session.asked[log] or (chunk.offset and log not in session.receiving)
    )
    if stale or not _expected(state, log):
        return grant(state, log, out) if stale else state
    try:
        held = _joined(state, session, chunk, taken)
        receiving = {**session.receiving, log: held}
        if not chunk.last:
            return replace(state, session=replace(session, receiving=receiving))
        batch = decode_batch(b"".join(held.chunks))
    except PeerFault as fault:
        return refuse(state, log, fault.code, out)
    del receiving[log]
    waiting = (*session.waiting, (log, batch, held.size_bytes))
    return replace(state, session=replace(session, receiving=receiving, waiting=waiting))


def _joined(state: LineState, session: Session, chunk: Chunk, taken_bytes: int) -> Receiving:
    """Join a chunk to those before it.

    Raises ``PeerFault``: ``frame-out-of-order``, ``batch-oversized``, ``batch-over-credit``.
    """
    log = chunk.log
    held = session.receiving.get(log, Receiving(chunk.first, (), 0)) if chunk.offset else Receiving(chunk.first, (), 0)
    if (chunk.first, chunk.offset) != (held.first, held.size_bytes):
        raise PeerFault("frame-out-of-order", log.lane)
    if not chunk.last and len(chunk.data) < limits.CHUNK_BYTES_MIN:
        raise PeerFault("frame-out-of-order", log.lane)
    size = held.size_bytes + len(chunk.data)
    if size > limits.BATCH_WIRE_BYTES_MAX:
        raise PeerFault("batch-oversized", log.lane)
    free = session.bulk or log.lane is Lane.CONTROL or log.party == state.us
    if not free and taken_bytes > session.granted.get(log, 0):
        raise PeerFault("batch-over-credit", log.lane)
    return Receiving(chunk.first, (*held.chunks, chunk.data), size)


def _expected(state: LineState, log: LogId) -> bool:
    """Say whether chunks of a log have a place: a log held, a returned one of ours, or the opening of a new epoch.

    Of our present control log what comes back can only prove that we are behind; once we know, it waits until the
    epoch is closed, so that the next one is opened under keys we have.
    """
    if log.party == state.us and log[1:] == (state.epochs[state.us], Lane.CONTROL):
        return not state.behind
    if log.party == state.us:
        ours = state.logs.get(log)
        return ours is not None and not ours.stopped and (log.epoch < state.epochs[state.us] or state.behind)
    return log in state.logs or log == LogId(state.peer, _next_epoch(state), Lane.CONTROL)


def _next_epoch(state: LineState) -> int:
    """Give the counterpart's epoch that is taken next: the next one it spoke of, as numbers may be skipped."""
    present = state.epochs[state.peer]
    return next((epoch for epoch in conversation(state).listed if epoch > present), present + 1)


def refuse(state: LineState, log: LogId, code: str, out: list[Effect]) -> LineState:
    """Refuse what came for a log and ask for it again from where the log ends; twice for one fault shows *blocked*.

    If that is a log of ours, come back under a checkpoint that we signed, it continues another history than we hold.
    """
    session, head = conversation(state), tip(state, log)
    size = head.frontier.size if head else 0
    before, count = session.refusals.get(log, ("", 0))
    count = count + 1 if before == code else 1
    blocked = count >= limits.REFUSALS_UNTIL_BLOCKED
    out.append(Tell(code, f"{log.party} {log.lane}"))
    if blocked:
        out.append(Tell("lane-blocked", f"{log.party} {log.lane}"))
    out.append(Send(session.id, (Refusal(log, size, code, blocked),)))
    receiving = {each: held for each, held in session.receiving.items() if each != log}
    session = replace(
        session,
        receiving=receiving,
        refusals={**session.refusals, log: (code, count)},
        asked={**session.asked, log: size},
    )
    state = replace(state, session=session)
    if blocked and code == "root-mismatch" and log.party == state.us:
        return contradict_ourselves(state, state.logs[log], out)
    return grant(state, log, out)


def contradict_ourselves(state: LineState, row: LogRow, out: list[Effect]) -> LineState:
    """Learn that we signed another history of a log of ours than we hold: after a rollback we sealed on unknowingly.

    Of a closed epoch our copy is set apart: what of it the counterpart has not receipted is not in force here, and is
    sealed anew; what the counterpart holds instead stays with it alone.
    """
    if row.log.epoch == state.epochs[state.us]:
        return lost_tail(state, row.log.epoch, out)
    out.append(Tell("tail-contradicted", f"{row.log.party} {row.log.epoch} {row.log.lane}"))
    return put_rows(state, (row._replace(stopped="tail-contradicted", frozen_at=row.receipted),), out)


def take_waiting(state: LineState, out: list[Effect]) -> LineState:
    """Check the completed batches, most urgent first; the rest waits while control waits for its commit."""
    session = state.session
    if session is None or not session.waiting:
        return state
    waiting = sorted(session.waiting, key=lambda each: urgency(each[0]))
    while waiting and not _must_wait(state, waiting[0][0]):
        log, batch, size_bytes = waiting.pop(0)
        try:
            state = _take_batch(state, log, batch, size_bytes, out)
        except PeerFault as fault:
            state = refuse(state, log, fault.code, out)
            waiting = [each for each in waiting if each[0] != log]  # what came after it is sent again too
    return replace(state, session=replace(conversation(state), waiting=tuple(waiting)))


def _must_wait(state: LineState, log: LogId) -> bool:
    """Say whether a batch must wait: for control under way; an opening for everything; a returned one for our seal.

    While one is under way to the store, all but control and FLASH wait unchecked: checking takes time for which an
    urgent batch that is still on the wire would have to wait.
    """
    if log.party == state.us and state.sealing:
        return True
    under_way = [each.verified.value.log for each in state.pending.values() if isinstance(each, ReceivePending)]
    if under_way and RANK[log.lane] > RANK[Lane.FLASH] and not conversation(state).bulk:
        return True
    return bool(under_way) and (log not in state.logs or any(each.lane is Lane.CONTROL for each in under_way))


def _take_batch(state: LineState, log: LogId, batch: Batch, size_bytes: int, out: list[Effect]) -> LineState:
    session, head = conversation(state), tip(state, log)
    if head is None:
        return _take_opening(state, session, log, batch, size_bytes, out)
    if head.stopped:
        raise PeerFault("lane-stopped", log.lane)
    bare = log.party == state.peer and (session.bulk or log.lane is Lane.CONTROL)
    if bare and (reason := withheld(state, log)):
        out.append(Tell(reason, f"{log.party} {log.lane}"))
        return state
    end = batch.first + len(batch.entries)
    if end <= head.frontier.size:
        state, ticket = with_pending(state, ComparePending(log, end, batch.note))
        out.append(LoadNote(ticket, log, end))
        return state
    returned, name = log.party == state.us, origin(state.line, log, head.nonce)
    keys = (
        keys_of_ours(state, log, name, end, batch.note)
        if returned
        else checkpoint_keys_at(state.facts.books[log.party], log, name, end)
    )
    if returned and log.epoch == state.epochs[state.us] and not state.behind:
        open_checkpoint(batch.note, name, keys)
        return lost_tail(state, log.epoch, out)
    purged_until = limits.INTEGER_MAX if returned else session.floors.get(log, 0)
    verified = admit_batch(state.line, head, batch, keys, purged_until)
    row = head._replace(frontier=verified.value.frontier, note=verified.value.note)
    begun = (state.logs[log],) if batch.first == 0 else ()
    pending = ReceivePending(session.id, verified, begun, size_bytes)
    return _store(state, pending, row, out)


def own_descriptors(state: LineState, log: LogId, size: int) -> list[Descriptor]:
    """List our descriptors whose keys may have signed over *log* at *size*: any but the revoked.

    Not by position: a tail that we lost was signed before a rotation that, knowing less, lists smaller sizes.
    """
    eras = state.facts.books[state.us].eras
    return [era.descriptor for era in eras if era.good_until is None or size <= era.good_until.get(log, 0)]


def signer(note: Note, pairs: Sequence[KeyPair]) -> KeyPair:
    """Choose the keys that a note names; raises ``PeerFault("note-unsigned")``."""
    present = [(each.name, each.key_id) for each in note.signatures]
    for keys in pairs:
        if (keys[0].name, keys[0].key_id) in present:
            return keys
    raise PeerFault("note-unsigned")


def keys_of_ours(state: LineState, log: LogId, name: str, size: int, note: bytes) -> KeyPair:
    """Choose the keys of ours that signed a checkpoint over *log* (origin *name*) at *size*; raises as ``signer``."""
    return signer(parse_note(note), [checkpoint_keys(each, name) for each in own_descriptors(state, log, size)])


def _take_opening(
    state: LineState, session: Session, log: LogId, batch: Batch, size_bytes: int, out: list[Effect]
) -> LineState:
    """Take the first control batch of the counterpart's next epoch: its opening alone is verified before admission."""
    first = batch.entries[0]
    reading = read(first, state.line, log)
    if reading.fault:
        raise PeerFault("opening-malformed")
    present = state.epochs[log.party]
    stopped = any(row.stopped for each, row in state.logs.items() if each[:2] == (log.party, present))
    if stopped and state.accord <= present:
        raise PeerFault("accord-needed")
    book = state.facts.books[log.party]
    opening = check_opening(entry_row(0, first, reading), reading.act, reading.approvals, book)
    head = new_log(log, opening.nonce)
    book = begin_epoch(book, log.party, log.epoch, sizes_map(opening.heads))
    keys = checkpoint_keys_at(book, log, origin(state.line, log, head.nonce), len(batch.entries))
    verified = admit_batch(state.line, head, batch, keys, 0)
    fresh = epoch_logs(log.party, log.epoch, opening.nonce)
    frozen = frozen_rows(state, log.epoch)
    row = head._replace(frontier=verified.value.frontier, note=verified.value.note)
    pending = ReceivePending(session.id, verified, (*fresh.values(), *frozen), size_bytes)
    return _store(state, pending, row, out)


def frozen_rows(state: LineState, epoch: int) -> list[LogRow]:
    """Freeze the counterpart's logs of epochs before *epoch* at what is held, never below a receipt it showed."""
    session = conversation(state)
    return [
        row._replace(frozen_at=row.frontier.size)
        for log, row in state.logs.items()
        if log.party == state.peer
        and log.epoch < epoch
        and row.frozen_at == OPEN
        and row.frontier.size >= session.floors.get(log, 0)
        and log not in session.unsure
    ]


def _store(state: LineState, pending: ReceivePending, row: LogRow, out: list[Effect]) -> LineState:
    batch = pending.verified.value
    theirs = batch.log.party == state.peer
    if theirs and not is_refill(state, batch.log):
        state = count_batch(state, batch)
    order = state.orders.get((batch.log.party, batch.log.epoch))
    changes = Changes(
        state.line,
        pending.rows,
        (pending.verified,),
        orders=(order,) if theirs and order is not None else (),
        facts=(quota_fact(state),) if theirs else (),
    )
    state, ticket = with_pending(state, pending)
    out.append(Store(ticket, batch.log.lane, changes))
    session = state.session
    if session is not None and batch.log in session.asked:
        asked = {log: size for log, size in session.asked.items() if log != batch.log}
        state = replace(state, session=replace(session, asked=asked))
    return replace(state, tips={**state.tips, batch.log: row})


def receive_committed(state: LineState, pending: ReceivePending, out: list[Effect]) -> LineState:
    """Make a stored batch visible: heads move, control acts take effect, order is followed, the receipt is signed."""
    batch = pending.verified.value
    log = batch.log
    logs = moved(with_rows(state.logs, pending.rows), (pending.verified,))
    tips = {each: row for each, row in state.tips.items() if each != log or row.frontier != batch.frontier}
    state = replace(state, logs=logs, tips=tips, changed_ms=state.now_ms, attested=False)
    if log.party == state.us:
        return take_waiting(_learn(state, log, batch.rows, out), out)
    out.append(Arrived(log, batch.rows))
    if log.lane is Lane.CONTROL:
        state = _apply(state, log, batch.rows, out)
    if log.epoch > state.epochs[state.peer]:
        state = replace(state, epochs={**state.epochs, state.peer: log.epoch})
        out.append(Tell("epoch-opened", f"{log.party} {log.epoch}"))
        if state.session is not None:
            out.append(Close(state.session.id, "epoch-opened"))
    state = follow(state, log, batch.rows, out)
    _tell_charters(state, log, batch.rows, out)
    session = state.session
    if session is not None and session.id == pending.session:
        frozen = frozen_rows(state, state.epochs[state.peer])
        state = put_rows(state, tuple(frozen), out) if frozen else state
        state = grant(state, log, out)
        state = cosign(state, log, out)
    return take_waiting(seek_named(state, batch.rows, out), out)


def _learn(state: LineState, log: LogId, rows: Sequence[EntryRow], out: list[Effect]) -> LineState:
    """Let what comes back of our own control logs take effect; with keys that we had forgotten we greet anew."""
    if log.lane is not Lane.CONTROL:
        return state
    known = state.facts.books[state.us]
    state = _apply(state, log, rows, out)
    if state.session is not None and state.facts.books[state.us] != known:
        out.append(Close(state.session.id, "keys-learnt"))
    return state


def _apply(state: LineState, log: LogId, rows: Sequence[EntryRow], out: list[Effect]) -> LineState:
    facts = state.facts
    for row in rows:
        facts, code = follow_control(facts, state.line, state.logs[log], row)
        if code:
            out.append(Tell(code, f"{log.party} {log.lane} {row.index}"))
    return replace(state, facts=facts)


def _tell_charters(state: LineState, log: LogId, rows: Sequence[EntryRow], out: list[Effect]) -> None:
    """Tell of stamps under a charter version not held, or not their author's; unread where there is but one version."""
    usual = b'"charter":%d,' % state.charter.version if len(state.charters) == 1 else None
    ordered_n = state.orders[log[:2]].n if log[:2] in state.orders else 0
    for row in rows:
        if usual is None or usual not in row.entry.stamp:
            stamp = read(row.entry, state.line, log).stamp
            if stamp is not None and (code := charter_fault(state, log.party, stamp, ordered_n)):
                out.append(Tell(code, f"{log.party} {log.lane} {row.index}"))


def put_rows(state: LineState, rows: tuple[LogRow, ...], out: list[Effect], *, announce: bool = False) -> LineState:
    """Store rows of logs that are held already; they count once they are durable."""
    rows = with_waiting(state, rows)
    state, ticket = with_pending(state, RowsPending(rows, announce))
    out.append(Store(ticket, Lane.CONTROL, Changes(state.line, rows)))
    return state


def rows_committed(state: LineState, pending: RowsPending, out: list[Effect]) -> LineState:
    """Let stored rows count: what stops, freezes or signs a log, never its size."""
    if pending.announce and state.session is not None:
        out.append(Send(state.session.id, tuple([Head(row.log, row.note) for row in pending.rows])))
    closed = [row.log for row in pending.rows if row.log.party == state.us and row.frozen_at != OPEN]
    out.extend([Tell("epoch-frozen", f"{log.party} {log.epoch} {log.lane}") for log in closed])
    return replace(state, logs=with_rows(state.logs, pending.rows))


def lost_tail(state: LineState, epoch: int, out: list[Effect]) -> LineState:
    """Learn that our own tail is uncertain, unless the epoch concerned is closed already."""
    state = replace(state, proven=max(state.proven, epoch))
    if state.behind or epoch < state.epochs[state.us]:
        return state
    state, ticket = with_pending(state, RowsPending(()))
    out.append(Store(ticket, Lane.CONTROL, Changes(state.line, facts=((BEHIND, "1"),))))
    out.append(Tell("epoch-needed", f"{state.us} {epoch}"))
    return replace(state, behind=True)
