"""Hazard notices, clause by clause (3-procedures, hazard notice; research, Hazardous incident; 1-mechanism)."""

from functools import cache
from typing import Any, Final

import msgspec
import pytest

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.engine.check import check, flags
from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.duties import obligations, ringing
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.hazard_notice import HAZARD_NOTICE, Hazard, told
from rabita.procedures.notice import NOTICE
from rabita.procedures.territory_edition import Edition
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import IRN, PAK, World

KNOWN_MS: Final = 1_705_500_000_000
HOUR_MS: Final = 3_600_000
FIELDS: Final[dict[str, Any]] = {
    "what": "stray-missile",
    "where": place(2.5, 1, 2.6, 1.1),
    "when": {"start_ms": KNOWN_MS - 60_000, "end_ms": KNOWN_MS},
    "known_ms": KNOWN_MS,
    "danger": "persons",
    "action": ["search"],
    "contact": "pak-ops-quetta",
}


@cache
def edition() -> Edition:
    return soil()


def world() -> World:
    w = World()
    w.charters[1] = charter_of(edition(), deadlines_s={"hazard-notice": 3600})
    return w


def warn(w: World, lane: Lane = Lane.FLASH, **changes: Any) -> Held:  # noqa: ANN401 - a coded field
    opening = w.say(PAK, "hazard notice", "warn", fields={**FIELDS, **changes}, lane=lane)
    w.meet()
    return opening


def say(w: World, author: str, act: str, opening: Held, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    said = w.say(author, "hazard notice", act, [opening], fields)
    w.meet()
    return said


@pytest.mark.parametrize("lacking", ["what", "where", "when", "danger", "action", "known_ms", "contact"])
def test_what_where_when_hazard_and_corrective_action_are_mandatory(lacking: str) -> None:
    """3-procedures: what, where, when, hazard to the other side, corrective action."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({name: value for name, value in FIELDS.items() if name != lacking}, Hazard)


def test_warned_acknowledged_brought_up_to_date_and_closed() -> None:
    w = world()
    opening = warn(w)
    for author, act, fields, state in (
        (IRN, "acknowledge", {"action": ["area-cleared"]}, "acknowledged"),
        (PAK, "update", {**FIELDS, "action": ["disposal"], "inquiry_offered": True}, "warned"),
        (IRN, "acknowledge", {}, "acknowledged"),
        (PAK, "close", {}, "closed"),
    ):
        said = say(w, author, act, opening, **fields)
        assert w.of(said, opening).status is Status.EFFECTIVE
        assert w.case(opening).state == state


@pytest.mark.parametrize(
    ("after_ms", "expected"), [(0, []), (HOUR_MS, []), (HOUR_MS + 1, ["hazard-late"]), (-1, ["hazard-known"])]
)
def test_due_within_one_hour_of_knowing(after_ms: int, expected: list[str]) -> None:
    """3-procedures: its own clock, due within 1 h of knowing. A late one is flagged, never refused."""
    w = world()
    found = ruled(w, warn(w), KNOWN_MS + after_ms, edition=edition())
    assert (refused(found), flagged(found)) == ([], expected)


def test_how_soon_the_other_side_was_told_is_shown() -> None:
    """From knowing to its first receipt; two days late is two days late."""
    w = world()
    opening = warn(w)
    due_ms = KNOWN_MS + HOUR_MS
    for told_ms, now_ms, late in (
        (0, due_ms, False),
        (0, due_ms + 1, True),
        (due_ms, due_ms + 99, False),
        (KNOWN_MS + 48 * HOUR_MS, due_ms + 99 * HOUR_MS, True),
    ):
        seen = told(w.case(opening), w.charters[1], {opening.digest: told_ms}, now_ms)
        assert seen is not None
        assert (seen.known_ms, seen.due_ms, seen.told_ms, seen.late) == (KNOWN_MS, due_ms, told_ms, late)
    w.charters[1] = charter_of(edition(), deadlines_s={})
    seen = told(w.case(opening), w.charters[1], {}, due_ms * 2)
    assert seen is not None
    assert (seen.due_ms, seen.late) == (0, False)
    assert told(w.case(warn(w, what="nothing")), w.charters[1], {}, 0) is None


def test_a_correction_of_when_it_was_known_keeps_history_and_updates_have_no_clock() -> None:
    w = world()
    opening = warn(w)
    earlier_ms = KNOWN_MS - 5 * HOUR_MS
    corrected = say(w, PAK, CORRECT, opening, reason="error", fields={**FIELDS, "known_ms": earlier_ms})
    seen = told(w.case(opening), w.charters[1], {}, KNOWN_MS)
    assert seen is not None
    assert (seen.known_ms, seen.late) == (earlier_ms, True)
    first = w.case(opening).acts[0].fields
    assert isinstance(first, Hazard)
    assert first.known_ms == KNOWN_MS
    for later in (corrected, say(w, PAK, "update", opening, **FIELDS)):
        assert ruled(w, later, KNOWN_MS + 9 * HOUR_MS, edition=edition()) == ()
    assert ruled(w, say(w, IRN, "acknowledge", opening), KNOWN_MS + 9 * HOUR_MS) == ()


def test_it_cannot_be_suspended() -> None:
    """3-procedures, suspension: not suspendable are stop requests, hazard notices, clarifications, line tests."""
    w = world()
    check(HAZARD_NOTICE, w.charters[1], None, warn(w).act, suspended=True)
    with pytest.raises(UserFault, match="procedure-suspended"):
        check(NOTICE, w.charters[1], None, w.say(PAK, "notice", "announce").act, suspended=True)


def test_it_rings_until_it_is_acknowledged() -> None:
    w = world()
    opening = warn(w)
    dues = obligations(HAZARD_NOTICE, w.charters[1], w.case(opening))
    assert [(each.duty, each.debtors, each.allowed_ms) for each in ringing(dues)] == [("answer", (IRN,), 600_000)]
    say(w, IRN, "acknowledge", opening)
    assert ringing(obligations(HAZARD_NOTICE, w.charters[1], w.case(opening))) == []


def test_a_warning_never_travels_as_routine() -> None:
    w = world()
    for lane, codes in ((Lane.ROUTINE, ["precedence-not-allowed"]), (Lane.PRIORITY, [])):
        act = warn(w, lane).act
        assert [each.code for each in flags(HAZARD_NOTICE, w.charters[1], act)] == codes


def test_a_warning_is_not_held_up_by_its_map() -> None:
    """A place that is too fine, or on another edition, is flagged and sent all the same."""
    w = world()
    for where, code in (
        (place(2.5, 1, 2.52, 1.02), "place-fine"),
        ({**place(2.5, 1, 2.6, 1.1), "edition": "0" * 64}, "edition-foreign"),
    ):
        found = ruled(w, warn(w, where=where), KNOWN_MS, edition=edition())
        assert (refused(found), flagged(found)) == ([], [code])
