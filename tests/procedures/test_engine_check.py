"""The engine's rule E17: before sealing an act is refused by code, naming field and rule; at receipt it is flagged."""

from collections.abc import Sequence
from typing import Any

import pytest

from rabita.line.entry import SENT, WITHHELD, Act, PortionRef
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.procedures.clarification import CLARIFICATION
from rabita.procedures.engine.check import allowed, check, flags
from rabita.procedures.engine.definition import CORRECT, WITHDRAW, Procedure
from rabita.procedures.engine.fold import Case
from rabita.procedures.engine.held import Approved, Held
from rabita.procedures.message import MESSAGE
from rabita.procedures.stop_request import STOP_REQUEST
from tests.procedures.toy import DEAL, TOYS
from tests.procedures.world import CONSENTING, IRN, OFFICERS, PAK, World, charter

ONE = {"kind": "one-thing"}
UNFIT = "correction-unfit fields.kind: Expected `str`, got `int`"
GREEN = PortionRef("a" * 64, SENT, "GREEN")


def offered() -> tuple[World, Held]:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE)
    world.meet()
    return world, offer


def draft(author: str, act: str, basis: Sequence[Held] = (), fields: Any = None, **more: Any) -> Act:  # noqa: ANN401 - any field
    held = World(TOYS).say(author, "deal", act, basis, fields, **more)
    return held.act


def refusal(case: Case | None, act: Act, procedure: Procedure = DEAL, texts: Sequence[str] = (), **more: Any) -> str:  # noqa: ANN401 - an option of check
    try:
        check(procedure, charter(), case, act, texts, **more)
    except UserFault as fault:
        return f"{fault.code} {fault.detail}".strip()
    return ""


def test_e17_what_the_case_allows_passes() -> None:
    world, offer = offered()
    assert refusal(None, draft(PAK, "offer", fields=ONE)) == ""
    assert refusal(world.case(offer), draft(IRN, "counter", [offer])) == ""
    assert refusal(world.case(offer), draft(PAK, CORRECT, [offer], {"reason": "error", "fields": ONE})) == ""
    assert refusal(world.case(offer), draft(PAK, WITHDRAW, [offer], {"reason": "error"})) == ""


@pytest.mark.parametrize(
    ("author", "act", "fields", "expected"),
    [
        (IRN, "shout", {}, "act-unknown shout"),
        (PAK, "publish", {}, "wrong-state offered"),
        (IRN, "ping", {"colour": "red"}, "field-unknown colour"),
        (PAK, "ping", {}, "not-your-act responder"),
        (PAK, "take", {}, "not-your-act other"),
        (PAK, "sign", {}, "field-missing digest"),
        (PAK, "sign", {"digest": "x"}, "field-invalid digest: Expected `str` matching regex '^[0-9a-f]{64}$'"),
        (PAK, CORRECT, {"reason": "error", "fields": {"kind": 1}}, UNFIT),
        (IRN, WITHDRAW, {"reason": "error"}, "target-not-own basis"),
    ],
)
def test_e17_a_refusal_names_the_field_and_the_rule(
    author: str, act: str, fields: dict[str, Any], expected: str
) -> None:
    world, offer = offered()
    assert refusal(world.case(offer), draft(author, act, [offer], fields)) == expected


def test_e17_an_act_is_of_a_case_and_says_which() -> None:
    world, offer = offered()
    assert refusal(None, draft(IRN, "take", [offer])) == "case-missing basis"
    assert refusal(world.case(offer), draft(IRN, "take")) == "case-missing basis"


def test_e17_a_case_that_has_ended_takes_corrections_only() -> None:
    world, offer = offered()
    world.say(IRN, "deal", "take", [offer])
    case = world.case(offer)
    assert refusal(case, draft(PAK, "note", [offer])) == "case-closed taken"
    assert refusal(case, draft(PAK, CORRECT, [offer], {"reason": "error", "fields": ONE})) == ""


def test_e17_what_both_signed_is_not_withdrawn() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    signed = [world.say(code, "deal", "sign", [text], {"digest": text.digest}) for code in (PAK, IRN)]
    world.meet()
    assert (
        refusal(world.case(offer), draft(PAK, WITHDRAW, [signed[0]], {"reason": "error"}))
        == "joint-result-stands basis"
    )


def test_e17_a_suspended_procedure_is_refused_but_for_what_nothing_suspends() -> None:
    world, offer = offered()
    case = world.case(offer)
    assert refusal(case, draft(IRN, "counter", [offer]), suspended=True) == "procedure-suspended deal"
    assert refusal(case, draft(PAK, WITHDRAW, [offer], {"reason": "error"}), suspended=True) == ""


