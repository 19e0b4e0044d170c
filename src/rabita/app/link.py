"""One line of a running node: its pump, the channels it speaks on, and whom it dials.

Rules kept here: while a connection that the other side opened serves, we do not dial; when it ends, we do. Frames of a
channel that the pump has given up are dropped. Whoever listens is told when the line comes up or ends: nobody who
watches it has to ask.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from rabita.app.logs import Log
from rabita.bearers.channel import Channel
from rabita.bearers.dial_loop import DialLoop
from rabita.bearers.endpoint import Endpoint
from rabita.bearers.tls import TlsBearer
from rabita.line.errors import SENTENCES, LocalFault, PeerFault, RabitaError
from rabita.line.ids import LogId, line_id_of
from rabita.line.state import RowsPending
from rabita.ports import Store
from rabita.services.exchange import Exchange
from rabita.services.exchange import Placed as Place
from rabita.services.reads import LineStatus, PostQuantum, line_status
from rabita.services.recovery import lost_drafts

LOOK_AGAIN_S: Final = 0.05


class Link:
    """A line's pump and its channels. ``fault`` is the code of what last kept the two apart, empty while connected."""

    def __init__(self, exchange: Exchange, store: Store, log: Log, stands: Callable[[str, str], None]) -> None:
        """Begin without a bearer; *stands* is told the line and its condition whenever that changes."""
        self._store = store
        self._quantum = PostQuantum(store)
        self._stands = stands
        self._told = ("down", "")
        self.exchange = exchange
        self.fault = ""
        self._log = log.bind(line=exchange.state.line)
        self._sessions: dict[Channel, int] = {}
        self._dialled: dict[Channel, Endpoint] = {}
        self._endpoints: tuple[Endpoint, ...] = ()
        self._loop: DialLoop | None = None
        self._frozen: tuple[tuple[LogId, int], ...] = ()

    async def dial(self, bearer: TlsBearer, endpoints: Sequence[Endpoint]) -> None:
        """Keep the counterpart dialled at these endpoints from now on; none: wait to be called."""
        if tuple(endpoints) == self._endpoints:
            return
        await self.stop()
        self._endpoints = tuple(endpoints)
        peer, line_id = self.exchange.state.peer, line_id_of(self.exchange.state.line)

        async def dial(endpoint: Endpoint) -> Channel:
            channel = await bearer.dial(endpoint, peer, line_id)
            self._dialled[channel] = endpoint
            return channel

        if endpoints:
            self._loop = DialLoop(dial, endpoints, self._failed)
            self._balance()

    async def stop(self) -> None:
        """Dial no more and close what was dialled."""
        loop, self._loop, self._endpoints = self._loop, None, ()
        if loop is not None:
            await loop.stop()

    def opened(self, channel: Channel) -> None:
        """Begin a conversation on a channel."""
        self.fault = ""
        self._log.info("connected", address=channel.address, dialled=channel.dialled)
        self._sessions[channel] = self.exchange.opened(channel, dialled=channel.dialled)
        self._balance()
        self.look_for_losses()
        self._tell()

    def frames(self, channel: Channel, frames: list[bytes]) -> None:
        """Take frames of a channel in."""
        self.exchange.received(self._sessions[channel], frames)
        self._tell()

    def closed(self, channel: Channel, fault: RabitaError | None) -> None:
        """Learn that a channel ended."""
        self._dialled.pop(channel, None)
        self.exchange.closed(self._sessions.pop(channel))
        if fault is not None and self.exchange.state.session is None:
            self.fault = fault.code
        self._log.info("disconnected", address=channel.address, code=fault.code if fault else "")
        self._balance()
        self._tell()

    def status(self) -> LineStatus:
        """Give the state of the line as it is now."""
        channel = self._channel()
        endpoint = self._dialled.get(channel) if channel is not None else None
        address = endpoint.text if endpoint is not None else channel.address if channel is not None else ""
        queued, condition = self.exchange.queued, self._condition()
        return line_status(
            self._quantum, self.exchange.state, condition=condition, fault=self.fault, endpoint=address, queued=queued
        )

    def look_for_losses(self) -> None:
        """Seal anew what a closed epoch of ours lost, once the other side said where it froze it and that is stored."""
        state = self.exchange.state
        frozen = tuple([(log, row.frozen_at) for log, row in state.logs.items() if log.party == state.us])
        if frozen == self._frozen:
            return
        if any(isinstance(each, RowsPending) for each in state.pending.values()):
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self.look_for_losses)
            return
        self._frozen = frozen
        lost = lost_drafts(self._store, state)
        for lane, draft in lost:
            self.exchange.seal(draft, lane, self._resealed)
        if lost:
            self._log.warning("lost-acts-resealed", sentence=SENTENCES["lost-acts-resealed"], count=len(lost))

    def _resealed(self, result: Place | RabitaError) -> None:
        if isinstance(result, RabitaError):
            self._log.warning(result.code, sentence=result.sentence)

    def _failed(self, endpoint: Endpoint, fault: PeerFault | LocalFault) -> None:
        """Note why a dial failed; the same reason again is logged for nobody's eyes but a searcher's."""
        level = self._log.debug if self.fault == fault.code else self._log.warning
        level(fault.code, sentence=fault.sentence, endpoint=endpoint.text, detail=fault.detail)
        if self.exchange.state.session is None:
            self.fault = fault.code
        self._tell()

    def _channel(self) -> Channel | None:
        """Give the channel of the conversation that counts."""
        session = self.exchange.state.session
        return next((each for each, number in self._sessions.items() if session and number == session.id), None)

    def _condition(self) -> str:
        """Say how the bearer stands: ``up``, ``degraded`` (not by the first endpoint), ``silent`` or ``down``."""
        session, channel = self.exchange.state.session, self._channel()
        if session is None or not session.met:
            return "silent" if self.fault == "silent" else "down"
        endpoint = self._dialled.get(channel) if channel is not None else None
        return "degraded" if endpoint is not None and endpoint != self._endpoints[0] else "up"

    def _tell(self) -> None:
        """Tell how the line stands, if that or what keeps the two apart has changed."""
        now = (self._condition(), self.fault)
        if now != self._told:
            self._told = now
            self._stands(self.exchange.state.line, now[0])

    def _balance(self) -> None:
        """Dial unless a connection that the other side opened serves."""
        session = self.exchange.state.session
        if self._loop is None:
            return
        if session is not None and not session.dialled and not session.bulk:
            self._loop.rest()
        else:
            self._loop.resume()
