"""Two parties founded as officers would found them, in two home folders, and their nodes in one process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from rabita.app.drafting import Message, Words, message
from rabita.app.founding import Names, Passphrases, create_party
from rabita.app.home import Home
from rabita.app.logs import open_log
from rabita.app.node import Node
from rabita.app.outside import MachineClock
from rabita.app.settings import Settings, load_settings
from rabita.keys.file import Cost, open_keys
from rabita.keys.ring import KeyRing
from rabita.keys.sets import RootKeys
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.services.pairing import (
    accept_charter,
    confirm,
    confirmed_descriptor,
    import_descriptor,
    propose_charter,
    safety_number,
    sign_charter,
)
from rabita.services.terms import default_terms
from rabita.store.sqlite import open_store

T = TypeVar("T")

WORDS: Final = Passphrases("node word 1", "root word 2", "recovery word 3", Cost(memory_kib=8, passes=1, lanes=1))
PATIENCE_S: Final = 60
CODES: Final = ("X-PAK", "X-IRN")
PLAIN: Final = (Names("X-PAK", "X-PAK", "X-PAK"), Names("X-IRN", "X-IRN", "X-IRN"))
"""Parties called by their codes."""


@dataclass(frozen=True)
class Pair:
    """Two founded homes with a line between them."""

    homes: tuple[Home, Home]
    ports: tuple[int, int]
    line: str

    def settings(self, side: int) -> Settings:
        return load_settings({"home": self.homes[side].folder, "log_level": "error"}, {})

    def root(self, side: int) -> KeyRing:
        return KeyRing(open_keys(self.homes[side].root_keys, WORDS.root, RootKeys))


def free_ports(count: int) -> list[int]:
    """Find ports nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def found_pair(folder: Path, ports: tuple[int, int] = (17_420, 17_421), names: tuple[Names, Names] = PLAIN) -> Pair:
    """Found both parties, confirm each to the other, sign the usual terms."""
    homes = (Home(folder / "pak"), Home(folder / "irn"))
    for home, code, called, port in zip(homes, CODES, names, ports, strict=True):
        endpoint = f"tls://127.0.0.1:{port}"
        create_party(home, code, called, (endpoint,), (), home.root_keys, WORDS, MachineClock().now_ms())
    stores = [open_store(home.database) for home in homes]
    for us, other in ((0, 1), (1, 0)):
        theirs = import_descriptor(stores[us], homes[other].descriptor(CODES[other]).read_bytes())
        confirm(stores[us], CODES[other], safety_number(theirs))
    ours, theirs = (confirmed_descriptor(stores[0], code) for code in CODES)
    rings = [KeyRing(open_keys(home.root_keys, WORDS.root, RootKeys)) for home in homes]
    raw = propose_charter(stores[0], rings[0], CODES[0], default_terms(ours, theirs, b"n" * 16))
    raw = sign_charter(rings[1], raw, theirs, ours)
    lines = [accept_charter(store, code, raw).line for store, code in zip(stores, CODES, strict=True)]
    for store in stores:
        store.close()
    return Pair(homes, ports, lines[0])


def new_pair(folder: Path, names: tuple[Names, Names] = PLAIN) -> Pair:
    """Found a pair on free ports."""
    one, two = free_ports(2)
    return found_pair(folder, (one, two), names)


def words(node: Node, line: str, text: str, lane: Lane = Lane.ROUTINE, withheld: str = "") -> Draft:
    """Write a message as an officer would."""
    kept = (Words(withheld),) if withheld else ()
    state = node.link(line).exchange.state
    return message(state, Message(lane, "exercise", (Words(text),), kept), (), node.clock.now_ms())


@asynccontextmanager
async def node_of(pair: Pair, side: int, *, serve: bool = True) -> AsyncIterator[Node]:
    """Run the node of one side, on its own loop's thread."""
    node = Node(pair.settings(side), WORDS.node, open_log("error", "json"))
    try:
        if serve:
            await node.serve()
        yield node
    finally:
        await node.close()


async def until(node: Node, holds: Callable[[], object]) -> None:
    """Wait, from news to news, until *holds*."""
    told = asyncio.Event()
    end = node.news.subscribe(lambda _: told.set())
    try:
        while not holds():
            told.clear()
            await told.wait()
    finally:
        end()


def receipted(node: Node, line: str, lane: Lane = Lane.ROUTINE, epoch: int = 1) -> int:
    """Give how much of an own lane the other side has receipted."""
    state = node.link(line).exchange.state
    rows = [row for log, row in state.logs.items() if log == (state.us, epoch, lane)]
    return rows[0].receipted if rows else 0


def play(scene: Callable[[], Awaitable[T]]) -> T:
    """Run one scene, with a limit that only a hanging one meets."""

    async def limited() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await scene()

    return asyncio.run(limited())
