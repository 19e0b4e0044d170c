"""How much is measured: the full sizes, and those of ``--quick`` that only show that everything runs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figures import Screen


class Sizes(msgspec.Struct, frozen=True):
    """Numbers of acts, samples and repetitions; waits in milliseconds."""

    acts: int = 20_000
    warm_up: int = 4_000
    repeats: int = 3
    window: int = 200
    paced: int = 150
    paced_every_ms: float = 200
    flash: int = 300
    flash_every_ms: float = 25
    backlogs: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    rounds: int = 6
    slow_backlog: int = 2_000
    slow_flash: int = 12
    slow_every_ms: float = 4_000
    slow_bits_per_s: int = 64_000
    outages: tuple[int, ...] = (25_000, 100_000)
    outage_full: int = 1_000_000
    verified: int = 20_000
    fsyncs: int = 500
    folded: int = 20_000
    reads: tuple[int, ...] = (10_000, 100_000)
    reads_full: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    read_samples: int = 200
    pages: tuple[int, ...] = (10_000,)
    pages_full: tuple[int, ...] = (10_000, 1_000_000)
    page_samples: int = 60
    released: int = 12


QUICK = Sizes(
    acts=60,
    warm_up=20,
    repeats=1,
    paced=4,
    paced_every_ms=20,
    flash=4,
    flash_every_ms=10,
    backlogs=(40,),
    rounds=1,
    slow_backlog=20,
    slow_flash=2,
    slow_every_ms=10,
    slow_bits_per_s=4_000_000,
    outages=(40,),
    outage_full=160,
    verified=60,
    fsyncs=5,
    folded=60,
    reads=(40, 120),
    reads_full=(40, 120),
    read_samples=3,
    pages=(120,),
    pages_full=(120,),
    page_samples=2,
    released=1,
)


class Job(msgspec.Struct, frozen=True):
    """What a benchmark works with: its sizes, the screen, a folder on a real disk, and what was asked for."""

    sizes: Sizes
    screen: Screen
    folder: Path
    full: bool = False
    profile: bool = False

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Give a fresh folder, removed afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="rabita-bench-") as folder:
            yield Path(folder)
