"""Receipts: our cosignature of what we durably hold, and the counterpart's of what we sent.

Nobody cosigns below a size it cosigned before: a log shorter than a receipt of ours that its author showed is not
cosigned until it is refilled.
"""

from contextlib import suppress
from typing import cast

from rabita.line.changes import Changes
from rabita.line.descriptor import receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.events import Close, Effect, LoadNote, ReceiptHeld, Send, Sign, Signed, SignRequest, Store, Tell
from rabita.line.frames import Bye, Receipt
from rabita.line.ids import Lane, LogId, origin
from rabita.line.keybook import receipt_keys_at
from rabita.line.merkle import root
from rabita.line.note import (
    Checkpoint,
    NoteSignature,
    VerifierKey,
    checkpoint_text,
    cosignature_message,
    pack_timestamped,
    parse_checkpoint,
    parse_note,
)
from rabita.line.record import LogRow, StoredReceipt
from rabita.line.state import OPEN, CosignPending, LineState, ReceiptPending, replace, with_pending
from rabita.line.verify import Verified, admit_receipt


def cosign(state: LineState, log: LogId, out: list[Effect]) -> LineState:
    """Ask for the receipt over what we hold of a log of the counterpart, where one may be given."""
    session, row = state.session, state.logs.get(log)
    if session is None or row is None or not may_cosign(state, row):
        return state
    size = row.frontier.size
    checkpoint = Checkpoint(origin(state.line, log, row.nonce), size, root(row.frontier))
    time_s = state.time_ms // 1000
    try:
        key = receipt_keys_at(state.facts.books[state.us], log, size)[0]
    except PeerFault as fault:  # our own key is revoked and none follows it yet
        out.append(Tell(fault.code, f"{log.party} {log.lane}"))
        return state
    message = cosignature_message(time_s, checkpoint_text(checkpoint))
    state, ticket = with_pending(state, CosignPending(session.id, log, checkpoint, time_s))
    out.append(Sign(ticket, (SignRequest(key.public, message),)))
    return state


def may_cosign(state: LineState, row: LogRow) -> bool:
    """Say whether we may sign for a log of the counterpart, at the size held, that we hold it.

    Only in a conversation, in which the counterpart showed the receipts of ours that it has: never below one, nor
    beyond where the log was frozen or stopped, nor by keys it may not know yet.
    """
    session, size = state.session, row.frontier.size
    late = row.frozen_at != OPEN and size > row.frozen_at
    if session is None or not session.met or late or row.stopped or not size:
        return False
    known = row.log.lane is Lane.CONTROL or not _rotation_unheard(state)
    return known and row.log not in session.unsure and size >= session.floors.get(row.log, 0)


def receipt_waits(state: LineState, log: LogId, size: int) -> bool:
    """Say whether a receipt over as much of an own log waits to be checked or stored already."""
    waiting = [each.receipt for each in state.pending.values() if isinstance(each, ReceiptPending)]
    return any(each.log == log and each.size >= size for each in waiting)


def _control(state: LineState) -> LogId:
    return LogId(state.us, state.epochs[state.us], Lane.CONTROL)


def _rotation_unheard(state: LineState) -> bool:
    """Say whether the counterpart may not know our newest keys yet; receipts wait until it holds our control log."""
    heard = state.session.heard_control if state.session is not None else 0
    return len(state.facts.books[state.us].eras) > 1 and heard < state.logs[_control(state)].frontier.size


def _heard(state: LineState, log: LogId, size: int, out: list[Effect]) -> LineState:
    """Learn that the counterpart holds our control log up to *size*; give the receipts that waited for it."""
    session = state.session
    if session is None or log != _control(state) or size <= session.heard_control:
        return state
    waited = _rotation_unheard(state)
    state = replace(state, session=replace(session, heard_control=size))
    if waited and not _rotation_unheard(state):
        for each in sorted(state.logs):
            state = cosign(state, each, out) if each.party == state.peer else state
    return state


