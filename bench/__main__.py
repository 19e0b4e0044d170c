"""``python -m bench [exchange|latency|…|reads]``: measure, print tables or one JSON object."""

import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from bench.catchup import catchup
from bench.exchange import exchange
from bench.figures import Figures, Screen
from bench.fold import fold
from bench.grown import Measure, grown
from bench.idle import idle
from bench.latency import latency
from bench.machine import describe
from bench.pages import pages
from bench.plan import QUICK, Job, Sizes
from bench.reads import reads
from bench.screen import screen
from bench.urgent import urgent
from bench.verify import verify
from bench.wire import wire

BENCHES: Final[dict[str, Callable[[Job], Figures]]] = {
    "exchange": exchange,
    "latency": latency,
    "urgent": urgent,
    "catchup": catchup,
    "verify": verify,
    "wire": wire,
    "idle": idle,
    "fold": fold,
    "screen": screen,
}
GROWN: Final[dict[str, Measure]] = {"reads": reads, "pages": pages}
"""What is measured of one transcript as it grows: it is grown once for all of them."""
NAMES: Final = f"Of: {', '.join((*BENCHES, *GROWN))}. All of them if left out."
FOLDER: Final = Path("/var/tmp")  # noqa: S108 - a real disk, unlike /tmp on many machines; fresh folders are made in it


def main(
    names: Annotated[list[str] | None, typer.Argument(help=NAMES)] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    quick: Annotated[bool, typer.Option(help="Tiny sizes: shows that it runs, measures nothing.")] = False,
    full: Annotated[bool, typer.Option(help="Also catch up, and read and show pages of, a million entries.")] = False,
    profile: Annotated[bool, typer.Option(help="Print where the exchange's time goes, by node.")] = False,
    acts: Annotated[int, typer.Option(help="Acts in a timed run (0: as planned).")] = 0,
    folder: Annotated[Path, typer.Option(help="Where the nodes live; a disk that syncs.")] = FOLDER,
) -> None:
    """Measure two real nodes; each figure stands beside what it is compared to in the same run."""
    wanted = names or [*BENCHES, *GROWN]
    if unknown := set(wanted) - {*BENCHES, *GROWN}:
        raise typer.BadParameter(", ".join(sorted(unknown)), param_hint="names")
    sizes = QUICK if quick else Sizes()
    if acts:
        sizes = msgspec.structs.replace(sizes, acts=acts)
    job = Job(sizes, Screen(table=not as_json), folder, full, profile)
    found: dict[str, object] = {"machine": describe()}
    for each, figures in _measured(job, wanted):
        job.screen.show(each, figures)
        found[each] = {key: figure.plain() for key, figure in figures.items()}
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


def _measured(job: Job, wanted: Collection[str]) -> Iterator[tuple[str, Figures]]:
    """Carry out what is wanted, one after the other; what is measured of one transcript, together."""
    for each, measure in BENCHES.items():
        if each in wanted:
            yield each, measure(job)
    if along := {each: measure for each, measure in GROWN.items() if each in wanted}:
        yield from grown(job, along).items()


if __name__ == "__main__":
    typer.run(main)
