"""Which key counts at which position of which log: rotation and revocation activate by position, never by time.

A party's keys form eras. An era begins, for each log, after the size that the rotation opening it lists (0 where it
lists none, as for logs of a later epoch; never for unlisted logs of an earlier one); a signature over size s belongs
to the last era that begins below s. Eras follow one another by where their rotations stand, in whatever order those
arrive. An author restored from before a rotation cannot know it: in an epoch whose opening lists the control log below
the rotation, that era never begins.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from rabita.line.descriptor import Descriptor, check_succession, checkpoint_keys, receipt_keys
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId
from rabita.line.limits import INTEGER_MAX
from rabita.line.note import VerifierKey

Place: TypeAlias = tuple[int, int]
"""Where an act stands in its author's control logs: the epoch, and the index within it."""
FOUNDING: Final[Place] = (0, 0)


class Era(msgspec.Struct, frozen=True):
    """A descriptor's node keys, where its rotation stands, the sizes it begins after, the last good ones if revoked."""

    descriptor: Descriptor
    place: Place
    after: Mapping[LogId, int]
    good_until: Mapping[LogId, int] | None = None


class KeyBook(msgspec.Struct, frozen=True):
    """The eras of one party, oldest first; the last is the newest descriptor held.

    ``known`` says, for an epoch that an opening began, how much of its author's control logs that opening listed.
    """

    eras: tuple[Era, ...]
    known: Mapping[int, Mapping[LogId, int]] = {}

    @property
    def newest(self) -> Descriptor:
        """The newest descriptor of the party."""
        return self.eras[-1].descriptor


def first_era(descriptor: Descriptor) -> KeyBook:
    """Begin a key book with the descriptor confirmed at pairing."""
    return KeyBook((Era(descriptor, FOUNDING, {}),))


def rotate(book: KeyBook, descriptor: Descriptor, after: Mapping[LogId, int], place: Place) -> KeyBook:
    """Open an era at the sizes a rotation lists, the rotation standing at *place*; the same again changes nothing.

    A restored author may rotate to a descriptor once more that it rotated to before. Raises ``PeerFault``:
    ``descriptor-foreign``, or ``descriptor-old`` if it is older than one before its place, or newer than one after it.
    """
    if (place, descriptor) in [(era.place, era.descriptor) for era in book.eras]:
        return book
    at = bisect_right([era.place for era in book.eras], place)
    for era in book.eras:
        older, newer = (era.descriptor, descriptor) if era.place <= place else (descriptor, era.descriptor)
        if older != newer:
            check_succession(older, newer)
    eras = (*book.eras[:at], Era(descriptor, place, dict(after)), *book.eras[at:])
    return msgspec.structs.replace(book, eras=eras)


def begin_epoch(book: KeyBook, party: str, epoch: int, heads: Mapping[LogId, int]) -> KeyBook:
    """Take in what the opening of *party*'s epoch lists of its control logs."""
    known = {log: size for log, size in heads.items() if log.party == party and log.lane is Lane.CONTROL}
    return msgspec.structs.replace(book, known={**book.known, epoch: known})


def revoke(book: KeyBook, public: bytes, good_until: Mapping[LogId, int]) -> KeyBook:
    """Cut the eras of a compromised node key (its Ed25519 half) at the last good sizes; unlisted logs at 0."""

    def cut(era: Era) -> Era:
        keys = (era.descriptor.checkpoint.ed25519, era.descriptor.receipt.ed25519)
        return msgspec.structs.replace(era, good_until=dict(good_until)) if public in keys else era

    return msgspec.structs.replace(book, eras=tuple([cut(era) for era in book.eras]))


def _begins_after(book: KeyBook, era: Era, log: LogId) -> int:
    """Give the size of a log after which an era begins.

    It never does for unlisted logs of epochs closed before it, nor in an epoch begun without knowing of it.
    """
    epoch, index = era.place
    control = LogId(era.descriptor.party, epoch, Lane.CONTROL)
    begun = log.party == control.party and log.epoch in book.known and 0 < epoch < log.epoch
    if begun and index >= book.known[log.epoch].get(control, 0):
        return INTEGER_MAX
    if log in era.after:
        return era.after[log]
    newest = max([each.epoch for each in era.after if each.party == log.party], default=0)
    return INTEGER_MAX if log.epoch < newest else 0


def era_at(book: KeyBook, log: LogId, size: int) -> Descriptor:
    """Give the descriptor whose keys count for signatures over *log* at *size*.

    Raises ``PeerFault("key-revoked")`` beyond the last good size of a revoked key.
    """
    era = next((era for era in reversed(book.eras) if _begins_after(book, era, log) < size), book.eras[0])
    if era.good_until is not None and size > era.good_until.get(log, 0):
        raise PeerFault("key-revoked", era.descriptor.party)
    return era.descriptor


def checkpoint_keys_at(book: KeyBook, log: LogId, origin: str, size: int) -> tuple[VerifierKey, VerifierKey]:
    """Give the author's keys (Ed25519, ML-DSA-44) for its checkpoint of *log* at *size*; raises as ``era_at``."""
    return checkpoint_keys(era_at(book, log, size), origin)


def receipt_keys_at(book: KeyBook, log: LogId, size: int) -> tuple[VerifierKey, VerifierKey]:
    """Give the reader's keys (Ed25519, ML-DSA-44) for its receipt over *log* at *size*; raises as ``era_at``."""
    return receipt_keys(era_at(book, log, size))
