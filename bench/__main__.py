"""``python -m bench [exchange|latency|…|reads]``: measure, print tables or one JSON object."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from bench.catchup import catchup
from bench.exchange import exchange
from bench.figures import Figures, Screen
from bench.fold import fold
from bench.idle import idle
from bench.latency import latency
from bench.machine import describe
from bench.pages import pages
from bench.plan import QUICK, Job, Sizes
from bench.reads import reads
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
    "reads": reads,
    "pages": pages,
}
FOLDER: Final = Path("/var/tmp")  # noqa: S108 - a real disk, unlike /tmp on many machines; fresh folders are made in it


def main(
    name: Annotated[str, typer.Argument(help="One of: " + ", ".join(BENCHES) + ". All of them if left out.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
    quick: Annotated[bool, typer.Option(help="Tiny sizes: shows that it runs, measures nothing.")] = False,
    full: Annotated[bool, typer.Option(help="Also catch up, and read and show pages of, a million entries.")] = False,
    profile: Annotated[bool, typer.Option(help="Print where the exchange's time goes, by node.")] = False,
    acts: Annotated[int, typer.Option(help="Acts in a timed run (0: as planned).")] = 0,
    folder: Annotated[Path, typer.Option(help="Where the nodes live; a disk that syncs.")] = FOLDER,
) -> None:
    """Measure two real nodes; each figure stands beside what it is compared to in the same run."""
    if name and name not in BENCHES:
        raise typer.BadParameter(f"one of {', '.join(BENCHES)}", param_hint="name")
    sizes = QUICK if quick else Sizes()
    if acts:
        sizes = msgspec.structs.replace(sizes, acts=acts)
    job = Job(sizes, Screen(table=not as_json), folder, full, profile)
    found: dict[str, object] = {"machine": describe()}
    for each, measure in BENCHES.items():
        if name in {"", each}:
            figures = measure(job)
            job.screen.show(each, figures)
            found[each] = {key: figure.plain() for key, figure in figures.items()}
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    typer.run(main)