def cosigned(state: LineState, event: Signed, pending: CosignPending, out: list[Effect]) -> LineState:
    """Send the receipt, if the conversation it was meant for is still open."""
    if state.session is not None and state.session.id == pending.session:
        cp = pending.checkpoint
        out.append(
            Send(pending.session, (Receipt(pending.log, cp.size, cp.root, pending.time_s, event.signatures[0]),))
        )
    return state


def take_receipt(state: LineState, receipt: Receipt, out: list[Effect]) -> LineState:
    """Take a receipt over a log of ours: one that says more than we hold already is checked against our own note.

    One over a tail of ours that we lost is true and of no use: it is passed over until the log is refilled.
    Raises ``PeerFault("receipt-false")`` for a log or size that is not ours to be receipted.
    """
    row, log = state.logs.get(receipt.log), receipt.log
    if row is None or log.party != state.us or receipt.size > row.frontier.size:
        if log.party == state.us and _tail_lost(state, log):
            return state
        raise PeerFault("receipt-false")
    if receipt.size <= row.receipted or receipt_waits(state, log, receipt.size):
        return _heard(state, log, receipt.size, out)
    state, ticket = with_pending(state, ReceiptPending(receipt, None))
    out.append(LoadNote(ticket, receipt.log, receipt.size))
    return state


def _tail_lost(state: LineState, log: LogId) -> bool:
    """Say whether what we hold of a log of ours may be less than, or other than, what we once sent of it."""
    return state.behind or log.epoch < state.epochs[state.us]


def receipt_note_loaded(state: LineState, note: bytes | None, pending: ReceiptPending, out: list[Effect]) -> LineState:
    """Check the receipt against the note it is over, and store it; a false one ends the conversation.

    One by keys of theirs that do not count there is of no use: it is passed over, as they may not know it themselves.
    """
    receipt = pending.receipt
    try:
        note = _note_for(note, receipt)
        key = receipt_keys_at(state.facts.books[state.peer], receipt.log, receipt.size)[0]
        verified = _admit(receipt, note, key)
    except PeerFault as fault:
        if _tail_lost(state, receipt.log) or receipt.log.lane is Lane.CONTROL:  # perhaps by keys still on their way
            return state
        return state if _by_other_keys(state, receipt, note) else end(state, fault, out)
    state, ticket = with_pending(state, pending._replace(verified=verified))
    out.append(Store(ticket, receipt.log.lane, Changes(state.line, receipts=(verified,))))
    return state


def _admit(receipt: Receipt, note: bytes, key: VerifierKey) -> Verified[StoredReceipt]:
    signature = NoteSignature(key.name, key.key_id, pack_timestamped(receipt.time_s, receipt.signature))
    return admit_receipt(receipt.log, receipt.size, note, key, signature)


def _by_other_keys(state: LineState, receipt: Receipt, note: bytes | None) -> bool:
    """Say whether any of the counterpart's keys, past or present, made a receipt over our note."""
    for era in state.facts.books[state.peer].eras:
        with suppress(PeerFault):
            return bool(_admit(receipt, _note_for(note, receipt), receipt_keys(era.descriptor)[0]))
    return False


def _note_for(note: bytes | None, receipt: Receipt) -> bytes:
    if note is None or parse_checkpoint(parse_note(note).text).root != receipt.root:
        raise PeerFault("receipt-false")
    return note


def end(state: LineState, fault: PeerFault, out: list[Effect]) -> LineState:
    """End the conversation over a fault of the counterpart's."""
    session = state.session
    out.append(Tell(fault.code, fault.detail))
    if session is None:
        return state
    out.extend((Send(session.id, (Bye(fault.code),)), Close(session.id, fault.code)))
    return replace(state, session=None)


def receipt_committed(state: LineState, pending: ReceiptPending, out: list[Effect]) -> LineState:
    """Count a receipt once it is durable."""
    size, log = pending.receipt.size, pending.receipt.log
    row = state.logs[log]
    if size > row.receipted:
        out.append(ReceiptHeld(log, size))
    verified = cast("Verified[StoredReceipt]", pending.verified)  # only a checked one is stored
    fresh = row._replace(receipted=size, receipt=verified.value.note)
    return _heard(replace(state, logs={**state.logs, log: fresh}, changed_ms=state.now_ms), log, size, out)
