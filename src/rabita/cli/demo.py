"""``rabita demo``: the built-in exercise, played between two real nodes on this machine, and proven afterwards."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rabita.cli.common import EXIT_PROBLEM, JsonOption

if TYPE_CHECKING:
    from rabita.services.exercise import Scenario

FOLDER: Final = Path(".rabita-demo")
PACE_S: Final = 75.0
LIVE_PACE_S: Final = 300.0
PORT_MAX: Final = 65_534
EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


def demo(
    *,
    home: Annotated[
        Path, typer.Option("--home", help="Where the exercise lives; an earlier one there is removed.")
    ] = FOLDER,
    pace: Annotated[
        float | None,
        typer.Option(
            *("--pace",),
            min=0,
            max=86_400,
            help=f"Seconds that the play takes in all; {LIVE_PACE_S:g} at a terminal, else {PACE_S:g}.",
            show_default=False,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="As fast as possible, without a view, and end.")] = False,
    scenario: Annotated[
        Path | None, typer.Option(help="A scenario of your own; see docs/exercise.md.", show_default=False)
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=PORT_MAX, help="Where the first desk is served, the second one after it; 0: where there is room."
        ),
    ] = 0,
    opened: Annotated[bool, typer.Option("--open", help="Open both desks in this machine's browser.")] = False,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep both desks open until Ctrl-C, even where nobody can press Enter.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Play January 2024 between two nodes on this machine, then verify and compare both transcripts.

    Both sides' desks are open meanwhile, at pak.localhost and irn.localhost, by one-time links.

    Exits 0 only if both transcripts verify and agree and every entry was receipted.
    """
    import signal
    import sys

    from rabita.cli.demo_house import House
    from rabita.cli.demo_run import Manner, perform

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(EXIT_TERMINATED))
    usual_s = LIVE_PACE_S if sys.stdout.isatty() and not as_json else PACE_S
    pace_s = 0.0 if once else usual_s if pace is None else pace
    manner = Manner(pace_s=pace_s, watched=not once, as_json=as_json, port=port, opened=opened, stay=stay)
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