def test_e17_stop_requests_clarifications_and_flash_messages_cannot_be_suspended() -> None:
    """3-procedures, suspension: not suspendable: stop requests, clarifications, line tests, FLASH messages."""
    asked = {"clock": "ordinary", "matter": "other"}
    question = PortionRef("a" * 64, SENT, "")
    for procedure, act, fields in ((STOP_REQUEST, "stop", {}), (CLARIFICATION, "ask", asked), (MESSAGE, "send", {})):
        said = draft(PAK, act, fields=fields, lane=Lane.FLASH, portions=(question,))
        assert refusal(None, said, procedure, suspended=True) == ""
    routine = draft(PAK, "send", portions=(question,))
    assert refusal(None, routine, MESSAGE, suspended=True) == "procedure-suspended message"


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [((), "role-missing consent act"), (OFFICERS, "role-missing consent act"), (CONSENTING, "")],
)
def test_e17_the_approvals_an_act_needs_are_asked_for_at_release(approvals: Sequence[Approved], expected: str) -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    for code in (PAK, IRN):
        world.meet()
        world.say(code, "deal", "sign", [text], {"digest": text.digest})
    world.meet()
    act = draft(PAK, "publish", [offer])
    assert refusal(world.case(offer), act) == ""
    assert refusal(world.case(offer), act, approvals=approvals) == expected
    assert refusal(world.case(offer), draft(PAK, "note", [offer]), approvals=()) == "role-missing note"


@pytest.mark.parametrize(
    ("portions", "roles", "expected"),
    [
        ((GREEN,), [], ""),
        ((GREEN, PortionRef("b" * 64, WITHHELD, "")), ["text", "annex"], ""),
        ((), [], "portion-lacking text"),
        ((GREEN,), ["text", "annex"], "portion-lacking annex"),
        ((GREEN,), ["map"], "portion-not-allowed role map"),
        ((PortionRef("a" * 64, WITHHELD, "GREEN"),), [], "portion-not-allowed text: never withheld"),
        ((PortionRef("a" * 64, SENT, "RED"),), [], "portion-not-allowed text: marking"),
    ],
)
def test_e17_portions_are_of_the_roles_and_markings_the_act_allows(
    portions: tuple[PortionRef, ...], roles: list[str], expected: str
) -> None:
    world, offer = offered()
    act = draft(PAK, "draft", [offer], {"roles": roles} if roles else {}, portions=portions)
    assert refusal(world.case(offer), act) == expected


def test_e17_an_act_without_portion_roles_carries_none() -> None:
    world, offer = offered()
    act = draft(PAK, "note", [offer], portions=(GREEN,))
    assert refusal(world.case(offer), act) == ""
    corrected = draft(PAK, CORRECT, [offer], {"reason": "error", "fields": ONE, "roles": ["map"]}, portions=(GREEN,))
    assert refusal(world.case(offer), corrected) == ""


@pytest.mark.parametrize(("lane", "words_max"), [(Lane.FLASH, 200), (Lane.IMMEDIATE, 200), (Lane.PRIORITY, 0)])
def test_e17_flash_and_immediate_have_200_words_at_most(lane: Lane, words_max: int) -> None:
    """ACP 121; the charter's words_max of the lane, counted over all sent text portions."""
    act = draft(PAK, "offer", fields=ONE, lane=lane)
    assert refusal(None, act, texts=["word " * 100, "word " * 100]) == ""
    expected = f"message-too-long 201 of {words_max}" if words_max else ""
    assert refusal(None, act, texts=["word " * 100, "word " * 101]) == expected


def test_e17_a_stop_request_is_flash_and_kinds_are_the_four() -> None:
    """STANAG 4406: message types exercise, operation, project, drill."""
    assert refusal(None, draft(PAK, "stop"), STOP_REQUEST) == "precedence-not-allowed ROUTINE"
    assert refusal(None, draft(PAK, "offer", fields=ONE, kind="war")) == "kind-unknown war"
    for kind in ("exercise", "operation", "project", "drill"):
        assert refusal(None, draft(PAK, "offer", fields=ONE, kind=kind)) == ""


def test_e17_fields_of_a_scenario_stand_on_an_exercise_line_only() -> None:
    scenario = {
        "scenario": "january-2024",
        "inject": "one",
        "at_ms": 0,
        "hour": "assumed",
        "source": "exercise",
        "source_kind": "exercise",
    }
    act = draft(PAK, "offer", fields={**ONE, "exercise": scenario})
    assert refusal(None, act) == ""
    assert [each.code for each in flags(DEAL, charter(exercise=False), act)] == ["exercise-fields"]


def test_e17_at_receipt_the_same_findings_are_flags_and_refuse_nothing() -> None:
    act = draft(PAK, "stop", lane=Lane.ROUTINE, fields={"what": "noise"}, kind="war")
    found = flags(STOP_REQUEST, charter(), act, ["word " * 201])
    assert [each.code for each in found] == ["field-invalid", "kind-unknown", "precedence-not-allowed"]
    assert [each.code for each in flags(DEAL, charter(), draft(PAK, "shout"))] == ["act-unknown"]
    odd = draft(PAK, "draft", fields={"roles": ["map", "text"]}, portions=(GREEN,))
    assert [each.code for each in flags(DEAL, charter(), odd)] == ["portion-lacking", "portion-not-allowed"]
    world = World()
    stop = world.say(PAK, "stop request", "stop", lane=Lane.ROUTINE)
    assert world.case(stop).state == "asked"


def test_the_acts_a_side_may_do_now_are_listed_for_its_buttons() -> None:
    world, offer = offered()
    assert allowed(DEAL, None, PAK) == ["offer"]
    assert allowed(DEAL, world.case(offer), PAK) == ["counter", "take", "note", "draft", "sign", "drop"]
    assert "ping" in allowed(DEAL, world.case(offer), IRN)
