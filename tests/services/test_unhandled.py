"""Marked again as not handled: only what was answered, one mark for each act, in every handover until it is handled."""

from pathlib import Path

import pytest

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.services.unhandled import MARKS_MAX, NotHandled, Unhandled, handled, mark, unhandled
from rabita.services.watch import draft_handover
from rabita.store.desk_sqlite import SqliteDesk
from tests.procedures.world import IRN, PAK
from tests.services.desk import Desk
from tests.services.transcribed import LINE

WHY = "The brigade has not been told yet."


def test_what_was_answered_is_marked_until_somebody_says_that_it_is_handled(tmp_path: Path) -> None:
    desk, store = Desk(), SqliteDesk(tmp_path / "desk.db")
    sent = desk.say(IRN, "message", "send", portions=desk.world.words("Fire at post 12."), lane=Lane.FLASH)
    wanted = NotHandled(LINE, sent.digest, WHY)
    with pytest.raises(UserFault, match="unhandled-unanswered"):
        mark(desk.book, store, "one", wanted)
    desk.say(PAK, "message", "acknowledge", [sent], lane=Lane.FLASH)
    first = mark(desk.book, store, "one", wanted)
    assert (first.officer, first.reason, first.lane, first.procedure) == ("one", WHY, Lane.FLASH, "message")
    assert first.at_ms == desk.clock.at_ms
    again = mark(desk.book, store, "two", NotHandled(LINE, first.reference, "Nor the division."))
    assert again.id == first.id
    assert unhandled(store, LINE) == (again,)
    assert unhandled(store, "another line") == ()
    assert draft_handover(desk.book, LINE, "day", "night", desk=store).unhandled == (again,)
    assert draft_handover(desk.book, LINE, "day", "night").unhandled == ()
    handled(store, first.id)
    handled(store, first.id)
    assert unhandled(store, LINE) == ()
    store.close()


def test_what_we_said_ourselves_and_what_nobody_said_is_not_marked(tmp_path: Path) -> None:
    desk, store = Desk(), SqliteDesk(tmp_path / "desk.db")
    ours = desk.say(PAK, "message", "send", portions=desk.world.words("We pass at 06:00Z."))
    desk.say(IRN, "message", "acknowledge", [ours])
    for name, code in ((ours.digest, "unhandled-unanswered"), ("0" * 64, "basis-unknown"), ("what", "reference-")):
        with pytest.raises(UserFault, match=code):
            mark(desk.book, store, "one", NotHandled(LINE, name, WHY))
    store.close()


def test_a_line_has_so_many_marks_and_no_more(tmp_path: Path) -> None:
    desk, store = Desk(), SqliteDesk(tmp_path / "desk.db")
    sent = desk.say(IRN, "message", "send", portions=desk.world.words("One of many."))
    desk.say(PAK, "message", "acknowledge", [sent])
    with store.transaction() as rows:
        for number in range(MARKS_MAX):
            rows.put(Unhandled(str(number), "one", LINE, "", "message", Lane.ROUTINE, str(number), WHY, number))
    with pytest.raises(UserFault, match="unhandled-many"):
        mark(desk.book, store, "one", NotHandled(LINE, sent.digest, WHY))
    handled(store, "0")
    assert mark(desk.book, store, "one", NotHandled(LINE, sent.digest, WHY)).reason == WHY
    store.close()
