"""The engine's rules E11 to E16: approvals, results that need both sides, corrections, suspension, charters."""

from itertools import combinations

import pytest

from rabita.line.ids import Lane, LogId
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.compute import suspensions_of
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import FOREIGN_MINISTRY, Approved, Extent, Held, complete, extent_of
from tests.procedures.toy import TOYS, Whole
from tests.procedures.world import CONSENTING, IRN, OFFICERS, PAK, SERVICE_ONLY, World, charter

ONE = {"kind": "one-thing"}
ERROR = {"reason": "error"}


def drafted() -> tuple[World, Held, Held]:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE)
    draft = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    return world, offer, draft


def sign(world: World, author: str, draft: Held, lane: Lane = Lane.ROUTINE) -> Held:
    return world.say(author, "deal", "sign", [draft], {"digest": draft.digest}, lane)


def stands(world: World, offer: Held, code: str = "") -> bool:
    return world.case(offer, code).stands("text")


def test_e11_an_act_takes_effect_when_an_officer_s_approval_is_verified() -> None:
    world, offer, _ = drafted()
    unsigned = world.say(IRN, "deal", "counter", [offer], approvals=())
    machine = world.say(IRN, "deal", "counter", [offer], approvals=SERVICE_ONLY)
    for each in (unsigned, machine):
        assert (world.of(each, offer).status, world.of(each, offer).because) == (Status.UNVERIFIED, "role-missing")
    world.say(IRN, "deal", "counter", [offer], approvals=OFFICERS[:1])
    assert world.case(offer).state == "countered"


def test_e11_what_a_node_may_do_by_itself_needs_its_own_approval_only() -> None:
    world, offer, _ = drafted()
    alone = world.say(IRN, "deal", "ping", [offer], approvals=())
    assert world.of(alone, offer).status is Status.UNVERIFIED
    machine = world.say(IRN, "deal", "ping", [offer], approvals=SERVICE_ONLY)
    assert world.of(machine, offer).status is Status.EFFECTIVE


@pytest.mark.parametrize(
    "approvals",
    [
        OFFICERS,
        (*OFFICERS, Approved("second releaser", "44")),
        (Approved(FOREIGN_MINISTRY, "11"), *OFFICERS),
        (Approved(FOREIGN_MINISTRY, "33"), OFFICERS[0]),
        (Approved(FOREIGN_MINISTRY, "33"), OFFICERS[0], SERVICE_ONLY[0]),
    ],
)
def test_e11_a_consent_act_needs_the_foreign_ministry_and_two_more_officers(approvals: tuple[Approved, ...]) -> None:
    """3-procedures: approved by the foreign-ministry role and two officers, never a single-officer FLASH."""
    world, offer, draft = drafted()
    for code in (PAK, IRN):
        sign(world, code, draft)
    world.meet()
    short = world.say(PAK, "deal", "publish", [offer], lane=Lane.FLASH, approvals=approvals)
    assert world.of(short, offer).status is Status.UNVERIFIED
    world.say(PAK, "deal", "publish", [offer], approvals=CONSENTING)
    assert world.case(offer).state == "published"


def test_e11_while_the_opening_act_is_not_in_effect_the_acts_after_it_wait() -> None:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE, approvals=())
    world.meet()
    counter = world.say(IRN, "deal", "counter", [offer])
    assert (world.of(counter, offer).status, world.of(counter, offer).because) == (
        Status.WAITING,
        "opening-not-in-force",
    )
    assert world.case(offer).state == ""


def test_e12_no_joint_result_by_one_side_s_word() -> None:
    world, offer, draft = drafted()
    sign(world, PAK, draft)
    sign(world, PAK, draft, Lane.FLASH)
    assert world.case(offer).joint == ()
    assert world.case(offer).state == "offered"


def test_e12_a_joint_result_exists_when_both_have_signed_the_same_digest() -> None:
    world, offer, draft = drafted()
    other = world.say(IRN, "deal", "draft", [offer])
    world.meet()
    sign(world, PAK, draft)
    sign(world, IRN, other)
    world.meet()
    assert world.case(offer).joint == ()
    sign(world, IRN, draft)
    world.meet()
    assert stands(world, offer)
    assert world.case(offer).state == "signed"


