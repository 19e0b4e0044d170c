"""One side: a node of the product's own composition in a process of its own, and the client that seals on it.

Run as ``python -m bench.side HOME [PROFILE]``; asked on standard input. Nothing here stands between the node and its
counterpart: the node's own settings, store, keys and bearer are what is measured.
"""

import asyncio
import cProfile
import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.asks import (
    AnyAsk,
    Arrivals,
    Arrived,
    Gauge,
    Gauged,
    Meet,
    Moment,
    Pace,
    Paced,
    Ran,
    Reach,
    Run,
    Sample,
    Stop,
    Watch,
)
from bench.drafts import Drafter
from bench.machine import cpu_by_thread, resident_bytes, socket_bytes
from rabita.app.asks import Happened
from rabita.app.drafting import credential
from rabita.app.node import Node
from rabita.app.settings import load_settings
from rabita.line.errors import RabitaError
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.services.exchange import Placed

AHEAD: Final = 20_000
"""Drafts written ahead: all of a timed run, slices of a longer one."""
_decode: Final = msgspec.json.Decoder(AnyAsk).decode


class Side:
    """Drives one node."""

    def __init__(self, node: Node, profile: cProfile.Profile | None) -> None:
        self._node = node
        self._profile = profile
        (self._line,) = node.links
        self._exchange = node.links[self._line].exchange
        self._us = self._exchange.state.us
        self._drafter = Drafter(self._line, self._us)
        self._sizes: dict[tuple[str, str], int] = {}
        for log, row in self._exchange.state.logs.items():
            ours = log.party == self._us
            self._sizes["sealed" if ours else "arrived", log.lane] = row.frontier.size
            self._sizes["receipted", log.lane] = row.receipted if ours else self._sizes.get(("receipted", log.lane), 0)
        self._groups: dict[str, list[tuple[int, int, int]]] = {}
        self._sealed_groups = 0
        self._published = False
        self._changed = asyncio.Event()
        self._heard: Callable[[Happened, int], None] = lambda _happened, _ns: None
        node.news.subscribe(self._hear)

    def _hear(self, happened: Happened) -> None:
        ns = time.monotonic_ns()
        size = happened.first + happened.count
        self._sizes[happened.what, happened.lane] = size
        if happened.what == "arrived":
            self._groups.setdefault(happened.lane, []).append((happened.first, happened.count, ns))
        self._sealed_groups += happened.what == "sealed"
        self._heard(happened, ns)
        self._changed.set()

    async def answer(self, ask: AnyAsk) -> msgspec.Struct:
        """Do what is asked."""
        return await _ANSWERS[type(ask)](self, ask)

    async def meet(self, _ask: Meet) -> Moment:
        while (session := self._exchange.state.session) is None or not session.met:  # noqa: ASYNC110 - no news of it
            await asyncio.sleep(0.001)
        return Moment(time.monotonic_ns())

    async def reach(self, ask: Reach) -> Moment:
        await self._until(ask.what, ask.lane, ask.size)
        return Moment(time.monotonic_ns())

    async def arrivals(self, ask: Arrivals) -> Arrived:
        return Arrived(tuple(self._groups.get(ask.lane, ())))

    async def watch(self, ask: Watch) -> Moment:
        if self._profile is not None:
            (self._profile.enable if ask.on else self._profile.disable)()
        return Moment(time.monotonic_ns())

    async def stop(self, _ask: Stop) -> Moment:
        await self._node.close()
        return Moment(time.monotonic_ns())

    async def _until(self, what: str, lane: Lane, size: int) -> None:
        while self._sizes.get((what, lane), 0) < size:
            self._changed.clear()
            await self._changed.wait()

    async def run(self, ask: Run) -> Ran:
        """Keep the window full; the next act is sealed as soon as an earlier one is done."""
        if ask.approvals and not self._published:
            await self._publish()
        first = self._sizes.get(("sealed", ask.lane), 0)
        groups, done, began = self._sealed_groups, 0, 0
        ended_ns = 0
        for written in _slices(self._drafter, ask):
            gc.collect()
            gc.freeze()
            began = began or time.monotonic_ns()
            await self._window(ask, written, first + done)
            done += len(written)
            ended_ns = time.monotonic_ns()
            gc.unfreeze()
        return Ran(began, ended_ns, first, self._sealed_groups - groups)

    async def _publish(self) -> None:
        """Publish the officers' keys on the control lane."""
        for role, key in self._drafter.officers.items():
            draft = credential(self._exchange.state, key, (role,), self._node.clock.now_ms())
            await self._node.seal(self._line, Lane.CONTROL, draft)
        self._published = True

    async def _window(self, ask: Run, written: list[Draft], first: int) -> None:
        asked = 0
        busy = False

        def fill() -> None:
            nonlocal asked, busy
            if busy:
                return
            busy = True
            done = max(self._sizes.get((ask.until, ask.lane), 0) - first, 0)
            while asked < len(written) and asked - done < ask.window:
                asked += 1
                self._exchange.seal(written[asked - 1], ask.lane, _taken)
            busy = False

        def heard(happened: Happened, _ns: int) -> None:
            if happened.what == ask.until:
                fill()

        self._heard = heard
        fill()
        await self._until(ask.until, ask.lane, first + len(written))
        self._heard = lambda _happened, _ns: None

    async def pace(self, ask: Pace) -> Paced:
        asked: dict[int, int] = {}
        sealed: dict[int, int] = {}
        receipted: dict[int, int] = {}
        written = list(self._drafter.drafts(ask.count, ask.lane))

        def heard(happened: Happened, ns: int) -> None:
            if happened.what == "receipted" and happened.lane == ask.lane:
                size = happened.first + happened.count
                receipted.update({index: ns for index in sealed if index < size and index not in receipted})

        def answer(ns: int) -> Callable[[Placed | RabitaError], None]:
            def done(result: Placed | RabitaError) -> None:
                _, index = _must(result)
                asked[index], sealed[index] = ns, time.monotonic_ns()

            return done

        self._heard = heard
        begin = time.monotonic()
        for number, draft in enumerate(written):
            await asyncio.sleep(max(begin + number * ask.every_ms / 1000 - time.monotonic(), 0))
            if ask.enough and self._sizes.get(("receipted", Lane.ROUTINE), 0) >= ask.enough:
                break
            self._exchange.seal(draft, ask.lane, answer(time.monotonic_ns()))
        while len(receipted) < len(asked) or self._exchange.queued:
            self._changed.clear()
            await self._changed.wait()
        self._heard = lambda _happened, _ns: None
        return Paced(tuple([Sample(each, asked[each], sealed[each], receipted[each]) for each in sorted(receipted)]))

    async def gauge(self, _ask: Gauge) -> Gauged:
        out, into = socket_bytes()
        commits = [each for metric in self._node.metrics.commit_seconds.collect() for each in metric.samples]
        samples = {each.name: each.value for each in commits}
        return Gauged(
            cpu_by_thread(),
            resident_bytes(),
            out,
            into,
            int(samples["rabita_commit_seconds_count"]),
            samples["rabita_commit_seconds_sum"],
            time.monotonic_ns(),
        )


