"""Line test: who answers, what a miss is, and fault, silence and refusal told apart."""

from typing import Any

import pytest

from rabita.line.charter import LineTest
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.line_test import LINE_TEST, LineState, Outcome, Tried, line_state, outcome, tried
from tests.procedures.world import IRN, PAK, SERVICE_ONLY, World, charter

HOUR_MS = 3_600_000
ALLOWED_S = 600
ALLOWED_MS = 600_000
CADENCE = LineTest(3_600, 2)
NOW_MS = 100 * HOUR_MS


def automatic(hours_ago: float, **changes: Any) -> Tried:  # noqa: ANN401 - a field of a test
    sent_ms = NOW_MS - int(hours_ago * HOUR_MS)
    return Tried(automatic=True, sent_ms=sent_ms, receipted_ms=sent_ms, answered_ms=sent_ms + 1, refused="")._replace(
        **changes
    )


def test_an_automatic_test_and_its_answer_carry_a_service_approval() -> None:
    world = World()
    test = world.say(PAK, "line test", "test automatically", approvals=SERVICE_ONLY)
    world.meet()
    world.say(IRN, "line test", "answer automatically", [test], approvals=SERVICE_ONLY)
    assert world.case(test).state == "answered"


def test_a_person_s_test_is_answered_by_a_person() -> None:
    """3-procedures: twice daily by a person; the other automatic."""
    world = World()
    test = world.say(PAK, "line test", "test")
    unmanned = world.say(PAK, "line test", "test", approvals=SERVICE_ONLY)
    world.meet()
    machine = world.say(IRN, "line test", "answer automatically", [test], approvals=SERVICE_ONLY)
    dressed = world.say(IRN, "line test", "answer", [test], approvals=SERVICE_ONLY)
    assert world.of(unmanned, unmanned).status is Status.UNVERIFIED
    assert (world.of(machine, test).status, world.of(machine, test).because) == (Status.VOID, "wrong-state")
    assert world.of(dressed, test).status is Status.UNVERIFIED
    world.say(IRN, "line test", "answer", [test], {"garbled": True})
    assert world.case(test).state == "answered"


def test_the_answering_side_can_decline_with_reason() -> None:
    world = World()
    test = world.say(PAK, "line test", "test")
    world.meet()
    world.say(IRN, "line test", "decline", [test], {"reason": "policy"})
    assert world.case(test).state == "declined"
    read = tried(world.case(test), 5, {test.digest: 7, world.case(test).acts[1].held.digest: 9})
    assert read == Tried(automatic=False, sent_ms=5, receipted_ms=7, answered_ms=9, refused="policy")


def test_a_test_is_read_as_its_sender_sees_it() -> None:
    world = World()
    test = world.say(PAK, "line test", "test automatically", approvals=SERVICE_ONLY)
    world.meet()
    assert tried(world.case(test), 5, {}) == Tried(automatic=True, sent_ms=5, receipted_ms=0, answered_ms=0, refused="")
    answer = world.say(IRN, "line test", "answer automatically", [test], approvals=SERVICE_ONLY)
    assert tried(world.case(test), 5, {test.digest: 6, answer.digest: 8}) == Tried(
        automatic=True, sent_ms=5, receipted_ms=6, answered_ms=8, refused=""
    )


def test_an_answer_is_owed_within_the_handling_time_and_a_test_cannot_be_suspended() -> None:
    world = World()
    test = world.say(PAK, "line test", "test")
    world.meet()
    [answer] = obligations(LINE_TEST, charter(), world.case(test))
    assert owed(answer, {test.digest: 1}, 6 * HOUR_MS + 2).view is View.OVERDUE
    assert not LINE_TEST.suspendable


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (automatic(1), Outcome.ANSWERED),
        (automatic(1, refused="policy"), Outcome.REFUSED),
        (automatic(0, answered_ms=0), Outcome.PENDING),
        (automatic(1, answered_ms=0, receipted_ms=0), Outcome.FAULT),
        (automatic(1, answered_ms=0), Outcome.NO_ANSWER),
    ],
)
def test_fault_silence_and_refusal_are_told_apart(test: Tried, expected: Outcome) -> None:
    """1-mechanism, lessons: silence is ambiguous between fault and policy."""
    assert outcome(test, ALLOWED_S, NOW_MS) is expected


def test_the_time_to_answer_runs_from_the_receipt() -> None:
    late = automatic(1, answered_ms=0, receipted_ms=NOW_MS - ALLOWED_MS)
    assert outcome(late, ALLOWED_S, NOW_MS) is Outcome.PENDING
    assert outcome(late, ALLOWED_S, NOW_MS + 1) is Outcome.NO_ANSWER


def test_the_line_is_up_while_the_last_test_was_answered() -> None:
    missed = automatic(2, answered_ms=0)
    report = line_state(CADENCE, [missed, automatic(0.5), automatic(0, answered_ms=0)], ALLOWED_S, NOW_MS)
    assert (report.state, report.alarm, report.cause) == (LineState.UP, False, Outcome.ANSWERED)
    assert line_state(CADENCE, [], ALLOWED_S, NOW_MS).state is LineState.UP


def test_one_miss_degrades_and_two_in_a_row_are_an_alarm() -> None:
    one = [automatic(2), automatic(0.5, answered_ms=0)]
    report = line_state(CADENCE, one, ALLOWED_S, NOW_MS)
    assert (report.state, report.missed_automatic, report.alarm) == (LineState.DEGRADED, 1, False)
    two = [automatic(1.5, answered_ms=0, receipted_ms=0), automatic(0.5, answered_ms=0)]
    report = line_state(CADENCE, two, ALLOWED_S, NOW_MS)
    assert (report.state, report.alarm, report.cause) == (LineState.SILENT, True, Outcome.NO_ANSWER)


def test_a_test_that_was_not_sent_when_due_is_missed_too() -> None:
    report = line_state(CADENCE, [automatic(3)], ALLOWED_S, NOW_MS)
    assert (report.missed_automatic, report.alarm) == (2, True)


def test_a_person_s_tests_are_counted_apart_twice_a_day() -> None:
    by_person = automatic(24, automatic=False)
    report = line_state(CADENCE, [automatic(0.5), by_person], ALLOWED_S, NOW_MS)
    assert (report.state, report.missed_automatic, report.missed_by_person) == (LineState.DEGRADED, 0, 1)
    none = line_state(LineTest(3_600, 0), [automatic(0.5), by_person], ALLOWED_S, NOW_MS)
    assert none.state is LineState.UP


def test_a_refusal_is_no_miss_the_line_is_heard() -> None:
    refused = automatic(0.5, refused="policy")
    report = line_state(CADENCE, [automatic(1.5), refused], ALLOWED_S, NOW_MS)
    assert (report.state, report.missed_automatic, report.cause) == (LineState.DEGRADED, 0, Outcome.REFUSED)


def test_the_line_is_suspended_when_one_side_says_so() -> None:
    declined = automatic(0.5, refused="suspended")
    assert line_state(CADENCE, [declined], ALLOWED_S, NOW_MS).state is LineState.SUSPENDED
    assert line_state(CADENCE, [automatic(9)], ALLOWED_S, NOW_MS, suspended=True).state is LineState.SUSPENDED
