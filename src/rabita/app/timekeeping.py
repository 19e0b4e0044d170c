"""Carries out what the clocks of the watch ask for: posts are told, tests of the line sent and answered.

Rules kept here: what is due is decided by ``services.clocks`` alone; what fails is logged and asked for again at the
next tick. What was told is remembered in memory: after a restart each open duty is told once more, at the step it is.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rabita.app.casework import signer
from rabita.app.drafting import credential
from rabita.app.logs import say
from rabita.line.errors import RabitaError
from rabita.line.events import Draft
from rabita.line.ids import Lane
from rabita.procedures.engine.held import SERVICE
from rabita.procedures.line_test import LINE_TEST
from rabita.services.casework import Wanted, approve, prepare
from rabita.services.clocks import Action, Alarm, AnswerTest, Owing, Remind, SendTest, Terms, Watched, due
from rabita.services.duties_read import owed, ringing
from rabita.services.duty_directory import watch_order
from rabita.services.line_tests import AUTOMATIC, TEST_LANE, line_tests

if TYPE_CHECKING:
    from rabita.app.node import Node

TICK_S: Final = 5
DUTIES_WATCHED: Final = 200
"""Open duties looked at, the earliest deadline first; those further ahead have time."""
_REMINDERS: Final = {1: "duty-soon", 2: "duty-due"}


class Timekeeping:
    """The clocks of one node's lines."""

    def __init__(self, node: "Node") -> None:
        """Begin with nothing told. ``declines`` is the reason with which tests are declined; empty: they are not."""
        self._node = node
        self.declines = ""
        self._told: dict[str, dict[str, int]] = {}
        self._alarmed: dict[str, bool] = {}

    async def keep(self) -> None:
        """Look at the clocks for as long as the node serves."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.tick()

    async def tick(self) -> None:
        """Do what is due now on every line.

        Under a flood the index is behind by some seconds, and stays there unless something seems to be due.
        """
        for line in tuple(self._node.links):
            try:
                actions = await self._due(line)
                if actions:
                    await self._node.indexed()
                    actions = await self._due(line)
                await self._publish(line)
                for action in actions:
                    await _DO[type(action)](self, action)
            except RabitaError as fault:
                say(self._node.log, fault.code, line=line, detail=fault.detail)

    async def _due(self, line: str) -> tuple[Action, ...]:
        watched = await asyncio.to_thread(self.watched, line)  # reads that would keep a FLASH waiting
        return due(watched, self._terms(line), self._node.clock.now_ms())

    def watched(self, line: str) -> Watched:
        """Gather what the clocks of a line look at."""
        book = self._node.casebook
        found = {each.key: each for each in self._owing(line)}
        told = self._told.setdefault(line, {})
        self._told[line] = {key: step for key, step in told.items() if key in found}
        tests = line_tests(book, line)
        return Watched(
            line=line,
            cadence=book.charter(line).line_test,
            report=tests.report,
            owing=tuple(found.values()),
            told=self._told[line],
            asked=tests.asked,
            last_test_ms=tests.last_automatic_ms,
            alarmed=self._alarmed.get(line, False),
            tests=self._node.service_key is not None,
        )

    def _owing(self, line: str) -> list[Owing]:
        book = self._node.casebook
        rows = [*ringing(book, line), *owed(book, line, "us", count=DUTIES_WATCHED).rows]
        return [
            Owing(
                f"{row.case}/{row.reference}/{row.duty}",
                row.case,
                row.duty,
                row.since_ms,
                row.due_ms,
                row.rings,
                row.post,
            )
            for row in rows
            if row.ours and (row.procedure != LINE_TEST.name or self._node.service_key is None)
        ]

    def _terms(self, line: str) -> Terms:
        settings, store = self._node.settings, self._node.store
        posts = settings.watch_posts or watch_order(store, line, settings.party)
        return Terms(posts=posts, escalate_ms=settings.escalate_minutes * 60_000, declines=self.declines)

    # what is done

    async def _remind(self, action: Remind) -> None:
        self._told[action.line][action.key] = action.step
        code = _REMINDERS.get(action.step, "duty-escalated")
        _, reference, duty = action.key.split("/", 2)
        self._node.news.told(action.line, code, f"{reference} {duty} {action.post}".strip())

    async def _test(self, action: SendTest) -> None:
        await self._seal(Wanted(action.line, LINE_TEST.name, AUTOMATIC, precedence=TEST_LANE))

    async def _answer(self, action: AnswerTest) -> None:
        basis = (action.test,)
        if action.declines:
            fields = {"reason": action.declines}
            wanted = Wanted(action.line, LINE_TEST.name, "decline", basis=basis, fields=fields, precedence=TEST_LANE)
        else:
            wanted = Wanted(action.line, LINE_TEST.name, "answer automatically", basis=basis, precedence=TEST_LANE)
        await self._seal(wanted)

    async def _alarm(self, action: Alarm) -> None:
        self._alarmed[action.line] = action.silent
        code = "line-silent" if action.silent else "line-heard"
        self._node.news.told(action.line, code, f"{action.missed}")

    async def _seal(self, wanted: Wanted) -> None:
        key = self._node.service_key
        if key is not None:
            prepared = await asyncio.to_thread(prepare, self._node.casebook, wanted)
            await self._node.seal(wanted.line, wanted.precedence, approve(prepared, [signer(key, SERVICE)]))

    async def _publish(self, line: str) -> None:
        """Publish the service key where it is not published yet."""
        key, state = self._node.service_key, self._node.link(line).exchange.state
        if key is None or state.facts.history(state.us, key.public.hex()):
            return
        draft: Draft = credential(state, key, (SERVICE,), self._node.clock.now_ms())
        await self._node.seal(line, Lane.CONTROL, draft)


_DO: Final[dict[type[Action], Callable[[Timekeeping, Any], Any]]] = {
    Remind: Timekeeping._remind,
    SendTest: Timekeeping._test,
    AnswerTest: Timekeeping._answer,
    Alarm: Timekeeping._alarm,
}
