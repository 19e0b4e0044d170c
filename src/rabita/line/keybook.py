"""Which key counts at which position of which log: rotation and revocation activate by position, never by time.

A party's keys form eras. An era begins, for each log, after the size that the rotation opening it lists (0 where it
lists none, as for logs of a later epoch; never for unlisted logs of an earlier one); a signature over size s belongs
to the last era that begins below s.
"""

from collections.abc import Mapping

import msgspec

from rabita.line.descriptor import Descriptor, check_succession, checkpoint_keys, receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.ids import LogId
from rabita.line.limits import INTEGER_MAX
from rabita.line.note import VerifierKey


class Era(msgspec.Struct, frozen=True):
    """A descriptor's node keys, the sizes they begin after, and the last good sizes once a key is revoked."""

    descriptor: Descriptor
    after: Mapping[LogId, int]
    good_until: Mapping[LogId, int] | None = None


class KeyBook(msgspec.Struct, frozen=True):
    """The eras of one party, oldest first; the last is the newest descriptor held."""

    eras: tuple[Era, ...]

    @property
    def newest(self) -> Descriptor:
        """The newest descriptor of the party."""
        return self.eras[-1].descriptor


def first_era(descriptor: Descriptor) -> KeyBook:
    """Begin a key book with the descriptor confirmed at pairing."""
    return KeyBook((Era(descriptor, {}),))


def rotate(book: KeyBook, descriptor: Descriptor, after: Mapping[LogId, int]) -> KeyBook:
    """Open an era at the sizes a rotation lists; the same descriptor again changes nothing.

    Raises ``PeerFault``: ``descriptor-foreign`` or ``descriptor-old``.
    """
    if descriptor == book.newest:
        return book
    check_succession(book.newest, descriptor)
    return KeyBook((*book.eras, Era(descriptor, dict(after))))


def revoke(book: KeyBook, public: bytes, good_until: Mapping[LogId, int]) -> KeyBook:
    """Cut the eras of a compromised node key (its Ed25519 half) at the last good sizes; unlisted logs at 0."""

    def cut(era: Era) -> Era:
        keys = (era.descriptor.checkpoint.ed25519, era.descriptor.receipt.ed25519)
        return msgspec.structs.replace(era, good_until=dict(good_until)) if public in keys else era

    return KeyBook(tuple([cut(era) for era in book.eras]))


def _begins_after(era: Era, log: LogId) -> int:
    """Give the size of a log after which an era begins; it never does for unlisted logs of epochs closed before it."""
    if log in era.after:
        return era.after[log]
    newest = max([each.epoch for each in era.after if each.party == log.party], default=0)
    return INTEGER_MAX if log.epoch < newest else 0


def era_at(book: KeyBook, log: LogId, size: int) -> Descriptor:
    """Give the descriptor whose keys count for signatures over *log* at *size*.

    Raises ``PeerFault("key-revoked")`` beyond the last good size of a revoked key.
    """
    era = next((era for era in reversed(book.eras) if _begins_after(era, log) < size), book.eras[0])
    if era.good_until is not None and size > era.good_until.get(log, 0):
        raise PeerFault("key-revoked", era.descriptor.party)
    return era.descriptor


def checkpoint_keys_at(book: KeyBook, log: LogId, origin: str, size: int) -> tuple[VerifierKey, VerifierKey]:
    """Give the author's keys (Ed25519, ML-DSA-44) for its checkpoint of *log* at *size*; raises as ``era_at``."""
    return checkpoint_keys(era_at(book, log, size), origin)


def receipt_keys_at(book: KeyBook, log: LogId, size: int) -> tuple[VerifierKey, VerifierKey]:
    """Give the reader's keys (Ed25519, ML-DSA-44) for its receipt over *log* at *size*; raises as ``era_at``."""
    return receipt_keys(era_at(book, log, size))
