"""Callers that bend the rules of TLS or of the inner seal: each is refused by its code, and honest peers go on."""

import asyncio
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from rabita.bearers.certificate import TlsIdentity, pin_of
from rabita.bearers.channel import STRANGER_BYTES_MAX, STRANGERS_MAX
from rabita.bearers.endpoint import Endpoint
from rabita.bearers.inner import Inner
from rabita.line.errors import PeerFault
from rabita.line.limits import FRAME_BYTES_MAX
from tests.bearers.people import IRN, LINE, PAK, Person, drained, listener, new_key, node, play

pytestmark = pytest.mark.sockets
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Rogue = Callable[[Endpoint], Awaitable[None]]
SOON_MS: Final = 100


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever callers do, no traceback reaches the log."""
    yield
    assert caplog.records == []


def connect(at: Endpoint, context: ssl.SSLContext | None = None) -> Awaitable[Streams]:
    return asyncio.open_connection(at.host, at.port, ssl=context)


def refusal(rogue: Rogue, deadline_ms: int = 10_000) -> set[str | None]:
    """Let *rogue* at a node, show that an honest peer still gets in, and return how the rogue was sent away."""

    async def scene() -> set[str | None]:
        irn = await node(IRN, PAK, deadline_ms=deadline_ms)
        await rogue(irn.at)
        await irn.diary.until(lambda: irn.diary.refusals or irn.diary.ends)
        pak = await node(PAK, IRN)
        channel = await pak.bearer.dial(irn.at, "IRN", LINE)
        channel.send([b"honest"])
        await irn.diary.until(lambda: b"honest" in irn.diary.received)
        codes = {*irn.diary.refusals, *irn.diary.ends}
        await pak.bearer.close()
        await irn.bearer.close()
        return codes

    return play(scene)


def test_tls_1_2_is_refused() -> None:
    async def rogue(at: Endpoint) -> None:
        context = PAK.context(IRN, server=False)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            await connect(at, context)

    assert refusal(rogue) == {"tls-failed"}


def test_a_caller_without_a_certificate_is_refused() -> None:
    async def rogue(at: Endpoint) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["rabita/1"])
        assert await drained(*await connect(at, context)) == b""

    assert refusal(rogue) == {"tls-failed"}


@pytest.mark.parametrize("protocols", [["h2"], ["rabita/2"], []])
def test_another_application_protocol_is_refused(protocols: list[str]) -> None:
    async def rogue(at: Endpoint) -> None:
        context = PAK.context(IRN, server=False)
        context.set_alpn_protocols(protocols)
        assert await drained(*await connect(at, context)) == b""

    assert refusal(rogue) == {"version-unsupported"}


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: node\r\n\r\n", b"\0" * 600, b"\x16\x03\x01\x00\x05hello"])
def test_plain_garbage_is_refused(said: bytes) -> None:
    async def rogue(at: Endpoint) -> None:
        reader, writer = await connect(at)
        writer.write(said)
        assert len(await drained(reader, writer)) < 16, "a TLS alert at most"

    assert refusal(rogue) == {"tls-failed"}


def test_a_caller_that_hangs_up_is_refused() -> None:
    async def rogue(at: Endpoint) -> None:
        _, writer = await connect(at)
        writer.close()

    assert refusal(rogue) == {"tls-failed"}


def test_a_caller_that_says_nothing_is_cut_off() -> None:
    async def rogue(at: Endpoint) -> None:
        assert await drained(*await connect(at)) == b""

    assert refusal(rogue, SOON_MS) == {"tls-failed"}


def test_a_peer_that_stops_after_tls_is_cut_off() -> None:
    async def rogue(at: Endpoint) -> None:
        assert await drained(*await connect(at, PAK.context(IRN, server=False))) == b""

    assert refusal(rogue, SOON_MS) == {"tls-failed"}


def test_a_stranger_cannot_make_us_keep_many_bytes() -> None:
    """A ClientHello announced as 131,000 bytes, in whole records, is cut off long before its end."""
    record = struct.pack(">BHH", 22, 0x0301, 16_384)
    hello = b"\x01" + (131_000).to_bytes(3)

    async def rogue(at: Endpoint) -> None:
        reader, writer = await connect(at)
        writer.write(record + hello.ljust(16_384, b"\0") + (record + bytes(16_384)) * (STRANGER_BYTES_MAX // 16_384))
        await drained(reader, writer)

    assert refusal(rogue) == {"tls-failed"}


def test_a_crowd_of_strangers_loses_its_oldest() -> None:
    async def rogue(at: Endpoint) -> None:
        crowd = [await connect(at) for _ in range(STRANGERS_MAX + 1)]
        assert await drained(*crowd[0]) == b""
        for _, writer in crowd[1:]:
            writer.close()

    assert refusal(rogue) == {"tls-failed"}


def test_a_certificate_that_a_peer_s_key_signed_is_not_the_peer_s() -> None:
    issuer = x509.load_der_x509_certificate(PAK.identity.certificate_der)
    issuer_key = load_pem_private_key(PAK.identity.private_key_pem, None)
    own_pem = new_key()
    own_key = load_pem_private_key(own_pem, None)
    assert isinstance(issuer_key, EllipticCurvePrivateKey)
    assert isinstance(own_key, EllipticCurvePrivateKey)
    leaf = (
        x509.CertificateBuilder(issuer.subject, x509.Name([]), own_key.public_key(), 7)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2999, 1, 1, tzinfo=UTC))
        .sign(issuer_key, SHA256())
        .public_bytes(Encoding.DER)
    )

    async def rogue(at: Endpoint) -> None:
        context = Person("PAK", TlsIdentity(own_pem, leaf)).context(IRN, server=False)
        assert await drained(*await connect(at, context)) == b""

    assert refusal(rogue) == {"pin-unknown"}


async def inner_session(at: Endpoint) -> tuple[Inner, Streams]:
    """Shake hands as PAK does, by hand."""
    reader, writer = await connect(at, PAK.context(IRN, server=False))
    inner = Inner.dial(LINE, pin_of(PAK.identity.certificate_der), pin_of(IRN.identity.certificate_der))
    writer.write(inner.outgoing())
    while not inner.ready:
        inner.feed(await reader.read(4096))
    writer.write(inner.outgoing())
    return inner, (reader, writer)


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        pytest.param(lambda _: struct.pack(">I", FRAME_BYTES_MAX + 17), "frame-oversized", id="oversized"),
        pytest.param(lambda _: struct.pack(">I", 3), "frame-malformed", id="short"),
        pytest.param(lambda inner: inner.seal([b"a"])[:-1] + b"?", "seal-broken", id="altered"),
        pytest.param(lambda inner: inner.seal([b"a"]) * 2, "seal-broken", id="replayed"),
    ],
)
def test_a_broken_frame_ends_the_channel(bend: Callable[[Inner], bytes], code: str) -> None:
    async def rogue(at: Endpoint) -> None:
        inner, (reader, writer) = await inner_session(at)
        writer.write(bend(inner))
        assert await drained(reader, writer) == b""

    assert refusal(rogue) == {code}


def test_a_peer_that_vanishes_is_a_lost_connection() -> None:
    async def rogue(at: Endpoint) -> None:
        _, (_, writer) = await inner_session(at)
        await writer.drain()
        writer.transport.abort()

    assert refusal(rogue) in ({"connection-lost"}, {"tls-failed"}), "lost after or before the handshake was seen"


def test_another_version_of_the_inner_seal_is_refused() -> None:
    async def rogue(at: Endpoint) -> None:
        reader, writer = await connect(at, PAK.context(IRN, server=False))
        writer.write(struct.pack(">I", 9) + b"rabita/2\n")
        assert await drained(reader, writer) == b""

    assert refusal(rogue) == {"version-unsupported"}


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_callee_that_is_silent_or_speaks_otherwise_ends_the_dial(said: bytes) -> None:
    async def scene() -> None:
        pak = await node(PAK, IRN, deadline_ms=SOON_MS)
        async with listener(said) as (at, _):
            with pytest.raises(PeerFault, match="tls-failed"):
                await pak.bearer.dial(at, "IRN", LINE)
            await pak.bearer.close()
        assert pak.diary.channels == []

    play(scene)