def test_e12_what_is_signed_is_a_draft_of_this_case_named_in_the_basis() -> None:
    world, offer, draft = drafted()
    another = world.say(PAK, "deal", "offer", fields=ONE)
    foreign = world.say(PAK, "deal", "draft", [another])
    note = world.say(PAK, "deal", "note", [offer])
    broken = world.say(PAK, "deal", "draft", [offer], {"colour": "red"})
    world.meet()
    for code in (PAK, IRN):
        world.say(code, "deal", "sign", [draft, foreign], {"digest": foreign.digest})
        world.say(code, "deal", "sign", [note], {"digest": note.digest})
        world.say(code, "deal", "sign", [broken], {"digest": broken.digest})
        unnamed = world.say(code, "deal", "sign", [offer], {"digest": draft.digest})
        assert world.of(unnamed, offer).because == "field-invalid"
    world.meet()
    assert world.case(offer).joint == ()


def test_e12_the_state_the_signatures_came_in_does_not_matter() -> None:
    world, offer, draft = drafted()
    first = sign(world, PAK, draft)
    world.say(IRN, "deal", "take", [offer])
    second = sign(world, IRN, draft)
    world.meet()
    assert stands(world, offer)
    assert world.case(offer).state == "signed"
    assert world.of(first, offer).status is world.of(second, offer).status is Status.EFFECTIVE


def test_e12_a_result_does_not_take_a_later_state_back() -> None:
    world, offer, draft = drafted()
    for code in (PAK, IRN):
        sign(world, code, draft)
    other = world.say(PAK, "deal", "draft", [offer])
    world.meet()
    world.say(PAK, "deal", "publish", [offer], approvals=CONSENTING)
    for code in (PAK, IRN):
        sign(world, code, other)
    world.meet()
    assert world.case(offer).state == "published"
    assert [each.digest for each in world.case(offer).joint] == sorted([draft.digest, other.digest])


def test_e12_an_unverified_signature_does_not_count() -> None:
    world, offer, draft = drafted()
    sign(world, PAK, draft)
    world.say(IRN, "deal", "sign", [draft], {"digest": draft.digest}, approvals=SERVICE_ONLY)
    assert world.case(offer).joint == ()


def test_e13_it_stands_once_everything_its_signers_had_before_them_is_held() -> None:
    world, offer, draft = drafted()
    urgent = world.say(IRN, "deal", "note", [offer], lane=Lane.FLASH)
    theirs = sign(world, IRN, draft)
    world.deliver(PAK, Lane.ROUTINE)
    ours = sign(world, PAK, draft)
    early = [offer, draft, theirs, ours]
    case = world.compute(early).cases[offer.digest]
    assert [(each.name, each.stands) for each in case.joint] == [("text", False)]
    assert case.state == "offered"
    assert world.compute([*early, urgent]).cases[offer.digest].stands("text")


def test_e13_every_part_of_what_was_under_a_signature_is_asked_for() -> None:
    world, offer, draft = drafted()
    theirs = world.say(IRN, "deal", "note", [offer])
    world.meet()
    ours = sign(world, PAK, draft)
    whole = extent_of(world.all())
    assert complete(ours, IRN, whole)
    log = LogId(IRN, 1, theirs.lane)
    assert not complete(ours, IRN, whole._replace(sizes={**whole.sizes, log: 0}))
    assert not complete(ours, IRN, whole._replace(orders={}))
    assert not complete(ours._replace(epoch=2, n=1), IRN, Extent({(PAK, 2): 1}, whole.sizes))
    assert complete(ours._replace(epoch=2, n=1), IRN, Extent({(PAK, 2): 1}, whole.sizes, {PAK: 2}))
    assert not complete(ours._replace(seen_epoch=2, seen=(0, 0, 0, 0, 0)), IRN, whole)


def test_e13_a_withdrawal_the_other_signer_had_seen_undoes_the_signature() -> None:
    world, offer, draft = drafted()
    ours = sign(world, PAK, draft)
    world.say(PAK, "deal", WITHDRAW, [ours], ERROR)
    world.meet()
    sign(world, IRN, draft)
    assert world.case(offer).joint == ()
    sign(world, PAK, draft)
    world.meet()
    assert stands(world, offer)


def test_e13_a_withdrawal_written_concurrently_loses() -> None:
    """3-procedures: a withdrawal written concurrently loses; nothing arriving later undoes it."""
    world, offer, draft = drafted()
    ours = sign(world, PAK, draft)
    world.deliver(IRN)
    withdrawal = world.say(PAK, "deal", WITHDRAW, [ours], ERROR)
    sign(world, IRN, draft)
    world.meet()
    assert stands(world, offer)
    found = world.of(withdrawal, offer)
    assert (found.status, found.because) == (Status.OVERTAKEN, "joint-result-stands")


