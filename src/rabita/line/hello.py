"""The opening of a conversation: both say what they hold, prove it, and learn what the other lacks or lost.

A larger head of ours, validly signed, in the counterpart's hands proves that our own tail is lost (an old backup, a
rolled-back machine): nothing is sealed any more until a new epoch is opened. What a claim does not prove is ignored.
"""

from collections.abc import Sequence

from rabita.line.changes import Changes
from rabita.line.descriptor import Descriptor, checkpoint_keys, receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.events import Effect, LoadNote, Store, Tell
from rabita.line.frames import Held, Hello
from rabita.line.ids import LANES, Lane, LogId, origin
from rabita.line.keybook import checkpoint_keys_at
from rabita.line.limits import LOGS_PER_PARTY_MAX, PROTOCOL
from rabita.line.merkle import root
from rabita.line.note import Checkpoint, Note, VerifierKey, format_note, parse_checkpoint, parse_note
from rabita.line.order import resume, stop
from rabita.line.quota import grant_all
from rabita.line.receipts import cosign
from rabita.line.receiving import frozen_rows, put_rows
from rabita.line.record import LogRow
from rabita.line.sending import offer
from rabita.line.signature import verify_note
from rabita.line.state import (
    BEHIND,
    OPEN,
    ComparePending,
    LineState,
    RowsPending,
    conversation,
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
            row.frozen_at,
        )
        for log, row in sorted(state.logs.items())
        if row.frontier.size or row.frozen_at != OPEN or log.epoch == state.epochs[log.party]
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
    session = conversation(state)
    if frame.protocol != PROTOCOL:
        raise PeerFault("version-unsupported", frame.protocol[:32])
    if (frame.line, frame.party) != (state.line, state.peer):
        raise PeerFault("line-foreign")
    if session.met or len(frame.held) > 2 * LOGS_PER_PARTY_MAX:
        raise PeerFault("frame-out-of-order")
    difference = frame.time_ms - state.time_ms
    claims = {held.log: held for held in frame.held}
    control = claims.get(LogId(state.us, state.epochs[state.us], Lane.CONTROL))
    heard = control.size if control is not None else 0
    session = replace(session, met=True, clock_difference_ms=difference, heard_control=heard)
    state = replace(state, session=session)
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
    if state.session is not None and (frozen := frozen_rows(state, state.epochs[state.peer], state.session.floors)):
        state = put_rows(state, tuple(frozen), out)
    state = grant_all(state, out)
    for log in sorted(state.logs):
        claim = claims.get(log)
        if log.party == state.peer and (claim is None or _receipt_size(claim) < state.logs[log].frontier.size):
            state = cosign(state, log, out)
    return resume(state, out)


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
    if row is None and not held.size:
        return state
    if not OPEN <= held.frozen_at <= held.size:
        raise PeerFault("claim-false")
    if row is None or row.nonce != held.nonce or held.size > row.frontier.size:
        _check_own_claim(state, held)  # 1
        if row is None:
            closed_at = held.frozen_at if log.epoch < state.epochs[state.us] else OPEN
            row = new_log(log, held.nonce)._replace(frozen_at=closed_at)
            state = replace(state, logs={**state.logs, log: row})
        elif row.nonce != held.nonce and row.frozen_at == OPEN:
            state = put_rows(state, tuple(_frozen_at_nothing(state, log.epoch)), out)
        elif row.nonce == held.nonce:
            state = _closed_there(state, row, held, out)  # 3
        return _lost_tail(state, log.epoch, out)
    if held.size == row.frontier.size and held.size and held.root != root(row.frontier):
        _check_own_claim(state, held)
        return _lost_tail(state, log.epoch, out)  # 2
    if 0 < held.size < row.frontier.size:
        state, ticket = with_pending(state, ComparePending(log, held.note))
        out.append(LoadNote(ticket, log, held.size))  # 2
    if held.frozen_at == OPEN:
        return offer(state, log, held.size, row.frontier.size, out)  # 2
    return _closed_there(state, row, held, out)  # 3


def _closed_there(state: LineState, row: LogRow, held: Held, out: list[Effect]) -> LineState:
    """Keep at what size the counterpart froze a log of a closed epoch of ours."""
    if held.frozen_at == OPEN or row.frozen_at != OPEN or row.log.epoch >= state.epochs[state.us]:
        return state
    closed = row._replace(frozen_at=held.frozen_at)
    state = put_rows(state, (closed,), out)
    return replace(state, logs={**state.logs, row.log: closed})


def _check_own_claim(state: LineState, held: Held) -> None:
    """Check that one of our own keys signed what the counterpart says it holds of us; raises ``PeerFault``."""
    name = origin(state.line, held.log, held.nonce)
    keys = [checkpoint_keys(each, name)[0] for each in _own_descriptors(state, held.log, held.size)]
    _, checkpoint = open_checkpoint(held.note, name, (_signer(parse_note(held.note), keys),))
    if (checkpoint.size, checkpoint.root) != (held.size, held.root):
        raise PeerFault("claim-false")


def _own_descriptors(state: LineState, log: LogId, size: int) -> list[Descriptor]:
    """List our descriptors whose keys may have signed over *log* at *size*: any but the revoked.

    Not by position: a tail that we lost was signed before a rotation that, knowing less, lists smaller sizes.
    """
    eras = state.facts.books[state.us].eras
    return [era.descriptor for era in eras if era.good_until is None or size <= era.good_until.get(log, 0)]


def _signer(note: Note, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Choose the key that a note names; raises ``PeerFault("note-unsigned")``."""
    present = [(each.name, each.key_id) for each in note.signatures]
    for key in keys:
        if (key.name, key.key_id) in present:
            return key
    raise PeerFault("note-unsigned")


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
        session = conversation(state)
        if floor > (row.frontier.size if row else 0):
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
    """Check a receipt by any of our keys that its author shows; gives its size or raises ``PeerFault``."""
    note = parse_note(held.receipt)
    checkpoint = parse_checkpoint(note.text)
    keys = [receipt_keys(each)[0] for each in _own_descriptors(state, held.log, checkpoint.size)]
    verify_note(note, _signer(note, keys))
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

    The same: a duplicate, answered with our receipt again. Another by the counterpart: a fork. Another by ourselves,
    or one we know nothing of: our own tail is not what we told before.
    """
    row = state.logs[pending.log]
    try:
        if pending.log.party == state.peer:
            state = contradict(state, row, pending.note, note, out) if note else state
            return cosign(state, pending.log, out)
        shown = parse_checkpoint(parse_note(pending.note).text)
        if note is None or shown != parse_checkpoint(parse_note(note).text):
            _check_own_claim(state, Held(row.log, row.nonce, shown.size, shown.root, pending.note, b"", OPEN))
            return _lost_tail(state, row.log.epoch, out)
    except PeerFault as fault:
        out.append(Tell(fault.code, f"{pending.log.party} {pending.log.lane}"))
    return state
