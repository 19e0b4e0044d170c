"""Clarification: asked before reacting, on two clocks, never suspended, closed or raised a level."""

from typing import Any

import pytest

from rabita.line.errors import UserFault
from rabita.procedures.clarification import CLARIFICATION
from rabita.procedures.engine.check import check
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from tests.procedures.world import IRN, PAK, World, charter

HOUR_MS = 3_600_000
CRISIS = {"clock": "crisis", "matter": "use-of-force"}
ORDINARY = {"clock": "ordinary", "matter": "movement"}
MEETING = {"at": {"start_ms": 1, "end_ms": 2}}


def asked(fields: dict[str, str]) -> tuple[World, Held]:
    world = World()
    ask = world.say(PAK, "clarification", "ask", fields=fields)
    world.meet()
    return world, ask


def clocks(world: World, ask: Held) -> dict[str, tuple[tuple[str, ...], float]]:
    dues = obligations(CLARIFICATION, charter(), world.case(ask))
    return {each.duty: (each.debtors, each.allowed_ms / HOUR_MS) for each in dues}


def test_the_crisis_clock_runs_10_minutes_1_hour_12_hours_24_hours() -> None:
    """3-procedures: acknowledge 10 min, holding answer 1 h, substance 12 h, principals' call 24 h."""
    world, ask = asked(CRISIS)
    assert clocks(world, ask) == {
        "acknowledge": ((IRN,), 1 / 6),
        "holding answer": ((IRN,), 1),
        "crisis answer": ((IRN,), 12),
        "principals call": ((PAK, IRN), 24),
    }


def test_otherwise_an_answer_is_due_in_48_hours_and_a_meeting_in_48_more() -> None:
    """Vienna Document, unusual military activities: reply in 48 h, else a meeting within 48 h more."""
    world, ask = asked(ORDINARY)
    assert clocks(world, ask) == {"answer": ((IRN,), 48)}
    world.say(PAK, "clarification", "call meeting", [ask], MEETING)
    assert clocks(world, ask)["meeting"] == ((PAK, IRN), 48)
    world.meet()
    met = world.say(IRN, "clarification", "meet", [ask], MEETING)
    dues = {each.duty: each.met_by for each in obligations(CLARIFICATION, charter(), world.case(ask))}
    assert dues["meeting"] == met.digest


def test_clocks_come_from_the_charter() -> None:
    world, ask = asked(ORDINARY)
    [due] = obligations(CLARIFICATION, charter(deadlines_s={"clarification-answer": 60}), world.case(ask))
    assert owed(due, {ask.digest: 1_000}, 61_001).view is View.OVERDUE


def test_the_crisis_clock_is_for_force_used() -> None:
    world, ask = asked({"clock": "crisis", "matter": "statement"})
    assert world.of(ask, ask).because == "field-invalid"
    assert "the crisis clock is for the use of force" in world.of(ask, ask).detail
    with pytest.raises(UserFault, match="the crisis clock is for the use of force"):
        check(CLARIFICATION, charter(), None, ask.act)


def test_acknowledged_held_answered_and_closed() -> None:
    world, ask = asked(CRISIS)
    for act, state in (("acknowledge", "acknowledged"), ("hold", "holding"), ("answer", "answered")):
        world.say(IRN, "clarification", act, [ask])
        assert world.case(ask).state == state
    world.meet()
    world.say(PAK, "clarification", "principals call", [ask], MEETING)
    assert world.case(ask).state == "answered"
    world.say(PAK, "clarification", "close", [ask])
    assert world.case(ask).state == "closed"
    dues = obligations(CLARIFICATION, charter(), world.case(ask))
    assert all(each.met_by for each in dues)


def test_a_meeting_may_follow_and_the_answer_may_come_after_it() -> None:
    world, ask = asked(ORDINARY)
    world.say(IRN, "clarification", "call meeting", [ask], MEETING)
    world.say(IRN, "clarification", "meet", [ask], MEETING)
    assert world.case(ask).state == "met"
    world.say(IRN, "clarification", "answer", [ask])
    assert world.case(ask).state == "answered"


def test_unresolved_it_is_raised_a_level_and_asked_there() -> None:
    world, ask = asked(ORDINARY)
    raised = world.say(PAK, "clarification", "raise", [ask], {"to_level": "ministers"})
    assert world.case(ask).state == "unresolved"
    again = world.say(PAK, "clarification", "ask", [raised], ORDINARY | {"level": "ministers"})
    assert world.case(again).state == "asked"
    assert len(world.case(ask).acts) == 2


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        ("close", "answer", "closed"),
        ("raise", "answer", "answered"),
        ("call meeting", "answer", "answered"),
        ("call meeting", "acknowledge", "meeting called"),
    ],
)
def test_acts_that_cross_come_to_what_serves_the_explanation(ours: str, theirs: str, state: str) -> None:
    world, ask = asked(ORDINARY)
    given: dict[str, dict[str, Any]] = {"raise": {"to_level": "ministers"}, "call meeting": MEETING}
    fields = given.get(ours, {})
    world.say(PAK, "clarification", ours, [ask], fields)
    said = world.say(IRN, "clarification", theirs, [ask])
    world.meet()
    assert world.case(ask).state == state
    assert world.of(said, ask).status is (Status.EFFECTIVE if state == "answered" else Status.CROSSED)


def test_only_the_asker_says_that_it_is_explained_and_nothing_suspends_it() -> None:
    world, ask = asked(ORDINARY)
    for act, fields in (("close", {}), ("raise", {"to_level": "ministers"})):
        said = world.say(IRN, "clarification", act, [ask], fields)
        assert world.of(said, ask).because == "not-your-act"
    assert not CLARIFICATION.suspendable


def test_it_names_the_incident_it_is_about_and_stays_a_case_of_its_own() -> None:
    world = World()
    window = {"start_ms": 1, "end_ms": 2}
    report = world.say(PAK, "incident", "report", fields={"what": "strike", "when": window, "known_from": "seen"})
    ask = world.say(PAK, "clarification", "ask", [report], CRISIS)
    assert world.case(ask).state == "asked"
    assert len(world.case(report).acts) == 1
