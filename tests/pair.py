"""Two nodes with real keys, stores and exchanges, joined by a link that can be cut, under one clock that tests turn."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, Final

import msgspec

from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys, OfficerKey, RecoveryKey, RootKeys
from rabita.line.changes import Changes
from rabita.line.control import RECOVERY
from rabita.line.entry import SENT, WITHHELD, Act, Approval, PortionRef, approval_message, encode
from rabita.line.errors import LocalFault, RabitaError
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.line.record import EntryRow
from rabita.line.state import load
from rabita.services.commits import CommitQueue
from rabita.services.exchange import Exchange, Outside, Placed
from rabita.services.pairing import accept_charter, import_descriptor, issue_descriptor, propose_charter, sign_charter
from rabita.services.terms import default_terms
from rabita.store.blobs_memory import MemoryBlobs
from rabita.store.memory import MemoryStore
from tests.services.parties import Party, describe, pair

START_MS: Final = 1_706_486_400_000
"""29 January 2024, midnight UTC."""
HOP_MS: Final = 1
FAR_MS: Final = 2**50
_numbers = count(1)


def fresh(size: int) -> bytes:
    """Give bytes not given before in this run."""
    return sha256(b"%d" % next(_numbers)).digest()[:size]


class World:
    """The clock and everything that is due; time passes only when nothing is left to do before it."""

    def __init__(self) -> None:
        self.at_ms = 1_000
        self._due: list[tuple[int, int, Callable[[], None]]] = []

    def now_ms(self) -> int:
        return START_MS + self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at_ms, next(_numbers), call))

    def run(self, for_ms: int = 2_000) -> None:
        """Let this much time pass."""
        end_ms = self.at_ms + for_ms
        while self._due and self._due[0][0] <= end_ms:
            at_ms, _, call = heapq.heappop(self._due)
            self.at_ms = max(self.at_ms, at_ms)
            call()
        self.at_ms = end_ms


@dataclass
class Disk:
    """The scheduler of one node: commits take a moment."""

    world: World
    store: MemoryStore

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        def go() -> None:
            self.store.commit(changes, self.world.now_ms())
            done(None)

        self.world.call_at(self.world.at_ms + HOP_MS, go)

    def soon(self, call: Callable[[], None]) -> None:
        call()

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        self.world.call_at(at_ms, call)


@dataclass
class Heard:
    """A listener that writes down what it hears."""

    places: list[Placed] = field(default_factory=list)
    arrivals: list[tuple[LogId, EntryRow]] = field(default_factory=list)
    receipts: dict[LogId, int] = field(default_factory=dict)
    told_codes: list[str] = field(default_factory=list)

    def sealed(self, _line: str, log: LogId, rows: Sequence[int]) -> None:
        self.places += [(log, row) for row in rows]

    def arrived(self, _line: str, log: LogId, rows: Sequence[EntryRow]) -> None:
        self.arrivals += [(log, row) for row in rows]

    def receipted(self, _line: str, log: LogId, size: int) -> None:
        self.receipts[log] = size

    def told(self, _line: str, code: str, _detail: str) -> None:
        self.told_codes.append(code)


@dataclass
class Link:
    """One end of a conversation; ``number`` is what *peer* calls it."""

    world: World
    peer: "Side"
    number: int = 0
    up: bool = True

    def send(self, frames: Sequence[bytes]) -> None:
        sent = list(frames)

        def go() -> None:
            if self.up:
                self.peer.exchange.received(self.number, sent)

        self.world.call_at(self.world.at_ms + HOP_MS, go)

    def close(self) -> None:
        self.up = False
        self.world.call_at(self.world.at_ms + HOP_MS, lambda: self.peer.exchange.closed(self.number))


class Side:
    """One party's node on the line."""

    def __init__(self, party: Party, line: str, store: MemoryStore, world: World) -> None:
        self.party, self.line, self.store, self.world = party, line, store, world
        self.ring = KeyRing(party.node)
        self.heard = Heard()
        self.disk = Disk(world, store)
        self.blobs = MemoryBlobs()
        self.recovery: tuple[RecoveryKey, ...] = ()
        self.answers: list[Placed | RabitaError] = []
        self.exchange = self.wake()

    def wake(self) -> Exchange:
        """Take the line up from the store, as after a restart."""
        outside = Outside(self.store, self, self.world, self.disk, CommitQueue(self.disk), self.heard, self.blobs)
        self.exchange = Exchange(load(self.store.snapshot(self.line)), outside)
        return self.exchange

    @property
    def code(self) -> str:
        return self.party.code

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        """Sign with whatever keys the node holds by now."""
        return self.ring.sign_ed25519(public, message)

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        return self.ring.sign_mldsa44(public, message)

    def message(self, lane: Lane, portions: tuple[PortionRef, ...] = ()) -> Act:
        act_id = fresh(16).hex()
        return Act(self.line, self.code, lane, act_id, FAR_MS, "exercise", "message", "send", portions=portions)

    def control(self, name: str, fields: dict[str, Any], recovery: Sequence[RecoveryKey] = ()) -> None:
        """Seal an act of the line itself, approved by recovery keys where it opens an epoch."""
        act_id = fresh(16).hex()
        act = encode(Act(self.line, self.code, Lane.CONTROL, act_id, FAR_MS, "exercise", "line", name, fields=fields))
        signed = [
            Approval(RECOVERY, key.public.hex(), KeyRing(key).sign_ed25519(key.public, approval_message(RECOVERY, act)))
            for key in recovery
        ]
        self.seal_draft(Draft(act, encode(signed)), Lane.CONTROL)

    def draft(self, lane: Lane, text: str = "", *, withheld: str = "", officer: OfficerKey | None = None) -> Draft:
        """Write a message; *withheld* stays at home, *officer* approves it as releaser."""
        sent = (fresh(16) + text.encode(),) if text else ()
        kept = (fresh(16) + withheld.encode(),) if withheld else ()
        refs = [PortionRef(sha256(raw).hexdigest(), SENT, "CLEAR") for raw in sent]
        refs += [PortionRef(sha256(raw).hexdigest(), WITHHELD, "SECRET") for raw in kept]
        act = encode(self.message(lane, tuple(refs)))
        return Draft(act, approvals(officer, act), sent, kept)

    def seal(self, lane: Lane, *texts: str, officer: OfficerKey | None = None) -> None:
        """Seal messages; ``answers`` gets their places once time passes."""
        for text in texts:
            self.seal_draft(self.draft(lane, text, officer=officer), lane)

    def seal_draft(self, draft: Draft, lane: Lane) -> None:
        self.exchange.seal(draft, lane, self.answers.append)

    def log(self, lane: Lane, epoch: int = 1) -> LogId:
        return LogId(self.code, epoch, lane)

    def sizes(self) -> dict[LogId, int]:
        """Give the sizes of the logs that hold anything."""
        return {row.log: row.frontier.size for row in self.store.logs(self.line) if row.frontier.size}


