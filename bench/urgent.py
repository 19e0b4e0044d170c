"""Urgent first: how long a FLASH takes to the other side's disk while ROUTINE waits, beside the same line idle.

The backlog is sealed while the counterpart is down; FLASH is sealed from the moment both are in conversation until the
backlog is drained or enough samples are taken. A short backlog drains before that, so it is laid again.
"""

import math
from typing import Final

from bench.asks import Arrivals, Arrived, Moment, Pace, Paced, Ran, Reach, Run
from bench.figures import Figure, Figures, quantile
from bench.founding import found
from bench.pair import Pair
from bench.plan import Job
from bench.shaped import slow_pair
from rabita.line.ids import Lane

AHEAD: Final = 512
NONE_OVERTOOK: Final = [math.inf]
"""Where the backlog drained before any FLASH was sampled: no figure, and never a crash."""


def urgent(job: Job) -> Figures:
    """Measure on this machine's own link, then on a slow one."""
    sizes = job.sizes
    figures: Figures = {}
    with job.room() as room, Pair(found(room)) as pair:
        with job.screen.step("FLASH on an idle line"):
            idle = _flash(pair, Pace(sizes.flash, sizes.flash_every_ms, Lane.FLASH))
        figures["idle_p50"] = Figure(what="FLASH, idle line, p50", value=quantile(idle, 0.5), unit="ms")
        figures["idle_p99"] = Figure(what="FLASH, idle line, p99", value=quantile(idle, 0.99), unit="ms")
        for backlog in sizes.backlogs:
            behind, samples = _behind(job, pair, backlog)
            behind = behind or NONE_OVERTOOK
            words = f"FLASH behind {backlog:,} ROUTINE"
            figures[f"behind_{backlog}_p50"] = Figure(
                what=f"{words}, p50", value=quantile(behind, 0.5), unit="ms", against="idle", beside=quantile(idle, 0.5)
            )
            figures[f"behind_{backlog}_p99"] = Figure(
                what=f"{words}, p99 of {samples}",
                value=quantile(behind, 0.99),
                unit="ms",
                against="idle p99",
                beside=quantile(idle, 0.99),
                bar="within 3x; aim 10 ms",
            )
    return figures | _slow(job)


def _behind(job: Job, pair: Pair, backlog: int) -> tuple[list[float], int]:
    """Take samples only while ROUTINE still waits: those that arrived before the backlog's last entry."""
    sizes = job.sizes
    found: list[float] = []
    for _ in range(sizes.rounds):
        laid = _lay(job, pair, backlog)
        end = laid.first + backlog
        pair.b.start()
        pair.meet()
        with job.screen.step(f"FLASH behind {backlog:,}"):
            found += _flash(pair, Pace(sizes.flash, sizes.flash_every_ms, Lane.FLASH, enough=end), end)
        if backlog != sizes.backlogs[-1]:
            pair.a.ask(Reach("receipted", end), Moment)
        if len(found) >= sizes.flash:
            break
    return found, len(found)


def _lay(job: Job, pair: Pair, backlog: int) -> Ran:
    """Seal a backlog while the counterpart is down."""
    pair.b.stop()
    with job.screen.step(f"sealing {backlog:,} ROUTINE while B is down"):
        return pair.a.ask(Run(backlog, AHEAD, until="sealed"), Ran)


def _flash(pair: Pair, pace: Pace, end: int = 0) -> list[float]:
    """Give the milliseconds from each call to the other side's disk, those that overtook entry *end* - 1."""
    samples = pair.a.ask(pace, Paced).samples
    arrived = pair.b.ask(Arrivals(Lane.FLASH), Arrived).times_ns()
    routine = pair.b.ask(Arrivals(Lane.ROUTINE), Arrived).groups
    drained_ns = min((ns for first, count, ns in routine if end and first + count >= end), default=2**63)
    return [(arrived[each.index] - each.asked_ns) / 1e6 for each in samples if arrived[each.index] < drained_ns]


def _slow(job: Job) -> Figures:
    """Measure the same on a link of 64 kbit/s."""
    sizes = job.sizes
    pace = Pace(sizes.slow_flash, sizes.slow_every_ms, Lane.FLASH)
    with job.room() as room, slow_pair(room, sizes.slow_bits_per_s) as slow:
        pair = slow.pair
        with job.screen.step(f"FLASH on an idle link of {sizes.slow_bits_per_s:,} bit/s"):
            idle = _flash(pair, pace)
        laid = _lay(job, pair, sizes.slow_backlog)
        pair.b.start()
        pair.meet()
        with job.screen.step(f"FLASH behind {sizes.slow_backlog:,} on that link"):
            behind = _flash(pair, pace, laid.first + sizes.slow_backlog) or NONE_OVERTOOK
    words = f"{sizes.slow_bits_per_s // 1000} kbit/s ({slow.kind})"
    return {
        "slow_idle_max": Figure(what=f"FLASH, idle, {words}, longest", value=max(idle), unit="ms"),
        "slow_behind_max": Figure(
            what=f"FLASH behind {sizes.slow_backlog:,}, {words}, longest of {len(behind)}",
            value=max(behind),
            unit="ms",
            against="idle link",
            beside=max(idle),
            bar="under 3,000 ms",
        ),
    }
