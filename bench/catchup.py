"""Catch-up after an outage: what was sealed while the counterpart was down, until all of it is receipted.

Beside it the rate at which the same two nodes exchange as they seal; and the shorter outage, for linearity.
"""

from itertools import pairwise
from typing import Final

from bench.asks import Arrivals, Arrived, Gauged, Moment, Ran, Reach, Run
from bench.figures import Figure, Figures
from bench.founding import found
from bench.pair import Pair
from bench.plan import Job
from rabita.line.ids import Lane

AHEAD: Final = 512
TENTHS: Final = 10


def catchup(job: Job) -> Figures:
    """Measure two outages, or with ``full`` a third of a million entries."""
    sizes = job.sizes
    outages = (*sizes.outages, sizes.outage_full) if job.full else sizes.outages
    figures: Figures = {}
    rates: list[float] = []
    with job.room() as room, Pair(found(room)) as pair:
        with job.screen.step("exchange, for comparison"):
            pair.a.ask(Run(sizes.warm_up, sizes.window), Ran)
            exchanged = sizes.acts / pair.a.ask(Run(sizes.acts, sizes.window), Ran).seconds
        for missing in outages:
            rate, slowest, gauge = _outage(job, pair, missing)
            rates.append(rate)
            figures[f"rate_{missing}"] = Figure(
                what=f"catch-up of {missing:,}, from connected to receipted",
                value=rate,
                unit="acts/s",
                against="exchange",
                beside=exchanged,
                bar="at least 1",
            )
            figures[f"tenth_{missing}"] = Figure(
                what=f"slowest tenth of {missing:,}", value=slowest, unit="acts/s", against="its whole", beside=rate
            )
            figures[f"resident_{missing}"] = Figure(
                what=f"resident in A after {missing:,}", value=gauge.resident_bytes / 2**20, unit="MiB"
            )
    figures["linear"] = Figure(
        what=f"rate at {outages[-1]:,}",
        value=rates[-1],
        unit="acts/s",
        against=f"at {outages[0]:,}",
        beside=rates[0],
        bar="near 1: linear",
    )
    return figures


def _outage(job: Job, pair: Pair, missing: int) -> tuple[float, float, Gauged]:
    """Give the rate of a catch-up, that of its slowest tenth, and what A uses after it."""
    pair.b.stop()
    with job.screen.step(f"sealing {missing:,} while B is down"):
        laid = pair.a.ask(Run(missing, AHEAD, until="sealed"), Ran)
    pair.b.start()
    met_ns = pair.meet()
    end = laid.first + missing
    with job.screen.step(f"catching up {missing:,}"):
        done_ns = pair.a.ask(Reach("receipted", end), Moment).ns
    arrived = pair.b.ask(Arrivals(Lane.ROUTINE), Arrived).times_ns()
    times = [met_ns, *(arrived[laid.first + missing * tenth // TENTHS - 1] for tenth in range(1, TENTHS + 1))]
    slowest_s = max(1, *(after - before for before, after in pairwise(times))) / 1e9  # a few may all be there before
    return missing / ((done_ns - met_ns) / 1e9), missing / TENTHS / slowest_s, pair.a.gauge()
