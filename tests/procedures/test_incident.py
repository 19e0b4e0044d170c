"""Incident: two accounts of one record, joint verification, one finding of both or two with dissent."""

from typing import Any, Final

import pytest

from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import explain
from rabita.procedures.incident import INCIDENT, Account
from tests.procedures.sampling import SQUARE
from tests.procedures.world import EDITION, IRN, PAK, World, charter

DAY_MS: Final = 86_400_000
WINDOW: Final = {"start_ms": 1_000, "end_ms": 2_000}
PLACE: Final = {"area": SQUARE, "edition": EDITION}
REPORT: Final = {"what": "strike", "when": WINDOW, "known_from": "seen"}
MISSION: Final = {"places": [PLACE], "during": WINDOW, "team_each": 4, "edition": EDITION}
ACCESS: Final = {"to": PLACE, "during": WINDOW}
FINDING: Final = {"outcome": "established"}


def reported(*, told: bool = True) -> tuple[World, Held]:
    world = World()
    report = world.say(PAK, "incident", "report", fields=REPORT)
    world.meet()
    if told:
        world.say(IRN, "incident", "account", [report], REPORT)
        world.meet()
    return world, report


def said(world: World, author: str, act: str, basis: Held, fields: dict[str, Any] | None = None) -> Held:
    held = world.say(author, "incident", act, [basis], fields)
    world.meet()
    return held


def both_sign(world: World, act: str, draft: Held) -> None:
    for code in (PAK, IRN):
        said(world, code, act, draft, {"digest": draft.digest})


def test_each_side_gives_its_own_account() -> None:
    world, report = reported(told=False)
    assert world.case(report).state == "reported"
    [account] = obligations(INCIDENT, charter(), world.case(report))
    assert (account.debtors, owed(account, {report.digest: 1}, 9 * DAY_MS).view) == ((IRN,), View.OWED)
    twice = said(world, PAK, "account", report, REPORT)
    assert world.of(twice, report).because == "not-your-act"
    said(world, IRN, "account", report, REPORT)
    assert world.case(report).state == "told"


def test_an_account_may_still_come_while_a_mission_is_under_way() -> None:
    world, report = reported(told=False)
    said(world, PAK, "propose mission", report, MISSION)
    late = said(world, IRN, "account", report, REPORT)
    assert world.of(late, report).status is Status.EFFECTIVE
    assert world.case(report).state == "mission proposed"


def test_a_coarse_location_is_allowed_and_a_point_is_not() -> None:
    """1-mechanism: locations on the host's soil are coarsened."""
    world, report = reported()
    none = said(world, PAK, "report", report, REPORT)
    assert world.of(none, none).status is Status.EFFECTIVE
    point = [[60_000_000, 29_000_000], [60_000_001, 29_000_000], [60_000_000, 29_000_001]]
    fine = said(world, PAK, "report", report, {**REPORT, "where": {"area": point, "edition": EDITION}})
    assert world.of(fine, fine).because == "field-invalid"
    assert "a place is coarse" in world.of(fine, fine).detail


def test_attribution_and_claimed_sponsor_are_apart_from_the_facts_and_each_is_graded() -> None:
    """1-mechanism M7: attribution and claimed sponsor kept apart from fact."""
    assert {"attribution", "claimed_sponsor"} <= set(Account.__struct_fields__)
    world, report = reported()
    grade = {"source": "C", "information": "3"}
    claims: dict[str, Any] = {
        "attribution": {"actor": "armed-group", "grade": grade},
        "claimed_sponsor": {"sponsor": "third-state", "grade": {"source": "F", "information": "6"}},
    }
    whole = said(world, PAK, "report", report, {**REPORT, **claims})
    assert world.of(whole, whole).status is Status.EFFECTIVE
    for name, claim in claims.items():
        bare = {key: value for key, value in claim.items() if key != "grade"}
        ungraded = said(world, PAK, "report", report, {**REPORT, name: bare})
        assert (world.of(ungraded, ungraded).because, world.of(ungraded, ungraded).detail) == (
            "field-missing",
            f"{name}.grade",
        )


def test_a_mission_is_ordered_when_both_signed_the_same_order() -> None:
    world, report = reported()
    order = said(world, PAK, "propose mission", report, MISSION)
    said(world, PAK, "agree mission", order, {"digest": order.digest})
    assert world.case(report).state == "mission proposed"
    said(world, IRN, "agree mission", order, {"digest": order.digest})
    assert world.case(report).state == "mission ordered"
    assert world.case(report).stands("mission order")


def test_the_other_side_may_decline_a_mission_with_reason() -> None:
    world, report = reported()
    order = said(world, PAK, "propose mission", report, MISSION)
    own = said(world, PAK, "decline mission", order, {"reason": "policy"})
    assert world.of(own, report).because == "not-your-act"
    said(world, IRN, "decline mission", order, {"reason": "policy"})
    assert world.case(report).state == "told"


