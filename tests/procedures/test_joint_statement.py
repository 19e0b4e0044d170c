"""Joint statement, clause by clause: redlines, both signatures on one digest in all languages, publication."""

from typing import Any, Final

import pytest

from rabita.line.entry import SENT, WITHHELD, PortionRef
from rabita.line.errors import UserFault
from rabita.procedures.engine.check import check
from rabita.procedures.engine.coded import Signs
from rabita.procedures.engine.definition import WITHDRAW
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.joint_statement import JOINT_STATEMENT, Publishes, adopted, check_joint_statement
from rabita.procedures.rules import RuleFacts
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.world import IRN, PAK, World

DAY_MS: Final = 86_400_000
ADOPTED_MS: Final = 1_705_900_000_000


def text(digit: str, language: str, state: str = SENT) -> PortionRef:
    return PortionRef(digest=digit * 64, state=state, marking="", language=language)


def texts(digit: str = "1") -> tuple[PortionRef, ...]:
    return tuple([text(digit, language) for language in ("en", "ur", "fa")])


def drafted(portions: tuple[PortionRef, ...] = texts(), **fields: Any) -> tuple[World, Held]:  # noqa: ANN401 - a field
    world = World()
    draft = world.say(PAK, "joint statement", "draft", fields={"occasion": "visit", **fields}, portions=portions)
    world.meet()
    return world, draft


def redline(world: World, code: str, of: Held, portions: tuple[PortionRef, ...] = texts("2")) -> Held:
    held = world.say(code, "joint statement", "redline", [of], {"occasion": "visit"}, portions=portions)
    world.meet()
    return held


def adopt(world: World, code: str, text_act: Held) -> Held:
    return world.say(code, "joint statement", "adopt", [text_act], {"digest": text_act.digest})


def publish(world: World, code: str, text_act: Held, at_ms: int = ADOPTED_MS) -> Held:
    fields = {"statement": text_act.digest, "at_ms": at_ms}
    return world.say(code, "joint statement", "publish", [text_act], fields)


def test_draft_then_redline_and_redline() -> None:
    """3-procedures, joint statement: draft -> redline <-> redline, each by the side whose text it is not."""
    world, draft = drafted()
    first = redline(world, IRN, draft)
    second = redline(world, PAK, first)
    assert {world.of(each, draft).status for each in (first, second)} == {Status.EFFECTIVE}
    assert world.case(draft).state == "redlined"
    own = redline(world, PAK, second)
    assert world.of(own, draft).because == "not-your-act"


def test_adopted_when_both_have_signed_the_same_digest_and_never_by_one() -> None:
    """3-procedures, joint things need both: it exists when both have signed the same digest, never by one's word."""
    world, draft = drafted()
    counter = redline(world, IRN, draft)
    adopt(world, PAK, draft)
    adopt(world, IRN, counter)
    world.meet()
    assert world.case(draft).state == "redlined"
    assert adopted(world.case(draft)) == ()
    adopt(world, PAK, counter)
    world.meet()
    assert world.case(draft).state == "adopted"
    [stands] = adopted(world.case(draft))
    assert (stands.digest, stands.texts) == (counter.digest, texts("2"))
    assert len(set(stands.signed_by)) == 2


def test_what_is_adopted_is_every_language_of_one_act() -> None:
    """3-procedures, joint statement: adopt (both, same digest, all languages)."""
    world, draft = drafted(texts()[:2])
    assert flagged(ruled(world, draft)) == ["language-lacking"]
    assert [(each.code, each.detail) for each in ruled(world, adopt(world, IRN, draft))] == [("language-lacking", "fa")]
    whole = redline(world, IRN, draft, texts())
    assert ruled(world, adopt(world, PAK, whole)) == ()


def test_parallel_texts_are_one_per_language_and_paragraph_for_paragraph() -> None:
    """3-procedures, joint statement: parallel texts."""
    world, draft = drafted((*texts(), text("7", "fa")))
    assert refused(ruled(world, draft)) == ["language-twice"]
    world, draft = drafted()
    assert flagged(ruled(world, draft, texts={"text": ("a\n\nb", "a", "a\n\nb")})) == ["texts-not-parallel"]


def test_nothing_of_the_text_is_withheld() -> None:
    """3-procedures, joint things: both sign what both can read."""
    world, draft = drafted((text("1", "en", WITHHELD),))
    assert draft.act is not None
    with pytest.raises(UserFault, match="portion-not-allowed"):
        check(JOINT_STATEMENT, world.charters[1], None, draft.act)


