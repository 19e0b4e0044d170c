"""Server-sent events: everything that changes on this node's lines, to every program that listens (WHATWG HTML 9.2).

Rules kept here: an event has one id in one order; who was away and names the last id it saw is told what it missed, or
``lost`` where that is no longer kept (then it reads the lists again). Queues are bounded: who does not read is cut off.
A listener hears of its own lines only.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault

KEPT_EVENTS: Final = 4_096
QUEUE_EVENTS: Final = 512
LISTENERS_MAX: Final = 64
HEARTBEAT_S: Final = 5.0


class Event(NamedTuple):
    """One event: its id, what happened, on which line (empty: on none), and its data as JSON."""

    id: str
    what: str
    line: str
    data: bytes


class Listener:
    """Somebody who listens; ``None`` in the queue ends it."""

    def __init__(self, hears: Callable[[str], bool]) -> None:
        """Begin with an empty queue."""
        self.hears = hears
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_EVENTS)
        self.cut = False

    def tell(self, event: Event) -> None:
        """Queue an event; one too many cuts the listener off."""
        if self.cut or not (event.line == "" or self.hears(event.line)):
            return
        if self.queue.full():
            self.cut = True
        else:
            self.queue.put_nowait(event)


class Events:
    """The node's events: remembers the newest and passes each on. Everything happens on the event loop."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        """Begin a series of its own; ids of another series are *lost*."""
        self._series = secrets.token_hex(6)
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._listeners: set[Listener] = set()
        self._heartbeat_s = heartbeat_s
        self._closed = False

    def tell(self, what: str, line: str, data: Mapping[str, Any]) -> None:
        """Tell everybody."""
        self._number += 1
        event = Event(f"{self._series}-{self._number}", what, line, msgspec.json.encode(data))
        self._kept.append(event)
        for listener in tuple(self._listeners):
            listener.tell(event)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for listener in self._listeners:
            listener.cut = True
            if not listener.queue.full():
                listener.queue.put_nowait(None)

    def listen(
        self, last_id: str, hears: Callable[[str], bool], still: Callable[[], bool]
    ) -> AsyncIterator[Event | None]:
        """Give events from now on, first those after *last_id*; None at once, and when there was nothing for a while.

        The stream ends when *still* says, heartbeat by heartbeat, that its listener may hear no more. Raises
        ``UserFault("rate-exceeded")`` where too many listen.
        """
        if len(self._listeners) >= LISTENERS_MAX:
            raise UserFault("rate-exceeded", "listeners")
        return self._stream(last_id, hears, still)

    async def _stream(
        self, last_id: str, hears: Callable[[str], bool], still: Callable[[], bool]
    ) -> AsyncIterator[Event | None]:
        listener = Listener(hears)
        missed = self._missed(last_id)
        self._listeners.add(listener)
        try:
            yield None
            for event in missed:
                if event.line == "" or hears(event.line):
                    yield event
            while not self._closed:
                heard: Event | None = None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._heartbeat_s):
                        heard = await listener.queue.get()
                if listener.cut or not still():
                    return
                yield heard
        finally:
            self._listeners.discard(listener)

    def _missed(self, last_id: str) -> list[Event]:
        """List what came after an id; where that cannot be said, one event that says so, with the newest id."""
        if not last_id:
            return []
        series, _, text = last_id.partition("-")
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1  # noqa: PLR2004 - fits 64 bits
        oldest = self._number - len(self._kept)
        if series != self._series or not oldest <= number <= self._number:
            return [Event(f"{self._series}-{self._number}", "lost", "", b"{}")]
        return [event for event in self._kept if int(event.id.rpartition("-")[2]) > number]
