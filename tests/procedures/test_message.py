"""Message: handling times by precedence, words, kinds of traffic, and every receipt the field knows."""

import pytest

from rabita.line.entry import SENT, PortionRef
from rabita.line.ids import Lane
from rabita.procedures.engine.check import flags
from rabita.procedures.engine.definition import WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.message import MESSAGE
from tests.procedures.world import IRN, PAK, SERVICE_ONLY, World, charter

MINUTE_MS = 60_000
TEXT = (PortionRef("a" * 64, SENT, ""),)


def sent(lane: Lane = Lane.ROUTINE, reply_by_ms: int = 0) -> tuple[World, Held]:
    world = World()
    message = world.say(PAK, "message", "send", lane=lane, reply_by_ms=reply_by_ms)
    world.meet()
    return world, message


@pytest.mark.parametrize(
    ("lane", "minutes"), [(Lane.FLASH, 10), (Lane.IMMEDIATE, 30), (Lane.PRIORITY, 180), (Lane.ROUTINE, 360)]
)
def test_handling_times_are_those_of_the_precedence(lane: Lane, minutes: int) -> None:
    """ACP 121: FLASH under 10 minutes, IMMEDIATE 30 minutes, PRIORITY 3 hours, ROUTINE 6 hours."""
    world, message = sent(lane)
    [handle] = obligations(MESSAGE, charter(), world.case(message))
    assert handle.debtors == (IRN,)
    receipts = {message.digest: MINUTE_MS}
    assert owed(handle, receipts, MINUTE_MS + minutes * MINUTE_MS).view is View.OWED
    assert owed(handle, receipts, MINUTE_MS + minutes * MINUTE_MS + 1).view is View.OVERDUE


@pytest.mark.parametrize(("lane", "expected"), [(Lane.FLASH, ["message-too-long"]), (Lane.ROUTINE, [])])
def test_flash_and_immediate_have_200_words_at_most(lane: Lane, expected: list[str]) -> None:
    """ACP 121; a reply counts like the message it answers."""
    world, _ = sent()
    for name in ("send", "reply"):
        said = world.say(PAK, "message", name, lane=lane, portions=TEXT)
        assert [each.code for each in flags(MESSAGE, charter(), said.act, ["لفظ " * 201])] == expected


@pytest.mark.parametrize("kind", ["exercise", "operation", "project", "drill"])
def test_a_message_is_an_exercise_an_operation_a_project_or_a_drill(kind: str) -> None:
    """STANAG 4406 message types."""
    world, _ = sent()
    said = world.say(PAK, "message", "send", kind=kind, portions=TEXT)
    assert flags(MESSAGE, charter(), said.act) == []
    other = world.say(PAK, "message", "send", kind="rumour", portions=TEXT)
    assert [each.code for each in flags(MESSAGE, charter(), other.act)] == ["kind-unknown"]


@pytest.mark.parametrize(
    ("act", "fields", "state"),
    [
        ("open", {}, "opened"),
        ("acknowledge", {}, "acknowledged"),
        ("will comply", {}, "will comply"),
        ("have complied", {}, "complied"),
        ("cannot comply", {"reason": "not-possible"}, "refused"),
        ("decline", {"reason": "suspected-torture"}, "refused"),
        ("cannot process", {"reason": "untranslated"}, "not processed"),
        ("read by principal", {}, "sent"),
        ("reply", {}, "sent"),
        ("translate", {"language": "fa", "by": "translator", "checked": True}, "sent"),
    ],
)
def test_every_receipt_of_the_field_is_an_act_of_the_responder(act: str, fields: dict[str, str], state: str) -> None:
    """MIL-STD-2045-47001 receipts, with translated, read by principal and declined with reason."""
    world, message = sent()
    world.say(IRN, "message", act, [message], fields)
    assert world.case(message).state == state


def test_the_machine_receipt_is_no_act_and_opening_needs_no_officer() -> None:
    """2-line: the counterpart's cosignature is the receipt; 3-procedures: never an entry."""
    assert not [name for name in MESSAGE.acts if "receipt" in name]
    world, message = sent()
    world.say(IRN, "message", "open", [message], approvals=SERVICE_ONLY)
    assert world.case(message).state == "opened"


def test_a_refusal_names_its_reason() -> None:
    world, message = sent()
    for act in ("decline", "cannot comply", "cannot process"):
        bare = world.say(IRN, "message", act, [message])
        assert (world.of(bare, message).status, world.of(bare, message).because) == (Status.VOID, "field-missing")


def test_a_message_goes_from_opened_to_complied() -> None:
    world, message = sent()
    for act, state in (
        ("open", "opened"),
        ("acknowledge", "acknowledged"),
        ("will comply", "will comply"),
        ("have complied", "complied"),
    ):
        world.say(IRN, "message", act, [message])
        assert world.case(message).state == state
    dues = {each.duty: each for each in obligations(MESSAGE, charter(), world.case(message))}
    assert dues["comply"].met_by == world.case(message).acts[-1].held.digest


def test_what_will_be_done_has_no_clock_until_it_is_done() -> None:
    world, message = sent()
    will = world.say(IRN, "message", "will comply", [message])
    comply = next(each for each in obligations(MESSAGE, charter(), world.case(message)) if each.duty == "comply")
    assert owed(comply, {will.digest: 1}, 10**13).view is View.OWED


def test_every_reply_is_handled_and_answered_by_itself() -> None:
    world, message = sent(reply_by_ms=5_000)
    reply = world.say(IRN, "message", "reply", [message])
    world.meet()
    dues = obligations(MESSAGE, charter(), world.case(message))
    met = {(each.duty, each.since): (each.debtors, each.met_by) for each in dues}
    assert met == {
        ("handle", message.digest): ((IRN,), reply.digest),
        ("reply", message.digest): ((IRN,), reply.digest),
        ("handle", reply.digest): ((PAK,), ""),
    }
    due = next(each for each in dues if each.duty == "reply")
    assert owed(due, {message.digest: 1, reply.digest: 5_001}, 9_000).view is View.MET_LATE


def test_what_was_complied_with_stays_complied_with_though_withdrawn_at_once() -> None:
    world, message = sent()
    world.say(PAK, "message", WITHDRAW, [message], {"reason": "error"})
    world.say(IRN, "message", "have complied", [message])
    world.meet()
    assert world.case(message).state == "complied"


def test_two_thousand_messages_in_one_case_fold_to_one_state() -> None:
    world, message = sent()
    for turn in range(2_000):
        world.say((PAK, IRN)[turn % 2], "message", "reply", [message])
        if not turn % 7:
            world.meet()
    case = world.case(message)
    assert len(case.acts) == 2_001
    assert {each.status for each in case.acts} == {Status.EFFECTIVE}
    assert len(obligations(MESSAGE, charter(), case)) == 2_001
