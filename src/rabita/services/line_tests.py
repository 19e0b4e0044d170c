"""Line tests read off the cases: what ours say of the line, and which of the other side's still want an answer."""

from typing import Final, NamedTuple

from rabita.line.ids import Lane
from rabita.procedures.line_test import LINE_TEST, LineReport, Tried, line_state, tried
from rabita.services.casebook import Casebook, all_folded, suspended
from rabita.services.reads import find_line

TESTS_LOOKED_AT: Final = 60
"""Newest tests of both sides that are looked at: two and a half days of hourly ones by one side."""
TEST_LANE: Final = Lane.IMMEDIATE
"""The lane of automatic tests: an answer is due well before the next hourly one, so that two misses show within two."""
AUTOMATIC: Final = "test automatically"
ASKED: Final = "asked automatically"


class Tests(NamedTuple):
    """Our newest tests, what they say of the line, and the other side's automatic ones that nobody answered."""

    report: LineReport
    ours: tuple[Tried, ...]
    asked: tuple[str, ...]
    last_automatic_ms: int


def line_tests(book: Casebook, line: str = "") -> Tests:
    """Read the newest tests of a line; raises as ``find_line``."""
    name = find_line(book.store, line)
    us, now_ms = book.record(name).us, book.clock.now_ms()
    ours: list[Tried] = []
    asked: list[str] = []
    for folded in all_folded(book, name, book.index.cases(name, LINE_TEST.name, "", 0, TESTS_LOOKED_AT)):
        row = folded.row
        opening = folded.acts[row.id.hex()]
        if row.opener == us:
            ours.append(tried(folded.case, opening.held_ms, folded.receipts))
        elif row.state == ASKED:
            asked.append(row.id.hex())
    charter = book.charter(name)
    allowed_s = charter.terms(TEST_LANE).handling_time_s
    stopped = suspended(book, name, LINE_TEST.name)
    report = line_state(charter.line_test, ours, allowed_s, now_ms, suspended=stopped)
    last_ms = max([each.sent_ms for each in ours if each.automatic], default=0)
    return Tests(report, tuple(ours), tuple(asked[::-1]), last_ms)
