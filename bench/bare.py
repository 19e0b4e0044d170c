"""The bare pair: two processes that only hash, insert, commit and send what a real run sealed, with its batches.

Run as ``python -m bench.bare author|reader PLAN``. They keep the run's window, its tables and indexes, its fsync and
its TLS; they know every row in advance, parse nothing, sign nothing and check nothing but the digests they compute. The
author stores a receipt with its next batch; the reader acknowledges what it has committed. Plain ``sqlite3`` and
blocking sockets, one thread each: nothing faster was found in this language.
"""

import select
import socket
import sqlite3
import ssl
import sys
import time
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from bench.rows import Batch, connect, insert, note_receipts
from rabita.bearers.certificate import TlsIdentity, TlsPeer, tls_context

HEAD_BYTES: Final = 4
_wire: Final = msgspec.msgpack.Decoder(tuple[list[tuple[bytes, bytes, bytes, bytes | None]], bytes]).decode


class Plan(msgspec.Struct, frozen=True):
    """What both processes are told: the batches, each side's database, their TLS, the window, the pace (0: full speed).

    ``begin`` holds entries to be sent before the clock starts.
    """

    batches: list[Batch]
    databases: tuple[str, str]
    keys: tuple[bytes, bytes]
    certificates: tuple[bytes, bytes]
    port: int
    window: int
    every_ms: float


class Times(msgspec.Struct, frozen=True):
    """For each batch: when it was begun and its receipt stored (author), or when it was durable (reader)."""

    begun_ns: list[int]
    ended_ns: list[int]


def digests(parts: tuple[bytes, bytes, bytes, bytes | None]) -> bytes:
    """Hash the parts of an entry as the line does: three parts, the portion, the leaf, and one node of the tree."""
    stamp, act, approvals, portions = parts
    words = sha256(portions or b"").digest()
    leaf = sha256(b"\0" + sha256(stamp).digest() + sha256(act).digest() + sha256(approvals).digest()).digest()
    return sha256(b"\1" + leaf + words).digest()


def author(plan: Plan, stream: ssl.SSLSocket, connection: sqlite3.Connection) -> Times:
    """Hash, commit and send each batch while the window has room; store receipts with the next one."""
    begun: list[int] = []
    ended: list[int] = []
    unread: deque[Batch] = deque()
    held: list[Batch] = []
    under_way = 0

    def read_receipt() -> None:
        nonlocal under_way
        receive(stream)
        batch = unread.popleft()
        held.append(batch)
        under_way -= len(batch.rows)

    def stored() -> None:
        ended.extend([time.monotonic_ns()] * len(held))
        held.clear()

    for batch in plan.batches:
        while unread and (under_way + len(batch.rows) > plan.window or plan.every_ms or _readable(stream)):
            read_receipt()
        if plan.every_ms:
            store_receipts(connection, held)
            stored()
            time.sleep(plan.every_ms / 1000)
        begun.append(time.monotonic_ns())
        for row in batch.rows:
            digests((row[12], row[13], row[14], row[15]))  # type: ignore[arg-type]  # - columns of bytes
        insert(connection, batch, held)
        stored()
        send(stream, batch.wire)
        unread.append(batch)
        under_way += len(batch.rows)
    while unread:
        read_receipt()
    store_receipts(connection, held)
    stored()
    return Times(begun, ended)


def reader(plan: Plan, stream: ssl.SSLSocket, connection: sqlite3.Connection) -> Times:
    """Read, hash, commit and acknowledge each batch with as many bytes as a receipt has."""
    begun: list[int] = []
    ended: list[int] = []
    for batch in plan.batches:
        raw = receive(stream)
        begun.append(time.monotonic_ns())
        parts, _note = _wire(raw)
        for each in parts:
            digests(each)
        insert(connection, batch, ())
        ended.append(time.monotonic_ns())
        send(stream, batch.receipt[-120:] or b"receipt")
    return Times(begun, ended)


def store_receipts(connection: sqlite3.Connection, held: list[Batch]) -> None:
    """Commit receipts alone, when no batch carries them."""
    connection.execute("BEGIN IMMEDIATE")
    note_receipts(connection, held)
    connection.execute("COMMIT")


def send(stream: ssl.SSLSocket, raw: bytes) -> None:
    """Send a message."""
    stream.sendall(len(raw).to_bytes(HEAD_BYTES, "big") + raw)


def receive(stream: ssl.SSLSocket) -> bytes:
    """Receive a message."""
    return _exactly(stream, int.from_bytes(_exactly(stream, HEAD_BYTES), "big"))


def _exactly(stream: ssl.SSLSocket, count: int) -> bytes:
    buffer = bytearray(count)
    view, held = memoryview(buffer), 0
    while held < count:
        taken = stream.recv_into(view[held:])
        if not taken:
            raise ConnectionResetError
        held += taken
    return bytes(buffer)


def _readable(stream: ssl.SSLSocket) -> bool:
    return bool(stream.pending()) or bool(select.select([stream], [], [], 0)[0])


def main(role: str, path: str) -> None:
    plan = msgspec.msgpack.decode(Path(path).read_bytes(), type=Plan)
    us = 0 if role == "author" else 1
    identity = TlsIdentity(plan.keys[us], plan.certificates[us])
    context = tls_context(identity, [TlsPeer("X", (plan.certificates[1 - us],))], server=bool(us))
    connection = connect(Path(plan.databases[us]))
    if role == "reader":
        with socket.create_server(("127.0.0.1", plan.port)) as server:
            _say(None)
            plain, _ = server.accept()
    else:
        plain = socket.create_connection(("127.0.0.1", plan.port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain, server_side=bool(us)) as stream:
        _say((author if role == "author" else reader)(plan, stream, connection))
    connection.close()


def _say(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
