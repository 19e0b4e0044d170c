"""The one door to procedures' own rules: known procedures only, and a correction checked as what it makes of an act."""

from rabita.line.entry import Act
from rabita.procedures.catalogue import CATALOGUE, PROCEDURES
from rabita.procedures.concern import CONCERN
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import CORRECT, Correction
from rabita.procedures.message import MESSAGE
from rabita.procedures.rulebook import RULES, rule_findings
from rabita.procedures.rules import RuleFacts
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import IRN, PAK, World

NARROW = {
    "kind": "standing-worry",
    "what": "presence",
    "area": place(2.5, 1, 2.52, 1.02),
    "grade": {"source": "A", "information": "1"},
}


def facts(fields: Coded, act: Act, world: World, *, with_case: bool = True) -> RuleFacts:
    case = next(iter(world.compute(world.all()).cases.values())) if with_case else None
    return RuleFacts(act=act, fields=fields, charter=world.charters[1], now_ms=0, case=case)


def test_every_rule_belongs_to_a_procedure_of_the_catalogue() -> None:
    assert set(RULES) <= {each.name for each in PROCEDURES}


def test_a_procedure_without_rules_finds_nothing() -> None:
    w = World()
    said = w.say(PAK, "message", "send")
    assert rule_findings(MESSAGE, facts(Coded(), said.act, w)) == ()


def test_a_correction_is_checked_as_what_it_makes_of_the_act_it_corrects() -> None:
    """So no rule is passed by correcting later; one that does not fit its act is the engine's to refuse."""
    w = World()
    w.charters[1] = charter_of(soil())
    opening = w.say(PAK, "concern", "raise", fields=NARROW)
    for fields, basis, with_case, codes in (
        (NARROW, [opening], True, ["concern-point"]),
        ({"kind": "worry"}, [opening], True, []),
        (NARROW, [], True, []),
        (NARROW, [opening], False, []),
    ):
        said = w.say(PAK, "concern", CORRECT, basis)
        correction = Correction(reason="error", fields=fields)
        found = rule_findings(CONCERN, facts(correction, said.act, w, with_case=with_case))
        assert [each.code for each in found] == codes


def test_a_correction_of_an_act_this_version_does_not_know_is_left_to_the_engine() -> None:
    w = World()
    opening = w.say(PAK, "concern", "raise", fields=NARROW)
    unknown = w.say(IRN, "concern", "foresee", [opening])
    said = w.say(IRN, "concern", CORRECT, [unknown])
    correction = Correction(reason="error", fields=NARROW)
    assert rule_findings(CATALOGUE.procedures["concern"], facts(correction, said.act, w)) == ()
