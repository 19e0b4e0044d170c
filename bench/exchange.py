"""Exchange: acts sealed on A, durable on both, receipted; beside the bare pair and SQLite alone, run by run.

Every run of the nodes is followed at once by the yardsticks over the very rows it stored, so that a noisy machine
disturbs both alike. With ``profile`` one more run says where each node's time went.
"""

import pstats
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from bench.asks import Gauged, Moment, Ran, Run, Watch
from bench.figures import Figure, Figures, middle
from bench.founding import Founded, found
from bench.pair import Pair
from bench.plan import Job
from bench.rows import stored_batches
from bench.yardstick import bare_pair, fsync_rate, raw_sqlite

PROFILE_ROWS: Final = 25
WAITING: Final = ("<method 'poll' of 'select.epoll' objects>", "<method 'get' of '_queue.SimpleQueue' objects>")
APPROVALS: Final = (0, 2)
Profiled: TypeAlias = dict[tuple[str, int, str], tuple[int, int, float, float, Any]]


def exchange(job: Job) -> Figures:
    """Measure without and with two approvals."""
    figures: Figures = {}
    with job.room() as room:
        founded = found(room)
        with Pair(founded) as pair:
            for approvals in APPROVALS:
                figures |= _sustained(job, pair, founded, room, approvals)
            figures["fdatasync"] = Figure(
                what="4 KiB fdatasync here", value=fsync_rate(room, job.sizes.fsyncs), unit="/s", bar="context"
            )
    if job.profile:
        _profile(job)
    return figures


def _sustained(job: Job, pair: Pair, founded: Founded, room: Path, approvals: int) -> Figures:
    sizes, source = job.sizes, founded.homes[0].database
    run = Run(sizes.acts, sizes.window, approvals=approvals)
    rates, bares, raws, runs = [], [], [], []
    pair.a.ask(Run(sizes.warm_up, sizes.window, approvals=approvals), Ran)
    used: list[Used] = []
    with job.screen.step(f"exchange, {approvals} approvals", sizes.repeats) as step:
        for number in range(sizes.repeats):
            before = (pair.a.gauge(), pair.b.gauge())
            ran = pair.a.ask(run, Ran)
            used = _usage(before, (pair.a.gauge(), pair.b.gauge()), ran)
            batches = stored_batches(source, ran.first, ran.first + sizes.acts)
            rates.append(sizes.acts / ran.seconds)
            bares.append(bare_pair(batches, source, room, window=sizes.window).rate_per_s)
            raws.append(raw_sqlite(batches, source, room))
            runs.append(ran)
            step(number + 1)
    name, words = f"rate_{approvals}", f"{approvals or 'no'} approvals"
    figures = {
        name: Figure(
            what=f"receipted acts, {words}",
            value=middle(rates),
            unit="acts/s",
            against="bare pair",
            beside=middle(bares),
            bar="at least 0.5",
        ),
        f"{name}_sqlite": Figure(
            what=f"the same, {words}", value=middle(rates), unit="acts/s", against="SQLite alone", beside=middle(raws)
        ),
        f"group_{approvals}": Figure(
            what=f"acts in a group commit, {words}",
            value=sizes.acts / middle(each.groups for each in runs),
            unit="acts",
        ),
    }
    figures |= {
        f"busy_{each.name}_{approvals}": Figure(
            what=f"{each.name.upper()} busy, {words}",
            value=each.cpu,
            unit="of a core",
            against="a commit under way",
            beside=each.committing,
        )
        for each in used
    }
    return figures


class Used(NamedTuple):
    """The share of a run that a node's thread was busy, and that a commit was under way."""

    name: str
    cpu: float
    committing: float


def _usage(before: tuple[Gauged, Gauged], after: tuple[Gauged, Gauged], ran: Ran) -> list[Used]:
    """Say what A's and B's loops did; A's also writes the drafts, before the clock starts."""
    main = "MainThread"
    return [
        Used(
            name,
            (new.cpu_s[main] - old.cpu_s[main]) / ran.seconds,
            (new.commit_s - old.commit_s) / ran.seconds,
        )
        for name, old, new in zip("ab", before, after, strict=True)
    ]


def _profile(job: Job) -> None:
    """Run once more under ``cProfile`` (which slows Python, not C) and print what each node spent per act."""
    sizes = job.sizes
    with job.room() as room:
        folders = (room / "profile-a", room / "profile-b")
        for folder in folders:
            folder.mkdir()
        with Pair(found(room), profiles=folders) as pair:
            for on in (True, False):
                for side in (pair.a, pair.b):
                    side.ask(Watch(on), Moment)
                if on:
                    pair.a.ask(Run(sizes.acts, sizes.window), Ran)
        for folder in folders:
            _print_profile(job, folder / "loop.prof", folder.name[-1].upper(), sizes.acts)


def _print_profile(job: Job, path: Path, title: str, acts: int) -> None:
    stats: Profiled = vars(pstats.Stats(str(path)))["stats"]
    spent = sum(own for place, (_, _, own, _, _) in stats.items() if place[2] not in WAITING)
    job.screen.print(f"\n{title}: {spent / acts * 1e6:.0f} microseconds an act: own, with what it calls, calls an act")
    busy = sorted(stats.items(), key=lambda each: -each[1][2])
    for (file, at, name), (_, calls, own, whole, _) in busy[:PROFILE_ROWS]:
        where = f"{Path(file).name}:{at} {name}" if at else name
        waits = "  (waiting)" if name in WAITING else ""
        job.screen.print(f"{own / acts * 1e6:8.2f} {whole / acts * 1e6:8.2f} {calls / acts:6.2f}  {where}{waits}")
