"""What became of each entry of the exercise, as both nodes tell it: sealed, in flight, received, receipted.

Rules kept here: a stage is reached only because a node said so; entries the visitor seals are followed like those of
the scenario.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from rabita.app.asks import Happened, Placed
from rabita.line.ids import LANES, Lane, LogId, reference
from rabita.services.exercise import Inject, Turn
from rabita.services.reads import LineStatus

Key: TypeAlias = tuple[LogId, int]


class Stage(IntEnum):
    """How far an entry has come."""

    SEALED = 0
    IN_FLIGHT = 1
    RECEIVED = 2
    RECEIPTED = 3


@dataclass(slots=True)
class Row:
    """One entry: where it stands, the turn of the scenario it carries (None: the line's own or the visitor's).

    ``sentence`` says its act in words, as its procedure does.

    Times are the nodes' own, in milliseconds since 1970 UTC, 0 until it happened; ``seen_s`` is when this process
    first knew of it, on its monotonic clock.
    """

    log: LogId
    index: int
    seen_s: float
    turn: Turn | None = None
    sentence: str = ""
    sealed_ms: int = 0
    received_ms: int = 0
    receipted_ms: int = 0

    @property
    def inject(self) -> Inject | None:
        """The inject it carries."""
        return self.turn.inject if self.turn is not None else None

    @property
    def reference(self) -> str:
        """The telephone reference."""
        return reference(self.log, self.index)

    @property
    def stage(self) -> Stage:
        """How far it has come. What is durable is on its way at once; whether it gets through is what the rest says."""
        if self.receipted_ms:
            return Stage.RECEIPTED
        if self.received_ms:
            return Stage.RECEIVED
        return Stage.IN_FLIGHT if self.sealed_ms else Stage.SEALED

    @property
    def took_ms(self) -> int:
        """Milliseconds from sealed to receipted, by its author's clock."""
        return max(0, self.receipted_ms - self.sealed_ms)


@dataclass(slots=True)
class Board:
    """Every entry of both sides, in the order in which they became known, and how each side sees the line."""

    codes: tuple[str, str]
    rows: dict[Key, Row] = field(default_factory=dict)
    status: dict[str, LineStatus] = field(default_factory=dict)
    told: list[Happened] = field(default_factory=list)

    def placed(self, at: Placed, turn: Turn | None, now_s: float, sentence: str = "") -> Row:
        """Learn that a seal returned, what it carries and what that says."""
        row = self._row(LogId(at.party, at.epoch, at.lane), at.index, now_s)
        row.turn, row.sentence = turn, sentence
        return row

    def heard(self, news: Happened, now_s: float) -> None:
        """Take news of either node in."""
        if news.what == "told":
            self.told.append(news)
        if news.what in ("told", "line"):
            return
        log = LogId(news.party, news.epoch, Lane(news.lane))
        for index in range(news.first, news.first + news.count):
            row = self._row(log, index, now_s)
            if news.what == "sealed":
                row.sealed_ms = news.time_ms
            elif news.what == "arrived":
                row.received_ms = row.received_ms or news.time_ms
            elif not row.receipted_ms:
                row.receipted_ms = news.time_ms

    @property
    def unreceipted(self) -> Sequence[Row]:
        """The entries without a receipt."""
        return [row for row in self.rows.values() if row.stage is not Stage.RECEIPTED]

    def count(self, code: str, stage: Stage) -> int:
        """Count the entries of a party that came at least this far."""
        return len([row for row in self.rows.values() if row.log.party == code and row.stage >= stage])

    def by_lane(self, code: str) -> dict[str, int]:
        """Count the entries of a party by lane, most urgent first."""
        return {lane.value: len([row for row in self.rows.values() if row.log[::2] == (code, lane)]) for lane in LANES}

    def _row(self, log: LogId, index: int, now_s: float) -> Row:
        return self.rows.setdefault((log, index), Row(log, index, now_s))
