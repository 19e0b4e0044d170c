"""The line between two nodes, where it can be cut and restored; neither node is told of it but by what it hears."""

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Relay:
    """A stretch of the line: passes on what is said to one node, until it is cut.

    Cut, it hangs up on whoever speaks, and keeps whoever calls waiting until it is whole again or they give up.
    """

    port: int
    to: int
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    calls: set[asyncio.StreamWriter] = field(default_factory=set)
    server: asyncio.Server | None = None

    async def open(self) -> None:
        self.whole.set()
        self.server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def cut(self) -> None:
        self.whole.clear()
        self._hang_up()

    async def restore(self) -> None:
        self.whole.set()

    async def close(self) -> None:
        if self.server is not None:
            self.server.close()
            self.whole.set()
            self._hang_up()
            await self.server.wait_closed()

    def _hang_up(self) -> None:
        for each in tuple(self.calls):
            each.transport.abort()

    async def _pass_on(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        await self.whole.wait()
        with contextlib.suppress(OSError):
            there, forth = await asyncio.open_connection("127.0.0.1", self.to)
            ends = {back, forth}
            self.calls |= ends
            try:
                await asyncio.gather(_carried(here, forth), _carried(there, back))
            finally:
                self.calls -= ends
        back.transport.abort()


async def _carried(one: asyncio.StreamReader, other: asyncio.StreamWriter) -> None:
    """Carry bytes one way until either end is gone, then end the other way as well."""
    with contextlib.suppress(OSError):
        while chunk := await one.read(2**16):
            other.write(chunk)
            await other.drain()
    other.transport.abort()
