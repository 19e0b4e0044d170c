"""The opening of a conversation: both say what they hold, prove it, and learn what the other lacks or lost.

A greeting is one hello after another, each of at most HELLO_LOGS_MAX logs; one with fewer ends it, so that it is
bounded in frames however many epochs a line has had. A later hello tells of logs that were frozen since.

A larger head of ours, validly signed, in the counterpart's hands proves that our own tail is lost (an old backup, a
rolled-back machine): nothing is sealed any more until a new epoch is opened. What a claim does not prove is ignored.
"""

from collections.abc import Mapping, Sequence

from rabita.line.attachments import seek
from rabita.line.descriptor import receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.events import Effect, LoadNote, Send, Tell
from rabita.line.frames import Held, Hello
from rabita.line.ids import LANES, Lane, LogId, key_name, origin
from rabita.line.keybook import checkpoint_keys_at
from rabita.line.limits import HELLO_LOGS_MAX, PROTOCOL
from rabita.line.merkle import root
from rabita.line.note import Checkpoint, Note, format_note, parse_checkpoint, parse_note
from rabita.line.order import resume, stop
from rabita.line.quota import grant_all
from rabita.line.receipts import cosign
from rabita.line.receiving import (
    contradict_ourselves,
    frozen_rows,
    keys_of_ours,
    lost_tail,
    own_descriptors,
    put_rows,
    signer,
)
from rabita.line.record import LogRow
from rabita.line.sending import offer
from rabita.line.signature import verify_note
from rabita.line.state import (
    OPEN,
    ComparePending,
    LineState,
    conversation,
    new_log,
    replace,
    with_pending,
)
from rabita.line.verify import open_checkpoint

ED25519_LINE_BYTES = 72


def greeting(state: LineState) -> tuple[Hello, ...]:
    """Write our greeting: every log we hold, with the notes that prove it (Ed25519 only, to stay small)."""
    held = [_held(row) for _, row in sorted(state.logs.items())]
    return in_frames(_hello(state), held)


def in_frames(plain: Hello, held: Sequence[Held]) -> tuple[Hello, ...]:
    """Spread what is held over as many hellos like *plain* as a greeting needs."""
    firsts = range(0, len(held) + 1, HELLO_LOGS_MAX)
    return tuple([replace(plain, held=tuple(held[first : first + HELLO_LOGS_MAX])) for first in firsts])


def _hello(state: LineState, *held: Held) -> Hello:
    return Hello(PROTOCOL, state.line, state.us, state.charter.version, state.time_ms, held)


def _held(row: LogRow) -> Held:
    size, note, receipt = row.frontier.size, slim(row.note), slim(row.receipt)
    return Held(row.log, row.nonce, size, root(row.frontier), note, receipt, row.frozen_at)


def slim(raw: bytes) -> bytes:
    """Leave the ML-DSA-44 signatures of a note out."""
    if not raw:
        return raw
    note = parse_note(raw)
    return format_note(
        Note(note.text, tuple([each for each in note.signatures if len(each.signature) <= ED25519_LINE_BYTES]))
    )


def take_hello(state: LineState, frame: Hello, out: list[Effect]) -> LineState:
    """Take a hello of the counterpart's greeting, and plan the conversation once that is complete.

    Raises ``PeerFault``: ``version-unsupported``, ``line-foreign``, ``frame-out-of-order`` (too many logs).
    """
    session = conversation(state)
    if frame.protocol != PROTOCOL:
        raise PeerFault("version-unsupported", frame.protocol[:32])
    if (frame.line, frame.party) != (state.line, state.peer):
        raise PeerFault("line-foreign")
    if len(frame.held) > HELLO_LOGS_MAX:
        raise PeerFault("frame-out-of-order")
    if session.met:
        return _take_claims(state, [each for each in frame.held if each.frozen_at != OPEN], out)
    listed = {held.log.epoch for held in frame.held if held.log.party == state.peer} | set(session.listed)
    session = replace(
        session,
        met=len(frame.held) < HELLO_LOGS_MAX,
        clock_difference_ms=frame.time_ms - state.time_ms,
        claims={**session.claims, **{held.log: held for held in frame.held if held.log in state.logs}},
        listed=tuple(sorted(listed)[:HELLO_LOGS_MAX]),
    )
    state = _take_claims(replace(state, session=session), frame.held, out)
    return seek(_plan(state, out), out) if session.met else state


