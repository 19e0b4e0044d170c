"""The queue before the store: one transaction at a time, the most urgent next; a failure fails what builds on it."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from rabita.line.changes import Changes
from rabita.line.errors import LocalFault
from rabita.line.ids import LANES, RANK, Lane, LogId
from rabita.services.commits import CommitQueue
from tests.store.rows import LINE, Author

Done = Callable[[LocalFault | None], None]


class Slow:
    """A scheduler whose commits are finished by hand."""

    def __init__(self) -> None:
        self.running: list[tuple[list[str], Done]] = []
        self.all: list[list[str]] = []

    def commit(self, changes: Sequence[Changes], done: Done) -> None:
        assert not self.running, "one transaction at a time"
        names = [each.facts[0][0] for each in changes]
        self.running.append((names, done))
        self.all.append(names)

    def soon(self, call: Callable[[], None]) -> None:
        call()

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        raise AssertionError((at_ms, call))

    def finish(self, fault: LocalFault | None = None) -> None:
        _, done = self.running.pop()
        done(fault)


class Queue:
    def __init__(self) -> None:
        self.slow = Slow()
        self.queue = CommitQueue(self.slow)
        self.answers: list[tuple[str, str]] = []
        self.authors = {lane: Author(LogId("PAK", 1, lane)) for lane in LANES}

    def submit(self, name: str, lane: Lane, entries: int = 0) -> None:
        batches = (self.authors[lane].batch(entries),) if entries else ()
        changes = Changes(LINE, batches=batches, facts=((name, "1"),))
        self.queue.submit(lane, changes, lambda fault: self.answers.append((name, fault.code if fault else "")))


def test_the_most_urgent_goes_next_and_each_lane_keeps_its_order() -> None:
    queue = Queue()
    queue.submit("first", Lane.ROUTINE, 200)
    for name, lane in (
        ("r1", Lane.ROUTINE),
        ("r2", Lane.ROUTINE),
        ("f1", Lane.FLASH),
        ("c1", Lane.CONTROL),
        ("p1", Lane.PRIORITY),
    ):
        queue.submit(name, lane, 100)
    while queue.slow.running:
        queue.slow.finish()
    assert queue.slow.all == [["first"], ["c1"], ["f1"], ["p1", "r1"], ["r2"]]
    assert [code for _, code in queue.answers] == [""] * 6


def test_small_ones_travel_along_and_nothing_with_entries_goes_with_flash() -> None:
    queue = Queue()
    queue.submit("first", Lane.ROUTINE)
    queue.submit("receipt", Lane.ROUTINE)
    queue.submit("entries", Lane.ROUTINE, 1)
    queue.submit("flash", Lane.FLASH, 3)
    queue.submit("flash receipt", Lane.FLASH)
    queue.slow.finish()
    queue.slow.finish()
    assert queue.slow.all[1:] == [["flash", "flash receipt", "receipt"], ["entries"]]


def test_a_commit_of_more_than_one_batch_goes_alone() -> None:
    queue = Queue()
    queue.submit("first", Lane.ROUTINE)
    queue.submit("large", Lane.ROUTINE, 300)
    queue.submit("more", Lane.ROUTINE, 1)
    queue.slow.finish()
    assert queue.slow.all[-1] == ["large"]


def test_when_a_commit_fails_what_waits_behind_it_fails_with_it() -> None:
    queue = Queue()
    for name, lane in (("one", Lane.ROUTINE), ("two", Lane.ROUTINE), ("three", Lane.FLASH)):
        queue.submit(name, lane, 200)
    queue.slow.finish(LocalFault("store-unavailable"))
    assert queue.answers == [(name, "store-unavailable") for name in ("one", "three", "two")]
    assert not queue.slow.running
    queue.submit("four", Lane.ROUTINE)
    queue.slow.finish()
    assert queue.answers[-1] == ("four", "")


def test_what_is_submitted_while_a_failure_is_told_is_tried() -> None:
    queue = Queue()
    queue.queue.submit(
        Lane.ROUTINE, Changes(LINE, facts=(("one", "1"),)), lambda _fault: queue.submit("again", Lane.ROUTINE)
    )
    queue.slow.finish(LocalFault("store-unavailable"))
    assert queue.slow.all[-1] == ["again"]


@given(st.lists(st.tuples(st.sampled_from(LANES), st.integers(0, 3), st.booleans()), max_size=30))
def test_everything_is_answered_once_and_a_lane_never_overtakes_itself(steps: list[tuple[Lane, int, bool]]) -> None:
    queue = Queue()
    lanes: dict[str, Lane] = {}
    for number, (lane, entries, finish) in enumerate(steps):
        lanes[f"{number:02}"] = lane
        queue.submit(f"{number:02}", lane, entries)
        if finish and queue.slow.running:
            queue.slow.finish()
    while queue.slow.running:
        queue.slow.finish()
    order = [name for names in queue.slow.all for name in names]
    assert sorted(order) == sorted(lanes) == sorted([name for name, _ in queue.answers])
    for lane in LANES:
        mine = [name for name in order if lanes[name] is lane]
        assert mine == sorted(mine), RANK[lane]
