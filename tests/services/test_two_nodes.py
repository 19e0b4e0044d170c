"""Two nodes on a line that is cut, on machines that crash and disks that fail: in the end both hold the same."""

from collections import deque
from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rabita.line.events import Draft
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.state import OPEN
from tests.line.founders import THEM, US
from tests.line.players import Disk, Node, draft

CODES = (US, THEM)
sides = st.sampled_from(CODES)
lanes = st.sampled_from(LANES)


class End:
    """One end of a conversation: what its node sends lies in ``queue`` until it is delivered."""

    def __init__(self, link: "Link", code: str) -> None:
        self.link, self.code, self.queue = link, code, deque[bytes]()
        self.session = 0

    def send(self, frames: Sequence[bytes]) -> None:
        self.queue.extend(frames)

    def close(self) -> None:
        self.link.cut()


class Link:
    """A conversation between two nodes; once it is cut, what lies in its queues is lost."""

    def __init__(self, nodes: dict[str, Node], dials: str) -> None:
        self.nodes, self.up = nodes, True
        self.ends = {code: End(self, code) for code in CODES}
        for code in CODES:
            self.ends[code].session = nodes[code].exchange.opened(self.ends[code], dialled=code == dials)

    def cut(self) -> None:
        if self.up:
            self.up = False
            for code in CODES:
                self.nodes[code].exchange.closed(self.ends[code].session)

    def deliver(self, to: str, count: int) -> int:
        """Deliver frames to one side; says how many there were."""
        queue = self.ends[CODES[to == US]].queue
        frames = [queue.popleft() for _ in range(min(count, len(queue)))]
        if frames and self.up:
            self.nodes[to].exchange.received(self.ends[to].session, frames)
        return len(frames)


class TwoNodes(RuleBasedStateMachine):
    """Seal, deliver, cut, crash and fail in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes = {code: self.started(code, Disk()) for code in CODES}
        self.links: list[Link] = []
        self.done: dict[str, list[tuple[LogId, int]]] = {code: [] for code in CODES}
        self.asked: list[Draft] = []

    def started(self, code: str, disk: Disk) -> Node:
        node = Node(code, disk)
        node.holding = True
        return node

    def seal_on(self, code: str, lane: Lane, text: str) -> None:
        given = draft(code, lane, text)
        self.asked.append(given)
        done = self.done[code]
        self.nodes[code].exchange.seal(
            given, lane, lambda answer: done.append(answer) if isinstance(answer, tuple) else None
        )

    @rule(code=sides, lane=lanes, size=st.sampled_from([0, 10, 9_000, 60_000]), count=st.integers(1, 4))
    def seal(self, code: str, lane: Lane, size: int, count: int) -> None:
        for _ in range(count):
            self.seal_on(code, lane, "x" * size)

    @rule(code=sides)
    def connect(self, code: str) -> None:
        self.links.append(Link(self.nodes, code))

    @precondition(lambda self: self.links)
    @rule(code=sides, count=st.integers(1, 8))
    def deliver(self, code: str, count: int) -> None:
        self.links[-1].deliver(code, count)

    @precondition(lambda self: self.links)
    @rule()
    def cut(self) -> None:
        self.links[-1].cut()

    @rule(code=sides, count=st.integers(1, 3))
    def commit(self, code: str, count: int) -> None:
        self.nodes[code].release(count)

    @rule(code=sides)
    def fail(self, code: str) -> None:
        disk = self.nodes[code].disk
        disk.broken = True
        self.nodes[code].release(1)
        disk.broken = False

    @rule(code=sides)
    def crash(self, code: str) -> None:
        for link in self.links:
            link.cut()
        self.links = []
        self.nodes[code] = self.started(code, self.nodes[code].disk.clone())

    @rule(for_ms=st.sampled_from([10, 60, 6_000, 70_000]))
    def wait(self, for_ms: int) -> None:
        for node in self.nodes.values():
            node.wait(for_ms)

    @rule(code=sides)
    def attest(self, code: str) -> None:
        self.nodes[code].exchange.attest()

    # what must hold at every moment

    @invariant()
    def what_both_hold_agrees(self) -> None:
        for author, reader in (CODES, CODES[::-1]):
            for lane in LANES:
                log = LogId(author, 1, lane)
                ours, theirs = [
                    {row.log: row for row in self.nodes[code].disk.logs(self.line)}.get(log)
                    for code in (author, reader)
                ]
                held = theirs.frontier.size if theirs else 0
                assert (ours.receipted if ours else 0) <= held <= (ours.frontier.size if ours else 0)
                leaves = [self.nodes[code].disk.leaves(self.line, log, 0, held) for code in (author, reader)]
                assert leaves[0] == leaves[1]

    @invariant()
    def what_was_answered_is_durable_and_nothing_is_wrong(self) -> None:
        for code, node in self.nodes.items():
            for log, index in self.done[code]:
                assert node.disk.entry(self.line, log, index) is not None
            assert set(node.codes) <= {"store-unavailable", "silent"}
            assert not node.is_behind()
            assert {(row.stopped, row.frozen_at) for row in node.exchange.state.logs.values()} == {("", OPEN)}

    @property
    def line(self) -> str:
        return self.nodes[US].line

    # what must hold in the end

    def teardown(self) -> None:
        for link in self.links:
            link.cut()
        self.settle()
        link = Link(self.nodes, US)
        self.links.append(link)
        for _ in range(2_000):
            moved = sum([link.deliver(code, 100) for code in CODES])
            self.settle()
            for node in self.nodes.values():
                node.wait(60)
            if not moved and not any(link.ends[code].queue for code in CODES):
                break
        assert link.up
        for author, reader in (CODES, CODES[::-1]):
            for lane in LANES:
                own = self.nodes[author].row(LogId(author, 1, lane))
                assert own.frontier == self.nodes[reader].row(own.log).frontier
                assert own.receipted == own.frontier.size
            order = self.nodes[reader].exchange.state.orders.get((author, 1))
            assert (order.n if order else 0) == self.nodes[author].exchange.state.n
        self.what_both_hold_agrees()
        self.what_was_answered_is_durable_and_nothing_is_wrong()

    def settle(self) -> None:
        for node in self.nodes.values():
            node.release()


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("lane", LANES)
def test_one_entry_goes_across(lane: Lane) -> None:
    machine = TwoNodes()
    machine.seal_on(US, lane, "one")
    machine.teardown()
    assert machine.done[US] == [(LogId(US, 1, lane), 0)]
    assert [row.entry.act for _, row in machine.nodes[THEM].arrivals] == [machine.asked[0].act]
