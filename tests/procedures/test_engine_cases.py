"""The engine's rules E1 to E10: which acts make a case, in what order they fold, what became of each."""

from itertools import permutations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.ids import PRECEDENCES, Lane
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.fold import Status, fingerprint
from rabita.procedures.engine.gather import gather
from rabita.procedures.engine.held import UNREAD, Held, covers, extent_of
from rabita.procedures.engine.order import steps
from tests.procedures.toy import TOYS
from tests.procedures.world import IRN, PAK, World

ONE = {"kind": "one-thing"}


def offered() -> tuple[World, Held]:
    world = World(TOYS)
    offer = world.say(PAK, "deal", "offer", fields=ONE)
    world.meet()
    return world, offer


def test_e1_state_is_the_same_for_every_order_of_arrival() -> None:
    world, offer = offered()
    for code in (IRN, PAK):
        world.say(code, "deal", "counter", [offer])
        world.say(code, "deal", "note", [offer])
    world.meet()
    entries = world.all()
    prints = {fingerprint(world.compute(list(each)).cases[offer.digest]) for each in permutations(entries)}
    assert len(prints) == 1


def test_e1_neither_party_wins_by_its_name() -> None:
    """The same play with the sides exchanged gives the same states (3-procedures: neither wins by its name)."""

    def play(opener: str, responder: str) -> list[tuple[str, str]]:
        world = World(TOYS)
        offer = world.say(opener, "deal", "offer", fields=ONE)
        world.meet()
        counter = world.say(responder, "deal", "counter", [offer])
        world.meet()
        world.say(opener, "deal", "take", [counter])
        world.say(responder, "deal", "counter", [offer])
        world.meet()
        case = world.case(offer)
        return [*sorted((each.act, str(each.status)) for each in case.acts), ("state", case.state)]

    assert play(PAK, IRN) == play(IRN, PAK)


def test_e4_the_same_bytes_are_one_act_at_its_earliest_place() -> None:
    world, offer = offered()
    note = world.say(IRN, "deal", "note", [offer])
    again = world.seal(note.act)
    world.meet()
    [found] = [each for each in world.case(offer).acts if each.act == "note"]
    assert again.digest == note.digest
    assert found.held.n == note.n


def test_e4_other_bytes_under_a_used_id_are_void_wherever_they_arrive() -> None:
    world, offer = offered()
    first = world.say(IRN, "deal", "note", [offer], id="f" * 32)
    second = world.say(IRN, "deal", "counter", [offer], id="f" * 32, lane=Lane.FLASH)
    world.meet()
    assert world.of(first, offer).status is Status.EFFECTIVE
    assert (world.of(second, offer).status, world.of(second, offer).because) == (Status.VOID, "act-id-reused")
    assert world.case(offer).state == "offered"


def test_e5_an_act_waits_until_all_its_basis_is_held() -> None:
    world, offer = offered()
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    take = world.say(PAK, "deal", "take", [counter])
    entries = [offer, take]
    found = world.compute(entries)
    assert found.waiting == {take.digest: counter.digest}
    assert found.cases[offer.digest].state == "offered"
    assert world.compute([take]).waiting == {take.digest: counter.digest}
    assert world.case(offer).state == "taken"


def test_e5_what_answers_a_waiting_act_waits_for_the_same() -> None:
    world, offer = offered()
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    take = world.say(PAK, "deal", "take", [counter])
    world.meet()
    note = world.say(IRN, "deal", "note", [take])
    assert world.compute([offer, take, note]).waiting == dict.fromkeys([take.digest, note.digest], counter.digest)


def test_e5_other_bases_are_references() -> None:
    world, offer = offered()
    other = world.say(PAK, "deal", "offer", [offer], fields=ONE)
    pause = world.say(PAK, "pause", "announce", fields={"procedures": []})
    world.meet()
    take = world.say(IRN, "deal", "take", [pause, offer, other])
    assert world.case(offer).state == "taken"
    assert world.case(other).state == "offered"
    assert take.digest not in [each.held.digest for each in world.case(other).acts]


