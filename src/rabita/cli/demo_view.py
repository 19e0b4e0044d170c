"""The exercise on a terminal: both nodes side by side, each entry as that node holds it.

Rules kept here: EXERCISE stands on every screen; precedence and stage are said in words and by shape, colour only
helps; a stage stays for a quarter of a second so that the eye can follow, the milliseconds shown are the real ones.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rabita.cli.demo_board import Board, Row, Stage
from rabita.line.ids import Lane
from rabita.services.exercise import INVENTED, Inject, Party, Play, Scenario, silence_days
from rabita.services.reads import LineStatus

STEP_S: Final = 0.25
WIDE_CHARS: Final = 50
HEAD_LINES: Final = 2
FOOT_LINES: Final = 6
FRAME_LINES: Final = 2
HEIGHT_LINES_DEFAULT: Final = 30
ELLIPSIS: Final = "ellipsis"
CAUTION: Final = "Retold from public reports; never sent over any line. A claim is a claim."


class Mark(NamedTuple):
    """A shape and a style that go with a word, never instead of it."""

    shape: str
    style: str


PRECEDENCE: Final = {
    Lane.FLASH: Mark("▲", "bold red"),
    Lane.IMMEDIATE: Mark("◆", "bold yellow"),
    Lane.PRIORITY: Mark("■", "cyan"),
    Lane.ROUTINE: Mark("●", "white"),
}
OURS: Final = {
    Stage.SEALED: Mark("▪", "white"),
    Stage.IN_FLIGHT: Mark("→", "magenta"),
    Stage.RECEIVED: Mark("◇", "blue"),
    Stage.RECEIPTED: Mark("✓", "green"),
}
THEIRS: Final = Mark("←", "blue")
HEALTH: Final = {"up": Mark("●", "green"), "degraded": Mark("▲", "yellow")}
UNWELL: Final = Mark("○", "bold red")


def word(stage: Stage) -> str:
    """Name a stage."""
    return stage.name.lower().replace("_", " ")


def follow(row: Row, stage: Stage, peer: str) -> str:
    """Say in one sentence what became of an entry at this stage."""
    said = {
        Stage.SEALED: f"Sealed: {row.log.party} holds it durably and has signed its checkpoint.",
        Stage.IN_FLIGHT: f"In flight to {peer}.",
        Stage.RECEIVED: f"Received: {peer} holds it; its receipt is on the way back.",
        Stage.RECEIPTED: f"Receipted after {row.took_ms} ms: {peer} signed that it durably holds every word.",
    }
    kept = row.inject is not None and any(each.withheld for each in row.inject.portions)
    return said[stage] + (" One portion is withheld: its digest went, its words did not." if kept else "")


def announce(row: Row, inject: Inject) -> str:
    """Say in a sentence what just happened: that of the procedure, and on whose word."""
    standing = f" {inject.claim_of}'s claim." if inject.claim_of else " Invented." if inject.source == INVENTED else ""
    return f"{inject.precedence}, {inject.procedure}: {row.sentence}{standing}"


def scenario_time(inject: Inject) -> str:
    """Write an inject's time in the scenario."""
    return f"{inject.at:%a %d %B %Y, %H:%M} UTC, hour {inject.time}"


def play_title(play: Play) -> str:
    """Name a play."""
    return f"Play {play.number}: {play.title['en']}"


