"""Backup and restore of a home folder: one tar, encrypted with age (passphrase or recipient), openable with age alone.

A backup holds the store, the audit log and the drafts as of one moment each, the attachments held whole, the node's and
recovery keys (encrypted as they lie), settings and our descriptor; never the root. Officers and access tokens are left
out: a restore would let in again whoever was kept out since. After a restore the tail of what we sealed is uncertain,
so every line needs a new epoch; its number is drawn, so that two restores of one backup, neither knowing of the other,
do not take the same.
"""

import io
import os
import re
import secrets
import tarfile
import tempfile
from pathlib import Path
from typing import Final

import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types

from rabita.app.founding import require_empty
from rabita.app.home import FILE_MODE, Home
from rabita.app.settings import FILE_NAME
from rabita.line.attachment import is_digest
from rabita.line.changes import Changes
from rabita.line.errors import LocalFault, UserFault
from rabita.line.state import BEHIND
from rabita.store.attachments import FolderBlobs
from rabita.store.sqlite import copy_database, open_store

DATABASE: Final = "rabita.db"
_ATTACHMENT: Final = re.compile("attachments/([a-z2-7]{52})/[0-9a-f]{64}")
EPOCHS_SKIPPED_MAX: Final = 9_999


def backup(home: Home, target: Path, *, passphrase: str = "", recipient: str = "") -> int:
    """Write a backup to *target*, consistent while the node runs; gives its size in bytes.

    Raises ``UserFault``: ``backup-exists``, ``backup-malformed`` for a recipient that is none;
    ``LocalFault``: ``store-unavailable``, ``file-unavailable``.
    """
    if target.exists():
        raise UserFault("backup-exists", str(target))
    try:
        with tempfile.TemporaryDirectory(dir=home.folder, prefix=".backup-") as folder:
            copies = [_copy(each, Path(folder)) for each in _databases(home) if each.exists()]
            tar = Path(folder, "tar")
            with tarfile.open(tar, "w") as archive:
                for each in copies:
                    archive.add(each, each.name)
                for path in _kept(home):
                    archive.add(path, str(path.relative_to(home.folder)))
            sealed = _seal(tar.read_bytes(), passphrase, recipient)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as stream:
            stream.write(sealed)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as fault:
        raise LocalFault("file-unavailable", str(target)) from fault
    return len(sealed)


def restore(home: Home, source: Path, *, passphrase: str = "", identity: str = "", now_ms: int) -> None:
    """Unpack a backup into an empty home and mark every line as behind: nothing is sealed before a new epoch.

    Raises ``UserFault``: ``home-taken``, ``backup-malformed``; ``LocalFault``: ``file-unavailable``.
    """
    require_empty(home)
    try:
        raw = _open(source.read_bytes(), passphrase, identity)
    except OSError as fault:
        raise LocalFault("file-unavailable", str(source)) from fault
    members = _members(raw)
    home.make()
    blobs = FolderBlobs(home.attachments)
    for name, content in members.items():
        if attachment := _ATTACHMENT.fullmatch(name):
            blobs.put(attachment[1], content)  # under its own digest, whatever the backup calls it
            continue
        path = home.folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    store = open_store(home.database)
    try:
        skip = (BEHIND, str(1 + secrets.randbelow(EPOCHS_SKIPPED_MAX + 1)))
        store.commit([Changes(each.line, facts=(skip,)) for each in store.lines()], now_ms)
    finally:
        store.close()


def _databases(home: Home) -> tuple[Path, ...]:
    """Name the databases that go along."""
    return home.database, home.audit, home.drafts


def _copy(database: Path, folder: Path) -> Path:
    copy_database(database, folder / database.name)
    return folder / database.name


def _kept(home: Home) -> list[Path]:
    keys = [path for path in sorted(home.keys.glob("*.json")) if path != home.root_keys]
    attachments = [path for path in sorted(home.attachments.glob("*/*")) if is_digest(path.name)]
    return [home.settings, *sorted(home.folder.glob("*.descriptor")), *keys, *attachments]


def _seal(raw: bytes, passphrase: str, recipient: str) -> bytes:
    try:
        sealed: bytes = (
            pyrage.encrypt(raw, [pyrage.x25519.Recipient.from_str(recipient)])
            if recipient
            else pyrage.passphrase.encrypt(raw, passphrase)
        )
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise UserFault("backup-malformed", "recipient") from None
    return sealed


def _open(raw: bytes, passphrase: str, identity: str) -> bytes:
    try:
        opened: bytes = (
            pyrage.decrypt(raw, [pyrage.x25519.Identity.from_str(identity)])
            if identity
            else pyrage.passphrase.decrypt(raw, passphrase)
        )
    except (pyrage.DecryptError, pyrage.IdentityError):
        raise UserFault("backup-malformed") from None
    return opened


def _members(raw: bytes) -> dict[str, bytes]:
    """Read the files of a backup; only plain files of the names a backup has."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for each in archive:
                folder, _, name = each.name.rpartition("/")
                stream = archive.extractfile(each)
                known = folder in ("", "keys") or _ATTACHMENT.fullmatch(each.name) is not None
                if stream is None or not known or name in ("", ".", ".."):
                    raise UserFault("backup-malformed", each.name[:64])
                members[each.name] = stream.read()
    except tarfile.TarError:
        raise UserFault("backup-malformed") from None
    if not {DATABASE, FILE_NAME} <= set(members):
        raise UserFault("backup-malformed")
    return members
