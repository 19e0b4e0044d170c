"""``rabita audit``: read the audit log, check it, and export it for whoever is to check it elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import (
    EXIT_PROBLEM,
    HomeOption,
    JsonOption,
    Place,
    ask_node,
    clock,
    new_table,
    opened,
    place,
    print_json,
    show_table,
)
from rabita.line.errors import LocalFault, UserFault

if TYPE_CHECKING:
    from rabita.services.audit import AuditLog
    from rabita.services.audit_heads import Verdict

app = typer.Typer(no_args_is_help=True, help="Read, check and export the log of who did what here.")

ActorOption = Annotated[str, typer.Option(help="Only by this token, officer or user (uid:1000).")]
ActionOption = Annotated[str, typer.Option(help="Only this action, as docs/audit.md lists them.")]
AuditLineOption = Annotated[str, typer.Option("--line", help="Only about the line whose name begins so.")]


@app.command()
def show(
    *,
    actor: ActorOption = "",
    action: ActionOption = "",
    line: AuditLineOption = "",
    count: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest entries of the audit log."""
    from rabita.line.limits import INTEGER_MAX
    from rabita.services.audit import Wanted, read_deed

    where = place(home)
    wanted = Wanted(actor, action, _line(where, line))
    log = _log(where)
    try:
        deeds = [read_deed(raw) for raw in log.newest(wanted, INTEGER_MAX, count)]
    finally:
        log.close()
    if as_json:
        print_json(deeds)
        return
    table = new_table("number", "when", "who", "what", "through", "line", "about", "outcome", "times")
    for each in reversed(deeds):
        who = f"{each.kind} {each.actor}".strip()
        outcome = f"{each.outcome} {each.code}".strip()
        row = (str(each.number), clock(each.time_ms), who, each.action, each.door, each.line[:12], each.target)
        table.add_row(*row, outcome, str(each.count))
    show_table(table)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    actor: ActorOption = "",
    action: ActionOption = "",
    line: AuditLineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign the head and write the audit log up to it, each entry with its proof, for anyone to check."""
    from rabita.app.asks import Done, SignAudit
    from rabita.services.audit import Wanted
    from rabita.services.audit_export import export as write_export
    from rabita.services.audit_heads import own_descriptors

    where = place(home)
    wanted = Wanted(actor, action, _line(where, line))
    ask_node(where, [SignAudit()], Done)
    with opened(where) as store:
        notes = own_descriptors(store, where.settings.party)
    log = _log(where)
    lines = 0
    try:
        with file.open("xb") as stream:
            for raw in write_export(log, where.settings.party, notes, wanted):
                stream.write(raw)
                lines += 1
    except FileExistsError:
        raise UserFault("file-exists", str(file)) from None
    except OSError as fault:
        raise LocalFault("file-unavailable", str(file)) from fault
    finally:
        log.close()
    if as_json:
        print_json({"file": str(file), "entries": lines - 2})
    else:
        typer.echo(f"{file}: {lines - 2:,} entries. Anyone can check it: rabita audit verify {file}")


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(help="An export to check, with nothing but itself; the log of this home if not named."),
    ] = None,
    *,
    against: Annotated[
        Path | None, typer.Option(help="An earlier export: check that this home's log goes on from there.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the audit log is what was written, up to which signed head, and what is not; exits 1 on any fault."""
    verdict = _exported(file) if file is not None else _here(place(home), against)
    if as_json:
        print_json(
            {
                "genuine": verdict.genuine,
                "party": verdict.party,
                "root": verdict.root,
                "whole": verdict.whole,
                "entries": verdict.entries,
                "signed": verdict.signed,
                "faults": [
                    {"code": each.code, "where": each.where, "sentence": each.sentence} for each in verdict.faults
                ],
                "summary": verdict.summary(),
            }
        )
    else:
        typer.echo("\n".join(verdict.summary()))
    if not verdict.genuine:
        raise typer.Exit(EXIT_PROBLEM)


def _here(where: Place, against: Path | None) -> "Verdict":
    from rabita.services.audit_heads import compare, own_descriptors, read_descriptors, verify_log

    with opened(where) as store:
        descriptors = read_descriptors(own_descriptors(store, where.settings.party), where.settings.party)
    log = _log(where)
    try:
        verdict = verify_log(log, descriptors, where.settings.party)
        if against is not None:
            compare(log, verdict, _exported(against))
    finally:
        log.close()
    return verdict


def _exported(path: Path) -> "Verdict":
    """Verify a file a line at a time; of a line that no export can have, never more than the longest is held."""
    from functools import partial

    from rabita.services.audit_export import LINE_BYTES_MAX, ExportCheck

    check = ExportCheck()
    try:
        with path.open("rb") as stream:
            for raw in iter(partial(stream.readline, LINE_BYTES_MAX + 1), b""):
                check.feed(raw)
    except OSError as fault:
        raise LocalFault("file-unavailable", str(path)) from fault
    return check.finish()


def _log(where: Place) -> "AuditLog":
    from rabita.store.audit_sqlite import SqliteAudit

    return SqliteAudit(where.home.audit)


def _line(where: Place, beginning: str) -> str:
    from rabita.services.reads import find_line

    if not beginning:
        return ""
    with opened(where) as store:
        return find_line(store, beginning)
