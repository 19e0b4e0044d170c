"""Verification as numbered steps: the only place where a ``Verified`` value comes into being.

Stores and procedures accept nothing else, so that bytes nobody checked can be neither kept nor acted upon.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Generic, TypeVar

import msgspec

from rabita.line.entry import (
    ACT_ID_BYTES,
    NO_APPROVALS,
    UNREADABLE,
    Approval,
    Entry,
    Reading,
    approval_message,
    check_portions,
    check_sizes,
    hex_bytes,
    read,
)
from rabita.line.errors import PeerFault, ensure
from rabita.line.frames import Batch
from rabita.line.ids import Lane, LogId, origin
from rabita.line.merkle import HASH_BYTES, append, leaf_hash, root
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    VerifierKey,
    checkpoint_text,
    format_note,
    parse_checkpoint,
    parse_note,
)
from rabita.line.record import EntryRow, LogRow, SealedBatch, StoredReceipt
from rabita.line.signature import verify_ed25519, verify_es256, verify_note

Value = TypeVar("Value")

_DOOR: Final = object()
_NO_APPROVALS_DIGEST: Final = sha256(NO_APPROVALS).digest()


class Verified(Generic[Value]):
    """A value that passed this module's checks; nothing else can build one."""

    __slots__ = ("value",)

    def __init__(self, value: Value, door: object) -> None:
        """Refuse everyone but this module; raises ``InvariantBroken``."""
        ensure(door is _DOOR, "a Verified value was built outside line.verify")
        self.value: Final = value


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An officer's published approval key: the post that holds it, what it may approve, and how it signs.

    ``key`` names it in approvals. ``algorithm`` is ``ed25519`` (software key, 32 bytes) or ``es256-webauthn`` (P-256
    point of 65 bytes; then ``relying_party`` and ``origins`` are those the authenticator is bound to).
    """

    key: str
    post: str
    roles: tuple[str, ...]
    algorithm: str
    public: bytes
    relying_party: str = ""
    origins: tuple[str, ...] = ()


class _ClientData(msgspec.Struct, frozen=True):
    type: str
    challenge: str
    origin: str


ED25519: Final = "ed25519"
WEBAUTHN: Final = "es256-webauthn"
_AUTHENTICATOR_BYTES_MIN: Final = 37
_USER_PRESENT_AND_VERIFIED: Final = 0b101


def entry_row(index: int, entry: Entry, reading: Reading, withheld: tuple[bytes, ...] = ()) -> EntryRow:
    """Make the row of an entry at *index* from its reading."""
    stamp, act = reading.stamp, reading.act
    act_digest = sha256(entry.act).digest()
    approvals_digest = _NO_APPROVALS_DIGEST if entry.approvals == NO_APPROVALS else sha256(entry.approvals).digest()
    leaf = leaf_hash(sha256(entry.stamp).digest() + act_digest + approvals_digest)
    act_id = hex_bytes(act.id, ACT_ID_BYTES) if act else b""
    if stamp is None:
        return EntryRow(index, leaf, entry, 0, b"", (), act_id, act_digest, reading.fault, withheld)
    seen = (stamp.seen_epoch, *stamp.seen)
    prev = hex_bytes(stamp.prev, HASH_BYTES)
    return EntryRow(index, leaf, entry, stamp.n, prev, seen, act_id, act_digest, reading.fault, withheld)


def admit_batch(
    line: str, tip: LogRow, batch: Batch, keys: Sequence[VerifierKey], purged_until: int
) -> Verified[SealedBatch]:
    """Check a batch against the log it continues. *keys* are the author's for the size after it.

    Raises ``PeerFault``:
    1. ``batch-gap`` unless it begins where the log ends;
    2. ``entry-oversized`` unless every entry is within the limits;
    3. ``portion-missing`` or ``portion-false`` unless every entry brings the words its act lists as sent; a purge
       mark stands only below *purged_until*, the size of a receipt the sender showed, and never on a control lane;
    4. ``note-malformed``, ``checkpoint-malformed``, or ``checkpoint-foreign`` unless the note is this log's
       checkpoint at the size after the batch;
    5. ``root-mismatch`` unless the entries lead to its root;
    6. ``note-unsigned`` or ``signature-false`` unless the author's checkpoint key signed it.
    """
    first, log = batch.first, tip.log
    purged_until = 0 if log.lane is Lane.CONTROL else purged_until
    if first != tip.frontier.size:
        raise PeerFault("batch-gap", f"{log.party} {log.lane} {first}")  # 1
    rows = []
    for index, entry in enumerate(batch.entries, first):
        check_sizes(entry)  # 2
        reading = read(entry, line, log)
        if reading.sent or entry.portions:
            check_portions(entry, reading.sent, purged_allowed=index < purged_until)  # 3
        rows.append(entry_row(index, entry, reading))
    frontier = append(tip.frontier, [row.leaf for row in rows])
    note = check_checkpoint(batch.note, Checkpoint(origin(line, log, tip.nonce), frontier.size, root(frontier)), keys)
    return Verified(SealedBatch(log, first, tuple(rows), frontier, format_note(note)), _DOOR)


def check_checkpoint(raw: bytes, expected: Checkpoint, keys: Sequence[VerifierKey]) -> Note:
    """Check that a note is exactly the expected checkpoint, signed by the first of *keys*.

    An ML-DSA-44 signature by the second key is checked where there is one. Raises as steps 4 to 6 of ``admit_batch``.
    """
    note, checkpoint = open_checkpoint(raw, expected.origin, keys)
    if checkpoint.size != expected.size:
        raise PeerFault("checkpoint-foreign", expected.origin)  # 4
    if checkpoint.root != expected.root:
        raise PeerFault("root-mismatch", expected.origin)  # 5
    return note


def open_checkpoint(raw: bytes, expected_origin: str, keys: Sequence[VerifierKey]) -> tuple[Note, Checkpoint]:
    """Read a checkpoint of a log at whatever size it states and check its author's signature.

    Signatures by other keys than *keys* are dropped: they prove nothing here.
    Raises ``PeerFault``: ``note-malformed``, ``checkpoint-malformed``, ``checkpoint-foreign``, ``note-unsigned``,
    ``signature-false``.
    """
    note, _ = verify_note(raw, keys[0])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != expected_origin:
        raise PeerFault("checkpoint-foreign", expected_origin)
    by_key = {(each.name, each.key_id): each for each in note.signatures}
    present = [key for key in keys if (key.name, key.key_id) in by_key]
    for key in present[1:]:
        verify_note(note, key)
    return Note(note.text, tuple([by_key[key.name, key.key_id] for key in present])), checkpoint


def seal_batch(batch: SealedBatch, text: bytes, key: VerifierKey, signature: bytes) -> Verified[SealedBatch]:
    """Take an own group commit whose checkpoint *text* our key signed; the signature is checked, not trusted.

    Raises ``PeerFault("signature-false")`` when the key store gave a wrong signature.
    """
    verify_ed25519(key.public, signature, text)
    note = format_note(Note(text, (NoteSignature(key.name, key.key_id, signature),)))
    return Verified(batch._replace(note=note), _DOOR)


def admit_receipt(
    log: LogId, size: int, note: bytes, key: VerifierKey, signature: NoteSignature
) -> Verified[StoredReceipt]:
    """Join the counterpart's cosignature to our note over a log at *size*.

    Raises ``PeerFault``: ``note-unsigned`` or ``signature-false`` unless *key* made it, over exactly this checkpoint.
    """
    held = parse_note(note)
    others = [each for each in held.signatures if (each.name, each.key_id) != (signature.name, signature.key_id)]
    joined = Note(held.text, (*others, signature))
    verify_note(joined, key)
    return Verified(StoredReceipt(log, size, format_note(joined)), _DOOR)


def head_text(line: str, row: LogRow) -> bytes:
    """Give the checkpoint text of a log's head."""
    return checkpoint_text(Checkpoint(origin(line, row.log, row.nonce), row.frontier.size, root(row.frontier)))


