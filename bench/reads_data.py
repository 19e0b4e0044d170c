"""A transcript of two sides at work, written straight into one side's store: real acts, stamps, approvals, receipts.

Both sides speak in turns of one batch, and each has seen what the other said the turn before. Most acts are messages
and their answers, a fifth of them left unanswered; the rest are line tests, requests for information, incidents,
notices, commitments and measures. Words follow Zipf's law over three scripts.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rabita.line.changes import Changes
from rabita.line.control import CREDENTIAL, PROCEDURE, fields_of
from rabita.line.entry import SENT, Act, Approval, Entry, PortionRef, Stamp, approval_message, encode, read
from rabita.line.ids import LANES, Lane, LogId, first_nonce, key_name, origin
from rabita.line.limits import INTEGER_MAX
from rabita.line.merkle import EMPTY, Frontier, append, root
from rabita.line.note import (
    Checkpoint,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    checkpoint_text,
    cosignature_message,
    pack_timestamped,
)
from rabita.line.record import EntryRow, LogRow, SealedBatch
from rabita.line.verify import ED25519, Credential, admit_receipt, entry_row, seal_batch
from rabita.services.terms import BOUNDARY
from rabita.store.sqlite import SqliteStore

BATCH: Final = 256
START_MS: Final = 1_705_400_000_000
TURN_MS: Final = 60_000
DAY_MS: Final = 86_400_000
LETTERS: Final = ("abcdefghiklmnoprstuv", "ابتجدرزسشعفقکلمنوهی", "اٹبپتجچدڈرزسشکگلمنوہی")
WORDS: Final = 30_000
POSTS: Final = ("national-operations", "border-north", "border-south", "foreign-ministry")
AREA: Final = 100_000
"""Microdegrees a notice reaches either way."""


class Said(NamedTuple):
    """An act that may be answered: its digest, its procedure, whether the other side is to answer it, and how often."""

    digest: str
    procedure: str
    author: str
    left: int


class Vocabulary:
    """Words of three scripts, the frequent ones first, and texts made of them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.words = [self._word(LETTERS[each % len(LETTERS)]) for each in range(WORDS)]

    def _word(self, letters: str) -> str:
        return "".join(self._random.choices(letters, k=self._random.randint(3, 9)))

    def one(self) -> str:
        """Draw a word: its rank is the vocabulary's size to a random power, which is Zipf's law."""
        return self.words[int(WORDS ** self._random.random()) - 1]

    def text(self, count: int) -> str:
        return " ".join([self.one() for _ in range(count)])


@dataclass
class Author:
    """A party: its officer and node keys, its logs, and how much of the other's it has seen."""

    code: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    n: int = 0
    prev: str = "0" * 64
    frontiers: dict[Lane, Frontier] = field(default_factory=lambda: dict.fromkeys(LANES, EMPTY))
    seen: tuple[int, ...] = (0, 0, 0, 0, 0)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sizes(self) -> tuple[int, ...]:
        return tuple([self.frontiers[lane].size for lane in LANES])


