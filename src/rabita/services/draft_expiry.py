"""Drafts that hold personal data end when these have been kept as long as they may be, and their words are wiped.

Rules kept here: each version is kept until the time it states itself, at the latest for as many days from when it was
saved as its markings or the charter keep anything. A time that had passed when it was written is a slip, which rules
find, and shortens nothing. With its newest version a draft ends; of an older one the words alone go, and
what was said about it. A draft whose act is being sealed is left until that is over.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from rabita.line.charter import Charter
from rabita.line.errors import UserFault
from rabita.procedures.marking import Marking
from rabita.services.draft_facts import DAY_MS, holds_personal_data, markings_of
from rabita.services.draft_room import Room
from rabita.services.drafts import (
    ENDED,
    MOVES,
    OPEN,
    Did,
    Draft,
    DraftRows,
    Said,
    Step,
    Version,
    moved,
    note_step,
    read_said,
    without_words,
)

SCANNED: Final = 200
"""How many drafts are looked through at a time."""


def kept_until_ms(charter: Charter, said: Said, saved_ms: int) -> int | None:
    """Say until when what a draft said may be kept (ms since 1970 UTC), None where there are no personal data in it."""
    markings, personal = _readable(charter, said), said.personal_data
    if not holds_personal_data(said, markings):
        return None
    marked = [each.retention_days for marking in markings for each in marking.personal]
    latest_ms = saved_ms + min([charter.retention_days, *marked]) * DAY_MS
    stated_ms = personal.retention_until_ms if personal else 0
    return min(latest_ms, stated_ms) if stated_ms > saved_ms else latest_ms


def expire(room: Room) -> tuple[Draft, ...]:
    """Wipe what has been kept as long as it may be; gives the drafts that lost words, as they stand now."""
    with room.store.reading() as rows:
        due = [each.id for each in _open(rows) if _over(room, rows, each)]
    return tuple([found for each in due if (found := _expired(room, each)) is not None])


def _readable(charter: Charter, said: Said) -> tuple[Marking, ...]:
    """Read the markings; none where the charter was amended since and knows them no more."""
    try:
        return markings_of(charter, said)
    except UserFault:
        return ()


def _open(rows: DraftRows) -> Iterator[Draft]:
    for state in OPEN:
        before = 0
        while found := rows.drafts("", state, before, SCANNED):
            yield from found
            before = found[-1].number


def _over(room: Room, rows: DraftRows, draft: Draft) -> list[Version]:
    """List the versions whose time is over."""
    charter, now_ms = room.book.charter(draft.line), room.book.clock.now_ms()
    until = [(each, kept_until_ms(charter, read_said(each.said), each.saved_ms)) for each in rows.of(Version, draft.id)]
    return [each for each, until_ms in until if until_ms is not None and until_ms <= now_ms]


def _expired(room: Room, draft_id: str) -> Draft | None:
    """Wipe what is over of one draft; None where it ended meanwhile or is being sealed."""
    with room.store.transaction() as rows:
        try:
            draft = room.still(rows, draft_id)
        except UserFault:
            return None
        if draft.state in ENDED:
            return None
        over = {each.number: each for each in _over(room, rows, draft)}
        if draft.version in over:
            draft = note_step(rows, moved(draft, MOVES[Did.EXPIRE], room.book.clock.now_ms()), Did.EXPIRE, "")
            without_words(rows, draft)
            return draft
        for each in over.values():
            rows.put(msgspec.structs.replace(each, said=b""))
        for step in [each for each in rows.of(Step, draft.id) if each.version in over]:
            rows.put(msgspec.structs.replace(step, comment=""))
        return draft
