"""A slow link without privileges: a proxy before each side, both in one thread, that holds bytes back.

The two directions are shaped apart, each shared by all connections, as on a cable.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rabita.bearers.endpoint import Endpoint

_READ_BYTES: Final = 512
Ends = tuple[Endpoint, Endpoint]


class Direction:
    """One direction of the cable: passes so many bits a second."""

    def __init__(self, bits_per_s: int) -> None:
        self._bits_per_s = bits_per_s
        self._free_at = 0.0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on, in their time, until the sender ends."""
        with contextlib.suppress(OSError):
            while data := await reader.read(_READ_BYTES):
                now = asyncio.get_running_loop().time()
                self._free_at = max(now, self._free_at) + len(data) * 8 / self._bits_per_s
                await asyncio.sleep(self._free_at - now)
                writer.write(data)
                await writer.drain()
        writer.close()


async def _serve(before: Ends, behind: Ends, bits_per_s: int, begun: threading.Event, ended: asyncio.Event) -> None:
    cable = (Direction(bits_per_s), Direction(bits_per_s))

    async def relay(number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a caller of side *number*, who is the other side."""
        target = behind[number]
        try:
            far_reader, far_writer = await asyncio.open_connection(target.host, target.port, limit=_READ_BYTES)
        except OSError:
            writer.close()
            return
        there, back = cable[1 - number], cable[number]
        await asyncio.gather(there.carry(reader, far_writer), back.carry(far_reader, writer))

    async def listen(number: int) -> asyncio.Server:
        at = before[number]
        return await asyncio.start_server(lambda r, w: relay(number, r, w), at.host, at.port, limit=_READ_BYTES)

    servers = [await listen(number) for number in range(len(before))]
    begun.set()
    await ended.wait()
    for server in servers:
        server.close()


@contextmanager
def slow_proxy(before: Ends, behind: Ends, bits_per_s: int) -> Iterator[None]:
    """Stand *before* the two sides that listen *behind*, for as long as the block lasts."""
    begun = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    work = _serve(before, behind, bits_per_s, begun, ended)
    thread = threading.Thread(target=loop.run_until_complete, args=(work,))
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
