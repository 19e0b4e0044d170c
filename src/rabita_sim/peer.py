"""A malicious party with valid keys: its node runs the real code, and what leaves it is changed, added to or repeated.

Tricks that leave a proof (a fork, a contradicted order) are repeated until the honest node holds it; tricks that prove
nothing must change nothing. When the world heals the party behaves again, so that its honest lanes can be judged.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from rabita.line.entry import Entry, Stamp
from rabita.line.errors import PeerFault
from rabita.line.frames import (
    Bye,
    Chunk,
    Credit,
    Frame,
    Head,
    Held,
    Hello,
    Ping,
    Receipt,
    Refusal,
    decode_batch,
    decode_frame,
    encode_batch,
    encode_frame,
)
from rabita.line.ids import PRECEDENCES, Lane, LogId
from rabita.line.limits import CHUNK_BYTES_MAX, FRAME_BYTES_MAX
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import Note, checkpoint_text, format_note, parse_checkpoint, parse_note
from rabita_sim.clock import Broken
from rabita_sim.craft import false_opening, forked_batch, seal_anything, signed_note
from rabita_sim.network import End

if TYPE_CHECKING:
    from rabita_sim.node import Node
    from rabita_sim.world import World

TRY_EVERY_MS: Final = 400
LATE_TRIES: Final = 8
PROVES: Final = {"fork": "forked", "fork-hello": "forked"} | dict.fromkeys(
    ("same-n", "false-prev", "falling-seen"), "order-contradicted"
)
MILD: Final = (
    "replay",
    "lie",
    "no-words",
    "other-words",
    "poison",
    "used-id",
    "garbage",
    "oversized",
    "over-credit",
    "flood",
    "false-epoch",
    "false-opening",
    "other-entries",
    "glut",
)
ALTERED: Final = frozenset({"no-words", "other-words", "other-entries"})
POISON: Final = (
    b"not json",
    b'{"id":"' + b"0" * 32 + b'","id":"' + b"1" * 32 + b'"}',
    b"[" * 400 + b"]" * 400,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b'{"id":' + b"9" * 400 + b"}",
    b'{"a":1.5e3}',
    b"\xff\xfe{}",
    b"[]",
    b"",
    b'{"portions":[{"digest":7,"state":"withheld"},3]}',
)


def villainy(random: Random, step: str) -> tuple[str, ...]:
    """Choose what a malicious party will do; nothing, if there is none in this world."""
    if step in ("stop", "accord"):
        return (random.choice(tuple(PROVES)),)
    if random.random() < 0.7:  # noqa: PLR2004 - seven worlds in ten are between honest parties
        return ()
    return tuple(random.sample((*MILD, *MILD, *PROVES), random.randrange(1, 4)))


class Villain:
    """What the malicious party does with the node it runs; ``armed`` until the world heals."""

    def __init__(self, world: "World", node: "Node", plan: Sequence[str]) -> None:
        """Take the node over."""
        self.armed = True
        self._world = world
        self._node = node
        self._end: End | None = None
        self._heard: list[bytes] = []
        self._plain = False
        self._lies = {
            trick for trick in plan if trick in ("lie", "no-words", "other-words", "other-entries", "fork-hello")
        }
        self._wanted = [trick for trick in plan if trick in PROVES]
        self._done: set[str] = set()
        self._late = 0
        node.tamper_with(self._tamper)
        for trick in plan:
            world.clock.at(world.clock.random.randrange(2_500, 8_000), self._attempt(trick))

    @property
    def _honest(self) -> "Node":
        return self._world.nodes[self._node.peer]

    def must_be_proven(self) -> None:
        """Check that the honest node holds what was proven, and believed nothing that was not."""
        honest = self._honest
        codes = {row.code for row in honest.disk.evidence(honest.cast.line)}
        for trick in self._wanted:
            if trick in self._done and PROVES[trick] not in codes and not honest.rolled:
                raise Broken("undeniable", f"{trick} by {self._node.code} left no proof with {honest.code}")
        if honest.state.epochs[self._node.code] > self._node.state.epochs[self._node.code]:
            raise Broken("contained", f"{honest.code} follows {self._node.code} into an epoch that was never opened")
        if not honest.rolled and honest.state.epochs[honest.code] > 1 and "lane-stopped" not in honest.told_codes:
            raise Broken("contained", f"{honest.code} was talked into a new epoch")

    def unproven(self) -> list[str]:
        """Say which proofs are still to reach the honest node; one that lost its disk may have lost them with it."""
        if self._honest.rolled:
            return []
        return [trick for trick in self._wanted if trick in self._done and not self._proven(trick)]

    # tricks that are done at a time

    def _attempt(self, trick: str) -> Callable[[], None]:
        def attempt() -> None:
            if self._world.clock.broken is not None or self._proven(trick):
                self._node.starts_anew()
                return
            self._late += not self.armed
            if not self.armed and (trick not in PROVES or self._late > LATE_TRIES):
                return
            node = self._node
            if self._end is not None and self._end.alive and node.up and node.state.session is not None:
                self._world.clock.say(node.code, f"trick {trick}")
                node.enter(lambda _exchange: self._do(trick))
            if trick in PROVES or trick == "flood":
                self._world.clock.after(TRY_EVERY_MS * 3, attempt)

        return attempt

    def _proven(self, trick: str) -> bool:
        if trick not in PROVES:
            return trick in self._done and trick != "flood"
        honest = self._honest
        return any(row.code == PROVES[trick] for row in honest.disk.evidence(honest.cast.line))

    def _do(self, trick: str) -> None:
        acts: dict[str, Callable[[], bool]] = {
            "fork": self._fork,
            "fork-hello": self._greet_again,
            "poison": self._poison,
            "used-id": self._used_id,
            "same-n": lambda: self._disorder(lambda stamp: msgspec.structs.replace(stamp, n=max(stamp.n - 1, 1))),
            "false-prev": lambda: self._disorder(lambda stamp: msgspec.structs.replace(stamp, prev="11" * 32)),
            "falling-seen": self._falling_seen,
            "replay": self._replay,
            "garbage": lambda: self._inject([self._random.randbytes(40), b"\x91" * 3_000, b"\x95\xa5chunk"]),
            "oversized": lambda: self._inject([bytes(FRAME_BYTES_MAX + 1)]),
            "over-credit": self._over_credit,
            "flood": self._flood,
            "false-epoch": self._false_epoch,
            "false-opening": lambda: self._say(false_opening(self._node)),
            "glut": self._glut,
        }
        if trick in acts and acts[trick]():
            self._done.add(trick)

    @property
    def _random(self) -> Random:
        return self._world.clock.random

    def _inject(self, frames: Sequence[bytes]) -> bool:
        if self._end is None:
            return False
        self._plain = True
        self._end.send(frames)
        self._plain = False
        return True

    def _say(self, *frames: Frame) -> bool:
        return self._inject([encode_frame(frame) for frame in frames])

    def _own(self) -> list[LogId]:
        state = self._node.state
        return [log for log, row in sorted(state.logs.items()) if log.party == self._node.code and row.receipted]

    def _fork(self) -> bool:
        chunks = [chunk for log in self._own() if (chunk := forked_batch(self._node, log)) is not None]
        return bool(chunks) and self._say(self._random.choice(chunks))

    def _greet_again(self) -> bool:
        self._world.link.cut()
        return "fork-hello" in self._done

    def _poison(self) -> bool:
        lane = self._random.choice(PRECEDENCES)
        return all(seal_anything(self._node, lane, self._random.choice(POISON)) for _ in range(3))

    def _used_id(self) -> bool:
        listed = self._node.disk.listed(self._node.cast.line, self._node.code, 0, 1)
        if not listed:
            return False
        act = listed[0].row.entry.act.replace(b'"marking":""', b"").replace(b"send", b"sent")
        return seal_anything(self._node, Lane.ROUTINE, act)

    def _disorder(self, tweak: Callable[[Stamp], Stamp]) -> bool:
        if self._node.state.n <= 1:
            self._world.seal(self._node, Lane.PRIORITY, 30)
            return False
        return seal_anything(self._node, Lane.IMMEDIATE, b'{"a":1}', tweak)

    def _falling_seen(self) -> bool:
        state = self._node.state
        if not any(row.frontier.size for log, row in state.logs.items() if log.party == self._node.peer):
            return False
        seal_anything(self._node, Lane.PRIORITY, b'{"b":1}')
        return self._disorder(lambda stamp: msgspec.structs.replace(stamp, seen=(0, 0, 0, 0, 0)))

    def _replay(self) -> bool:
        return bool(self._heard) and self._inject(self._random.choices(self._heard, k=12))

    def _over_credit(self) -> bool:
        node = self._node
        log = LogId(node.code, node.state.epochs[node.code], Lane.ROUTINE)
        first = node.state.logs[log].frontier.size
        pieces = [Chunk(log, first, at * CHUNK_BYTES_MAX, last=False, data=bytes(CHUNK_BYTES_MAX)) for at in range(14)]
        return self._say(*pieces)

    def _flood(self) -> bool:
        node, honest = self._node, self._honest
        mine = LogId(node.code, node.state.epochs[node.code], Lane.FLASH)
        theirs = LogId(honest.code, node.state.epochs[honest.code], Lane.ROUTINE)
        size = node.state.logs[theirs].frontier.size
        kinds: tuple[Frame, ...] = (
            Refusal(theirs, 0, "root-mismatch", blocked=False),
            Refusal(theirs, size, "x" * 200, blocked=False),
            Head(mine, b"nothing"),
            Ping(self._random.randrange(2**40)),
            Credit(theirs, 2**40, over_quota=False),
            Receipt(theirs, size + 3, bytes(32), 1, bytes(64)),
            Receipt(theirs, max(size, 1), bytes(32), 1, bytes(64)),
            Bye("closing"),
        )
        return self._say(*[self._random.choice(kinds[:5])] * 40, self._random.choice(kinds))

    def _glut(self) -> bool:
        """Seal more than any quota and all credit admit."""
        act = b'{"text":"' + b"x" * 30_000 + b'"}'
        return all(seal_anything(self._node, Lane.ROUTINE, act) for _ in range(45))

    def _false_epoch(self) -> bool:
        node = self._node
        epoch = node.state.epochs[node.code]
        data = encode_batch(0, [Entry(b"{}", b'{"procedure":"line","act":"open-epoch"}', b"[]", ())], b"no note")
        return self._say(
            Chunk(LogId(node.code, epoch + 1, Lane.CONTROL), 0, 0, last=True, data=data),
            Chunk(LogId(node.code, epoch + 7, Lane.FLASH), 0, 0, last=True, data=data),
            Chunk(LogId(self._honest.code, 1, Lane.FLASH), 0, 0, last=True, data=data),
        )

    # tricks on what is sent anyway

    def _tamper(self, end: End, frames: Sequence[bytes]) -> Sequence[bytes]:
        self._end = end
        if self._plain:
            return frames
        self._heard = [*self._heard[-60:], *frames]
        return [self._changed(raw) for raw in frames] if self._lies and self._tampers() else frames

    def _tampers(self) -> bool:
        return self.armed or (
            "fork-hello" in self._lies and self._late <= LATE_TRIES and not self._proven("fork-hello")
        )

    def _changed(self, raw: bytes) -> bytes:
        frame = decode_frame(raw)
        if isinstance(frame, Hello) and "fork-hello" in self._lies:
            return encode_frame(msgspec.structs.replace(frame, held=tuple([self._forked(each) for each in frame.held])))
        if isinstance(frame, Hello) and "lie" in self._lies:
            return encode_frame(msgspec.structs.replace(frame, held=tuple([self._lied(each) for each in frame.held])))
        if isinstance(frame, Chunk) and frame.offset == 0 and frame.last and self._lies & ALTERED:
            return encode_frame(msgspec.structs.replace(frame, data=self._without_words(frame.data)))
        return raw

    def _forked(self, held: Held) -> Held:
        if held.log.party != self._node.code or not held.size or held.log not in self._node.state.logs:
            return held
        leaves = self._node.disk.leaves(self._node.cast.line, held.log, 0, held.size)
        tree = append(append(EMPTY, leaves[:-1]), [bytes(32)])
        theirs = self._honest.state.logs.get(held.log) if self._honest.up else None
        if theirs is not None and theirs.frontier.size == held.size and theirs.nonce == held.nonce:
            self._done.add("fork-hello")
        note = signed_note(self._node, held.log, tree)
        return msgspec.structs.replace(held, root=root(tree), note=note, receipt=b"")

    def _lied(self, held: Held) -> Held:
        random = self._random
        lies: tuple[dict[str, object], ...] = (
            {"size": held.size + random.randrange(1, 9)},
            {"size": held.size + 2**40, "root": random.randbytes(32)},
            {"root": random.randbytes(32)},
            {"nonce": "0" * 32},
            {"note": b"junk\n"},
            {"receipt": held.note},
            {"log": held.log._replace(epoch=99)},
            {"frozen_at": 2**30},
            self._forged(held),
            self._forged(held),
            {},
        )
        return msgspec.structs.replace(held, **random.choice(lies))

    def _forged(self, held: Held) -> dict[str, object]:
        """Claim to hold more than the author signed, under a signature of his for something else."""
        if not held.note or held.log.party == self._node.code:
            return {}
        note = parse_note(held.note)
        seen = parse_checkpoint(note.text)
        more = msgspec.structs.replace(seen, size=seen.size + 2)
        raw = format_note(Note(checkpoint_text(more), note.signatures))
        return {"size": more.size, "note": raw}

    def _without_words(self, data: bytes) -> bytes:
        try:
            batch = decode_batch(data)
        except PeerFault:
            return data
        if "other-entries" in self._lies:
            return encode_batch(batch.first, [each._replace(approvals=b"[  ]") for each in batch.entries], batch.note)
        other = "other-words" in self._lies
        entries = [
            entry._replace(portions=tuple([b"x" * 40 for _ in entry.portions]) if other else ())
            for entry in batch.entries
        ]
        return encode_batch(batch.first, entries, batch.note)
