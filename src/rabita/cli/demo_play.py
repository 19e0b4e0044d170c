"""Playing a scenario: every inject is drafted, approved by two officers and sealed through its node's control socket.

Rules kept here: nothing is sealed that its procedure does not allow; nobody speaks before his node has received all
that was said; the two sides share nothing but the line.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

from rabita.app.asks import Done, GetStatus, Placed, SealAct, SignHeads
from rabita.app.client import Client, connected
from rabita.app.drafting import Message, Words, credential, message
from rabita.cli.demo_board import Board, Row
from rabita.cli.demo_board import Stage as Reached
from rabita.cli.demo_house import POSTS, Side
from rabita.line.entry import SENT, decode_act, portion_content
from rabita.line.errors import LocalFault, UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.say import Reader, say_act
from rabita.services.exercise import Inject, Scenario, Turn, fields_of
from rabita.services.exercise_stage import Stage, edition_of, unplayable
from rabita.services.reads import LineStatus

READY_S: Final = 90
"""How long two nodes on one busy machine may take to start and find each other, and an entry to be receipted."""
LOOK_S: Final = 0.05
STATUS_EVERY_S: Final = 1


class Play:
    """One run of a scenario between two running nodes, and the board that says what became of each entry."""

    def __init__(self, scenario: Scenario, sides: Sequence[Side], clients: dict[str, Client], board: Board) -> None:
        """Use ``joined``."""
        self.scenario = scenario
        self.board = board
        self._sides = {side.code: side for side in sides}
        self._clients = clients
        charter = sides[0].state.charter
        edition = edition_of(charter)
        self._stages = {play.number: Stage(charter, edition) for play in scenario.head.plays}
        self._digests: dict[int, dict[str, str]] = {play.number: {} for play in scenario.head.plays}
        self._reader = Reader(names={party.code: party.names["en"] for party in scenario.head.parties})
        self._stirred = asyncio.Event()
        self.gone: list[str] = []

    async def publish_officers(self) -> None:
        """Publish the officers' credentials on both control lanes; returns once both sides have receipted them."""
        for side in self._sides.values():
            for key, role in side.officers:
                await self._seal(side, Lane.CONTROL, credential(side.state, key, (role,), _now_ms()), None)
        await self.receipted()

    async def say(self, turn: Turn) -> Row:
        """Seal one inject on its party's node, once that node holds all that the other side said.

        Raises ``UserFault("scenario-unplayable")`` naming inject and rule where its procedure does not allow it.
        """
        inject, number = turn.inject, turn.play.number
        side = self._sides[inject.party]
        await self.until(lambda: self._holds_all(side))
        draft = self._drafted(side, inject, number)
        refs = [each for each in decode_act(draft.act).portions if each.state == SENT]
        texts = {ref.digest: portion_content(raw).decode() for ref, raw in zip(refs, draft.portions, strict=True)}
        stage = self._stages[number]
        folded = stage.say(inject, draft.act, texts)
        said = say_act(CATALOGUE.procedures[inject.procedure], stage.case_of(folded.held.digest), folded, self._reader)
        row = await self._seal(side, inject.precedence, draft, turn, said)
        self._digests[number][inject.id] = folded.held.digest
        return row

    def _drafted(self, side: Side, inject: Inject, number: int) -> Draft:
        digests, edition = self._digests[number], side.state.charter.boundary.digest
        sent, withheld = (
            tuple([Words(each.text, each.marking, each.language) for each in inject.portions if each.withheld is kept])
            for kept in (False, True)
        )
        words = Message(
            lane=inject.precedence,
            kind="exercise",
            sent=sent,
            withheld=withheld,
            posts=tuple(POSTS.values())[:1],
            marking=inject.marking,
            basis=tuple([digests[each] for each in inject.answers]),
            procedure=inject.procedure,
            act=inject.act,
            fields=fields_of(self.scenario, inject, number, edition, digests),
        )
        try:
            return message(side.state, words, side.officers, _now_ms())
        except UserFault as fault:
            raise unplayable(inject, fault.code, fault.detail) from fault

    async def receipted(self) -> None:
        """Return once every entry known of is receipted; raises ``LocalFault("node-unreachable")`` after `READY_S`."""
        await self.until(lambda: not self.board.unreceipted)

    async def sign_heads(self) -> None:
        """Let both nodes sign all heads with ML-DSA-44, before the export; returns once each holds the other's.

        Raises ``LocalFault("node-unreachable")`` after ``READY_S`` seconds.
        """
        for side in self._sides.values():
            await self._clients[side.code].ask(SignHeads(side.state.line), Done)
        try:
            async with asyncio.timeout(READY_S):
                await self.look()
                while not self._signed_alike():
                    await asyncio.sleep(LOOK_S)
                    await self.look()
        except TimeoutError:
            raise LocalFault("node-unreachable", "no signature") from None

    def _signed_alike(self) -> bool:
        one, two = (self.board.status[code].post_quantum for code in self.board.codes)
        return one == two

    async def look(self) -> None:
        """Ask both nodes how the line stands."""
        for code, client in self._clients.items():
            (self.board.status[code],) = await client.ask(GetStatus(), list[LineStatus])

    async def keep_looking(self) -> None:
        """Look once a second, until cancelled or a node stops answering."""
        while not self.gone:
            try:
                await self.look()
            except LocalFault:
                return
            await asyncio.sleep(STATUS_EVERY_S)

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for what the news bring about.

        Raises ``LocalFault("node-unreachable")`` naming the party whose node went away, or after ``READY_S`` seconds.
        """
        try:
            async with asyncio.timeout(READY_S):
                await self._wait(done)
        except TimeoutError:
            raise LocalFault("node-unreachable", "no receipt") from None

    async def rest(self, pause_s: float | None) -> None:
        """Let time pass, None: without end.

        Raises ``LocalFault("node-unreachable")`` naming the party whose node went away meanwhile.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._wait(lambda: False)

    async def _wait(self, done: Callable[[], bool]) -> None:
        while not done():
            if self.gone:
                raise LocalFault("node-unreachable", self.gone[0])
            await self.stirred()

    async def stirred(self) -> None:
        """Wait for the next news of either node; one caller at a time."""
        self._stirred.clear()
        await self._stirred.wait()

    async def listen(self, code: str) -> None:
        """Take the news of one node in until it hangs up."""
        async for news in self._clients[code].news():
            self.board.heard(news, time.monotonic())
            self._stirred.set()
        self.gone.append(code)
        self._stirred.set()

    def _holds_all(self, side: Side) -> bool:
        theirs = [row for row in self.board.rows.values() if row.log.party != side.code]
        return all(row.stage >= Reached.RECEIVED for row in theirs)

    async def _seal(self, side: Side, lane: Lane, draft: Draft, turn: Turn | None, sentence: str = "") -> Row:
        ask = SealAct(side.state.line, lane, draft.act, draft.approvals, draft.portions, draft.withheld)
        placed = await self._clients[side.code].ask(ask, Placed)
        return self.board.placed(placed, turn, time.monotonic(), sentence)


@asynccontextmanager
async def joined(
    scenario: Scenario, sides: Sequence[Side], alive: Callable[[], None], board: Board
) -> AsyncIterator[Play]:
    """Connect to both nodes as they come up and find each other; *alive* raises once a node has ended instead.

    Raises ``LocalFault("node-unreachable")`` when they have not met after ``READY_S`` seconds.
    """
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(READY_S):
                clients = {side.code: await _reach(side, stack, alive) for side in sides}
                play = Play(scenario, sides, clients, board)
                await play.look()
                while any(each.state != "up" for each in play.board.status.values()):
                    alive()
                    await asyncio.sleep(LOOK_S)
                    await play.look()
        except TimeoutError:
            raise LocalFault("node-unreachable", "not up") from None
        tasks = [asyncio.create_task(play.listen(code)) for code in clients]
        tasks.append(asyncio.create_task(play.keep_looking()))
        await asyncio.sleep(0)  # they subscribe before anything is sealed
        try:
            yield play
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _reach(side: Side, stack: AsyncExitStack, alive: Callable[[], None]) -> Client:
    while True:
        alive()
        client = await stack.enter_async_context(connected(side.home.socket))
        if client is not None:
            return client
        await asyncio.sleep(LOOK_S)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
