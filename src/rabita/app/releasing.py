"""Puts together what drafts and their release need: their file, the officers' passkeys, policy, the node that seals."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from rabita.app.node import Node
from rabita.gateways.rest.ground import Releasing
from rabita.keys.passkeys import WebauthnPasskeys
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.services.authority import accreditation
from rabita.services.draft_room import Room
from rabita.services.drafting import Drafting
from rabita.services.drafts import DraftStore
from rabita.services.exchange import Placed
from rabita.services.officers import OfficerStore
from rabita.services.policy import Policy
from rabita.services.release import Release

Seals = Callable[[str, Lane, Draft], Awaitable[Placed]]


def make_releasing(
    node: Node, store: DraftStore, officers: OfficerStore, policy: Policy, origin: str, seal: Seals
) -> Releasing:
    """Make the services of drafts; must be called on the node's event loop, on which it seals."""
    loop, book = asyncio.get_running_loop(), node.casebook

    async def sealed(line: str, lane: Lane, draft: Draft) -> Placed:
        return await seal(line, lane, draft)

    def seal_and_wait(line: str, lane: Lane, draft: Draft) -> object:
        return asyncio.run_coroutine_threadsafe(sealed(line, lane, draft), loop).result()

    room = Room(book, store, policy, partial(accreditation, book))
    drafting = Drafting(room, node.blobs)
    return Releasing(drafting, Release(room, drafting, officers, WebauthnPasskeys(origin), seal_and_wait))
