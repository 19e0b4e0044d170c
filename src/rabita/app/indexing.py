"""The index of cases follows the store on a thread of its own, behind whatever the line is doing.

Rules kept here: the exchange never waits for it, and while the line is busy it takes a tenth of the time at most, in
short slices; what goes wrong is logged and tried again. A reader that needs what is durable now asks for it.
"""

import asyncio
import sys
import threading
import time
from typing import Final

from rabita.app.logs import Log, say
from rabita.app.metrics import Metrics
from rabita.line.errors import LocalFault, RabitaError
from rabita.ports.index import CaseIndex
from rabita.services.caseindex import Indexer, IndexProgress
from rabita.store.index_sqlite import MEMORY, open_index

SLICE_ENTRIES: Final = 128
TICK_S: Final = 2
GATHER_S: Final = 0.02
BUSY_ENTRIES: Final = 100
BUSY_S: Final = 1
"""The line is busy while more entries than these came in so long."""
REST_BUSY: Final = 9
REST_IDLE: Final = 0.1
"""How long it rests after a slice, in times of what the slice took."""
AGAIN_S: Final = 5
SWITCH_S: Final = 0.001
"""The loop gets the interpreter back within a millisecond (Python's own default is five)."""


def open_or_memory(path: str, log: Log) -> CaseIndex:
    """Open the index; one that cannot be kept on disk is kept in memory, so that the line goes on."""
    try:
        return open_index(path)
    except LocalFault as fault:
        say(log, fault.code, detail=fault.detail)
        return open_index(MEMORY)


class Indexing:
    """Follows while a node serves; ``wake`` may be called from any thread."""

    def __init__(self, indexer: Indexer, metrics: Metrics, log: Log) -> None:
        """Begin at rest."""
        self.indexer = indexer
        self._metrics = metrics
        self._log = log
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._since_s = 0.0
        self._entries = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow from now on."""
        sys.setswitchinterval(SWITCH_S)
        self._thread = threading.Thread(target=self._run, name="rabita-index", daemon=True)
        self._thread.start()
        self._news.set()

    def wake(self, entries: int) -> None:
        """Learn that something happened on a line, and how many entries came with it."""
        now_s = time.monotonic()
        if now_s - self._since_s > BUSY_S:
            self._since_s, self._entries = now_s, 0
        self._entries += entries
        self._news.set()

    def progress(self, line: str) -> IndexProgress:
        """Say how far a line has been followed."""
        return self.indexer.progress(line)

    async def caught_up(self) -> None:
        """Wait until everything durable now is in the index; raises as ``Indexer.catch_up``."""
        await asyncio.to_thread(self.indexer.catch_up)

    def is_busy(self) -> bool:
        """Say whether the line has too much to do for the index to take its time."""
        return self._entries > BUSY_ENTRIES and time.monotonic() - self._since_s < 2 * BUSY_S

    def end(self) -> None:
        """End the thread; returns once the slice it is at is done."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    async def stop(self) -> None:
        """End the thread without keeping the loop waiting."""
        await asyncio.to_thread(self.end)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(TICK_S)
            self._news.clear()
            self._stopping.wait(GATHER_S)
            try:
                self._follow()
            except RabitaError as fault:
                say(self._log, fault.code, detail=fault.detail)
                self._stopping.wait(AGAIN_S)
            except Exception as fault:  # noqa: BLE001 - a bug here must not end what only helps people to read
                self._log.error("unexpected", message="the index", kind=type(fault).__name__, exc_info=fault)
                self._stopping.wait(AGAIN_S)

    def _follow(self) -> None:
        for record in self.indexer.store.lines():
            more = True
            while more and not self._stopping.is_set():
                began_s = time.monotonic()
                more = self.indexer.slice(record.line)
                took_s = time.monotonic() - began_s
                if more:
                    self._stopping.wait(took_s * (REST_BUSY if self.is_busy() else REST_IDLE))
            self._metrics.index_behind.labels(record.line).set(self.progress(record.line).behind)
