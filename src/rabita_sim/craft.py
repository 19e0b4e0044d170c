"""What a malicious party makes with its own valid keys: entries no honest node would seal, batches that fork a log."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rabita.line.changes import Changes
from rabita.line.control import OPENING, PROCEDURE, Opening, fields_of
from rabita.line.entry import FIRST_PREV, NO_APPROVALS, Act, Entry, Stamp, encode, read
from rabita.line.events import Committed, Draft
from rabita.line.frames import Chunk, encode_batch
from rabita.line.ids import LANES, Lane, LogId, origin
from rabita.line.keybook import checkpoint_keys_at
from rabita.line.limits import INTEGER_MAX
from rabita.line.merkle import EMPTY, Frontier, append, root
from rabita.line.note import Checkpoint, checkpoint_text
from rabita.line.record import OrderRow, SealedBatch
from rabita.line.state import Sealing, SealPending, replace, with_pending
from rabita.line.verify import entry_row, seal_batch
from rabita.services.exchange import Waiting

if TYPE_CHECKING:
    from rabita_sim.node import Node


def signed_note(node: "Node", log: LogId, frontier: Frontier) -> bytes:
    """Sign a checkpoint of an own log over any tree."""
    state = node.state
    name = origin(state.line, log, state.logs[log].nonce)
    text = checkpoint_text(Checkpoint(name, frontier.size, root(frontier)))
    key = checkpoint_keys_at(state.facts.books[node.code], log, name, frontier.size)[0]
    signature = node.cast.parties[node.code].ring.sign_ed25519(key.public, text)
    return seal_batch(SealedBatch(log, 0, (), frontier, b""), text, key, signature).value.note


def forked_batch(node: "Node", log: LogId) -> Chunk | None:
    """Rewrite the last batch of an own log that the counterpart receipted, and sign it at the same size."""
    row = node.state.logs[log]
    notes = [size for size, _, _ in node.disk.notes(node.cast.line, log, 0, INTEGER_MAX) if size <= row.receipted]
    if not notes:
        return None
    first = notes[-2] if len(notes) > 1 else 0
    batch = node.disk.batch(node.cast.line, log, first)
    if batch is None:
        return None
    entries = [entry._replace(approvals=b"[ ]") for entry in batch.entries]
    tree = append(EMPTY, node.disk.leaves(node.cast.line, log, 0, first))
    rows = [entry_row(index, entry, read(entry, node.cast.line, log)) for index, entry in enumerate(entries, first)]
    tree = append(tree, [each.leaf for each in rows])
    data = encode_batch(first, entries, signed_note(node, log, tree))
    return Chunk(log, first, 0, last=True, data=data)


def seal_anything(node: "Node", lane: Lane, act: bytes, tweak: Callable[[Stamp], Stamp] = lambda stamp: stamp) -> bool:
    """Seal any bytes under any stamp, past every check of our own; says whether it could be done now."""
    exchange, state = node.running, node.state
    if state.sealing or exchange._group or state.behind:
        return False
    log = LogId(node.code, state.epochs[node.code], lane)
    head, index = state.logs[log], state.logs[log].frontier.size
    seen = [state.logs[LogId(node.peer, state.epochs[node.peer], each)].frontier.size for each in LANES]
    stamp = tweak(
        Stamp(
            line=state.line,
            party=node.code,
            epoch=log.epoch,
            lane=lane,
            charter=1,
            n=state.n + 1,
            prev=state.prev.hex(),
            seen_epoch=state.epochs[node.peer],
            seen=(seen[0], seen[1], seen[2], seen[3], seen[4]),
            time_ms=0,
        )
    )
    entry = Entry(encode(stamp), act, NO_APPROVALS, ())
    row = entry_row(index, entry, read(entry, state.line, log))
    frontier = append(head.frontier, [row.leaf])
    name = origin(state.line, log, head.nonce)
    text = checkpoint_text(Checkpoint(name, frontier.size, root(frontier)))
    key = checkpoint_keys_at(state.facts.books[node.code], log, name, frontier.size)[0]
    signature = node.cast.parties[node.code].ring.sign_ed25519(key.public, text)
    verified = seal_batch(SealedBatch(log, index, (row,), frontier, b""), text, key, signature)
    order = OrderRow(node.code, log.epoch, state.n + 1, row.leaf, row.seen)
    begun = (head,) if index == 0 else ()
    node.disk.commit((Changes(state.line, begun, (verified,), orders=(order,)),), 0)
    placed = ((log, index),)
    sealing = Sealing((verified.value,), (text,), (key,), placed, state.n + 1, row.leaf)
    exchange._group = [Waiting(Draft(act, NO_APPROVALS), lane, len(act), lambda _placed: None)]
    state, ticket = with_pending(replace(state, sealing=True), SealPending(sealing, (verified,), ()))
    exchange.state = state
    exchange.feed(Committed(ticket))
    return True


def false_opening(node: "Node") -> Chunk:
    """Open the next epoch with our checkpoint key alone, without a recovery key."""
    state = node.state
    nonce = "ab" * 16
    log = LogId(node.code, state.epochs[node.code] + 1, Lane.CONTROL)
    stamp = Stamp(state.line, node.code, log.epoch, log.lane, 1, 1, FIRST_PREV, 1, (0, 0, 0, 0, 0), 0)
    act = Act(
        line=state.line,
        author=node.code,
        precedence=Lane.CONTROL,
        id="cd" * 16,
        seal_before_ms=INTEGER_MAX,
        kind="exercise",
        procedure=PROCEDURE,
        act=OPENING,
        fields=fields_of(Opening(nonce, ())),
    )
    entry = Entry(encode(stamp), encode(act), NO_APPROVALS, ())
    row = entry_row(0, entry, read(entry, state.line, log))
    frontier = append(EMPTY, [row.leaf])
    name = origin(state.line, log, nonce)
    text = checkpoint_text(Checkpoint(name, 1, root(frontier)))
    key = checkpoint_keys_at(state.facts.books[node.code], log, name, 1)[0]
    signature = node.cast.parties[node.code].ring.sign_ed25519(key.public, text)
    note = seal_batch(SealedBatch(log, 0, (), frontier, b""), text, key, signature).value.note
    return Chunk(log, 0, 0, last=True, data=encode_batch(0, [entry], note))
