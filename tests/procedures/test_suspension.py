"""Suspension, clause by clause: announced with a reason and times, what it never touches, what stays valid, resumed."""

from typing import Any, Final, get_args

import pytest

from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.catalogue import PROCEDURES
from rabita.procedures.engine.check import check
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.judge import FieldFault, read_fields
from rabita.procedures.rules import RuleFacts
from rabita.procedures.suspension import (
    SUSPENSION,
    Begins,
    Stage,
    Suspendable,
    check_suspension,
    stage,
    suspended,
)
from tests.procedures.ruling import NOW_MS, refused, ruled
from tests.procedures.world import IRN, PAK, SERVICE_ONLY, World

DAY_MS: Final = 86_400_000
FROM_MS: Final = NOW_MS + DAY_MS
UNTIL_MS: Final = FROM_MS + 9 * DAY_MS
NAMED: Final = ["message", "joint statement"]


def announced(**changes: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    fields = {"procedures": NAMED, "reason": "incident", "from_ms": FROM_MS, "until_ms": UNTIL_MS, **changes}
    held = world.say(PAK, "suspension", "announce", fields=fields)
    world.meet()
    return world, held


def begin(world: World, opening: Held, names: list[str] | None = None) -> Held:
    return world.say(PAK, "suspension", "begin", [opening], {"procedures": names or NAMED}, approvals=SERVICE_ONLY)


def in_effect() -> tuple[World, Held, Held]:
    world, opening = announced()
    begun = begin(world, opening)
    world.meet()
    return world, opening, begun


def message(world: World, code: str, lane: Lane = Lane.ROUTINE) -> Held:
    return world.say(code, "message", "send", fields={}, lane=lane)


def status(world: World, held: Held) -> tuple[Status, str]:
    [folded] = [each for each in world.case(held).acts if each.held.digest == held.digest]
    return folded.status, folded.because


def fault(**changes: Any) -> str:  # noqa: ANN401 - a field
    whole = {"procedures": NAMED, "reason": "incident", "from_ms": FROM_MS, "until_ms": UNTIL_MS, **changes}
    read = read_fields(
        SUSPENSION.rules["announce"], {name: value for name, value in whole.items() if value is not None}
    )
    return read.detail if isinstance(read, FieldFault) else ""


def test_announce_suspending_named_procedures_with_reason_from_and_until() -> None:
    """3-procedures, suspension: announce suspending named procedures, reason, from/until."""
    assert not fault()
    for missing in ("procedures", "reason", "from_ms", "until_ms"):
        assert missing in fault(**{missing: None})
    assert "an end or a day of review" in fault(until_ms=0)
    assert not fault(until_ms=0, review_ms=FROM_MS + DAY_MS)
    assert "after it begins" in fault(until_ms=FROM_MS)
    assert "after it begins" in fault(review_ms=FROM_MS)
    assert "named once" in fault(procedures=["message", "message"])


def test_it_is_announced_before_it_takes_effect() -> None:
    """1-mechanism, lessons: suspension is itself a recorded, announced act; nothing is touched before it begins."""
    world, opening = announced()
    assert ruled(world, opening) == ()
    assert status(world, message(world, IRN)) == (Status.EFFECTIVE, "")
    late, backdated = announced(from_ms=NOW_MS - 1)
    assert refused(ruled(late, backdated)) == ["suspension-backdated"]
    begun = begin(world, opening)
    assert refused(ruled(world, begun)) == ["suspension-early"]
    assert ruled(world, begun, FROM_MS) == ()
    assert refused(ruled(world, begin(world, opening, ["message"]), FROM_MS)) == ["suspension-foreign"]


def test_both_sides_acts_are_suspended_while_it_is_in_effect() -> None:
    """3-procedures, suspension: suspending named procedures, and no others."""
    world, _, _ = in_effect()
    for code in (PAK, IRN):
        assert status(world, message(world, code)) == (Status.VOID, "procedure-suspended")
    fields = {"of": "call", "happened": {"start_ms": 0, "end_ms": 0}, "publish_after_ms": 0}
    assert status(world, world.say(IRN, "readout", "offer", fields=fields)) == (Status.EFFECTIVE, "")
    held = message(world, IRN)
    assert held.act is not None
    with pytest.raises(UserFault, match="procedure-suspended"):
        check(world.catalogue.procedures["message"], world.charters[1], None, held.act, suspended=True)


NEVER: Final = ("stop request", "hazard notice", "clarification", "line test", "suspension")


def test_what_may_never_be_suspended_cannot_be_named() -> None:
    """3-procedures, suspension: not suspendable: stop requests, hazard notices, clarifications, line tests, itself."""
    for name in (*NEVER, "line", "charter amendment", "key rotation", "revocation"):
        assert "procedures" in fault(procedures=[name])
    known = {each.name: each.suspendable for each in PROCEDURES}
    assert {name for name, able in known.items() if able} == set(get_args(Suspendable)) & set(known)
    assert {name for name, able in known.items() if not able} == set(NEVER) & set(known)


@pytest.mark.parametrize(
    ("procedure", "act", "fields", "lane"),
    [
        ("stop request", "stop", {}, Lane.FLASH),
        ("clarification", "ask", {"clock": "ordinary", "matter": "movement"}, Lane.ROUTINE),
        ("line test", "test", {}, Lane.ROUTINE),
        ("message", "send", {}, Lane.FLASH),
    ],
)
def test_urgent_procedures_and_flash_messages_pass(
    procedure: str, act: str, fields: dict[str, Any], lane: Lane
) -> None:
    """3-procedures, suspension: stop requests, clarifications, line tests and FLASH messages stay open."""
    world, _, _ = in_effect()
    held = world.say(IRN, procedure, act, fields=fields, lane=lane)
    assert status(world, held) == (Status.EFFECTIVE, "")


def test_corrections_and_withdrawals_pass() -> None:
    """3-procedures, suspension: corrections are not suspendable."""
    world, opening = announced()
    sent = message(world, IRN)
    world.meet()
    begin(world, opening)
    world.meet()
    for act, fields in ((CORRECT, {"reason": "error", "fields": {}}), (WITHDRAW, {"reason": "error"})):
        held = world.say(IRN, "message", act, [sent], fields)
        assert world.of(held, sent).status is Status.EFFECTIVE


def test_suspension_and_resumption_pass_while_another_is_in_effect() -> None:
    """3-procedures, suspension: suspension and resumption are not suspendable."""
    world, opening, _ = in_effect()
    fields = {"procedures": ["message"], "reason": "policy", "from_ms": FROM_MS, "until_ms": UNTIL_MS}
    theirs = world.say(IRN, "suspension", "announce", fields=fields)
    assert status(world, theirs) == (Status.EFFECTIVE, "")
    world.say(PAK, "suspension", "resume", [opening])
    assert world.case(opening).state == "resumed"


def test_acts_whose_seen_predates_it_stay_valid() -> None:
    """3-procedures, suspension: acts whose ``seen`` predates it stay valid, whenever they arrive."""
    world, opening = announced()
    begin(world, opening)
    unaware = message(world, IRN)
    world.meet()
    aware = message(world, IRN)
    world.meet()
    assert status(world, unaware) == (Status.EFFECTIVE, "")
    assert status(world, aware) == (Status.VOID, "procedure-suspended")


def test_resume_ends_it_for_those_who_have_seen_it() -> None:
    """3-procedures, suspension: -> resume."""
    world, opening, _ = in_effect()
    world.say(PAK, "suspension", "resume", [opening])
    assert status(world, message(world, PAK)) == (Status.EFFECTIVE, "")
    assert status(world, message(world, IRN)) == (Status.VOID, "procedure-suspended")
    world.meet()
    assert status(world, message(world, IRN)) == (Status.EFFECTIVE, "")


def test_only_the_side_that_suspended_resumes() -> None:
    """3-procedures, suspension: one side announces, the same resumes."""
    world, opening, _ = in_effect()
    theirs = world.say(IRN, "suspension", "resume", [opening])
    assert world.of(theirs, opening).because == "not-your-act"


def test_the_end_is_owed_and_a_clock_ends_nothing() -> None:
    """3-procedures: time never moves a state; an end that passed is overdue, and the suspension goes on."""
    world, opening = announced()
    assert [stage(world.case(opening), at) for at in (FROM_MS - 1, FROM_MS)] == [Stage.AHEAD, Stage.DUE]
    begin(world, opening)
    world.meet()
    case = world.case(opening)
    assert [stage(case, at) for at in (UNTIL_MS, UNTIL_MS + 1)] == [Stage.IN_EFFECT, Stage.PAST_END]
    due = next(each for each in obligations(SUSPENSION, world.charters[1], case) if each.duty == "resume")
    assert owed(due, {opening.digest: NOW_MS}, UNTIL_MS + 1).view is View.OVERDUE
    assert due.debtors == (PAK,)
    world.say(PAK, "suspension", "extend", [opening], {"until_ms": UNTIL_MS + DAY_MS})
    assert stage(world.case(opening), UNTIL_MS + 1) is Stage.IN_EFFECT
    world.say(PAK, "suspension", "extend", [opening], {"until_ms": 0, "review_ms": UNTIL_MS})
    assert stage(world.case(opening), UNTIL_MS * 2) is Stage.IN_EFFECT
    world.say(PAK, "suspension", "resume", [opening])
    assert stage(world.case(opening), UNTIL_MS * 2) is Stage.OVER


def test_which_procedures_are_suspended_and_by_whom() -> None:
    """3-procedures, suspension: named procedures; each node shows what holds by the acts it has."""
    world, opening = announced()
    assert suspended([world.case(opening)]) == {}
    begin(world, opening)
    assert suspended([world.case(opening)]) == {"joint statement": (PAK,), "message": (PAK,)}


def test_the_other_side_takes_note_or_objects_and_it_stays_a_suspension() -> None:
    """3-procedures: nothing said here is consent; an objection is on record and changes nothing."""
    world, opening, _ = in_effect()
    for act in ("acknowledge", "object"):
        held = world.say(IRN, "suspension", act, [opening])
        assert world.of(held, opening).status is Status.EFFECTIVE
    assert world.case(opening).state == "in effect"


def test_a_beginning_or_resumption_is_not_taken_back() -> None:
    """3-procedures, suspension: what was void stays void; a beginning is ended by resuming."""
    world, opening, begun = in_effect()
    undone = world.say(PAK, "suspension", WITHDRAW, [begun], {"reason": "error"})
    corrected = world.say(PAK, "suspension", CORRECT, [begun], {"reason": "error", "fields": {"procedures": ["rfi"]}})
    for held in (undone, corrected):
        assert refused(ruled(world, held)) == ["suspension-final"]
    words = world.say(PAK, "suspension", WITHDRAW, [opening], {"reason": "error"})
    assert ruled(world, words) == ()
    assert world.case(opening).state == "in effect"


def test_rules_of_an_act_without_its_case_find_nothing() -> None:
    """What no case is held for waits; there is nothing to measure it against, nor where nothing was announced."""
    world, opening, begun = in_effect()
    fields = {"procedures": NAMED, "reason": "incident", "from_ms": FROM_MS, "until_ms": UNTIL_MS}
    unverified = world.say(PAK, "suspension", "announce", fields=fields, approvals=SERVICE_ONLY)
    assert ruled(world, begin(world, unverified)) == ()
    assert begun.act is not None
    begins = Begins(procedures=("message",))
    for act in (begun.act, world.say(PAK, "suspension", WITHDRAW, [opening], {"reason": "error"}).act):
        assert act is not None
        assert check_suspension(RuleFacts(act=act, fields=begins, charter=world.charters[1], now_ms=0)) == ()
