"""Carrying attachments: below all lanes, one at a time, from where the last conversation left off.

The reader asks (``want``), the holder sends pieces only while no lane has anything to send and the window has room, and
the reader says so once it holds all of it (``possession``), until the holder has said that it keeps the statement
(``kept``). What the reader does next is found by ``SeekBlob``, again after every step, so that nothing has to be
remembered across conversations but what is on the disk: parts of blobs, blobs, and statements.

Rules kept here: nothing is sent that no act sealed by us on this line names (who answers ``LoadPiece`` sees to it); a
piece that does not continue what is held spoils nothing but its own blob; nobody is asked for the same blob without
end; while the disk is low nothing is taken in.
"""

from collections.abc import Sequence

from rabita.line import limits
from rabita.line.attachment import is_digest, names_attachments
from rabita.line.errors import PeerFault
from rabita.line.events import (
    BlobKept,
    DropPart,
    Effect,
    KeepPiece,
    KeepPossession,
    LoadPiece,
    PieceLoaded,
    PossessionKept,
    SeekBlob,
    Send,
    Sign,
    Signed,
    SignRequest,
    Sought,
    Tell,
)
from rabita.line.frames import Declined, Kept, Piece, Possessed, Want
from rabita.line.possession import Possession, admit_possession, possession_key, possession_text, signed_possession
from rabita.line.record import EntryRow
from rabita.line.sending import has_room, is_idle
from rabita.line.state import (
    LineState,
    PossessionPending,
    Serving,
    Session,
    Wanting,
    conversation,
    replace,
    with_pending,
)
from rabita.line.window import rested, sent

# the reader


def seek(state: LineState, out: list[Effect]) -> LineState:
    """Look for what is to be asked for, or said, next; unless something is under way."""
    session = state.session
    if session is not None and session.met and not (session.bulk or session.wanting or state.disk_low):
        passed = [digest for digest, tries in session.passed.items() if tries >= limits.ATTACHMENT_TRIES_MAX]
        out.append(SeekBlob(session.id, tuple(passed)))
    return state


def seek_named(state: LineState, rows: Sequence[EntryRow], out: list[Effect]) -> LineState:
    """Look for what entries that arrived name."""
    return seek(state, out) if any(names_attachments(row.entry.act) for row in rows) else state


def sought(state: LineState, event: Sought, out: list[Effect]) -> LineState:
    """Ask for a blob, say that we hold one, or first sign that we do."""
    session = _here(state, event.session)
    if session is None or session.wanting is not None or state.disk_low:
        return state
    state = _with(state, wanting=Wanting(event.digest, event.offset, note=event.note))
    if event.note:
        out.append(Send(session.id, (Possessed(event.digest, event.note),)))
        return state
    if not event.whole:
        out.append(Send(session.id, (Want(event.digest, event.offset),)))
        return state
    public = state.facts.books[state.us].newest.receipt.ed25519
    said = Possession(state.line, event.digest, event.offset, state.us, state.time_ms)
    state, ticket = with_pending(state, PossessionPending(session.id, said, possession_key(state.us, public)))
    out.append(Sign(ticket, (SignRequest(public, possession_text(said)),)))
    return state


def take_piece(state: LineState, piece: Piece, out: list[Effect]) -> LineState:
    """Keep a piece that continues the blob asked for; pieces of what is not asked for (any more) are passed over.

    The first piece after asking may be one that was under way before: it is passed over too.
    """
    state = _with(state, received_bytes=conversation(state).received_bytes + len(piece.data))
    session = conversation(state)
    wanting = session.wanting
    if wanting is None or piece.digest != wanting.digest or wanting.note:
        return state
    fresh = wanting.total_bytes == 0
    if fresh and piece.offset != wanting.offset:
        return state
    end = piece.offset + len(piece.data)
    short = len(piece.data) < limits.CHUNK_BYTES_MIN and end < piece.total_bytes
    known = fresh or piece.total_bytes == wanting.total_bytes
    if state.disk_low:
        out.append(Send(session.id, (Declined(piece.digest, "disk-low"),)))
        return _with(state, wanting=None)
    if (
        piece.offset != wanting.offset
        or not known
        or short
        or not piece.data
        or not end <= piece.total_bytes <= limits.ATTACHMENT_BYTES_MAX
    ):
        out.append(DropPart(piece.digest))
        return _spoilt(state, piece.digest, "attachment-false", out)
    out.append(KeepPiece(session.id, piece.digest, piece.offset, piece.total_bytes, piece.data))
    return _with(state, wanting=replace(wanting, offset=end, total_bytes=piece.total_bytes))


def blob_kept(state: LineState, event: BlobKept, out: list[Effect]) -> LineState:
    """Go on once a blob is whole and durable; one that could not be kept is asked for again, or left for later."""
    session = _here(state, event.session)
    if session is None or session.wanting is None or session.wanting.digest != event.digest:
        return state
    if event.code:
        return _spoilt(state, event.digest, event.code, out)
    out.append(Tell("attachment-held", event.digest))
    return seek(_with(state, wanting=None), out)


def possession_signed(state: LineState, event: Signed, pending: PossessionPending, out: list[Effect]) -> LineState:
    """Keep our statement; it is said once it is durable."""
    note = signed_possession(pending.said, pending.key, event.signatures[0])
    out.append(KeepPossession(pending.session, pending.said, note))
    return state