def _take_claims(state: LineState, claims: Sequence[Held], out: list[Effect]) -> LineState:
    """Take what the counterpart says it holds, log by log; what is wrong with one is told."""
    for held in sorted(claims, key=lambda each: each.log):
        log = held.log
        if log.party in (state.us, state.peer):
            take = _take_ours if log.party == state.us else _take_theirs
            try:
                state = take(state, held, out)
            except PeerFault as fault:
                out.append(Tell(fault.code, f"{log.party} {log.epoch} {log.lane}"))
    return state


def _plan(state: LineState, out: list[Effect]) -> LineState:
    """Plan the conversation from the whole greeting."""
    session = conversation(state)
    claims, control = session.claims, LogId(state.us, state.epochs[state.us], Lane.CONTROL)
    heard = claims[control].size if control in claims else 0
    state = replace(state, session=replace(session, heard_control=heard))
    for log, row in sorted(state.logs.items()):
        if log not in claims:
            state = _offer_unclaimed(state, log, row, out)
    state = _close_passed_over(state, claims, out)
    if frozen := frozen_rows(state, state.epochs[state.peer]):
        state = put_rows(state, tuple(frozen), out)
    state = grant_all(state, out)
    for log in sorted(state.logs):
        if log.party == state.peer and _lacks_receipt(state.logs[log].frontier.size, claims.get(log)):
            state = cosign(state, log, out)
    return resume(state, out)


def _lacks_receipt(size: int, claim: Held | None) -> bool:
    """Say whether the author of a log may lack our receipt over it, and does not itself hold less than we do."""
    if claim is None:
        return True
    try:
        return claim.size >= size > (parse_checkpoint(parse_note(claim.receipt).text).size if claim.receipt else 0)
    except PeerFault:
        return claim.size >= size


def _offer_unclaimed(state: LineState, log: LogId, row: LogRow, out: list[Effect]) -> LineState:
    if log.party == state.us:
        return offer(state, log, 0, row.frontier.size, out)
    return offer(state, log, 0, row.frozen_at, out) if row.frozen_at > 0 else state


def tell_frozen(state: LineState, rows: Sequence[LogRow], out: list[Effect]) -> LineState:
    """Tell the author in the open conversation where logs of its closed epochs were frozen, and return the rest."""
    session = state.session
    frozen = [row for row in rows if row.log.party == state.peer and row.frozen_at != OPEN]
    if session is None or not session.met or session.bulk or not frozen:
        return state
    out.append(Send(session.id, in_frames(_hello(state), [_held(state.logs[row.log]) for row in frozen])))
    for row in frozen:
        size = session.claims[row.log].size if row.log in session.claims else 0
        state = offer(state, row.log, size, row.frozen_at, out) if size < row.frozen_at else state
    return state


def _close_passed_over(state: LineState, claims: Mapping[LogId, Held], out: list[Effect]) -> LineState:
    """Close at nothing the epochs of ours that the counterpart never took and has gone past: another began there."""
    ours = [log.epoch for log in claims if log.party == state.us]
    rows = [
        row._replace(frozen_at=0)
        for log, row in state.logs.items()
        if log.party == state.us and log.epoch < max(ours, default=0) and log not in claims
        if row.frozen_at == OPEN and row.frontier.size and not row.receipted
    ]
    return put_rows(state, tuple(rows), out) if rows else state


def _take_ours(state: LineState, held: Held, out: list[Effect]) -> LineState:
    """Take the counterpart's claim to hold a log of ours.

    1. It holds more than we do, or an epoch we do not know: proven by our own signature, our tail is lost.
    2. It holds part of it: the rest is offered; a note that differs from ours at that size proves the same.
    3. It froze a closed epoch: what we sealed beyond is not in force there and is to be sealed anew.
    4. It holds another history of a closed epoch, signed by us all the same: ours is set apart.
    """
    log, row = held.log, state.logs.get(held.log)
    if (row is None and not held.size) or (row is not None and row.stopped):
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
        return lost_tail(state, log.epoch, out)
    if held.size == row.frontier.size and held.size and held.root != root(row.frontier):
        _check_own_claim(state, held)
        return contradict_ourselves(state, row, out)  # 2, 4
    if 0 < held.size < row.frontier.size:
        state, ticket = with_pending(state, ComparePending(log, held.size, held.note))
        out.append(LoadNote(ticket, log, held.size))  # 2
    if held.frozen_at == OPEN:
        return offer(state, log, held.size, row.frontier.size, out)  # 2
    return _closed_there(state, row, held, out)  # 3


