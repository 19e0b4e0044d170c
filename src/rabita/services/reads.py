"""What people are shown of a line: lists, one entry with its proofs, the state of a line. Nothing changes here.

Bytes of the counterpart are shown as the text they are; what cannot be read says so and shows nothing instead.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from rabita.line.approvals import UNKNOWN, Publication, judged
from rabita.line.control import RECOVERY
from rabita.line.entry import SENT, Act, Approval, Entry, PortionRef, Reading, portion_content, read
from rabita.line.errors import UserFault
from rabita.line.hello import slim
from rabita.line.ids import LANES, Lane, LogId, key_name, parse_reference, reference
from rabita.line.note import parse_checkpoint, parse_note, unpack_timestamped
from rabita.line.order import ORDER_ENTRIES_MAX
from rabita.line.state import OPEN, LineState, charter_fault, load
from rabita.line.verify import ED25519, Credential
from rabita.ports import ListedEntry, Store
from rabita.ports.index import IndexQueries
from rabita.services.log_tree import LogTree, verified_proof

NOTES_LOOKED_AT: Final = 1_024
NOTES_AT_ONCE: Final = 32
SUMMARY_CHARS: Final = 120
NOT_COMPUTED: Final = "not computed"
_STANDINGS: Final = {UNKNOWN: "not verified"}


class Portion(msgspec.Struct, frozen=True):
    """A portion as shown: ``state`` is ``sent``, ``withheld``, ``purged`` or ``not disclosed``."""

    state: str
    marking: str
    media: str
    language: str
    digest: str
    text: str = ""
    size_bytes: int = 0


class ApprovalView(msgspec.Struct, frozen=True):
    """An approval: ``standing`` is ``verified``, ``false``, ``revoked``, ``not verified`` or ``not computed``.

    It is not verified where no credential is published, revoked where the credential was before the entry, and not
    computed while the entry's charter version is not held.
    """

    role: str
    key: str
    post: str
    standing: str


class Proof(msgspec.Struct, frozen=True):
    """Where an entry stands in its log: checkpoint size and root (hex) it is proven under, by how many hashes.

    ``checkpoint`` is the note (text) that a third party would check; ``receipted_s`` the POSIX time the counterpart's
    receipt claims, 0 where there is none.
    """

    size: int
    root: str
    hashes: tuple[str, ...]
    checkpoint: str
    receipted_s: int


class Summary(msgspec.Struct, frozen=True):
    """An entry in a list. Times are milliseconds since 1970 UTC: ``claimed_ms`` by its author, ``held_ms`` by us."""

    seq: int
    reference: str
    line: str
    party: str
    epoch: int
    lane: Lane
    claimed_ms: int
    held_ms: int
    receipted: bool
    ours: bool
    kind: str
    procedure: str
    act: str
    posts: tuple[str, ...]
    marking: str
    text: str
    withheld: int
    approvals: int
    fault: str


class View(msgspec.Struct, frozen=True):
    """One entry in full.

    ``charter_fault`` is empty, ``charter-unheld`` (its approvals and procedure are not computed until that version is
    held) or ``charter-false`` (its author cannot have written under it there).
    """

    summary: Summary
    act_id: str
    act_digest: str
    n: int
    prev: str
    seen_epoch: int
    seen: tuple[int, ...]
    charter: int
    charter_fault: str
    seal_before_ms: int
    reply_by_ms: int
    expires_ms: int
    basis: tuple[str, ...]
    attachments: tuple[str, ...]
    fields: dict[str, Any]
    portions: tuple[Portion, ...]
    approvals: tuple[ApprovalView, ...]
    proof: Proof | None
    void: bool
    late: bool


class LaneStatus(msgspec.Struct, frozen=True):
    """One lane of ours: entries sealed, those without a receipt, those of the counterpart held, and what stops it."""

    lane: Lane
    sealed: int
    unreceipted: int
    held: int
    blocked: bool
    stopped: str


class LineStatus(msgspec.Struct, frozen=True):
    """The state of a line.

    ``state`` is ``up``, ``degraded`` (up, but a lane is blocked or stopped, a new epoch is needed, the disk is low, or
    the other side is reached at another endpoint than its first), ``silent`` (the last conversation ended because
    nothing was heard), ``down`` (no conversation) or ``offline`` (this node is not running). ``round_trip_ms`` and
    ``clock_difference_ms`` are null without a conversation. ``post_quantum`` gives by log the size up to which an
    ML-DSA-44 signature stands, as ``PostQuantum`` finds it.
    """

    line: str
    us: str
    peer: str
    exercise: bool
    state: str
    fault: str
    endpoint: str
    round_trip_ms: int | None
    clock_difference_ms: int | None
    queued: int
    epoch: int
    peer_epoch: int
    epoch_needed: bool
    accord_needed: bool
    disk_low: bool
    lanes: tuple[LaneStatus, ...]
    post_quantum: dict[str, int]


class PostQuantum:
    """Finds up to which size each log is signed with ML-DSA-44; asked again, it looks only at what is new since.

    The first time it looks at a log's newest 1,024 checkpoints. Any thread may ask.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, LogId], tuple[int, int]] = {}

    def sizes(self, state: LineState) -> dict[str, int]:
        """Give the size by log (``party/lane``) of the epochs that are open, where a signature was found."""
        found = {}
        for log, row in sorted(state.logs.items()):
            size = row.frontier.size
            if size and log.epoch == state.epochs[log.party] and (signed := self._signed(state.line, log, size)):
                found[f"{log.party}/{log.lane}"] = signed
        return found

    def _signed(self, line: str, log: LogId, size: int) -> int:
        looked, signed = self._known.get((line, log), (0, 0))
        notes = self._store.notes(line, log, max(looked, size - NOTES_LOOKED_AT), NOTES_LOOKED_AT)
        signed = next((at for at, note, _ in reversed(notes) if slim(note) != note), signed)
        last = notes[-1][0] if notes else looked + 1
        self._known[line, log] = (last - 1, signed)  # the last is looked at again: a head is signed so where it stands
        return signed


