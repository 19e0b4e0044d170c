"""The opening of a conversation: both say what they hold, prove it, and learn what the other lacks or lost.

A larger head of ours, validly signed, in the counterpart's hands proves that our own tail is lost (an old backup, a
rolled-back machine): nothing is sealed any more until a new epoch is opened. What a claim does not prove is ignored.
"""

from rabita.line.changes import Changes
from rabita.line.errors import PeerFault
from rabita.line.events import Effect, LoadNote, Store, Tell
from rabita.line.frames import Held, Hello
from rabita.line.ids import LANES, Lane, LogId, origin
from rabita.line.keybook import checkpoint_keys_at, receipt_keys_at
from rabita.line.limits import PROTOCOL
from rabita.line.merkle import root
from rabita.line.note import Checkpoint, Note, format_note, parse_checkpoint, parse_note
from rabita.line.order import stop
from rabita.line.quota import grant_all
from rabita.line.receipts import cosign
from rabita.line.receiving import put_rows
from rabita.line.record import LogRow
from rabita.line.sending import offer
from rabita.line.signature import verify_note
from rabita.line.state import (
    BEHIND,
    OPEN,
    ComparePending,
    LineState,
    RowsPending,
    new_log,
    replace,
    with_pending,
)
from rabita.line.verify import open_checkpoint

ED25519_LINE_BYTES = 72


def hello(state: LineState) -> Hello:
    """Write our hello: every log we hold, with the notes that prove it (Ed25519 only, to stay small)."""
    held = [
        Held(
            log,
            row.nonce,
            row.frontier.size,
            root(row.frontier),
            slim(row.note),
            slim(row.receipt),
            row.frozen_at != OPEN,
        )
        for log, row in sorted(state.logs.items())
        if row.frontier.size or log.epoch == state.epochs[log.party]
    ]
    return Hello(PROTOCOL, state.line, state.us, state.charter.version, state.time_ms, tuple(held))


def slim(raw: bytes) -> bytes:
    """Leave the ML-DSA-44 signatures of a note out."""
    if not raw:
        return raw
    note = parse_note(raw)
    return format_note(
        Note(note.text, tuple([each for each in note.signatures if len(each.signature) <= ED25519_LINE_BYTES]))
    )


def take_hello(state: LineState, frame: Hello, out: list[Effect]) -> LineState:
    """Take the counterpart's hello and plan the conversation from it.

    Raises ``PeerFault``: ``version-unsupported``, ``line-foreign``, ``frame-out-of-order`` (a second hello).
    """
    session = state.session
    if frame.protocol != PROTOCOL:
        raise PeerFault("version-unsupported", frame.protocol[:32])
    if (frame.line, frame.party) != (state.line, state.peer):
        raise PeerFault("line-foreign")
    if session is None or session.met:
        raise PeerFault("frame-out-of-order")
    difference = frame.time_ms - state.time_ms
    state = replace(state, session=replace(session, met=True, clock_difference_ms=difference))
    claims = {held.log: held for held in frame.held}
    for log, held in sorted(claims.items()):
        if log.party in (state.us, state.peer):
            take = _take_ours if log.party == state.us else _take_theirs
            try:
                state = take(state, held, out)
            except PeerFault as fault:
                out.append(Tell(fault.code, f"{log.party} {log.epoch} {log.lane}"))
    for log, row in sorted(state.logs.items()):
        if log not in claims:
            state = _offer_unclaimed(state, log, row, out)
    state = grant_all(state, out)
    for log in sorted(state.logs):
        claim = claims.get(log)
        if log.party == state.peer and (claim is None or _receipt_size(claim) < state.logs[log].frontier.size):
            state = cosign(state, log, out)
    return state


def _receipt_size(held: Held) -> int:
    try:
        return parse_checkpoint(parse_note(held.receipt).text).size
    except PeerFault:
        return 0


def _offer_unclaimed(state: LineState, log: LogId, row: LogRow, out: list[Effect]) -> LineState:
    if log.party == state.us:
        return offer(state, log, 0, row.frontier.size, out)
    return offer(state, log, 0, row.frozen_at, out) if row.frozen_at > 0 else state


def _take_ours(state: LineState, held: Held, out: list[Effect]) -> LineState:
    """Take the counterpart's claim to hold a log of ours.

    1. It holds more than we do, or an epoch we do not know: proven by our own signature, our tail is lost.
    2. It holds part of it: the rest is offered; a note that differs from ours at that size proves the same.
    3. It froze a closed epoch: what we sealed beyond is not in force there and is to be sealed anew.
    """
    log, row = held.log, state.logs.get(held.log)
    if row is None or row.nonce != held.nonce or held.size > row.frontier.size:
        _check_own_claim(state, held)  # 1
        if row is None:
            state = replace(state, logs={**state.logs, log: new_log(log, held.nonce)})
        elif row.nonce != held.nonce:
            state = put_rows(state, tuple(_frozen_at_nothing(state, log.epoch)), out)
        return _lost_tail(state, log.epoch, out)
    if held.size == row.frontier.size and held.size and held.root != root(row.frontier):
        _check_own_claim(state, held)
        return _lost_tail(state, log.epoch, out)  # 2
    if 0 < held.size < row.frontier.size:
        state, ticket = with_pending(state, ComparePending(log, held.note))
        out.append(LoadNote(ticket, log, held.size))  # 2
    if not held.frozen:
        return offer(state, log, held.size, row.frontier.size, out)  # 2
    if row.frozen_at == OPEN and log.epoch < state.epochs[state.us]:
        state = put_rows(state, (row._replace(frozen_at=held.size),), out)  # 3
    return state


