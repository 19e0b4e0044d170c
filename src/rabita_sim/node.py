"""One node of the world: the real pump over a virtual disk, clock and network; its crashes, and its officer.

A crash drops the pump and everything uncommitted; a start takes the line up from the disk with ``line.state.load``, as
the product does. The officer does what the guarantees leave to people: opens epochs, agrees to go on, seals anew.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from rabita.line.changes import Changes
from rabita.line.errors import LocalFault, RabitaError
from rabita.line.events import Accord, Draft, Received, Room
from rabita.line.frames import Hello, encode_frame
from rabita.line.ids import Lane, LogId
from rabita.line.limits import PROTOCOL
from rabita.line.record import EntryRow
from rabita.line.state import BEHIND, LineState, load
from rabita.services.commits import CommitQueue
from rabita.services.exchange import Exchange, Outside, Placed
from rabita.services.recovery import Lost, lost_drafts, opening_draft
from rabita.store.blobs_memory import MemoryBlobs
from rabita_sim.cast import Cast
from rabita_sim.clock import EPOCH_MS
from rabita_sim.disk import Disk, step_of
from rabita_sim.network import Bundle, End

if TYPE_CHECKING:
    from rabita_sim.world import World

YEAR_MS: Final = 365 * 86_400_000
TEND_MS: Final = 400
RARE: Final = tuple([str(number) for number in range(11, 200)])
"""Numbers of epochs skipped of which two restores hardly draw the same."""
GROUND_FOR_EPOCH: Final = ("lane-stopped", "forked", "order-contradicted", "lane-blocked")


class Node:
    """A node: ``life`` counts its starts, ``disk`` survives them, ``untold`` counts rollbacks nobody told it of.

    ``low`` says that its disk is low. ``purged`` are the entries whose words it purged from its present disk.
    """

    def __init__(self, world: "World", code: str, peer: str, cast: Cast) -> None:
        """Found it with an empty disk that holds the line's record."""
        self.world = world
        self.code = code
        self.peer = peer
        self.cast = cast
        self.disk = self._fresh_disk()
        self.backups: list[Disk] = [self.disk.clone()]
        self.exchange: Exchange | None = None
        self.life = 0
        self.untold = 0
        self.rolled: list[Disk] = []
        self.low = False
        self.purged: set[tuple[LogId, int]] = set()
        self.revoked = False
        self.offset_ms = world.clock.random.choice((0, 0, 40_000, -3_600_000, 7 * YEAR_MS, -11 * YEAR_MS))
        self.told_codes: dict[str, int] = {}
        self.wordless: set[bytes] = set()
        self.blobs = MemoryBlobs()
        self._opening = False
        self._resealing = False
        self._tamper: Callable[[End, Sequence[bytes]], Sequence[bytes]] | None = None

    def _fresh_disk(self) -> Disk:
        disk = Disk()
        disk.add_line(self.cast.records[self.code])
        return disk

    # life

    @property
    def up(self) -> bool:
        """Say whether it runs."""
        return self.exchange is not None

    @property
    def state(self) -> LineState:
        """The core's state; only while it runs."""
        return self.running.state

    @property
    def running(self) -> Exchange:
        """The pump; only while it runs."""
        if self.exchange is None:
            raise LocalFault("store-unavailable", self.code)
        return self.exchange

    def start(self) -> None:
        """Come up from the disk."""
        if self.up or self.world.clock.broken is not None:
            return
        self.life += 1
        self.disk.failing = False
        self.told_codes = {}
        self._opening = self._resealing = False
        self.world.clock.say(self.code, f"starts, life {self.life}")
        scheduler = _Scheduler(self)
        state = load(self.disk.snapshot(self.cast.line))
        ring = self.cast.parties[self.code].ring
        outside = Outside(self.disk, ring, self, scheduler, CommitQueue(scheduler), self, self.blobs)
        self.exchange = Exchange(state, outside)
        life = self.life
        self.room(low=self.low)
        self.world.clock.after(1, lambda: self._dial_on(life))
        self.world.clock.after(TEND_MS, lambda: self._tend_on(life))

    def crash(self, disk: Disk | None = None, *, told: bool = True) -> None:
        """Lose power; come up again after a while, with another disk if one is given."""
        if not self.up:
            return
        self.world.clock.say(self.code, "crashes" + ("" if disk is None else " and finds another disk"))
        self.exchange = None
        self.world.link.died(self)
        if disk is not None:
            self.rolled.append(self.disk)
            self.disk = disk.clone()
            self.purged = set()
            if told:
                skip = self.world.clock.random.choice(("1", "1", "2", "7") if self._knows_its_keys() else RARE)
                self.disk.commit((Changes(self.cast.line, facts=((BEHIND, skip),)),), 0)
            else:
                self.untold += 1
            self.backups = [self.disk.clone()]
        else:
            self.disk = self.disk.clone()
        self.world.clock.after(self.world.clock.random.randrange(200, 2_500), self.start)

    def _knows_its_keys(self) -> bool:
        """Say whether the disk found knows every rotation of the disk lost.

        If not, and two restores take one number, the second one has lost the keys its receipts need.
        """
        eras = [
            len(load(disk.snapshot(self.cast.line)).facts.books[self.code].eras)
            for disk in (self.rolled[-1], self.disk)
        ]
        return eras[0] == eras[1]

    def older(self) -> Disk:
        """Give an older copy of the disk, as a backup would be."""
        return self.world.clock.random.choice(self.backups)

    def lost(self) -> Disk:
        """Give a new disk with the line's record only; after a revocation, the backup that was made with it."""
        return self.backups[-1] if self.revoked else self._fresh_disk()

    def room(self, *, low: bool) -> None:
        """Let the disk run low, or give it room again."""
        self.low = low
        self.enter(lambda exchange: exchange.feed(Room(low)))

    def revocation_done(self) -> None:
        """Back up after a revocation: a node from before it could only sign by a key that is revoked."""
        self.revoked = True
        self.backups = [self.disk.clone()]

    def purge(self, log: LogId, index: int) -> None:
        """Purge the words of an entry, if it is held."""
        if self.disk.entry(self.cast.line, log, index) is None:
            return
        self.disk.purge(self.cast.line, log, index)
        self.purged.add((log, index))
        self.world.purged.add((log, index))

    # the ports Clock and Listener

    def now_ms(self) -> int:
        """Give the wall clock, which may be wrong."""
        return EPOCH_MS + self.world.clock.now_ms + self.offset_ms

    def monotonic_ms(self) -> int:
        """Give the monotonic clock."""
        return self.world.clock.now_ms

    def sealed(self, line: str, log: LogId, rows: Sequence[int]) -> None:
        """Hear of own entries."""
        self.world.clock.say(self.code, f"sealed {log.epoch} {log.lane} {list(rows)}")
        self.world.watch.sealed(self, log, rows)
        _ = line

    def arrived(self, line: str, log: LogId, rows: Sequence[EntryRow]) -> None:
        """Hear of the counterpart's entries."""
        self.world.clock.say(self.code, f"holds {log.epoch} {log.lane} to {rows[-1].index + 1}")
        self.world.watch.arrived(self, log, rows)
        _ = line

    def receipted(self, line: str, log: LogId, size: int) -> None:
        """Hear of a receipt."""
        self.world.clock.say(self.code, f"receipted {log.epoch} {log.lane} {size}")
        _ = line

    def told(self, line: str, code: str, detail: str) -> None:
        """Hear what officers should know."""
        self.world.clock.say(self.code, f"told {code} ({detail})")
        self.told_codes[code] = self.told_codes.get(code, 0) + 1
        self.world.watch.told(self, code, detail)
        _ = line

    # the network

    def enter(self, call: Callable[[Exchange], None]) -> None:
        """Enter the pump; nothing may ever come out of it."""
        if self.exchange is None or self.world.clock.broken is not None:
            return
        try:
            call(self.exchange)
        except Exception as fault:  # noqa: BLE001 - that nothing escapes is the guarantee under test
            self.world.escaped(self, fault)

    def opened(self, end: End, *, dialled: bool) -> None:
        """Begin a conversation."""

        def begin(exchange: Exchange) -> None:
            end.session = exchange.opened(end, dialled=dialled)
            self.world.clock.say(self.code, f"conversation {end.session}{' dialled' if dialled else ''}")

        self.enter(begin)

    def received(self, session: int, frames: Sequence[bytes]) -> None:
        """Take frames in."""
        self.enter(lambda exchange: exchange.received(session, frames))

    def closed(self, session: int) -> None:
        """Learn of an end."""
        self.world.clock.say(self.code, f"conversation {session} ended")
        self.enter(lambda exchange: exchange.closed(session))

    def sends(self, end: End | None, frames: Sequence[bytes]) -> Sequence[bytes]:
        """Show what leaves to the watch."""
        frames = self._tamper(end, frames) if self._tamper is not None and end is not None else frames
        self.world.watch.sent(self, end, frames)
        return frames

    def tamper_with(self, tamper: Callable[[End, Sequence[bytes]], Sequence[bytes]]) -> None:
        """Let a malicious party change what leaves its node."""
        self._tamper = tamper

    def _dial_on(self, life: int) -> None:
        if self.life != life or not self.up:
            return
        if self.state.session is None and self.world.dials(self):
            self.world.link.dial(self, self.world.nodes[self.peer])
        self.world.clock.after(self.world.clock.random.randrange(400, 1_600), lambda: self._dial_on(life))

    # couriers

    def export(self) -> list[bytes]:
        """Record a bundle for the counterpart of everything it may lack."""
        bundle = Bundle(self)
        hello = Hello(PROTOCOL, self.cast.line, self.peer, 1, self.now_ms(), ())

        def record(exchange: Exchange) -> None:
            session = exchange.opened(bundle, dialled=True, bulk=True)
            exchange.feed(Received(session, (encode_frame(hello),)))
            exchange.closed(session)

        self.enter(record)
        return bundle.frames

    def import_bundle(self, frames: Sequence[bytes]) -> None:
        """Take a bundle in; what it answers may travel back."""
        answer = Bundle(self)

        def take(exchange: Exchange) -> None:
            session = exchange.opened(answer, dialled=False, bulk=True)
            exchange.received(session, frames)
            life = self.life
            self.world.clock.after(400, lambda: self._imported(life, session, answer))

        self.enter(take)

    def _imported(self, life: int, session: int, answer: Bundle) -> None:
        if self.life == life and self.up:
            self.enter(lambda exchange: exchange.closed(session))
            self.world.answered(self, answer.frames)

    # the officer

    def seal(self, draft: Draft, lane: Lane, answer: Callable[[Placed | RabitaError], None]) -> None:
        """Seal a draft."""
        self.enter(lambda exchange: exchange.seal(draft, lane, answer))

    def _tend_on(self, life: int) -> None:
        if self.life != life or not self.up or self.world.clock.broken is not None:
            return
        self.tend()
        self.world.clock.after(TEND_MS, lambda: self._tend_on(life))

    def tend(self) -> None:
        """Do what is left to people."""
        state = self.state
        if "accord-needed" in self.told_codes:
            self.told_codes.pop("accord-needed")
            self.enter(lambda exchange: exchange.feed(Accord(state.epochs[self.peer] + 1)))
        ground = any(code in self.told_codes for code in GROUND_FOR_EPOCH) and self._ours_is_stopped()
        if (state.behind or ground) and not self._opening:
            self._open_epoch()
        elif not state.behind and not self._resealing:
            self._reseal()

    def starts_anew(self) -> None:
        """Open a new epoch, if the counterpart stopped a log of the present one."""
        if self.up and self._ours_is_stopped() and not self._opening:
            self._open_epoch()

    def _ours_is_stopped(self) -> bool:
        """Say whether the counterpart stopped a log of our present epoch (it says so by telephone)."""
        other = self.world.nodes[self.peer]
        epoch = self.state.epochs[self.code]
        if not other.up:
            return False
        rows = [row for log, row in other.state.logs.items() if log[:2] == (self.code, epoch)]
        return any(row.stopped for row in rows)

    def _open_epoch(self) -> None:
        random = self.world.clock.random
        draft = opening_draft(self.state, self.cast.parties[self.code].ring, random.randbytes(16), random.randbytes(16))
        self._opening = True
        life = self.life

        def opened(answer: Placed | RabitaError) -> None:
            self.world.clock.say(self.code, f"opening: {answer}")
            if self.life == life:
                self._opening = False
                self.told_codes = {}

        self.seal(draft, Lane.CONTROL, opened)

    def lost_acts(self) -> tuple[Lost, ...]:
        """List what can be sealed anew; words that only a disk lost had are gone, which its owner was told."""
        return tuple([each for each in lost_drafts(self.disk, self.state) if each.draft.act not in self.wordless])

    def _reseal(self) -> None:
        try:
            lost = self.lost_acts()
        except LocalFault:
            return
        life, waiting = self.life, {each.draft.act for each in lost}

        def answered(act: bytes, answer: Placed | RabitaError) -> None:
            waiting.discard(act)
            if isinstance(answer, RabitaError) and answer.code == "portion-false" and self.world.villain:
                self.wordless.add(act)
            self.world.clock.say(self.code, f"sealed anew: {answer}")
            if self.life == life and not waiting:
                self._resealing = False

        for each in lost:
            self._resealing = True
            self.world.ledger.again(self, each.draft, each.lane)
            self.seal(each.draft, each.lane, partial(answered, each.draft.act))


class _Scheduler:
    """The port ``Scheduler`` in virtual time; every commit passes the faults of the world."""

    def __init__(self, node: Node) -> None:
        """Belong to the node's present life."""
        self._node = node
        self._life = node.life
        self._wakes: set[int] = set()

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        """Commit after a while, or crash, or fail."""
        node = self._node
        node.world.watch.committing(node, changes)
        node.world.faults.commit(node, step_of(changes, node.code), changes, done)

    def soon(self, call: Callable[[], None]) -> None:
        """Call at once: every event of a world is a burst of its own."""
        call()

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Call in virtual time, if the node still lives then."""
        if at_ms in self._wakes:
            return
        self._wakes.add(at_ms)

        def wake() -> None:
            self._wakes.discard(at_ms)
            if self._node.life == self._life and self._node.up:
                self._node.enter(lambda _exchange: call())

        self._node.world.clock.at(at_ms, wake)
