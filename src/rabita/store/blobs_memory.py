"""The content store in memory: the port for the simulation and for tests. While ``broken`` it fails as a disk does."""

from rabita.line.attachment import digest_of, is_digest
from rabita.line.errors import LocalFault, UserFault, ensure
from rabita.line.limits import ATTACHMENT_PARTS_BYTES_MAX


class MemoryBlobs:
    """The port ``Blobs`` in memory; see ``rabita.ports.blobs``."""

    def __init__(self, parts_bytes_max: int = ATTACHMENT_PARTS_BYTES_MAX) -> None:
        """Begin empty."""
        self.broken = False
        self._parts_bytes_max = parts_bytes_max
        self._whole: dict[tuple[str, str], bytes] = {}
        self._parts: dict[tuple[str, str], bytes] = {}

    def put(self, line: str, blob: bytes) -> str:
        """See ``Blobs.put``."""
        digest = digest_of(blob)
        self._whole[self._key(line, digest)] = blob
        return digest

    def size_bytes(self, line: str, digest: str) -> int:
        """See ``Blobs.size_bytes``."""
        return len(self._whole.get(self._key(line, digest), b""))

    def read(self, line: str, digest: str, offset: int, size_bytes: int) -> bytes:
        """See ``Blobs.read``."""
        key = self._key(line, digest)
        if key not in self._whole:
            raise UserFault("attachment-missing", digest[:12])
        return self._whole[key][offset : offset + size_bytes]

    def part_bytes(self, line: str, digest: str) -> int:
        """See ``Blobs.part_bytes``."""
        return len(self._parts.get(self._key(line, digest), b""))

    def add(self, line: str, digest: str, offset: int, data: bytes) -> None:
        """See ``Blobs.add``."""
        key = self._key(line, digest)
        before = self._parts.get(key, b"")
        if len(before) != offset:
            raise LocalFault("attachment-false", digest[:12])
        self._parts.pop(key, None)
        self._parts[key] = before + data  # the last touched stands last
        while len(self._parts) > 1 and sum(map(len, self._parts.values())) > self._parts_bytes_max:
            del self._parts[next(iter(self._parts))]

    def finish(self, line: str, digest: str) -> bool:
        """See ``Blobs.finish``."""
        key = self._key(line, digest)
        blob = self._parts.pop(key, b"")
        if digest_of(blob) != digest:
            return False
        self._whole[key] = blob
        return True

    def drop(self, line: str, digest: str) -> None:
        """See ``Blobs.drop``."""
        self._parts.pop(self._key(line, digest), None)

    def _key(self, line: str, digest: str) -> tuple[str, str]:
        ensure(is_digest(digest), "a blob is named by a digest")
        if self.broken:
            raise LocalFault("store-unavailable")
        return line, digest
