"""The queue before the store: one transaction at a time, the most urgent next, small ones carried along.

An urgent commit waits for at most the one that is running; what one turn of the loop brings goes together. What
changes one log keeps its order, because it travels in the log's lane.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from rabita.line.changes import Changes
from rabita.line.errors import LocalFault
from rabita.line.ids import RANK, Lane
from rabita.line.limits import BATCH_ENTRIES_MAX
from rabita.ports import Scheduler

Done: TypeAlias = Callable[[LocalFault | None], None]


class Job(NamedTuple):
    """Changes that wait, in the order of urgency and then of arrival."""

    rank: int
    number: int
    changes: Changes
    done: Done

    @property
    def entries(self) -> int:
        """How many entries it inserts."""
        return sum([len(batch.value.rows) for batch in self.changes.batches])


class CommitQueue:
    """Feeds a store's commits to a scheduler, one transaction at a time.

    After a commit fails, everything queued at that moment fails with it, because later changes build on earlier ones.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        """Start empty; commits run on *scheduler*."""
        self._scheduler = scheduler
        self._jobs: list[Job] = []
        self._number = 0
        self._running: list[Job] = []
        self._called = False

    def submit(self, lane: Lane, changes: Changes, done: Done) -> None:
        """Queue changes; *done* is called once they are durable, or with the fault that kept them from it."""
        self._number += 1
        heappush(self._jobs, Job(RANK[lane], self._number, changes, done))
        self._call()

    def _call(self) -> None:
        """Begin in the next turn: what else this one brings may go along, or first."""
        if self._jobs and not (self._running or self._called):
            self._called = True
            self._scheduler.soon(self._start)

    def _start(self) -> None:
        self._called = False
        first = heappop(self._jobs)
        self._running = [first]
        entries = first.entries
        while self._jobs and self._carries(first, entries + self._jobs[0].entries):
            job = heappop(self._jobs)
            entries += job.entries
            self._running.append(job)
        self._scheduler.commit(tuple([job.changes for job in self._running]), self._finished)

    def _carries(self, first: Job, entries: int) -> bool:
        """Say whether the next job goes along: no other entries with FLASH or control, one batch's worth at most."""
        alone = first.rank <= RANK[Lane.FLASH] and first.entries > 0
        return entries <= (first.entries if alone else max(BATCH_ENTRIES_MAX, first.entries))

    def _finished(self, fault: LocalFault | None) -> None:
        done, self._running = self._running, []
        if fault is not None:
            failed = sorted(self._jobs)
            self._jobs = []
            done += failed
        for job in done:
            job.done(fault)
        self._call()
