"""The control socket of a running node: length-prefixed JSON on a Unix socket that its owner alone may open.

A frame is 4 bytes of length, big-endian, then that much JSON; 4 MiB at most. Whoever cannot be read is hung up on.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final

import msgspec

from rabita.app.answers import AUDITED, answer
from rabita.app.asks import Call, Happened, Reply, Subscribe, fault_of
from rabita.app.client import read_frame, socket_address, write_frame
from rabita.app.home import FILE_MODE
from rabita.app.node import Node
from rabita.line.errors import LocalFault, RabitaError, UserFault
from rabita.services.audit import Doing, Kind

UNREAD_BYTES_MAX: Final = 2**24

_CREDENTIALS: Final = struct.Struct("3i")
_calls: Final = msgspec.json.Decoder(Call)


class ControlServer:
    """Answers on the socket while a node runs; the caller holds the home folder's lock."""

    def __init__(self, node: Node) -> None:
        """Begin closed."""
        self._node = node
        self._server: asyncio.Server | None = None
        self._closed = False
        self._writers: dict[asyncio.StreamWriter, None] = {}

    async def open(self) -> None:
        """Listen; a socket left by a process that was killed is replaced. Raises ``LocalFault("home-unavailable")``."""
        path = self._node.home.socket
        listening = socket.socket(socket.AF_UNIX)
        try:
            path.unlink(missing_ok=True)
            with socket_address(path) as address:
                listening.bind(address)
            path.chmod(FILE_MODE)
        except OSError as fault:
            listening.close()
            raise LocalFault("home-unavailable", path.name) from fault
        self._server = await asyncio.start_unix_server(self._serve, sock=listening)

    async def close(self) -> None:
        """Hang up and take the socket away."""
        self._closed = True
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.close()
            await self._server.wait_closed()
            self._node.home.socket.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[writer] = None
        endings: list[Callable[[], None]] = []
        tasks: set[asyncio.Task[None]] = set()
        actor = _actor(writer)
        try:
            while not self._closed:
                call = _calls.decode(await read_frame(reader))
                if isinstance(call.ask, Subscribe):
                    self._heard(actor)
                    endings.append(self._node.news.subscribe(_teller(writer, call.id)))
                    write_frame(writer, Reply(call.id))
                else:
                    task = asyncio.create_task(self._answer(writer, call, actor))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except (UserFault, msgspec.DecodeError):
            write_frame(writer, Reply(0, fault=fault_of(UserFault("ask-malformed"))))
        finally:
            for end in endings:
                end()
            writer.close()
            del self._writers[writer]

    def _heard(self, actor: str) -> None:
        """Enter in the audit log that somebody listens from now on."""
        doing = Doing(self._node.audit, self._node.clock, "ask subscribe", AUDITED[Subscribe])
        doing.kind, doing.actor = Kind.COMMAND, actor
        doing.end()

    async def _answer(self, writer: asyncio.StreamWriter, call: Call, actor: str) -> None:
        try:
            answered = await answer(self._node, call.ask, actor)
            reply = Reply(call.id, msgspec.Raw(msgspec.json.encode(answered)))
        except RabitaError as error:
            reply = Reply(call.id, fault=fault_of(error))
        write_frame(writer, reply)


def _actor(writer: asyncio.StreamWriter) -> str:
    """Name the user of this machine at the other end of the socket, as the kernel knows it."""
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return f"uid:{user}"


def _teller(writer: asyncio.StreamWriter, number: int) -> Callable[[Happened], None]:
    """Tell one subscriber; one that does not read is hung up on before it fills memory."""

    def tell(happened: Happened) -> None:
        if writer.transport.get_write_buffer_size() > UNREAD_BYTES_MAX:
            writer.transport.abort()
        write_frame(writer, Reply(number, msgspec.Raw(msgspec.json.encode(happened))))

    return tell
