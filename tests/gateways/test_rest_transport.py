"""How the gateway is reached: over TLS where it must be; and who is slow is let go."""

import asyncio
import ssl
from base64 import encodebytes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.exceptions import LitestarException

from rabita.bearers.certificate import transport_certificate
from rabita.gateways.rest.application import Gateway
from tests.gateways.people import RATE, House, Side

pytestmark = pytest.mark.sockets


def test_with_a_certificate_it_is_served_over_tls_alone(home: House, tmp_path: Path) -> None:
    generation = home.sides[0].node.shown_generation()
    certificate = transport_certificate(generation.transport_pem, "X-PAK")
    text = f"-----BEGIN CERTIFICATE-----\n{encodebytes(certificate).decode()}-----END CERTIFICATE-----\n"
    (tmp_path / "web.pem").write_text(text)
    (tmp_path / "web.key").write_bytes(generation.transport_pem)
    side = home.restart(0, web_certificate=str(tmp_path / "web.pem"), web_key=str(tmp_path / "web.key"))
    try:
        trust = ssl.create_default_context(cadata=text)
        trust.check_hostname = False
        url = side.url.replace("http:", "https:")
        with httpx.Client(base_url=url, verify=trust) as http:
            answer = http.get("/health")
            assert answer.json() == {"status": "up"}
            assert answer.headers["strict-transport-security"]
        old = ssl.create_default_context(cadata=text)
        old.check_hostname, old.maximum_version = False, ssl.TLSVersion.TLSv1_2
        with httpx.Client(base_url=url, verify=old) as http, pytest.raises(httpx.TransportError):
            http.get("/health")
        with side.http("") as http, pytest.raises(httpx.TransportError):
            http.get("/health")
    finally:
        home.restart(0)


class Peer:
    """The other end of one request, as a server's connection is to the application."""

    def __init__(self, path: str, token: str, method: str = "GET") -> None:
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        self.sent: list[dict[str, Any]] = []
        self.takes = 100
        self.gives = [{"type": "http.request", "body": b"", "more_body": False}] if method == "GET" else []

    async def receive(self) -> dict[str, Any]:
        if self.gives:
            return self.gives.pop()
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if len(self.sent) >= self.takes:
            await asyncio.Event().wait()
        self.sent.append(message)


@asynccontextmanager
async def gateway(side: Side) -> AsyncIterator[Callable[[Peer], Any]]:
    made = Gateway(side.web.services(), rate_per_s=RATE, secure=False, heartbeat_s=0.01, slow_s=0.05)
    try:
        yield lambda peer: made.app(peer.scope, peer.receive, peer.send)  # type: ignore[arg-type]  # - plain messages
    finally:
        made.close()


def test_a_body_that_does_not_come_is_not_waited_for(home: House, side: Side) -> None:
    async def scene() -> list[dict[str, Any]]:
        peer = Peer(f"/lines/{side.line}/procedures/message/send", side.token(), "POST")
        async with gateway(side) as ask:
            await ask(peer)
        return peer.sent

    start, body = home.run(scene())
    assert start["status"] == 400
    assert b"too slowly" in body["body"]


def test_a_listener_that_takes_nothing_is_let_go(home: House, side: Side) -> None:
    async def scene() -> Peer:
        peer = Peer("/events", side.token())
        peer.takes = 2
        async with gateway(side) as ask:
            with pytest.raises(LitestarException):
                await ask(peer)
        return peer

    assert home.run(scene()).sent[0]["status"] == 200
