"""What rings: what must be heard until it is answered, and nothing else; what is urgent is never put off."""

from pathlib import Path

import pytest

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.alarm import ACKNOWLEDGE, alarming, alarms, answer_of
from rabita.services.case_reads import SCANNED_MAX
from rabita.services.duties_read import RINGING_MAX, owed
from rabita.services.snoozing import PutOff, end_snooze, snooze, snooze_id, snoozed
from rabita.store.desk_sqlite import SqliteDesk
from tests.procedures.sampling import least
from tests.procedures.world import IRN, PAK
from tests.services.desk import Desk
from tests.services.transcribed import LINE

MINUTE_MS = 60_000
STOP = CATALOGUE.procedures["stop request"]


def test_a_flash_rings_until_it_is_acknowledged_and_ours_never() -> None:
    desk = Desk()
    flash = desk.say(IRN, "message", "send", portions=desk.world.words("Stop."), lane=Lane.FLASH)
    desk.say(IRN, "message", "send", portions=desk.world.words("When convenient."))
    desk.say(PAK, "message", "send", portions=desk.world.words("And you."), lane=Lane.FLASH)
    assert [(each.lane, each.duty) for each in alarms(desk.book)] == [(Lane.FLASH, "handle")]
    desk.say(PAK, "message", "acknowledge", [flash], lane=Lane.FLASH)
    assert alarms(desk.book, LINE) == ()


def test_an_old_flash_rings_however_much_that_is_newer_waits() -> None:
    desk = Desk()
    desk.say(IRN, "message", "send", portions=desk.world.words("Stop."), lane=Lane.FLASH)
    portions = desk.world.words("When convenient.")
    for _ in range(SCANNED_MAX + 1):
        desk.world.say(IRN, "message", "send", portions=portions)
    desk.meet()
    assert [(each.lane, each.duty) for each in alarms(desk.book)] == [(Lane.FLASH, "handle")]


def test_a_flash_rings_however_many_others_were_acknowledged_and_wait_for_a_reply() -> None:
    desk = Desk()
    reply_by_ms = desk.clock.at_ms + 3_600_000
    for _ in range(RINGING_MAX):
        said = desk.world.say(
            IRN, "message", "send", portions=desk.world.words("Reply."), lane=Lane.FLASH, reply_by_ms=reply_by_ms
        )
        desk.world.deliver(PAK)
        desk.world.say(PAK, "message", "acknowledge", [said], lane=Lane.FLASH)
    desk.meet()
    assert alarms(desk.book) == ()
    desk.say(IRN, "message", "send", portions=desk.world.words("Stop."), lane=Lane.FLASH)
    assert [(each.lane, each.duty) for each in alarms(desk.book)] == [(Lane.FLASH, "handle")]


def test_what_rings_is_named_without_a_look_at_what_it_says_oldest_first() -> None:
    desk = Desk()
    for at in range(3):
        desk.say(IRN, "message", "send", portions=desk.world.words(f"Stop {at}."), lane=Lane.FLASH)
    found = alarming(desk.book)
    assert [each.since.seq for each in found] == sorted([each.since.seq for each in found])
    assert [each.id for each in found] == [snooze_id(each) for each in alarms(desk.book, LINE)]
    assert len({each.id for each in found}) == len(found) == 3


def test_a_stop_request_rings_until_it_is_answered() -> None:
    desk = Desk()
    stop = desk.say(IRN, "stop request", "stop", fields=least(STOP.rules["stop"]), lane=Lane.FLASH)
    (ring,) = alarms(desk.book)
    assert (ring.procedure, ring.duty, ring.rings) == ("stop request", "answer", True)
    assert answer_of(STOP, ring.duty) == ""
    desk.say(PAK, "stop request", "will comply", [stop], least(STOP.rules["will comply"]), Lane.FLASH)
    assert alarms(desk.book) == ()


def test_every_duty_is_answered_by_one_act_of_its_own_or_by_a_choice() -> None:
    found = {
        (procedure.name, duty.name): answer_of(procedure, duty.name)
        for procedure in CATALOGUE.procedures.values()
        for duty in procedure.duties
    }
    assert found["message", "handle"] == ACKNOWLEDGE
    assert all(act in ("", *CATALOGUE.procedures[name].rules) for (name, _), act in found.items())
    assert answer_of(STOP, "no such duty") == ""


def test_what_is_put_off_comes_back_by_itself_and_urgent_things_stay(tmp_path: Path) -> None:
    desk, store = Desk(), SqliteDesk(tmp_path / "desk.db")
    desk.say(IRN, "message", "send", portions=desk.world.words("When convenient."))
    desk.say(IRN, "message", "send", portions=desk.world.words("Now."), lane=Lane.FLASH)
    rows = {each.lane: each for each in owed(desk.book, LINE).rows}
    said = {
        lane: PutOff(LINE, each.case, each.duty, each.reference, "They are on the telephone.", 15)
        for lane, each in rows.items()
    }
    put_off = snooze(desk.book, store, "officer", said[Lane.ROUTINE])
    assert snoozed(store, desk.clock.at_ms) == {put_off.id: put_off}
    assert snooze(desk.book, store, "another", said[Lane.ROUTINE]).id == put_off.id
    with pytest.raises(UserFault, match="snooze-urgent"):
        snooze(desk.book, store, "officer", said[Lane.FLASH])
    assert snoozed(store, desk.clock.at_ms + 15 * MINUTE_MS) == {}
    end_snooze(store, put_off.id)
    assert snoozed(store, desk.clock.at_ms) == {}
    store.close()
