"""Asking a running node over its control socket. Imports nothing heavy: a command that only asks is quick.

A frame is 4 bytes of length, big-endian, then that much JSON; 4 MiB at most.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from rabita.app.asks import FRAME_BYTES_MAX, HEAD_BYTES, AnyAsk, Call, Happened, Reply, Subscribe, error_of
from rabita.line.errors import LocalFault, UserFault

T = TypeVar("T")

ADDRESS_BYTES_MAX: Final = 100

_replies: Final = msgspec.json.Decoder(Reply)


class Client:
    """Asks a running node. Replies may come in any order; each finds its asker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use ``connected``."""
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._news: asyncio.Queue[Happened | None] = asyncio.Queue()
        self._subscribed = 0
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, ask: AnyAsk, form: type[T]) -> T:
        """Ask, and read the answer as *form*.

        Raises the fault the node answered with; ``LocalFault("node-unreachable")`` when it hung up.
        """
        return msgspec.json.decode(await self._sent(ask), type=form)

    async def news(self) -> AsyncIterator[Happened]:
        """Give all that happens from now on, until the node hangs up."""
        await self._sent(Subscribe())
        while (happened := await self._news.get()) is not None:
            yield happened

    async def close(self) -> None:
        """Hang up."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _sent(self, ask: AnyAsk) -> asyncio.Future[msgspec.Raw]:
        self._number += 1
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        if self._listening.done():
            future.set_exception(LocalFault("node-unreachable"))
            return future
        self._waiting[self._number] = future
        if isinstance(ask, Subscribe):
            self._subscribed = self._number
        write_frame(self._writer, Call(self._number, ask))
        return future

    async def _listen(self) -> None:
        try:
            while True:
                self._take(_replies.decode(await read_frame(self._reader)))
        except (asyncio.IncompleteReadError, ConnectionError, UserFault, msgspec.DecodeError):
            pass
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(LocalFault("node-unreachable"))
            self._news.put_nowait(None)

    def _take(self, reply: Reply) -> None:
        future = self._waiting.pop(reply.id, None)
        if future is None:
            if reply.id == self._subscribed:
                self._news.put_nowait(msgspec.json.decode(reply.answer, type=Happened))
        elif not future.done():
            if reply.fault is not None:
                future.set_exception(error_of(reply.fault))
            else:
                future.set_result(reply.answer)


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Client | None]:
    """Connect to the node whose control socket is at *path*; None when none runs."""
    try:
        with socket_address(path) as address:
            reader, writer = await asyncio.open_unix_connection(address)
    except (FileNotFoundError, ConnectionRefusedError):
        yield None
        return
    except OSError as fault:
        raise LocalFault("node-unreachable", path.name) from fault
    client = Client(reader, writer)
    try:
        yield client
    finally:
        await client.close()


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Give an address for *path* that fits a socket's 108 bytes: long ones go by an open folder (Linux)."""
    if len(os.fsencode(path)) <= ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """Read one frame; raises ``UserFault("ask-malformed")`` for one too large, and as ``readexactly``."""
    size = int.from_bytes(await reader.readexactly(HEAD_BYTES), "big")
    if size > FRAME_BYTES_MAX:
        raise UserFault("ask-malformed")
    return await reader.readexactly(size)


def write_frame(writer: asyncio.StreamWriter, message: Call | Reply) -> None:
    """Queue one frame; nothing where the other end is gone."""
    raw = msgspec.json.encode(message)
    if not writer.transport.is_closing():
        writer.write(len(raw).to_bytes(HEAD_BYTES, "big") + raw)