def test_a_withdrawal_before_the_others_signature_counts_and_a_concurrent_one_loses() -> None:
    """3-procedures, joint things: it stands without a withdrawal among what was held; a concurrent one loses."""
    world, draft = drafted()
    signed = adopt(world, PAK, draft)
    world.say(PAK, "joint statement", WITHDRAW, [signed], {"reason": "error"})
    world.meet()
    adopt(world, IRN, draft)
    world.meet()
    assert adopted(world.case(draft)) == ()
    world, draft = drafted()
    signed = adopt(world, PAK, draft)
    world.meet()
    world.say(PAK, "joint statement", WITHDRAW, [signed], {"reason": "error"})
    adopt(world, IRN, draft)
    world.meet()
    assert len(adopted(world.case(draft))) == 1


def test_nobody_signs_two_texts_at_once() -> None:
    """3-procedures, joint things: one statement; a second signature needs the first withdrawn."""
    world, draft = drafted()
    counter = redline(world, IRN, draft)
    first = adopt(world, PAK, draft)
    world.meet()
    assert refused(ruled(world, adopt(world, PAK, counter))) == ["statement-signed"]
    world.say(PAK, "joint statement", WITHDRAW, [first], {"reason": "superseded"})
    assert ruled(world, adopt(world, IRN, draft)) == ()


def test_published_is_the_adopted_text_and_no_other() -> None:
    """3-procedures, joint statement: adopt -> published; the text on the verification page is the one both signed."""
    world, draft = drafted()
    counter = redline(world, IRN, draft)
    early = publish(world, PAK, counter)
    assert world.of(early, draft).because == "wrong-state"
    assert refused(ruled(world, early)) == ["statement-foreign"]
    for code in (PAK, IRN):
        adopt(world, code, counter)
    world.meet()
    assert refused(ruled(world, publish(world, PAK, draft))) == ["statement-foreign"]
    assert refused(
        ruled(world, world.say(IRN, "joint statement", "publish", [counter], {"statement": "9" * 64, "at_ms": 0}))
    ) == ["statement-foreign"]
    assert ruled(world, publish(world, PAK, counter)) == ()
    publish(world, IRN, counter)
    world.meet()
    assert world.case(draft).state == "published"


def test_neither_side_publishes_before_the_hour_the_text_names() -> None:
    """3-procedures, joint statement: published together; the hour is in what both signed."""
    world, draft = drafted(embargo_ms=ADOPTED_MS + DAY_MS)
    for code in (PAK, IRN):
        adopt(world, code, draft)
    world.meet()
    assert refused(ruled(world, publish(world, IRN, draft))) == ["statement-embargo"]
    assert ruled(world, publish(world, IRN, draft, ADOPTED_MS + DAY_MS)) == ()


def test_giving_it_up_ends_it_unless_both_had_signed() -> None:
    """3-procedures, joint things: nothing arriving later undoes what stands."""
    world, draft = drafted()
    world.say(IRN, "joint statement", "break off", [draft], {"reason": "not-agreed"})
    redline(world, IRN, draft)
    assert world.case(draft).state == "broken off"
    world, draft = drafted()
    adopt(world, PAK, draft)
    world.meet()
    adopt(world, IRN, draft)
    world.say(PAK, "joint statement", "break off", [draft], {"reason": "policy"})
    world.meet()
    assert world.case(draft).state == "adopted"


def test_every_text_asks_the_other_side_for_an_answer() -> None:
    """3-procedures: what each side owes; without a date it shows days open and is never overdue."""
    world, draft = drafted()
    [due] = obligations(JOINT_STATEMENT, world.charters[1], world.case(draft))
    view = owed(due, {draft.digest: ADOPTED_MS}, ADOPTED_MS + 100 * DAY_MS)
    assert (due.debtors, view.view, view.days_open) == ((IRN,), View.OWED, 100)
    counter = redline(world, IRN, draft)
    assert [
        each.debtors for each in obligations(JOINT_STATEMENT, world.charters[1], world.case(draft)) if not each.met_by
    ] == [(PAK,)]
    assert world.case(draft).acts[1].held.digest == counter.digest


def test_the_points_a_text_makes_are_codes_of_the_annex() -> None:
    """3-procedures, joint statement: press reports are compared to it by what it says, coded."""
    world, draft = drafted(points=["return-of-ambassadors", "visit-of-ministers"])
    assert draft.act is not None
    check(JOINT_STATEMENT, world.charters[1], None, draft.act)


def test_rules_of_an_act_without_what_it_names_find_what_they_can() -> None:
    """What is not held is no text in any language; an act whose case is not held has nothing to be measured against."""
    world, draft = drafted()
    stray = world.say(PAK, "joint statement", "adopt", [draft], {"digest": "9" * 64})
    assert refused(ruled(world, stray)) == ["language-lacking"] * 3
    assert stray.act is not None
    for fields in (Signs(digest=draft.digest), Publishes(statement=draft.digest, at_ms=0)):
        assert check_joint_statement(RuleFacts(act=stray.act, fields=fields, charter=world.charters[1], now_ms=0)) == ()
