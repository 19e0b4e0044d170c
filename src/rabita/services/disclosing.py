"""Showing later what an act withheld: the very bytes, salt and all, so that the other side can prove them.

Rules kept here: only what an act of ours withheld, which the new act names in its basis, is taken up, and only whole:
words that differ in one letter are refused, for they would prove nothing. Nothing is ever shown by chance: the digest
of the portion is named. What was purged cannot be shown any more.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from rabita.line.entry import portion_content
from rabita.line.errors import UserFault
from rabita.ports.index import ActRow
from rabita.services.casebook import Casebook


def withheld_bytes(book: Casebook, basis: Sequence[ActRow], digest: str, content: bytes) -> bytes:
    """Give the portion (salt and content) of this SHA-256 that an act of ours in *basis* withheld.

    Raises ``UserFault("disclosure-foreign")`` where none of them withheld it, it is purged, or *content* is not what it
    holds.
    """
    for raw in _withheld(book, basis):
        if sha256(raw).hexdigest() == digest and portion_content(raw) == content:
            return raw
    raise UserFault("disclosure-foreign", digest[:12])


def _withheld(book: Casebook, basis: Sequence[ActRow]) -> Iterator[bytes]:
    """Yield what our own acts of these still hold back."""
    for row in basis:
        listed = book.store.entry(row.line, row.log, row.index) if row.log.party == book.record(row.line).us else None
        yield from listed.row.withheld if listed is not None else ()
