"""``rabita watch``: hand the watch over with what is open, signed by both officers, and read who may be called.

What is kept here never crosses the line: a handover is a record of this node, and so is a party's own duty directory.
"""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    clock,
    new_table,
    now_ms,
    officer_key,
    opened,
    place,
    print_json,
    read_file,
    show_table,
)

if TYPE_CHECKING:
    from rabita.procedures.duty_directory import DutyDirectory
    from rabita.services.watch import Handover, Kept

app = typer.Typer(no_args_is_help=True, help="Hand the watch over, and read or keep the duty directory.")

KeyOption = Annotated[Path, typer.Option(help="The officer's key file.")]


@app.command()
def handover(
    *,
    from_post: Annotated[str, typer.Option("--from", help="The post that hands over.")],
    to_post: Annotated[str, typer.Option("--to", help="The post that takes over.")],
    from_key: KeyOption,
    to_key: KeyOption,
    remarks: Annotated[str, typer.Option(help="What the next watch should know.")] = "",
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what is open on a line now, and have both officers sign it, who hands over first."""
    from rabita.app.casework import signer
    from rabita.cli.book import booked
    from rabita.services.watch import draft_handover, sign_handover
    from rabita.store.desk_sqlite import SqliteDesk

    where = place(home)
    with booked(where) as book, closing(SqliteDesk(where.home.desk)) as desk:
        found = draft_handover(book, line, from_post, to_post, remarks, desk=desk)
        if not as_json:
            _say(found)
        kept = sign_handover(book.store, found, [signer(*officer_key(str(each))) for each in (from_key, to_key)])
    if as_json:
        print_json(_plain(kept))
    else:
        typer.echo(f"Handover {found.number} is signed by {from_post} and {to_post}.")


@app.command()
def handovers(*, line: LineOption = "", home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the handovers of a line, the oldest first; a signature that does not verify is a fault."""
    from rabita.services.reads import find_line
    from rabita.services.watch import check_handover
    from rabita.services.watch import handovers as held

    with opened(place(home)) as store:
        found = held(store, find_line(store, line))
    for each in found:
        check_handover(each)
    if as_json:
        print_json([_plain(each) for each in found])
        return
    table = new_table("number", "at", "from", "to", "owed by us", "owed to us", "rings", "remarks")
    for record in [each.handover for each in found]:
        owed = [max(len(record.owed_by_us), record.owing_by_us), max(len(record.owed_to_us), record.owing_to_us)]
        open_now = [str(each) for each in (*owed, len(record.ringing))]
        table.add_row(
            str(record.number), clock(record.at_ms), record.from_post, record.to_post, *open_now, record.remarks
        )
    show_table(table)


@app.command()
def directory(*, line: LineOption = "", home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show whom to call; who is on duty now comes first."""
    from rabita.line.errors import UserFault
    from rabita.services.duty_directory import directory_of
    from rabita.services.reads import find_line

    with opened(place(home)) as store:
        found = directory_of(store, find_line(store, line))
    if found is None:
        raise UserFault("directory-none")
    _show(found, as_json=as_json)


@app.command()
def keep(
    file: Annotated[Path, typer.Argument(help="The duty directory (JSON).")],
    *,
    agreed: Annotated[bool, typer.Option(help="Both sides hold this very file.")] = False,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep another duty directory for a line from now on, and show it; earlier ones stay on record."""
    from rabita.services.duty_directory import keep_directory
    from rabita.services.reads import find_line

    with opened(place(home)) as store:
        found = keep_directory(store, find_line(store, line), read_file(file), agreed=agreed)
    _show(found, as_json=as_json)


def _show(found: "DutyDirectory", *, as_json: bool) -> None:
    from rabita.procedures.duty_directory import on_duty

    at_ms = now_ms()
    posts = sorted(found.posts, key=lambda post: not on_duty(post, at_ms))
    if as_json:
        print_json([{"on_duty": on_duty(each, at_ms), "post": each} for each in posts])
        return
    table = new_table("post", "party", "on duty", "telephones", "languages")
    for each in posts:
        now = "now" if on_duty(each, at_ms) else ""
        table.add_row(each.code, each.party, now, ", ".join(each.telephones), ", ".join(each.languages))
    show_table(table)


def _plain(kept: "Kept") -> dict[str, Any]:
    signatures = [{"post": each.post, "public": each.public.hex()} for each in kept.signatures]
    return {"handover": kept.handover, "signatures": signatures}


def _say(found: "Handover") -> None:
    """Show what is handed over before it is signed."""
    alarm = ", silence alarm" if found.alarm else ""
    typer.echo(f"{found.from_post} hands over to {found.to_post}. The line's tests say: {found.state}{alarm}.")
    table = new_table("", "case", "what", "since")
    named = (("rings", found.ringing), ("we owe", found.owed_by_us), ("owed to us", found.owed_to_us))
    for title, rows in named:
        for row in rows:
            table.add_row(title, row.reference, row.sentence, clock(row.since_ms))
    for mark in found.unhandled:
        table.add_row("not handled", mark.reference, mark.reason, clock(mark.at_ms))
    show_table(table)
    for title, listed, owing in (
        ("we owe", found.owed_by_us, found.owing_by_us),
        ("is owed to us", found.owed_to_us, found.owing_to_us),
    ):
        if owing > len(listed):
            typer.echo(f"Of what {title}, the {len(listed)} due first are listed, of {owing}.")
