"""The audit log of a running node: a bounded queue and one thread that writes, so that no door waits for a disk.

Rules kept here: nothing of the exchange comes by here. Entries that came together are one transaction. What could not
be written is counted, and the count is an entry as soon as writing works again. A head is signed after so many entries,
when asked, and at the end; its size and root go to the node's own log too, which can be kept elsewhere.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from rabita.line.errors import LocalFault, RabitaError
from rabita.ports import Clock
from rabita.services.audit import UNNUMBERED, Action, AuditLog, Deed, Gathering, Kind, Outcome, gap
from rabita.services.audit_heads import HeadKeys, sign_head

if TYPE_CHECKING:  # loading a log's machinery takes a tenth of a second, and every command imports this module
    from rabita.app.logs import Log

QUEUE_MAX: Final = 8_192
SIGN_ENTRIES: Final = 256
LOOK_S: Final = 5.0
WRITE_S: Final = 10.0


class _Told(NamedTuple):
    """A deed told (None: sign the head), and who waits for its number."""

    deed: Deed | None
    waiting: "Future[int] | None"


class Auditor:
    """Implements ``rabita.services.audit.Auditing``; any thread may call. Begins to write when first told something."""

    def __init__(self, opened: Callable[[], AuditLog], by: Callable[[], HeadKeys], clock: Clock, log: "Log") -> None:
        """Begin with nothing open: a log that cannot be opened is tried again at each writing."""
        self._opened = opened
        self._by = by
        self._clock = clock
        self._log = log
        self._audit: AuditLog | None = None
        self._opening = Lock()
        self._queue: deque[_Told] = deque()
        self._told = Condition()
        self._closing = False
        self._gathering = Gathering()
        self._lost = 0
        self._lost_ms = (0, 0)
        self._unsigned = SIGN_ENTRIES  # what was written while the node was down is signed at the first writing
        self._thread: Thread | None = None

    def note(self, deed: Deed) -> None:
        """See ``Auditing.note``."""
        self._tell(_Told(deed, None))

    async def write(self, deed: Deed) -> int:
        """See ``Auditing.write``."""
        return await self._asked(deed)

    async def sign(self) -> None:
        """See ``Auditing.sign``."""
        await self._asked(None)

    def log(self) -> AuditLog:
        """Give the log for reading; raises ``LocalFault("audit-unavailable")``."""
        with self._opening:
            self._audit = self._audit or self._opened()
            return self._audit

    def close(self) -> None:
        """Write what was told and counted, sign the head, and end the thread."""
        with self._told:
            self._closing = True
            self._told.notify()
        if self._thread is not None:
            self._thread.join()

    async def _asked(self, deed: Deed | None) -> int:
        waiting: Future[int] = Future()
        self._tell(_Told(deed, waiting))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(waiting), WRITE_S)
        except TimeoutError:
            raise LocalFault("audit-unavailable", "the disk is too slow") from None

    def _tell(self, told: _Told) -> None:
        with self._told:
            if self._closing or len(self._queue) >= QUEUE_MAX:
                self._lose([told])
                return
            self._queue.append(told)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()
            self._told.notify()

    def _run(self) -> None:
        while True:
            with self._told:
                self._told.wait_for(lambda: self._queue or self._closing, LOOK_S if self._gathering else None)
                told, closing = list(self._queue), self._closing
                self._queue.clear()
            self._write(told, closing=closing)
            if closing:
                break
        if self._audit is not None:
            self._audit.close()

    def _write(self, told: list[_Told], *, closing: bool) -> None:
        """Write one group; who waits is told the number, or why there is none."""
        waiting = [each for each in told if each.waiting is not None]
        awaited = [each.deed for each in waiting if each.deed is not None]
        free = [deed for each in told if each.deed and not each.waiting for deed in self._gathering.take(each.deed)]
        free += self._gathering.rest() if closing else self._gathering.due(self._clock.now_ms())
        with self._told:
            lost = self._lost
            lead = [gap(lost, *self._lost_ms)] if lost else []
        try:
            first = self._append([*lead, *free, *awaited]) + len(lead) + len(free)
            with self._told:
                self._lost -= lost
        except LocalFault as fault:
            with self._told:
                self._lose([_Told(each, None) for each in free])
            self._fail(waiting, fault)
            return
        try:
            if closing or self._unsigned >= SIGN_ENTRIES or len(awaited) < len(waiting):
                self._sign()
        except RabitaError as fault:
            self._fail([each for each in waiting if each.deed is None], fault)
        for number, each in enumerate(sorted(waiting, key=_is_asking), first):
            _answer(each, number)

    def _append(self, deeds: list[Deed]) -> int:
        """Write deeds and give the number of the first."""
        if not deeds:
            return UNNUMBERED
        self._unsigned += len(deeds)
        return self.log().append(deeds)

    def _sign(self) -> None:
        signed = sign_head(self.log(), self._by(), self._clock.now_ms())
        self._unsigned = 0
        if signed is not None:
            self._log.info("audit-head", size=signed.size, root=signed.root.hex())

    def _lose(self, told: list[_Told]) -> None:
        """Count what is not written; the caller holds the lock. Who waits for it is refused, so that is not lost."""
        for each in told:
            if each.waiting is not None:
                _answer(each, LocalFault("audit-unavailable", "the queue is full"))
            elif each.deed is not None:
                last_ms = max(each.deed.time_ms, each.deed.last_ms)
                self._lost_ms = (self._lost_ms[0] if self._lost else each.deed.time_ms, last_ms)
                self._lost += each.deed.count

    def _fail(self, told: list[_Told], fault: RabitaError) -> None:
        self._log.error("audit-unavailable", code=fault.code, detail=fault.detail)
        for each in told:
            _answer(each, LocalFault("audit-unavailable", fault.detail))


def _answer(told: _Told, found: int | LocalFault) -> None:
    """Tell who waits, unless they were told or have gone away."""
    with contextlib.suppress(InvalidStateError):
        if isinstance(found, LocalFault) and told.waiting is not None:
            told.waiting.set_exception(found)
        elif isinstance(found, int) and told.waiting is not None:
            told.waiting.set_result(found)


def _is_asking(told: _Told) -> bool:
    """Say whether it is a deed that has no number: one that only asks for a signature. Those come last."""
    return told.deed is None


def of_the_node(action: Action, now_ms: int) -> Deed:
    """Write what the node itself does, as an entry."""
    return Deed(
        number=UNNUMBERED,
        time_ms=now_ms,
        kind=Kind.SERVICE,
        actor="",
        action=action,
        door="node",
        outcome=Outcome.ALLOWED,
    )


def this_user() -> str:
    """Name the user of this machine who runs this process."""
    return f"uid:{os.getuid()}"
