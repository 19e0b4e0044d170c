"""What lists, searches and duties cost as a transcript grows: each read at the sizes planned, its p95 beside the first.

Every read is asked a few hundred times, with other words, filters and places in the list each time, on one thread.
Times are of the call a page or a route would make, from question to rows ready to be shown. What is asked for is filled
as well at the first size as at the last, for a page cut short is no measure of a whole one.
"""

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from bench.figures import Figure, middle, quantile
from bench.founding import CODES
from bench.grown import Ground
from bench.plan import Job
from bench.reads_data import BATCH, DAY_MS, POSTS, START_MS, TURN_MS, Transcript
from rabita.services.case_reads import Cases, Traffic, case, case_list, traffic
from rabita.services.casebook import Casebook, Page
from rabita.services.duties_read import owed, ringing
from rabita.services.registers import commitments, incidents, notices
from rabita.services.searching import Search, search

BAR_MS: Final = 50
RATIO_BAR: Final = 1.5
SHARE: Final = 0.95
ROUNDS: Final = 3
"""Rounds of all reads, one after the other: what else the machine did for some seconds spoils one of them."""
Asked = Callable[[], object]


class Reader:
    """Asks every read, each time about something else."""

    def __init__(self, book: Casebook, transcript: Transcript) -> None:
        self._book = book
        self._transcript = transcript
        self._random = Random(7)

    def reads(self) -> dict[str, Asked]:
        """Name the reads and give what asks each once."""
        book, random = self._book, self._random
        return {
            "traffic": lambda: traffic(book, Traffic(), self._place()),
            "traffic, filtered": lambda: traffic(book, self._filter(), self._late_place()),
            "traffic, unacknowledged": lambda: traffic(book, Traffic(unacknowledged=True)),
            "traffic, by state": lambda: traffic(book, Traffic(procedure="message", state="sent")),
            "cases": lambda: case_list(book, Cases(), cursor=self._place()),
            "cases, by procedure and state": lambda: case_list(book, random.choice(STATES), cursor=self._late_place()),
            "cases, open": lambda: case_list(book, Cases(open_only=True), cursor=self._place()),
            "one case": self._one_case,
            "owed by us": lambda: owed(book, by="us", cursor=self._deadline()),
            "owed to us": lambda: owed(book, by="them", cursor=self._deadline()),
            "ringing": lambda: ringing(book),
            "search, one word": lambda: search(book, Search(self._word())),
            "search, two words": lambda: search(book, Search(f"{self._word()} {self._word()}")),
            "search, beginning of a word": lambda: search(book, Search(self._word()[:4])),
            "search, filtered": lambda: search(book, Search(self._word(), procedure="rfi")),
            "search, a reference": lambda: search(book, Search(self._reference())),
            "notices in a month": self._notices,
            "commitments": lambda: commitments(book),
            "incidents": lambda: incidents(book),
        }

    def _place(self) -> str:
        return str(self._random.randint(1, self._transcript.entries))

    def _late_place(self) -> str:
        return str(self._random.randint(self._transcript.entries // 2, self._transcript.entries))

    def _filter(self) -> Traffic:
        post, party = self._random.choice(POSTS), self._random.choice(CODES)
        return Traffic(procedure="message", lane="ROUTINE", party=party, post=post)

    def _word(self) -> str:
        return self._transcript.vocabulary.one()

    def _reference(self) -> str:
        return f"{CODES[0]}-R-{self._random.randint(1, max(1, self._transcript.entries // 3)):04d}"

    def _one_case(self) -> object:
        (row, *_) = self._book.index.cases(self._line, "message", "", int(self._place()) + 1, 1) or (None,)
        return case(self._book, self._line, row.id.hex()) if row is not None else None

    @property
    def _line(self) -> str:
        return self._book.store.lines()[0].line

    def _deadline(self) -> str:
        return f"{START_MS + self._random.randint(0, 1 + self._transcript.entries // BATCH) * TURN_MS // 2}.0"

    def _notices(self) -> Page[object]:
        from_ms = START_MS + self._random.randint(0, 90) * DAY_MS
        return notices(self._book, from_ms=from_ms, until_ms=from_ms + 30 * DAY_MS)  # type: ignore[return-value] # - rows


STATES: Final = (
    Cases("message", "sent"),
    Cases("message", "acknowledged"),
    Cases("rfi", "accepted"),
    Cases("line test", "answered"),
)


def reads(job: Job, ground: Ground) -> Iterator[tuple[str, Figure]]:
    """Ask each read so many times in each round; the middle of its p95s stands beside that at the first size."""
    size, home = ground.size, ground.founded.homes[0]
    yield f"indexed_{size}", Figure(what=f"entries indexed, to {size:,}", value=ground.indexed_per_s, unit="/s")
    asked = Reader(ground.book, ground.transcript).reads()
    rounds = [{name: _took_ms(ask, job.sizes.read_samples) for name, ask in asked.items()} for _ in range(ROUNDS)]
    for name in asked:
        p95 = middle([quantile(each[name], SHARE) for each in rounds])
        took_ms = [ms for each in rounds for ms in each[name]]
        beside = ground.first.setdefault(name, p95)
        bar = f"under {BAR_MS} ms, at most {RATIO_BAR}" if beside != p95 else f"under {BAR_MS} ms"
        yield (
            f"{name}_{size}",
            Figure(
                what=f"{name}, {size:,} (median {middle(took_ms):.2g} ms)",
                value=p95,
                unit="ms p95",
                against="at the first size",
                beside=beside,
                bar=bar,
            ),
        )
    index, store = [path.stat().st_size / 1024 / size for path in (home.index, home.database)]
    yield (
        "index_size",
        Figure(what="the index on disk, an entry", value=index, unit="KiB", against="the store", beside=store),
    )


def _took_ms(ask: Asked, count: int) -> list[float]:
    """Ask so many times, and give the times but for the first tenth, in which the read warms up."""
    return [_timed(ask) for _ in range(count)][count // 10 :]


def _timed(ask: Asked) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1_000
