"""Acts said by officers of this node: written and checked, approved, sealed, and found again in the index."""

import asyncio
from collections.abc import Sequence

import msgspec

from rabita.app.asks import Placed
from rabita.app.node import Node
from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey
from rabita.services.casework import Finding, Signer, Wanted, approve, prepare


class Said(msgspec.Struct, frozen=True):
    """An act that was said: where it stands, its digest, its case (empty while it waits), what rules remark on."""

    placed: Placed
    digest: str
    case: str
    flags: tuple[Finding, ...]


def signer(key: OfficerKey, role: str) -> Signer:
    """Let an officer's software key approve in a role."""
    return Signer(role, key.public, lambda message: KeyRing(key).sign_ed25519(key.public, message))


async def say(node: Node, wanted: Wanted, signers: Sequence[Signer]) -> Said:
    """Say an act; returns once it is durable and in the index. Raises as ``prepare`` and ``Node.seal``."""
    await node.indexed()
    prepared = await asyncio.to_thread(prepare, node.casebook, wanted)
    placed = await node.seal(prepared.line, prepared.act.precedence, approve(prepared, signers))
    await node.indexed()
    rows = node.casebook.index.mains_of(prepared.line, [bytes.fromhex(prepared.digest)])
    case = next((row.case.hex() for row in rows), "")
    return Said(placed, prepared.digest, case, prepared.flags)
