"""Looks every minute whether drafts hold personal data whose time is over, while a node serves its pages.

Rules kept here: what is over is decided by ``services.draft_expiry`` alone. Nothing waits for the audit log, which is
told of every draft that lost words; what fails is logged and tried again.
"""

import asyncio
from typing import Final

from rabita.app.logs import say
from rabita.app.node import Node
from rabita.line.errors import RabitaError
from rabita.services.audit import UNNUMBERED, Action, Deed, Kind
from rabita.services.drafting import Drafting

LOOK_S: Final = 60
DOOR: Final = "retention"


async def keep_drafts(node: Node, drafting: Drafting) -> None:
    """Look for as long as the node serves."""
    while True:
        await wipe_drafts(node, drafting)
        await asyncio.sleep(LOOK_S)


async def wipe_drafts(node: Node, drafting: Drafting) -> None:
    """Wipe what is over now, and tell the audit log of which drafts."""
    try:
        wiped = await asyncio.to_thread(drafting.expire)
    except RabitaError as fault:
        say(node.log, fault.code, detail=fault.detail)
        return
    for each in wiped:
        deed = Deed(UNNUMBERED, node.clock.now_ms(), Kind.SERVICE, "", Action.DRAFT, DOOR, each.line, each.id)
        node.audit.note(deed)
