"""Stop request: one key press, FLASH, rings until answered, the answer mandatory, nothing suspends it."""

import pytest

from rabita.line.ids import Lane
from rabita.procedures.engine.check import check, flags
from rabita.procedures.engine.definition import WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed, ringing
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.stop_request import STOP_REQUEST
from tests.procedures.world import IRN, OFFICERS, PAK, World, charter

MINUTE_MS = 60_000


def asked() -> tuple[World, Held]:
    world = World()
    stop = world.say(PAK, "stop request", "stop", lane=Lane.FLASH)
    world.meet()
    return world, stop


def answer(world: World, stop: Held, act: str) -> Held:
    fields = {"reason": "not-possible"} if act == "cannot comply" else {}
    return world.say(IRN, "stop request", act, [stop], fields, Lane.FLASH)


def test_it_opens_with_one_key_press() -> None:
    """Nothing has to be filled in, and one officer may send it where his side's policy says so."""
    world = World()
    stop = world.say(PAK, "stop request", "stop", lane=Lane.FLASH, approvals=OFFICERS[:1])
    check(STOP_REQUEST, charter(), None, stop.act, approvals=OFFICERS[:1])
    assert world.case(stop).state == "asked"


def test_it_is_flash_and_a_slower_one_still_stops() -> None:
    world = World()
    slow = world.say(PAK, "stop request", "stop", lane=Lane.ROUTINE)
    assert [each.code for each in flags(STOP_REQUEST, charter(), slow.act)] == ["precedence-not-allowed"]
    assert world.case(slow).state == "asked"


@pytest.mark.parametrize("act", ["will comply", "cannot comply", "have complied"])
def test_it_rings_until_it_is_answered_and_the_answer_is_mandatory(act: str) -> None:
    world, stop = asked()
    [ring] = ringing(obligations(STOP_REQUEST, charter(), world.case(stop)))
    assert (ring.duty, ring.debtors) == ("answer", (IRN,))
    assert owed(ring, {stop.digest: 1}, 10 * MINUTE_MS + 2).view is View.OVERDUE
    answer(world, stop, act)
    assert ringing(obligations(STOP_REQUEST, charter(), world.case(stop))) == []


def test_there_is_no_maybe() -> None:
    responder = {name for name, rule in STOP_REQUEST.acts.items() if rule.who == "responder"}
    assert responder == {"will comply", "cannot comply", "have complied"}
    world, stop = asked()
    bare = world.say(IRN, "stop request", "cannot comply", [stop], lane=Lane.FLASH)
    assert world.of(bare, stop).because == "field-missing"


def test_will_comply_then_have_complied_then_lifted() -> None:
    world, stop = asked()
    for act, state in (("will comply", "will comply"), ("have complied", "complied")):
        answer(world, stop, act)
        assert world.case(stop).state == state
    world.meet()
    world.say(PAK, "stop request", "lift", [stop], lane=Lane.FLASH)
    assert world.case(stop).state == "lifted"


def test_who_cannot_may_find_that_he_can() -> None:
    world, stop = asked()
    for act, state in (("cannot comply", "cannot comply"), ("will comply", "will comply"), ("cannot comply",) * 2):
        answer(world, stop, act)
        assert world.case(stop).state == state


@pytest.mark.parametrize("act", ["will comply", "cannot comply", "have complied"])
def test_a_lift_that_crosses_an_answer_lifts(act: str) -> None:
    world, stop = asked()
    lift = world.say(PAK, "stop request", "lift", [stop], lane=Lane.FLASH)
    crossed = answer(world, stop, act)
    world.meet()
    assert world.case(stop).state == "lifted"
    assert (world.of(lift, stop).status, world.of(crossed, stop).status) == (Status.EFFECTIVE, Status.CROSSED)


def test_it_cannot_be_suspended_and_ends_by_lifting_alone() -> None:
    assert not STOP_REQUEST.suspendable
    world, stop = asked()
    world.say(PAK, "stop request", WITHDRAW, [stop], {"reason": "error"}, Lane.FLASH)
    assert world.case(stop).state == "asked"
