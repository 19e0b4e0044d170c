"""What is checked while a world runs, at the moment it happens: what leaves a node, what it shows, what it commits.

Rules kept here: the watch looks at frames as they leave and at the disk as it is then, never at what the core believes.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from rabita.line.changes import Changes
from rabita.line.entry import parse_content, sent_portions
from rabita.line.errors import PeerFault
from rabita.line.frames import Chunk, Credit, Frame, Head, Hello, Receipt, decode_batch, decode_frame
from rabita.line.ids import RANK, Lane, LogId
from rabita.line.limits import CHUNK_BYTES_MAX
from rabita.line.note import parse_checkpoint, parse_note
from rabita.line.record import EntryRow
from rabita.store.memory import MemoryStore
from rabita_sim.ledger import MARKER
from rabita_sim.network import End

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

LOWER_FRAMES_MAX: Final = 1
FLASH_RANK: Final = RANK[Lane.FLASH]


class Urgent(NamedTuple):
    """A FLASH entry that is durable and not yet on the wire: in which conversation, and what went before it."""

    session: int
    index: int  # type: ignore[assignment]  # - not the tuple method
    lower: int
    urgent: int


class Watch:
    """Sees every frame, every commit and every word told."""

    def __init__(self, world: "World") -> None:
        """Start with nothing seen."""
        self._world = world
        self._line = world.cast.line
        self.roots: dict[tuple[str, int], bytes] = {}
        self.doubled: dict[str, int] = {}
        self._notes: set[bytes] = set()
        self._parts: dict[tuple[int, LogId], list[bytes]] = {}
        self._words: dict[tuple[str, int, LogId], int] = {}
        self._urgent: dict[tuple[str, int], Urgent] = {}
        self._admitted: dict[tuple[int, LogId], int] = {}
        self._arrived: dict[tuple[str, int, LogId], int] = {}

    def _breaks(self, guarantee: str, detail: str) -> None:
        self._world.clock.breaks(guarantee, detail)

    # what leaves a node

    def sent(self, node: "Node", end: End | None, frames: Sequence[bytes]) -> None:
        """Look at frames as they leave a node."""
        honest = node.code != self._world.villain
        for raw in frames:
            if MARKER in raw:
                self._breaks("confidential", f"a withheld portion left {node.code}")
            if not honest:
                continue
            frame = decode_frame(raw)
            if self._world.clock.tracing:
                self._world.clock.say(node.code, f"-> {_shown(frame)}")
            self._frame(node, end, frame)

    def _frame(self, node: "Node", end: End | None, frame: Frame) -> None:
        if isinstance(frame, Chunk):
            self._under_way(node)
            self._order_of_lanes(node, end, frame)
            self._chunk(node, end, frame)
        elif isinstance(frame, Receipt):
            self._receipt(node, end, frame)
        elif isinstance(frame, Hello):
            for held in frame.held:
                self.checkpoint(held.note)
                self.checkpoint(held.receipt)
        elif isinstance(frame, Head):
            self.checkpoint(frame.note)
        elif isinstance(frame, Credit):
            self._credit(node, end, frame)

    def _under_way(self, node: "Node") -> None:
        """See that no more is under way than a FLASH entry may wait for; a link that slows then is nobody's fault."""
        session = node.state.session
        if session is None or session.bulk:
            return
        under_way = session.window.sent_bytes - session.window.acked_bytes
        if under_way > session.window.window_bytes + CHUNK_BYTES_MAX:
            self._breaks("urgent first", f"{node.code} has {under_way} bytes under way that a FLASH entry waits for")

    def _credit(self, node: "Node", end: End | None, credit: Credit) -> None:
        """See that a node whose disk is low admits nothing more below FLASH."""
        before = self._admitted.get((id(end), credit.log), 0)
        if node.low and RANK[credit.log.lane] > FLASH_RANK and credit.size_bytes > before:
            self._breaks("contained", f"{node.code} admits more of {credit.log} on a low disk")
        self._admitted[id(end), credit.log] = credit.size_bytes

    def checkpoint(self, note: bytes) -> None:
        """Keep a signed checkpoint that was seen; a second root of one size is remembered against its log."""
        if not note or note in self._notes:
            return
        self._notes.add(note)
        try:
            seen = parse_checkpoint(parse_note(note).text)
        except PeerFault:
            return
        if self.roots.setdefault((seen.origin, seen.size), seen.root) != seen.root:
            self.doubled[seen.origin] = min(seen.size, self.doubled.get(seen.origin, seen.size))

    def _chunk(self, node: "Node", end: End | None, chunk: Chunk) -> None:
        key = (id(end), chunk.log)
        parts = self._parts.setdefault(key, [])
        if chunk.offset == 0:
            parts.clear()
        parts.append(chunk.data)
        if not chunk.last:
            return
        batch = decode_batch(b"".join(parts))
        parts.clear()
        self.checkpoint(batch.note)
        size = batch.first + len(batch.entries)
        if MemoryStore.note(node.disk, self._line, chunk.log, size) is None:
            self._breaks("durable", f"{node.code} sent {chunk.log} to {size} before it was durable")

    def _receipt(self, node: "Node", end: End | None, receipt: Receipt) -> None:
        log, size = receipt.log, receipt.size
        note = MemoryStore.note(node.disk, self._line, log, size)
        if note is None or parse_checkpoint(parse_note(note).text).root != receipt.root:
            self._breaks("receipted", f"{node.code} receipted {log} to {size} without holding it")
            return
        self._covers_the_words(node, log, size)
        author = self._world.nodes[node.peer]
        held = next((row for row in author.disk.logs(self._line) if row.log == log), None)
        mine = next((row for row in node.disk.logs(self._line) if row.log == log), None)
        shown = end is not None and node.peer != self._world.villain
        if shown and held is not None and mine is not None and held.nonce == mine.nonce and size < held.receipted:
            self._breaks("receipted", f"{node.code} receipted {log} at {size}, below {held.receipted} shown to it")

    def _covers_the_words(self, node: "Node", log: LogId, size: int) -> None:
        key = (node.code, len(node.rolled), log)
        for index in range(self._words.get(key, 0), size):
            held = node.disk.entry(self._line, log, index)
            if held is None:
                self._breaks("receipted", f"{node.code} receipted {log} without entry {index}")
                return
            if (log, index) not in self._world.purged and not _has_words(held.row):
                self._breaks("receipted", f"{node.code} receipted {log} {index} without its words")
                return
        self._words[key] = max(size, self._words.get(key, 0))

    # urgent first

    def sealed(self, node: "Node", log: LogId, rows: Sequence[int]) -> None:
        """Begin to count what goes before a FLASH entry that just became durable."""
        session = node.state.session
        if log.lane is not Lane.FLASH or session is None or session.bulk or not session.met:
            return
        plan, key = session.sending.get(log), (node.code, node.life)
        if plan is not None and plan.credit_bytes > plan.used_bytes and not plan.blocked and key not in self._urgent:
            self._urgent[key] = Urgent(session.id, rows[-1], 0, 0)

    def _order_of_lanes(self, node: "Node", end: End | None, chunk: Chunk) -> None:
        key = (node.code, node.life)
        urgent = self._urgent.get(key)
        if urgent is None or end is None:
            return
        rank = RANK[chunk.log.lane]
        arrived = (
            chunk.log.lane is Lane.FLASH and chunk.log.party == node.code and chunk.first + 256 > urgent.index >= 0
        )
        if end.session != urgent.session or (arrived and chunk.first <= urgent.index):
            del self._urgent[key]
        elif rank <= FLASH_RANK:
            self._urgent[key] = urgent._replace(urgent=urgent.urgent + 1)
        else:
            self._urgent[key] = urgent._replace(lower=urgent.lower + 1)
            if urgent.lower + 1 > LOWER_FRAMES_MAX + urgent.urgent // 15:
                self._breaks("urgent first", f"{node.code} sent {urgent.lower + 1} lower frames before a FLASH entry")

    def committing(self, node: "Node", changes: Sequence[Changes]) -> None:
        """See that no other entries are committed while FLASH waits in the queue."""
        lanes = [batch.value.log.lane for each in changes for batch in each.batches]
        queued = [batch.value.log.lane for job in node.running._out.commits._jobs for batch in job.changes.batches]
        if Lane.FLASH in queued and lanes and min(RANK[lane] for lane in lanes) > FLASH_RANK:
            self._breaks("urgent first", f"{node.code} commits {lanes[0]} while FLASH waits for the disk")

    # what a node shows

    def arrived(self, node: "Node", log: LogId, rows: Sequence[EntryRow]) -> None:
        """See that entries are shown in order and once within a life."""
        key = (node.code, node.life, log)
        expected = self._arrived.get(key)
        first = rows[0].index
        if expected is not None and first != expected:
            self._breaks("delivered", f"{node.code} was shown {log} {first} after {expected}")
        self._arrived[key] = rows[-1].index + 1

    def told(self, node: "Node", code: str, detail: str) -> None:
        """See that nothing told holds what must not leave."""
        if MARKER.decode() in f"{code} {detail}":
            self._breaks("confidential", f"{node.code} told a withheld portion")


def _has_words(row: EntryRow) -> bool:
    try:
        digests = sent_portions(parse_content(row.entry.act))
    except PeerFault:
        return True
    return list(digests) == [sha256(raw).hexdigest() for raw in row.entry.portions if raw is not None]


def _shown(frame: Frame) -> str:
    name = type(frame).__name__.lower()
    if isinstance(frame, Chunk):
        where = f"{frame.log.party} {frame.log.epoch} {frame.log.lane}"
        return f"{name} {where} {frame.first}+{frame.offset} {len(frame.data)}"
    if isinstance(frame, Hello):
        held = [
            f"{each.log.party[-3:]}{each.log.epoch}{each.log.lane.letter}{each.size}{'f' * (each.frozen_at >= 0)}"
            for each in frame.held
        ]
        return f"{name} {' '.join(held)}"
    if isinstance(frame, Head):
        return f"{name} {frame.log.party} {frame.log.epoch} {frame.log.lane}"
    if isinstance(frame, Receipt):
        return f"{name} {frame.log.party} {frame.log.epoch} {frame.log.lane} {frame.size}"
    return f"{frame}"