def find_line(store: Store, name: str) -> str:
    """Find the line whose name begins with *name*, the only one if empty.

    Raises ``UserFault``: ``line-unknown``, or ``line-ambiguous`` where several fit.
    """
    found = [each.line for each in store.lines() if each.line.startswith(name)]
    if len(found) != 1:
        raise UserFault("line-ambiguous" if found else "line-unknown", name)
    return found[0]


def find_entry(store: Store, text: str) -> ListedEntry:
    """Find the entry of a telephone reference.

    Raises ``UserFault``: ``reference-malformed``, ``line-unknown``, ``line-ambiguous``, ``reference-unknown``.
    """
    wanted = parse_reference(text)
    lines = [each.line for each in store.lines() if each.line.startswith(wanted.line)]
    found = [each for line in lines if (each := store.entry(line, wanted.log, wanted.number - 1)) is not None]
    if len(found) != 1:
        raise UserFault("line-ambiguous" if found else "reference-unknown", text[:64])
    return found[0]


def summary(store: Store, listed: ListedEntry) -> Summary:
    """Put one entry of a list as people see it."""
    return _summary(listed, read(listed.row.entry, listed.line, listed.log), _ours(store, listed.line))


def inbox(store: Store, lines: Sequence[str], party: str, before: int, count: int) -> tuple[Summary, ...]:
    """List entries of these lines newest first, at most *count* below cursor *before* (0: from the newest).

    *party* is an author's code, empty for the counterpart of each line, ``all`` for both sides.
    """
    found: list[Summary] = []
    for record in store.lines():
        if record.line in lines:
            author = {"": record.peer, "all": ""}.get(party, party)
            for each in store.listed(record.line, author, before, count):
                reading = read(each.row.entry, record.line, each.log)
                found.append(_summary(each, reading, record.us))
    return tuple(sorted(found, key=lambda each: each.seq, reverse=True)[:count])


