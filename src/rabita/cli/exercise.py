"""``rabita exercise report``: the after-action reports of an exercise, computed anew from both sides' transcripts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rabita.cli.common import EXIT_PROBLEM, JsonOption

if TYPE_CHECKING:
    from rabita.services.after_action_read import Export

app = typer.Typer(help="An exercise: what it showed.", no_args_is_help=True, rich_markup_mode=None)
FOLDER: Final = Path(".rabita-demo")


@app.callback()
def _group() -> None:
    """Show what came of an exercise."""


@app.command()
def report(
    transcripts: Annotated[
        list[Path] | None,
        typer.Argument(help="Both sides' transcripts; those in .rabita-demo if not named.", show_default=False),
    ] = None,
    *,
    scenario: Annotated[
        Path | None, typer.Option(help="The scenario played, where it is one of your own.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Report on each play of an exercise and set the plays side by side; exits 1 unless both files verify and agree.

    It reads the two files and nothing else: no node has to run.
    """
    from rich.console import Console

    from rabita.cli.common import print_json, read_file
    from rabita.cli.exercise_page import pages
    from rabita.line.errors import UserFault
    from rabita.services.after_action import after_action
    from rabita.services.after_action_read import states_of
    from rabita.services.exercise import PARTIES, built_in, read_scenario

    files = transcripts or sorted(FOLDER.glob("*.transcript"))
    if len(files) != PARTIES:
        raise UserFault("transcripts-needed", f"{len(files)} given")
    played = built_in() if scenario is None else read_scenario(read_file(scenario))
    one, two = (_read(path) for path in files)
    states = states_of(one, two)
    told = after_action(played, one, two)
    if as_json:
        print_json({"states": states, "after_action": told})
    else:
        console = Console(highlight=False, markup=False)
        for each in pages(told):
            console.print(each)
    if not states.equal:
        raise typer.Exit(EXIT_PROBLEM)


def _read(path: Path) -> "Export":
    """Verify a transcript, then read it; a file that is not genuine is not reported on."""
    from rabita.cli.common import read_file
    from rabita.line.errors import PeerFault
    from rabita.line.transcript import verify_transcript
    from rabita.services.after_action_read import read_export

    lines = read_file(path).splitlines()
    if not verify_transcript(lines).genuine:
        raise PeerFault("transcript-altered", str(path))
    return read_export(lines)
