"""Revocations: a root's word that a key is compromised, and up to which log sizes it was still good.

The document is signed by the root as descriptors are. What the revoked key signed beyond the sizes named (checkpoints
of its party's logs, receipts of the counterpart's) is invalid; a log that is not named was good at no size.
"""

from typing import Final

import msgspec

from rabita.line.descriptor import Descriptor
from rabita.line.document import REVOCATION, read_document, root_keys
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, is_party_code
from rabita.line.limits import INTEGER_MAX
from rabita.line.signature import verify_note

KEY_BYTES: Final = 32


class LogSize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The size, in leaves, of one log at some point."""

    party: str
    epoch: int
    lane: Lane
    size: int

    @property
    def log(self) -> LogId:
        """The log."""
        return LogId(self.party, self.epoch, self.lane)


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The end of a key: ``key`` is the Ed25519 public half (32 bytes) of the hybrid key that *party* revokes.

    ``issued_ms`` is a claim, in milliseconds since 1970 UTC; the sizes decide, never the time.
    """

    party: str
    key: bytes
    sizes: tuple[LogSize, ...]
    issued_ms: int


def read_revocation(raw: bytes, author: Descriptor) -> Revocation:
    """Read and check a revocation by the party of *author*, a descriptor that is trusted already.

    Raises ``PeerFault``:
    1. ``note-malformed``, ``note-oversized``, ``document-foreign`` or ``document-malformed`` unless it is a revocation;
    2. ``revocation-foreign`` unless it is by the author's party;
    3. ``revocation-malformed`` unless the key has 32 bytes, each log is named once, epochs, sizes and time in bounds;
    4. ``note-unsigned`` or ``signature-false`` unless both root keys have signed it.
    """
    note, body = read_document(raw, REVOCATION, Revocation)  # 1
    if body.party != author.party:
        raise PeerFault("revocation-foreign", author.party)  # 2
    if not (
        len(body.key) == KEY_BYTES
        and len({each.log for each in body.sizes}) == len(body.sizes)
        and all(
            is_party_code(each.party) and 1 <= each.epoch <= INTEGER_MAX and 0 <= each.size <= INTEGER_MAX
            for each in body.sizes
        )
        and 0 <= body.issued_ms <= INTEGER_MAX
    ):
        raise PeerFault("revocation-malformed", author.party)  # 3
    for key in root_keys(author.party, author.root):
        verify_note(note, key)  # 4
    return body


def is_still_good(revocation: Revocation, log: LogId, size: int) -> bool:
    """Say whether a statement of the revoked key over *log* at *size* leaves stands."""
    return any(each.log == log and size <= each.size for each in revocation.sizes)
