"""After the play: both nodes stay up, and the visitor tries what a liaison officer or a stranger would."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rabita.cli.demo_board import Board, Key, Row, Stage
from rabita.cli.demo_house import House, Side
from rabita.cli.demo_play import Play
from rabita.cli.demo_view import word
from rabita.line.ids import Lane

FORGED_LINE: Final = 6
"""A line of a transcript that holds a batch: four with the founding documents and the first log's name go before it."""


class Suggestion(NamedTuple):
    """A command ready to be pasted into another terminal, and what it shows."""

    shows: str
    command: str


def suggestions(house: House, sides: Sequence[Side], board: Board, pids: dict[str, int]) -> Iterator[Suggestion]:
    """Give the commands, in the order in which they make sense."""
    one, two = sides
    here, there, rabita = short(one.home.folder), short(two.home.folder), program()
    first, second, forged = short(one.transcript), short(two.transcript), short(house.folder / "forged.transcript")
    flash = _first(board, one.code, lambda row: row.log.lane is Lane.FLASH)
    kept = _first(
        board, one.code, lambda row: row.inject is not None and any(each.withheld for each in row.inject.portions)
    )
    keys = " ".join([f"--approve {role}:{short(two.officer_keys(role))}" for _, role in two.officers])
    officer = f"RABITA_PASSPHRASE_OFFICER=$(cat {short(house.passphrase)})"
    yield Suggestion("How the line stands", f"{rabita} status --home {here}")
    yield Suggestion(f"What {two.code} received last", f"{rabita} inbox --home {there} --count 10")
    if flash:
        yield Suggestion("One entry with its approvals, receipt and proof", f"{rabita} show {flash} --home {here}")
    if kept:
        yield Suggestion(f"A withheld portion: {one.code} keeps its words ...", f"{rabita} show {kept} --home {here}")
        yield Suggestion(f"... and {two.code} has its digest alone", f"{rabita} show {kept} --home {there}")
    yield Suggestion(
        f"Seal a FLASH as {two.code}, approved by two officers, and see below what becomes of it",
        f"echo 'Exercise: smoke at the crossing. Is it yours?' | {officer} {rabita} seal --home {there} "
        f"--precedence FLASH --marking GREEN {keys}",
    )
    yield Suggestion("Verify both transcripts, needing no node", f"{rabita} verify {first} {second}")
    yield Suggestion(
        "Forge one letter of a signed entry and verify again",
        f"sed '{FORGED_LINE}s/[A-Z]/0/60' {first} >{forged}; {rabita} verify {forged}",
    )
    yield Suggestion(
        f"Kill {two.code}'s node, see how the line stands, start the node again (Ctrl-C stops it)",
        f"kill -9 {pids[two.code]}; {rabita} status --home {here}; {rabita} serve --home {there}",
    )


async def visit(play: Play, say: Callable[[str], None]) -> None:
    """Wait until the visitor presses Enter, and say meanwhile what becomes of every entry that is sealed."""
    follower = asyncio.create_task(_follow(play, say))
    try:
        await enter_pressed()
    finally:
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)


async def enter_pressed() -> None:
    """Wait until somebody at the terminal presses Enter."""
    entered = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, entered.set)
    try:
        await entered.wait()
        sys.stdin.readline()
    finally:
        loop.remove_reader(sys.stdin)


async def _follow(play: Play, say: Callable[[str], None]) -> None:
    said: dict[Key, Stage] = {key: row.stage for key, row in play.board.rows.items()}
    gone: list[str] = []
    while True:
        await play.stirred()
        for code in play.gone[len(gone) :]:
            gone.append(code)
            say(f"{code}: its node is gone. What it held is on its disk, and what you sent it waits here.")
        for key, row in tuple(play.board.rows.items()):
            if said.get(key) != row.stage:
                said[key] = row.stage
                took = f" {row.took_ms} ms after it was sealed" if row.stage is Stage.RECEIPTED else ""
                say(f"{row.log.lane} {row.reference}: {word(row.stage)}{took}")


def program() -> str:
    """Give this program as a shell would find it from here."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    if not called.exists() or (found and Path(found).samefile(called)):
        return "rabita"
    return short(called.absolute())


def short(path: Path) -> str:
    """Write a path relative to the working folder where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _first(board: Board, code: str, fits: Callable[[Row], bool]) -> str:
    return next((row.reference for row in board.rows.values() if row.log.party == code and fits(row)), "")