def test_e13_a_withdrawal_of_the_draft_counts_if_a_signer_had_it_before_him() -> None:
    world, offer, draft = drafted()
    world.say(PAK, "deal", WITHDRAW, [draft], ERROR)
    world.meet()
    for code in (PAK, IRN):
        sign(world, code, draft)
    world.meet()
    assert world.case(offer).joint == ()


def test_e13_a_withdrawal_counts_whoever_approved_it_and_only_by_the_act_s_own_author() -> None:
    world, offer, draft = drafted()
    ours = sign(world, PAK, draft)
    world.say(PAK, "deal", WITHDRAW, [ours], ERROR, approvals=())
    world.meet()
    sign(world, IRN, draft)
    assert world.case(offer).joint == ()
    world, offer, draft = drafted()
    ours = sign(world, PAK, draft)
    world.deliver(IRN)
    world.say(IRN, "deal", WITHDRAW, [ours], ERROR)
    sign(world, IRN, draft)
    world.meet()
    assert stands(world, offer)


def test_e13_what_both_signed_can_be_neither_withdrawn_nor_corrected() -> None:
    world, offer, draft = drafted()
    ours, _ = sign(world, PAK, draft), sign(world, IRN, draft)
    world.meet()
    for act in (ours, draft):
        for name, fields in ((WITHDRAW, ERROR), (CORRECT, {**ERROR, "fields": {}})):
            late = world.say(PAK, "deal", name, [act], fields)
            assert world.of(late, offer).because == "joint-result-stands"
    assert stands(world, offer)
    assert world.of(draft, offer).withdrawn_by == ""


def test_e13_what_stands_keeps_standing_in_every_larger_set() -> None:
    world, offer, draft = drafted()
    ours = sign(world, PAK, draft)
    world.say(PAK, "deal", WITHDRAW, [ours], ERROR, Lane.FLASH)
    world.say(IRN, "deal", "take", [offer], lane=Lane.FLASH)
    sign(world, IRN, draft)
    world.meet()
    world.say(PAK, "deal", "drop", [offer])
    sign(world, PAK, draft)
    world.say(IRN, "deal", "drop", [offer])
    entries = world.all()
    known: dict[frozenset[str], bool] = {}
    for size in range(1, len(entries) + 1):
        for some in combinations(entries, size):
            if offer in some:
                key = frozenset(each.digest for each in some)
                known[key] = world.compute(some).cases[offer.digest].stands("text")
                smaller = [known.get(key - {digest}, False) for digest in key]
                assert known[key] or not any(smaller)
    assert any(known.values())


def test_e14_a_correction_replaces_the_fields_and_keeps_what_was_said() -> None:
    world, offer, _ = drafted()
    again = [
        world.say(PAK, "deal", CORRECT, [offer], {**ERROR, "fields": {"kind": "another", "limit": limit}})
        for limit in (1, 2)
    ]
    found = world.of(offer, offer)
    assert isinstance(found.corrected, Whole)
    assert isinstance(found.fields, Whole)
    assert (found.fields.kind, found.fields.limit) == ("one-thing", 0)
    assert (found.corrected.kind, found.corrected.limit) == ("another", 2)
    assert found.corrections == tuple(each.digest for each in again)
    assert world.case(offer).state == "offered"


@pytest.mark.parametrize("name", [CORRECT, WITHDRAW])
def test_e14_only_the_author_of_an_act_changes_its_word(name: str) -> None:
    world, offer, _ = drafted()
    foreign = world.say(IRN, "deal", name, [offer], {**ERROR, "fields": ONE} if name == CORRECT else ERROR)
    assert (world.of(foreign, offer).status, world.of(foreign, offer).because) == (Status.VOID, "target-not-own")


def test_e14_a_correction_must_fit_the_act_and_a_signature_has_none() -> None:
    world, offer, draft = drafted()
    signed = sign(world, PAK, draft)
    fix = world.say(PAK, "deal", CORRECT, [offer], {**ERROR, "fields": ONE})
    odd = world.say(PAK, "deal", "shout", [offer])
    for target, fields in ((offer, {"kind": "third"}), (signed, {"digest": "a" * 64}), (fix, {}), (odd, {})):
        wrong = world.say(PAK, "deal", CORRECT, [target], {**ERROR, "fields": fields})
        assert world.of(wrong, offer).because == "correction-unfit"


