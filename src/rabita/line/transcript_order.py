"""An author's own order, followed across lanes that the file gives one after another.

Within a lane most entries follow one another; only where a run of consecutive numbers begins and ends is anything
kept, so the order of a million entries costs as much memory as the author changed lanes.
"""

from collections.abc import Callable, Sequence

from rabita.line.entry import FIRST_PREV, Stamp
from rabita.line.ids import LANES, LogId, reference
from rabita.line.transcript_report import Finding, Report
from rabita.line.transcript_skim import Stamps


class Run:
    """Entries of one log whose numbers follow one another with the same ``seen``.

    ``first`` is the first one's stamp, ``n`` the last one's number and ``leaf`` its leaf hash.
    """

    __slots__ = ("first", "index", "leaf", "log", "n")

    def __init__(self, log: LogId, index: int, stamp: Stamp, leaf: bytes) -> None:
        """Begin with one entry."""
        self.log, self.index, self.first, self.n, self.leaf = log, index, stamp, stamp.n, leaf

    @property
    def where(self) -> str:
        """The telephone reference of its first entry, and its number."""
        return f"{reference(self.log, self.index)} n={self.first.n}"


class Follower:
    """Follows the entries of one log and keeps its runs."""

    __slots__ = ("_log", "_run", "_stamps", "runs")

    def __init__(self, line: str, log: LogId) -> None:
        """Begin a log of *line*."""
        self._log, self._stamps = log, Stamps(line, log)
        self._run: Run | None = None
        self.runs: list[Run] = []

    def follow(self, first: int, leaves: Sequence[bytes], stamps: Sequence[bytes]) -> dict[int, str]:
        """Take a batch in, its entries from index *first*, by their stamps.

        Gives the code of what is wrong by the index of each entry whose stamp something is wrong with.
        """
        faults: dict[int, str] = {}
        place, count = 0, len(stamps)
        while place < count:
            run = self._run
            if run is not None:
                fits = self._stamps.following(stamps[place:], run.n + 1, [run.leaf, *leaves[place:-1]])
                place += fits
                run.n += fits
                run.leaf = leaves[place - 1] if fits else run.leaf
            if place < count:
                fault = self._begin(first + place, leaves[place], stamps[place])
                faults |= {first + place: fault} if fault else {}
                place += 1
        return faults

    def _begin(self, index: int, leaf: bytes, raw: bytes) -> str:
        """Begin a run with one entry; gives the code of what is wrong with its stamp, if anything is."""
        stamp, fault = self._stamps.read(raw)
        self._run = None
        if stamp is not None:
            self._run = Run(self._log, index, stamp, leaf)
            self.runs.append(self._run)
        return fault


def judge(runs: list[Run], report: Report, name: str, peer: str, held: Callable[[LogId], int]) -> None:
    """Join an author's runs of one epoch, over all its lanes, and report what does not fit.

    One number twice, a ``prev`` that names another entry or a ``seen`` that falls are contradictions. Numbers that are
    in no log of the file are counted as missing; what the author says it held of the counterpart's logs beyond what
    the file has is named: neither need be the exporter's fault.
    """
    n, prev, before = 0, FIRST_PREV, None
    for run in sorted(runs, key=lambda each: each.first.n):
        first = run.first
        if first.n > n + 1:
            report.missing[name] = report.missing.get(name, 0) + first.n - n - 1
        elif first.n <= n or first.prev != prev or not rises(before, first):
            report.contradictions.append(Finding("order-contradicted", run.where))
        n, prev, before = max(run.n, n), run.leaf.hex(), first
        for lane, size in zip(LANES, first.seen, strict=True):
            log = LogId(peer, first.seen_epoch, lane)
            if size > held(log):
                report.unseen[log] = max(size, report.unseen.get(log, 0))


def rises(before: Stamp | None, after: Stamp) -> bool:
    """Say whether ``seen`` did not fall: a later epoch, or no size smaller within the same one."""
    if before is None or after.seen_epoch != before.seen_epoch:
        return before is None or after.seen_epoch > before.seen_epoch
    return all(old <= new for old, new in zip(before.seen, after.seen, strict=True))
