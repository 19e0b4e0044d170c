"""What commands share: options, the home folder they work in, passphrases, ways to say things and to ask the node."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from rabita.line.errors import InvariantBroken, LocalFault, PeerFault, RabitaError, UserFault

if TYPE_CHECKING:
    from rich.table import Table

    from rabita.app.asks import AnyAsk
    from rabita.app.home import Home
    from rabita.app.settings import Settings
    from rabita.cli.entering import Entering
    from rabita.keys.sets import OfficerKey
    from rabita.store.sqlite import SqliteStore

T = TypeVar("T")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The node's home folder; RABITA_HOME, else ~/.rabita.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script to read.")]
LineOption = Annotated[
    str, typer.Option("--line", help="The beginning of the line's name, where there are several.", show_default=False)
]
RootOption = Annotated[
    Path | None, typer.Option("--root", help="The root's key file; keys/root.json in the home folder if not named.")
]

EXIT_CODES: Final[dict[type[RabitaError], int]] = {UserFault: 2, LocalFault: 3, PeerFault: 4, InvariantBroken: 70}
EXIT_PROBLEM: Final = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: the settings, the home folder, and its entry in the audit log there."""

    settings: "Settings"
    home: "Home"
    entering: "Entering | None" = None

    def about(self, target: str) -> None:
        """Name what the command is about in its entry: a digest, a reference or a token's id."""
        if self.entering is not None:
            self.entering.target = target


def place(home: Path | None, *, founded: bool = True, **flags: object) -> Place:
    """Read the settings and enter the command in the audit log.

    Raises ``UserFault``: ``setting-invalid``, or ``home-missing`` where a party must be; ``LocalFault`` as ``enter``.
    """
    from rabita.app.home import Home
    from rabita.app.settings import load_settings

    settings = load_settings({"home": home, **flags}, os.environ)
    folder = Home(settings.home)
    if founded:
        folder.require()
    from rabita.cli.entering import enter

    return Place(settings, folder, enter(folder))


@contextmanager
def opened(where: Place) -> Iterator["SqliteStore"]:
    """Open the store for reading, or for documents; a running node may have it open too."""
    from rabita.store.sqlite import open_store

    store = open_store(where.home.database)
    try:
        yield store
    finally:
        store.close()


def line_named(where: Place, line: str) -> str:
    """Give the full name of a line; raises as ``find_line``."""
    from rabita.services.reads import find_line

    with opened(where) as store:
        return find_line(store, line)


def officer_key(given: str) -> "tuple[OfficerKey, str]":
    """Unlock an officer's key; the role before a colon, ``releaser`` if none is named."""
    from rabita.app.drafting import ROLES
    from rabita.keys.file import open_keys
    from rabita.keys.sets import OfficerKey

    role, colon, path = given.partition(":")
    if not colon or role not in ROLES:
        role, path = "releaser", given
    return open_keys(Path(path), passphrase("RABITA_PASSPHRASE_OFFICER", f"the officer's key {path}"), OfficerKey), role


def ask_node(where: Place, asks: Sequence["AnyAsk"], form: type[T]) -> list[T]:
    """Ask the running node, or, where none runs, take the node's place for these asks.

    Raises whatever fault the node answers with; ``node-running`` while one starts or stops.
    """
    import asyncio

    return asyncio.run(_ask_node(where, asks, form))


async def _ask_node(where: Place, asks: Sequence["AnyAsk"], form: type[T]) -> list[T]:
    from rabita.app.client import connected

    async with connected(where.home.socket) as client:
        if client is not None:
            return [await client.ask(each, form) for each in asks]
    import msgspec

    from rabita.app.answers import answer
    from rabita.app.logs import open_log
    from rabita.app.node import Node

    with where.home.locked():
        node = Node(where.settings, node_passphrase(where.settings), open_log("error", "console"))
        try:
            return [msgspec.convert(await answer(node, each), form, from_attributes=True) for each in asks]
        finally:
            await node.close()


def tell_running(where: Place, asked: "AnyAsk") -> None:
    """Ask the running node for something that a node not running would do at its start anyway."""
    import asyncio

    from rabita.app.client import connected

    async def tell() -> None:
        async with connected(where.home.socket) as client:
            if client is not None:
                await client.ask(asked, object)

    asyncio.run(tell())


def now_ms() -> int:
    """Give the wall clock in milliseconds since 1970 UTC."""
    from rabita.app.outside import MachineClock

    return MachineClock().now_ms()


def node_passphrase(settings: "Settings") -> str:
    """Give the passphrase of the node's keys: environment, then ``passphrase_file``, then the terminal."""
    word = os.environ.get("RABITA_PASSPHRASE")
    if word is None and settings.passphrase_file:
        lines = read_file(Path(settings.passphrase_file)).decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""
    return word if word is not None else _prompted("Passphrase of the node's keys", twice=False)


def passphrase(variable: str, what: str, *, twice: bool = False) -> str:
    """Give another passphrase: environment, then the terminal; a new one is asked for twice.

    Raises ``UserFault("passphrase-needed")`` where there is neither.
    """
    return os.environ[variable] if variable in os.environ else _prompted(f"Passphrase of {what}", twice=twice)


def _prompted(prompt: str, *, twice: bool) -> str:
    import getpass

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        raise UserFault("passphrase-needed", prompt) from None
    word = getpass.getpass(f"{prompt}: ")
    if twice and getpass.getpass("Once more: ") != word:
        raise UserFault("passphrase-wrong", "the two differ")
    return word


def read_file(path: Path) -> bytes:
    """Read a file, ``-`` being standard input; raises ``LocalFault("file-unavailable")``."""
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as fault:
        raise LocalFault("file-unavailable", str(path)) from fault


def write_file(path: Path, raw: bytes, *, replace: bool = False) -> None:
    """Write a new file; raises ``UserFault("file-exists")`` or ``LocalFault("file-unavailable")``."""
    try:
        with path.open("wb" if replace else "xb") as stream:
            stream.write(raw)
    except FileExistsError:
        raise UserFault("file-exists", str(path)) from None
    except OSError as fault:
        raise LocalFault("file-unavailable", str(path)) from fault


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever msgspec can write
    """Print a value as JSON, one document."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def new_table(*columns: str) -> "Table":
    """Make a table for people; what others wrote is shown and never obeyed."""
    from rabita.cli.plain import PlainTable

    table = PlainTable(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def show_table(table: "Table") -> None:
    """Print a table."""
    from rich.console import Console

    Console(markup=False, emoji=False, highlight=False).print(table)


def clock(time_ms: int) -> str:
    """Write a time for people, in UTC."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if time_ms else "-"


def exit_code(error: RabitaError) -> int:
    """Give the exit code that says whose the fault is."""
    return EXIT_CODES.get(type(error), EXIT_PROBLEM)
