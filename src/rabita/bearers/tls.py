"""The mutual-TLS bearer of one node: it listens and it dials, and trusts exactly the parties it was told to trust.

It holds no rule of the line: what a channel carries, which of two channels stays and how much may be unacknowledged
is the pump's to say. Peers may be replaced while it runs; live channels are not touched by that.
"""

import asyncio
import dataclasses
import socket
from collections.abc import Sequence
from typing import Final

from rabita.bearers.certificate import TlsIdentity, TlsPeer, pin_of, tls_context
from rabita.bearers.channel import HANDSHAKE_DEADLINE_MS, Channel, Owner, Terms
from rabita.bearers.endpoint import Endpoint
from rabita.line.errors import LocalFault, PeerFault

_BACKLOG: Final = 128


class TlsBearer:
    """Listens and dials for one node; must be made on a running event loop.

    Raises ``LocalFault`` ``node-key-malformed`` when the identity cannot be used.
    """

    def __init__(
        self, identity: TlsIdentity, owner: Owner, *, handshake_deadline_ms: int = HANDSHAKE_DEADLINE_MS
    ) -> None:
        """Start without peers, listeners or channels."""
        self._identity = identity
        self._servers: list[asyncio.Server] = []
        self._accepting = Terms(
            context=tls_context(identity, (), server=True),
            our_pin=pin_of(identity.certificate_der),
            parties_by_pin={},
            owner=owner,
            handshake_deadline_ms=handshake_deadline_ms,
            channels={},
        )
        self._dialling: dict[str, Terms] = {}

    def trust(self, peers: Sequence[TlsPeer]) -> None:
        """Trust exactly *peers* from now on, one per party.

        Raises ``PeerFault`` ``key-malformed`` and then changes nothing.
        """
        self._accepting, self._dialling = (
            self._terms(peers, server=True),
            {peer.party: self._terms([peer], server=False) for peer in peers},
        )

    async def serve(self, endpoints: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
        """Listen on *endpoints* (port 0 asks for a free one) and return the addresses bound.

        Raises ``LocalFault`` ``listen-failed`` when one cannot be bound.
        """
        loop = asyncio.get_running_loop()
        bound: list[Endpoint] = []
        for endpoint in endpoints:
            try:
                server = await loop.create_server(
                    lambda: Channel(self._accepting), endpoint.host, endpoint.port, backlog=_BACKLOG
                )
            except OSError as error:
                raise LocalFault("listen-failed", endpoint.text) from error
            self._servers.append(server)
            bound += (Endpoint(*listening.getsockname()[:2]) for listening in server.sockets)
        return tuple(bound)

    async def dial(self, endpoint: Endpoint, party: str, line_id: bytes) -> Channel:
        """Open a channel to *party* at *endpoint* for the line; the owner has been told ``opened`` by then.

        Raises ``LocalFault`` ``endpoint-unreachable`` when nothing answers, else the ``PeerFault`` of the handshake.
        """
        terms = self._dialling.get(party)
        if terms is None:
            raise PeerFault("pin-unknown", party)
        try:
            channel = await _connect(dataclasses.replace(terms, line_id=line_id), endpoint)
        except OSError as error:
            raise LocalFault("endpoint-unreachable", endpoint.text) from error
        try:
            await channel.wait_opened()
        except asyncio.CancelledError:
            channel.close()
            raise
        return channel

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every live connection, open or not, in the order they came."""
        return tuple(self._accepting.channels)

    async def close(self) -> None:
        """Stop listening, close every channel in good order and wait until all are gone."""
        for server in self._servers:
            server.close()
        channels = self.channels
        for channel in channels:
            channel.close()
        for channel in channels:
            await channel.wait_closed()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def _terms(self, peers: Sequence[TlsPeer], *, server: bool) -> Terms:
        parties_by_pin: dict[bytes, tuple[str, ...]] = {}
        for peer in peers:
            for pin in dict.fromkeys(map(pin_of, peer.certificates_der)):
                parties_by_pin[pin] = (*parties_by_pin.get(pin, ()), peer.party)
        return dataclasses.replace(
            self._accepting, context=tls_context(self._identity, peers, server=server), parties_by_pin=parties_by_pin
        )


async def _connect(terms: Terms, endpoint: Endpoint) -> Channel:
    """Connect to the first address that answers, each with its share of the deadline; raises ``OSError``.

    asyncio's own race of addresses is not used: called off, it can leave a socket open.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    hosts = list(dict.fromkeys(str(address[0]) for *_, address in found))
    failure = OSError("no address")
    for host in hosts:
        try:
            async with asyncio.timeout(terms.handshake_deadline_ms / len(hosts) / 1000):
                _, channel = await loop.create_connection(lambda: Channel(terms), host, endpoint.port)
        except OSError as error:
            failure = error
        else:
            return channel
    raise failure
