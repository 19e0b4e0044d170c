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
from rabita.line.receipts import may_cosign, receipt_waits
from rabita.line.receiving import put_rows
from rabita.line.record import LogRow
from rabita.line.state import AttestPending, LineState, ReceiptPending, RowsPending, replace, with_pending
from rabita.line.verify import admit_receipt, check_checkpoint


def attest(state: LineState, out: list[Effect]) -> LineState:
    """Ask for ML-DSA-44 signatures over every head of ours, and every receipt that we may give, that lacks one."""
    heads, requests = [], []
    time_s = state.time_ms // 1000
    for log, row in sorted(state.logs.items()):
        ours = log.party == state.us and row.frontier.size > 0
        if state.attested_sizes.get(log) == row.frontier.size or not (ours or _may_receipt(state, row)):
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

    One over a size passed meanwhile, or a second one, is dropped. Raises ``PeerFault`` as ``check_checkpoint`` and
    ``admit_receipt``.
    """
    row = state.logs.get(frame.log)
    held = b"" if row is None else row.note if frame.log.party == state.peer else row.receipt
    if row is None or not held or parse_note(frame.note).text != parse_note(held).text:
        return state
    take = _take_checkpoint if frame.log.party == state.peer else _take_receipt
    return take(state, row, frame, out)


def _take_checkpoint(state: LineState, row: LogRow, frame: Head, out: list[Effect]) -> LineState:
    name = origin(state.line, row.log, row.nonce)
    keys = checkpoint_keys_at(state.facts.books[state.peer], row.log, name, row.frontier.size)
    waiting = [each.rows for each in state.pending.values() if isinstance(each, RowsPending)]
    if _signature(row.note, keys[1]) or any(each.log == row.log for rows in waiting for each in rows):
        return state
    note = check_checkpoint(frame.note, _checkpoint(state, row), keys)
    return put_rows(state, (row._replace(note=format_note(note)),), out)


def _take_receipt(state: LineState, row: LogRow, frame: Head, out: list[Effect]) -> LineState:
    key = receipt_keys_at(state.facts.books[state.peer], row.log, row.receipted)[1]
    if _signature(row.receipt, key) or receipt_waits(state, row.log, row.receipted):
        return state
    line = _signature(frame.note, key)
    if line is None:
        raise PeerFault("note-unsigned", key.name)
    verified = admit_receipt(row.log, row.receipted, row.receipt, key, line)
    receipt = Receipt(row.log, row.receipted, b"", 0, b"")
    state, ticket = with_pending(state, ReceiptPending(receipt, verified))
    out.append(Store(ticket, row.log.lane, Changes(state.line, receipts=(verified,))))
    return state


def _signature(raw: bytes, key: VerifierKey) -> NoteSignature | None:
    """Find the line of a key in a note."""
    wanted = (key.name, key.key_id)
    return next((each for each in parse_note(raw).signatures if (each.name, each.key_id) == wanted), None)


def _checkpoint(state: LineState, row: LogRow) -> Checkpoint:
    return Checkpoint(origin(state.line, row.log, row.nonce), row.frontier.size, root(row.frontier))


def _key(state: LineState, row: LogRow) -> VerifierKey:
    """Give the ML-DSA-44 key we sign a head with: as author of our logs, as reader of the counterpart's."""
    log: LogId = row.log
    book = state.facts.books[state.us]
    if log.party == state.us:
        return checkpoint_keys_at(book, log, origin(state.line, log, row.nonce), row.frontier.size)[1]
    return receipt_keys_at(book, log, row.frontier.size)[1]


def _may_receipt(state: LineState, row: LogRow) -> bool:
    return row.log.party == state.peer and may_cosign(state, row)
