"""``rabita demo``: the built-in exercise, played between two real nodes on this machine, and proven afterwards."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rabita.cli.common import EXIT_PROBLEM, JsonOption

if TYPE_CHECKING:
    from rabita.services.exercise import Scenario

FOLDER: Final = Path(".rabita-demo")
PACE_S: Final = 75.0
EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


def demo(
    *,
    home: Annotated[
        Path, typer.Option("--home", help="Where the exercise lives; an earlier one there is removed.")
    ] = FOLDER,
    pace: Annotated[float, typer.Option(min=0, max=86_400, help="Seconds that the play takes in all.")] = PACE_S,
    once: Annotated[bool, typer.Option("--once", help="As fast as possible, without a view, and end.")] = False,
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario of your own; see docs/exercise.md.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play January 2024 between two nodes on this machine, then verify and compare both transcripts.

    Exits 0 only if both transcripts verify and agree and every entry was receipted.
    """
    import signal
    import sys

    from rabita.cli.demo_house import House
    from rabita.cli.demo_run import Manner, perform

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(EXIT_TERMINATED))
    manner = Manner(pace_s=0.0 if once else pace, watched=not once, as_json=as_json)
    try:
        good = perform(House(home.absolute()), _scenario(scenario), manner)
    except KeyboardInterrupt:
        typer.echo("Stopped. Both nodes were told to end; what they hold is kept in " + str(home), err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not good:
        raise typer.Exit(EXIT_PROBLEM)


def _scenario(path: Path | None) -> "Scenario":
    from rabita.cli.common import read_file
    from rabita.services.exercise import built_in, read_scenario

    return built_in() if path is None else read_scenario(read_file(path))
