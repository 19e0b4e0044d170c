"""The key by which a node itself approves what no person makes: line tests, and their answers."""

from pathlib import Path
from typing import Final, Protocol

from rabita.keys.file import open_keys, save_keys
from rabita.keys.sets import OfficerKey

POST: Final = "node"


class Place(Protocol):
    """Where the key lies."""

    @property
    def service_key(self) -> Path:
        """The key file."""
        ...


def service_key(home: Place, party: str, passphrase: str) -> OfficerKey:
    """Open the node's service key, made the first time under the node's own passphrase; raises as ``open_keys``."""
    if not home.service_key.exists():
        save_keys(home.service_key, OfficerKey.generate(party, POST), passphrase)
    return open_keys(home.service_key, passphrase, OfficerKey)
