"""``rabita line amend``: change a line's charter. Both roots sign; the node of the last signer seals it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    Place,
    RootOption,
    ask_node,
    new_table,
    now_ms,
    opened,
    place,
    print_json,
    read_file,
    show_table,
    write_file,
)
from rabita.cli.line import changed_terms, root_ring

if TYPE_CHECKING:
    from rabita.line.state import LineState
    from rabita.services.amending import Proposal
    from rabita.store.sqlite import SqliteStore

app = typer.Typer(no_args_is_help=True, help="Propose, sign, seal and show amendments of a line's charter.")

FileArgument = Annotated[Path, typer.Argument(help="The amendment's file.")]


@app.command()
def propose(
    terms: Annotated[Path, typer.Argument(help="TOML with the terms that change; see rabita line show.")],
    file: Annotated[Path, typer.Argument(help="The amendment file to write, for the other side.")],
    *,
    line: LineOption = "",
    root: RootOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write and sign the next version of a charter, for the other side to sign last and seal."""
    import msgspec

    from rabita.services.amending import propose_amendment, read_proposal

    where = place(home)
    with opened(where) as store:
        state = _state(store, line)
        following = msgspec.structs.replace(state.charter, version=state.charter.version + 1)
        raw = propose_amendment(store, root_ring(where, root), state, changed_terms(following, terms))
    write_file(file, raw)
    _say(read_proposal(state, raw), as_json=as_json)


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="The amendment file; it is replaced by the one with our signature.")],
    *,
    line: LineOption = "",
    root: RootOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign the other side's amendment, which then stands to be sealed; one of each version only."""
    from rabita.services.amending import read_proposal, sign_amendment

    where = place(home)
    with opened(where) as store:
        state = _state(store, line)
        raw = sign_amendment(store, root_ring(where, root), state, read_file(file))
    write_file(file, raw, replace=True)
    _say(read_proposal(state, raw), as_json=as_json)


@app.command()
def seal(file: FileArgument, *, line: LineOption = "", home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Put an amendment that both have signed into force; one that is in force already is told again."""
    placed = _seal(place(home), line, read_file(file))
    if as_json:
        print_json(placed)
    else:
        typer.echo(f"In force for us from the entry after {placed['reference']}; for the other side once it holds it.")


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="An amendment's file; the versions in force if absent.")] = None,
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show term by term what an amendment changes and who signed it, or the versions in force."""
    from rabita.services.amending import read_proposal

    with opened(place(home)) as store:
        state = _state(store, line)
    if file is None:
        _show_versions(state, as_json=as_json)
    else:
        _say(read_proposal(state, read_file(file)), as_json=as_json)


def _seal(where: Place, line: str, raw: bytes) -> dict[str, object]:
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import amendment
    from rabita.line.ids import Lane, reference
    from rabita.services.amending import standing

    with opened(where) as store:
        state = _state(store, line)
    held = standing(state, raw)
    if held is not None:
        place_text = reference(held.log, held.index)
    else:
        draft = amendment(state, raw, now_ms())
        ask = SealAct(state.line, Lane.CONTROL, draft.act, draft.approvals, draft.portions)
        place_text = ask_node(where, [ask], Placed)[0].reference
    return {"line": state.line, "reference": place_text}


def _state(store: "SqliteStore", line: str) -> "LineState":
    from rabita.line.state import load
    from rabita.services.reads import find_line

    return load(store.snapshot(find_line(store, line)))


def _show_versions(state: "LineState", *, as_json: bool) -> None:
    from rabita.line.amendment import twice_signed
    from rabita.line.ids import reference

    versions = [
        {
            "version": each.number,
            "digest": each.digest,
            "sealed": reference(each.log, each.index) if each.n else "",
        }
        for each in state.charters
    ]
    twice = [
        {"version": one.number, "digests": [one.digest, two.digest]}
        for one, two in twice_signed(state.charters[0], state.facts.brought)
    ]
    if as_json:
        print_json({"line": state.line, "versions": versions, "signed_twice": twice})
        return
    table = new_table("version", "sealed as", "digest")
    for each in versions:
        table.add_row(str(each["version"]), str(each["sealed"]) or "founding charter", str(each["digest"])[:16])
    show_table(table)
    for proof in twice:
        typer.echo(f"PROVEN: version {proof['version']} was signed last in two texts by the same party.")


def _say(shown: "Proposal", *, as_json: bool) -> None:
    if as_json:
        print_json({**shown._asdict(), "changes": [each._asdict() for each in shown.changes]})
        return
    table = new_table("term", f"version {shown.before}", f"version {shown.version}")
    for each in shown.changes:
        table.add_row(each.path, str(each.before), str(each.after))
    show_table(table)
    typer.echo(f"Signed by {' and '.join(shown.signed_by) or 'nobody'}; {shown.last_signer} signs last and seals it.")
    if shown.in_force:
        typer.echo("It is in force.")