def check_approval(approval: Approval, act: bytes, credential: Credential) -> None:
    """Check an officer's approval of an act against the credential published for its key.

    Raises ``PeerFault``:
    1. ``approval-foreign`` unless the credential may approve in this role;
    2. for a WebAuthn credential ``approval-foreign`` unless the client data is a ``webauthn.get`` for one of its
       origins with the message's SHA-256 as challenge, and the authenticator is bound to its relying party and saw
       and verified the user (W3C WebAuthn Level 2, 7.2, steps 11 to 17);
    3. ``signature-false`` unless the signature verifies.
    """
    if approval.role not in credential.roles or approval.key != credential.key:
        raise PeerFault("approval-foreign", approval.key[:64])  # 1
    check_signed(approval, approval_message(approval.role, act), credential)


def check_signed(approval: Approval, message: bytes, credential: Credential) -> None:
    """Check that a credential's key signed a message; raises as steps 2 and 3 of ``check_approval``."""
    if credential.algorithm == ED25519:
        verify_ed25519(credential.public, approval.signature, message)  # 3
        return
    try:
        client = msgspec.json.decode(approval.client_data, type=_ClientData)
    except UNREADABLE as fault:
        raise PeerFault("approval-foreign", approval.key[:64]) from fault  # 2
    data = approval.authenticator_data
    challenge = urlsafe_b64encode(sha256(message).digest()).rstrip(b"=").decode()
    if not (
        credential.algorithm == WEBAUTHN
        and (client.type, client.challenge) == ("webauthn.get", challenge)
        and client.origin in credential.origins
        and len(data) >= _AUTHENTICATOR_BYTES_MIN
        and data[:32] == sha256(credential.relying_party.encode()).digest()
        and data[32] & _USER_PRESENT_AND_VERIFIED == _USER_PRESENT_AND_VERIFIED
    ):
        raise PeerFault("approval-foreign", approval.key[:64])  # 2
    verify_es256(credential.public, approval.signature, data + sha256(approval.client_data).digest())  # 3
