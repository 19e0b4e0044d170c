"""Measure: the official wording beside the press label, a code that no verb blurs, and its undoing."""

from typing import Any, Final, get_args

import pytest

from rabita.procedures.engine.duties import obligations
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import say_act, say_state
from rabita.procedures.measure import MEASURE, Step, components, days_to_restoration
from rabita.procedures.measure_codes import CODES, PRESS_VERBS, UNDONE_BY, Context, Kind, Plover, Restoring, read_press
from tests.procedures.carrying import Carried, carry, codes, found
from tests.procedures.world import HOUR_S, IRN, PAK, World

DAY_MS: Final = 86_400_000
RECALLED_MS: Final = 1_705_449_600_000  # 17 January 2024
WORDED: Final = (Carried("official-wording", "recalled for consultations"),)


def declare(w: World, kind: str = "recall-ambassador", carried: tuple[Carried, ...] = WORDED, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    posts = {"summon-envoy": "charge-d-affaires", "recall-ambassador": "ambassador", "withhold-return": "ambassador"}
    post = {"post": posts[kind]} if kind in posts else {}
    held = carry(w, PAK, "measure", "declare", (), {"kind": kind, "since_ms": RECALLED_MS, **post, **fields}, carried)
    w.meet()
    return held


def restore(w: World, held: Held, kind: str = "return-ambassador", after_days: int = 9, act: str = "restore") -> Held:
    fields = {"kind": kind, "since_ms": RECALLED_MS + after_days * DAY_MS}
    return carry(w, PAK, "measure", act, [held], fields, WORDED)


def test_official_wording_is_kept_apart_from_the_press_label() -> None:
    """3-procedures, measure: "official wording kept apart from press label"."""
    w = World()
    both = (*WORDED, Carried("press-label", "expelled"))
    held = declare(w, "withhold-return", both)
    (step,) = components(w.case(held))
    assert step.official == (both[0].ref,)
    assert step.press == (both[1].ref,)
    label_only = declare(w, carried=(both[1],))
    (step,) = components(w.case(label_only))
    assert (step.official, len(step.press)) == ((), 1)
    rule = {portion.role: portion for portion in MEASURE.acts["declare"].portions}
    assert (rule["official-wording"].required, rule["official-wording"].may_withhold) == (True, False)


@pytest.mark.parametrize(("verb", "language"), [("طلب کر لیا", "ur"), ("فراخواند", "fa")])
def test_summon_and_recall_are_different_codes_whatever_the_press_verb(verb: str, language: str) -> None:
    """3-procedures, measure: "press in both languages uses one verb for summon and recall"; glossary, Diplomacy."""
    assert read_press(verb) == ("summon-envoy", "recall-ambassador")
    assert CODES["summon-envoy"].event != CODES["recall-ambassador"].event
    w = World()
    carried = (*WORDED, Carried("press-label", verb, language=language))
    for kind in ("summon-envoy", "recall-ambassador"):
        held = declare(w, kind, carried)
        assert codes(found(w, held, carried)) == ["(press-ambiguous)"]
        assert components(w.case(held))[0].kind == kind


def test_a_press_label_that_means_another_measure_is_flagged() -> None:
    """january-2024: "says Iran's envoy … may not return for the time being (press: "expelled")"."""
    w = World()
    for label, kind, expected in (
        ("Envoy expelled", "withhold-return", ["(press-ambiguous)"]),
        ("Envoy expelled", "recall-ambassador", ["(press-differs)"]),
        ("Ambassador recalled", "recall-ambassador", []),
        ("A stern step", "recall-ambassador", []),
    ):
        carried = (*WORDED, Carried("press-label", label))
        assert codes(found(w, declare(w, kind, carried), carried)) == expected


def test_every_measure_is_coded_to_plover_event_mode_and_context() -> None:
    """3-procedures, measure: "coded … to PLOVER event–mode–context"."""
    kinds = {*get_args(Kind), *get_args(Restoring)}
    assert set(CODES) == kinds
    assert {context for each in CODES.values() for context in each.contexts} <= set(get_args(Context))
    assert set(UNDONE_BY) <= set(get_args(Kind))
    assert {kind for each in UNDONE_BY.values() for kind in each} == set(get_args(Restoring))
    assert {kind for each in PRESS_VERBS.values() for kind in each} <= kinds
    assert all(each.event and each.contexts for each in CODES.values())


def test_components_are_shown_and_there_is_no_score() -> None:
    """3-procedures, measure: "components shown, never only a score"; field.md: show components, not only a score."""
    w = World()
    held = declare(w, contexts=["terrorism", "diplomatic"])
    (step,) = components(w.case(held))
    assert step.coded == ("SANCTION", "withdraw", ("diplomatic", "terrorism"))
    assert (step.author, step.since_ms) == (PAK, RECALLED_MS)
    assert not any("score" in name or "goldstein" in name for name in (*Step._fields, *Plover._fields))


def test_a_measure_is_noted_by_the_other_side() -> None:
    """3-procedures, measure: "declare → note"."""
    w = World()
    held = declare(w)
    (due,) = obligations(MEASURE, w.charters[1], w.case(held))
    assert (due.debtors, due.allowed_ms) == ((IRN,), 6 * HOUR_S * 1000)
    note = w.say(IRN, "measure", "note", [held])
    assert w.case(held).state == "noted"
    assert obligations(MEASURE, w.charters[1], w.case(held))[0].met_by == note.digest


def test_undone_by_a_restoring_measure_and_the_days_between() -> None:
    """3-procedures, measure: "undone by a restoring measure"; field.md: 17 to 26 January 2024, nine days."""
    w = World()
    held = declare(w)
    assert days_to_restoration(w.case(held)) is None
    part = restore(w, held, after_days=5, act="restore in part")
    assert codes(found(w, part, WORDED)) == []
    assert w.case(held).state == "partly undone"
    assert days_to_restoration(w.case(held)) is None
    restoring = restore(w, held)
    assert codes(found(w, restoring, WORDED)) == []
    w.meet()
    w.say(IRN, "measure", "note", [restoring])
    case = w.case(held)
    assert (case.state, days_to_restoration(case)) == ("undone", 9)
    assert [each.coded.event for each in components(case)] == ["SANCTION", "SUPPORT", "SUPPORT"]
    assert say_state(MEASURE, case) == "X-PAK undid the measure."
    assert "return ambassador" in say_act(MEASURE, case, w.of(restoring, held))


@pytest.mark.parametrize(
    ("kind", "by", "after_days", "expected"),
    [
        ("recall-ambassador", "resume-trade", 1, ["measure-undone-otherwise"]),
        ("strike", "stand-down", 1, ["measure-not-undoable"]),
        ("summon-envoy", "return-ambassador", 1, ["measure-not-undoable"]),
        ("suspend-trade", "resume-trade", -1, ["measure-undone-before"]),
        ("withhold-return", "allow-return", 1, []),
    ],
)
def test_only_what_restores_it_undoes_a_measure(kind: str, by: str, after_days: int, expected: list[str]) -> None:
    """3-procedures, measure: "undone by a restoring measure": of its own kind, and a strike by none."""
    w = World()
    held = declare(w, kind)
    assert codes(found(w, restore(w, held, by, after_days), WORDED)) == expected


def test_what_cannot_be_undone_is_over() -> None:
    """january-2024: a strike is recorded as a measure; nothing undoes it."""
    w = World()
    held = declare(w, "strike")
    end = w.say(PAK, "measure", "end", [held], {"since_ms": RECALLED_MS})
    assert codes(found(w, end)) == []
    assert w.case(held).state == "over"
    assert "not undone" in say_state(MEASURE, w.case(held))
    early = w.say(PAK, "measure", "end", [held], {"since_ms": RECALLED_MS - 1})
    assert codes(found(w, early)) == ["measure-undone-before"]
    note = w.say(IRN, "measure", "note", [held])
    assert codes(found(w, note)) == []


def test_a_measure_of_an_envoy_names_the_post() -> None:
    """field.md, measures: "summon ambassador or chargé": whom it concerns is part of the measure, by post, not name."""
    w = World()
    for kind, post in (("summon-envoy", "none"), ("suspend-trade", "ambassador")):
        held = declare(w, kind, post=post)
        assert w.of(held, held).because == "field-invalid"


def test_nothing_is_found_where_the_measure_itself_is_not_in_effect() -> None:
    """3-procedures: an illegal act is void, and rules do not read it."""
    w = World()
    held = declare(w, "summon-envoy", post="none")
    assert codes(found(w, restore(w, held), WORDED)) == []


@pytest.mark.parametrize(("act", "state"), [("restore", "undone"), ("restore in part", "partly undone")])
def test_an_undoing_prevails_over_a_note_it_crosses(act: str, state: str) -> None:
    """3-procedures: acts at one depth are resolved jointly."""
    w = World()
    held = declare(w)
    note = w.say(IRN, "measure", "note", [held])
    restoring = restore(w, held, act=act)
    w.meet()
    assert w.case(held).state == state
    assert w.of(restoring, held).status is Status.EFFECTIVE
    assert w.of(note, held).status is Status.CROSSED
