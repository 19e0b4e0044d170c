"""Receipts: our cosignature of what we durably hold, and the counterpart's of what we sent.

Nobody cosigns below a size it cosigned before: a log shorter than a receipt of ours that its author showed is not
cosigned until it is refilled.
"""

from rabita.line.changes import Changes
from rabita.line.errors import PeerFault
from rabita.line.events import Effect, LoadNote, ReceiptHeld, Send, Sign, Signed, SignRequest, Store, Tell
from rabita.line.frames import Receipt
from rabita.line.ids import LogId, origin
from rabita.line.keybook import receipt_keys_at
from rabita.line.merkle import root
from rabita.line.note import (
    Checkpoint,
    NoteSignature,
    checkpoint_text,
    cosignature_message,
    pack_timestamped,
    parse_checkpoint,
    parse_note,
)
from rabita.line.state import OPEN, CosignPending, LineState, ReceiptPending, replace, with_pending
from rabita.line.verify import admit_receipt


def cosign(state: LineState, log: LogId, out: list[Effect]) -> LineState:
    """Ask for the receipt over what we hold of a log of the counterpart, where one may be given."""
    session, row = state.session, state.logs.get(log)
    if session is None or row is None or not session.met:
        return state
    size = row.frontier.size
    late = row.frozen_at != OPEN and size > row.frozen_at
    if late or row.stopped or size == 0 or size < session.floors.get(log, 0):
        return state
    checkpoint = Checkpoint(origin(state.line, log, row.nonce), size, root(row.frontier))
    time_s = state.time_ms // 1000
    key = receipt_keys_at(state.facts.books[state.us], log, size)[0]
    message = cosignature_message(time_s, checkpoint_text(checkpoint))
    state, ticket = with_pending(state, CosignPending(session.id, log, checkpoint, time_s))
    out.append(Sign(ticket, (SignRequest(key.public, message),)))
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

    Raises ``PeerFault("receipt-false")`` for a log or size that is not ours to be receipted.
    """
    row = state.logs.get(receipt.log)
    if row is None or receipt.log.party != state.us or receipt.size > row.frontier.size:
        raise PeerFault("receipt-false")
    if receipt.size <= row.receipted:
        return state
    state, ticket = with_pending(state, ReceiptPending(receipt, None))
    out.append(LoadNote(ticket, receipt.log, receipt.size))
    return state


def receipt_note_loaded(state: LineState, note: bytes | None, pending: ReceiptPending, out: list[Effect]) -> LineState:
    """Check the receipt against the note it is over, and store it."""
    receipt = pending.receipt
    if note is None:
        out.append(Tell("receipt-false", f"{receipt.log.party} {receipt.log.lane} {receipt.size}"))
        return state
    try:
        _check_root(note, receipt)
        key = receipt_keys_at(state.facts.books[state.peer], receipt.log, receipt.size)[0]
        stamped = pack_timestamped(receipt.time_s, receipt.signature)
        signature = NoteSignature(key.name, key.key_id, stamped)
        verified = admit_receipt(receipt.log, receipt.size, note, key, signature)
    except PeerFault as fault:
        out.append(Tell(fault.code, f"{receipt.log.party} {receipt.log.lane} {receipt.size}"))
        return state
    state, ticket = with_pending(state, pending._replace(verified=verified))
    out.append(Store(ticket, receipt.log.lane, Changes(state.line, receipts=(verified,))))
    return state


def _check_root(note: bytes, receipt: Receipt) -> None:
    if parse_checkpoint(parse_note(note).text).root != receipt.root:
        raise PeerFault("receipt-false")


def receipt_committed(state: LineState, pending: ReceiptPending, out: list[Effect]) -> LineState:
    """Count a receipt once it is durable."""
    size, log = pending.receipt.size, pending.receipt.log
    row = state.logs[log]
    if pending.verified is None or size < row.receipted:
        return state
    if size > row.receipted:
        out.append(ReceiptHeld(log, size))
    fresh = row._replace(receipted=size, receipt=pending.verified.value.note)
    return replace(state, logs={**state.logs, log: fresh}, changed_ms=state.now_ms)
