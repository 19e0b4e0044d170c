"""Kill -9 of either node, again and again, while acts stream in: nothing whose seal returned is lost, or there twice.

The harness is never killed. It writes down every seal that returned and asks for no act twice.
"""

import asyncio
import json
import random
import subprocess
import time
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from rabita.app.asks import Placed, SealAct
from rabita.app.client import connected
from rabita.line.entry import Act, PortionRef, encode, new_act_id, portion
from rabita.line.errors import RabitaError
from rabita.line.ids import PRECEDENCES, Lane
from rabita.store.sqlite import open_store
from tests.cli.people import Side, kill, quickly_founded, wait_for

ACTS: Final = 20_000
KILLS: Final = 50
WINDOW: Final = 200
WEEK_MS: Final = 7 * 86_400_000

pytestmark = pytest.mark.sockets


class Harness:
    """Streams acts into one node and notes which seals returned, by the SHA-256 of the act."""

    def __init__(self, home: Path, line: str, seed: int) -> None:
        self.home = home
        self.line = line
        self.returned: dict[str, Placed] = {}
        self.refused: list[str] = []
        self.limit = 0
        self.grown = asyncio.Condition()
        self._random = random.Random(seed)

    async def stream(self) -> None:
        """Seal until enough seals returned; a node that is gone is waited for, and its open asks are not repeated."""
        while len(self.returned) < ACTS:
            async with connected(self.home / "rabita.sock") as client:
                if client is None:
                    await asyncio.sleep(0.05)
                    continue
                gate = asyncio.Semaphore(WINDOW)
                gone = asyncio.Event()

                async def one(ask: SealAct) -> None:
                    try:
                        placed = await client.ask(ask, Placed)
                        self.returned[sha256(ask.act).hexdigest()] = placed
                        async with self.grown:
                            self.grown.notify_all()
                    except RabitaError as fault:
                        if fault.code != "node-unreachable":
                            self.refused.append(fault.code)
                        gone.set()  # noqa: B023 - it ends before the next client
                        async with self.grown:
                            self.grown.notify_all()
                    finally:
                        gate.release()  # noqa: B023 - likewise

                async with asyncio.TaskGroup() as group:
                    while not gone.is_set() and len(self.returned) < ACTS:
                        async with self.grown:
                            await self.grown.wait_for(lambda: len(self.returned) < self.limit or gone.is_set())  # noqa: B023 - likewise
                        await gate.acquire()
                        group.create_task(one(self._ask()))

    def _ask(self) -> SealAct:
        lane = self._random.choices(PRECEDENCES, (1, 2, 7, 90))[0]
        words = portion(self._random.randbytes(16), self._random.randbytes(self._random.randrange(600)).hex().encode())
        ref = PortionRef(sha256(words).hexdigest(), "sent", "CLEAR")
        now_ms = time.time_ns() // 1_000_000
        act = Act(
            line=self.line,
            author="X-PAK",
            precedence=Lane(lane),
            id=new_act_id(now_ms, self._random.randbytes(10)),
            seal_before_ms=now_ms + WEEK_MS,
            kind="exercise",
            procedure="message",
            act="send",
            portions=(ref,),
        )
        return SealAct(self.line, act.precedence, encode(act), portions=(words,))


async def storm(harness: Harness, sides: tuple[Side, Side], stack: ExitStack) -> int:
    """Kill one of the two nodes and start it again, while the harness streams; gives how often.

    The stream runs on while a node is down, but not past the next kill's mark.
    """
    nodes: list[subprocess.Popen[str]] = [stack.enter_context(side.serving()) for side in sides]
    chooser = random.Random(50)
    streaming = asyncio.create_task(harness.stream())
    kills = 0
    while kills < KILLS:
        goal = ACTS * (kills + 1) // (KILLS + 1)
        async with harness.grown:
            harness.limit = goal + ACTS // (KILLS + 1)
            harness.grown.notify_all()
            await harness.grown.wait_for(lambda: len(harness.returned) >= goal)  # noqa: B023 - it ends before the next
        side = chooser.randrange(2)
        await asyncio.to_thread(kill, nodes[side])
        nodes[side] = await asyncio.to_thread(stack.enter_context, sides[side].serving())
        kills += 1
    async with harness.grown:
        harness.limit = ACTS + WINDOW
        harness.grown.notify_all()
    await streaming
    return kills


def places(home: Path, line: str) -> dict[str, list[tuple[str, int]]]:
    """Read where each act of X-PAK stands in a stopped node's store: lane and index by the act's SHA-256."""
    store = open_store(home / "rabita.db")
    found: dict[str, list[tuple[str, int]]] = {}
    before = 0
    while listed := store.listed(line, "X-PAK", before, 1_000):
        for each in listed:
            found.setdefault(each.row.act_digest.hex(), []).append((each.log.lane.value, each.row.index))
        before = listed[-1].seq
    store.close()
    return found


def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    sides = quickly_founded(tmp_path)
    line = sides[0].status()["line"]
    harness = Harness(sides[0].home, line, seed=1)
    with ExitStack() as stack:
        kills = asyncio.run(storm(harness, sides, stack))
        wait_for(lambda: all(lane["unreceipted"] == 0 for lane in sides[0].status()["lanes"]))
        files = [tmp_path / "pak.transcript", tmp_path / "irn.transcript"]
        for side, file in zip(sides, files, strict=True):
            assert side.run("transcript", "export", file).code == 0
    assert kills == KILLS
    assert harness.refused == []
    assert len(harness.returned) >= ACTS

    verified = sides[0].run("verify", *files, "--json")
    assert verified.code == 0, json.loads(verified.out)

    ours, theirs = (places(side.home, line) for side in sides)
    returned = {digest: [(placed.lane.value, placed.index)] for digest, placed in harness.returned.items()}
    assert {digest: ours.get(digest) for digest in returned} == returned
    assert {digest: theirs.get(digest) for digest in returned} == returned
    assert all(len(each) == 1 for each in theirs.values())
    assert ours == theirs
