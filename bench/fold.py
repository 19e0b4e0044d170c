"""The engine's fold on one core: a transcript's acts to the state of every case; beside it, reading those acts' JSON.

What is folded is held in memory and read already: storing and reading are the index's work, which ``reads`` measures.
Times are of the processor, so that waiting for a busy machine is not counted; fold and yardstick take turns, and the
pair of runs with the middle ratio is shown.
"""

import gc
import time
from collections.abc import Callable
from typing import Final

import msgspec

from bench.figures import Figure, Figures
from bench.founding import CODES, found
from bench.plan import Job
from bench.reads_data import Transcript
from rabita.line.charter import read_charter
from rabita.line.entry import encode
from rabita.line.limits import INTEGER_MAX
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.engine.compute import compute
from rabita.procedures.engine.held import extent_of
from rabita.services.caseindex_held import take
from rabita.store.sqlite import open_store

ROUNDS: Final = 3
"""Runs for each of the planned repeats: a run is short."""
BAR_PER_S: Final = 20_000


def fold(job: Job) -> Figures:
    """Measure what the reads' transcript holds, folded from nothing."""
    with job.room() as room:
        founded = found(room)
        store = open_store(founded.homes[0].database)
        with job.screen.step("a transcript", job.sizes.folded) as told:
            Transcript(store, founded.line, CODES).grow(job.sizes.folded, told)
        charter = read_charter(store.lines()[0].charter)[1]
        taken = [take(each) for each in reversed(store.listed(founded.line, "", 0, INTEGER_MAX))]
        store.close()
    held = [each.parsed.held._replace(approvals=each.parsed.approvals) for each in taken]
    raws, extent = [encode(each.act) for each in held], extent_of(held)
    took = []
    with job.screen.step("folding", repeats := job.sizes.repeats * ROUNDS) as step:
        for number in range(repeats):
            folded_s = _spent_s(lambda: compute(CATALOGUE, {charter.version: charter}, held, extent))
            took.append((folded_s, _spent_s(lambda: [msgspec.json.decode(raw) for raw in raws])))
            step(number + 1)
    mine_s, bare_s = sorted(took, key=lambda pair: pair[1] / pair[0])[repeats // 2]
    return {
        "fold": Figure(
            what="acts folded, a core",
            value=len(held) / mine_s,
            unit="acts/s",
            against="reading their JSON",
            beside=len(held) / bare_s,
            bar=f"at least {BAR_PER_S:,}/s",
        )
    }


def _spent_s(work: Callable[[], object]) -> float:
    gc.collect()
    gc.freeze()
    began = time.thread_time()
    work()
    spent_s = time.thread_time() - began
    gc.unfreeze()
    return spent_s