def _closed_there(state: LineState, row: LogRow, held: Held, out: list[Effect]) -> LineState:
    """Keep at what size the counterpart froze a log of a closed epoch of ours."""
    if held.frozen_at <= row.frozen_at or row.log.epoch >= state.epochs[state.us]:
        return state
    closed = row._replace(frozen_at=held.frozen_at)
    state = put_rows(state, (closed,), out)
    return replace(state, logs={**state.logs, row.log: closed})


def _check_own_claim(state: LineState, held: Held) -> None:
    """Check that one of our own keys signed what the counterpart says it holds of us; raises ``PeerFault``."""
    name = origin(state.line, held.log, held.nonce)
    _, checkpoint = open_checkpoint(held.note, name, keys_of_ours(state, held.log, name, held.size, held.note))
    if (checkpoint.size, checkpoint.root) != (held.size, held.root):
        raise PeerFault("claim-false")


def _frozen_at_nothing(state: LineState, epoch: int) -> list[LogRow]:
    """Close an epoch of ours whose number was taken: the counterpart will hold nothing of it."""
    rows = [state.logs[LogId(state.us, epoch, lane)] for lane in LANES]
    return [row._replace(frozen_at=0) for row in rows]


def _take_theirs(state: LineState, held: Held, out: list[Effect]) -> LineState:
    """Take what the counterpart says of a log of its own.

    1. A receipt of ours that it shows is a floor: below it we sign no receipt and freeze nothing. One that we cannot
       check may be by a key of ours that we lost the rotation to: in this conversation we do neither at all.
    2. The same size with another root, validly signed, is a fork: both notes are kept and the log stops.
    3. A closed epoch of which it holds less than we do is sent back to it, and so is its present control log: under
       keys that it still knows, that proves to it that it is behind.
    """
    log, row = held.log, state.logs.get(held.log)
    if held.receipt:
        state = _take_floor(state, held, out)  # 1
    if row is None:
        return state
    if row.nonce != held.nonce:
        raise PeerFault("epoch-taken")
    if held.size and held.size == row.frontier.size and held.root != root(row.frontier):
        return contradict(state, row, held.note, row.note, out)  # 2
    until = row.frontier.size if row.frozen_at == OPEN and log.lane is Lane.CONTROL else row.frozen_at
    return offer(state, log, held.size, until, out) if held.size < until else state  # 3


def _take_floor(state: LineState, held: Held, out: list[Effect]) -> LineState:
    session, row = conversation(state), state.logs.get(held.log)
    try:
        floor = _shown_receipt(state, held)
    except PeerFault as fault:
        out.append(Tell(fault.code, f"{held.log.party} {held.log.epoch} {held.log.lane}"))
        unsure = (held.log,) if fault.code == "note-unsigned" and _in_our_name(state, held.receipt) else ()
        return replace(state, session=replace(session, unsure=(*session.unsure, *unsure)))
    if floor <= (row.frontier.size if row else 0):
        return state
    return replace(state, session=replace(session, floors={**session.floors, held.log: floor}))


def _in_our_name(state: LineState, receipt: bytes) -> bool:
    """Say whether a receipt bears our name, under a key that we may have forgotten."""
    return key_name(state.us, "receipt") in [each.name for each in parse_note(receipt).signatures]


def _shown_receipt(state: LineState, held: Held) -> int:
    """Check a receipt by any of our keys that its author shows; gives its size or raises ``PeerFault``."""
    note = parse_note(held.receipt)
    checkpoint = parse_checkpoint(note.text)
    keys = [receipt_keys(each) for each in own_descriptors(state, held.log, checkpoint.size)]
    verify_note(note, signer(note, keys)[0])
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
        shown = _checkpoint_at(pending.size, pending.note)
        if shown.size > row.frontier.size:  # it came twice, and its first coming is not stored yet
            return state
        if note is None or shown != parse_checkpoint(parse_note(note).text):
            _check_own_claim(state, Held(row.log, row.nonce, shown.size, shown.root, pending.note, b"", OPEN))
            return contradict_ourselves(state, row, out)
    except PeerFault as fault:
        out.append(Tell(fault.code, f"{pending.log.party} {pending.log.lane}"))
    return state


def _checkpoint_at(size: int, note: bytes) -> Checkpoint:
    shown = parse_checkpoint(parse_note(note).text)
    if shown.size != size:
        raise PeerFault("claim-false")
    return shown
