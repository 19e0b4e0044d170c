"""The world as the pump meets it: the machine's clocks, one thread for the store, the event loop's timers, the keys.

Rules kept here: commits happen one at a time on their own thread; every callback comes on the event loop's thread; a
timer never fires early, because the core asks for a wake-up once.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from rabita.keys.ring import KeyRing
from rabita.line.changes import Changes
from rabita.line.errors import LocalFault
from rabita.ports import Store

SWITCH_INTERVAL_S: Final = 0.0005
"""How long the loop and the store's thread keep the interpreter from each other; a FLASH feels Python's 5 ms."""


class MachineClock:
    """The machine's clocks; see ``rabita.ports.Clock``."""

    def now_ms(self) -> int:
        """Give the wall clock."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Give the clock that never goes back, the event loop's own."""
        return time.monotonic_ns() // 1_000_000


class LiveKeys:
    """A key ring that a rotation replaces; see ``rabita.ports.Keys``."""

    def __init__(self, ring: KeyRing) -> None:
        """Begin with *ring*."""
        self.ring = ring

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        """Sign with Ed25519."""
        return self.ring.sign_ed25519(public, message)

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        """Sign with ML-DSA-44."""
        return self.ring.sign_mldsa44(public, message)


class LoopScheduler:
    """Commits on a thread of its own, timers on the running event loop; see ``rabita.ports.Scheduler``.

    *took* is told the seconds of each commit, *broken* of what is no ``LocalFault``: the node must stop then.
    """

    def __init__(
        self, store: Store, clock: MachineClock, took: Callable[[float], None], broken: Callable[[BaseException], None]
    ) -> None:
        """Must be made on a running event loop."""
        self._store = store
        self._clock = clock
        self._took = took
        self._broken = broken
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(1, "rabita-store")
        self._closed = False

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        """Commit on the store's thread, then call *done* on the loop's; nothing is committed once this is closed."""
        if self._closed:
            self._loop.call_soon(done, LocalFault("store-unavailable", "the node is stopping"))
            return
        began = time.monotonic()

        def back(future: Future[None]) -> None:
            self._loop.call_soon_threadsafe(self._finished, future, began, done)

        self._pool.submit(self._store.commit, changes, self._clock.now_ms()).add_done_callback(back)

    def soon(self, call: Callable[[], None]) -> None:
        """Call in the loop's next turn."""
        self._loop.call_soon(call)

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Call at this time of the monotonic clock, or up to a millisecond or so later, never earlier."""
        self._loop.call_at((at_ms + 1) / 1000, call)

    async def close(self) -> None:
        """Wait for the commit under way; what it calls back then still comes."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown)

    def _finished(self, future: Future[None], began: float, done: Callable[[LocalFault | None], None]) -> None:
        self._took(time.monotonic() - began)
        fault = future.exception()
        if fault is not None and not isinstance(fault, LocalFault):
            self._broken(fault)
            return
        done(fault)
