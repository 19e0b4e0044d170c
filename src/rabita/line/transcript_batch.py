"""A batch of a transcript, hashed and read a column at a time: all stamps, then all acts, then all words.

Most of what is in a transcript is only hashed, so nothing is made for a single entry unless it needs a look of its own.
Each check is the one an entry alone would get; where a whole column passes at once it is not done entry by entry.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from typing import Final, NamedTuple

from rabita.line import limits
from rabita.line.entry import NO_APPROVALS, Entry, check_sizes
from rabita.line.errors import PeerFault
from rabita.line.transcript_lines import BatchLine

_NO_APPROVALS_DIGEST: Final = sha256(NO_APPROVALS).digest()
_PLAIN_BYTES_MAX: Final = limits.STAMP_BYTES_MAX
"""Parts that are together no larger than this are within every limit, with one portion of the largest size."""


class Columns(NamedTuple):
    """The parts of a batch, each in the order of its entries; a purged portion is None."""

    stamps: Sequence[bytes]
    acts: Sequence[bytes]
    approvals: Sequence[bytes]
    portions: Sequence[tuple[bytes | None, ...]]


class Hashed(NamedTuple):
    """The digests of a batch, in the order of its entries: leaf hashes, and SHA-256 of the acts."""

    leaves: list[bytes]
    acts: list[bytes]


def columns(batch: BatchLine, size: int) -> Columns:
    """Take a batch that continues a log of *size* entries apart.

    Raises ``PeerFault``: ``batch-gap``, ``batch-oversized``, ``entry-oversized``.
    """
    if batch.first != size:
        raise PeerFault("batch-gap")
    if not 1 <= len(batch.entries) <= limits.BATCH_ENTRIES_MAX:
        raise PeerFault("batch-oversized")
    parts = Columns(*zip(*batch.entries, strict=True))
    words = map(len, filter(None, chain.from_iterable(parts.portions)))
    plain = (
        sum([max(map(len, column)) for column in parts[:3]]) <= _PLAIN_BYTES_MAX
        and max(map(len, parts.portions)) <= 1
        and max(words, default=0) <= limits.PORTION_BYTES_MAX
    )
    if not plain:
        for each in batch.entries:
            check_sizes(Entry(*each))
    return parts


def digests(parts: Columns) -> Hashed:
    """Hash the stamps, acts and approvals of a batch into its leaves."""
    hasher = sha256
    acts = [hasher(act).digest() for act in parts.acts]
    stamps = [hasher(stamp).digest() for stamp in parts.stamps]
    approvals = [_NO_APPROVALS_DIGEST if each == NO_APPROVALS else hasher(each).digest() for each in parts.approvals]
    leaves = [
        hasher(b"\0" + stamp + act + approved).digest()
        for stamp, act, approved in zip(stamps, acts, approvals, strict=True)
    ]
    return Hashed(leaves, acts)