def test_the_mission_is_within_5_days_of_the_alert_and_its_final_report_5_days_after_the_interim() -> None:
    """Great Lakes joint verification: mission within 5 days of the alert, final report 5 days after the interim one."""
    world, report = reported()
    order = said(world, PAK, "propose mission", report, MISSION)
    both_sign(world, "agree mission", order)
    begun = said(world, IRN, "begin mission", order)
    interim = said(world, PAK, "interim report", order, {"as_of_ms": 1, "access_restricted": True})
    final = said(world, PAK, "final report", order, {"as_of_ms": 2})
    dues = {each.duty: each for each in obligations(INCIDENT, charter(), world.case(report))}
    assert dues["mission"].met_by == begun.digest
    assert dues["final report"].met_by == final.digest
    receipts = {order.digest: 1, begun.digest: 5 * DAY_MS + 1, interim.digest: 1, final.digest: 5 * DAY_MS + 2}
    assert owed(dues["mission"], receipts, 0).view is View.MET
    assert owed(dues["final report"], receipts, 0).view is View.MET_LATE
    assert world.case(report).state == "final"


def test_access_is_asked_and_granted_or_refused_by_the_other_each_for_itself() -> None:
    world, report = reported()
    order = said(world, PAK, "propose mission", report, MISSION)
    both_sign(world, "agree mission", order)
    first, second = (said(world, PAK, "ask access", order, ACCESS) for _ in range(2))
    own = said(world, PAK, "grant access", first)
    assert world.of(own, report).because == "not-your-act"
    granted = said(world, IRN, "grant access", first)
    refused = said(world, IRN, "refuse access", second, {"reason": "policy"})
    met = {
        each.since: each.met_by
        for each in obligations(INCIDENT, charter(), world.case(report))
        if each.duty == "access"
    }
    assert met == {first.digest: granted.digest, second.digest: refused.digest}
    third = said(world, IRN, "ask access", order, ACCESS)
    assert obligations(INCIDENT, charter(), world.case(report))[-1].debtors == (PAK,)
    assert world.of(third, report).status is Status.EFFECTIVE


def test_one_finding_exists_when_both_have_signed_it() -> None:
    world, report = reported()
    draft = said(world, IRN, "propose finding", report, FINDING)
    assert world.case(report).state == "finding proposed"
    both_sign(world, "sign finding", draft)
    case = world.case(report)
    assert case.state == "finding agreed"
    assert "There is one finding of both sides." in explain(INCIDENT, case)


def test_else_there_are_two_findings_with_dissent() -> None:
    world, report = reported()
    said(world, PAK, "propose finding", report, FINDING)
    said(world, PAK, "dissent", report, FINDING)
    assert world.case(report).state == "finding proposed"
    said(world, IRN, "dissent", report, {"outcome": "unfounded"})
    case = world.case(report)
    assert case.state == "two findings"
    assert {each.held.author for each in case.effective("dissent")} == {PAK, IRN}
    assert not case.joint


def test_the_record_is_closed_without_a_finding_by_both_alone() -> None:
    world, report = reported()
    closing = said(world, PAK, "close", report)
    assert world.case(report).state == "told"
    said(world, PAK, WITHDRAW, closing, {"reason": "error"})
    said(world, IRN, "close", report)
    assert world.case(report).state == "told"
    said(world, PAK, "close", report)
    assert world.case(report).state == "closed"


def test_corrections_keep_history() -> None:
    world, report = reported()
    fix = {"reason": "new-information", "fields": {**REPORT, "harm": {"killed": 2}}}
    corrected = said(world, PAK, CORRECT, report, fix)
    found = world.of(report, report)
    assert isinstance(found.fields, Account)
    assert isinstance(found.corrected, Account)
    assert (found.fields.harm.killed, found.corrected.harm.killed) == (None, 2)
    assert found.corrections == (corrected.digest,)
    assert world.of(corrected, report).status is Status.EFFECTIVE


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [("propose mission", "decline mission", "mission proposed"), ("propose finding", "dissent", "finding proposed")],
)
def test_acts_that_cross_leave_the_proposal_on_the_table(ours: str, theirs: str, state: str) -> None:
    world, report = reported()
    if ours == "propose mission":
        first = said(world, PAK, "propose mission", report, MISSION)
    else:
        first = said(world, PAK, "dissent", report, FINDING)
    world.say(PAK, "incident", ours, [first], MISSION if ours == "propose mission" else FINDING)
    world.say(IRN, "incident", theirs, [first], {"reason": "policy"} if theirs == "decline mission" else FINDING)
    world.meet()
    assert world.case(report).state == state
