"""Two nodes that talk over TLS, one of them serving HTTP on a loopback port, on a thread of their own."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import msgspec

from rabita.app.drafting import credential
from rabita.app.founding import Names
from rabita.app.logs import open_log
from rabita.app.node import Node
from rabita.app.settings import Settings
from rabita.app.web import Web
from rabita.client import Client
from rabita.desk.application import desk_routes
from rabita.gateways.rest.access import Scope, Token, issue
from rabita.gateways.rest.routing import Route
from rabita.keys.file import Cost, save_keys
from rabita.keys.sets import OfficerKey
from rabita.line.ids import Lane
from tests.app.people import CODES, PATIENCE_S, PLAIN, WORDS, Pair, new_pair, until

T = TypeVar("T")

OFFICER_WORD: Final = "officer word 4"
TOKEN_NAME: Final = "what the tests ask with"
RATE: Final = 100_000
DAY_MS: Final = 86_400_000
OFFICES: Final = ("releaser", "releaser", "foreign-ministry")
NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no authority: the node is asked without TLS, and reading the machine's authorities costs each client 60 ms."""


@dataclass
class Side:
    """One party's node while it runs, its HTTP gateway and its officers' keys."""

    pair: Pair
    number: int
    settings: Settings
    node: Node
    web: Web
    officers: list[OfficerKey]

    @property
    def line(self) -> str:
        return self.pair.line

    @property
    def pages(self) -> tuple[Route, ...]:
        """Every page of the desk that is served."""
        return desk_routes(self.web.desk)

    @property
    def url(self) -> str:
        return f"http://{self.web.address[0]}:{self.web.address[1]}"

    @property
    def now_ms(self) -> int:
        return self.node.clock.now_ms()

    def token(self, scope: Scope = Scope.SEAL, lines: tuple[str, ...] = (), life_ms: int = DAY_MS) -> str:
        return self.issued(scope, lines, life_ms)[1]

    def issued(
        self, scope: Scope = Scope.SEAL, lines: tuple[str, ...] = (), life_ms: int = DAY_MS
    ) -> tuple[Token, str]:
        token, text = issue(TOKEN_NAME, scope, lines, self.now_ms, self.now_ms + life_ms)
        self.web.records.put_token(token)
        return token, text

    def http(self, token: str | None = None) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.token() if token is None else token}"} if token != "" else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S, verify=NOBODY)

    def client(self, scope: Scope = Scope.SEAL) -> Client:
        return Client(self.url, self.token(scope))


@dataclass
class House:
    """Both sides, on a thread with an event loop of its own."""

    folder: Path
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    sides: list[Side] = field(default_factory=list)

    def run(self, scene: Coroutine[Any, Any, T]) -> T:
        """Run something on the nodes' loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(scene, self.loop).result(PATIENCE_S)

    def restart(self, number: int, **settings: object) -> Side:
        """Stop a side's node and take it up anew."""
        side = self.sides[number]
        self.run(_stopped(side))
        self.sides[number] = self.run(_started(side.pair, number, side.officers, settings))
        return self.sides[number]

    def settle(self) -> None:
        """Wait until either side has receipted all that the other said, and has it in its index."""
        self.run(_settled(self.sides))


@contextmanager
def house(folder: Path, names: tuple[Names, Names] = PLAIN, **settings: object) -> Iterator[House]:
    """Found a pair and run both nodes; officers of both have published their keys."""
    found = House(folder)
    thread = threading.Thread(target=found.loop.run_forever)
    thread.start()
    try:
        pair = new_pair(folder, names)
        for number in (0, 1):
            officers = [OfficerKey.generate(CODES[number], f"POST-{office}") for office in OFFICES]
            found.sides.append(found.run(_started(pair, number, officers, settings)))
        for side in found.sides:
            found.run(_published(side))
        found.settle()
        yield found
    finally:
        for side in found.sides:
            found.run(_stopped(side))
        found.loop.call_soon_threadsafe(found.loop.stop)
        thread.join()
        found.loop.close()


async def _started(pair: Pair, number: int, officers: list[OfficerKey], changes: dict[str, object]) -> Side:
    paths = []
    for at, key in enumerate(officers):
        path = pair.homes[number].folder / f"officer-{at}.json"
        if not path.exists():
            save_keys(path, key, OFFICER_WORD, cost=Cost(memory_kib=8, passes=1, lanes=1))
        paths.append(str(path))
    settings = msgspec.structs.replace(
        pair.settings(number), **{"web_officer_keys": tuple(paths), "web_rate_per_s": RATE, **changes}
    )
    node = Node(settings, WORDS.node, open_log("critical", "json"))
    await node.serve()
    web = Web(node, lambda: OFFICER_WORD)
    await web.open()
    return Side(pair, number, settings, node, web, officers)


async def _published(side: Side) -> None:
    state = side.node.link(side.line).exchange.state
    for key, office in zip(side.officers, OFFICES, strict=True):
        await side.node.seal(side.line, Lane.CONTROL, credential(state, key, [office], side.now_ms))


async def _stopped(side: Side) -> None:
    await side.web.close()
    await side.node.close()


async def _settled(sides: list[Side]) -> None:
    for side in sides:
        await until(side.node, _all_receipted(side))
    for side in sides:
        await side.node.indexed()


def _all_receipted(side: Side) -> Callable[[], bool]:
    def holds() -> bool:
        state = side.node.link(side.line).exchange.state
        return all(row.receipted == row.frontier.size for log, row in state.logs.items() if log.party == state.us)

    return holds
