"""What each page of the desk costs as a transcript grows: the time until its last byte, its p95 beside the first size.

The node is the product's own composition; it serves HTTP on loopback, and has no counterpart. One officer who may do
almost everything asks for one page after another on a connection that is kept, each time about something else where the
page is about something. What the client itself takes is counted too; what a browser then does is not.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from http.client import HTTPConnection
from random import Random
from typing import Final
from urllib.parse import quote

import msgspec

from bench.figures import Figure, Figures, middle, quantile
from bench.founding import PASSPHRASE, free_ports
from bench.grown import Ground
from bench.plan import Job
from bench.reads import SHARE
from bench.reads_data import DAY_MS, START_MS, Transcript
from rabita.app.node import Node
from rabita.app.officers import make_officers, origin_of
from rabita.app.settings import RATE_MAX, load_settings
from rabita.app.web import Web
from rabita.desk.application import desk_routes
from rabita.desk.rendering import HTML
from rabita.gateways.rest.doors import cookie_name
from rabita.gateways.rest.ground import Officers
from rabita.keys.soft_passkey import SoftPasskey
from rabita.line.ids import reference
from rabita.services.casebook import Casebook
from rabita.services.officers import Role
from rabita.services.people import Wanted

BAR_MS: Final = 100
OK: Final = 200
ELSEWHERE: Final = 303
UNREACHED: Final = ("/desk/handovers/{number}",)
"""Pages of what this transcript has none of."""
ASKED: Final = ("/desk/alarm", "/desk/map/items", "/desk/map/ground")
ROLES: Final = tuple([each for each in Role if each is not Role.AUDITOR])
Address = Callable[[], str]


class Visitor:
    """Gives the addresses of pages, each time about something else, and asks for them as an officer."""

    def __init__(self, book: Casebook, transcript: Transcript, web: Web, cookie: str) -> None:
        self._book = book
        self._transcript = transcript
        self._random = Random(7)
        self._line = book.store.lines()[0].line
        self._cookie = cookie
        self._connection = HTTPConnection(*web.address)
        self._paths = [
            route.path
            for route in desk_routes(web.desk)
            if route.method == "GET" and route.gives == HTML and route.path not in UNREACHED
        ]

    def addresses(self) -> dict[str, Address]:
        """Name the pages, and what they ask for by themselves, by path; some are asked in other ways as well."""
        filled = {each: self._filled(each) for each in (*self._paths, *ASKED)}
        return filled | {
            "/desk/traffic?cursor": lambda: f"/desk/traffic?cursor={self._place()}",
            "/desk/traffic?lane": lambda: f"/desk/traffic?procedure=message&lane=ROUTINE&cursor={self._place()}",
            "/desk/cases?open_only": lambda: f"/desk/cases?open_only=true&cursor={self._place()}",
            "/desk/search?text": lambda: f"/desk/search?text={quote(self._transcript.vocabulary.one()[:4])}",
            "/desk/notices?at_ms": lambda: f"/desk/notices?at_ms={START_MS + self._random.randint(0, 90) * DAY_MS}",
            "/desk/map?procedure": lambda: f"/desk/map?procedure=notice&cursor={self._place()}",
        }

    def ask(self, path: str) -> tuple[float, int]:
        """Give the milliseconds and the bytes of a page."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers={"cookie": self._cookie})
        answer = self._connection.getresponse()
        raw = answer.read()
        took_ms = (time.perf_counter() - began) * 1_000
        if answer.status not in (OK, ELSEWHERE):
            raise RuntimeError(f"{answer.status} {path}")
        return took_ms, len(raw)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _filled(self, path: str) -> Address:
        return lambda: path.replace("{reference}", self._reference()).replace("{case}", self._case())

    def _place(self) -> int:
        return self._random.randint(self._transcript.entries // 2 + 1, self._transcript.entries)

    def _reference(self) -> str:
        (listed,) = self._book.store.listed(self._line, "", self._random.randint(2, self._transcript.entries), 1)
        return reference(listed.log, listed.row.index)

    def _case(self) -> str:
        (row, *_) = self._book.index.cases(self._line, "", "", self._transcript.entries + 1, 1)
        (row, *_) = self._book.index.cases(self._line, "", "", self._place(), 1) or (row,)
        return row.id.hex()


def pages(job: Job, ground: Ground) -> Iterator[tuple[str, Figure]]:
    """Ask for every page."""
    yield from asyncio.run(_served(job, ground)).items()


async def _served(job: Job, ground: Ground) -> Figures:
    """Serve the transcript, and measure every page on a thread of its own."""
    (port,) = free_ports(1)
    settings = load_settings({"home": ground.founded.homes[0].folder}, {})
    settings = msgspec.structs.replace(settings, web_port=port, web_rate_per_s=RATE_MAX)
    node = Node(settings, PASSPHRASE)
    web = Web(node, lambda: PASSPHRASE)
    await web.open()
    try:
        officers = make_officers(web.officers, node.clock, settings, port)
        ground.passkey.origin = origin_of(settings, port)
        cookie = await asyncio.to_thread(_entered, officers, ground.passkey)
        gc.collect()
        gc.freeze()  # as ``rabita serve`` does once it has started
        with closing(Visitor(node.casebook, ground.transcript, web, cookie)) as visitor:
            return dict(await asyncio.to_thread(lambda: list(_measured(job, visitor, ground))))
    finally:
        await web.close()
        await node.close()


def _entered(officers: Officers | None, passkey: SoftPasskey) -> str:
    """Sign the officer in, enrolled the first time; gives the cookie of the session."""
    if officers is None:
        raise RuntimeError("the node does not know its own origin")
    if not officers.people.everyone():
        code = officers.people.invite_first(Wanted("A. Reader", ROLES)).code
        officers.enrolment.finish(code, passkey.make(officers.enrolment.begin(code)))
    opened = officers.sign_in.finish(passkey.show(officers.sign_in.begin()))
    return f"{cookie_name(officers)}={opened.text}"


def _measured(job: Job, visitor: Visitor, ground: Ground) -> Iterator[tuple[str, Figure]]:
    """Ask for each page so many times; its p95 stands beside its p95 at the first size."""
    for name, address in visitor.addresses().items():
        asked = [visitor.ask(address()) for _ in range(job.sizes.page_samples)]
        yield f"{name}_{ground.size}", _figure(name, ground.size, asked[len(asked) // 10 :], ground.first)


def _figure(name: str, size: int, asked: Sequence[tuple[float, int]], first: dict[str, float]) -> Figure:
    took_ms, kilobytes = [ms for ms, _ in asked], middle([raw for _, raw in asked]) / 1_000
    p95 = quantile(took_ms, SHARE)
    return Figure(
        what=f"{name}, {size:,} (median {middle(took_ms):.2g} ms, {kilobytes:.0f} kB)",
        value=p95,
        unit="ms p95",
        against="at the first size",
        beside=first.setdefault(name, p95),
        bar=f"under {BAR_MS} ms",
    )
