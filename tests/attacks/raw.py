"""Bytes on a socket, as no client library would send them."""

import json
import socket
from typing import Any, NamedTuple

from tests.app.people import PATIENCE_S
from tests.gateways.people import Side


class Answer(NamedTuple):
    """What came back, taken apart: status 0 where nothing did."""

    status: int
    headers: dict[str, list[str]]
    body: bytes
    rest: bytes = b""

    @property
    def code(self) -> str:
        problem: dict[str, Any] = json.loads(self.body)
        return str(problem["code"])


def connect(side: Side) -> socket.socket:
    return socket.create_connection(side.web.address, PATIENCE_S)


def ask(side: Side, *parts: bytes) -> Answer:
    """Send bytes and read until the other side is done or hangs up."""
    with connect(side) as sock:
        for part in parts:
            sock.sendall(part)
        return read(sock)


def read(sock: socket.socket) -> Answer:
    """Read one answer; ``rest`` is what came behind it."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = sock.recv(65_536)
        if not piece:
            return Answer(0, {}, raw)
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    size = int(headers.get("content-length", ["0"])[0])
    while len(body) < size and (piece := sock.recv(65_536)):
        body += piece
    return Answer(int(first.split()[1]), headers, body[:size], body[size:])


def ended(sock: socket.socket) -> bool:
    """Wait until the other side ends the connection; whatever it still says is passed over."""
    try:
        while sock.recv(65_536):
            pass
    except ConnectionError:
        return True
    return True