def possession_kept(state: LineState, event: PossessionKept, out: list[Effect]) -> LineState:
    """Say a statement of ours that is durable; answer one of the counterpart's that is, or was not taken."""
    session = _here(state, event.session)
    if session is None:
        return state
    if event.code:
        out.append(Tell(event.code, event.digest))
    if event.party == state.us:
        if session.wanting is None or session.wanting.digest != event.digest:
            return state
        state = _with(state, wanting=None)
        return state if event.code else seek(state, out)
    if event.code:
        out.append(Send(session.id, (Declined(event.digest, event.code),)))
    else:
        out.append(Tell("possession-held", event.digest))
        out.append(Send(session.id, (Kept(event.digest),)))
    return state


def take_kept(state: LineState, frame: Kept, out: list[Effect]) -> LineState:
    """Note that the holder keeps our statement, and go on."""
    session = conversation(state)
    wanting = session.wanting
    if wanting is None or wanting.digest != frame.digest or not wanting.note:
        return state
    size = wanting.offset
    said = Possession(state.line, frame.digest, size, state.us, state.time_ms)
    out.append(KeepPossession(session.id, said, wanting.note, confirmed=True))
    return state


def _spoilt(state: LineState, digest: str, code: str, out: list[Effect]) -> LineState:
    """Give a blob up that did not come right: stop the holder, and ask again unless that was done often enough."""
    session = conversation(state)
    out.append(Tell(code, digest))
    out.append(Send(session.id, (Declined(digest, code),)))
    tries = session.passed.get(digest, 0) + 1
    return seek(_with(state, wanting=None, passed={**session.passed, digest: tries}), out)


# the holder


def take_want(state: LineState, frame: Want, _out: list[Effect]) -> LineState:
    """Serve a blob from where the reader's part ends; what was served before is left.

    Raises ``PeerFault("frame-malformed")`` for a digest that is none.
    """
    if not is_digest(frame.digest):
        raise PeerFault("frame-malformed")
    bulk = conversation(state).bulk  # a bundle carries no attachments and expects no answer
    return state if bulk else _with(state, serving=Serving(frame.digest, frame.offset))


def piece_loaded(state: LineState, event: PieceLoaded, out: list[Effect]) -> LineState:
    """Take the piece read, or tell the reader why there is none."""
    session = _here(state, event.session)
    serving = session.serving if session is not None else None
    if session is None or serving is None or (serving.digest, serving.offset) != (event.digest, event.offset):
        return state
    if event.code:
        out.append(Send(session.id, (Declined(event.digest, event.code),)))
        return _with(state, serving=None)
    return _with(state, serving=replace(serving, data=event.data, total_bytes=event.total_bytes, loading=False))


def take_possession(state: LineState, frame: Possessed, out: list[Effect]) -> LineState:
    """Check the reader's statement and keep it; one that does not verify is declined: its key may be on its way."""
    session = conversation(state)
    try:
        said = admit_possession(frame.note, state.line, state.peer, frame.digest, state.facts.books[state.peer])
    except PeerFault as fault:
        out.append(Tell(fault.code, frame.digest[:64]))
        out.append(Send(session.id, (Declined(frame.digest[:64], fault.code),)))
        return state
    out.append(KeepPossession(session.id, said, frame.note))
    return state


def take_declined(state: LineState, frame: Declined, out: list[Effect]) -> LineState:
    """Learn that the other side does not go on with a blob: as reader leave it for now, as holder stop.

    A part that is no beginning of what the holder has (a crash came between its end and its check) is begun anew.
    """
    session = conversation(state)
    wanting = session.wanting
    if wanting is not None and wanting.digest == frame.digest:
        out.append(Tell(frame.code[:64], frame.digest))
        tries = limits.ATTACHMENT_TRIES_MAX
        if frame.code == "attachment-false" and wanting.offset and not wanting.note:
            out.append(DropPart(frame.digest))
            tries = session.passed.get(frame.digest, 0) + 1
        return seek(_with(state, wanting=None, passed={**session.passed, frame.digest: tries}), out)
    if session.serving is not None and session.serving.digest == frame.digest:
        out.append(Tell(frame.code[:64], frame.digest))
        return _with(state, serving=None)
    return state


def flow_pieces(state: LineState, out: list[Effect]) -> LineState:
    """Send the piece read, and read the next, while no lane has anything to send and the window has room."""
    session = state.session
    serving = session.serving if session is not None else None
    if session is None or serving is None or serving.loading or not is_idle(state):
        return state
    window = rested(session.window, state.now_ms)
    if serving.data and has_room(session, window):
        out.append(Send(session.id, (Piece(serving.digest, serving.offset, serving.total_bytes, serving.data),)))
        window = sent(window, len(serving.data), state.now_ms)
        serving = replace(serving, offset=serving.offset + len(serving.data), data=b"")
        session = replace(session, window=window)
        if serving.offset >= serving.total_bytes:
            return replace(state, session=replace(session, serving=None))
    if not serving.data and has_room(session, window):
        out.append(LoadPiece(session.id, serving.digest, serving.offset, window.chunk_bytes))
        serving = replace(serving, loading=True)
    return replace(state, session=replace(session, serving=serving))


def _here(state: LineState, session: int) -> Session | None:
    """Give the conversation of this number while it is open."""
    return state.session if state.session is not None and state.session.id == session else None


def _with(state: LineState, **changes: object) -> LineState:
    return replace(state, session=replace(conversation(state), **changes))
