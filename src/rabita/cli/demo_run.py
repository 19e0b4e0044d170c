"""One exercise from the first key to the last sentence, and what is shown of it on the way.

Rules kept here: results go to standard output, progress to standard error; whatever goes wrong, both nodes are stopped
and the summary says so.
"""

import asyncio
import sys
import time
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from rabita.cli.common import print_json
from rabita.cli.demo_board import Board
from rabita.cli.demo_desks import FIRST_WATCH, Desks, Link, doors, invitation
from rabita.cli.demo_house import House, Side, found
from rabita.cli.demo_nodes import Nodes, started
from rabita.cli.demo_play import Play, joined
from rabita.cli.demo_release import Released, release
from rabita.cli.demo_report import Proof, Summary, Times, conclusion, prove, summarise
from rabita.cli.demo_view import View, announce, follow
from rabita.cli.demo_visit import enter_pressed, short, suggestions, visit
from rabita.line.errors import RabitaError
from rabita.services.exercise import Scenario, pauses_s

FRAME_S: Final = 0.1
CURTAIN_S: Final = 2.5
"""How long the last picture stays."""
PROOFS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is shown: *pace_s* seconds of play in all, *watched* by a person, the summary *as_json* or in words.

    *port* is that of the first desk (0: any); *opened*: both desks are opened in a browser; *stay*: both are kept.
    """

    pace_s: float
    watched: bool
    as_json: bool
    port: int = 0
    opened: bool = False
    stay: bool = False

    @property
    def desked(self) -> bool:
        """Whether somebody may come to the desks."""
        return self.watched or self.stay

    @property
    def live(self) -> bool:
        """Whether there is a terminal to draw on."""
        return self.watched and not self.as_json and sys.stdout.isatty()

    @property
    def visited(self) -> bool:
        """Whether somebody can press Enter."""
        return self.live and sys.stdin.isatty()


class Performance:
    """An exercise under way."""

    def __init__(self, house: House, scenario: Scenario, manner: Manner) -> None:
        """Begin the clock; nothing is made yet."""
        self._house = house
        self._scenario = scenario
        self._manner = manner
        self._began_s = time.monotonic()
        self._play_s = 0.0
        self._released: Released | None = None
        self._links: tuple[Link, ...] = ()
        self._out = Console(highlight=False, markup=False)
        self._err = Console(stderr=True, highlight=False, markup=False)
        self._good = False

    def run(self) -> bool:
        """Do everything; gives whether all was verified, agreed and receipted. Raises as ``found``."""
        self._err.print(self._scenario.head.notice["en"].strip())
        sides = found(self._house, self._scenario, self._say, self._manner.port)
        self._say("Starting two nodes, each a process of its own, and letting them find each other over TLS.")
        with started(sides) as nodes:
            asyncio.run(self._perform(sides, nodes))
        return self._good

    async def _perform(self, sides: Sequence[Side], nodes: Nodes) -> None:
        board = Board((sides[0].code, sides[1].code))
        try:
            async with joined(self._scenario, sides, nodes.alive, board) as play:
                self._say("The line is up. Publishing the officers' credentials on it.")
                await play.publish_officers()
                with ExitStack() as stack:
                    desks = await asyncio.to_thread(Desks, sides, stack)
                    if self._manner.desked:
                        await self._open(desks)
                    await self._play(play)
                    one = sides[0]
                    self._say(f"At {one.code} one officer writes a message and a second releases it with a passkey.")
                    self._released = await asyncio.to_thread(release, one, desks.chiefs[one.code])
                proof = await self._proven(play, sides)
                self._conclude(self._summary(sides, board, proof, None), proof)
                if self._manner.visited:
                    self._invite(sides, board, nodes)
                    await visit(play, lambda text: self._out.print(Text(text, "dim")))
                elif self._manner.stay:
                    self._say("Both desks stay open; Ctrl-C ends the exercise.")
                    await play.rest(None)
        except RabitaError as fault:
            self._err.print(
                f"{fault.sentence} [{fault.code}{': ' + fault.detail if fault.detail else ''}]",
            )
            if self._manner.as_json:
                print_json(self._summary(sides, board, None, fault))

    async def _open(self, desks: Desks) -> None:
        """Say by which links to come to both desks; at a terminal, wait until somebody is ready."""
        self._links = await asyncio.to_thread(desks.invite, self._house)
        for each in invitation(self._links, short(self._house.links)):
            (self._err if self._manner.as_json else self._out).print(each, soft_wrap=True)
        if self._manner.opened:
            for link in self._links:
                if link.name == FIRST_WATCH.name:
                    webbrowser.open(link.address)
        if self._manner.visited:
            self._out.print(Text("Open a link or two, then press Enter: the exercise begins.", "bold"))
            await enter_pressed()

    async def _proven(self, play: Play, sides: Sequence[Side]) -> Proof:
        """Prove what was played; anew where a visitor said something between the two exports."""
        self._say("Signing all heads for the long term, exporting both transcripts, verifying them.")
        tries = 0
        while True:
            await play.receipted()
            await play.sign_heads()
            proof, tries = await asyncio.to_thread(prove, sides, self._scenario), tries + 1
            if proof.comparison.equal or tries == PROOFS_MAX:
                return proof

    async def _play(self, play: Play) -> None:
        began_s = time.monotonic()
        turns = self._scenario.turns
        self._say(f"Playing {len(turns)} acts of {self._scenario.head.title['en']} in {self._plays()}.")
        lines = self._err if self._manner.as_json else self._out
        pauses = pauses_s([turn.inject for turn in turns], self._manner.pace_s)
        async with self._shown(play):
            for turn, pause_s in zip(turns, pauses, strict=True):
                if pause_s:
                    await play.rest(pause_s)
                row = await play.say(turn)
                if self._manner.watched and not self._manner.live:
                    peer = next(code for code in play.board.codes if code != row.log.party)
                    await play.receipted()
                    told = f"{announce(row, turn.inject)} {follow(row, row.stage, peer)}"
                    when = f"play {turn.play.number}, {turn.inject.at:%d %B %H:%M}"
                    lines.print(f"EXERCISE {when} {row.reference} {told}", soft_wrap=True)
            await play.receipted()
            self._play_s = time.monotonic() - began_s

    @asynccontextmanager
    async def _shown(self, play: Play) -> AsyncIterator[None]:
        """Draw both sides ten times a second while the play goes on, if there is a terminal."""
        if not self._manner.live:
            yield
            return
        view = View(self._scenario, play.board, time.monotonic, doors(self._links))
        with Live(view, console=self._out, screen=True, auto_refresh=False) as live:
            painter = asyncio.create_task(_paint(live))
            try:
                yield
                await asyncio.sleep(CURTAIN_S)
            finally:
                painter.cancel()
                await asyncio.gather(painter, return_exceptions=True)

    def _summary(self, sides: Sequence[Side], board: Board, proof: Proof | None, fault: RabitaError | None) -> Summary:
        times = Times(time.monotonic() - self._began_s, self._play_s)
        return summarise(self._scenario, sides, board, proof, times, self._released, fault)

    def _conclude(self, summary: Summary, proof: Proof) -> None:
        self._good = summary.ok
        if self._manner.as_json:
            print_json(summary)
            return
        self._out.print()
        for each in conclusion(summary, proof):
            self._out.print(each, soft_wrap=isinstance(each, Text) and not self._manner.live)

    def _invite(self, sides: Sequence[Side], board: Board, nodes: Nodes) -> None:
        self._out.print()
        self._out.print(Text("Both nodes keep running. In another terminal, in this folder, try:", "bold"))
        for number, each in enumerate(suggestions(self._house, sides, board, nodes.pids), 1):
            self._out.print(Text(f"{number}. {each.shows}", "cyan"))
            self._out.print(Text(f"   {each.command}"), soft_wrap=True)
        self._out.print()
        self._out.print(Text("Enter ends the exercise. What is sealed until then shows here:", "bold"))

    def _plays(self) -> str:
        """Name the plays."""
        told = [f"play {play.number}, {play.title['en'].lower()}" for play in self._scenario.head.plays]
        return "; then ".join(told)

    def _say(self, text: str) -> None:
        self._err.print(Text(f"EXERCISE  {text}"), soft_wrap=True)


def perform(house: House, scenario: Scenario, manner: Manner) -> bool:
    """Perform a scenario; gives whether all was verified, agreed and receipted."""
    return Performance(house, scenario, manner).run()


async def _paint(live: Live) -> None:
    while True:
        live.refresh()
        await asyncio.sleep(FRAME_S)