def test_e14_a_withdrawn_act_is_left_out_of_views_and_of_what_both_must_do() -> None:
    world, offer, _ = drafted()
    drop = world.say(PAK, "deal", "drop", [offer])
    withdrawal = world.say(PAK, "deal", WITHDRAW, [drop], ERROR)
    world.meet()
    world.say(IRN, "deal", "drop", [offer])
    world.meet()
    assert world.case(offer).state == "offered"
    assert world.of(drop, offer).withdrawn_by == withdrawal.digest
    assert [each.held.author for each in world.case(offer).effective("drop")] == [IRN]
    world.say(PAK, "deal", "drop", [offer])
    assert world.case(offer).state == "dropped"


def test_e14_withdrawing_the_opening_act_ends_the_case_once() -> None:
    world, offer, _ = drafted()
    world.say(PAK, "deal", WITHDRAW, [offer], ERROR)
    assert world.case(offer).state == "withdrawn"
    again = world.say(PAK, "deal", WITHDRAW, [offer], ERROR)
    assert world.of(again, offer).status is Status.EFFECTIVE
    world, offer, _ = drafted()
    world.say(IRN, "deal", "take", [offer])
    world.meet()
    world.say(PAK, "deal", WITHDRAW, [offer], ERROR)
    world.say(IRN, "deal", WITHDRAW, [offer], ERROR)
    assert world.case(offer).state == "taken"


def test_e15_an_act_of_a_suspended_procedure_is_void_if_its_author_had_seen_it() -> None:
    """3-procedures, suspension: acts whose ``seen`` predates it stay valid."""
    world, offer, _ = drafted()
    pause = world.say(PAK, "pause", "announce", fields={"procedures": ["deal"]})
    blind = world.say(IRN, "deal", "note", [offer])
    world.meet()
    seeing = world.say(IRN, "deal", "note", [offer])
    own = world.say(PAK, "deal", "note", [offer])
    world.say(PAK, "pause", "resume", [pause])
    world.meet()
    after = world.say(IRN, "deal", "note", [offer])
    assert world.of(blind, offer).status is world.of(after, offer).status is Status.EFFECTIVE
    assert world.of(seeing, offer).because == world.of(own, offer).because == "procedure-suspended"


def test_e15_what_is_not_named_or_never_suspended_passes() -> None:
    world, offer, draft = drafted()
    world.say(PAK, "pause", "announce", fields={"procedures": ["deal", "pause"]})
    world.meet()
    fix = world.say(PAK, "deal", CORRECT, [offer], {**ERROR, "fields": ONE})
    for code in (PAK, IRN):
        sign(world, code, draft)
    other = world.say(PAK, "pause", "announce", fields={"procedures": []})
    world.meet()
    assert world.of(fix, offer).status is Status.EFFECTIVE
    assert stands(world, offer)
    assert world.case(other).state == "on"


def test_e15_only_the_procedure_that_announces_suspensions_is_read_for_them() -> None:
    world, offer, _ = drafted()
    world.say(PAK, "pause", "announce", fields={"procedures": ["deal"]}, approvals=())
    assert suspensions_of(TOYS.procedures["deal"], [world.case(offer)]) == []
    world.meet()
    note = world.say(IRN, "deal", "note", [offer])
    assert world.of(note, offer).status is Status.EFFECTIVE


def test_e16_a_case_keeps_the_charter_of_its_opening_act() -> None:
    world, offer, _ = drafted()
    world.charters[2] = charter(2, catalogue="2")
    world.say(IRN, "deal", "counter", [offer], version=2)
    assert world.case(offer).state == "countered"


def test_e16_what_this_version_cannot_compute_shows_no_state() -> None:
    world, _, _ = drafted()
    world.charters[2] = charter(2, catalogue="2")
    for version in (2, 3):
        offer = world.say(PAK, "deal", "offer", fields=ONE, version=version)
        case = world.case(offer)
        assert (case.computed, case.state, case.acts) == (False, "", ())
        barter = world.say(PAK, "barter", "offer", version=version)
        assert world.compute(world.all()).stray[barter.digest] == "not-computed"


def test_fields_of_an_act_without_any_are_the_common_ones() -> None:
    world, offer, _ = drafted()
    note = world.say(IRN, "deal", "note", [offer])
    assert world.of(note, offer).fields == Coded()


def test_e12_signed_over_and_over_every_order_names_the_same_pair() -> None:
    world, offer, draft = drafted()
    for code in (IRN, IRN, PAK, PAK, IRN):
        sign(world, code, draft, Lane.FLASH)
    world.meet()
    entries = world.all()
    pairs = {world.compute(each).cases[offer.digest].joint for each in (entries, entries[::-1], sorted(entries))}
    assert len(pairs) == 1
