"""One live connection: TLS 1.3 over TCP, the inner seal inside it, frames in and out by callback.

TLS runs on memory buffers inside this protocol, not in asyncio's own TLS layer, so that a refused stranger is
reported with a code instead of a logged traceback, and so that what an unauthenticated side may send is bounded.

Rules: nothing of ours but TLS itself is sent before the counterpart's pin is known; ``opened`` comes once and only
after the inner handshake; then ``frames``; then ``closed``, exactly once. A side that never got that far is
``refused`` (accepted connections) or ends the dial with its fault (dialled ones).
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from rabita.bearers.certificate import pin_of
from rabita.bearers.endpoint import Endpoint
from rabita.bearers.inner import Inner
from rabita.line.errors import LocalFault, PeerFault, RabitaError, ensure
from rabita.line.limits import PROTOCOL

HANDSHAKE_DEADLINE_MS: Final = 10_000
STRANGERS_MAX: Final = 32
STRANGER_BYTES_MAX: Final = 65_536
CLOSE_DEADLINE_MS: Final = 2_000
UNSENT_LOW_WATER_BYTES: Final = 16_384

_READ_BYTES: Final = 65_536
_SOCKET_OPTIONS: Final = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    # Keeps the kernel's queue short, so that an urgent frame waits behind little that is already written.
    (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LOW_WATER_BYTES),
)


class Owner(Protocol):
    """Who is told; every call comes on the event loop's thread and must not block.

    A ``PeerFault`` or ``LocalFault`` raised by ``opened`` or ``frames`` closes the channel with that fault.
    """

    def admits(self, party: str, line_id: bytes) -> bool:
        """Say whether *party* may open a session for *line_id*."""

    def opened(self, channel: "Channel") -> None:
        """Learn that *channel* may now be sent on."""

    def frames(self, channel: "Channel", frames: list[bytes]) -> None:
        """Take the opened frames, in order."""

    def closed(self, channel: "Channel", fault: RabitaError | None) -> None:
        """Learn that *channel* has ended; *fault* is ``None`` when either side closed it in good order."""

    def refused(self, address: str, fault: RabitaError) -> None:
        """Learn that the caller at *address* was turned away before any content."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection is held to: its TLS context, our pin, the parties each pin may speak for, and the company.

    ``channels`` holds every live connection of the bearer in the order they came. ``line_id`` is empty on
    accepted connections, where the dialler names the line.
    """

    context: ssl.SSLContext
    our_pin: bytes
    parties_by_pin: Mapping[bytes, tuple[str, ...]]
    owner: Owner
    handshake_deadline_ms: int
    channels: "dict[Channel, None]" = field(repr=False)
    line_id: bytes = b""


class Channel(asyncio.Protocol):
    """A connection to one party about one line; the attributes are set once it is ``opened``."""

    def __init__(self, terms: Terms) -> None:
        """Await the transport; must be made on a running event loop."""
        self.address = ""
        self.dialled = bool(terms.line_id)
        self.ending = False
        self.line_id = b""
        self.opened = False
        self.peer_party = ""
        self.peer_pin = b""
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._opening: asyncio.Future[None] = self._loop.create_future()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._tls = terms.context.wrap_bio(self._arrived, self._leaving, server_side=not self.dialled)
        self._inner: Inner | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stranger_bytes = 0
        self._fault: RabitaError | None = None

    @property
    def unsent_bytes(self) -> int:
        """Bytes handed to :meth:`send` that the kernel has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def send(self, frames: Sequence[bytes]) -> None:
        """Seal and send *frames* in order; never blocks, and does nothing on a channel that is ending.

        A frame is at most ``FRAME_BYTES_MAX``. Only the caller bounds how much is queued: see ``unsent_bytes``.
        """
        if self.ending:
            return
        ensure(self.opened, "a frame was sent on a channel that is not open")
        try:
            self._write(cast("Inner", self._inner).seal(frames))
        except LocalFault as fault:
            self.close(fault)

    def close(self, fault: RabitaError | None = None) -> None:
        """End the channel; what was sent before still leaves, within ``CLOSE_DEADLINE_MS``.

        In good order TLS says goodbye; after a fault only the alert it has ready, if any, is left.
        """
        if self.ending:
            return
        self.ending = True
        self._fault = fault
        if fault is None:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
        self._flush()
        if self._transport is not None:
            self._transport.close()
            self._arm(CLOSE_DEADLINE_MS, self._transport.abort)

    async def wait_opened(self) -> None:
        """Wait for a dialled channel to open; raises the ``PeerFault`` or ``LocalFault`` that prevented it."""
        await self._opening

    async def wait_closed(self) -> None:
        """Wait until the connection is gone and ``closed`` has been called."""
        await asyncio.shield(self._lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the TLS handshake and its deadline; a crowd of strangers loses its oldest (asyncio's callback)."""
        self._transport = cast("asyncio.Transport", transport)
        host, port = (transport.get_extra_info("peername") or ("unknown", 0))[:2]
        self.address = Endpoint(host, port).text.removeprefix("tls://")
        for level, option, value in _SOCKET_OPTIONS:
            with contextlib.suppress(OSError):
                transport.get_extra_info("socket").setsockopt(level, option, value)
        channels = self._terms.channels
        channels[self] = None
        strangers = [other for other in channels if not (other.opened or other.dialled or other.ending)]
        if len(strangers) > STRANGERS_MAX:
            strangers[0].close(PeerFault("tls-failed", "a newer connection took its place"))
        self._arm(self._terms.handshake_deadline_ms, self._expire)
        self._advance()

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire (asyncio's callback)."""
        if self.ending:
            return
        self._arrived.write(data)
        self._advance()
        if not self.opened:
            self._stranger_bytes += len(data)
            if self._stranger_bytes > STRANGER_BYTES_MAX:
                self.close(PeerFault("tls-failed", "too many bytes before the handshake was done"))

    def eof_received(self) -> None:
        """Take the end of the stream without a TLS goodbye as a loss (asyncio's callback)."""
        self.close(self._broken())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name; our own fault says it
        """Tell, once, how it ended (asyncio's callback)."""
        if not self.ending:
            self.close(self._broken())
        if self._timer is not None:
            self._timer.cancel()
        self._terms.channels.pop(self, None)
        self._lost.set_result(None)
        fault = self._fault
        if self.opened:
            self._terms.owner.closed(self, fault)
        elif not self.dialled:
            if fault is not None:
                self._terms.owner.refused(self.address, fault)
        elif not self._opening.done():
            self._opening.set_exception(fault or LocalFault("connection-lost"))
            self._opening.exception()  # a dial that was called off asks no more; asyncio need not log it

    def _advance(self) -> None:
        """Do all that the bytes at hand allow; whatever is wrong with them ends the channel."""
        try:
            if self._inner is None:
                self._inner = self._shake_hands()
            if self._inner is not None:
                self._read(self._inner)
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLCertVerificationError as error:
            self.close(PeerFault("pin-unknown", error.verify_message))
        except ssl.SSLError as error:
            self.close(PeerFault("tls-failed", error.reason or ""))
        except (PeerFault, LocalFault) as fault:
            self.close(fault)

    def _shake_hands(self) -> Inner:
        """Finish TLS, then check protocol and pin; raises ``ssl.SSLWantReadError`` until TLS is done."""
        self._tls.do_handshake()
        if self._tls.selected_alpn_protocol() != PROTOCOL:
            raise PeerFault("version-unsupported", "no common application protocol")
        self.peer_pin = pin_of(self._tls.getpeercert(binary_form=True) or b"")
        terms = self._terms
        parties = terms.parties_by_pin.get(self.peer_pin)
        if parties is None:
            raise PeerFault("pin-unknown")
        if not self.dialled:
            return Inner.accept(terms.our_pin, self.peer_pin, lambda line_id: self._admit(parties, line_id))
        self.peer_party = parties[0]
        return Inner.dial(terms.line_id, terms.our_pin, self.peer_pin)

    def _admit(self, parties: tuple[str, ...], line_id: bytes) -> bool:
        """Find which of the parties that name this pin the line is with: the line decides, not the pin alone."""
        admitted = [party for party in parties if self._terms.owner.admits(party, line_id)]
        self.peer_party = admitted[0] if admitted else ""
        return bool(admitted)

    def _read(self, inner: Inner) -> None:
        frames: list[bytes] = []
        ended = False
        while not ended:
            try:
                chunk = self._tls.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                break
            frames += inner.feed(chunk)
            ended = not chunk
        self._write(inner.outgoing())
        if inner.ready and not self.opened:
            self._open(inner)
        if frames and not self.ending:
            self._terms.owner.frames(self, frames)
        if ended:
            self.close(None if self.opened else self._broken())

    def _open(self, inner: Inner) -> None:
        self.opened = True
        self.line_id = inner.line_id
        if self._timer is not None:
            self._timer.cancel()
        if not self._opening.done():
            self._opening.set_result(None)
        self._terms.owner.opened(self)

    def _write(self, data: bytes) -> None:
        # One call of SSLObject.write takes one TLS record at most.
        with memoryview(data) as view:
            start = 0
            while start < len(data):
                start += self._tls.write(view[start:])
        self._flush()

    def _flush(self) -> None:
        transport = self._transport
        if self._leaving.pending and transport is not None and not transport.is_closing():
            transport.write(self._leaving.read())

    def _expire(self) -> None:
        self.close(PeerFault("tls-failed", "the handshake took too long"))

    def _broken(self) -> RabitaError:
        if self.opened:
            return LocalFault("connection-lost")
        return PeerFault("tls-failed", "the connection ended during the handshake")

    def _arm(self, delay_ms: int, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay_ms / 1000, action)
