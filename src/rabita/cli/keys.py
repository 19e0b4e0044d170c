"""``rabita keys``: rotate the node's keys, revoke compromised ones. The root signs both."""

from typing import Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    RootOption,
    ask_node,
    node_passphrase,
    now_ms,
    opened,
    place,
    print_json,
)
from rabita.cli.line import root_ring
from rabita.line.errors import UserFault

app = typer.Typer(no_args_is_help=True, help="Rotate the node's keys, revoke compromised ones.")


@app.command()
def rotate(*, root: RootOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Make new node keys, let the root sign the next descriptor, and seal the rotation on every line."""
    from rabita.app.asks import Placed, Rotate
    from rabita.app.founding import rotate_keys
    from rabita.line.state import load
    from rabita.services.pairing import confirmed_descriptor

    where = place(home)
    word, us = node_passphrase(where.settings), where.settings.party
    with opened(where) as store:
        rotated = [load(store.snapshot(each.line)).facts.books[us].newest for each in store.lines()]
        held = max([confirmed_descriptor(store, us), *rotated], key=lambda each: each.serial)
    note = rotate_keys(where.home, held, root_ring(where, root), word, now_ms())
    (placed,) = ask_node(where, [Rotate(note, word)], tuple[Placed, ...])
    if as_json:
        print_json(placed)
        return
    for each in placed:
        typer.echo(f"Rotated on line {each.line[:12]}: {each.reference}")
    typer.echo(
        f"The new descriptor is in {where.home.descriptor(where.settings.party)}; back this home folder up again."
    )
    typer.echo("The new transport key is shown from the next start after the other side has receipted the rotation.")


@app.command()
def revoke(
    serial: Annotated[int, typer.Argument(min=1, help="The serial of the descriptor whose node keys are compromised.")],
    *,
    good: Annotated[
        list[str] | None, typer.Option(help="The last good entry of a log, as in PAK-F-0041; may be repeated.")
    ] = None,
    root: RootOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cut compromised node keys off after the last good entries; logs not named stay good as far as they stand now."""
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import revocation
    from rabita.line.ids import Lane, parse_reference
    from rabita.line.revocation import LogSize
    from rabita.line.state import load
    from rabita.services.pairing import revoke as revoke_key

    where = place(home)
    limits = {each.log: each.number for each in map(parse_reference, good or [])}
    with opened(where) as store:
        states = [load(store.snapshot(each.line)) for each in store.lines()]
    ring = root_ring(where, root)
    asks = []
    for state in states:
        book = state.facts.books[state.us]
        era = next((each for each in book.eras if each.descriptor.serial == serial), None)
        if era is None or era is book.eras[-1]:
            raise UserFault("revocation-malformed", "rotate the keys first, then revoke the older ones by their serial")
        sizes = [LogSize(*log, limits.get(log, row.frontier.size)) for log, row in sorted(state.logs.items())]
        for key in (era.descriptor.checkpoint.ed25519, era.descriptor.receipt.ed25519):
            note = revoke_key(ring, book.newest, key, sizes, now_ms())
            draft = revocation(state, note, now_ms())
            asks.append(SealAct(state.line, Lane.CONTROL, draft.act, draft.approvals))
    placed = ask_node(where, asks, Placed)
    if as_json:
        print_json(placed)
        return
    for each in placed:
        typer.echo(f"Revoked on line {each.line[:12]}: {each.reference}")
