"""A world: two nodes of the real code, a seed, faults; then it heals, falls quiet, and the guarantees must hold."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from rabita.line.errors import RabitaError
from rabita.line.ids import Lane, LogId
from rabita.line.state import OPEN
from rabita_sim.cast import PARTIES, cast
from rabita_sim.clock import Broken, Clockwork
from rabita_sim.disk import Forced, forced
from rabita_sim.faults import Faults
from rabita_sim.ledger import Ledger
from rabita_sim.network import Link
from rabita_sim.node import Node
from rabita_sim.peer import Villain, villainy
from rabita_sim.properties import GUARANTEES
from rabita_sim.watch import Watch
from rabita_sim.workload import FAULTY_MS, schedule, script

HEAL_MS: Final = 90_000
EXTRA_MS: Final = 10_000
EXTRA_ROUNDS: Final = 3
QUIET_EVERY_MS: Final = 250
DAY_MS: Final = 86_400_000


class Result(NamedTuple):
    """What came of a seed."""

    seed: int
    forced: Forced
    fired: Counter[Forced]
    broken: str
    detail: str
    events: int
    lines: tuple[str, ...]
    digest: str


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        """Set the stage."""
        self.clock = Clockwork(seed, tracing=tracing)
        random = self.clock.random
        self.seed = seed
        self.forced = forced(seed)
        self.codes = PARTIES
        self.link = Link(self.clock)
        target = random.choice(PARTIES)
        plan = villainy(random, self.forced.step)
        self.cast = cast(tight="glut" in plan or seed % 13 == 5)  # noqa: PLR2004 - one world in thirteen has tight quotas
        self.villain = PARTIES[1 - PARTIES.index(target)] if plan else ""
        self.faults = Faults(self, self.forced, target)
        self.ledger = Ledger(self)
        self.nodes: dict[str, Node] = {}
        self.watch = Watch(self)
        self.nodes = {us: Node(self, us, them, self.cast) for us, them in (PARTIES, PARTIES[::-1])}
        self.malice = Villain(self, self.nodes[self.villain], plan) if self.villain else None
        self.clock.say("world", f"{self.villain or 'nobody'} is malicious {' '.join(plan)}")
        self.healed = False
        self.purged: set[tuple[LogId, int]] = set()
        self._looked_ms = 0
        self._only = random.choice((*PARTIES, "", ""))
        schedule(self, self.forced.step, target)

    @property
    def honest(self) -> tuple[Node, ...]:
        """The nodes whose party keeps to the protocol."""
        return tuple([node for node in self.nodes.values() if node.code != self.villain])

    def dials(self, node: Node) -> bool:
        """Say whether a node may dial: in some worlds only one of them can be reached."""
        return self.healed or self._only in ("", node.code)

    def seal(self, node: Node, lane: Lane, size_bytes: int, *, secret: bool = False, words: bool = False) -> None:
        """Ask a node to seal something, if it runs and does not know that its tail is lost."""
        if node.up and not node.state.behind:
            self.ledger.seal(node, lane, size_bytes, secret=secret, words=words)

    def escaped(self, node: Node, fault: Exception) -> None:
        """Learn that something came out of the pump that must not."""
        if isinstance(fault, Broken):
            return
        place = fault.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}" if place else ""
        code = fault.code if isinstance(fault, RabitaError) else type(fault).__name__
        self.clock.breaks("contained", f"{code} came out of {node.code}: {fault} ({where})")

    def answered(self, node: Node, frames: Sequence[bytes]) -> None:
        """Let the answer to a bundle travel back, mostly."""
        random = self.clock.random
        if frames and random.random() < 0.7:  # noqa: PLR2004 - seven in ten
            peer = self.nodes[node.peer]
            self.clock.after(random.randrange(200, 3_000), lambda: peer.import_bundle(frames))

    def run(self) -> Result:
        """Run to the end; gives the first guarantee broken, if any."""
        for node in self.nodes.values():
            node.start()
        self.clock.run(FAULTY_MS)
        for _ in range(EXTRA_ROUNDS):
            if self.faults.pending:
                self.link.usable, self.link.bytes_per_s, self.link.delay_ms = True, 1_000_000, 10
                script(self, self.forced.step, self.faults.target)
                self.clock.run(self.clock.now_ms + EXTRA_MS, lambda: not self.faults.pending)
        self._heal()
        quiet = self.clock.run(self.clock.now_ms + HEAL_MS, self._quiet)
        broken = self.clock.broken
        if broken is None:
            broken = self._judge(quiet=quiet)
        return Result(
            self.seed,
            self.forced,
            self.faults.fired,
            broken.guarantee if broken else "",
            broken.detail if broken else "",
            self.clock.events,
            tuple(self.clock.lines),
            self.clock.digest(),
        )

    def _heal(self) -> None:
        self.clock.say("world", "heals")
        self.healed = True
        self.faults.armed = False
        if self.malice is not None:
            self.malice.armed = False
            self.link.cut()
        self.link.usable, self.link.bytes_per_s, self.link.delay_ms = True, 10_000_000, 2
        self._look()
        for number, node in enumerate(self.nodes.values()):
            node.disk.failing = False
            node.room(low=False)
            if self.clock.broken is None:
                node.start()
            self.clock.after(20_000 * (number + 1), partial(self._next_day, node))

    def _next_day(self, node: Node) -> None:
        """Let a day pass on a node's clock, so that quotas begin anew, and a conversation end."""
        node.offset_ms += DAY_MS
        self.link.cut()
        self.clock.after(20_000, partial(self._next_day, node))

    def _judge(self, *, quiet: bool) -> Broken | None:
        try:
            if not quiet:
                self._never_quiet(self._unrest())
            for check in GUARANTEES.values():
                check(self)
        except Broken as broken:
            self.clock.say("world", f"BROKEN {broken}")
            return broken
        return None

    def _never_quiet(self, unrest: list[str]) -> None:
        if self.malice is not None and unrest == self.malice.unproven() != []:
            raise Broken("undeniable", f"{unrest} left no proof")
        raise Broken("delivered", "; ".join([*unrest, "never quiet"])[:600])

    def _quiet(self) -> bool:
        if self._looked_ms >= 0:
            return False
        self._looked_ms = self.clock.now_ms
        return self.clock.broken is None and not self._unrest()

    def _look(self) -> None:
        """See every so often whether the world is quiet."""
        self._looked_ms = -1
        self.clock.after(QUIET_EVERY_MS, self._look)

    def _unrest(self) -> list[str]:
        """Say what is still to happen before the world is quiet."""
        found = []
        for node in self.honest:
            if not node.up:
                return [f"{node.code} is down"]
            other = self.nodes[node.peer]
            if not other.up:
                return [f"{other.code} is down"]
            found += _unrest_of(node)
            found += _undelivered(node, other)
        return found + ([] if self.malice is None else self.malice.unproven())


