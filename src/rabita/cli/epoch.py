"""``rabita epoch``: go on after a restore or a fork in a new epoch, or agree that the other side does."""

from pathlib import Path
from typing import Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    Place,
    ask_node,
    opened,
    passphrase,
    place,
    print_json,
)

app = typer.Typer(no_args_is_help=True, help="Open a new epoch after a restore, or agree to the other side's.")

RecoveryOption = Annotated[
    list[Path] | None,
    typer.Option("--recovery", help="A recovery key file, given twice; those of the home folder if not."),
]


@app.command(name="open")
def open_(
    *,
    line: LineOption = "",
    recovery: RecoveryOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open a new epoch on every line that needs one, or on the line named, with two recovery keys."""
    opened_on = open_epochs(place(home), line, recovery)
    if as_json:
        print_json(opened_on)
        return
    for reference in opened_on:
        typer.echo(f"A new epoch is open: {reference}")
    if not opened_on:
        typer.echo("No line needs a new epoch.")


@app.command()
def accept(
    *,
    line: LineOption = "",
    home: HomeOption = None,
) -> None:
    """Agree to go on with the other side's next epoch after a proven contradiction."""
    from rabita.app.asks import Agree, Done
    from rabita.line.state import load
    from rabita.services.reads import find_line

    where = place(home)
    with opened(where) as store:
        state = load(store.snapshot(find_line(store, line)))
    epoch = state.epochs[state.peer] + 1
    ask_node(where, [Agree(state.line, epoch)], Done)
    typer.echo(f"{state.us} goes on with epoch {epoch} of {state.peer} once it is opened.")


def open_epochs(where: Place, line: str, recovery: list[Path] | None) -> list[str]:
    """Open epochs; gives the references of the openings."""
    import secrets

    from rabita.app.asks import Placed, SealAct
    from rabita.app.founding import recovery_ring
    from rabita.line.ids import Lane
    from rabita.line.state import load
    from rabita.services.reads import find_line
    from rabita.services.recovery import opening_draft

    with opened(where) as store:
        names = [find_line(store, line)] if line else [each.line for each in store.lines()]
        states = [state for state in (load(store.snapshot(name)) for name in names) if line or state.behind]
    if not states:
        return []
    word = passphrase("RABITA_PASSPHRASE_RECOVERY", "the recovery keys")
    ring = recovery_ring(tuple(recovery or where.home.recovery_keys), word)
    asks = []
    for state in states:
        draft = opening_draft(state, ring, secrets.token_bytes(16), secrets.token_bytes(16))
        asks.append(SealAct(state.line, Lane.CONTROL, draft.act, draft.approvals))
    return [each.reference for each in ask_node(where, asks, Placed)]
