"""``rabita token``: access for programs of one's own party to the node over HTTP: scoped, for a time, revocable."""

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    Place,
    clock,
    new_table,
    now_ms,
    opened,
    place,
    print_json,
    show_table,
)
from rabita.line.errors import UserFault

if TYPE_CHECKING:
    from rabita.app.web_records import WebRecords
    from rabita.gateways.rest.access import Token

UNITS_MS: Final = {"h": 3_600_000, "d": 86_400_000}
LIFE_MS_MAX: Final = 366 * UNITS_MS["d"]
NAME_CHARS_MAX: Final = 64
_LIFE: Final = re.compile(r"([1-9]\d{0,4})([hd])")

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke access tokens for programs.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is for, as in 'map server'.")],
    *,
    scope: Annotated[
        str,
        typer.Option(help="read; draft (also try acts); seal (also seal them); audit (the audit log, nothing else)."),
    ] = "read",
    line: Annotated[
        list[str] | None, typer.Option(help="The beginning of a line's name; may be repeated; every line if not.")
    ] = None,
    expires: Annotated[str, typer.Option(help="How long it is good for, as in 12h or 90d; a year at most.")] = "90d",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it, once: only its hash is kept."""
    from rabita.gateways.rest.access import Scope, issue
    from rabita.services.reads import find_line

    where = place(home)
    life = _LIFE.fullmatch(expires)
    life_ms = int(life[1]) * UNITS_MS[life[2]] if life else 0
    if not 0 < life_ms <= LIFE_MS_MAX:
        raise UserFault("token-terms", "--expires")
    if scope not in list(Scope):
        raise UserFault("token-terms", f"--scope: {', '.join(Scope)}")
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise UserFault("token-terms", "name")
    with opened(where) as store:
        lines = tuple(sorted({find_line(store, each) for each in line or ()}))
    issued = issue(name.strip(), Scope(scope), lines, now_ms(), now_ms() + life_ms)
    where.about(issued.token.id)
    records = _records(where)
    try:
        records.put_token(issued.token)
    finally:
        records.close()
    if as_json:
        print_json({**_told(issued.token), "token": issued.text})
        return
    typer.echo(issued.text)
    typer.echo(f"Scope {scope}, until {clock(issued.token.expires_ms)}. It is not shown again.", err=True)


@app.command("list")
def show(*, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the tokens, never their secrets."""
    records = _records(place(home))
    try:
        tokens = records.tokens()
    finally:
        records.close()
    if as_json:
        print_json([_told(each) for each in tokens])
        return
    table = new_table("id", "name", "scope", "lines", "expires", "revoked")
    for each in tokens:
        lines = ", ".join(name[:12] for name in each.lines) or "all"
        table.add_row(each.id, each.name, each.scope, lines, clock(each.expires_ms), clock(each.revoked_ms))
    show_table(table)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id, as rabita token list gives it.")],
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a token at once; a running node refuses it from the next request on."""
    import msgspec

    where = place(home)
    where.about(token_id)
    records = _records(where)
    try:
        token = records.token(token_id)
        if token is None:
            raise UserFault("token-unknown", token_id[:32])
        token = msgspec.structs.replace(token, revoked_ms=token.revoked_ms or now_ms())
        records.put_token(token)
    finally:
        records.close()
    if as_json:
        print_json(_told(token))
    else:
        typer.echo(f"{token.name} is revoked.")


def _records(where: Place) -> "WebRecords":
    from rabita.app.web_records import WebRecords

    return WebRecords(where.home.web_records)


def _told(token: "Token") -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "lines": token.lines,
        "created_ms": token.created_ms,
        "expires_ms": token.expires_ms,
        "revoked_ms": token.revoked_ms,
    }
