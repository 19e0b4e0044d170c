"""Keeps one party connected: drives :class:`rabita.bearers.dial.Dialler` with real dials and real time."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence

from rabita.bearers.channel import Channel
from rabita.bearers.dial import Abandon, Close, Dial, Dialler, Step, Wake
from rabita.bearers.endpoint import Endpoint
from rabita.line.errors import LocalFault, PeerFault

_jitter = secrets.SystemRandom().random


class DialLoop:
    """Dials *endpoints* in order until one answers, and again whenever it is lost; starts with :meth:`resume`.

    *dial* opens a channel or raises ``PeerFault`` or ``LocalFault``, of which *failed* is told. Must be used on the
    event loop's thread. *jitter* gives numbers in [0, 1).
    """

    def __init__(
        self,
        dial: Callable[[Endpoint], Awaitable[Channel]],
        endpoints: Sequence[Endpoint],
        failed: Callable[[Endpoint, PeerFault | LocalFault], None],
        jitter: Callable[[], float] = _jitter,
    ) -> None:
        """Begin at rest."""
        self._dial = dial
        self._endpoints = tuple(endpoints)
        self._failed = failed
        self._jitter = jitter
        self._state = Dialler(len(self._endpoints))
        self._channels: dict[int, Channel] = {}
        self._dials: dict[int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def resume(self) -> None:
        """Dial, until :meth:`rest` or :meth:`stop`."""
        self._do(self._state.resume(_now_ms(), self._jitter()))

    def rest(self) -> None:
        """Stop dialling while a connection that the other side opened serves; channels stay as they are."""
        self._do(self._state.rest(_now_ms()))

    async def stop(self) -> None:
        """Rest, close what this loop dialled and wait until it is gone."""
        self.rest()
        if self._timer is not None:
            self._timer.cancel()
        for channel in self._channels.values():
            channel.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self, step: Step) -> None:
        self._state, actions = step
        for action in actions:
            match action:
                case Dial(index):
                    task = asyncio.get_running_loop().create_task(self._keep(index))
                    self._dials[index] = task
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                case Abandon(index):
                    self._dials[index].cancel()
                case Close(index):
                    self._channels.pop(index).close()
                case Wake(at_ms):
                    if self._timer is not None:
                        self._timer.cancel()
                    self._timer = asyncio.get_running_loop().call_at(at_ms / 1000, self._wake)

    async def _keep(self, index: int) -> None:
        """Dial once and stay with the channel until it ends."""
        endpoint = self._endpoints[index]
        try:
            channel = await self._dial(endpoint)
        except (PeerFault, LocalFault) as fault:
            self._failed(endpoint, fault)
            self._do(self._state.failed(index, _now_ms(), self._jitter()))
            return
        self._channels[index] = channel
        self._do(self._state.connected(index, _now_ms()))
        await channel.wait_closed()
        if self._channels.get(index) is channel:
            del self._channels[index]
            self._do(self._state.lost(index, _now_ms(), self._jitter()))

    def _wake(self) -> None:
        self._do(self._state.woken(_now_ms(), self._jitter()))


def _now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)
