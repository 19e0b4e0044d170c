"""News of the lines, to whoever listens: metrics and logs always, the command line and the exercise when they ask."""

from collections.abc import Callable, Sequence

from rabita.app.asks import Happened
from rabita.app.logs import Log, say
from rabita.app.metrics import Metrics
from rabita.line.ids import LogId
from rabita.line.record import EntryRow
from rabita.ports import Clock


class News:
    """Hears the pumps (``rabita.ports.Listener``) and passes it on; every call comes on the event loop's thread."""

    def __init__(self, clock: Clock, metrics: Metrics, log: Log) -> None:
        """Begin without subscribers."""
        self._clock = clock
        self._metrics = metrics
        self._log = log
        self._subscribers: dict[int, Callable[[Happened], None]] = {}
        self._number = 0

    def subscribe(self, call: Callable[[Happened], None]) -> Callable[[], None]:
        """Tell *call* all that happens from now on; gives what ends it. It must not block."""
        self._number += 1
        number = self._number
        self._subscribers[number] = call
        return lambda: self._subscribers.pop(number, None) and None

    def sealed(self, line: str, log: LogId, rows: Sequence[int]) -> None:
        """Count own entries that are durable."""
        self._metrics.sealed.labels(line, log.lane.value).inc(len(rows))
        self._entries("sealed", line, log, rows[0], len(rows))

    def arrived(self, line: str, log: LogId, rows: Sequence[EntryRow]) -> None:
        """Count entries of the counterpart that are durable here."""
        self._metrics.received.labels(line, log.lane.value).inc(len(rows))
        self._entries("arrived", line, log, rows[0].index, len(rows))

    def receipted(self, line: str, log: LogId, size: int) -> None:
        """Count a receipt of the counterpart."""
        self._metrics.receipts.labels(line, log.lane.value).inc()
        self._entries("receipted", line, log, 0, size)

    def told(self, line: str, code: str, detail: str) -> None:
        """Log what officers should know of."""
        self._metrics.told.labels(code).inc()
        say(self._log, code, line=line, detail=detail)
        self._pass_on(Happened("told", self._clock.now_ms(), line, code=code, detail=detail))

    def stands(self, line: str, condition: str) -> None:
        """Tell how a line stands now (``up``, ``degraded``, ``silent``, ``down``), because that changed."""
        self._pass_on(Happened("line", self._clock.now_ms(), line, code=condition))

    def _entries(self, what: str, line: str, log: LogId, first: int, count: int) -> None:
        if self._subscribers:
            now_ms = self._clock.now_ms()
            self._pass_on(Happened(what, now_ms, line, log.party, log.epoch, log.lane.value, first, count))

    def _pass_on(self, happened: Happened) -> None:
        for call in tuple(self._subscribers.values()):
            call(happened)
