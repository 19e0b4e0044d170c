"""``rabita courier``: the line carried by hand, as files that only the other node can open."""

from pathlib import Path
from typing import Annotated

import typer

from rabita.cli.common import HomeOption, JsonOption, LineOption, ask_node, line_named, place, print_json
from rabita.line.errors import UserFault

app = typer.Typer(no_args_is_help=True, help="Carry the line by hand when no connection is up.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The bundle to write.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all that the other side has not receipted, and our receipts, to a bundle."""
    from rabita.app.asks import Carried, WriteBundle

    where = place(home)
    if file.exists():
        raise UserFault("file-exists", str(file))
    name = line_named(where, line)
    (carried,) = ask_node(where, [WriteBundle(name, str(file.absolute()))], Carried)
    if as_json:
        print_json(carried)
    else:
        typer.echo(f"{file}: {carried.frames} frames. What it carries counts as held once its receipts come back.")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="The other side's bundle.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a bundle in; the same one again changes nothing. Export one in return to give the receipts."""
    from rabita.app.asks import Carried, ReadBundle, error_of

    where = place(home)
    name = line_named(where, line)
    (carried,) = ask_node(where, [ReadBundle(name, str(file.absolute()))], Carried)
    if as_json:
        print_json(carried)
    else:
        typer.echo(f"{carried.frames} frames taken in.")
    if carried.fault is not None:
        raise error_of(carried.fault)