_ANSWERS: Final[dict[type[AnyAsk], Callable[[Side, Any], Awaitable[msgspec.Struct]]]] = {
    Run: Side.run,
    Pace: Side.pace,
    Meet: Side.meet,
    Reach: Side.reach,
    Arrivals: Side.arrivals,
    Gauge: Side.gauge,
    Watch: Side.watch,
    Stop: Side.stop,
}


def _slices(drafter: Drafter, ask: Run) -> Iterator[list[Draft]]:
    written = drafter.drafts(ask.count, ask.lane, ask.approvals)
    while part := list(islice(written, AHEAD)):
        yield part


def _taken(result: Placed | RabitaError) -> None:
    _must(result)


def _must(result: Placed | RabitaError) -> tuple[LogId, int]:
    if isinstance(result, RabitaError):
        raise result
    return result


async def main(home: str, profile_folder: str) -> None:
    profile = cProfile.Profile() if profile_folder else None
    node = Node(load_settings({"home": home}, {}), os.environ["RABITA_PASSPHRASE"])
    await node.serve()
    side = Side(node, profile)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    _say(Moment(time.monotonic_ns()))
    while raw := await reader.readline():
        ask = _decode(raw)
        answered = await side.answer(ask)
        if isinstance(ask, Stop) and profile is not None:
            profile.dump_stats(Path(profile_folder) / "loop.prof")
        _say(answered)


def _say(answer: msgspec.Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
