"""The content store: attachments as blobs by digest, each in the line it belongs to.

Lines are kept apart, so that nobody learns on one line what came on another. A blob counts as held only once it is
whole, its digest right, and durable; until then what came of it is a *part*.
"""

from typing import Protocol


class Blobs(Protocol):
    """Keeps blobs and parts of them.

    Every method raises ``LocalFault("store-unavailable")`` where the disk fails; what adds, ``LocalFault("disk-low")``.

    Digests are 64 hexadecimal digits; anything else is ``InvariantBroken``.
    """

    def put(self, line: str, blob: bytes) -> str:
        """Keep a whole blob, durably; gives its digest. The same one again changes nothing."""
        ...

    def size_bytes(self, line: str, digest: str) -> int:
        """Give the size of a blob that is held whole, 0 where none is."""
        ...

    def read(self, line: str, digest: str, offset: int, size_bytes: int) -> bytes:
        """Read at most *size_bytes* of a blob from *offset*; raises ``UserFault("attachment-missing")``."""
        ...

    def part_bytes(self, line: str, digest: str) -> int:
        """Give how much of a blob has come, 0 where nothing has."""
        ...

    def add(self, line: str, digest: str, offset: int, data: bytes) -> None:
        """Add to a part, which must end at *offset*; raises ``LocalFault("attachment-false")`` where it does not.

        Parts of all blobs together stay below ATTACHMENT_PARTS_BYTES_MAX, give or take a mebibyte: the one longest
        untouched goes first.
        """
        ...

    def finish(self, line: str, digest: str) -> bool:
        """Take a part as the whole blob, durably, if its digest is right; else drop it. Says which."""
        ...

    def drop(self, line: str, digest: str) -> None:
        """Forget a part; nothing where there is none."""
        ...
