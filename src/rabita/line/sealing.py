"""Sealing: one group commit of own drafts becomes stamped entries, one checkpoint per lane touched, then durable."""

from rabita.line import limits
from rabita.line.amendment import last_signer, refusal
from rabita.line.approvals import END, revoked_at
from rabita.line.changes import Changes
from rabita.line.control import (
    Amending,
    Opening,
    Rotation,
    bring,
    brought_version,
    control_form,
    follow_control,
    sizes_map,
)
from rabita.line.entry import FIRST_PREV, Act, Entry, Reading, Stamp, encode, entry_bytes, read_sealable
from rabita.line.errors import PeerFault, UserFault, ensure
from rabita.line.events import Effect, Seal, SealDone, SealRefused, Sign, Signed, SignRequest, Store
from rabita.line.ids import LANES, RANK, Lane, LogId, origin
from rabita.line.keybook import checkpoint_keys_at
from rabita.line.merkle import append, root
from rabita.line.note import Checkpoint, checkpoint_text
from rabita.line.record import EntryRow, LogRow, OrderRow, SealedBatch
from rabita.line.state import (
    BEHIND,
    LineState,
    Sealing,
    SealPending,
    epoch_logs,
    moved,
    replace,
    version_written,
    with_pending,
    with_rows,
)
from rabita.line.verify import Credential, entry_row, seal_batch


def seal(state: LineState, event: Seal, out: list[Effect]) -> LineState:
    """Stamp the drafts, extend the logs in memory only, and ask for the checkpoints' signatures.

    A draft that cannot be sealed refuses the whole group and names itself; nothing is changed then.
    """
    ensure(not state.sealing, "a group commit is already under way")
    ensure(0 < len(event.drafts) <= limits.BATCH_ENTRIES_MAX, "a group commit has 1 to 256 drafts")
    entries = [Entry(b"", each.act, each.approvals, each.portions) for each in event.drafts]
    size_bytes = sum([entry_bytes(entry) for entry in entries])
    ensure(len(entries) == 1 or size_bytes <= limits.BATCH_BYTES_MAX, "a group commit has at most 256 KiB")
    acts: list[Act] = []
    try:
        for entry, draft in zip(entries, event.drafts, strict=True):
            acts.append(read_sealable(entry, draft.withheld, state.line, state.us, state.time_ms))
        epoch, logs = _place(state, acts)
        _check_amending(state, acts[0], event)
        return _ask(state, event, epoch, logs, acts, out)
    except (UserFault, PeerFault) as fault:  # a PeerFault here: our own key is revoked and none follows it yet
        out.append(SealRefused(len(acts) if len(acts) < len(event.drafts) else -1, fault.code))
        return state


def _place(state: LineState, acts: list[Act]) -> tuple[int, dict[LogId, LogRow]]:
    """Give the epoch and the logs to seal into; raises ``UserFault`` where nothing may be sealed now."""
    opening = _control_of(state, acts)
    epoch = max(state.proven, state.epochs[state.us]) + 1 if opening else state.epochs[state.us]
    logs = epoch_logs(state.us, epoch, opening.nonce) if opening else dict(state.logs)
    if any(row.stopped for log, row in logs.items() if (log.party, log.epoch) == (state.us, epoch)):
        raise UserFault("lane-stopped")
    return epoch, logs


def _control_of(state: LineState, acts: list[Act]) -> Opening | None:
    """Check what control acts ask: they go alone, and a rotation lists the sizes of all logs at this very point.

    Gives the opening of a new epoch, if the draft is one; while our tail is uncertain nothing else may be sealed.
    """
    form = next((form for act in acts if (form := control_form(act)) is not None), None)
    if form is not None and len(acts) > 1:
        raise UserFault("control-alone")
    if isinstance(form, Opening):
        return form
    if state.behind:
        raise UserFault("epoch-needed")
    if isinstance(form, Rotation) and sizes_map(form.sizes) != rotation_sizes(state):
        raise UserFault("rotation-stale")
    if isinstance(form, Credential) and revoked_at(state.facts.history(state.us, form.key)) != END:
        raise UserFault("credential-revoked")
    return None


def _check_amending(state: LineState, act: Act, event: Seal) -> None:
    """Seal an amendment only where it comes into force, or where it proves that the other side signed two.

    Raises ``UserFault``: ``amendment-version`` for one that is in force, or as ``refusal``; ``PeerFault`` as
    ``brought_version``.
    """
    form = control_form(act)
    if not isinstance(form, Amending):
        return
    control = LogId(state.us, state.epochs[state.us], Lane.CONTROL)
    index = state.logs[control].frontier.size
    version = brought_version(state.facts, form, (control, state.n + 1), index, event.drafts[0].portions)
    if version.digest in [each.digest for each in state.charters]:
        raise UserFault("amendment-version")
    code = refusal(replace(state, facts=bring(state.facts, version)).charters, version)
    if code and (code, state.peer) != ("amendment-twice", last_signer(version.charter, version.number)):
        raise UserFault(code)


