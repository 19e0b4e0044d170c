"""Yardsticks on the same machine in the same minute: the bare pair, and SQLite alone."""

import os
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.bare import Plan, Times
from bench.founding import free_ports
from bench.pair import Process
from bench.rows import Batch, connect, fresh, insert
from rabita.bearers.certificate import transport_certificate

_numbers: Final = count(1)


class Bare(NamedTuple):
    """What the bare pair took: per batch, milliseconds to the reader's disk and to the stored receipt; and its rate."""

    rate_per_s: float
    durable_ms: list[float]
    receipted_ms: list[float]


def bare_pair(batches: Sequence[Batch], source: Path, folder: Path, *, window: int, every_ms: float = 0) -> Bare:
    """Let a bare pair repeat *batches*, which the node of database *source* stored."""
    number = next(_numbers)
    databases = (folder / f"bare-{number}-a.db", folder / f"bare-{number}-b.db")
    for database in databases:
        fresh(database, source)
    keys = (_key(), _key())
    certificates = (transport_certificate(keys[0], "X-A"), transport_certificate(keys[1], "X-B"))
    names = (str(databases[0]), str(databases[1]))
    plan = Plan(list(batches), names, keys, certificates, free_ports(1)[0], window, every_ms)
    path = folder / f"bare-{number}.plan"
    path.write_bytes(msgspec.msgpack.encode(plan))
    errors = folder / f"bare-{number}.txt"
    reader = Process([sys.executable, "-m", "bench.bare", "reader", str(path)], errors)
    reader.hear(type(None))
    author = Process([sys.executable, "-m", "bench.bare", "author", str(path)], errors)
    sent, stored = author.hear(Times), reader.hear(Times)
    author.end()
    reader.end()
    path.unlink()
    for database in databases:
        _remove(database)
    entries = sum(len(batch.rows) for batch in batches)
    return Bare(
        entries / ((sent.ended_ns[-1] - sent.begun_ns[0]) / 1e9),
        [(end - begin) / 1e6 for begin, end in zip(sent.begun_ns, stored.ended_ns, strict=True)],
        [(end - begin) / 1e6 for begin, end in zip(sent.begun_ns, sent.ended_ns, strict=True)],
    )


def raw_sqlite(batches: Sequence[Batch], source: Path, folder: Path) -> float:
    """Insert *batches* in one process without hashing or sending; gives rows per second."""
    database = folder / f"raw-{next(_numbers)}.db"
    fresh(database, source)
    connection = connect(database)
    began = time.monotonic()
    for batch in batches:
        insert(connection, batch, ())
    took_s = time.monotonic() - began
    connection.close()
    _remove(database)
    return sum(len(batch.rows) for batch in batches) / took_s


def fsync_rate(folder: Path, times: int) -> float:
    """Write 4 KiB and ``fdatasync``, again and again; gives times per second."""
    path = folder / "fsync"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    began = time.monotonic()
    for _ in range(times):
        os.write(handle, bytes(4096))
        os.fdatasync(handle)
    took_s = time.monotonic() - began
    os.close(handle)
    path.unlink()
    return times / took_s


def _key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)
