"""Faults at durable steps: the pair the seed forces, and now and then others."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from rabita.line.changes import Changes
from rabita.line.errors import InvariantBroken, LocalFault
from rabita_sim.disk import RARE, Forced

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

Done: TypeAlias = Callable[[LocalFault | None], None]
STRAY: Final = ("crash-before", "torn", "crash-after", "fail", "slow", "cut")
STRAY_CHANCE: Final = 0.004
SLOW_MS: Final = 1_500
FULL_MS: Final = 2_500
YEAR_MS: Final = 365 * 86_400_000


class Faults:
    """What may go wrong at a commit. ``fired`` counts pairs; ``armed`` ends when the world heals."""

    def __init__(self, world: "World", forced: Forced, target: str) -> None:
        """Force *forced* on the node *target*, at one of the first times that step comes."""
        self._world = world
        self._forced = forced
        self.target = target
        self._wait = 0 if forced.step in RARE else world.clock.random.choice((0, 0, 1, 3))
        self.armed = True
        self.fired: Counter[Forced] = Counter()

    @property
    def pending(self) -> bool:
        """Say whether the forced pair has yet to happen."""
        return self.armed and not self.fired[self._forced]

    def commit(self, node: "Node", step: str, changes: Sequence[Changes], done: Done) -> None:
        """Carry a commit out under the fault chosen for it."""
        clock = self._world.clock
        fault = self._choose(node, step)
        if fault:
            self.fired[Forced(step, fault)] += 1
            clock.say(node.code, f"fault {fault} at {step}")
        delay_ms = SLOW_MS if fault == "slow" else clock.random.randrange(1, 7)
        life = node.life

        def run() -> None:
            if node.life == life and node.up:
                self._run(node, fault, changes, done)

        clock.after(delay_ms, run)

    def _choose(self, node: "Node", step: str) -> str:
        if not self.armed:
            return ""
        forced = self._forced
        if (node.code, step) == (self.target, forced.step) and not self.fired[forced]:
            self._wait -= 1
            return forced.fault if self._wait < 0 else ""
        random = self._world.clock.random
        return random.choice(STRAY) if random.random() < STRAY_CHANCE and node.code != self._world.villain else ""

    def _run(self, node: "Node", fault: str, changes: Sequence[Changes], done: Done) -> None:
        if fault in ("crash-before", "torn"):
            node.crash()
            return
        if fault == "fail-long":
            disk = node.disk
            disk.failing = True
            self._world.clock.after(FULL_MS, lambda: setattr(disk, "failing", False))
        failure = LocalFault("store-unavailable") if fault == "fail" else None
        if failure is None:
            try:
                node.disk.commit(changes, node.now_ms())
            except LocalFault as full:
                failure = full
            except InvariantBroken as broken:
                self._world.escaped(node, broken)
                return
        if self._dies(node, fault):
            return
        self._disturbs(node, fault)
        node.enter(lambda _exchange: done(failure))

    def _dies(self, node: "Node", fault: str) -> bool:
        """Crash after the commit, where the fault is a crash."""
        if fault == "both-crash":
            self._world.nodes[node.peer].crash()
        disks = {"restored": node.older, "rolled-back": node.older, "disk-lost": node.lost}
        if fault in disks:
            node.crash(disks[fault](), told=fault != "rolled-back")
        elif fault in ("crash-after", "both-crash"):
            node.crash()
        return not node.up

    def _disturbs(self, node: "Node", fault: str) -> None:
        world = self._world
        if fault in ("cut", "half-open"):
            world.link.cut(half_open=fault == "half-open")
        elif fault == "dial-both":
            world.link.cut()
            for each in world.nodes.values():
                world.link.dial(each, world.nodes[each.peer])
        elif fault == "clock-jump":
            node.offset_ms += world.clock.random.choice((-9 * YEAR_MS, 5 * YEAR_MS, -3_600_000, 86_400_000))
