"""What we owe and what is owed to us, as it looks now: from receipt to receipt, never by a claimed time."""

from typing import Final, Literal, TypeAlias

from rabita.procedures.engine.say import ENGLISH, Reader
from rabita.services.case_views import DutyLine, duty_lines
from rabita.services.casebook import Casebook, Page, bounded, page, read_cursor
from rabita.services.reads import find_line

RINGING_MAX: Final = 200
"""Ringing duties shown at once; more of them are one emergency."""
OWING_MAX: Final = 10_000
"""How far open duties are counted: beyond, what matters is that there are too many."""
Side: TypeAlias = Literal["us", "them"]


def owed(
    book: Casebook,
    line: str = "",
    by: Side = "us",
    cursor: str = "",
    count: int = 50,
    reader: Reader = ENGLISH,
) -> Page[DutyLine]:
    """List the open duties of a side, the earliest deadline first, those without one last.

    Raises ``UserFault``: ``cursor-malformed``, and as ``find_line``.
    """
    count = bounded(count)
    due_ms, number = read_cursor(cursor, 2)
    name = find_line(book.store, line)
    found = book.index.owed(name, by_us=by == "us", after=(due_ms, number), count=count + 1)
    shown = duty_lines(book, [row for _, row in found[:count]], book.clock.now_ms(), reader)
    return page(shown, count, [(place, row.id) for place, row in found[:count]], more=len(found) > count)


def owing(book: Casebook, line: str = "", by: Side = "us") -> int:
    """Count the open duties of a side, no further than ``OWING_MAX``; raises as ``find_line``."""
    return book.index.owing(find_line(book.store, line), by_us=by == "us", most=OWING_MAX)


def ringing(book: Casebook, line: str = "", reader: Reader = ENGLISH) -> tuple[DutyLine, ...]:
    """List what rings until it is answered, the oldest first; raises as ``find_line``."""
    found = book.index.ringing(find_line(book.store, line), RINGING_MAX)
    return tuple(duty_lines(book, found, book.clock.now_ms(), reader))
