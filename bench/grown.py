"""One transcript that grows through the sizes planned, for all that is measured of it: it is written and indexed once.

It is written straight into a store (``reads_data``) and indexed by the product's own indexer. Both files are read
through before anything is measured, as the system has in memory what a node at work has used.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, Figures
from bench.founding import CODES, Founded, found
from bench.plan import Job
from bench.reads_data import Transcript
from rabita.app.outside import MachineClock
from rabita.keys.soft_passkey import SoftPasskey
from rabita.services.casebook import Casebook, builtin_annexes
from rabita.services.caseindex import Indexer
from rabita.store.index_sqlite import open_index
from rabita.store.sqlite import open_store


class Ground(NamedTuple):
    """A transcript at one of the sizes: the entries a second it was indexed at, what was measured at the first size.

    ``passkey`` is that of the one officer who signs in where pages are asked for.
    """

    founded: Founded
    book: Casebook
    transcript: Transcript
    size: int
    indexed_per_s: float
    first: dict[str, float]
    passkey: SoftPasskey


Measure = Callable[[Job, Ground], Iterator[tuple[str, Figure]]]


def grown(job: Job, measures: Mapping[str, Measure]) -> dict[str, Figures]:
    """Grow one transcript, and at each size measure what is planned for it, by the measures' names."""
    planned = {name: getattr(job.sizes, f"{name}_full" if job.full else name) for name in measures}
    figures: dict[str, Figures] = {name: {} for name in measures}
    firsts: dict[str, dict[str, float]] = {name: {} for name in measures}
    with job.room() as room:
        founded = found(room)
        home = founded.homes[0]
        store, index = open_store(home.database), open_index(home.index)
        transcript, indexer = Transcript(store, founded.line, CODES), Indexer(store, index)
        passkey, book = SoftPasskey(""), Casebook(store, index, MachineClock(), builtin_annexes)
        for size in sorted({each for sizes in planned.values() for each in sizes}):
            with job.screen.step(f"a transcript of {size:,}", size) as told:
                transcript.grow(size, told)
            with job.screen.step(f"the index of {size:,}", size) as told:
                rate = _indexed(indexer, founded.line, told)
            for each in (home.index, home.database):
                _read_through(each)
            gc.collect()
            gc.freeze()  # as ``rabita serve`` does once it has started
            for name, measure in measures.items():
                if size in planned[name]:
                    with job.screen.step(f"{name} at {size:,}"):
                        ground = Ground(founded, book, transcript, size, rate, firsts[name], passkey)
                        figures[name] |= dict(measure(job, ground))
        index.close()
        store.close()
    return figures


def _read_through(path: Path) -> None:
    """Read a file once."""
    with path.open("rb") as file:
        while file.read(2**20):
            pass


def _indexed(indexer: Indexer, line: str, told: Callable[[int], None]) -> float:
    """Index what is new; gives the entries a second."""
    behind, began = indexer.progress(line).behind, time.perf_counter()
    indexer.catch_up(lambda at: told(at.indexed_seq))
    return behind / (time.perf_counter() - began)
