"""The program ``rabita``: its commands, and what becomes of a fault."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rabita import __version__
from rabita.cli import (
    amend,
    archive,
    attachment,
    audit,
    cases,
    check,
    courier,
    demo,
    epoch,
    exercise,
    keys,
    line,
    look,
    officer,
    party,
    policy,
    run,
    talk,
    token,
    transcript,
    watch,
)
from rabita.cli.common import exit_code
from rabita.line.errors import SENTENCES, InvariantBroken, RabitaError


class Program(TyperGroup):
    """The program's commands, and every procedure as one more, built when it is asked for: the catalogue is heavy."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - Typer's own classes are not public
        """Find a command, or make that of a procedure."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        from rabita.cli.procedures import group_of

        return group_of(cmd_name)


app = typer.Typer(
    name="rabita",
    cls=Program,
    help="Two parties, two nodes, one transcript. Every procedure is a command too: rabita procedures lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing help in boxes costs more than all the rest of --help
)
_GROUPS = {
    "party": party,
    "line": line,
    "officer": officer,
    "keys": keys,
    "token": token,
    "policy": policy,
    "audit": audit,
    "epoch": epoch,
    "watch": watch,
    "transcript": transcript,
    "courier": courier,
    "attachment": attachment,
    "exercise": exercise,
}
for _name, _module in _GROUPS.items():
    app.add_typer(_module.app, name=_name)
line.app.add_typer(amend.app, name="amend")
for _command in (
    run.serve,
    talk.seal,
    look.inbox,
    look.show,
    look.status,
    cases.procedures,
    cases.cases,
    cases.case,
    cases.owed,
    cases.search,
    archive.backup,
    archive.restore,
    check.doctor,
    transcript.verify,
    demo.demo,
):
    app.command()(_command)


@app.callback(invoke_without_command=True)
def _program(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Two parties, two nodes, one transcript."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the program; a fault becomes one sentence and an exit code."""
    try:
        app()
    except RabitaError as error:
        _say(error.sentence, error.code, error.detail)
        sys.exit(exit_code(error))
    except Exception as error:  # noqa: BLE001 - the last door: a bug is named by kind and place, never by a traceback
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        at = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
        _say(SENTENCES["program-fault"], "program-fault", f"{type(error).__name__} {at}")
        sys.exit(exit_code(InvariantBroken("invariant-broken")))


def _say(sentence: str, code: str, detail: str) -> None:
    typer.echo(f"{sentence} [{code}{': ' + detail if detail else ''}]", err=True)
