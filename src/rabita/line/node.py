"""The one door of the core: ``state, effects = step(state, event, now)``.

Pure: no clock, socket, disk or randomness; the same events give the same effects. Receipts, chunks and answers are
effects of ``Committed`` and of nothing earlier: durable before visible.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from rabita.line import limits
from rabita.line.attachments import (
    blob_kept,
    flow_pieces,
    piece_loaded,
    possession_kept,
    possession_signed,
    seek,
    sought,
    take_declined,
    take_kept,
    take_piece,
    take_possession,
    take_want,
)
from rabita.line.attest import attest, attested, take_head
from rabita.line.changes import Changes
from rabita.line.document import root_digest
from rabita.line.errors import PeerFault
from rabita.line.events import (
    Accord,
    Attest,
    BlobKept,
    Close,
    Closed,
    Committed,
    Effect,
    Event,
    Failed,
    Loaded,
    NoteLoaded,
    Now,
    Opened,
    OrderLoaded,
    PieceLoaded,
    PossessionKept,
    Received,
    Room,
    Seal,
    Send,
    Signed,
    Sought,
    Store,
    Tell,
    Wake,
    Woke,
)
from rabita.line.frames import (
    Ack,
    Bye,
    Chunk,
    Credit,
    Declined,
    Frame,
    Head,
    Hello,
    Kept,
    Piece,
    Ping,
    Possessed,
    Receipt,
    Refusal,
    Want,
    decode_frame,
)
from rabita.line.hello import compared, greeting, take_hello, tell_frozen
from rabita.line.ids import Lane
from rabita.line.order import keep_stops, order_loaded
from rabita.line.quota import credited, grant_all, take_room
from rabita.line.receipts import cosigned, end, receipt_committed, receipt_note_loaded, take_receipt
from rabita.line.receiving import receive_committed, rows_committed, take_chunk, take_waiting
from rabita.line.sealing import seal, seal_committed, seal_failed, seal_signed
from rabita.line.sending import extend, flow, loaded, offer, put_sending
from rabita.line.state import (
    ACCORD,
    OPEN,
    AttestPending,
    ComparePending,
    CosignPending,
    LineState,
    PossessionPending,
    ReceiptPending,
    ReceivePending,
    RowsPending,
    SealPending,
    Session,
    conversation,
    replace,
    with_pending,
    without_pending,
)
from rabita.line.window import acked

SIMULTANEOUS_MS: Final = 5_000
Handler: TypeAlias = Callable[[LineState, Any, list[Effect]], LineState]


def step(state: LineState, event: Event, now: Now) -> tuple[LineState, tuple[Effect, ...]]:
    """Take one event in; gives the state after it and what is to be done, in order.

    Raises ``InvariantBroken`` when our own state contradicts itself; never anything for what a peer did.
    """
    out: list[Effect] = []
    state = replace(state, now_ms=now.now_ms, time_ms=now.time_ms)
    state = _ON[type(event)](state, event, out)
    state = flow_pieces(flow(state, out), out)
    due = _due(state)
    if due and (due < state.wake_ms or state.wake_ms <= state.now_ms):
        out.append(Wake(due))
        state = replace(state, wake_ms=due)
    return state, tuple(out)


def _opened(state: LineState, event: Opened, out: list[Effect]) -> LineState:
    """Begin a conversation; of two dialled at once the dial of the smaller root stays, else the newer replaces."""
    old = state.session
    if old is not None and _keeps_older(state, old, event):
        out.append(Close(event.session, "replaced"))
        return state
    if old is not None:
        out.append(Close(old.id, "replaced"))
    session = Session(event.session, event.dialled, event.bulk, state.now_ms, state.now_ms, state.now_ms)
    out.append(Send(event.session, greeting(state)))
    return replace(state, session=session)


def _keeps_older(state: LineState, old: Session, event: Opened) -> bool:
    if old.dialled == event.dialled or state.now_ms - old.opened_ms > SIMULTANEOUS_MS or old.bulk or event.bulk:
        return False
    roots = {party: root_digest(party, state.facts.books[party].newest.root) for party in (state.us, state.peer)}
    return old.dialled == (roots[state.us] < roots[state.peer])


def _closed(state: LineState, event: Closed, _out: list[Effect]) -> LineState:
    session = state.session
    return replace(state, session=None) if session is not None and session.id == event.session else state


def _received(state: LineState, event: Received, out: list[Effect]) -> LineState:
    """Take frames in; a frame that cannot be taken ends the conversation, a batch that cannot be taken does not."""
    for raw in event.frames:
        session = state.session
        if session is None or session.id != event.session:
            return state
        state = replace(state, session=replace(session, heard_ms=state.now_ms))
        try:
            state = _take(state, decode_frame(raw), out)
        except PeerFault as fault:
            return end(state, fault, out)
    return take_waiting(_acknowledge(state, out), out)


def _take(state: LineState, frame: Frame, out: list[Effect]) -> LineState:
    if not (conversation(state).met or isinstance(frame, Hello | Bye)):
        raise PeerFault("frame-out-of-order")
    return _TAKE[type(frame)](state, frame, out)


def _take_ack(state: LineState, frame: Ack, _out: list[Effect]) -> LineState:
    session = conversation(state)
    return replace(state, session=replace(session, window=acked(session.window, frame.received_bytes, state.now_ms)))


def _take_ping(state: LineState, frame: Ping, _out: list[Effect]) -> LineState:
    difference_ms = frame.time_ms - state.time_ms
    return replace(state, session=replace(conversation(state), clock_difference_ms=difference_ms))


def _take_bye(state: LineState, _frame: Bye, out: list[Effect]) -> LineState:
    out.append(Close(conversation(state).id, "closing"))
    return replace(state, session=None)


def _refused(state: LineState, frame: Refusal, out: list[Effect]) -> LineState:
    """Send again from where the other side says its copy ends, unless the lane is blocked."""
    session = conversation(state)
    plan, row = session.sending.get(frame.log), state.logs.get(frame.log)
    if plan is None or row is None or not 0 <= frame.size <= plan.until:
        return state
    out.append(Tell("lane-blocked" if frame.blocked else frame.code[:64], f"{frame.log.party} {frame.log.lane}"))
    plan = replace(plan, refused=plan.refused + 1)
    if frame.blocked or plan.refused > limits.REFUSALS_TAKEN_MAX:
        return put_sending(state, session, frame.log, replace(plan, blocked=True, data=b"", offset=0))
    return offer(put_sending(state, session, frame.log, plan), frame.log, frame.size, plan.until, out)


def _acknowledge(state: LineState, out: list[Effect]) -> LineState:
    """Acknowledge received bytes at once if the last acknowledgement is 50 ms old, else when it will be."""
    session = state.session
    if session is None or session.bulk or session.received_bytes == session.ack_sent_bytes:
        return state
    if state.now_ms - session.ack_sent_ms < limits.ACK_INTERVAL_MS and session.ack_sent_bytes:
        return replace(state, session=replace(session, ack_due=True))
    out.append(Send(session.id, (Ack(session.received_bytes),)))
    done = replace(session, ack_sent_bytes=session.received_bytes, ack_sent_ms=state.now_ms, ack_due=False)
    return replace(state, session=done)


def _signed(state: LineState, event: Signed, out: list[Effect]) -> LineState:
    state, pending = without_pending(state, event.ticket)
    match pending:
        case SealPending():
            return seal_signed(state, event, pending, out)
        case CosignPending():
            return cosigned(state, event, pending, out)
        case AttestPending():
            return attested(state, event, pending, out)
        case PossessionPending():
            return possession_signed(state, event, pending, out)
        case _:
            return state


def _committed(state: LineState, event: Committed, out: list[Effect]) -> LineState:
    state, pending = without_pending(state, event.ticket)
    match pending:
        case SealPending():
            state = seal_committed(state, pending, out)
            for batch in pending.verified:
                state = extend(state, batch.value, out)
            if pending.rows and state.session is not None:
                out.append(Close(state.session.id, "epoch-opened"))
            return take_waiting(state, out)
        case ReceivePending():
            return receive_committed(state, pending, out)
        case ReceiptPending():
            return receipt_committed(state, pending, out)
        case RowsPending():
            return tell_frozen(rows_committed(state, pending, out), pending.rows, out)
        case _:
            return state


def _failed(state: LineState, event: Failed, out: list[Effect]) -> LineState:
    """Give up what was asked; what could not be stored is said again in the next conversation."""
    state, pending = without_pending(state, event.ticket)
    out.append(Tell(event.code, state.line))
    match pending:
        case SealPending():
            return take_waiting(seal_failed(state, event.code, out), out)
        case ReceivePending():
            log = pending.verified.value.log
            state = replace(state, tips={each: row for each, row in state.tips.items() if each != log})
        case RowsPending(evidence=(_, *_)):
            state = replace(state, unkept=(*state.unkept, pending), retry_ms=state.now_ms + limits.KEEPALIVE_MS)
        case RowsPending():
            before = {row.log: state.logs[row.log]._replace(frozen_at=OPEN) for row in pending.rows}
            state = replace(state, logs={**state.logs, **before})
        case CosignPending() | AttestPending() | PossessionPending() | None:
            return state
        case _:
            pass
    if state.session is not None:
        out.append(Close(state.session.id, event.code))
    return replace(state, session=None)


def _note_loaded(state: LineState, event: NoteLoaded, out: list[Effect]) -> LineState:
    state, pending = without_pending(state, event.ticket)
    match pending:
        case ReceiptPending():
            return receipt_note_loaded(state, event.note, pending, out)
        case ComparePending():
            return compared(state, event.note, pending, out)
        case _:
            return state


def _attest(state: LineState, _event: Attest, out: list[Effect]) -> LineState:
    return attest(state, out)


def _room(state: LineState, event: Room, out: list[Effect]) -> LineState:
    return seek(take_room(state, event, out), out)


def _accord(state: LineState, event: Accord, out: list[Effect]) -> LineState:
    state, ticket = with_pending(state, RowsPending(()))
    out.append(Store(ticket, Lane.CONTROL, Changes(state.line, facts=((ACCORD, str(event.epoch)),))))
    return replace(state, accord=max(state.accord, event.epoch))


def _woke(state: LineState, _event: Woke, out: list[Effect]) -> LineState:
    """Do what is due: acknowledge, keep alive, give up on silence, renew credit, sign the heads of an idle line.

    A proof that could not be stored is stored now.
    """
    if state.unkept and state.now_ms >= state.retry_ms:
        state = keep_stops(state, out)
    session = state.session
    if session is not None and not session.bulk:
        if state.now_ms - session.heard_ms >= limits.SILENCE_MS:
            out.extend((Tell("silent", state.peer), Close(session.id, "silent")))
            return replace(state, session=None)
        state = _acknowledge(state, out)
        session = state.session or session
        if state.now_ms - session.pinged_ms >= limits.KEEPALIVE_MS:
            out.append(Send(session.id, (Ping(state.time_ms),)))
            state = replace(state, session=replace(session, pinged_ms=state.now_ms))
            state = grant_all(state, out)
    if not state.attested and state.now_ms - state.changed_ms >= limits.MLDSA_IDLE_MS:
        state = attest(state, out)
    return state


def _due(state: LineState) -> int:
    """Give the next monotonic time at which ``Woke`` has something to do, 0 if none."""
    session = state.session
    times = [] if state.attested else [state.changed_ms + limits.MLDSA_IDLE_MS]
    times += [state.retry_ms] if state.unkept else []
    if session is not None and not session.bulk:
        times += [session.heard_ms + limits.SILENCE_MS, session.pinged_ms + limits.KEEPALIVE_MS]
        times += [session.ack_sent_ms + limits.ACK_INTERVAL_MS] if session.ack_due else []
    return min(times, default=0)


_TAKE: Final[dict[type[Frame], Handler]] = {
    Hello: take_hello,
    Chunk: take_chunk,
    Receipt: take_receipt,
    Ack: _take_ack,
    Credit: credited,
    Refusal: _refused,
    Head: take_head,
    Want: take_want,
    Piece: take_piece,
    Possessed: take_possession,
    Kept: take_kept,
    Declined: take_declined,
    Ping: _take_ping,
    Bye: _take_bye,
}

_ON: Final[dict[type[Event], Handler]] = {
    Opened: _opened,
    Closed: _closed,
    Received: _received,
    Seal: seal,
    Signed: _signed,
    Committed: _committed,
    Failed: _failed,
    Loaded: loaded,
    NoteLoaded: _note_loaded,
    OrderLoaded: order_loaded,
    Attest: _attest,
    Woke: _woke,
    Room: _room,
    Accord: _accord,
    Sought: sought,
    PieceLoaded: piece_loaded,
    BlobKept: blob_kept,
    PossessionKept: possession_kept,
}
