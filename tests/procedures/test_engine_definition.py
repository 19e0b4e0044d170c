"""A wrong definition cannot be imported: each thing that must hold of one, broken once."""

from dataclasses import replace
from typing import Any

import pytest

from rabita.line.errors import InvariantBroken
from rabita.procedures.engine.coded import Graded, Place, Signs, Window
from rabita.procedures.engine.definition import CORRECT, Crossing, Duty, Joint, Procedure, Rule, Who, stay, to
from rabita.procedures.marking_grades import Grade, Information, Source
from rabita.procedures.territory import Point
from tests.procedures.toy import DEAL

NOTE = Rule(who=Who.EITHER, moves=stay("offered"), says="{author} notes it.")


def remade(**changes: Any) -> Procedure:  # noqa: ANN401 - a field of a definition
    parts = {name: getattr(DEAL, name) for name in ("name", "title", "purpose", "states", "terminal", "acts", "joints")}
    return Procedure(**{**parts, **changes})


def with_act(name: str, rule: Rule) -> dict[str, Any]:
    return {"acts": {**DEAL.acts, name: rule}}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"terminal": ("gone",)}, "end gone"),
        ({"states": {**DEAL.states, "lost": "Lost."}}, "state lost"),
        ({"terminal": ("published", "dropped")}, "dead end taken"),
        ({"acts": {}}, "nothing opens it"),
        (with_act("go", replace(NOTE, moves=to("nowhere", "offered"))), "act go"),
        (with_act(CORRECT, NOTE), f"act {CORRECT}"),
        (with_act("reopen", replace(NOTE, moves=to("offered", "taken"))), "act reopen"),
        (with_act("open", replace(NOTE, moves=to("offered"))), "act open"),
        (with_act("open", replace(NOTE, who=Who.OPENER, moves=to("offered") | stay("offered"))), "act open"),
        (with_act("sign it", replace(NOTE, signs="text")), "act sign it"),
        (with_act("sign it", replace(NOTE, fields=Signs)), "act sign it"),
        (with_act("sign it", replace(NOTE, fields=Signs, signs="peace")), "act sign it"),
        (with_act("point", replace(NOTE, about=("sing",))), "act point"),
        (with_act("point", replace(NOTE, naming="text")), "act point"),
        (with_act("point", replace(NOTE, about=("draft",), naming="song")), "act point"),
        (with_act("whisper", replace(NOTE, precedences=())), "act whisper"),
        ({"duties": (Duty(name="a", who=Who.BOTH, since=("sing",), until=("note",), says="sing"),)}, "duty a"),
        (
            {"duties": (Duty(name="b", who=Who.BOTH, since=("note",), until=("note",), says="x", within="y", at="z"),)},
            "duty b",
        ),
        ({"joints": (*DEAL.joints, Joint(name="empty", of=("draft",), to="signed", says="x"))}, "joint empty"),
        ({"joints": (Joint(name="text", of=("sign",), to="signed", says="x"),)}, "joint text"),
        ({"crossings": (Crossing(("take", "sing")),)}, "crossing"),
        ({"crossings": (Crossing(("*", "take")),)}, "crossing"),
        ({"crossings": (Crossing(("take", "counter"), to="nowhere"),)}, "crossing"),
    ],
)
def test_a_wrong_definition_is_refused_and_names_the_part(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InvariantBroken) as refused:
        remade(**changes)
    assert named in refused.value.detail


def test_of_two_joint_results_one_leads_to_the_other() -> None:
    end = Joint(name="end", of=("draft",), to="ended", says="x")
    sign = replace(DEAL.acts["sign"], signs="end")
    with pytest.raises(InvariantBroken) as refused:
        remade(
            states={**DEAL.states, "ended": "Ended."},
            terminal=(*DEAL.terminal, "ended"),
            joints=(*DEAL.joints, end),
            acts={**DEAL.acts, "sign end": sign},
        )
    assert "joint" in refused.value.detail


def test_a_definition_knows_what_lies_beyond_each_state() -> None:
    assert DEAL.beyond["signed"] == {"signed", "published", "dropped", "withdrawn"}
    assert DEAL.beyond["published"] == {"published"}
    assert "countered" in DEAL.beyond["offered"]
    assert DEAL.joint("text").to == "signed"


def test_a_procedure_that_cannot_be_withdrawn_has_no_such_state() -> None:
    fixed = remade(withdrawable=False)
    assert "withdrawn" not in fixed.all_states
    assert fixed.crossings == ()


def test_coded_values_keep_their_rules() -> None:
    with pytest.raises(ValueError, match="no earlier than it starts"):
        Window(2, 1)
    with pytest.raises(ValueError, match="a place is coarse"):
        Place(
            area=(Point(60_000_000, 29_000_000), Point(60_000_001, 29_000_000), Point(60_000_000, 29_000_001)),
            edition="",
        )
    assert Window(1, 1).end_ms == 1
    with pytest.raises(ValueError, match="grade-mixed"):
        Graded(Grade(Source.X, Information.ONE))
