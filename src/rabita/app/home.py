"""The home folder of a node: what lies where, who may read it, and that one process at a time writes there.

- ``rabita.toml``: settings
- ``rabita.db``: everything that was said, and the documents of pairing
- ``attachments/<line>/<digest>``: attachments, and parts of those that are on their way
- ``index.db``: the index of cases, made from it; may be deleted at any time
- ``web.db``: hashes of access tokens, and idempotency keys of the HTTP gateway
- ``audit.db``: who did what here, when; only ever added to
- ``officers.db``: officers, hashes of their sessions, public keys of their passkeys; no part of a backup
- ``drafts.db``: drafts, who wrote and reviewed them, what is frozen for release
- ``desk.db``: how officers see the desk, and the views they keep; no part of a backup
- ``<CODE>.descriptor``: our own descriptor, the file to give to the other side
- ``keys/node.json``, ``keys/recovery-1.json``, ``keys/recovery-2.json``: encrypted keys
- ``keys/service.json``: the key by which the node itself approves line tests, where it sends them
- ``keys/root.json``: the root key, to be moved away from this machine
- ``lock``, ``rabita.sock``: while a node runs
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rabita.app.settings import FILE_NAME
from rabita.line.errors import LocalFault, UserFault

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
RECOVERY_KEYS: Final = 2


@dataclass(frozen=True, slots=True)
class Home:
    """The paths of one home folder."""

    folder: Path

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / FILE_NAME

    @property
    def database(self) -> Path:
        """The store."""
        return self.folder / "rabita.db"

    @property
    def web_records(self) -> Path:
        """Hashes of access tokens, and idempotency keys of the HTTP gateway."""
        return self.folder / "web.db"

    @property
    def officers(self) -> Path:
        """Officers, their passkeys and sessions."""
        return self.folder / "officers.db"

    @property
    def drafts(self) -> Path:
        """Drafts, until they are released or dropped."""
        return self.folder / "drafts.db"

    @property
    def desk(self) -> Path:
        """What officers chose at the desk."""
        return self.folder / "desk.db"

    @property
    def index(self) -> Path:
        """The index of cases, made anew from the store where it is missing."""
        return self.folder / "index.db"

    @property
    def attachments(self) -> Path:
        """The folder of attachments, made when the first one comes."""
        return self.folder / "attachments"

    @property
    def audit(self) -> Path:
        """The audit log."""
        return self.folder / "audit.db"

    @property
    def keys(self) -> Path:
        """The folder of key files."""
        return self.folder / "keys"

    @property
    def node_keys(self) -> Path:
        """The node's own keys."""
        return self.keys / "node.json"

    @property
    def service_key(self) -> Path:
        """The key by which the node itself approves line tests."""
        return self.keys / "service.json"

    @property
    def root_keys(self) -> Path:
        """Where the root key is written unless told otherwise."""
        return self.keys / "root.json"

    @property
    def recovery_keys(self) -> tuple[Path, ...]:
        """The recovery keys."""
        return tuple(self.keys / f"recovery-{number}.json" for number in range(1, RECOVERY_KEYS + 1))

    @property
    def lock(self) -> Path:
        """The file whose lock the running node holds."""
        return self.folder / "lock"

    @property
    def socket(self) -> Path:
        """Where the running node is asked."""
        return self.folder / "rabita.sock"

    def descriptor(self, party: str) -> Path:
        """Our own descriptor's file."""
        return self.folder / f"{party}.descriptor"

    def make(self) -> None:
        """Make the folders, readable by their owner alone; raises ``LocalFault("home-unavailable")``."""
        try:
            for folder in (self.folder, self.keys):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                folder.chmod(FOLDER_MODE)
        except OSError as fault:
            raise LocalFault("home-unavailable", str(self.folder)) from fault

    def require(self) -> None:
        """Raise ``UserFault("home-missing")`` unless a party was created here."""
        if not (self.settings.exists() and self.database.exists()):
            raise UserFault("home-missing", str(self.folder))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the one process of this node; raises ``UserFault("node-running")`` while another is."""
        try:
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT, FILE_MODE)
        except OSError as fault:
            raise LocalFault("home-unavailable", str(self.folder)) from fault
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise UserFault("node-running", str(self.folder)) from None
        finally:
            os.close(handle)
