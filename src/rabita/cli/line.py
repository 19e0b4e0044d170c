"""``rabita line``: propose a charter, sign it, show it. The root signs; the node is told when a line stands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    Place,
    RootOption,
    new_table,
    opened,
    passphrase,
    place,
    print_json,
    read_file,
    show_table,
    tell_running,
    write_file,
)
from rabita.line.errors import PeerFault, UserFault

if TYPE_CHECKING:
    from rabita.keys.ring import KeyRing
    from rabita.line.charter import Charter

app = typer.Typer(no_args_is_help=True, help="Propose, sign and show the charter that founds a line.")


@app.command()
def propose(
    peer: Annotated[str, typer.Argument(help="The confirmed party to propose a line to.")],
    file: Annotated[Path, typer.Argument(help="The charter file to write, for the other side.")],
    *,
    terms: Annotated[
        Path | None, typer.Option(help="TOML with terms that differ from the usual ones; see rabita line show.")
    ] = None,
    root: RootOption = None,
    home: HomeOption = None,
) -> None:
    """Write and sign a charter for the other side to sign."""
    import secrets

    from rabita.services.pairing import confirmed_descriptor, propose_charter
    from rabita.services.terms import default_terms

    where = place(home)
    us = where.settings.party
    with opened(where) as store:
        usual = default_terms(
            confirmed_descriptor(store, us), confirmed_descriptor(store, peer), secrets.token_bytes(16)
        )
        wanted = changed_terms(usual, terms) if terms is not None else usual
        raw = propose_charter(store, root_ring(where, root), us, wanted)
    write_file(file, raw)
    typer.echo(f"Signed by {us}. Give {peer} this file: {file}")


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="The charter file; it is replaced by the one with our signature.")],
    *,
    root: RootOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign the other side's charter, or take up one that both have signed: the line then stands."""
    from rabita.app.asks import Refresh
    from rabita.line.charter import read_charter
    from rabita.services.pairing import accept_charter, confirmed_descriptor, sign_charter

    where = place(home)
    us = where.settings.party
    raw = read_file(file)
    with opened(where) as store:
        try:
            record = accept_charter(store, us, raw)
        except PeerFault as fault:
            if fault.code != "note-unsigned":
                raise
            _, terms = read_charter(raw)
            peer = next(each.party for each in terms.parties if each.party != us)
            ours, theirs = confirmed_descriptor(store, us), confirmed_descriptor(store, peer)
            raw = sign_charter(root_ring(where, root), raw, ours, theirs)
            write_file(file, raw, replace=True)
            record = accept_charter(store, us, raw)
    tell_running(where, Refresh())
    if as_json:
        print_json({"line": record.line, "us": record.us, "peer": record.peer})
        return
    typer.echo(f"The line {record.line[:12]} between {record.us} and {record.peer} stands.")
    typer.echo(f"If {record.peer} has not taken it up yet, give it this file: {file}")


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="A charter file, or the beginning of a line's name; all lines if absent.")
    ] = "",
    *,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the terms of a charter: of a line, or of a file before it is signed."""
    from rabita.line.charter import charter_line, read_charter

    if name and Path(name).is_file():
        charters = [read_file(Path(name))]
    else:
        with opened(place(home)) as store:
            charters = [each.charter for each in store.lines() if each.line.startswith(name)]
        if not charters:
            raise UserFault("line-unknown", name)
    shown = [(charter_line(note), note, terms) for note, terms in map(read_charter, charters)]
    if as_json:
        print_json([{"line": line, "signed_by": _signers(note), "terms": terms} for line, note, terms in shown])
        return
    for line, note, terms in shown:
        _show(line, _signers(note), terms)


def root_ring(where: Place, root: Path | None) -> "KeyRing":
    """Unlock the root."""
    from rabita.keys.file import open_keys
    from rabita.keys.ring import KeyRing
    from rabita.keys.sets import RootKeys

    path = root or where.home.root_keys
    return KeyRing(open_keys(path, passphrase("RABITA_PASSPHRASE_ROOT", "the root key"), RootKeys))


def changed_terms(usual: "Charter", terms: Path) -> "Charter":
    """Change the usual terms by a TOML file of the same names; raises ``UserFault("charter-malformed")``."""
    import tomllib

    import msgspec

    try:
        changes = tomllib.loads(read_file(terms).decode())
        return msgspec.convert(msgspec.to_builtins(usual) | changes, type(usual))
    except (ValueError, msgspec.ValidationError) as fault:
        raise UserFault("charter-malformed", str(fault)) from fault


def _signers(note: Any) -> list[str]:  # noqa: ANN401 - a note; its module is imported when a command runs
    return sorted({each.name.partition(".")[0] for each in note.signatures})


def _show(line: str, signers: list[str], terms: "Charter") -> None:
    table = new_table("", "")
    table.add_row("line", line)
    table.add_row("parties", " and ".join(each.party for each in terms.parties))
    table.add_row("named as signers", ", ".join(signers))
    table.add_row("version", f"{terms.version}{', an exercise' if terms.exercise else ''}")
    for lane, each in terms.lanes.items():
        words = f", {each.words_max} words at most" if each.words_max else ""
        table.add_row(
            lane,
            f"handled within {each.handling_time_s // 60} min{words}; "
            f"{each.entries_per_day:,} entries and {each.bytes_per_day // 2**20:,} MiB a day",
        )
    table.add_row(
        "line tests",
        f"every {terms.line_test.automatic_every_s // 60} min, {terms.line_test.by_person_per_day} a day by a person",
    )
    for name, seconds in terms.deadlines_s.items():
        table.add_row(name, f"{seconds / 3600:g} h")
    for name, count in terms.ceilings.items():
        table.add_row(name, f"{count} at most")
    for marking, national in terms.classification.items():
        table.add_row(marking, " = ".join(f"{party}: {each}" for party, each in national.items()))
    table.add_row("boundary", f"{terms.boundary.edition}, within {terms.boundary.accuracy_m} m")
    table.add_row("retention", f"{terms.retention_days} days")
    table.add_row("community", terms.community)
    table.add_row("use", terms.use_limitation)
    table.add_row("survival", terms.survivability)
    show_table(table)
