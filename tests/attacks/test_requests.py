"""Where the node lets itself be sent, and what its code reaches for: endpoints, and algorithms."""

import ast
import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

import rabita
from rabita.bearers.endpoint import parse_endpoint
from rabita.line.errors import PeerFault, RabitaError
from tests.app.people import PATIENCE_S
from tests.bearers.people import IRN, LINE, PAK, node

SOURCE: Final = Path(rabita.__file__).parent
CRYPTOGRAPHY: Final = {
    "bearers/bundle.py",
    "bearers/certificate.py",
    "bearers/inner.py",
    "bearers/recipient.py",
    "keys/file.py",
    "keys/ring.py",
    "keys/sets.py",
    "line/signature.py",
}
"""The modules of the inventory in docs/security/rules.md."""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "http://127.0.0.1:80",
            "file:///etc/passwd",
            "gopher://x:70",
            "tls://user@x:1",
            "tls://x:1/path",
            "tls://x:1?q",
        ),
        *("tls://x:1#f", "tls://x", "tls://:1", "tls://x:0", "tls://x:65536", "tls://x:1\r\nHost: y", "tls://x y:1"),
        *("tls://[::1%25eth0]:1", "tls://[x]:1", "TLS://x:1", "tls:x:1", "tls://x:1,tls://y:1", "tls://\u0661.0.0.1:1"),
        *("unix:///run/docker.sock", "tls://x\x00.evil.test:1", "tls://..:1", "tls://-x:1", "ldap://x:389"),
    ],
)
def test_an_endpoint_is_a_host_and_a_port_and_nothing_else(text: str) -> None:
    with pytest.raises(PeerFault, match="endpoint-malformed"):
        parse_endpoint(text)


@pytest.mark.sockets
def test_whoever_a_descriptor_points_at_hears_a_greeting_of_tls_and_nothing_else() -> None:
    """A metadata service learns no more than that somebody speaks TLS, and what it answers goes nowhere."""

    async def scene() -> tuple[bytes, str]:
        heard = bytearray()

        async def inside(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.extend(await reader.read(65_536))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nsecret of the inside")
            heard.extend(await reader.read(65_536))
            writer.close()

        server = await asyncio.start_server(inside, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        ours = await node(PAK, IRN)
        try:
            await ours.bearer.dial(parse_endpoint(f"tls://127.0.0.1:{port}"), "IRN", LINE)
            said = ""
        except RabitaError as fault:
            said = f"{fault} {fault.detail} {fault.__cause__}"
        await ours.bearer.close()
        server.close()
        return bytes(heard), said

    heard, said = asyncio.run(asyncio.wait_for(scene(), PATIENCE_S))
    assert heard[:2] == b"\x16\x03", "a TLS handshake record"
    assert b"HTTP" not in heard
    assert b"PAK" not in heard
    assert said
    assert "secret of the inside" not in said


def imported(path: Path) -> set[str]:
    """List the packages that a module imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_cryptography_is_where_the_inventory_says() -> None:
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if {"cryptography", "pyrage"} & imported(path)
        and path.relative_to(SOURCE).parts[0] in ("line", "keys", "bearers")
    }
    page = (SOURCE.parents[1] / "docs/security/rules.md").read_text(encoding="utf-8")
    assert {name for name in found if f"`{name}`" not in page} == set()
    assert found >= CRYPTOGRAPHY - {name for name in CRYPTOGRAPHY if not (SOURCE / name).exists()}


def test_no_weak_algorithm_is_named_anywhere() -> None:
    weak = re.compile(
        r"\b(md5|sha1|SHA1|MD5|DES|TripleDES|RC4|ARC4|Blowfish|ECB|CBC|PKCS1v15|verify=False|CERT_NONE)\b"
    )
    found = [
        f"{path.relative_to(SOURCE)}: {match[0]}"
        for path in sorted(SOURCE.rglob("*.py"))
        for match in weak.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
