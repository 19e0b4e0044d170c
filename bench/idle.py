"""A node at rest: memory, time until it listens, and the command line's first answer."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Figure, Figures, middle
from bench.founding import found
from bench.pair import Pair
from bench.plan import Job

PYTHON: Final = (sys.executable, "-c", "pass")
HELP: Final = (str(Path(sys.executable).with_name("rabita")), "--help")


def idle(job: Job) -> Figures:
    """Measure two nodes in conversation that have nothing to say."""
    with job.room() as room, job.screen.step("idle"), Pair(found(room)) as pair:
        resident = max(each.gauge().resident_bytes for each in (pair.a, pair.b)) / 2**20
        pair.b.stop()
        pair.b.start()
        ready = pair.b.ready_s
    bare = _seconds(job, PYTHON)
    return {
        "resident": Figure(what="resident, idle in conversation", value=resident, unit="MiB", bar="under 120 MiB"),
        "ready": Figure(
            what="from start to listening", value=ready, unit="s", against="bare Python", beside=bare, bar="under 2 s"
        ),
        "help": Figure(
            what="rabita --help",
            value=_seconds(job, HELP),
            unit="s",
            against="bare Python",
            beside=bare,
            bar="under 0.3 s",
        ),
    }


def _seconds(job: Job, command: Sequence[str]) -> float:
    took = []
    for _ in range(job.sizes.repeats):
        began = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        took.append(time.monotonic() - began)
    return middle(took)
