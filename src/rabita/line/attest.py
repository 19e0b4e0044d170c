"""ML-DSA-44 over the heads: at a conversation's idle minute, before an export and on demand, never per batch.

A later checkpoint covers all before it, so one signature now and then makes the whole transcript post-quantum signed.
"""

from rabita.line.changes import Changes
from rabita.line.errors import PeerFault
from rabita.line.events import Effect, Send, Sign, Signed, SignRequest, Store
from rabita.line.frames import Head, Receipt
from rabita.line.ids import LogId, origin
from rabita.line.keybook import checkpoint_keys_at, receipt_keys_at
from rabita.line.merkle import root
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    VerifierKey,
    format_note,
    mldsa_message,
    pack_timestamped,
    parse_note,
)
from rabita.line.receiving import put_rows
from rabita.line.record import LogRow
from rabita.line.state import OPEN, AttestPending, LineState, ReceiptPending, replace, with_pending
from rabita.line.verify import admit_receipt, check_checkpoint


def attest(state: LineState, out: list[Effect]) -> LineState:
    """Ask for ML-DSA-44 signatures over every head of ours and every receipt of ours that lacks one."""
    heads, requests = [], []
    time_s = state.time_ms // 1000
    for log, row in sorted(state.logs.items()):
        if row.frontier.size == 0 or state.attested_sizes.get(log) == row.frontier.size or _late(row):
            continue
        try:
            key = _key(state, row)
        except PeerFault:
            continue
        heads.append((log, row.note, key))
        requests.append(SignRequest(key.public, mldsa_message(key.name, time_s, _checkpoint(state, row)), hybrid=True))
    state = replace(state, attested=True)
    if not heads:
        return state
    state, ticket = with_pending(state, AttestPending(tuple(heads), time_s))
    out.append(Sign(ticket, tuple(requests)))
    return state


def attested(state: LineState, event: Signed, pending: AttestPending, out: list[Effect]) -> LineState:
    """Keep the signatures over our own heads and then send them; send those that are receipts."""
    rows, receipts, sizes = [], [], dict(state.attested_sizes)
    for (log, raw, key), signature in zip(pending.heads, event.signatures, strict=True):
        row = state.logs[log]
        if row.note != raw:
            continue
        line = NoteSignature(key.name, key.key_id, pack_timestamped(pending.time_s, signature))
        note = parse_note(raw)
        others = [each for each in note.signatures if (each.name, each.key_id) != (line.name, line.key_id)]
        sizes[log] = row.frontier.size
        joined = format_note(Note(note.text, (*others, line)))
        if log.party == state.us:
            rows.append(row._replace(note=joined))
        else:
            receipts.append(Head(log, joined))
    state = replace(state, attested_sizes=sizes)
    if receipts and state.session is not None:
        out.append(Send(state.session.id, tuple(receipts)))
    return put_rows(state, tuple(rows), out, announce=True) if rows else state


def take_head(state: LineState, frame: Head, out: list[Effect]) -> LineState:
    """Take a note with an ML-DSA-44 signature: the counterpart's over its own log, or its receipt over ours.

    One over a size passed meanwhile is dropped. Raises ``PeerFault`` as ``check_checkpoint`` and ``admit_receipt``.
    """
    row = state.logs.get(frame.log)
    if row is None:
        raise PeerFault("epoch-unknown")
    if frame.log.party == state.peer:
        if parse_note(frame.note).text != parse_note(row.note).text if row.note else True:
            return state
        name = origin(state.line, row.log, row.nonce)
        keys = checkpoint_keys_at(state.facts.books[state.peer], row.log, name, row.frontier.size)
        note = check_checkpoint(frame.note, _checkpoint(state, row), keys)
        return put_rows(state, (row._replace(note=format_note(note)),), out)
    note = parse_note(frame.note)
    if not row.receipt or note.text != parse_note(row.receipt).text:
        return state
    key = receipt_keys_at(state.facts.books[state.peer], row.log, row.receipted)[1]
    line = next((each for each in note.signatures if (each.name, each.key_id) == (key.name, key.key_id)), None)
    if line is None:
        raise PeerFault("note-unsigned", key.name)
    verified = admit_receipt(row.log, row.receipted, row.receipt, key, line)
    receipt = Receipt(row.log, row.receipted, b"", 0, b"")
    state, ticket = with_pending(state, ReceiptPending(receipt, verified))
    out.append(Store(ticket, row.log.lane, Changes(state.line, receipts=(verified,))))
    return state


def _checkpoint(state: LineState, row: LogRow) -> Checkpoint:
    return Checkpoint(origin(state.line, row.log, row.nonce), row.frontier.size, root(row.frontier))


def _key(state: LineState, row: LogRow) -> VerifierKey:
    """Give the ML-DSA-44 key we sign a head with: as author of our logs, as reader of the counterpart's."""
    log: LogId = row.log
    book = state.facts.books[state.us]
    if log.party == state.us:
        return checkpoint_keys_at(book, log, origin(state.line, log, row.nonce), row.frontier.size)[1]
    return receipt_keys_at(book, log, row.frontier.size)[1]


def _late(row: LogRow) -> bool:
    return row.frozen_at != OPEN and row.frontier.size > row.frozen_at
