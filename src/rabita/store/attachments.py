"""The content store in a folder: a folder a line, a file a blob by its digest, ``.part`` while it is on its way.

Rules kept here: a file without ``.part`` is whole and right, for it gets its name only after its digest was checked and
it and its folder were synced; paths are made of line names and digests alone; what a power cut left of a part is found
by the digest at its end. A part is synced every SYNC_BYTES, so that its end never waits long for the disk.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from rabita.line.attachment import digest_of, is_digest
from rabita.line.errors import LocalFault, UserFault, ensure
from rabita.line.limits import ATTACHMENT_PARTS_BYTES_MAX

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
SYNC_BYTES: Final = 2**20
PART: Final = ".part"
READ_BYTES: Final = 2**20
_LINE: Final = re.compile("[a-z2-7]{52}")


class FolderBlobs:
    """The port ``Blobs`` in a folder of the home; see ``rabita.ports.blobs``."""

    def __init__(self, folder: Path, reserve_bytes: int = 0, parts_bytes_max: int = ATTACHMENT_PARTS_BYTES_MAX) -> None:
        """Use *folder*, which is made when the first blob comes, and leave *reserve_bytes* of its disk free."""
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._parts_bytes_max = parts_bytes_max
        self._digests: dict[Path, Any] = {}

    def put(self, line: str, blob: bytes) -> str:
        """See ``Blobs.put``."""
        digest = digest_of(blob)
        path = self._path(line, digest)
        with _faults_named():
            if path.exists():
                return digest
            self._make(path.parent, len(blob))
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(blob)
                    stream.flush()
                    os.fsync(stream.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _sync_folder(path.parent)
        return digest

    def size_bytes(self, line: str, digest: str) -> int:
        """See ``Blobs.size_bytes``."""
        return _size(self._path(line, digest))

    def read(self, line: str, digest: str, offset: int, size_bytes: int) -> bytes:
        """See ``Blobs.read``."""
        path = self._path(line, digest)
        with _faults_named():
            try:
                with path.open("rb") as stream:
                    stream.seek(offset)
                    return stream.read(size_bytes)
            except FileNotFoundError:
                raise UserFault("attachment-missing", digest[:12]) from None

    def part_bytes(self, line: str, digest: str) -> int:
        """See ``Blobs.part_bytes``."""
        return _size(self._part(line, digest))

    def add(self, line: str, digest: str, offset: int, data: bytes) -> None:
        """See ``Blobs.add``."""
        path = self._part(line, digest)
        with _faults_named():
            if _size(path) != offset:
                raise LocalFault("attachment-false", digest[:12])
            self._make(path.parent, len(data))
            syncs = offset // SYNC_BYTES < (offset + len(data)) // SYNC_BYTES
            if syncs or offset == 0:
                self._make_room(path, offset + len(data))
            so_far = self._digest(path)
            self._digests.pop(path)  # what is written in part is read again
            with open(path, "ab", opener=_owned) as stream:
                stream.write(data)
                stream.flush()
                if syncs:
                    os.fdatasync(stream.fileno())
            so_far.update(data)
            self._digests[path] = so_far

    def finish(self, line: str, digest: str) -> bool:
        """See ``Blobs.finish``."""
        path = self._part(line, digest)
        with _faults_named():
            if self._digest(path).hexdigest() != digest:
                self._drop(path)
                return False
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
            path.replace(self._path(line, digest))
            _sync_folder(path.parent)
            self._digests.pop(path, None)
        return True

    def drop(self, line: str, digest: str) -> None:
        """See ``Blobs.drop``."""
        with _faults_named():
            self._drop(self._part(line, digest))

    def _path(self, line: str, digest: str) -> Path:
        ensure(is_digest(digest) and _LINE.fullmatch(line) is not None, "a blob is named by a digest on a line")
        return self._folder / line / digest

    def _part(self, line: str, digest: str) -> Path:
        return self._path(line, digest).with_suffix(PART)

    def _make(self, folder: Path, size_bytes: int) -> None:
        """Make a folder in which *size_bytes* have room."""
        for each in (self._folder, folder):
            with suppress(FileExistsError):
                each.mkdir(mode=FOLDER_MODE, parents=True)
                _sync_folder(each.parent)
        if shutil.disk_usage(folder).free < self._reserve_bytes + size_bytes:
            raise LocalFault("disk-low")

    def _make_room(self, path: Path, size_bytes: int) -> None:
        """Let the parts longest untouched go, until all fit with this one."""
        others = [each for each in self._folder.glob(f"*/*{PART}") if each != path]
        others.sort(key=lambda each: each.stat().st_mtime_ns)
        total = size_bytes + sum(map(_size, others))
        for each in others:
            if total <= self._parts_bytes_max:
                return
            total -= _size(each)
            self._drop(each)

    def _digest(self, path: Path) -> Any:  # noqa: ANN401 - hashlib's own class is not public
        """Give the digest of a part so far; one that an earlier process began is read once."""
        if path not in self._digests:
            so_far = sha256()
            if path.exists():
                with path.open("rb") as stream:
                    for chunk in iter(lambda: stream.read(READ_BYTES), b""):
                        so_far.update(chunk)
            self._digests[path] = so_far
        return self._digests[path]

    def _drop(self, path: Path) -> None:
        self._digests.pop(path, None)
        path.unlink(missing_ok=True)


def _owned(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


def _size(path: Path) -> int:
    with _faults_named():
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _faults_named() -> Iterator[None]:
    """Name faults of the disk ``LocalFault("store-unavailable")``."""
    try:
        yield
    except OSError as fault:
        raise LocalFault("store-unavailable", os.strerror(fault.errno or 0)) from fault
