"""The test world of procedures as real entries in real stores: stamps, acts, signed approvals, words, credentials."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from rabita.line.changes import Changes
from rabita.line.control import CREDENTIAL, CREDENTIAL_REVOCATION, PROCEDURE, RevokedCredential, fields_of
from rabita.line.document import CHARTER, document_text
from rabita.line.entry import (
    NO_APPROVALS,
    SENT,
    WITHHELD,
    Act,
    Approval,
    Entry,
    PortionRef,
    Stamp,
    approval_message,
    encode,
    read,
)
from rabita.line.ids import LANES, Lane, LogId, key_name
from rabita.line.note import (
    Note,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    cosignature_message,
    format_note,
    pack_timestamped,
)
from rabita.line.record import EntryRow, LineRecord
from rabita.line.verify import ED25519, Credential, admit_receipt, entry_row
from rabita.ports import Store
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import Catalogue
from rabita.procedures.engine.held import Approved, Held
from rabita.store.memory import MemoryStore
from tests.procedures.world import CONSENTING, IRN, PAK, PARTIES, SERVICE_ONLY, World
from tests.store.rows import PUBLIC, SIGNER, Author, keep

LINE: Final = "line"
START_MS: Final = 1_705_400_000_000
SALT: Final = b"\0" * 16
KEYS: Final = (*CONSENTING, *SERVICE_ONLY)
SIGNERS: Final = {each.key: Ed25519PrivateKey.from_private_bytes(sha256(each.key.encode()).digest()) for each in KEYS}


class Transcribed(World):
    """A world whose acts can be written down; ``texts`` are the portions by digest, with salt."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        super().__init__(catalogue)
        self.texts: dict[str, bytes] = {}

    def words(self, *texts: str, withheld: str = "", language: str = "en") -> tuple[PortionRef, ...]:
        """Write portions of an act to be said."""
        raws = [(SALT + text.encode(), SENT) for text in texts]
        raws += [(SALT + withheld.encode(), WITHHELD)] if withheld else []
        self.texts |= {sha256(raw).hexdigest(): raw for raw, _ in raws}
        return tuple([PortionRef(sha256(raw).hexdigest(), state, "", language=language) for raw, state in raws])

    def publish(self, code: str, *approvals: Approved) -> list[Held]:
        """Publish credentials of a party's officers on its control lane."""
        return [self.publish_for(code, each, (each.role,)) for each in approvals]

    def publish_for(self, code: str, approved: Approved, roles: tuple[str, ...]) -> Held:
        """Publish an officer's credential for these roles."""
        public = SIGNERS[approved.key].public_key().public_bytes_raw()
        return self._control(code, CREDENTIAL, Credential(approved.key, "a post", roles, ED25519, public))

    def revoke(self, code: str, approved: Approved) -> Held:
        """Revoke an officer's credential."""
        return self._control(code, CREDENTIAL_REVOCATION, RevokedCredential(approved.key))

    def _control(self, code: str, name: str, form: Struct) -> Held:
        self.made += 1
        act = Act(LINE, code, Lane.CONTROL, f"{self.made:032x}", 0, "exercise", PROCEDURE, name, fields=fields_of(form))
        return self.seal(act, ())

    def entry(self, held: Held) -> EntryRow:
        """Write an act down as its author's node would have it."""
        raw = encode(held.act)
        assert sha256(raw).hexdigest() == held.digest
        signed = [
            Approval(each.role, each.key, SIGNERS[each.key].sign(approval_message(each.role, raw)))
            for each in held.approvals
        ]
        stamp = Stamp(
            line=LINE,
            party=held.author,
            epoch=held.epoch,
            lane=held.lane,
            charter=held.charter,
            n=held.n,
            prev="0" * 64,
            seen_epoch=held.seen_epoch,
            seen=held.seen,
            time_ms=START_MS + held.n * 60_000,
        )
        sent = tuple([self.texts[each.digest] for each in held.act.portions if each.state == SENT])
        withheld = tuple([self.texts[each.digest] for each in held.act.portions if each.state != SENT])
        entry = Entry(encode(stamp), raw, encode(signed) if signed else NO_APPROVALS, sent)
        log = LogId(held.author, held.epoch, held.lane)
        return entry_row(held.index, entry, read(entry, LINE, log), withheld)


class Holder:
    """A party's store, which comes to hold entries one batch after another; ``held`` is what it holds."""

    def __init__(self, world: Transcribed, us: str = PAK, store: Store | None = None) -> None:
        self.world, self.us = world, us
        self.peer = IRN if us == PAK else PAK
        self.store: Store = store or MemoryStore()
        self.store.add_line(LineRecord(LINE, us, self.peer, charter_note(world), (b"", b"")))
        self.held: list[Held] = []
        self._authors: dict[LogId, Author] = {}
        self._numbers = START_MS

    def take(self, entries: Iterable[Held]) -> None:
        """Come to hold these entries, each in a batch of its own."""
        for each in entries:
            log = LogId(each.author, each.epoch, each.lane)
            batch = self._author(log).sealed((self.world.entry(each),))
            self._numbers += 1_000
            keep(self.store, batch, line=LINE, now_ms=self._numbers)
            self.held.append(each)

    def take_waiting(self, lane: Lane, author: str, count: int = 1) -> None:
        """Come to hold the next entries of a log."""
        log = self.world.sides[author].logs[lane]
        have = len([each for each in self.held if (each.author, each.lane) == (author, lane)])
        self.take(log[have : have + count])

    def take_all(self) -> None:
        """Come to hold everything said, log by log."""
        for author in PARTIES:
            for lane in LANES:
                self.take_waiting(lane, author, len(self.world.sides[author].logs[lane]))

    def receipt(self, log: LogId, size: int, time_s: int) -> None:
        """Hold the counterpart's receipt over a log of ours."""
        note = self._author(log).notes[size]
        reader = VerifierKey(key_name(self.peer, "receipt"), SignatureKind.ED25519_COSIGNATURE, PUBLIC)
        signature = SIGNER.sign(cosignature_message(time_s, note[: note.index(b"\n\n") + 1]))
        signed = NoteSignature(reader.name, reader.key_id, pack_timestamped(time_s, signature))
        receipt = admit_receipt(log, size, note, reader, signed)
        self.store.commit([Changes(LINE, receipts=(receipt,))], self._numbers)

    def freeze(self, log: LogId, size: int) -> None:
        """Learn that a log of a closed epoch ends at a size."""
        (head,) = [each for each in self.store.logs(LINE) if each.log == log]
        self.store.commit([Changes(LINE, logs=(head._replace(frozen_at=size),))], self._numbers)

    def _author(self, log: LogId) -> Author:
        if log not in self._authors:
            self._authors[log] = Author(log)
        return self._authors[log]


def charter_note(world: World) -> bytes:
    """Write the world's charter as a note; nobody who reads it here asks for true signatures."""
    text = document_text(CHARTER, world.charters[1])
    return format_note(Note(text, (NoteSignature("X-PAK.rabita.invalid/root", b"keyi", b"s"),)))
