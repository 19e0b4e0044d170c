"""The pump of one line: carries the core's effects out, in order, and feeds back what became of them.

It decides nothing about the protocol. It groups drafts for sealing (FLASH alone and first), keeps the audit trail of
what the core tells, and runs on one thread; commits happen on the scheduler's.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from rabita.line.changes import Changes
from rabita.line.errors import SENTENCES, LocalFault, RabitaError, UserFault
from rabita.line.events import (
    Arrived,
    Attest,
    Close,
    Closed,
    Committed,
    Draft,
    DropPart,
    Effect,
    Event,
    Failed,
    KeepPiece,
    KeepPossession,
    LoadBatch,
    Loaded,
    LoadNote,
    LoadOrder,
    LoadPiece,
    NoteLoaded,
    Now,
    Opened,
    OrderLoaded,
    ReceiptHeld,
    Received,
    Seal,
    SealDone,
    SealRefused,
    SeekBlob,
    Send,
    Sign,
    Signed,
    Store,
    Tell,
    Wake,
    Woke,
)
from rabita.line.frames import encode_frame
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.limits import BATCH_BYTES_MAX
from rabita.line.node import step
from rabita.line.order import ORDER_ENTRIES_MAX
from rabita.line.record import AuditRow
from rabita.line.state import LineState
from rabita.ports import Channel, Clock, Keys, Listener, Scheduler
from rabita.ports import Store as StorePort
from rabita.ports.blobs import Blobs
from rabita.services.attachments import Carrier, Coming
from rabita.services.commits import CommitQueue

AUDIT_REPEAT_MS: Final = 60_000
GROUP_ENTRIES_MAX: Final = 100
"""Drafts of a group: enough to carry its commit, few enough that both sides have work and a FLASH waits for little."""
AUDIT_ROWS_PER_CODE_MAX: Final = 16
Placed: TypeAlias = tuple[LogId, int]
SealAnswer: TypeAlias = Callable[[Placed | RabitaError], None]


class Waiting(NamedTuple):
    """A draft that waits to be sealed, and who wants to know."""

    draft: Draft
    lane: Lane
    size_bytes: int
    answer: SealAnswer


class Outside(NamedTuple):
    """What a pump works with."""

    store: StorePort
    keys: Keys
    clock: Clock
    scheduler: Scheduler
    commits: CommitQueue
    listener: Listener
    blobs: Blobs


class Exchange:
    """One line of a running node."""

    def __init__(self, state: LineState, outside: Outside) -> None:
        """Take a line up from *state* (``line.state.load`` of a snapshot)."""
        self.state = state
        self._out = outside
        self._carrier = Carrier(outside.store, outside.blobs, state.line, state.us, state.peer)
        self._channels: dict[int, Channel] = {}
        self._session = 0
        self._waiting: dict[Lane, deque[Waiting]] = {lane: deque() for lane in LANES}
        self._group: list[Waiting] = []
        self._events: deque[Event] = deque()
        self._running = False
        self._gathering = False
        self._told: dict[tuple[str, str], int] = {}

    @property
    def coming(self) -> Coming | None:
        """The attachment that comes in now, None where none does; any thread may ask."""
        session = self.state.session
        wanting = session.wanting if session is not None else None
        return Coming(wanting.digest, wanting.total_bytes) if wanting is not None and not wanting.note else None

    # what comes from outside

    def seal(self, draft: Draft, lane: Lane, answer: SealAnswer) -> None:
        """Seal a draft; *answer* gets its place once it is durable, or the fault that kept it from being sealed."""
        size = len(draft.act) + len(draft.approvals) + sum(map(len, draft.portions))
        self._waiting[lane].append(Waiting(draft, lane, size, answer))
        if not self._gathering:
            self._gathering = True
            self._out.scheduler.soon(self._gathered)

    def opened(self, channel: Channel, *, dialled: bool, bulk: bool = False) -> int:
        """Begin a conversation on an authenticated channel; gives its number."""
        self._session += 1
        self._channels[self._session] = channel
        session = self._session
        self.feed(Opened(session, dialled, bulk))
        return session

    def received(self, session: int, frames: Sequence[bytes]) -> None:
        """Take frames of a conversation in."""
        self.feed(Received(session, tuple(frames)))

    def closed(self, session: int) -> None:
        """Learn that a conversation ended."""
        if self._channels.pop(session, None) is not None:
            self.feed(Closed(session))

    def attest(self) -> None:
        """Sign all heads and receipts with ML-DSA-44 now."""
        self.feed(Attest())

    @property
    def queued(self) -> int:
        """How many drafts wait to be sealed."""
        return sum([len(each) for each in self._waiting.values()]) + len(self._group)

    def feed(self, event: Event) -> None:
        """Step the core with an event, and with all that follow from it."""
        self._events.append(event)
        if self._running:
            return
        self._running = True
        try:
            while self._events:
                now = Now(self._out.clock.monotonic_ms(), self._out.clock.now_ms())
                self.state, effects = step(self.state, self._events.popleft(), now)
                for effect in effects:
                    _DO[type(effect)](self, effect)
                self._seal_next()
        finally:
            self._running = False

    # sealing

    def _gathered(self) -> None:
        """Seal what one burst brought: its first draft does not go alone."""
        self._gathering = False
        self._seal_next()

    def _seal_next(self) -> None:
        """Put the next group before the core: control one by one, FLASH alone, then the rest most urgent first."""
        if self.state.sealing or self._group:
            return
        group: list[Waiting] = []
        size = 0
        for lane in LANES:
            queue = self._waiting[lane]
            limit = 1 if lane is Lane.CONTROL else GROUP_ENTRIES_MAX
            while queue and len(group) < limit and (not group or size + queue[0].size_bytes <= BATCH_BYTES_MAX):
                size += queue[0].size_bytes
                group.append(queue.popleft())
            if group and lane in (Lane.CONTROL, Lane.FLASH):
                break
        if group:
            self._group = group
            self.feed(Seal(tuple([each.draft for each in group])))

    def _seal_done(self, effect: SealDone) -> None:
        group, self._group = self._group, []
        by_log: dict[LogId, list[int]] = {}
        for log, index in effect.placed:
            by_log.setdefault(log, []).append(index)
        for log, rows in by_log.items():
            self._out.listener.sealed(self.state.line, log, rows)
        for each, placed in zip(group, effect.placed, strict=True):
            each.answer(placed)

    def _seal_refused(self, effect: SealRefused) -> None:
        """Answer the draft that was refused; the others of its group are tried again."""
        group, self._group = self._group, []
        if effect.position < 0:
            for each in group:
                each.answer(LocalFault(effect.code) if effect.local else UserFault(effect.code))
            return
        refused = group.pop(effect.position)
        for each in reversed(group):
            self._waiting[each.lane].appendleft(each)
        refused.answer(UserFault(effect.code))

    # effects

    def _sign(self, effect: Sign) -> None:
        keys = self._out.keys
        try:
            signatures = [
                (keys.sign_mldsa44 if each.hybrid else keys.sign_ed25519)(each.public, each.message)
                for each in effect.requests
            ]
        except LocalFault as fault:
            self._events.append(Failed(effect.ticket, fault.code))
            return
        self._events.append(Signed(effect.ticket, tuple(signatures)))

    def _store(self, effect: Store) -> None:
        def done(fault: LocalFault | None) -> None:
            self.feed(Committed(effect.ticket) if fault is None else Failed(effect.ticket, fault.code))

        self._out.commits.submit(effect.lane, effect.changes, done)

    def _send(self, effect: Send) -> None:
        channel = self._channels.get(effect.session)
        if channel is not None:
            channel.send([encode_frame(frame) for frame in effect.frames])

    def _close(self, effect: Close) -> None:
        channel = self._channels.pop(effect.session, None)
        if channel is not None:
            channel.close()
            self._events.append(Closed(effect.session))

    def _load_batch(self, effect: LoadBatch) -> None:
        try:
            batch = self._out.store.batch(self.state.line, effect.log, effect.first)
        except LocalFault as fault:
            self._tell(Tell(fault.code, self.state.line))
            self._close(Close(effect.session, fault.code))
            return
        self._events.append(Loaded(effect.session, effect.log, batch))

    def _load_note(self, effect: LoadNote) -> None:
        try:
            note = self._out.store.note(self.state.line, effect.log, effect.size)
        except LocalFault as fault:
            self._events.append(Failed(effect.ticket, fault.code))
            return
        self._events.append(NoteLoaded(effect.ticket, note))

    def _load_order(self, effect: LoadOrder) -> None:
        line = self.state.line
        try:
            entries = self._out.store.order(line, effect.party, effect.epoch, effect.after_n, ORDER_ENTRIES_MAX)
        except LocalFault as fault:
            self._tell(Tell(fault.code, line))
            return
        self._events.append(OrderLoaded(effect.party, effect.epoch, entries))

    def _seek_blob(self, effect: SeekBlob) -> None:
        try:
            found = self._carrier.next(effect.session, effect.passed)
        except LocalFault as fault:
            self._tell(Tell(fault.code, self.state.line))
            return
        if found is not None:
            self._events.append(found)

    def _load_piece(self, effect: LoadPiece) -> None:
        self._events.append(self._carrier.piece(effect))

    def _keep_piece(self, effect: KeepPiece) -> None:
        kept = self._carrier.keep(effect)
        if kept is not None:
            self._events.append(kept)

    def _drop_part(self, effect: DropPart) -> None:
        try:
            self._out.blobs.drop(self.state.line, effect.digest)
        except LocalFault as fault:
            self._tell(Tell(fault.code, self.state.line))

    def _keep_possession(self, effect: KeepPossession) -> None:
        self._events.append(self._carrier.possession(effect))

    def _wake(self, effect: Wake) -> None:
        self._out.scheduler.call_at(effect.at_ms, lambda: self.feed(Woke()))

    def _arrived(self, effect: Arrived) -> None:
        self._out.listener.arrived(self.state.line, effect.log, effect.rows)

    def _receipt_held(self, effect: ReceiptHeld) -> None:
        self._out.listener.receipted(self.state.line, effect.log, effect.size)

    def _tell(self, effect: Tell) -> None:
        """Tell, and write the audit trail: in a minute the same thing once, and 16 things at most under one code."""
        code = effect.code if effect.code in SENTENCES else "frame-malformed"
        now_ms = self._out.clock.monotonic_ms()
        key = (code, effect.detail[:256])
        self._told = {each: at for each, at in self._told.items() if now_ms - at < AUDIT_REPEAT_MS}
        if key in self._told or [each for each, _ in self._told].count(code) >= AUDIT_ROWS_PER_CODE_MAX:
            return
        self._told[key] = now_ms
        row = AuditRow(self._out.clock.now_ms(), code, effect.detail[:256])
        self._out.commits.submit(Lane.ROUTINE, Changes(self.state.line, audit=(row,)), lambda _fault: None)
        self._out.listener.told(self.state.line, code, effect.detail)


_DO: Final[dict[type[Effect], Callable[[Exchange, Any], None]]] = {
    Sign: Exchange._sign,
    Store: Exchange._store,
    Send: Exchange._send,
    Close: Exchange._close,
    LoadBatch: Exchange._load_batch,
    LoadNote: Exchange._load_note,
    LoadOrder: Exchange._load_order,
    SeekBlob: Exchange._seek_blob,
    LoadPiece: Exchange._load_piece,
    KeepPiece: Exchange._keep_piece,
    DropPart: Exchange._drop_part,
    KeepPossession: Exchange._keep_possession,
    Wake: Exchange._wake,
    SealDone: Exchange._seal_done,
    SealRefused: Exchange._seal_refused,
    Arrived: Exchange._arrived,
    ReceiptHeld: Exchange._receipt_held,
    Tell: Exchange._tell,
}