class Transcript:
    """Writes a transcript into *store*, as the party that holds it would come to hold it."""

    def __init__(self, store: SqliteStore, line: str, codes: Sequence[str], seed: int = 1) -> None:
        self._store = store
        self._line = line
        self._random = Random(seed)
        self.vocabulary = Vocabulary(self._random)
        self._authors = [Author(code) for code in codes]
        self._us = self._authors[0]
        self._open: deque[Said] = deque()
        self._now_ms = START_MS
        self.entries = 0
        logs = [LogId(each.code, 1, lane) for each in self._authors for lane in LANES]
        heads = [LogRow(log, first_nonce(line, log.party), EMPTY, b"", 0, b"", "", -1) for log in logs]
        store.commit([Changes(line, tuple(heads))], START_MS)
        for author in self._authors:
            form = Credential("officer", "duty officer", ("drafter",), ED25519, author.public)
            act = self._act(author, Lane.CONTROL, PROCEDURE, CREDENTIAL, fields=fields_of(form))
            self._commit(author, Lane.CONTROL, [(act, ())])

    def grow(self, until: int, told: Callable[[int], None]) -> None:
        """Go on until this many entries are held."""
        while self.entries < until:
            for author in self._authors:
                acts = list(self._turn(author, min(BATCH, max(1, until - self.entries))))
                by_lane: dict[Lane, list[tuple[Act, tuple[bytes, ...]]]] = {}
                for act, portions in acts:
                    by_lane.setdefault(act.precedence, []).append((act, portions))
                for lane, some in by_lane.items():
                    self._commit(author, lane, some)
            for author, other in (self._authors, self._authors[::-1]):
                author.seen = other.sizes()
            self._now_ms += TURN_MS
            told(self.entries)

    # what is said in a turn

    def _turn(self, author: Author, count: int) -> Iterator[tuple[Act, tuple[bytes, ...]]]:
        waiting = [self._open.popleft() for _ in range(len(self._open))]
        for said in waiting:
            if count and said.author != author.code:
                count -= 1
                yield self._answered(author, said)
            elif said.author == author.code:
                self._open.append(said)
        for _ in range(count):
            yield self._opened(author)

    def _answered(self, author: Author, said: Said) -> tuple[Act, tuple[bytes, ...]]:
        name, fields, words = ANSWERS[said.procedure](said, self._random)
        return self._said(author, said.procedure, name, fields, words, (said.digest,), said.left - 1)

    def _opened(self, author: Author) -> tuple[Act, tuple[bytes, ...]]:
        (procedure,) = self._random.choices(list(OPENINGS), [weight for weight, _ in OPENINGS.values()])
        name, fields, words, answers = OPENINGS[procedure][1](self._random, self._now_ms)
        answers = 0 if self._random.random() < 0.2 else answers
        return self._said(author, procedure, name, fields, words, (), answers)

    def _said(
        self,
        author: Author,
        procedure: str,
        name: str,
        fields: dict[str, Any],
        words: Sequence[str],
        basis: tuple[str, ...],
        left: int,
    ) -> tuple[Act, tuple[bytes, ...]]:
        portions = tuple([self._random.randbytes(16) + self.vocabulary.text(30).encode() for _ in words])
        refs = tuple([PortionRef(sha256(raw).hexdigest(), SENT, "", language="en") for raw in portions])
        lane = self._random.choices(LANES[1:], (1, 3, 16, 80))[0]
        if len(words) > 1 or any(role != "text" for role in words):
            fields = {**fields, "roles": list(words)}
        act = self._act(author, lane, procedure, name, fields=fields, basis=basis, portions=refs)
        if left:
            self._open.append(Said(sha256(encode(act)).hexdigest(), procedure, author.code, left))
        return act, portions

    def _act(self, author: Author, lane: Lane, procedure: str, name: str, **more: Any) -> Act:  # noqa: ANN401 - of an act
        return Act(
            line=self._line,
            author=author.code,
            precedence=lane,
            id=self._random.randbytes(16).hex(),
            seal_before_ms=INTEGER_MAX,
            kind="exercise",
            procedure=procedure,
            act=name,
            posts=(self._random.choice(POSTS),),
            **more,
        )

    # how it is kept

    def _commit(self, author: Author, lane: Lane, acts: Sequence[tuple[Act, tuple[bytes, ...]]]) -> None:
        log, before = LogId(author.code, 1, lane), author.frontiers[lane]
        rows = [self._row(author, log, before.size + at, act, portions) for at, (act, portions) in enumerate(acts)]
        frontier = append(before, [row.leaf for row in rows])
        author.frontiers[lane] = frontier
        title = origin(self._line, log, first_nonce(self._line, author.code))
        text = checkpoint_text(Checkpoint(title, frontier.size, root(frontier)))
        key = VerifierKey(key_name(author.code, "checkpoint"), SignatureKind.ED25519, author.public)
        batch = seal_batch(SealedBatch(log, before.size, tuple(rows), frontier, b""), text, key, author.key.sign(text))
        self._store.commit([Changes(self._line, batches=(batch,))], self._now_ms)
        if author is self._us:
            self._receipt(log, frontier.size, batch.value.note)
        self.entries += len(rows)

    def _receipt(self, log: LogId, size: int, note: bytes) -> None:
        peer, time_s = self._authors[1], self._now_ms // 1_000 + 1
        key = VerifierKey(key_name(peer.code, "receipt"), SignatureKind.ED25519_COSIGNATURE, peer.public)
        signature = peer.key.sign(cosignature_message(time_s, note[: note.index(b"\n\n") + 1]))
        signed = NoteSignature(key.name, key.key_id, pack_timestamped(time_s, signature))
        self._store.commit([Changes(self._line, receipts=(admit_receipt(log, size, note, key, signed),))], self._now_ms)

    def _row(self, author: Author, log: LogId, index: int, act: Act, portions: tuple[bytes, ...]) -> EntryRow:
        author.n += 1
        seen = author.seen
        stamp = Stamp(
            line=self._line,
            party=author.code,
            epoch=1,
            lane=log.lane,
            charter=1,
            n=author.n,
            prev=author.prev,
            seen_epoch=1,
            seen=(seen[0], seen[1], seen[2], seen[3], seen[4]),
            time_ms=self._now_ms,
        )
        raw = encode(act)
        approvals = encode([Approval("drafter", "officer", author.key.sign(approval_message("drafter", raw)))])
        entry = Entry(encode(stamp), raw, approvals, portions)
        row = entry_row(index, entry, read(entry, self._line, log))
        author.prev = row.leaf.hex()
        return row