def rotation_sizes(state: LineState) -> dict[LogId, int]:
    """Give the sizes a rotation sealed now must list: every log but those of our closed epochs, control with itself."""
    control = LogId(state.us, state.epochs[state.us], Lane.CONTROL)
    open_logs = [log for log in sorted(state.logs) if log.party == state.peer or log.epoch == control.epoch]
    sizes = {log: state.logs[log].frontier.size for log in open_logs}
    return {**sizes, control: sizes[control] + 1}


def _ask(
    state: LineState, event: Seal, epoch: int, logs: dict[LogId, LogRow], acts: list[Act], out: list[Effect]
) -> LineState:
    fresh_epoch = epoch != state.epochs[state.us]
    n, prev = (0, bytes.fromhex(FIRST_PREV)) if fresh_epoch else (state.n, state.prev)
    peer_epoch = state.epochs[state.peer]
    sizes = [state.logs[LogId(state.peer, peer_epoch, lane)].frontier.size for lane in LANES]
    seen = (peer_epoch, (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]))
    own = {lane: LogId(state.us, epoch, lane) for lane in LANES}
    rows: dict[LogId, list[EntryRow]] = {}
    charter = version_written(state, epoch)
    placed = []
    for draft, act in zip(event.drafts, acts, strict=True):
        n += 1
        log = own[act.precedence]
        stamp = Stamp(state.line, state.us, epoch, log.lane, charter, n, prev.hex(), *seen, time_ms=state.time_ms)
        entry = Entry(encode(stamp), draft.act, draft.approvals, draft.portions)
        fresh = rows.setdefault(log, [])
        index = logs[log].frontier.size + len(fresh)
        row = entry_row(index, entry, Reading(stamp, act, (), (), ""), draft.withheld)
        fresh.append(row)
        placed.append((log, index))
        prev = row.leaf
    batches, texts, keys = [], [], []
    for log, fresh in sorted(rows.items(), key=lambda each: RANK[each[0].lane]):
        head = logs[log]
        frontier = append(head.frontier, [row.leaf for row in fresh])
        name = origin(state.line, log, head.nonce)
        batches.append(SealedBatch(log, head.frontier.size, tuple(fresh), frontier, b""))
        texts.append(checkpoint_text(Checkpoint(name, frontier.size, root(frontier))))
        keys.append(checkpoint_keys_at(state.facts.books[state.us], log, name, frontier.size)[0])
    sealing = Sealing(tuple(batches), tuple(texts), tuple(keys), tuple(placed), n, prev)
    opened = tuple(logs.values()) if fresh_epoch else ()
    state, ticket = with_pending(state, SealPending(sealing, (), opened))
    out.append(Sign(ticket, tuple([SignRequest(key.public, text) for key, text in zip(keys, texts, strict=True)])))
    return replace(state, sealing=True)


def seal_signed(state: LineState, event: Signed, pending: SealPending, out: list[Effect]) -> LineState:
    """Put the signed group commit before the store; nothing of it leaves memory before it is durable."""
    sealing = pending.sealing
    parts = zip(sealing.batches, sealing.texts, sealing.keys, event.signatures, strict=True)
    try:
        verified = tuple([seal_batch(batch, text, key, signature) for batch, text, key, signature in parts])
    except PeerFault:
        return seal_failed(state, "key-unavailable", out)
    opened = pending.rows
    begun = opened or tuple([state.logs[each.log] for each in sealing.batches if each.first == 0])
    log = sealing.batches[0].log
    newest = max([batch.rows[-1] for batch in sealing.batches], key=lambda row: row.n)
    order = OrderRow(state.us, log.epoch, sealing.n, sealing.prev, newest.seen)
    facts = ((BEHIND, "0"),) if opened else ()
    state, ticket = with_pending(state, pending._replace(verified=verified))
    out.append(Store(ticket, log.lane, Changes(state.line, begun, verified, orders=(order,), facts=facts)))
    return state


def seal_committed(state: LineState, pending: SealPending, out: list[Effect]) -> LineState:
    """Make the group commit visible: heads move, the caller learns the references. Sending is the next step."""
    sealing = pending.sealing
    epoch = sealing.batches[0].log.epoch
    logs, facts = moved(with_rows(state.logs, pending.rows), pending.verified), state.facts
    for batch in sealing.batches:
        for row in batch.rows if batch.log.lane is Lane.CONTROL else ():
            facts, _ = follow_control(facts, state.line, logs[batch.log], row)
    out.append(SealDone(sealing.placed))
    return replace(
        state,
        sealing=False,
        facts=facts,
        logs=logs,
        n=sealing.n,
        prev=sealing.prev,
        epochs={**state.epochs, state.us: epoch},
        proven=max(state.proven, epoch),
        behind=state.behind and epoch == state.epochs[state.us],
        changed_ms=state.now_ms,
        attested=False,
    )


def seal_failed(state: LineState, code: str, out: list[Effect]) -> LineState:
    """Give the group commit up: nothing of it was kept."""
    out.append(SealRefused(-1, code, local=True))
    return replace(state, sealing=False)