def test_e5_an_act_that_opens_nothing_and_answers_nothing_is_in_no_case() -> None:
    world, offer = offered()
    lonely = world.say(IRN, "deal", "take")
    follower = world.say(IRN, "deal", "note", [lonely])
    foreign = world.say(IRN, "barter", "offer", [offer])
    stray = world.compute(world.all()).stray
    assert stray == {
        lonely.digest: "case-missing",
        follower.digest: "case-missing",
        foreign.digest: "procedure-unknown",
    }


def test_e5_acts_of_the_line_itself_are_in_no_list() -> None:
    world, _ = offered()
    world.say(PAK, "line", "rotate-keys", lane=Lane.CONTROL)
    found = world.compute(world.all())
    assert (found.waiting, found.stray) == ({}, {})


def test_e5_late_entries_are_shown_and_count_in_nothing() -> None:
    world, offer = offered()
    counter = world.say(IRN, "deal", "counter", [offer])._replace(in_force=False)
    case = world.compute([offer, counter]).cases[offer.digest]
    assert case.state == "offered"
    assert [(each.act, each.status) for each in case.acts] == [("offer", Status.EFFECTIVE), ("counter", Status.LATE)]


def test_e5_an_entry_nobody_can_read_is_no_case_s_and_counts_as_held() -> None:
    world, offer = offered()
    broken = world.say(IRN, "deal", "note", [offer])._replace(act=UNREAD, fault="content-json")
    world.meet()
    note = world.say(PAK, "deal", "note", [offer, broken])
    found = world.compute([offer, broken, note])
    assert found.stray == {broken.digest: "content-json"}
    assert len(found.cases[offer.digest].acts) == 2


def test_e6_covering_is_by_basis_own_order_or_seen() -> None:
    world, offer = offered()
    first, second = (world.say(IRN, "deal", "note", [offer]) for _ in range(2))
    late = world.say(PAK, "deal", "note", [first])
    blind = world.say(PAK, "deal", "note", [offer])
    world.meet()
    seeing = world.say(PAK, "deal", "note", [offer])
    assert covers(first, offer)
    assert covers(second, first)
    assert not covers(first, second)
    assert covers(late, first)
    assert not covers(blind, second)
    assert covers(seeing, second)
    assert covers(seeing._replace(seen_epoch=2, seen=(0, 0, 0, 0, 0)), second)


def test_e7_acts_that_had_not_seen_each_other_fold_in_one_step() -> None:
    world, offer = offered()
    ours = world.say(PAK, "deal", "note", [offer])
    theirs = world.say(IRN, "deal", "note", [offer])
    world.meet()
    after = world.say(IRN, "deal", "note", [offer])
    depths = {each.held.digest: each.depth for each in world.case(offer).acts}
    assert depths == {offer.digest: 1, ours.digest: 2, theirs.digest: 2, after.digest: 3}


def test_e7_a_basis_alone_puts_an_act_behind_what_it_answers() -> None:
    world, offer = offered()
    theirs = [world.say(IRN, "deal", "note", [offer]) for _ in range(3)]
    ours = world.say(PAK, "deal", "note", [theirs[2]])
    assert world.of(ours, offer).depth == world.of(theirs[2], offer).depth + 1


def test_e7_two_acts_that_each_claim_to_have_seen_the_other_stand_at_one_depth() -> None:
    world, offer = offered()
    ours = world.say(PAK, "deal", "note", [offer])._replace(seen=(9, 9, 9, 9, 9))
    theirs = world.say(IRN, "deal", "note", [offer])._replace(seen=(9, 9, 9, 9, 9))
    after = world.say(IRN, "deal", "note", [offer])
    depths = {
        each.held.digest: each.depth for each in world.compute([offer, ours, theirs, after]).cases[offer.digest].acts
    }
    assert depths[ours.digest] == depths[theirs.digest] == 2
    assert depths[after.digest] == 3


def test_e7_one_of_its_own_later_acts_in_a_basis_puts_nothing_out_of_order() -> None:
    world, offer = offered()
    later = world.say(PAK, "deal", "note", [offer])
    early = world.say(PAK, "deal", "note", [later])._replace(n=2)
    depths = world.compute([offer, early, later._replace(n=3)]).cases[offer.digest]
    assert [each.held.digest for each in depths.acts] == [offer.digest, early.digest, later.digest]


