"""How much may be under way: unacknowledged bytes are bounded by the drain rate, so an urgent frame never queues long.

The drain rate is what the other side's acknowledgements show to have arrived; its greatest recent sample counts, as
the least round trip does (the idea of BBR, draft-ietf-ccwg-bbr). Times are monotonic milliseconds.
"""

from typing import Final

import msgspec

from rabita.line.limits import CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_DURATION_MS, WINDOW_FRAMES_MIN, WINDOW_SLACK_MS

RATE_MEMORY_MS: Final = 2_000
_MARKS_MAX: Final = 1_024


class Mark(msgspec.Struct, frozen=True):
    """One chunk sent: bytes sent up to and with it, when, and how many were acknowledged at that time."""

    sent_bytes: int
    at_ms: int
    acked_bytes: int


class Window(msgspec.Struct, frozen=True):
    """The send window of one conversation.

    ``rates`` holds recent samples as (time in ms, bytes per second); ``round_trip_ms`` is the least seen, -1 if none.
    """

    sent_bytes: int = 0
    acked_bytes: int = 0
    round_trip_ms: int = -1
    rates: tuple[tuple[int, int], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def rate_bytes_per_s(self) -> int:
        """The drain rate in bytes per second, 0 while unknown."""
        return max([rate for _, rate in self.rates], default=0)

    @property
    def chunk_bytes(self) -> int:
        """The bytes of one chunk: 50 ms of the drain rate, from 4 KiB to 64 KiB."""
        return min(max(self.rate_bytes_per_s * CHUNK_DURATION_MS // 1000, CHUNK_BYTES_MIN), CHUNK_BYTES_MAX)

    @property
    def window_bytes(self) -> int:
        """Drain rate times (least round trip + 250 ms), two chunks at least."""
        span_ms = max(self.round_trip_ms, 0) + WINDOW_SLACK_MS
        return max(self.rate_bytes_per_s * span_ms // 1000, WINDOW_FRAMES_MIN * self.chunk_bytes)

    @property
    def room_bytes(self) -> int:
        """How many bytes may be sent now."""
        return self.window_bytes - (self.sent_bytes - self.acked_bytes)


def rested(window: Window, now_ms: int) -> Window:
    """Forget the drain rate once nothing is under way and its newest sample is old: the link may have become slow."""
    stale = bool(window.rates) and now_ms - window.rates[-1][0] > RATE_MEMORY_MS
    return msgspec.structs.replace(window, rates=()) if stale and window.sent_bytes == window.acked_bytes else window


def sent(window: Window, size_bytes: int, now_ms: int) -> Window:
    """Count a chunk as sent."""
    total = window.sent_bytes + size_bytes
    marks = (*window.marks[1 - _MARKS_MAX :], Mark(total, now_ms, window.acked_bytes))
    return msgspec.structs.replace(window, sent_bytes=total, marks=marks)


def acked(window: Window, received_bytes: int, now_ms: int) -> Window:
    """Take an acknowledgement in: *received_bytes* since the conversation began. One that goes back is ignored."""
    received = min(received_bytes, window.sent_bytes)
    if received <= window.acked_bytes:
        return window
    passed = [mark for mark in window.marks if mark.sent_bytes <= received]
    rates = tuple([each for each in window.rates if now_ms - each[0] <= RATE_MEMORY_MS])
    round_trip = window.round_trip_ms
    if passed:
        mark = passed[-1]
        taken_ms = max(now_ms - mark.at_ms, 1)
        round_trip = taken_ms if round_trip < 0 else min(round_trip, taken_ms)
        rates = (*rates[-15:], (now_ms, (received - mark.acked_bytes) * 1000 // taken_ms))
    return msgspec.structs.replace(
        window,
        acked_bytes=received,
        round_trip_ms=round_trip,
        rates=rates or window.rates[-1:],
        marks=window.marks[len(passed) :],
    )
