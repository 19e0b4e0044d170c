"""Charter amendment, its pure part: both roots, alternating last signers, activation by position, what changed."""

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.ids import Lane
from rabita.procedures.amendment import (
    Change,
    Stage,
    activations,
    amendment,
    amendment_findings,
    changes,
    charters_fallen,
    last_signer,
    say_amendment,
    signing_findings,
)
from rabita.procedures.engine.say import Reader
from tests.procedures.world import IRN, PAK, World, charter

KNOWN: Final = ("1",)
FIRST: Final = charter()
SECOND: Final = charter(2, retention_days=1825)


def world_at(*said: tuple[str, int]) -> World:
    """Say a message by each party under each version, in this order."""
    world = World()
    for code, version in said:
        world.say(code, "message", "send", version=version)
    return world


def test_an_amendment_is_the_next_version_of_the_same_line() -> None:
    """2-line, parties, keys, charter: it is changed only by an amendment; version c+1; exactly two parties."""
    assert amendment_findings(FIRST, SECOND, KNOWN) == ()
    for proposed, code in (
        (msgspec.structs.replace(SECOND, version=3), "amendment-version"),
        (msgspec.structs.replace(SECOND, nonce="1" * 32), "amendment-foreign"),
        (msgspec.structs.replace(SECOND, parties=SECOND.parties[::-1]), "amendment-foreign"),
        (msgspec.structs.replace(SECOND, exercise=False), "amendment-foreign"),
        (charter(2), "amendment-empty"),
        (msgspec.structs.replace(SECOND, catalogue="9"), "not-computed"),
    ):
        assert [each.code for each in amendment_findings(FIRST, proposed, KNOWN)] == [code]


def test_parties_alternate_by_version_as_last_signer() -> None:
    """2-line: parties alternate by version as last signer."""
    signers = [last_signer(charter(version)) for version in range(2, 6)]
    assert signers[::2] == [signers[0]] * 2
    assert signers[1::2] == [signers[1]] * 2
    assert {*signers} == {PAK, IRN}


def test_the_last_signer_signs_after_the_other_and_one_successor_only() -> None:
    """2-line: ... as last signer, who signs one successor only."""
    last = last_signer(SECOND)
    first = next(code for code in (PAK, IRN) if code != last)
    assert signing_findings(SECOND, "a" * 64, first, (), {}) == ()
    assert signing_findings(SECOND, "a" * 64, last, (first,), {}) == ()
    assert [each.code for each in signing_findings(SECOND, "a" * 64, last, (), {})] == ["amendment-order"]
    assert signing_findings(SECOND, "a" * 64, last, (first,), {2: "a" * 64}) == ()
    [other] = signing_findings(SECOND, "a" * 64, last, (first,), {2: "b" * 64})
    assert (other.code, other.detail) == ("amendment-other", "b" * 12)


def test_in_force_only_when_both_roots_have_signed() -> None:
    """2-line: changed only by an amendment that both roots have signed; a stamp alone puts nothing in force."""
    entries = world_at((PAK, 2)).all()
    for signed_by, stage in (
        ((), Stage.PROPOSED),
        ((PAK,), Stage.SIGNED_BY_ONE),
        ((PAK, "X-OTHER"), Stage.SIGNED_BY_ONE),
        ((IRN, PAK), Stage.IN_FORCE_FOR_ONE),
    ):
        assert amendment(SECOND, "a" * 64, signed_by, entries).stage is stage
    assert amendment(SECOND, "a" * 64, (PAK, IRN), world_at((PAK, 1)).all()).stage is Stage.SIGNED


def test_activation_is_by_position_side_by_side() -> None:
    """2-line: activation is by position, never by claimed time; a stamp names the version it is written under."""
    world = world_at((PAK, 1), (PAK, 2), (IRN, 1), (IRN, 1))
    assert activations(world.all()) == {1: {PAK: (1, 1), IRN: (1, 1)}, 2: {PAK: (1, 2)}}
    late = world.say(IRN, "message", "send", version=2)
    seen = amendment(SECOND, "a" * 64, (PAK, IRN), world.all())
    assert (seen.stage, seen.since) == (Stage.IN_FORCE, {PAK: (1, 2), IRN: (1, 3)})
    closed = [each._replace(in_force=each.digest != late.digest) for each in world.all()]
    assert amendment(SECOND, "a" * 64, (PAK, IRN), closed).stage is Stage.IN_FORCE_FOR_ONE


def test_a_case_keeps_the_charter_of_its_opening() -> None:
    """2-line: a procedure keeps the charter of its opening entry, whatever its later stamps name."""
    world = World()
    world.charters[2] = charter(2, catalogue="9")
    opening = world.say(PAK, "message", "send")
    world.meet()
    world.say(IRN, "message", "acknowledge", [opening], version=2)
    assert world.case(opening).state == "acknowledged"


def test_a_party_never_goes_back() -> None:
    """2-line: a party moves to version c+1 and never back; an entry that does is shown."""
    world = world_at((PAK, 1), (PAK, 2), (IRN, 1), (PAK, 1), (PAK, 2))
    assert [(each.author, each.n) for each in charters_fallen(world.all())] == [(PAK, 3)]
    assert charters_fallen([each._replace(in_force=False) for each in world.all()]) == ()


@given(st.permutations(range(6)))
def test_the_same_for_every_order_of_arrival(order: list[int]) -> None:
    """2-line, convergent: with the same entries both compute the same."""
    world = world_at((PAK, 1), (IRN, 1), (PAK, 2), (PAK, 1), (IRN, 2), (IRN, 1))
    entries = [world.all()[at] for at in order]
    assert activations(entries) == activations(world.all())
    assert charters_fallen(entries) == charters_fallen(world.all())


def test_what_an_amendment_changes_is_shown_term_by_term() -> None:
    """1-mechanism, first minute: who signs sees exactly what changes."""
    assert changes(FIRST, SECOND) == (Change("retention_days", 3650, 1825),)
    quicker = {**FIRST.deadlines_s, "stop-request-answer": 300, "new-clock": 60}
    flash = msgspec.structs.replace(FIRST.lanes["FLASH"], words_max=150)
    proposed = charter(2, deadlines_s=quicker, lanes={**FIRST.lanes, Lane.FLASH.value: flash})
    assert set(changes(FIRST, proposed)) == {
        Change("deadlines_s.new-clock", None, 60),
        Change("deadlines_s.stop-request-answer", 600, 300),
        Change("lanes.FLASH.words_max", 200, 150),
    }


def test_it_is_said_in_a_sentence() -> None:
    """3-procedures, charter amendment: shown on the desk like procedures."""
    entries = world_at((PAK, 2)).all()
    reader = Reader(names={PAK: "Pakistan", IRN: "Iran"})
    for signed_by, words in (
        ((), "neither side has signed"),
        ((PAK,), "signed by Pakistan;"),
        ((PAK, IRN), "in force for Pakistan;"),
    ):
        assert words in say_amendment(amendment(SECOND, "a" * 64, signed_by, entries), reader)
