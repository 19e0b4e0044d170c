"""Readout, clause by clause: the account before it is published, three answers, and the difference that stays."""

from typing import Any, Final

import pytest

from rabita.line.entry import SENT, WITHHELD, PortionRef
from rabita.line.errors import UserFault
from rabita.procedures.engine.check import check
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.duties import obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.readout import ANSWERS, READOUT, Record, check_readout, record
from rabita.procedures.rules import RuleFacts
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.world import IRN, PAK, World

HOUR_MS: Final = 3_600_000
MET_MS: Final = 1_706_500_000_000
AFTER_MS: Final = MET_MS + 6 * HOUR_MS
OFFERED: Final[dict[str, Any]] = {
    "of": "meeting",
    "happened": {"start_ms": MET_MS, "end_ms": MET_MS + HOUR_MS},
    "publish_after_ms": AFTER_MS,
}


def text(digit: str, language: str = "en", state: str = SENT) -> PortionRef:
    return PortionRef(digest=digit * 64, state=state, marking="", language=language)


ALL: Final = (text("1"), text("2", "ur"), text("3", "fa"))


def offered(portions: tuple[PortionRef, ...] = ALL, **changes: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    offer = world.say(PAK, "readout", "offer", fields={**OFFERED, **changes}, portions=portions)
    world.meet()
    return world, offer


def answer(world: World, offer: Held, act: str) -> Held:
    fields = {} if act == "concur" else {"on": ["what-was-agreed", "date"]}
    portions = () if act == "concur" else (text("d"),)
    return world.say(IRN, "readout", act, [offer], fields, portions=portions)


def publish(world: World, offer: Held, at_ms: int = AFTER_MS) -> Held:
    return world.say(PAK, "readout", "publish", [offer], {"offer": offer.digest, "at_ms": at_ms})


def on_record(world: World, offer: Held) -> Record:
    found = record(world.case(offer))
    assert found is not None
    return found


def test_offer_one_sides_public_account_before_publication() -> None:
    """3-procedures, readout: the account is offered first, and nothing can be published that was not offered."""
    world, offer = offered()
    assert world.case(offer).state == "offered"
    assert on_record(world, offer).texts == ALL
    stray = world.say(PAK, "readout", "publish", [], {"offer": offer.digest, "at_ms": AFTER_MS})
    assert world.compute(world.all()).stray[stray.digest] == "case-missing"
    other = world.say(PAK, "readout", "publish", [offer], {"offer": "9" * 64, "at_ms": AFTER_MS})
    assert refused(ruled(world, other)) == ["readout-text"]


def test_the_text_goes_along_whole_and_is_never_withheld() -> None:
    """3-procedures, readout: shown to the other before publication."""
    for portions, code in (((), "portion-lacking"), ((text("1", state=WITHHELD),), "portion-not-allowed")):
        world, offer = offered(portions)
        assert offer.act is not None
        with pytest.raises(UserFault, match=code):
            check(READOUT, world.charters[1], None, offer.act)


@pytest.mark.parametrize("act", ANSWERS)
def test_concur_or_concur_except_or_not_our_account_then_published(act: str) -> None:
    """3-procedures, readout: concur / concur except / not our account -> published."""
    world, offer = offered()
    given = answer(world, offer, act)
    world.meet()
    before, after = ANSWERS[act]
    assert world.case(offer).state == before
    said = publish(world, offer, MET_MS)
    assert ruled(world, said) == ()
    assert world.case(offer).state == after
    kept = on_record(world, offer)
    assert kept.answer is not None
    assert (kept.answer.held.digest, kept.published is not None) == (given.digest, True)


def test_only_the_other_side_answers_and_only_the_offering_side_publishes() -> None:
    """3-procedures, readout: one side's account; the answer is the other's."""
    world, offer = offered()
    own = world.say(PAK, "readout", "concur", [offer])
    theirs = world.say(IRN, "readout", "publish", [offer], {"offer": offer.digest, "at_ms": AFTER_MS})
    assert [world.of(each, offer).because for each in (own, theirs)] == ["not-your-act", "not-your-act"]


@pytest.mark.parametrize("act", ["concur except", "not our account"])
def test_the_difference_stays_on_record_with_the_text(act: str) -> None:
    """3-procedures, readout: the difference stays on record with the text, after publication too."""
    world, offer = offered()
    answer(world, offer, act)
    world.meet()
    publish(world, offer)
    kept = on_record(world, offer)
    assert kept.texts == ALL
    assert kept.difference == (text("d"),)
    assert world.case(offer).state != "published"


def test_a_difference_has_its_words_and_its_kind() -> None:
    """3-procedures, readout: *concur except* says except what."""
    world, offer = offered()
    case = world.case(offer)
    for fields, portions, code in (
        ({}, (text("d"),), "field-missing"),
        ({"on": []}, (text("d"),), "field-invalid"),
        ({"on": ["date"]}, (), "portion-lacking"),
    ):
        given = world.say(IRN, "readout", "concur except", [offer], fields, portions=portions)
        assert given.act is not None
        with pytest.raises(UserFault, match=code):
            check(READOUT, world.charters[1], case, given.act)


def test_an_answer_crossed_by_the_publication_still_stands_with_the_text() -> None:
    """3-procedures: crossed acts resolve jointly; the difference stays on record with the text."""
    for act, (_, after) in ANSWERS.items():
        world, offer = offered()
        given = answer(world, offer, act)
        said = publish(world, offer)
        world.meet()
        assert world.case(offer).state == after
        assert {world.of(each, offer).status for each in (given, said)} == {Status.CROSSED}
        kept = on_record(world, offer)
        assert kept.answer is not None
        assert (kept.answer.held.digest, kept.published is not None) == (given.digest, True)


def test_published_unanswered_says_so_and_can_still_be_answered() -> None:
    """1-mechanism, M10: one side's media wing tells what both sides agreed; the other's difference can follow it."""
    world, offer = offered()
    publish(world, offer)
    world.meet()
    assert world.case(offer).state == "published unanswered"
    answer(world, offer, "not our account")
    assert world.case(offer).state == "published as one side's account"
    assert on_record(world, offer).difference


def test_unanswered_it_is_not_published_before_the_hour_the_offer_named() -> None:
    """3-procedures, readout: before publication; the hour is the offer's own, and the answer is owed by it."""
    world, offer = offered()
    assert refused(ruled(world, publish(world, offer, AFTER_MS - 1))) == ["readout-early"]
    assert ruled(world, publish(world, offer, AFTER_MS)) == ()
    [due] = obligations(READOUT, world.charters[1], world.case(offer))
    assert owed(due, {offer.digest: MET_MS}, AFTER_MS).due_ms == AFTER_MS
    world, offer = offered(publish_after_ms=0)
    assert refused(ruled(world, publish(world, offer, AFTER_MS * 2))) == ["readout-early"]


def test_a_revised_account_needs_its_own_answer() -> None:
    """3-procedures, readout: one concurs with a text, not with whatever comes after it."""
    world, offer = offered()
    answer(world, offer, "concur")
    world.meet()
    revised = world.say(PAK, "readout", "revise", [offer], OFFERED, portions=(text("4"), *ALL[1:]))
    world.meet()
    assert world.case(offer).state == "offered"
    assert on_record(world, offer).answer is None
    assert refused(ruled(world, publish(world, revised, MET_MS))) == ["readout-early"]
    assert refused(ruled(world, answer(world, offer, "concur"))) == ["readout-text"]
    assert ruled(world, answer(world, revised, "concur")) == ()


def test_a_revision_prevails_over_an_answer_it_crosses() -> None:
    """3-procedures: crossed acts are resolved jointly; the answer was to a text no longer offered."""
    world, offer = offered()
    answer(world, offer, "concur")
    revised = world.say(PAK, "readout", "revise", [offer], OFFERED, portions=ALL)
    world.meet()
    assert world.case(offer).state == "offered"
    assert on_record(world, offer).offer.held.digest == revised.digest


def test_parallel_languages_are_one_each_and_lacking_ones_are_shown() -> None:
    """3-procedures, language at 03:00: free text needs a translator and is flagged."""
    world, offer = offered((text("1"), text("2")))
    assert refused(ruled(world, offer)) == ["language-twice"]
    assert flagged(ruled(world, offer)) == ["language-lacking", "language-lacking"]
    world, offer = offered()
    assert ruled(world, offer, texts={"text": ("One.\n\nTwo.", "One.\n \nTwo.\n\n", "One.\n\nTwo.")}) == ()
    assert flagged(ruled(world, offer, texts={"text": ("One.\n\nTwo.", "One.")})) == ["texts-not-parallel"]


def test_corrections_keep_history_and_change_no_text() -> None:
    """3-procedures, release: a correction refers to what it corrects; the texts stay as they were offered."""
    world, offer = offered()
    fields = {"reason": "error", "fields": {**OFFERED, "of": "call"}}
    corrected = world.say(PAK, "readout", CORRECT, [offer], fields)
    assert ruled(world, corrected) == ()
    world.meet()
    said = publish(world, offer)
    world.meet()
    at_ms = {"reason": "error", "fields": {"offer": offer.digest, "at_ms": MET_MS}}
    assert refused(ruled(world, world.say(PAK, "readout", CORRECT, [said], at_ms))) == ["readout-early"]


def test_a_withdrawn_offer_leaves_nothing_on_record() -> None:
    """3-procedures, release: a withdrawal refers to the act; an account withdrawn before publication is none."""
    world, offer = offered()
    world.say(PAK, "readout", WITHDRAW, [offer], {"reason": "error"})
    assert world.case(offer).state == "withdrawn"
    assert record(world.case(offer)) is None
    late = answer(world, offer, "concur")
    assert ruled(world, late) == ()


def test_rules_of_an_act_without_its_case_find_nothing() -> None:
    """What no case is held for waits; there is nothing to measure it against."""
    world, offer = offered()
    given = answer(world, offer, "concur")
    assert given.act is not None
    fields = READOUT.rules["concur"].fields()
    assert check_readout(RuleFacts(act=given.act, fields=fields, charter=world.charters[1], now_ms=0)) == ()
