"""Cost of an act in bytes: at the TLS socket (the kernel's count of TCP payload, both ways) and on both disks."""

from typing import Final

from bench.asks import Ran, Run
from bench.drafts import ACT_BYTES
from bench.figures import Figure, Figures
from bench.founding import found
from bench.pair import Pair
from bench.plan import Job

APPROVALS: Final = (0, 2)
BARS: Final = {0: ("at most 1.4 KiB", "at most 2.5 KiB")}
"""On the wire and on disk, by approvals."""


def wire(job: Job) -> Figures:
    """Count without and with two approvals."""
    sizes = job.sizes
    figures: Figures = {}
    for approvals in APPROVALS:
        with job.room() as room, job.screen.step(f"wire, {approvals} approvals"):
            founded = found(room)
            empty = [home.database.stat().st_size for home in founded.homes]
            with Pair(founded) as pair:
                pair.a.ask(Run(sizes.warm_up, sizes.window, approvals=approvals), Ran)
                before = pair.a.gauge()
                pair.a.ask(Run(sizes.acts, sizes.window, approvals=approvals), Ran)
                after = pair.a.gauge()
            full = [home.database.stat().st_size for home in founded.homes]
        out = (after.wire_out_bytes - before.wire_out_bytes) / sizes.acts
        back = (after.wire_in_bytes - before.wire_in_bytes) / sizes.acts
        kept = [(new - old) / (sizes.warm_up + sizes.acts) for old, new in zip(empty, full, strict=True)]
        figures |= _figures(approvals, out, back, kept)
    return figures


def _figures(approvals: int, out: float, back: float, kept: list[float]) -> Figures:
    on_wire, on_disk = BARS.get(approvals, ("", ""))
    words = f"{approvals or 'no'} approvals"

    def figure(what: str, size_bytes: float, bar: str = "") -> Figure:
        return Figure(
            what=f"{what}, {words}",
            value=size_bytes / 1024,
            unit="KiB",
            against="the act",
            beside=ACT_BYTES / 1024,
            bar=bar,
        )

    return {
        f"wire_{approvals}": figure("on the wire, both ways", out + back, on_wire),
        f"back_{approvals}": figure("of it receipts and acknowledgements", back),
        f"disk_a_{approvals}": figure("A's database once closed", kept[0], on_disk),
        f"disk_b_{approvals}": figure("B's database once closed", kept[1], on_disk),
    }