def test_e8_an_act_whose_author_had_not_seen_the_move_is_overtaken() -> None:
    world, offer = offered()
    take = world.say(IRN, "deal", "take", [offer])
    first = world.say(PAK, "deal", "note", [offer])
    blind = world.say(PAK, "deal", "note", [offer])
    world.meet()
    seeing = world.say(PAK, "deal", "note", [offer])
    assert world.of(take, offer).status is Status.EFFECTIVE
    assert world.of(first, offer).status is Status.EFFECTIVE
    assert (world.of(blind, offer).status, world.of(blind, offer).because) == (Status.OVERTAKEN, "case-closed")
    assert (world.of(seeing, offer).status, world.of(seeing, offer).because) == (Status.VOID, "case-closed")


def test_e8_an_act_its_state_does_not_allow_is_void_and_says_why() -> None:
    world, offer = offered()
    wrong = world.say(PAK, "deal", "publish", [offer])
    found = world.of(wrong, offer)
    assert (found.status, found.because) == (Status.UNVERIFIED, "role-missing")
    world, offer = offered()
    world.say(IRN, "deal", "counter", [offer])
    ping = world.say(IRN, "deal", "ping", [offer])
    assert (world.of(ping, offer).status, world.of(ping, offer).because) == (Status.VOID, "wrong-state")


def test_e9_a_named_pair_is_resolved_as_the_definition_says() -> None:
    world, offer = offered()
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    take = world.say(PAK, "deal", "take", [counter])
    again = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    assert world.of(take, offer).status is Status.CROSSED
    assert world.of(again, offer).status is Status.EFFECTIVE
    assert world.case(offer).state == "countered"
    world.say(PAK, "deal", "take", [again])
    assert world.case(offer).state == "taken"


def test_e9_two_acts_that_lead_apart_leave_the_state_and_both_are_crossed() -> None:
    world, offer = offered()
    world.say(PAK, "deal", "drop", [offer])
    world.meet()
    drop = world.say(IRN, "deal", "drop", [offer])
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    assert world.case(offer).state == "dropped"
    assert world.of(drop, offer).status is Status.EFFECTIVE
    assert world.of(counter, offer).because == "case-closed"
    world, offer = offered()
    reply = world.say(IRN, "deal", "note", [offer])
    world.say(IRN, "deal", "drop", [offer])
    world.meet()
    drop = world.say(PAK, "deal", "drop", [offer])
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    case = world.case(offer)
    assert case.state == "offered"
    assert world.of(drop, offer).status is world.of(counter, offer).status is Status.CROSSED
    world.say(PAK, "deal", "drop", [reply])
    assert world.case(offer).state == "dropped"


def test_e9_a_pair_named_with_any_crosses_only_what_moves() -> None:
    world, offer = offered()
    note = world.say(PAK, "deal", "note", [offer])
    take = world.say(IRN, "deal", "take", [offer])
    world.meet()
    assert world.of(note, offer).status is world.of(take, offer).status is Status.EFFECTIVE
    world, offer = offered()
    world.say(IRN, "deal", "drop", [offer])
    world.meet()
    drop = world.say(PAK, "deal", "drop", [offer])
    take = world.say(IRN, "deal", "take", [offer])
    world.meet()
    assert world.of(drop, offer).status is world.of(take, offer).status is Status.CROSSED
    assert world.case(offer).state == "offered"


def test_e9_a_withdrawal_of_the_opening_act_prevails_and_of_another_crosses_nothing() -> None:
    world, offer = offered()
    withdraw = world.say(PAK, "deal", WITHDRAW, [offer], {"reason": "error"})
    counter = world.say(IRN, "deal", "counter", [offer])
    world.meet()
    assert world.case(offer).state == "withdrawn"
    assert world.of(withdraw, offer).status is Status.EFFECTIVE
    assert world.of(counter, offer).status is Status.CROSSED
    world, offer = offered()
    note = world.say(PAK, "deal", "note", [offer])
    world.say(PAK, "deal", WITHDRAW, [note], {"reason": "error"})
    world.say(IRN, "deal", "note", [offer])
    world.say(IRN, "deal", "counter", [offer])
    world.meet()
    assert world.case(offer).state == "countered"


