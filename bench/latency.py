"""Latency at a few acts a second: from the call to seal, to the other side's disk and to the receipt's.

Beside it the bare pair, sending the same acts one by one at the same pace.
"""

from bench.asks import Arrivals, Arrived, Pace, Paced, Ran, Run
from bench.figures import Figure, Figures, quantile
from bench.founding import found
from bench.pair import Pair
from bench.plan import Job
from bench.rows import stored_batches
from bench.yardstick import bare_pair
from rabita.line.ids import Lane


def latency(job: Job) -> Figures:
    """Measure acts sealed one by one."""
    sizes = job.sizes
    pace = Pace(sizes.paced, sizes.paced_every_ms, Lane.ROUTINE)
    with job.room() as room:
        founded = found(room)
        with Pair(founded) as pair, job.screen.step(f"latency at {1000 / sizes.paced_every_ms:.0f}/s"):
            pair.a.ask(Run(sizes.warm_up, sizes.window), Ran)
            samples = pair.a.ask(pace, Paced).samples
            arrived = pair.b.ask(Arrivals(Lane.ROUTINE), Arrived).times_ns()
            first, end = samples[0].index, samples[-1].index + 1
            batches = stored_batches(founded.homes[0].database, first, end)
            source = founded.homes[0].database
            bare = bare_pair(batches, source, room, window=1, every_ms=sizes.paced_every_ms)
    measured = {
        "sealed": ("call to own disk", [(each.sealed_ns - each.asked_ns) / 1e6 for each in samples], []),
        "durable": (
            "call to the other side's disk",
            [(arrived[each.index] - each.asked_ns) / 1e6 for each in samples],
            bare.durable_ms,
        ),
        "receipted": (
            "call to the receipt on own disk",
            [(each.receipted_ns - each.asked_ns) / 1e6 for each in samples],
            bare.receipted_ms,
        ),
    }
    return {
        f"{key}_{name}": Figure(
            what=f"{what}, {name}",
            value=quantile(values, share),
            unit="ms",
            against="bare pair" if beside else "",
            beside=quantile(beside, share) if beside else None,
            bar="aim: under 3 ms" if (key, name) == ("receipted", "p50") else "",
        )
        for key, (what, values, beside) in measured.items()
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }
