"""Two real nodes that talk until both have said everything; officers and machines are played by the test."""

from collections import deque
from collections.abc import Sequence

from rabita.line.changes import Changes
from rabita.line.control import ROTATION, Rotation
from rabita.line.entry import encode
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.line.revocation import LogSize
from rabita.line.sealing import rotation_sizes
from rabita.line.state import BEHIND
from rabita.ports import Keys
from rabita.services.recovery import acts_in_force, lost_drafts, opening_draft
from tests.line.founders import THEM, US, member
from tests.line.players import Disk, Node, control, fresh

DIALS = 12


class End:
    """One end of a conversation."""

    def __init__(self) -> None:
        self.queue, self.open, self.session = deque[bytes](), True, 0

    def send(self, frames: Sequence[bytes]) -> None:
        self.queue.extend(frames)

    def close(self) -> None:
        self.open = False


def talk(one: Node, two: Node) -> None:
    """Converse, dialling again after every end, until a conversation falls quiet; raises if none does."""
    for _ in range(DIALS):
        ends = {one: End(), two: End()}
        for node, end in ends.items():
            end.session = node.exchange.opened(end, dialled=node is one)
        while all(end.open for end in ends.values()) and any(end.queue for end in ends.values()):
            for node, other in ((one, two), (two, one)):
                frames = [ends[other].queue.popleft() for _ in range(len(ends[other].queue))]
                if frames and ends[node].open:
                    node.exchange.received(ends[node].session, frames)
                node.wait(60)
        quiet = all(end.open for end in ends.values())
        for node, end in ends.items():
            node.exchange.closed(end.session)
        if quiet:
            return
    raise AssertionError([one.codes, two.codes])


def restored(node: Node, disk: Disk, keys: Keys | None = None, skip: int = 1) -> Node:
    """Give the node as it comes up from a backup, which says so and how many epochs on it begins."""
    disk = disk.clone()
    disk.commit((Changes(node.line, facts=((BEHIND, str(skip)),)),), 0)
    return Node(node.us, disk, keys=keys)


def open_epoch_if_needed(node: Node) -> None:
    """Let the officers open an epoch where the node asks for one."""
    if node.is_behind():
        open_epoch(node)


def open_epoch(node: Node) -> None:
    """Let the officers open the node's next epoch."""
    node.seal_draft(opening_draft(node.exchange.state, member(node.us).ring, fresh(16), fresh(16)), Lane.CONTROL)
    assert isinstance(node.answers[-1], tuple), node.answers[-1]


def rotate(node: Node, generation: int) -> None:
    """Rotate the node's keys."""
    sizes = tuple([LogSize(*log, size) for log, size in rotation_sizes(node.exchange.state).items()])
    act = control(node.us, ROTATION, Rotation(member(node.us).described(generation).decode(), sizes))
    node.seal_draft(Draft(encode(act), b"[]"), Lane.CONTROL)
    assert isinstance(node.answers[-1], tuple), node.answers[-1]


def reseal(node: Node) -> int:
    """Seal anew what an earlier epoch lost; says how much that was."""
    lost = lost_drafts(node.disk, node.exchange.state)
    for lane, draft in lost:
        node.seal_draft(draft, lane)
    return len(lost)


def in_force(node: Node, author: str) -> list[bytes]:
    """Give the ids of an author's acts that a node takes to be in force, in the author's order."""
    return [each.act_id for each in acts_in_force(node.disk, node.line, author)]


def sealed(node: Node) -> set[bytes]:
    """Give the ids of the acts that a node sealed in this life, but for those of the line itself."""
    found = [node.disk.entry(node.line, log, index) for log, index in node.own if log.lane is not Lane.CONTROL]
    return {each.row.act_id for each in found if each is not None}


def receipted(node: Node) -> dict[LogId, int]:
    """Give what the counterpart receipted of the logs of the node's present epoch that are not empty."""
    epoch = node.exchange.state.epochs[node.us]
    rows = [row for log, row in node.exchange.state.logs.items() if log[:2] == (node.us, epoch)]
    assert all(row.receipted <= row.frontier.size for row in rows)
    return {row.log: row.receipted for row in rows if row.frontier.size}


def pair() -> tuple[Node, Node]:
    return Node(US), Node(THEM)