def view(store: Store, listed: ListedEntry, kept: IndexQueries | None = None) -> View:
    """Show one entry in full, its approvals and its place in the log checked now.

    Without *kept*, which has roots of subtrees, all leaves of the log are read for the proof.
    """
    state = load(store.snapshot(listed.line))
    log, row = listed.log, listed.row
    reading = read(row.entry, listed.line, log)
    stamp, act = reading.stamp, reading.act
    head = state.logs[log]
    charter_code = charter_fault(state, log.party, stamp, _ordered(store, state, log)) if stamp else ""
    approvals = tuple([_approval(state, log, row.n, each, row.entry.act) for each in reading.approvals])
    if charter_code == "charter-unheld":
        approvals = tuple([msgspec.structs.replace(each, post="", standing=NOT_COMPUTED) for each in approvals])
    uses = [use for use in store.acts(listed.line, row.act_id) if use[0].party == log.party] if row.act_id else []
    return View(
        summary=_summary(listed, reading, state.us),
        act_id=row.act_id.hex(),
        act_digest=row.act_digest.hex(),
        n=row.n,
        prev=row.prev.hex(),
        seen_epoch=row.seen[0] if row.seen else 0,
        seen=tuple(row.seen[1:]),
        charter=stamp.charter if stamp else 0,
        charter_fault=charter_code,
        seal_before_ms=act.seal_before_ms if act else 0,
        reply_by_ms=act.reply_by_ms if act else 0,
        expires_ms=act.expires_ms if act else 0,
        basis=act.basis if act else (),
        attachments=act.attachments if act else (),
        fields=act.fields if act else {},
        portions=portions(act, row.entry, row.withheld),
        approvals=approvals,
        proof=_proof(store, kept, state, listed),
        void=bool(uses) and uses[0][2] != row.act_digest,
        late=head.frozen_at != OPEN and row.index >= head.frozen_at,
    )


def _ordered(store: Store, state: LineState, log: LogId) -> int:
    """Give the number up to which all entries of an author in an epoch are held; the core's own note of it may lag."""
    order = state.orders.get(log[:2])
    n = order.n if order else 0
    for each in store.order(state.line, *log[:2], n, ORDER_ENTRIES_MAX):
        n += each.n == n + 1
    return n


def portions(act: Act | None, entry: Entry, withheld: Sequence[bytes]) -> tuple[Portion, ...]:
    """Show the portions of an act in its order; a withheld one shows its words only here, where they stayed."""
    sent, kept = iter(entry.portions), iter(withheld)
    shown = []
    for ref in act.portions if act else ():
        raw = next(sent, None) if ref.state == SENT else next(kept, None)
        missing = "purged" if ref.state == SENT else "not disclosed"
        shown.append(_portion(ref, ref.state if raw is not None else missing, raw))
    return tuple(shown)


def line_status(
    quantum: PostQuantum, state: LineState, *, condition: str, fault: str, endpoint: str, queued: int
) -> LineStatus:
    """Put the state of a line as people see it; *condition* says how the bearer stands (``up`` … ``offline``)."""
    session = state.session
    up = session is not None and session.met
    blocked = {log.lane for log, plan in session.sending.items() if plan.blocked} if session is not None else set()
    lanes = tuple([_lane(state, lane, blocked=lane in blocked) for lane in LANES])
    stopped = any(lane.stopped or lane.blocked for lane in lanes)
    accord = any(row.stopped for log, row in state.logs.items() if log[:2] == (state.peer, state.epochs[state.peer]))
    return LineStatus(
        line=state.line,
        us=state.us,
        peer=state.peer,
        exercise=state.charter.exercise,
        state="degraded" if condition == "up" and (stopped or state.behind or state.disk_low) else condition,
        fault=fault,
        endpoint=endpoint,
        round_trip_ms=session.window.round_trip_ms if up and session and session.window.round_trip_ms >= 0 else None,
        clock_difference_ms=session.clock_difference_ms if up and session else None,
        queued=queued,
        epoch=state.epochs[state.us],
        peer_epoch=state.epochs[state.peer],
        epoch_needed=state.behind,
        accord_needed=accord and state.accord <= state.epochs[state.peer],
        disk_low=state.disk_low,
        lanes=lanes,
        post_quantum=quantum.sizes(state),
    )


def _lane(state: LineState, lane: Lane, *, blocked: bool) -> LaneStatus:
    ours = state.logs[LogId(state.us, state.epochs[state.us], lane)]
    theirs = state.logs[LogId(state.peer, state.epochs[state.peer], lane)]
    size = ours.frontier.size
    stopped = ours.stopped or theirs.stopped
    return LaneStatus(lane, size, size - ours.receipted, theirs.frontier.size, blocked, stopped)


