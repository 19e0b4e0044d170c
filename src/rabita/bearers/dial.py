"""Which endpoint to try, and when: ordered failover, bounded waiting, and the return to a better one.

Pure policy, driven by :mod:`rabita.bearers.dial_loop`: time and jitter are arguments, what to do comes back as data.
Endpoints are numbers, in the order of the descriptor (primary, alternate, contingency, emergency).

Rules: one dial at a time; a failed one goes on to the next endpoint at once; when all have failed the whole round
waits, twice as long each time; on a worse endpoint the better ones are tried every ``PROBE_INTERVAL_MS``, and the
first that answers replaces it. A connection lost before it lasted ``SETTLED_MS``, ours or the other side's, counts as
a failed dial, so that a side which accepts or calls and hangs up is not called in a tight loop.
"""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from rabita.line.errors import ensure

BACKOFF_MS_MIN: Final = 500
BACKOFF_MS_MAX: Final = 5_000
PROBE_INTERVAL_MS: Final = 30_000
SETTLED_MS: Final = 5_000

_DOUBLINGS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Dial:
    """Dial endpoint *index*; report it with ``connected`` or ``failed``."""

    index: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """Give up the dial of endpoint *index*, which is still under way."""

    index: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection to endpoint *index*: a better one has taken its place, or none is wanted."""

    index: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Call ``woken`` at *at_ms*; replaces every earlier wake."""

    at_ms: int


Action: TypeAlias = Dial | Abandon | Close | Wake
Step: TypeAlias = tuple["Dialler", tuple[Action, ...]]


@dataclass(frozen=True, slots=True)
class Dialler:
    """The state of dialling one party; it starts ``resting`` and is set going by :meth:`resume`.

    ``current`` is the connected endpoint, ``dialling`` the one being tried, ``wake_ms`` when to try again,
    ``rounds`` how many rounds in a row have failed, ``rested_ms`` since when it rests. *jitter* is a number in [0, 1)
    and shortens a wait by at most half.
    """

    endpoint_count: int
    current: int | None = None
    dialling: int | None = None
    since_ms: int = 0
    wake_ms: int | None = None
    rounds: int = 0
    resting: bool = True
    rested_ms: int | None = None

    def __post_init__(self) -> None:
        """Refuse a party without endpoints: there is nothing to dial."""
        ensure(self.endpoint_count > 0, "a dialler needs an endpoint")

    def resume(self, now_ms: int, jitter: float) -> Step:
        """Dial from the first endpoint on, unless already on it; after a rest too short to count, wait first."""
        if not self.resting:
            return self, ()
        settled = self.rested_ms is None or now_ms - self.rested_ms >= SETTLED_MS
        awake = replace(self, resting=False, rested_ms=None, rounds=0 if settled else self.rounds)
        if self.current == 0:
            return awake, ()
        return awake.attempt(0 if settled or self.current is not None else self.endpoint_count, now_ms, jitter)

    def rest(self, now_ms: int) -> Step:
        """Stop dialling and probing (the other side's connection serves); what is connected is left alone."""
        abandoned = () if self.dialling is None else (Abandon(self.dialling),)
        rested_ms = self.rested_ms if self.resting else now_ms
        return replace(self, resting=True, dialling=None, wake_ms=None, rested_ms=rested_ms), abandoned

    def connected(self, index: int, now_ms: int) -> Step:
        """Take the connection to *index*; an earlier, worse one is closed."""
        if index != self.dialling:
            return self, (Close(index),)
        actions: tuple[Action, ...] = () if self.current is None else (Close(self.current),)
        wake_ms = now_ms + PROBE_INTERVAL_MS if index > 0 else None
        if wake_ms is not None:
            actions += (Wake(wake_ms),)
        return replace(self, current=index, dialling=None, since_ms=now_ms, wake_ms=wake_ms), actions

    def failed(self, index: int, now_ms: int, jitter: float) -> Step:
        """Go on to the next endpoint after the dial of *index* failed."""
        return self.attempt(index + 1, now_ms, jitter) if index == self.dialling else (self, ())

    def lost(self, index: int, now_ms: int, jitter: float) -> Step:
        """Dial again after the connection to *index* ended."""
        if index != self.current:
            return self, ()
        settled = now_ms - self.since_ms >= SETTLED_MS
        alone = replace(self, current=None, rounds=0 if settled else self.rounds)
        if self.resting or self.dialling is not None:
            return alone, ()
        return alone.attempt(0 if settled else index + 1, now_ms, jitter)

    def woken(self, now_ms: int, jitter: float) -> Step:
        """Begin the next round, or probe the better endpoints; a stale wake does nothing, an early one waits on."""
        if self.wake_ms is None:
            return self, ()
        return self.attempt(0, now_ms, jitter) if now_ms >= self.wake_ms else (self, (Wake(self.wake_ms),))

    def attempt(self, index: int, now_ms: int, jitter: float) -> Step:
        """Dial *index*, the step all others lead to; past the last one worth trying, wait."""
        if index < (self.endpoint_count if self.current is None else self.current):
            return replace(self, dialling=index, wake_ms=None), (Dial(index),)
        if self.current is None:
            backoff_ms = min(BACKOFF_MS_MIN << min(self.rounds, _DOUBLINGS_MAX), BACKOFF_MS_MAX)
            wake_ms, rounds = now_ms + int(backoff_ms * (1 - jitter / 2)), self.rounds + 1
        else:
            wake_ms, rounds = now_ms + PROBE_INTERVAL_MS, self.rounds
        return replace(self, dialling=None, wake_ms=wake_ms, rounds=rounds), (Wake(wake_ms),)
