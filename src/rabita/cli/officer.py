"""``rabita officer``: approval keys in software, published to the other side on the control lane."""

from pathlib import Path
from typing import Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    ask_node,
    now_ms,
    opened,
    passphrase,
    place,
    print_json,
)
from rabita.line.errors import UserFault

app = typer.Typer(no_args_is_help=True, help="Make an officer's approval key and publish it on the line.")


@app.command()
def create(
    post: Annotated[str, typer.Argument(help="The post that will hold the key, as in LO-ZAHEDAN.")],
    file: Annotated[Path, typer.Argument(help="The key file to write, for the officer to keep.")],
    *,
    role: Annotated[
        list[str] | None,
        typer.Option(help="drafter, releaser or foreign-ministry; may be repeated; releaser if not."),
    ] = None,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an approval key for a post and publish its credential on every line, or on the line named."""
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import ROLES, credential
    from rabita.keys.file import save_keys
    from rabita.keys.sets import OfficerKey
    from rabita.line.ids import Lane
    from rabita.line.state import load
    from rabita.procedures.engine.held import FOREIGN_MINISTRY
    from rabita.services.reads import find_line

    where = place(home)
    roles, known = role or ["releaser"], (*ROLES, FOREIGN_MINISTRY)
    if not set(roles) <= set(known):
        raise UserFault("setting-invalid", f"--role: allowed is {', '.join(known)}")
    with opened(where) as store:
        names = [find_line(store, line)] if line else [each.line for each in store.lines()]
        states = [load(store.snapshot(name)) for name in names]
    key = OfficerKey.generate(where.settings.party, post)
    save_keys(file, key, passphrase("RABITA_PASSPHRASE_OFFICER", "the officer's key", twice=True))
    drafts = [(state.line, credential(state, key, roles, now_ms())) for state in states]
    asks = [SealAct(name, Lane.CONTROL, draft.act, draft.approvals) for name, draft in drafts]
    placed = ask_node(where, asks, Placed) if asks else []
    if as_json:
        print_json({"post": post, "key": key.public.hex(), "file": str(file), "published": placed})
        return
    typer.echo(f"The key of {post} is in {file}.")
    for each in placed:
        typer.echo(f"Published on line {each.line[:12]}: {each.reference}")
