"""The people of the bearer tests: nodes with real keys and certificates, and owners that write down what they hear."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rabita.bearers.certificate import TlsIdentity, TlsPeer, tls_context, transport_certificate
from rabita.bearers.channel import HANDSHAKE_DEADLINE_MS, Channel
from rabita.bearers.endpoint import Endpoint
from rabita.bearers.tls import TlsBearer
from rabita.line.errors import RabitaError

LINE: Final = sha256(b"the line of the tests").digest()
ANYWHERE: Final = Endpoint("127.0.0.1", 0)
PATIENCE_S: Final = 60
T = TypeVar("T")


def new_key() -> bytes:
    """Return a fresh P-256 key as unencrypted PKCS #8 PEM."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Person:
    """A party with its transport key and certificate."""

    party: str
    identity: TlsIdentity

    @property
    def peer(self) -> TlsPeer:
        return TlsPeer(self.party, (self.identity.certificate_der,))

    def context(self, *trusted: "Person", server: bool) -> ssl.SSLContext:
        """Return the TLS context a rogue would take and bend."""
        return tls_context(self.identity, [other.peer for other in trusted], server=server)


def person(party: str) -> Person:
    """Return a party with a fresh key."""
    key = new_key()
    return Person(party, TlsIdentity(key, transport_certificate(key, party)))


PAK: Final = person("PAK")
IRN: Final = person("IRN")
STRANGER: Final = person("PAK")


@dataclass
class Diary:
    """An owner that admits the pairs it was given, records all it is told, and can be waited on."""

    lines: frozenset[tuple[str, bytes]] = frozenset({("PAK", LINE), ("IRN", LINE)})
    on_opened: Callable[[Channel], None] = lambda _: None
    on_frames: Callable[[Channel, list[bytes]], None] = lambda *_: None
    channels: list[Channel] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    ends: list[str | None] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def admits(self, party: str, line_id: bytes) -> bool:
        return (party, line_id) in self.lines

    def opened(self, channel: Channel) -> None:
        self.channels.append(channel)
        self._news.set()
        self.on_opened(channel)

    def frames(self, channel: Channel, frames: list[bytes]) -> None:
        self.received += frames
        self._news.set()
        self.on_frames(channel, frames)

    def closed(self, channel: Channel, fault: RabitaError | None) -> None:
        self.channels.remove(channel)
        self.ends.append(fault.code if fault else None)
        self._news.set()

    def refused(self, address: str, fault: RabitaError) -> None:
        assert address.startswith("127.0.0.1:")
        self.refusals.append(fault.code)
        self._news.set()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait, from news to news, until *holds*."""
        while not holds():
            self._news.clear()
            await self._news.wait()


@dataclass
class Node:
    """A running bearer, its diary, and where it listens."""

    diary: Diary
    bearer: TlsBearer
    at: Endpoint


async def node(
    who: Person, *trusted: Person, diary: Diary | None = None, deadline_ms: int = HANDSHAKE_DEADLINE_MS
) -> Node:
    """Start a node that listens on this machine and trusts *trusted*."""
    diary = diary or Diary()
    bearer = TlsBearer(who.identity, diary, handshake_deadline_ms=deadline_ms)
    bearer.trust([other.peer for other in trusted])
    (at,) = await bearer.serve([ANYWHERE])
    return Node(diary, bearer, at)


async def drained(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return all that the other side still says, until it hangs up; then hang up too."""
    said = b""
    with contextlib.suppress(OSError):
        said = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return said


@contextlib.asynccontextmanager
async def listener(said: bytes = b"") -> AsyncIterator[tuple[Endpoint, asyncio.Event]]:
    """Answer TCP, say only *said*, and wait for the caller to go; yields the endpoint and whether someone called."""
    called = asyncio.Event()
    calls: list[asyncio.Task[bytes]] = []

    def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        calls.append(asyncio.create_task(drained(reader, writer)))
        called.set()

    server = await asyncio.start_server(answer, ANYWHERE.host, ANYWHERE.port)
    try:
        yield Endpoint(*server.sockets[0].getsockname()[:2]), called
    finally:
        server.close()
        await asyncio.gather(*calls)
        await server.wait_closed()


def play(scene: Callable[[], Awaitable[T]]) -> T:
    """Run one scene on a fresh loop, with a limit that only a hanging scene meets."""

    async def limited() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await scene()

    return asyncio.run(limited())
