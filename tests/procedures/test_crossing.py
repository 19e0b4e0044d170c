"""Crossing: open, restricted or closed, hours, reason and queue; both sides' status next to each other."""

from typing import Any, Final

import pytest

from rabita.procedures.crossing import CROSSING, SideBySide, side_by_side
from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.fold import Status as Standing
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import say_act
from tests.procedures.carrying import codes, found
from tests.procedures.ruling import NOW_MS
from tests.procedures.world import IRN, PAK, PARTIES, World

HOUR_MS: Final = 3_600_000
OPEN: Final[dict[str, Any]] = {"point": "mirjaveh-taftan", "status": "open", "since_ms": NOW_MS}
CLOSED: Final[dict[str, Any]] = {**OPEN, "status": "closed", "reason": "security"}
LIMITED: Final[dict[str, Any]] = {**OPEN, "status": "restricted", "reason": "capacity", "admitted": ["medical"]}


def announce(w: World, code: str = PAK, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    held = w.say(code, "crossing", "announce", fields={**OPEN, **fields})
    w.meet()
    return held


def shown(w: World, point: str = "mirjaveh-taftan", now_ms: int = NOW_MS) -> SideBySide:
    cases = [case for case in w.compute(w.all()).cases.values() if case.procedure == "crossing"]
    return side_by_side(cases, point, PARTIES, now_ms)


def window(start: int, end: int) -> dict[str, int]:
    return {"start_ms": NOW_MS + start * HOUR_MS, "end_ms": NOW_MS + end * HOUR_MS}


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({}, True),
        ({"hours": [window(0, 8), window(24, 32)], "queue": {"vehicles": 40, "waiting_minutes": 90}}, True),
        ({"status": "closed", "reason": "weather"}, True),
        ({"status": "closed"}, False),
        ({"status": "closed", "reason": "weather", "hours": [window(0, 8)]}, False),
        ({"status": "closed", "reason": "weather", "admitted": ["goods"]}, False),
        ({"status": "restricted", "reason": "capacity"}, False),
        ({"status": "restricted", "reason": "capacity", "hours": [window(0, 4)]}, True),
        ({"status": "restricted", "admitted": ["pedestrians"]}, False),
        ({"hours": [window(0, 8), window(8, 9)]}, False),
        ({"until_ms": NOW_MS - 1}, False),
        ({"status": "half-open"}, False),
    ],
)
def test_open_restricted_closed_hours_reason_queue(
    fields: dict[str, Any],
    valid: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """3-procedures, crossing: "status of a crossing point: open / restricted / closed, hours, reason, queue"."""
    w = World()
    held = announce(w, **fields)
    assert (w.of(held, held).status is Standing.EFFECTIVE) == valid


def test_it_reads_whole_from_its_coded_fields() -> None:
    """3-procedures, language at 03:00: every act renders completely from its coded fields."""
    w = World()
    held = announce(w, hours=[window(0, 8)], queue={"vehicles": 40, "waiting_minutes": 90})
    said = say_act(CROSSING, w.case(held), w.of(held, held))
    assert all(each in said for each in ("mirjaveh taftan", "open", "vehicles 40", "waiting minutes 90", "Hours"))


def test_both_sides_status_is_shown_side_by_side() -> None:
    """3-procedures, crossing: "both sides' status shown side by side"."""
    w = World()
    held = announce(w)
    one_sided = shown(w)
    assert (one_sided.halves[IRN], one_sided.passable, one_sided.differ) == (None, "", False)
    (due,) = obligations(CROSSING, w.charters[1], w.case(held))
    assert due.debtors == (IRN,)
    answer = w.say(IRN, "crossing", "state own", [held], CLOSED)
    assert codes(found(w, answer)) == []
    w.meet()
    for code in PARTIES:
        assert w.case(held, code).state == "stated by both"
    both = shown(w)
    assert both.halves[PAK] is not None
    assert both.halves[IRN] is not None
    assert (both.halves[PAK].status.status, both.halves[IRN].status.status) == ("open", "closed")
    assert (both.passable, both.differ) == ("closed", True)


def test_the_newest_word_of_each_side_counts_in_whichever_case_it_was_said() -> None:
    """3-procedures, crossing: "both sides' status shown side by side"."""
    w = World()
    held = announce(w)
    w.say(IRN, "crossing", "state own", [held], CLOSED)
    w.say(IRN, "crossing", "state own", [held], LIMITED)
    assert shown(w).passable == "restricted"
    theirs = announce(w, IRN)
    announce(w, IRN, point="rimdan-gabd", status="closed", reason="weather")
    assert shown(w).passable == "open"
    w.say(PAK, "crossing", "update", [held], LIMITED)
    assert (w.case(held).state, shown(w).passable) == ("announced", "restricted")
    w.say(IRN, "crossing", "close", [theirs], {"reason": "superseded"})
    half = shown(w).halves[IRN]
    assert half is not None
    assert half.status.status == "restricted"


def test_a_status_whose_time_has_passed_is_not_taken_for_the_present_one() -> None:
    """3-procedures: *expired* is each node's own view of the clock."""
    w = World()
    held = announce(w, until_ms=NOW_MS + HOUR_MS)
    w.say(IRN, "crossing", "state own", [held], OPEN)
    assert shown(w, now_ms=NOW_MS + HOUR_MS).passable == "open"
    later = shown(w, now_ms=NOW_MS + HOUR_MS + 1)
    assert later.halves[PAK] is not None
    assert (later.halves[PAK].is_past, later.passable) == (True, "")


def test_a_status_holds_until_a_time_ahead() -> None:
    """3-procedures, crossing: the status is of now or of later."""
    w = World()
    assert codes(found(w, announce(w, since_ms=0, until_ms=NOW_MS))) == ["date-past"]


def test_one_announcement_of_a_point_by_each_side_and_it_stays_of_that_point() -> None:
    """3-procedures, crossing: one status of a point by side, brought up to date."""
    w = World()
    held = announce(w)
    assert codes(found(w, held)) == []
    update = w.say(PAK, "crossing", "update", [held], {**OPEN, "point": "rimdan-gabd"})
    assert codes(found(w, update)) == ["crossing-point"]
    again = w.say(PAK, "crossing", "announce", fields=CLOSED)
    assert codes(found(w, again)) == ["crossing-announced"]
    assert codes(found(w, announce(w, IRN))) == []
    assert codes(found(w, announce(w, point="rimdan-gabd"))) == []
    ended = w.say(PAK, "crossing", "close", [held], {"reason": "no-longer-current"})
    assert codes(found(w, ended)) == []
    assert codes(found(w, again)) == []


def test_noted_without_a_status_of_ones_own() -> None:
    """3-procedures: announce → answer → close."""
    w = World()
    held = announce(w)
    w.say(IRN, "crossing", "acknowledge", [held])
    assert w.case(held).state == "acknowledged"
    void = announce(w, status="ajar", point="chedgi")
    assert shown(w, "chedgi").halves == {PAK: None, IRN: None}
    assert w.case(void).state == ""