class View:
    """What is on the screen at this moment; *now_s* is the clock of the board's ``seen_s``.

    *doors* stand on top, a line each: how to come to the desks.
    """

    def __init__(
        self, scenario: Scenario, board: Board, now_s: Callable[[], float], doors: Sequence[Text] = ()
    ) -> None:
        """Begin with whatever the board holds."""
        self._doors = doors
        self._scenario = scenario
        self._board = board
        self._now_s = now_s

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw at the console's width and height."""
        height = options.height or (console.height if console.is_terminal else HEIGHT_LINES_DEFAULT)
        inner = max(4, height - HEAD_LINES - len(self._doors) - FOOT_LINES - FRAME_LINES)
        rows = [row for row in self._board.rows.values() if row.inject is not None]
        sides = Table.grid(expand=True)
        sides.add_column(ratio=1)
        sides.add_column(ratio=1)
        width = options.max_width // 2 - 4
        sides.add_row(*[self._side(party, rows, width, inner) for party in self._scenario.head.parties])
        yield Group(self._head(rows), *self._doors, sides, self._foot(rows))

    def _head(self, rows: Sequence[Row]) -> RenderableType:
        line = Table.grid(expand=True, padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column(justify="right", no_wrap=True, ratio=1)
        turn = rows[-1].turn if rows else None
        now = f" · {play_title(turn.play)}" if turn is not None else ""
        title = Text.assemble((" EXERCISE ", "bold reverse"), " ", (self._scenario.head.title["en"] + now, "bold"))
        when = scenario_time(rows[-1].inject) if rows and rows[-1].inject else "before the first entry"
        line.add_row(title, Text(when, "bold", overflow=ELLIPSIS))
        return Group(line, Text(CAUTION, "dim", no_wrap=True, overflow=ELLIPSIS))

    def _side(self, party: Party, rows: Sequence[Row], width: int, height: int) -> RenderableType:
        """Draw what one node holds, the newest at the bottom, as many entries as fit whole."""
        lines: list[Text] = []
        for block in reversed(list(self._blocks(party.code, rows, width))):
            if len(lines) + len(block) > height - 1:
                lines.insert(0, Text("... earlier entries above", "dim"))
                break
            lines = [*block, *lines]
        body = Text("\n").join(lines) if lines else Text("Nothing has been said yet.", "dim")
        body.no_wrap, body.overflow = True, ELLIPSIS
        title = Text.assemble((party.code, "bold"), f" {party.names['en']}")
        health = self._health(self._board.status.get(party.code))
        return Panel(body, title=title, subtitle=health, height=height + FRAME_LINES, padding=(0, 1))

    def _blocks(self, code: str, rows: Sequence[Row], width: int) -> Iterator[list[Text]]:
        """Draw each entry, under its day where a new one begins; a place is kept free for what is not received yet."""
        now_s = self._now_s()
        before: Inject | None = None
        play = 0
        for row in rows:
            if (turn := row.turn) is None:
                continue
            inject, block = turn.inject, []
            if turn.play.number != play:
                play, before = turn.play.number, None
                block.append(Text(f" {play_title(turn.play)} ".center(width, "═"), "bold"))
            if before is None or before.at.date() != inject.at.date():
                quiet = silence_days(before, inject) if before else 0
                if quiet:
                    said = f" {quiet} day{'s' if quiet > 1 else ''} without an entry "
                    block.append(Text(said.center(width, "·"), "dim italic"))
                block.append(Text(f" {inject.at:%a %d %B} ".center(width, "─"), "dim"))
            before = inject
            if row.log.party == code or self._shown(row, now_s) >= Stage.RECEIVED:
                yield [*block, self._place(code, row, inject, width, now_s), _words(row, code, inject, width)]
            else:
                yield [*block, Text(""), Text("")]

    def _place(self, code: str, row: Row, inject: Inject, width: int, now_s: float) -> Text:
        """Draw precedence, reference and stage; with time and milliseconds where there is room."""
        wide = width >= WIDE_CHARS
        precedence = PRECEDENCE[inject.precedence]
        line = Text.assemble(
            (f"{inject.at:%H:%M} " if wide else "", "dim"),
            (f"{precedence.shape} {inject.precedence:<9} ", precedence.style),
            row.reference,
        )
        if row.log.party == code:
            stage = self._shown(row, now_s)
            mark, name = OURS[stage], word(stage)
            took = f" in {row.took_ms} ms" if wide and stage is Stage.RECEIPTED else ""
        else:
            mark, name, took = THEIRS, "received", ""
        state = f"{mark.shape} {name}{took}"
        line.append(" " * max(1, width - line.cell_len - len(state)))
        return line.append(state, mark.style)

    def _shown(self, row: Row, now_s: float) -> Stage:
        return Stage(min(row.stage, max(0, int((now_s - row.seen_s) / STEP_S))))

    def _health(self, status: LineStatus | None) -> Text:
        if status is None:
            return Text("line not looked at yet", "dim")
        mark = HEALTH.get(status.state, UNWELL)
        waiting = sum([lane.unreceipted for lane in status.lanes])
        text = Text.assemble((f"{mark.shape} line {status.state}", mark.style))
        if status.round_trip_ms is not None:
            text.append(f" · {status.round_trip_ms} ms")
        return text.append(f" · {waiting} unreceipted")

    def _foot(self, rows: Sequence[Row]) -> RenderableType:
        """Say what just happened, in whose words, and what became of it."""
        total = len(self._scenario.turns)
        count = Text(f"entry {len(rows)} of {total} · Ctrl-C stops", "dim", justify="right")
        row = rows[-1] if rows else None
        if row is None or row.inject is None:
            return Group(Text("Both nodes are up; their officers' credentials are published on the line."), count)
        peer = next(code for code in self._board.codes if code != row.log.party)
        stage = self._shown(row, self._now_s())
        words = next((each.text for each in row.inject.portions if not each.withheld), "")
        told = Text(words.strip(), "italic")
        return Group(
            Text(announce(row, row.inject), "bold", no_wrap=True, overflow=ELLIPSIS),
            Folded(told, FOOT_LINES - 3),
            Text(follow(row, stage, peer), OURS[stage].style, no_wrap=True, overflow=ELLIPSIS),
            count,
        )


class Folded:
    """A text folded into exactly so many lines; what does not fit ends in an ellipsis."""

    def __init__(self, text: Text, lines: int) -> None:
        """Take the text up."""
        self._text = text
        self._count = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw exactly that many lines."""
        lines = list(self._text.wrap(console, options.max_width))
        if len(lines) > self._count:
            lines = lines[: self._count]
            lines[-1] = Text(lines[-1].plain.rstrip() + " …", self._text.style)
            lines[-1].truncate(options.max_width, overflow=ELLIPSIS)
        yield from (*lines, *[Text("")] * (self._count - len(lines)))


def _words(row: Row, code: str, inject: Inject, width: int) -> Text:
    """Draw what an entry says: the sentence of its procedure."""
    line = Text(f"  {inject.procedure}: {row.sentence}", "" if row.log.party == code else "dim")
    line.truncate(width, overflow=ELLIPSIS)
    return line
