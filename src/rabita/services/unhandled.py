"""Marking again as not handled what this side has acknowledged: for the next watch, with a reason, on this node alone.

Rules kept here: an acknowledgement that was sealed stays with the other side and is not taken back by this; to take it
back there is an act of its own, its withdrawal. A mark says nothing to anyone else, makes nothing ring and changes
nothing of what is owed. It stands until an officer says that it is handled, and stands in every handover meanwhile.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane, reference
from rabita.services.casebook import Casebook, act_row
from rabita.services.preferences import DeskStore
from rabita.services.reads import find_line
from rabita.services.snoozing import REASON_CHARS_MAX, Text

MARKS_MAX: Final = 200
"""How many marks stand on a line at once: more of them are no list of a watch."""


class Unhandled(msgspec.Struct, frozen=True):
    """An act of the other side that we answered and that is not handled: who marked it, why and when (ms)."""

    id: str
    officer: str
    line: str
    case: str
    procedure: str
    lane: Lane
    reference: str
    reason: str
    at_ms: int


class NotHandled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be marked: an act by its reference (or digest), and why."""

    line: Text
    reference: Text
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_CHARS_MAX)]


def answered_by_us(book: Casebook, line: str, name: str) -> bool:
    """Say whether an act is one of theirs that an act of ours has answered, so that it is on no list any more.

    Raises as ``act_row``.
    """
    row = act_row(book, line, name)
    duties = book.index.duties(line, row.case) if row.case else ()
    return any(each.by_us and each.since == row.digest and each.met_by for each in duties)


def mark(book: Casebook, store: DeskStore, officer: str, wanted: NotHandled) -> Unhandled:
    """Mark an act as not handled, in place of an earlier mark on it.

    Raises ``UserFault``: ``unhandled-unanswered``, ``unhandled-many``, and as ``find_line`` and ``act_row``.
    """
    line = find_line(book.store, wanted.line)
    if not answered_by_us(book, line, wanted.reference):
        raise UserFault("unhandled-unanswered", wanted.reference)
    row = act_row(book, line, wanted.reference)
    name = reference(row.log, row.index)
    marked = Unhandled(
        mark_id(line, name),
        *(officer, line, row.case.hex(), row.procedure, row.log.lane, name, wanted.reason, book.clock.now_ms()),
    )
    with store.transaction() as rows:
        others = [each for each in rows.of(Unhandled) if each.line == line and each.id != marked.id]
        if len(others) >= MARKS_MAX:
            raise UserFault("unhandled-many", str(MARKS_MAX))
        rows.put(marked)
    return marked


def mark_id(line: str, name: str) -> str:
    """Name the mark on an act: there is one, whoever makes it."""
    return sha256(f"{line}\n{name}".encode()).hexdigest()


def handled(store: DeskStore, id_: str) -> None:
    """Take a mark off, whoever made it; nothing where there is none."""
    with store.transaction() as rows:
        rows.drop(Unhandled, id_)


def unhandled(store: DeskStore, line: str) -> tuple[Unhandled, ...]:
    """List the marks that stand on a line, the oldest first."""
    with store.reading() as rows:
        return tuple([each for each in rows.of(Unhandled) if each.line == line])
