"""Founding a party on this machine, and taking up its keys again: files and documents that belong together.

The root signs here and is then to be moved away; the node runs without it.
"""

from pathlib import Path
from typing import NamedTuple

from rabita.app.home import Home
from rabita.app.settings import write_settings
from rabita.bearers.certificate import transport_certificate
from rabita.bearers.endpoint import parse_endpoint
from rabita.keys.file import DEFAULT_COST, Cost, open_keys, save_keys
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys, RecoveryKey, RootKeys
from rabita.line.descriptor import Descriptor
from rabita.line.errors import UserFault
from rabita.line.ids import is_party_code
from rabita.services.pairing import import_descriptor, issue_descriptor, renew_descriptor
from rabita.store.sqlite import open_store

DESCRIPTOR_VALID_MS = 5 * 365 * 86_400_000


class Passphrases(NamedTuple):
    """One passphrase per kind of key, so that none opens more than it must, and what a guess at one costs."""

    node: str
    root: str
    recovery: str
    cost: Cost = DEFAULT_COST


class Names(NamedTuple):
    """What a party is called in the three languages."""

    en: str
    ur: str
    fa: str


def create_party(
    home: Home,
    party: str,
    names: Names,
    endpoints: tuple[str, ...],
    listen: tuple[str, ...],
    root: Path,
    passphrases: Passphrases,
    now_ms: int,
) -> Descriptor:
    """Make all keys, the descriptor, the store and the settings of a new party.

    Raises ``UserFault``: ``home-taken``, ``descriptor-malformed``, ``endpoint-malformed``, ``passphrase-short``,
    ``key-file-exists``.
    """
    if not is_party_code(party):
        raise UserFault("descriptor-malformed", party[:32])
    for text in (*endpoints, *listen):
        parse_endpoint(text, UserFault)
    require_empty(home)
    home.make()
    root_keys, node = RootKeys.generate(party), NodeKeys.generate(party)
    recovery = [RecoveryKey.generate(party) for _ in home.recovery_keys]
    descriptor = Descriptor(
        party=party,
        names=names._asdict(),
        serial=1,
        issued_ms=now_ms,
        expires_ms=now_ms + DESCRIPTOR_VALID_MS,
        root=root_keys.public,
        recovery=tuple([each.public for each in recovery]),
        endpoints=endpoints,
        **node.public(transport_certificate)._asdict(),
    )
    note = issue_descriptor(KeyRing(root_keys), descriptor)
    save_keys(root, root_keys, passphrases.root, cost=passphrases.cost)
    save_keys(home.node_keys, node, passphrases.node, cost=passphrases.cost)
    for path, key in zip(home.recovery_keys, recovery, strict=True):
        save_keys(path, key, passphrases.recovery, cost=passphrases.cost)
    write_settings(home.settings, {"party": party, "listen": listen})
    store = open_store(home.database)
    import_descriptor(store, note, own=True)
    store.close()
    home.descriptor(party).write_bytes(note)
    return descriptor


def require_empty(home: Home) -> None:
    """Raise ``UserFault("home-taken")`` unless the folder is missing or empty."""
    if home.folder.exists() and any(home.folder.iterdir()):
        raise UserFault("home-taken", str(home.folder))


def rotate_keys(home: Home, held: Descriptor, root: KeyRing, passphrase: str, now_ms: int) -> bytes:
    """Add a fresh generation to the node's key file and let the root sign the descriptor that names it.

    The older generations stay: what they signed must be signed on, and the other side may not know the new one yet.
    Raises as ``open_keys`` and ``renew_descriptor``.
    """
    node = open_keys(home.node_keys, passphrase, NodeKeys).rotated()
    note = renew_descriptor(root, held, node.public(transport_certificate), now_ms, now_ms + DESCRIPTOR_VALID_MS)
    save_keys(home.node_keys, node, passphrase, replace=True)
    home.descriptor(held.party).write_bytes(note)
    return note


def recovery_ring(paths: tuple[Path, ...], passphrase: str) -> KeyRing:
    """Unlock the recovery keys; raises as ``open_keys``."""
    return KeyRing(*[open_keys(path, passphrase, RecoveryKey) for path in paths])