def _unrest_of(node: Node) -> list[str]:
    state, found = node.state, []
    if node.running.queued or state.pending or state.sealing or node.disk.failing:
        found.append(f"{node.code} is busy ({node.running.queued} drafts, {len(state.pending)} pending)")
    if state.session is None or not state.session.met:
        found.append(f"{node.code} has no conversation")
    if state.behind:
        found.append(f"{node.code} is behind")
    elif node.lost_acts():
        found.append(f"{node.code} has lost acts")
    return found


def _undelivered(node: Node, other: Node) -> list[str]:
    """List the logs of *node* that are not held, receipted, frozen and returned as they must be."""
    found = []
    for log, row in sorted(node.state.logs.items()):
        if log.party != node.code:
            continue
        theirs = other.state.logs.get(log)
        size = theirs.frontier.size if theirs is not None else 0
        name = f"{log.party} {log.epoch} {log.lane}"
        if log.epoch == node.state.epochs[node.code]:
            if size != row.frontier.size or row.receipted != size:
                found.append(f"{name}: {row.frontier.size} sealed, {size} held, {row.receipted} receipted")
        elif theirs is not None and theirs.nonce == row.nonce and (size or row.frontier.size) and not row.stopped:
            if OPEN in (theirs.frozen_at, row.frozen_at) or row.frozen_at != theirs.frozen_at:
                found.append(f"{name}: frozen at {row.frozen_at}, there at {theirs.frozen_at}")
            elif row.frontier.size < row.frozen_at:
                found.append(f"{name}: {row.frontier.size} of {row.frozen_at} returned")
    return found
