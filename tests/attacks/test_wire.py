"""What is sent to the HTTP door below what a client library would send: smuggling, splitting, floods, and silence."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from rabita.app.web_wire import HEAD_BYTES_MAX, Wire
from tests.attacks.raw import Answer, ask, connect, ended, read
from tests.gateways.people import Side

pytestmark = pytest.mark.sockets

NEXT = b"GET /me HTTP/1.1\r\nHost: x\r\n\r\n"


def post(side: Side, *headers: str, body: bytes = b"{}", path: str = "/access/sign-in/begin") -> Answer:
    head = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", "Connection: close", *headers, "", ""]
    return ask(side, "\r\n".join(head).encode("latin-1") + body)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: 2, 3",),
        ("Content-Length: +2",),
        ("Content-Length: -2",),
        ("Content-Length: 0x2",),
        ("Transfer-Encoding: chunked, gzip",),
        ("Transfer-Encoding: identity, chunked",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
        ("X: a\r\n b\x00c",),
        ("X\x01: a",),
    ],
)
def test_a_request_whose_end_is_in_doubt_is_refused_and_the_connection_ends(
    side: Side, headers: tuple[str, ...]
) -> None:
    answer = post(side, *headers, body=b"{}" + NEXT)
    assert 400 <= answer.status <= 501
    assert answer.rest == b"", "what follows was not taken for a request"


def test_with_both_lengths_given_the_chunks_count_and_nothing_is_smuggled(side: Side) -> None:
    body = b"2\r\n{}\r\n0\r\n\r\n"
    answer = post(side, f"Content-Length: {len(body) + len(NEXT)}", "Transfer-Encoding: chunked", body=body + NEXT)
    assert answer.status in (200, 400)
    assert b"HTTP/1.1" not in answer.rest


def test_chunks_that_are_none_are_refused(side: Side) -> None:
    for body in (b"zz\r\n{}\r\n0\r\n\r\n", b"2 \n{}\r\n0\r\n\r\n", b"-1\r\n"):
        assert post(side, "Transfer-Encoding: chunked", body=body).status == 400


def test_a_body_without_end_is_cut_off_at_its_bound(side: Side) -> None:
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with connect(side) as sock:
        sock.sendall(
            b"POST /access/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3
        )
        assert read(sock).code == "request-oversized"


def test_a_head_without_end_is_cut_off_at_its_bound(side: Side) -> None:
    for head in (
        b"GET /" + b"a" * (2 * HEAD_BYTES_MAX),
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * HEAD_BYTES_MAX,
        b"GET / HTTP/1.1\r\nCookie: " + b"a" * (2 * HEAD_BYTES_MAX),
    ):
        with connect(side) as sock:
            try:
                sock.sendall(head)
                assert read(sock).status in (0, 400)
            except ConnectionError:
                continue


def test_no_line_break_gets_into_an_answers_head(side: Side) -> None:
    for text in ("%0d%0aSet-Cookie:%20x=y", "%0aX-Evil:1", "%E5%98%8A%E5%98%8DSet-Cookie:x"):
        for path in (f"/lines/{text}", f"/static/{text}", f"/officers/{text}", f"/lines?cursor={text}"):
            raw = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {side.token()}\r\nConnection: close\r\n\r\n"
            answer = ask(side, raw.encode())
            assert answer.status in (400, 403, 404)
            assert not {"set-cookie", "x-evil"} & answer.headers.keys()


def test_nobody_believes_the_host_or_what_a_proxy_would_say(side: Side) -> None:
    plain = ask(side, b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    forged = ask(
        side,
        b"GET /sign-in HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.test\r\n"
        b"X-Forwarded-Proto: https\r\nForwarded: host=evil.test\r\nX-Real-IP: 203.0.113.9\r\nConnection: close\r\n\r\n",
    )
    told = [(each.status, re.sub(rb"\d+", b"", each.body)) for each in (plain, forged)]
    assert told[0] == told[1]
    assert b"evil" not in forged.body
    assert b"evil" not in b"".join(value.encode() for values in forged.headers.values() for value in values)


def test_guesses_are_counted_by_the_connection_and_not_by_what_it_says_of_itself(side: Side) -> None:
    statuses = [post(side, f"X-Forwarded-For: 203.0.113.{n}", path="/access/sign-in").status for n in range(40)]
    assert 429 not in statuses, "what is malformed is no guess"
    with side.http("rabita_00_guess") as http:
        asked = [http.get("/me", headers={"x-forwarded-for": f"203.0.113.{n}"}).status_code for n in range(40)]
    assert asked[-1] == 429


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND", "GET\t"])
def test_other_methods_are_refused(side: Side, method: str) -> None:
    target = "x:1" if method == "CONNECT" else "/me"
    answer = ask(
        side, f"{method} {target} HTTP/1.1\r\nHost: x\r\nCookie: secret=1\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.status in (400, 404, 405)
    assert b"secret" not in answer.body


def test_no_protocol_is_switched_to(side: Side) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: {}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
    for protocol in ("websocket", "h2c", "TLS/1.0"):
        answer = ask(side, f"GET /events HTTP/1.1\r\nHost: x\r\n{upgrade.format(protocol)}\r\n".encode())
        assert answer.status in (400, 401, 429)


@contextmanager
def wired(kind: type[Wire]) -> Iterator[tuple[str, int]]:
    """Serve an application that answers at once over this kind of connection."""

    async def answers(scope: object, receive: object, send: object) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]  # - a server's own
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]  # - likewise

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(answers, http=kind, lifespan="off", log_config=None, timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class Hasty(Wire):
    """Waits hardly at all."""

    head_s = 0.05


class Crowded(Wire):
    """Keeps four connections."""

    crowd_max = 4


def test_a_head_that_does_not_come_whole_is_not_waited_for() -> None:
    with wired(Hasty) as address:
        for begun in (b"", b"GET / HTTP/1.1\r\nX-Slow: 1\r\n", NEXT, NEXT + b"GET"):
            with socket.create_connection(address, 20) as sock:
                sock.sendall(begun)
                assert ended(sock), "it is the other side that hangs up"


def test_connections_that_say_nothing_keep_nobody_out() -> None:
    with wired(Crowded) as address:
        silent = [socket.create_connection(address, 20) for _ in range(12)]
        with socket.create_connection(address, 20) as sock:
            sock.sendall(NEXT)
            assert read(sock).status == 204
        assert ended(silent[0]), "the oldest went"
        for each in silent:
            each.close()