Opened = tuple[str, dict[str, Any], tuple[str, ...], int]
Answered = tuple[str, dict[str, Any], tuple[str, ...]]


def _message(random: Random, _now_ms: int) -> Opened:
    return (
        "send",
        {"wants": random.choice(("information", "acknowledgement", "reply"))},
        ("text",),
        random.choice((1, 1, 2)),
    )


def _window(now_ms: int, random: Random) -> dict[str, int]:
    start_ms = now_ms + random.randint(0, 90) * DAY_MS
    return {"start_ms": start_ms, "end_ms": start_ms + random.randint(1, 5) * DAY_MS}


def _notice(random: Random, now_ms: int) -> Opened:
    west, south = random.randint(61_000_000, 64_000_000), random.randint(25_000_000, 29_000_000)
    corners = [(west, south), (west + AREA, south), (west + AREA, south + AREA), (west, south + AREA)]
    area = {"area": corners, "edition": BOUNDARY.digest}
    fields = {"kind": "exercise", "areas": [area], "window": _window(now_ms, random)}
    return "announce", fields | {"formation": "battalion", "contact": "operations"}, (), 1


OPENINGS: Final[dict[str, tuple[int, Callable[[Random, int], Opened]]]] = {
    "message": (70, _message),
    "line test": (10, lambda _random, _now_ms: ("test", {}, (), 1)),
    "rfi": (
        8,
        lambda _random, now_ms: (
            "ask",
            {"subject": "area", "purpose": "counter-smuggling", "urgency": "normal"}
            | {"latest_time_of_value_ms": now_ms + 30 * DAY_MS},
            ("question", "justification"),
            1,
        ),
    ),
    "incident": (
        4,
        lambda random, now_ms: (
            "report",
            {"what": "shooting", "when": _window(now_ms, random), "known_from": "heard"},
            ("text",),
            1,
        ),
    ),
    "notice": (4, _notice),
    "commitment": (
        2,
        lambda random, now_ms: (
            "propose",
            {"owed_by": "both", "theme": "border-management", "source": "agreement", "valid": "no-expiry"}
            | {"due_ms": now_ms + random.randint(1, 200) * DAY_MS},
            ("text",),
            2,
        ),
    ),
    "measure": (
        2,
        lambda _random, now_ms: ("declare", {"kind": "close-airspace", "since_ms": now_ms}, ("official-wording",), 1),
    ),
}
"""By procedure: how often, and how it is opened (act, fields, portion roles, answers to come)."""
ANSWERS: Final[dict[str, Callable[[Said, Random], Answered]]] = {
    "message": lambda said, _random: ("acknowledge", {}, ()) if said.left == 1 else ("reply", {}, ("text",)),
    "line test": lambda _said, _random: ("answer", {}, ()),
    "rfi": lambda _said, _random: ("accept", {}, ()),
    "incident": lambda _said, random: (
        "account",
        {"what": "shooting", "when": _window(START_MS, random), "known_from": "heard"},
        ("text",),
    ),
    "notice": lambda _said, _random: ("acknowledge", {}, ()),
    "commitment": lambda said, _random: ("confirm", {"digest": said.digest}, ()),
    "measure": lambda _said, _random: ("note", {}, ()),
}