def _check_own_claim(state: LineState, held: Held) -> None:
    """Check that our own key signed what the counterpart says it holds of us; raises ``PeerFault``."""
    name = origin(state.line, held.log, held.nonce)
    keys = checkpoint_keys_at(state.facts.books[state.us], held.log, name, held.size)
    _, checkpoint = open_checkpoint(held.note, name, keys)
    if (checkpoint.size, checkpoint.root) != (held.size, held.root):
        raise PeerFault("claim-false")


def _frozen_at_nothing(state: LineState, epoch: int) -> list[LogRow]:
    """Close an epoch of ours whose number was taken: the counterpart will hold nothing of it."""
    rows = [state.logs[LogId(state.us, epoch, lane)] for lane in LANES]
    return [row._replace(frozen_at=0) for row in rows]


def _lost_tail(state: LineState, epoch: int, out: list[Effect]) -> LineState:
    """Learn that our own tail is uncertain, unless the epoch concerned is closed already."""
    state = replace(state, proven=max(state.proven, epoch))
    if state.behind or epoch < state.epochs[state.us]:
        return state
    state, ticket = with_pending(state, RowsPending(()))
    out.append(Store(ticket, Lane.CONTROL, Changes(state.line, facts=((BEHIND, "1"),))))
    out.append(Tell("epoch-needed", f"{state.us} {epoch}"))
    return replace(state, behind=True)


def _take_theirs(state: LineState, held: Held, out: list[Effect]) -> LineState:
    """Take what the counterpart says of a log of its own.

    1. A receipt of ours that it shows is a floor: below it we sign no receipt and freeze nothing.
    2. The same size with another root, validly signed, is a fork: both notes are kept and the log stops.
    3. A closed epoch of which it holds less than we do is sent back to it.
    """
    log, row = held.log, state.logs.get(held.log)
    if held.receipt:
        floor = _shown_receipt(state, held)
        session = state.session
        if session is not None and floor > (row.frontier.size if row else 0):
            state = replace(state, session=replace(session, floors={**session.floors, log: floor}))  # 1
    if row is None:
        return state
    if row.nonce != held.nonce:
        raise PeerFault("epoch-taken")
    if held.size and held.size == row.frontier.size and held.root != root(row.frontier):
        return contradict(state, row, held.note, row.note, out)  # 2
    if 0 <= held.size < row.frozen_at:
        return offer(state, log, held.size, row.frozen_at, out)  # 3
    return state


def _shown_receipt(state: LineState, held: Held) -> int:
    """Check a receipt of ours that its author shows and give its size; raises ``PeerFault``."""
    checkpoint = parse_checkpoint(parse_note(held.receipt).text)
    key = receipt_keys_at(state.facts.books[state.us], held.log, checkpoint.size)[0]
    verify_note(held.receipt, key)
    if checkpoint.origin != origin(state.line, held.log, held.nonce):
        raise PeerFault("claim-false")
    return checkpoint.size


def contradict(state: LineState, row: LogRow, shown: bytes, kept: bytes, out: list[Effect]) -> LineState:
    """Stop a log whose author signed two checkpoints of one size; raises ``PeerFault`` when *shown* proves nothing."""
    log = row.log
    name = origin(state.line, log, row.nonce)
    ours: Checkpoint = parse_checkpoint(parse_note(kept).text)
    keys = checkpoint_keys_at(state.facts.books[log.party], log, name, ours.size)
    _, theirs = open_checkpoint(shown, name, keys)
    if theirs.size != ours.size:
        raise PeerFault("checkpoint-foreign", name)
    if theirs.root == ours.root:
        return state
    return stop(state, {log: row}, "forked", (kept, shown), out)


def compared(state: LineState, note: bytes | None, pending: ComparePending, out: list[Effect]) -> LineState:
    """Compare the author's note shown at a size with the one kept there.

    The same: a duplicate, answered with our receipt again. Another by the counterpart: a fork. Another by ourselves:
    our own tail is not what we told before.
    """
    row = state.logs.get(pending.log)
    if row is None or note is None:
        return state
    try:
        if pending.log.party == state.peer:
            state = contradict(state, row, pending.note, note, out)
            return cosign(state, pending.log, out)
        kept = parse_checkpoint(parse_note(note).text)
        shown = parse_checkpoint(parse_note(pending.note).text)
        if shown != kept:
            _check_own_claim(state, Held(row.log, row.nonce, kept.size, shown.root, pending.note, b"", frozen=False))
            return _lost_tail(state, row.log.epoch, out)
    except PeerFault as fault:
        out.append(Tell(fault.code, f"{pending.log.party} {pending.log.lane}"))
    return state