def approvals(officer: OfficerKey | None, act: bytes) -> bytes:
    """Sign an act as an officer."""
    if officer is None:
        return b"[]"
    signature = KeyRing(officer).sign_ed25519(officer.public, approval_message("release", act))
    return encode((Approval("release", officer.public.hex(), signature),))


def recoverable(code: str) -> tuple[Party, tuple[RecoveryKey, RecoveryKey]]:
    """Found a party whose recovery keys are at hand."""
    root, node = RootKeys.generate(code), NodeKeys.generate(code)
    recovery = (RecoveryKey.generate(code), RecoveryKey.generate(code))
    public = tuple([each.public for each in recovery])
    descriptor = msgspec.structs.replace(describe(root, node), recovery=public)
    party = Party(code, root, node, descriptor, issue_descriptor(KeyRing(root), descriptor))
    import_descriptor(party.store, party.raw, own=True)
    return party, recovery


class Pair:
    """A founded line with a node on each side, not connected yet."""

    def __init__(self, one: str = "X-PAK", other: str = "X-IRN") -> None:
        self.world = World()
        a, recovery_a = recoverable(one)
        b, recovery_b = recoverable(other)
        pair(a, b)
        terms = default_terms(a.descriptor, b.descriptor, fresh(16))
        proposed = propose_charter(a.store, KeyRing(a.root), a.code, terms)
        self.charter = sign_charter(KeyRing(b.root), proposed, b.descriptor, a.descriptor)
        sides = []
        for party in (a, b):
            record = accept_charter(party.store, party.code, self.charter)
            store = MemoryStore()
            store.add_line(record)
            sides.append(Side(party, record.line, store, self.world))
        self.a, self.b = sides
        self.a.recovery, self.b.recovery = recovery_a, recovery_b
        self.line = self.a.line
        self._links: list[Link] = []

    def connect(self) -> None:
        """Open a conversation; *a* dialled."""
        to_b, to_a = Link(self.world, self.b), Link(self.world, self.a)
        to_a.number = self.a.exchange.opened(to_b, dialled=True)
        to_b.number = self.b.exchange.opened(to_a, dialled=False)
        self._links = [to_a, to_b]

    def cut(self) -> None:
        """Break the conversation off."""
        for link in self._links:
            link.up = False
            link.peer.exchange.closed(link.number)

    def run(self, for_ms: int = 2_000) -> None:
        self.world.run(for_ms)