def _ours(store: Store, line: str) -> str:
    return next(each.us for each in store.lines() if each.line == line)


def _summary(listed: ListedEntry, reading: Reading, us: str) -> Summary:
    act, log, row = reading.act, listed.log, listed.row
    return Summary(
        seq=listed.seq,
        reference=reference(log, row.index),
        line=listed.line,
        party=log.party,
        epoch=log.epoch,
        lane=log.lane,
        claimed_ms=reading.stamp.time_ms if reading.stamp else 0,
        held_ms=listed.held_ms,
        receipted=listed.receipted or log.party != us,
        ours=log.party == us,
        kind=act.kind if act else "",
        procedure=act.procedure if act else "",
        act=act.act if act else "",
        posts=act.posts if act else (),
        marking=act.marking if act else "",
        text=_first_words(act, row.entry),
        withheld=len([ref for ref in act.portions if ref.state != SENT]) if act else 0,
        approvals=len(reading.approvals),
        fault=reading.fault,
    )


def _first_words(act: Act | None, entry: Entry) -> str:
    texts = [each.text for each in portions(act, entry, ()) if each.text]
    return " ".join(texts[0].split())[:SUMMARY_CHARS] if texts else ""


def _portion(ref: PortionRef, state: str, raw: bytes | None) -> Portion:
    content = portion_content(raw) if raw is not None else b""
    text = ""
    if ref.media.startswith("text/"):
        text = content.decode("utf-8", "replace")
    return Portion(state, ref.marking, ref.media, ref.language, ref.digest, text, len(content))


def _approval(state: LineState, log: LogId, n: int, approval: Approval, act: bytes) -> ApprovalView:
    """Judge an approval: an officer's by what its author published, a recovery key's by the descriptors."""
    history = state.facts.history(log.party, approval.key)
    if approval.role == RECOVERY:
        keys = {key.hex(): key for era in state.facts.books[log.party].eras for key in era.descriptor.recovery}
        public = keys.get(approval.key)
        known = Credential(approval.key, RECOVERY, (RECOVERY,), ED25519, public) if public else None
        history = (Publication((0, 0), 0, known),) if known else ()
    found = judged(approval, act, (log.epoch, n), history)
    posts = [each.credential.post for each in history if each.credential is not None]
    return ApprovalView(approval.role, approval.key, posts[-1] if posts else "", _STANDINGS.get(found, found))


def _proof(store: Store, kept: IndexQueries | None, state: LineState, listed: ListedEntry) -> Proof | None:
    """Prove an entry under the newest receipted checkpoint that covers it, else under its author's newest; checked."""
    log, index = listed.log, listed.row.index
    head = state.logs[log]
    under_receipt = index < head.receipted
    size, note = (head.receipted, head.receipt) if under_receipt else (head.frontier.size, head.note)
    root = parse_checkpoint(parse_note(note).text).root
    hashes = verified_proof(LogTree(store, kept, state.line, log, size), listed.row.leaf, index, root)
    if hashes is None:
        return None
    receipted_s = _receipt_time(store, state, log, index, head.receipt) if under_receipt else 0
    return Proof(size, root.hex(), tuple([each.hex() for each in hashes]), note.decode(), receipted_s)


def _receipt_time(store: Store, state: LineState, log: LogId, index: int, newest: bytes) -> int:
    """Give the time the counterpart claimed in its first receipt found that covers the entry (POSIX seconds)."""
    name = key_name(state.peer, "receipt")
    cosigned = _first_receipt(store, state.line, log, index) or newest
    lines = [each for each in parse_note(cosigned).signatures if each.name == name]
    return unpack_timestamped(lines[0].signature)[0] if lines else 0


def _first_receipt(store: Store, line: str, log: LogId, after_size: int) -> bytes:
    """Give the first cosigned note above a size, empty where none is found soon."""
    for _ in range(0, NOTES_LOOKED_AT, NOTES_AT_ONCE):
        notes = store.notes(line, log, after_size, NOTES_AT_ONCE)
        found = next((cosigned for _, _, cosigned in notes if cosigned), b"")
        if found or len(notes) < NOTES_AT_ONCE:
            return found
        after_size = notes[-1][0]
    return b""
