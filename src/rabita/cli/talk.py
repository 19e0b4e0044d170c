"""``rabita seal``: say something on a line, formally."""

from pathlib import Path
from typing import Annotated, Any

import typer

from rabita.cli.common import (
    HomeOption,
    JsonOption,
    LineOption,
    ask_node,
    now_ms,
    officer_key,
    opened,
    place,
    print_json,
    read_file,
)
from rabita.line.errors import UserFault

Precedence = Annotated[str, typer.Option("--precedence", "-p", help="FLASH, IMMEDIATE, PRIORITY or ROUTINE.")]


def seal(  # noqa: PLR0913 - each is an option of the command
    file: Annotated[Path, typer.Argument(help="The text; - reads standard input.")] = Path("-"),
    *,
    precedence: Precedence = "ROUTINE",
    kind: Annotated[str, typer.Option(help="exercise, operation, project or drill; as the line if absent.")] = "",
    to: Annotated[list[str] | None, typer.Option(help="A post addressed; may be repeated.")] = None,
    marking: Annotated[str, typer.Option(help="The marking of act and portions.")] = "",
    language: Annotated[str, typer.Option(help="The language of the text: en, ur, fa.")] = "",
    withhold: Annotated[
        list[Path] | None, typer.Option(help="A text that is committed to but stays here; may be repeated.")
    ] = None,
    reply: Annotated[str, typer.Option(help="The reference of the entry this answers.")] = "",
    procedure: Annotated[str, typer.Option(help="The procedure the act belongs to.")] = "message",
    act: Annotated[str, typer.Option(help="The act within its procedure.")] = "send",
    field: Annotated[list[str] | None, typer.Option(help="A coded field, name=value; may be repeated.")] = None,
    approve: Annotated[
        list[str] | None, typer.Option(help="An officer's key file, or role:file; may be repeated.")
    ] = None,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal a message. It returns once the entry is durable here; delivery and receipt follow by themselves."""
    from rabita.app.asks import Placed, SealAct
    from rabita.app.drafting import Message, Words, message
    from rabita.line.entry import KINDS
    from rabita.line.state import load
    from rabita.services.reads import find_entry, find_line

    where = place(home)
    lane = _lane(precedence)
    if kind and kind not in KINDS:
        raise UserFault("setting-invalid", f"--kind: allowed is {', '.join(KINDS)}")
    with opened(where) as store:
        basis = (find_entry(store, reply).row.act_digest.hex(),) if reply else ()
        state = load(store.snapshot(find_line(store, line)))
    said = Message(
        lane=lane,
        kind=kind or ("exercise" if state.charter.exercise else "operation"),
        sent=(Words(_text(file), marking, language),),
        withheld=tuple([Words(_text(each), marking, language) for each in withhold or ()]),
        posts=tuple(to or ()),
        marking=marking,
        basis=basis,
        procedure=procedure,
        act=act,
        fields=_fields(field or []),
    )
    draft = message(state, said, [officer_key(each) for each in approve or ()], now_ms())
    asked = SealAct(state.line, lane, draft.act, draft.approvals, draft.portions, draft.withheld)
    (placed,) = ask_node(where, [asked], Placed)
    if as_json:
        print_json(placed)
    else:
        typer.echo(placed.reference)


def _lane(precedence: str) -> Any:  # noqa: ANN401 - a lane; its module is imported when a command runs
    from rabita.line.ids import PRECEDENCES

    found = [lane for lane in PRECEDENCES if lane.value == precedence.upper()]
    if not found:
        raise UserFault("setting-invalid", f"--precedence: allowed is {', '.join(PRECEDENCES)}")
    return found[0]


def _text(path: Path) -> str:
    try:
        return read_file(path).decode()
    except UnicodeDecodeError:
        raise UserFault("content-encoding", str(path)) from None


def _fields(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if any(not name or not equals for name, equals, _ in pairs):
        raise UserFault("setting-invalid", "--field: allowed is name=value")
    return {name: value for name, _, value in pairs}
