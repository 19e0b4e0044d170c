"""What the world remembers of every act it asked a node to seal: the harness's own list, kept outside the nodes."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from rabita.line.entry import NO_APPROVALS, Act, PortionRef, encode
from rabita.line.errors import RabitaError
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.line.limits import INTEGER_MAX
from rabita.services.exchange import Placed

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

TWICE_CHANCE: Final = 0.04
MARKER: Final = b"MUST-NEVER-LEAVE-"


class Answered(NamedTuple):
    """A seal that returned: who sealed which act where, and how many disks its node had lost by then."""

    party: str
    act: bytes
    act_id: bytes
    log: LogId
    index: int  # type: ignore[assignment]  # - not the tuple method
    disks: int


class Ledger:
    """Acts asked for and acts answered."""

    def __init__(self, world: "World") -> None:
        """Start empty."""
        self._world = world
        self.answered: list[Answered] = []
        self.asked = 0
        self.refused: list[str] = []

    def seal(self, node: "Node", lane: Lane, size_bytes: int, *, secret: bool = False, words: bool = False) -> None:
        """Ask a node to seal a fresh act of about this size, with a withheld portion (*secret*) or a sent one."""
        draft = self._draft(node, lane, size_bytes, secret=secret, words=words)
        self.asked += 1
        for _ in range(2 if self._world.clock.random.random() < TWICE_CHANCE else 1):
            node.seal(draft, lane, self._answer(node, draft.act))

    def again(self, node: "Node", draft: Draft, lane: Lane) -> None:
        """Note that an act is sealed anew."""
        self._world.clock.say(node.code, f"seals anew {sha256(draft.act).hexdigest()[:8]} {lane}")

    def sealed_so(self, node: "Node", act: bytes) -> Callable[[Placed | RabitaError], None]:
        """Give the answer that notes an act sealed by other means."""
        return self._answer(node, act)

    def _answer(self, node: "Node", act: bytes) -> Callable[[Placed | RabitaError], None]:
        disks, act_id = len(node.rolled), act_id_of(act)

        def answer(placed: Placed | RabitaError) -> None:
            if isinstance(placed, RabitaError):
                self.refused.append(placed.code)
                self._world.clock.say(node.code, f"refused {placed.code}")
            else:
                self.answered.append(Answered(node.code, act, act_id, placed[0], placed[1], disks))

        return answer

    def _draft(self, node: "Node", lane: Lane, size_bytes: int, *, secret: bool, words: bool) -> Draft:
        random = self._world.clock.random
        sent = (random.randbytes(16) + b"words " * (size_bytes // 6 + 1),) if words else ()
        withheld = (random.randbytes(16) + MARKER + random.randbytes(4).hex().encode(),) if secret else ()
        refs = [PortionRef(sha256(raw).hexdigest(), "sent", "RESTRICTED") for raw in sent]
        refs += [PortionRef(sha256(raw).hexdigest(), "withheld", "SECRET") for raw in withheld]
        act = Act(
            line=node.cast.line,
            author=node.code,
            precedence=lane,
            id=random.randbytes(16).hex(),
            seal_before_ms=INTEGER_MAX,
            kind="exercise",
            procedure="message",
            act="send",
            fields={"text": "x" * (0 if words else size_bytes)},
            portions=tuple(refs),
        )
        return Draft(encode(act), NO_APPROVALS, sent, withheld)


def act_id_of(act: bytes) -> bytes:
    """Give the id of an act as this ledger writes them."""
    mark = b'"id":"'
    start = act.index(mark) + len(mark)
    return bytes.fromhex(act[start : start + 32].decode())
