"""The clocks of a watch, decided from a state and a time alone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rabita.line.charter import LineTest
from rabita.procedures.line_test import LineReport, LineState, Outcome
from rabita.services.clocks import Alarm, AnswerTest, Owing, Remind, SendTest, Terms, Watched, due, step_of

HOUR_MS = 3_600_000
NOW_MS = 1_705_400_000_000
POSTS = ("duty-officer", "operations", "director")
WELL = LineReport(LineState.UP, 0, 0, alarm=False, cause=Outcome.ANSWERED)
SILENT = LineReport(LineState.SILENT, 2, 0, alarm=True, cause=Outcome.NO_ANSWER)
TERMS = Terms(posts=POSTS, escalate_ms=HOUR_MS)


def watched(**changes: Any) -> Watched:  # noqa: ANN401 - a field
    return Watched("line", LineTest(3_600, 2), WELL, last_test_ms=NOW_MS)._replace(**changes)


def owing(*, after_ms: int = 0, allowed_ms: int = 4 * HOUR_MS, rings: bool = False, post: str = "") -> Owing:
    """Give a duty whose clock started so long before now."""
    since_ms = NOW_MS - after_ms
    return Owing("key", "case", "handle", since_ms, since_ms + allowed_ms, rings, post)


def reminded(*duties: Owing, told: dict[str, int] | None = None) -> list[tuple[str, int]]:
    found = due(watched(owing=duties, told=told or {}), TERMS, NOW_MS)
    return [(each.post, each.step) for each in found if isinstance(each, Remind)]


def test_a_duty_is_called_to_mind_once_three_quarters_of_its_time_have_passed() -> None:
    assert reminded(owing(after_ms=3 * HOUR_MS - 1)) == []
    assert reminded(owing(after_ms=3 * HOUR_MS)) == [("duty-officer", 1)]
    assert reminded(owing(after_ms=3 * HOUR_MS), told={"key": 1}) == []


def test_a_duty_that_is_due_is_told_and_then_goes_to_the_next_post_until_the_last() -> None:
    for hours, expected in (
        (4, ("duty-officer", 2)),
        (5, ("operations", 3)),
        (6, ("director", 4)),
        (50, ("director", 4)),
    ):
        assert reminded(owing(after_ms=hours * HOUR_MS)) == [expected]
    assert reminded(owing(after_ms=50 * HOUR_MS), told={"key": 4}) == []


def test_the_post_addressed_is_told_first() -> None:
    assert reminded(owing(after_ms=4 * HOUR_MS, post="director")) == [("director", 2)]
    assert reminded(owing(after_ms=5 * HOUR_MS, post="director")) == [("duty-officer", 3)]


def test_what_rings_is_told_at_once_and_goes_on_quickly() -> None:
    assert reminded(owing(rings=True)) == [("duty-officer", 2)]
    assert reminded(owing(after_ms=5 * 60_000, rings=True)) == [("operations", 3)]


def test_a_duty_without_a_date_or_not_received_is_told_to_nobody() -> None:
    assert reminded(owing(after_ms=50 * HOUR_MS)._replace(due_ms=0)) == []
    assert reminded(owing(after_ms=50 * HOUR_MS)._replace(since_ms=0)) == []
    assert reminded(owing(rings=True)._replace(since_ms=0)) == []


def test_with_no_posts_named_the_watch_itself_is_told() -> None:
    found = due(watched(owing=(owing(after_ms=9 * HOUR_MS),)), Terms(escalate_ms=HOUR_MS), NOW_MS)
    assert [(each.post, each.step) for each in found if isinstance(each, Remind)] == [("", 2)]


def test_the_line_is_tested_at_the_charter_s_cadence() -> None:
    assert due(watched(last_test_ms=NOW_MS - HOUR_MS + 1), TERMS, NOW_MS) == ()
    assert due(watched(last_test_ms=NOW_MS - HOUR_MS), TERMS, NOW_MS) == (SendTest("line"),)
    assert due(watched(last_test_ms=0), TERMS, NOW_MS) == (SendTest("line"),)
    assert due(watched(last_test_ms=0, cadence=LineTest(0, 2)), TERMS, NOW_MS) == ()
    assert due(watched(last_test_ms=0, tests=False, asked=("a",)), TERMS, NOW_MS) == ()


def test_a_test_of_the_other_side_is_answered_or_declined_with_the_reason_set() -> None:
    assert due(watched(asked=("a", "b")), TERMS, NOW_MS) == (AnswerTest("line", "a"), AnswerTest("line", "b"))
    declining = TERMS._replace(declines="technical")
    assert due(watched(asked=("a",)), declining, NOW_MS) == (AnswerTest("line", "a", "technical"),)


def test_two_misses_are_an_alarm_told_once_until_the_line_is_heard_again() -> None:
    assert due(watched(report=SILENT), TERMS, NOW_MS) == (Alarm("line", silent=True, missed=2),)
    assert due(watched(report=SILENT, alarmed=True), TERMS, NOW_MS) == ()
    assert due(watched(alarmed=True), TERMS, NOW_MS) == (Alarm("line", silent=False, missed=0),)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans(), st.integers(0, 10**10), st.integers(0, 10**9))
def test_a_step_never_goes_back(since: int, allowed: int, rings: bool, at: int, later: int) -> None:  # noqa: FBT001 - drawn
    duty = Owing("key", "case", "handle", since, since + allowed, rings)
    assert 0 <= step_of(duty, TERMS, at) <= step_of(duty, TERMS, at + later) <= len(POSTS) + 1