def test_e9_nothing_crosses_in_a_case_that_has_ended() -> None:
    world, offer = offered()
    take = world.say(IRN, "deal", "take", [offer])
    world.meet()
    for author, act in ((PAK, offer), (IRN, take)):
        world.say(author, "deal", WITHDRAW, [act], {"reason": "error"})
    world.meet()
    assert {each.status for each in world.case(offer).acts} == {Status.EFFECTIVE}
    assert world.case(offer).state == "taken"


def test_e10_what_does_not_fit_is_void_because_and_blocks_nothing() -> None:
    world, offer = offered()
    acts = {
        "act-unknown": world.say(IRN, "deal", "shout", [offer]),
        "field-unknown": world.say(IRN, "deal", "note", [offer], {"colour": "red"}),
        "field-missing": world.say(PAK, "deal", CORRECT, [offer], {"reason": "error"}),
        "field-invalid": world.say(PAK, "deal", "note", [offer], {"roles": [1]}),
        "not-your-act": world.say(IRN, "deal", "publish", [offer], approvals=[]),
    }
    faulty = world.say(IRN, "deal", "note", [offer])
    entries = [each._replace(fault="content-json") if each is faulty else each for each in world.all()]
    case = world.compute(entries).cases[offer.digest]
    because = {each.held.digest: each.because for each in case.acts}
    assert because[faulty.digest] == "content-json"
    del acts["not-your-act"]
    assert {code: because[held.digest] for code, held in acts.items()} == {code: code for code in acts}
    assert case.state == "offered"


def test_e10_a_void_act_names_the_field_and_the_rule() -> None:
    world, _ = offered()
    bad = world.say(PAK, "deal", "offer", fields={**ONE, "inner": {"count": -1}})
    found = world.of(bad, bad)
    assert found.because == "field-invalid"
    assert found.detail.startswith("inner.count: Expected `int` >= 0")
    missing = world.say(PAK, "deal", "offer", fields={**ONE, "inner": {}})
    assert world.of(missing, missing).detail == "inner.count"


def test_an_extent_ends_at_the_first_gap() -> None:
    world = World(TOYS)
    said = [world.say(PAK, "deal", "offer", fields=ONE) for _ in range(3)]
    extent = extent_of([said[0], said[2]])
    assert extent.orders == {(PAK, 1): 1}
    assert list(extent.sizes.values()) == [1]


def test_a_case_is_named_by_its_opening_act() -> None:
    world, offer = offered()
    note = world.say(IRN, "deal", "note", [offer])
    found = gather(TOYS.procedures, world.all())
    assert found.case_of == {offer.digest: offer.digest, note.digest: offer.digest}


def _held(author: str, digest: str, lane: Lane, index: int, seen: int, basis: tuple[str, ...]) -> Held:
    act = msgspec.structs.replace(UNREAD, author=author, basis=basis)
    return Held(digest, author, 1, index + 1, lane, index, 1, (seen, seen, seen, seen, seen), 1, act)


@given(st.sampled_from(PRECEDENCES), st.sampled_from(PRECEDENCES), st.tuples(*[st.integers(0, 1)] * 2), st.data())
def test_an_act_and_its_answer_stand_as_they_do_in_a_longer_case(
    one: Lane, two: Lane, seen: tuple[int, int], data: st.DataObject
) -> None:
    """E6: a third act that neither covers, later in its author's order, changes no depth of theirs."""
    named = [data.draw(st.sampled_from([(), (digest,)])) for digest in ("b" * 64, "a" * 64)]
    ours = _held("X-PAK", "a" * 64, one, 0, seen[0], named[0])
    theirs = _held("X-IRN", "b" * 64, two, 0, seen[1], named[1])
    later = _held("X-PAK", "c" * 64, one, 9, 0, ())
    depths = {held.digest: depth for depth, step in steps([ours, theirs, later], "X-PAK") for held in step}
    found = {held.digest: depth for depth, step in steps([theirs, ours], "X-PAK") for held in step}
    assert found == {digest: depths[digest] for digest in found}
    assert len(found) == 2
