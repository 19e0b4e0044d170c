"""How a node carries out what it is asked; the same whether the ask came over the socket or from its own process."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from rabita.app.asks import (
    Agree,
    Ask,
    Carried,
    Done,
    GetStatus,
    Placed,
    ReadBundle,
    Refresh,
    Rotate,
    SealAct,
    SignAudit,
    SignHeads,
    Subscribe,
    WriteBundle,
    fault_of,
)
from rabita.app.audit import this_user
from rabita.app.drafting import rotation
from rabita.app.node import Node, learnt_era
from rabita.bearers.bundle import Reader, read_bundle, write_bundle
from rabita.line.errors import UserFault
from rabita.line.events import Accord, Draft, Now
from rabita.line.ids import Lane, line_id_of
from rabita.services.audit import Action, Doing, Kind
from rabita.services.courier import Incoming, Taken, outgoing
from rabita.services.pairing import import_descriptor
from rabita.services.reads import LineStatus


async def answer(node: Node, ask: Ask, actor: str = "") -> object:
    """Carry out an ask of *actor* (``this_user`` if not named), entered in the audit log.

    Raises ``UserFault`` or ``LocalFault`` where it cannot be carried out.
    """
    doing = Doing(node.audit, node.clock, f"ask {ask.__struct_config__.tag}", AUDITED[type(ask)])
    doing.kind, doing.actor, doing.line = Kind.COMMAND, actor or this_user(), getattr(ask, "line", "")
    try:
        await doing.begin()
        answered = await _ANSWERS[type(ask)](node, ask)
    except BaseException as fault:
        doing.end(fault)
        raise
    doing.target = getattr(answered, "reference", "")
    doing.end()
    return answered


async def _seal(node: Node, ask: SealAct) -> Placed:
    return await node.seal(ask.line, ask.lane, Draft(ask.act, ask.approvals, ask.portions, ask.withheld))


async def _status(node: Node, _ask: GetStatus) -> tuple[LineStatus, ...]:
    return tuple([link.status() for _, link in sorted(node.links.items())])


async def _sign_heads(node: Node, ask: SignHeads) -> Done:
    await node.sign_heads(ask.line)
    return Done()


async def _refresh(node: Node, _ask: Refresh) -> Done:
    await node.refresh()
    return Done()


async def _rotate(node: Node, ask: Rotate) -> tuple[Placed, ...]:
    """Seal the rotation on every line; where entries were sealed in between, it is prepared again."""
    node.unlock(ask.passphrase)
    import_descriptor(node.store, ask.descriptor, own=True)
    placed = []
    for line, link in sorted(node.links.items()):
        while True:
            draft = rotation(link.exchange.state, ask.descriptor, node.clock.now_ms())
            try:
                placed.append(await node.seal(line, Lane.CONTROL, draft))
            except UserFault as fault:
                if fault.code != "rotation-stale":
                    raise
            else:
                break
    return tuple(placed)


async def _agree(node: Node, ask: Agree) -> Done:
    node.link(ask.line).exchange.feed(Accord(ask.epoch))
    await node.sign_heads(ask.line)
    return Done()


async def _write_bundle(node: Node, ask: WriteBundle) -> Carried:
    """Write what is outstanding; the bundle is sealed on another thread while the node goes on."""
    state = node.link(ask.line).exchange.state
    now = Now(node.clock.monotonic_ms(), node.clock.now_ms())
    frames = outgoing(state, node.store, node.ring, now)
    ours, theirs = learnt_era(state).descriptor.bundle, state.facts.books[state.peer].newest.bundle
    line_id = line_id_of(state.line)
    return Carried(await asyncio.to_thread(write_bundle, Path(ask.path), line_id, ours, theirs, frames))


async def _read_bundle(node: Node, ask: ReadBundle) -> Carried:
    exchange = node.link(ask.line).exchange
    writers = [era.descriptor.bundle.hpke for era in exchange.state.facts.books[exchange.state.peer].eras]
    frames = read_bundle(Path(ask.path), Reader(line_id_of(ask.line), node.ring.bundle_keys, writers))
    taken: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
    Incoming(exchange, node.scheduler, node.clock, frames, taken.set_result)
    count, fault = await taken
    return Carried(count, fault_of(fault) if fault is not None else None)


async def _sign_audit(node: Node, _ask: SignAudit) -> Done:
    await node.audit.sign()
    return Done()


_ANSWERS: Final[dict[type[Ask], Callable[[Node, Any], Awaitable[object]]]] = {
    SealAct: _seal,
    GetStatus: _status,
    SignHeads: _sign_heads,
    Refresh: _refresh,
    Rotate: _rotate,
    Agree: _agree,
    WriteBundle: _write_bundle,
    ReadBundle: _read_bundle,
    SignAudit: _sign_audit,
}
AUDITED: Final[dict[type[Ask], Action]] = {
    SealAct: Action.SEAL,
    GetStatus: Action.STATUS,
    SignHeads: Action.EXPORT,
    Refresh: Action.PAIR,
    Rotate: Action.KEYS,
    Agree: Action.EPOCH,
    WriteBundle: Action.CARRY,
    ReadBundle: Action.IMPORT,
    SignAudit: Action.EXPORT_AUDIT,
    Subscribe: Action.LISTEN,
}
"""What the audit log calls each ask."""
