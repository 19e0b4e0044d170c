"""What the bench asks of a side, and what it answers: one JSON object a line, on standard input and output.

All times are of CLOCK_MONOTONIC in nanoseconds, which processes of one machine share.
"""

from typing import Literal, TypeAlias

import msgspec

from rabita.line.ids import Lane


class Ask(msgspec.Struct, frozen=True, tag_field="ask", tag=True):
    """Something a side is asked."""


class Run(Ask, frozen=True):
    """Seal *count* acts, never more than *window* of them on their way to being *until*. Answered by ``Ran``."""

    count: int
    window: int
    lane: Lane = Lane.ROUTINE
    approvals: int = 0
    until: Literal["sealed", "receipted"] = "receipted"


class Pace(Ask, frozen=True):
    """Seal an act every *every_ms* and note when it was asked for, durable, and receipted. Answered by ``Paced``.

    Ends early once the counterpart receipted *enough* entries of ROUTINE (0: never).
    """

    count: int
    every_ms: float
    lane: Lane
    enough: int = 0


class Meet(Ask, frozen=True):
    """Wait until a conversation stands. Answered by ``Moment``."""


class Reach(Ask, frozen=True):
    """Wait until *what* stands at *size* entries of a lane. Answered by ``Moment``."""

    what: Literal["arrived", "receipted"]
    size: int
    lane: Lane = Lane.ROUTINE


class Arrivals(Ask, frozen=True):
    """List what arrived on a lane since the process began. Answered by ``Arrived``."""

    lane: Lane


class Gauge(Ask, frozen=True):
    """Say what was used until now. Answered by ``Gauged``."""


class Watch(Ask, frozen=True):
    """Profile the loop's thread from now on, or no longer. Answered by ``Moment``."""

    on: bool


class Stop(Ask, frozen=True):
    """Close the node and end. Answered by ``Moment``."""


AnyAsk: TypeAlias = Run | Pace | Meet | Reach | Arrivals | Gauge | Watch | Stop


class Moment(msgspec.Struct, frozen=True):
    """When it was so."""

    ns: int


class Ran(msgspec.Struct, frozen=True):
    """When a run began and ended, from which index, and in how many sealed groups."""

    began_ns: int
    ended_ns: int
    first: int
    groups: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.began_ns) / 1e9


class Sample(msgspec.Struct, frozen=True):
    """One act: its index in its log, when it was asked for, durable at its author, and its receipt durable there."""

    index: int
    asked_ns: int
    sealed_ns: int
    receipted_ns: int


class Paced(msgspec.Struct, frozen=True):
    """The acts of one ``Pace``, those receipted."""

    samples: tuple[Sample, ...]


class Arrived(msgspec.Struct, frozen=True):
    """Groups of entries as they became durable: first index, how many, when."""

    groups: tuple[tuple[int, int, int], ...]

    def times_ns(self) -> dict[int, int]:
        """Give the time of each index."""
        return {first + each: ns for first, count, ns in self.groups for each in range(count)}


class Gauged(msgspec.Struct, frozen=True):
    """What a side used: CPU seconds by thread, resident bytes, bytes at its sockets, commits and their seconds."""

    cpu_s: dict[str, float]
    resident_bytes: int
    wire_out_bytes: int
    wire_in_bytes: int
    commits: int
    commit_s: float
    ns: int
