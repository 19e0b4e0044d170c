"""The engine's rule E18: what each side owes, from receipt to receipt; overdue and expired are views, never states."""

import msgspec
import pytest

from rabita.procedures.engine.definition import WITHDRAW
from rabita.procedures.engine.duties import Obligation, Owed, View, is_expired, obligations, owed, ringing
from rabita.procedures.engine.fold import fingerprint
from rabita.procedures.engine.held import Held
from tests.procedures.toy import DEAL, TOYS
from tests.procedures.world import IRN, PAK, World, charter

ONE = {"kind": "one-thing"}
TERMS = charter(deadlines_s={"deal-answer": 600})
MINUTE_MS = 60_000
DAY_MS = 86_400_000


def offered() -> tuple[World, Held]:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE)
    world.meet()
    return world, offer


def duty(world: World, offer: Held, name: str = "answer") -> Obligation:
    return next(each for each in obligations(DEAL, TERMS, world.case(offer)) if each.duty == name)


def view(world: World, offer: Held, receipts: dict[str, int], now_ms: int) -> Owed:
    return owed(duty(world, offer), receipts, now_ms)


def test_e18_the_clock_starts_with_the_first_receipt_and_stops_with_the_creditor_s() -> None:
    world, offer = offered()
    assert duty(world, offer).debtors == (IRN,)
    assert view(world, offer, {}, 10**9).view is View.UNSEEN
    receipts = {offer.digest: 1_000_000}
    due_ms = 1_000_000 + 10 * MINUTE_MS
    assert view(world, offer, receipts, due_ms).view is View.OWED
    assert view(world, offer, receipts, due_ms + 1).view is View.OVERDUE
    take = world.say(IRN, "deal", "take", [offer])
    assert view(world, offer, receipts, due_ms).view is View.OWED
    assert view(world, offer, receipts | {take.digest: due_ms}, 10**12).view is View.MET
    assert view(world, offer, receipts | {take.digest: due_ms + 1}, 10**12).view is View.MET_LATE


def test_e18_neither_side_gains_by_dating_an_act_back() -> None:
    """2-line, Time: a deadline's clock runs between receipts; the claimed time is shown as a claim."""
    world, offer = offered()
    take = world.say(IRN, "deal", "take", [offer])
    receipts = {offer.digest: 1_000, take.digest: 10_000_000}
    early = view(world, offer, receipts, 0)
    assert (early.view, early.since_ms, early.met_ms) == (View.MET_LATE, 1_000, 10_000_000)


def test_e18_overdue_is_never_a_state() -> None:
    world, offer = offered()
    before = fingerprint(world.case(offer))
    assert view(world, offer, {offer.digest: 1}, 10**15).view is View.OVERDUE
    assert fingerprint(world.case(offer)) == before


def test_e18_a_duty_without_a_date_shows_days_open_and_is_never_overdue() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    found = owed(duty(world, offer, "sign"), {text.digest: DAY_MS}, 400 * DAY_MS)
    assert (found.view, found.due_ms, found.days_open) == (View.OWED, 0, 399)
    assert duty(world, offer, "sign").debtors == (PAK, IRN)
    bare = obligations(DEAL, charter(deadlines_s={}), world.case(offer))[0]
    assert owed(bare, {offer.digest: 1}, 10**12).view is View.OWED


def test_e18_a_time_the_act_names_is_the_due_time() -> None:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields={"kind": "another", "due_ms": 5_000})
    world.meet()
    found = duty(world, offer, "by field")
    assert owed(found, {offer.digest: 1}, 5_000).view is View.OWED
    assert owed(found, {offer.digest: 1}, 5_001).view is View.OVERDUE
    world, offer = offered()
    assert [each.duty for each in obligations(DEAL, TERMS, world.case(offer))] == ["answer"]


def test_e18_each_act_with_a_reply_by_time_is_discharged_by_the_act_that_names_it() -> None:
    world, offer = offered()
    asked = [world.say(IRN, "deal", "note", [offer], reply_by_ms=9_000) for _ in range(2)]
    world.meet()
    reply = world.say(PAK, "deal", "note", [asked[1]])
    found = {each.since: each for each in obligations(DEAL, TERMS, world.case(offer)) if each.duty == "by reply"}
    assert set(found) == {each.digest for each in asked}
    assert (found[asked[0].digest].met_by, found[asked[1].digest].met_by) == ("", reply.digest)
    assert found[asked[0].digest].due_ms == 9_000


def test_e18_only_the_debtor_s_act_after_it_discharges_a_duty() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    world.say(IRN, "deal", "counter", [offer])
    world.meet()
    world.say(PAK, "deal", "counter", [world.all()[-1]])
    assert duty(world, offer).met_by != ""
    assert duty(world, offer, "sign").met_by == ""
    assert [each.duty for each in ringing(obligations(DEAL, TERMS, world.case(offer)))] == ["sign"]
    signed = world.say(PAK, "deal", "sign", [text], {"digest": text.digest})
    world.meet()
    assert duty(world, offer, "sign").met_by == signed.digest
    assert ringing(obligations(DEAL, TERMS, world.case(offer))) == []


def test_e18_an_act_without_effect_starts_and_discharges_nothing() -> None:
    world, offer = offered()
    world.say(IRN, "deal", "take", [offer], approvals=())
    assert duty(world, offer).met_by == ""


def test_e18_the_creditor_s_own_act_discharges_nothing() -> None:
    world, offer = offered()
    asked = world.say(IRN, "deal", "note", [offer], reply_by_ms=9_000)
    world.say(IRN, "deal", "note", [asked])
    assert duty(world, offer, "by reply").met_by == ""


def test_e18_an_act_that_crossed_the_request_discharges_nothing() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    other = world.say(IRN, "deal", "draft", [offer])
    world.deliver(IRN)
    world.say(IRN, "deal", "sign", [other], {"digest": other.digest})
    found = {each.since: each.met_by for each in obligations(DEAL, TERMS, world.case(offer)) if each.duty == "sign"}
    assert set(found) == {text.digest, other.digest}
    assert all(found.values())


@pytest.mark.parametrize("end", ["take", WITHDRAW])
def test_e18_nothing_is_owed_once_the_case_has_ended(end: str) -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    author, fields = (IRN, {}) if end == "take" else (PAK, {"reason": "error"})
    world.say(author, "deal", end, [offer], fields)
    assert owed(duty(world, offer, "sign"), {text.digest: 1}, 2).view is View.ENDED


def test_e18_a_withdrawn_request_is_no_longer_owed() -> None:
    world, offer = offered()
    text = world.say(PAK, "deal", "draft", [offer])
    world.say(PAK, "deal", WITHDRAW, [text], {"reason": "error"})
    assert duty(world, offer, "sign").ended


def test_e18_duties_are_listed_in_the_order_in_which_they_arose() -> None:
    world, offer = offered()
    texts = [world.say(PAK, "deal", "draft", [offer]) for _ in range(3)]
    found = [each.since for each in obligations(DEAL, TERMS, world.case(offer))]
    assert found == [offer.digest, *(each.digest for each in texts)]


def test_e18_expired_is_a_view_of_the_act_s_own_expiry() -> None:
    _, offer = offered()
    act = msgspec.structs.replace(offer.act, expires_ms=100)
    assert (is_expired(act, 100), is_expired(act, 101), is_expired(offer.act, 101)) == (False, True, False)
