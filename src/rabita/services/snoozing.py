"""Putting off: what is owed stands back on this node's watch for a while, with a reason, and comes back by itself.

Rules kept here: it is of this node alone and changes nothing of what is owed or by when; every officer here sees it
with who put it off and why; what is FLASH, or rings, is never put off.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.engine.coded import Digest
from rabita.procedures.engine.say import ENGLISH
from rabita.services.case_views import DutyLine, duty_lines
from rabita.services.casebook import Casebook
from rabita.services.preferences import DeskStore
from rabita.services.reads import find_line

MINUTE_MS: Final = 60_000
MINUTES_MAX: Final = 720
REASON_CHARS_MAX: Final = 200
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Snooze(msgspec.Struct, frozen=True):
    """What is put off: a duty of a case, since the act of a ``reference``; by whom, why, until when (ms)."""

    id: str
    officer: str
    line: str
    case: str
    duty: str
    reference: str
    reason: str
    until_ms: int


class PutOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be put off: a duty as the watch shows it, why, for how many minutes."""

    line: Text
    case: Digest
    duty: Text
    reference: Text
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=REASON_CHARS_MAX)]
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_MAX)]


def duty_id(line: str, case: str, duty: str, reference: str) -> str:
    """Name a duty of a case since the act of a reference, so that the name says nothing of it."""
    return sha256(f"{line}\n{case}\n{duty}\n{reference}".encode()).hexdigest()


def snooze_id(duty: DutyLine) -> str:
    """Name what puts a duty off: there is one for each, whoever asks."""
    return duty_id(duty.line, duty.case, duty.duty, duty.reference)


def snooze(book: Casebook, store: DeskStore, officer: str, wanted: PutOff) -> Snooze:
    """Put a duty of ours off; raises ``UserFault``: ``duty-unknown``, ``snooze-urgent``, and as ``find_line``."""
    line, now_ms = find_line(book.store, wanted.line), book.clock.now_ms()
    rows = [each for each in book.index.duties(line, bytes.fromhex(wanted.case)) if each.by_us and not each.met_by]
    found = [each for each in duty_lines(book, rows, now_ms, ENGLISH) if _is_it(each, wanted)]
    if not found:
        raise UserFault("duty-unknown", wanted.duty)
    if is_urgent(found[0]):
        raise UserFault("snooze-urgent", wanted.reference)
    until_ms = now_ms + wanted.minutes * MINUTE_MS
    put_off = Snooze(
        *(snooze_id(found[0]), officer, line, wanted.case, wanted.duty, wanted.reference, wanted.reason, until_ms)
    )
    with store.transaction() as kept:
        for each in kept.of(Snooze):
            if each.until_ms <= now_ms:
                kept.drop(Snooze, each.id)
        kept.put(put_off)
    return put_off


def _is_it(duty: DutyLine, wanted: PutOff) -> bool:
    return (duty.duty, duty.reference) == (wanted.duty, wanted.reference)


def end_snooze(store: DeskStore, snooze_id_: str) -> None:
    """Take something up again before its time, whoever put it off; nothing where it is not put off."""
    with store.transaction() as rows:
        rows.drop(Snooze, snooze_id_)


def snoozed(store: DeskStore, now_ms: int) -> dict[str, Snooze]:
    """Give all that is put off at this time, by name."""
    with store.reading() as rows:
        return {each.id: each for each in rows.of(Snooze) if each.until_ms > now_ms}


def is_urgent(duty: DutyLine) -> bool:
    """Say whether a duty may never be put off."""
    return duty.rings or duty.lane is Lane.FLASH
