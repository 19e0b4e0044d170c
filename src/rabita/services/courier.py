"""The courier: a conversation carried as files, when no line is up.

What goes out is computed on a copy of the line's state by the core itself, as if the other side had just said that it
holds what it receipted; a live conversation is not touched by it. What comes in is fed to the exchange as a *bulk*
conversation, a little at a time, and every batch of it is stored as any other. Only receipts count as held: whatever
the other side has not receipted goes out again with every bundle, and so do our receipts.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from rabita.line.errors import PeerFault, RabitaError
from rabita.line.events import (
    Effect,
    Event,
    LoadBatch,
    Loaded,
    LoadNote,
    NoteLoaded,
    Now,
    Opened,
    Received,
    Send,
    Sign,
    Signed,
)
from rabita.line.frames import Ack, Held, Hello, encode_frame
from rabita.line.hello import in_frames, slim
from rabita.line.limits import INTEGER_MAX, PROTOCOL
from rabita.line.merkle import EMPTY_ROOT, root
from rabita.line.node import step
from rabita.line.note import parse_checkpoint, parse_note
from rabita.line.record import LogRow
from rabita.line.state import LineState, ReceiptPending, ReceivePending, replace
from rabita.ports import Clock, Keys, Scheduler, Store
from rabita.services.exchange import Exchange

SESSION: Final = 1
FRAMES_AT_ONCE: Final = 16
PAUSE_MS: Final = 5
_WAITING: Final = (ReceivePending, ReceiptPending)


class Taken(NamedTuple):
    """What became of a bundle: frames fed, and the fault that ended it early, if one did."""

    frames: int
    fault: RabitaError | None


def outgoing(state: LineState, store: Store, keys: Keys, now: Now) -> Iterator[bytes]:
    """Give the frames for the next bundle: our hello, all that is not receipted, our receipts over all we hold.

    *state* is that of the exchange, taken once; it is not changed, and the iterator may be drawn on another thread.
    Most urgent first, whole batches in order, so the reader may stop anywhere. Raises ``LocalFault`` of store or keys.
    """
    state = replace(state, session=None, pending={}, sealing=False)
    events: deque[Event] = deque((Opened(SESSION, dialled=True, bulk=True),))
    events.append(Received(SESSION, tuple([encode_frame(frame) for frame in _their_greeting(state)])))
    sent = False
    while events:
        state, effects = step(state, events.popleft(), now)
        for effect in effects:
            if isinstance(effect, Send):
                sent = True
                yield from [encode_frame(frame) for frame in effect.frames]
            else:
                events.extend(_answer(effect, state.line, store, keys))
        if sent and not events:
            sent = False
            events.append(Received(SESSION, (encode_frame(Ack(INTEGER_MAX)),)))


def _answer(effect: Effect, line: str, store: Store, keys: Keys) -> Sequence[Event]:
    """Carry out what the copy of the core asks of store and keys; it keeps and tells nothing."""
    if isinstance(effect, LoadBatch):
        return (Loaded(SESSION, effect.log, store.batch(line, effect.log, effect.first)),)
    if isinstance(effect, LoadNote):
        return (NoteLoaded(effect.ticket, store.note(line, effect.log, effect.size)),)
    if isinstance(effect, Sign):
        signatures = [
            (keys.sign_mldsa44 if each.hybrid else keys.sign_ed25519)(each.public, each.message)
            for each in effect.requests
        ]
        return (Signed(effect.ticket, tuple(signatures)),)
    return ()


def _their_greeting(state: LineState) -> tuple[Hello, ...]:
    """Say what the other side would, as far as we can know: it holds of ours what it receipted, of its own what we do.

    Without receipts shown, so that every receipt of ours goes out again.
    """
    held = [_as_held(state, row) for _, row in sorted(state.logs.items())]
    return in_frames(Hello(PROTOCOL, state.line, state.peer, state.charter.version, state.time_ms, ()), held)


def _as_held(state: LineState, row: LogRow) -> Held:
    if row.log.party == state.peer:
        return Held(row.log, row.nonce, row.frontier.size, root(row.frontier), slim(row.note), b"", row.frozen_at)
    root_hash = parse_checkpoint(parse_note(row.receipt).text).root if row.receipt else EMPTY_ROOT
    return Held(row.log, row.nonce, row.receipted, root_hash, slim(row.receipt), b"", row.frozen_at)


class Incoming:
    """Feeds a bundle's frames to an exchange, a few at a time, waiting for what they store."""

    def __init__(
        self,
        exchange: Exchange,
        scheduler: Scheduler,
        clock: Clock,
        frames: Iterator[bytes],
        done: Callable[[Taken], None],
    ) -> None:
        """Begin at once; *done* is called when all frames are taken, or with the fault that ended it.

        Faults are those of *frames* (what came before them counts), or ``replaced`` when a live conversation came up
        meanwhile: the rest then comes over that. A live conversation is replaced and dialled again by its bearer.
        """
        self._exchange, self._scheduler, self._clock = exchange, scheduler, clock
        self._frames, self._done = frames, done
        self._count = 0
        self._ended = False
        self._fault: RabitaError | None = None
        self._session = exchange.opened(self, dialled=False, bulk=True)
        self._go()

    def send(self, frames: Sequence[bytes]) -> None:
        """Drop what the core would answer: it goes with the next bundle out."""

    def close(self) -> None:
        """Learn that the core ended the conversation."""
        self._ended = True

    def _go(self) -> None:
        """Feed on once everything fed is stored."""
        session = self._exchange.state.session
        if self._ended or session is None or session.id != self._session:
            self._finish(self._fault or PeerFault("replaced"))
            return
        waiting = any(isinstance(each, _WAITING) for each in self._exchange.state.pending.values())
        if not waiting and not session.waiting:
            frames = self._next()
            if not frames:
                self._finish(self._fault)
                return
            self._count += len(frames)
            self._exchange.received(self._session, frames)
        self._scheduler.call_at(self._clock.monotonic_ms() + PAUSE_MS, self._go)

    def _next(self) -> list[bytes]:
        frames: list[bytes] = []
        try:
            while len(frames) < FRAMES_AT_ONCE and self._fault is None:
                frames.append(next(self._frames))
        except StopIteration:
            pass
        except RabitaError as fault:
            self._fault = fault
        return frames

    def _finish(self, fault: RabitaError | None) -> None:
        self._exchange.closed(self._session)
        self._done(Taken(self._count, fault))
