"""Two parties and their line, founded as officers would, in two home folders that ``rabita.app.node`` can serve.

Keys are real and in their files; only the passphrase is cheap to try, because it guards nothing. ``X-`` codes: an
exercise line.
"""

import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rabita.app.home import Home
from rabita.app.settings import write_settings
from rabita.bearers.certificate import transport_certificate
from rabita.bearers.endpoint import Endpoint
from rabita.keys.file import Cost, save_keys
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys, RecoveryKey, RootKeys
from rabita.line.descriptor import Descriptor
from rabita.services.pairing import (
    accept_charter,
    confirm,
    import_descriptor,
    issue_descriptor,
    propose_charter,
    safety_number,
    sign_charter,
)
from rabita.services.terms import default_terms
from rabita.store.sqlite import open_store

CODES: Final = ("X-PAK", "X-IRN")
PASSPHRASE: Final = "only for measuring"
YEAR_MS: Final = 365 * 86_400_000
_CHEAP: Final = Cost(memory_kib=8, passes=1, lanes=1)


@dataclass(frozen=True, slots=True)
class Founded:
    """A line between two homes, A's first: where each listens, and where its descriptor says that it is dialled."""

    line: str
    homes: tuple[Home, Home]
    listening: tuple[Endpoint, Endpoint]
    dialled: tuple[Endpoint, Endpoint]


def found(folder: Path, hosts: tuple[str, str] = ("127.0.0.1", "127.0.0.1"), *, proxied: bool = False) -> Founded:
    """Found both parties below *folder* and the line between them; each listens on a free port of its host.

    Where they are *proxied*, the descriptors name other free ports.
    """
    homes = (Home(folder / "a"), Home(folder / "b"))
    roots, descriptors, notes, stores = [], [], [], []
    ports = free_ports(4)
    listening = (Endpoint(hosts[0], ports[0]), Endpoint(hosts[1], ports[1]))
    dialled = (Endpoint(hosts[0], ports[2]), Endpoint(hosts[1], ports[3])) if proxied else listening
    for code, home, listens, known in zip(CODES, homes, listening, dialled, strict=True):
        home.make()
        root, node = RootKeys.generate(code), NodeKeys.generate(code)
        save_keys(home.node_keys, node, PASSPHRASE, cost=_CHEAP)
        write_settings(home.settings, {"party": code, "listen": (listens.text,), "log_level": "warning"})
        roots.append(KeyRing(root))
        descriptors.append(_describe(root, node, known.text))
        notes.append(issue_descriptor(roots[-1], descriptors[-1]))
        stores.append(open_store(home.database))
    for us, them in ((0, 1), (1, 0)):
        import_descriptor(stores[us], notes[us], own=True)
        import_descriptor(stores[us], notes[them])
        confirm(stores[us], CODES[them], safety_number(descriptors[them]))
    terms = default_terms(descriptors[0], descriptors[1], secrets.token_bytes(16))
    proposed = propose_charter(stores[0], roots[0], CODES[0], terms)
    charter = sign_charter(roots[1], proposed, descriptors[1], descriptors[0])
    lines = [accept_charter(store, code, charter).line for store, code in zip(stores, CODES, strict=True)]
    for store in stores:
        store.close()
    return Founded(lines[0], homes, listening, dialled)


def _describe(root: RootKeys, node: NodeKeys, endpoint: str) -> Descriptor:
    public = node.public(transport_certificate)
    now_ms = time.time_ns() // 1_000_000
    return Descriptor(
        party=root.party,
        names=dict.fromkeys(("en", "ur", "fa"), root.party),
        serial=1,
        issued_ms=now_ms,
        expires_ms=now_ms + YEAR_MS,
        root=root.public,
        checkpoint=public.checkpoint,
        receipt=public.receipt,
        recovery=tuple(RecoveryKey.generate(root.party).public for _ in range(2)),
        transport=public.transport,
        bundle=public.bundle,
        endpoints=(endpoint,),
    )


def free_ports(count: int) -> list[int]:
    """Find ports that are free on this machine now; held together, so that they differ."""
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in holders]
    for each in holders:
        each.close()
    return ports
