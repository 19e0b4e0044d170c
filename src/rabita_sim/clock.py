"""Virtual time: one queue of what happens when, one seeded generator, one trace that must be alike on every replay."""

from collections.abc import Callable
from hashlib import sha256
from heapq import heappop, heappush
from random import Random
from typing import Final

EVENTS_MAX: Final = 60_000
EPOCH_MS: Final = 1_706_500_000_000


class Broken(Exception):
    """A guarantee does not hold; ends the world."""

    def __init__(self, guarantee: str, detail: str) -> None:
        """Name the guarantee and what was seen."""
        super().__init__(f"{guarantee}: {detail}")
        self.guarantee = guarantee
        self.detail = detail


class Clockwork:
    """The queue of a world. Times are virtual milliseconds since the world began; ties go in order of asking."""

    def __init__(self, seed: int, *, tracing: bool) -> None:
        """Start at zero."""
        self.random = Random(seed)
        self.now_ms = 0
        self.events = 0
        self.tracing = tracing
        self.lines: list[str] = []
        self.broken: Broken | None = None
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._asked = 0

    def at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Call at a virtual time, now at the earliest."""
        self._asked += 1
        heappush(self._heap, (max(at_ms, self.now_ms), self._asked, call))

    def after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Call after a while."""
        self.at(self.now_ms + delay_ms, call)

    def run(self, until_ms: int, quiet: Callable[[], bool] = lambda: False) -> bool:
        """Run on until that time or until *quiet*; says whether it became quiet."""
        while self._heap and self._heap[0][0] <= until_ms and self.broken is None:
            self.now_ms, _, call = heappop(self._heap)
            self.events += 1
            if self.events > EVENTS_MAX:
                self.breaks("contained", f"{EVENTS_MAX} events: the nodes keep each other busy without end")
            call()
            if quiet():
                return True
        self.now_ms = max(self.now_ms, until_ms)
        return False

    def breaks(self, guarantee: str, detail: str) -> None:
        """Keep the first guarantee broken; the world ends after the present event."""
        if self.broken is None:
            self.broken = Broken(guarantee, detail)
            self.say("world", f"BROKEN {guarantee}: {detail}")

    def say(self, who: str, text: str) -> None:
        """Add to the trace."""
        if self.tracing:
            self.lines.append(f"{self.now_ms:>8} {who:<6} {text}")

    def digest(self) -> str:
        """Give the digest of the trace."""
        return sha256("\n".join(self.lines).encode()).hexdigest()
