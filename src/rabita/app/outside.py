"""The world as the pump meets it: the machine's clocks, the store, the event loop's timers, the keys.

Rules kept here: everything happens on the event loop's thread, commits too, one at a time; a timer never fires early,
because the core asks for a wake-up once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from rabita.keys.ring import KeyRing
from rabita.line.changes import Changes
from rabita.line.errors import LocalFault
from rabita.ports import Store


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
    """Commits and timers on the running event loop; see ``rabita.ports.Scheduler``.

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
        self._loop = asyncio.get_running_loop()
        self._closed = False

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        """Commit, then call *done*; nothing is committed once this is closed.

        The loop waits for the disk meanwhile. A thread of its own for the store costs more than it saves: two threads
        of one interpreter wait for each other at every step of a commit.
        """
        if self._closed:
            done(LocalFault("store-unavailable", "the node is stopping"))
            return
        began = time.monotonic()
        fault: LocalFault | None = None
        try:
            self._store.commit(changes, self._clock.now_ms())
        except LocalFault as found:
            fault = found
        except Exception as found:  # noqa: BLE001 - whatever it is, what the core asked for did not happen
            self._broken(found)
            return
        self._took(time.monotonic() - began)
        done(fault)

    def soon(self, call: Callable[[], None]) -> None:
        """Call in the loop's next turn."""
        self._loop.call_soon(call)

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Call at this time of the monotonic clock, or up to a millisecond or so later, never earlier."""
        self._loop.call_at((at_ms + 1) / 1000, call)

    def close(self) -> None:
        """Commit nothing more."""
        self._closed = True
