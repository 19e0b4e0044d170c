"""The after-action report follows from the acts and their times: move an inject, and the report says so."""

from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files

import msgspec
import pytest

from rabita.services.after_action import side_by_side
from rabita.services.after_action_forms import PlayReport
from rabita.services.after_action_read import read_export
from rabita.services.exercise import Inject, Scenario, built_in, read_scenario
from rabita.services.transcripts import export
from tests.exercise.rehearsal import reported
from tests.line.test_approvals import revoked_once
from tests.pair import START_MS

AS_IT_HAPPENED, WITH_THE_MECHANISM = 1, 2


def changed(name: str, change: Callable[[Inject], Inject]) -> Scenario:
    """Give the built-in scenario with one inject changed, its order by time kept."""
    scenario = built_in()
    injects = [change(each) if each.id == name else each for each in scenario.injects]
    return msgspec.structs.replace(scenario, injects=tuple(sorted(injects, key=lambda each: each.at)))


def moved(name: str, by: timedelta) -> Scenario:
    return changed(name, lambda each: msgspec.structs.replace(each, at=each.at + by))


def without(name: str) -> Scenario:
    return changed(name, lambda each: msgspec.structs.replace(each, plays=()))


@pytest.fixture(scope="module")
def happened() -> PlayReport:
    return reported(built_in(), AS_IT_HAPPENED)


@pytest.fixture(scope="module")
def mechanism() -> PlayReport:
    return reported(built_in(), WITH_THE_MECHANISM)


def test_as_it_happened_nobody_asked_before_force_was_used(happened: PlayReport) -> None:
    panjgur, saravan = happened.questions
    assert (panjgur.by, panjgur.asked_ms, panjgur.force_first) == ("X-PAK", 0, True)
    assert (saravan.by, saravan.hours, saravan.force_first) == ("X-IRN", 7, False)
    assert [(each.by, each.asked) for each in happened.force] == [("X-IRN", ()), ("X-PAK", ())]


def test_with_the_mechanism_the_report_says_what_was_asked_and_owed_when_force_was_used(mechanism: PlayReport) -> None:
    first, second = mechanism.force
    assert [each.split(":")[0] for each in first.asked] == [
        "X-IRN raises a concern (standing worry)",
        "X-IRN asks for information about",
    ]
    assert [(each.inject, each.owed_by, each.due_ms) for each in first.owed] == [
        ("concern-panjgur-accept", ("X-PAK",), 0)
    ]
    assert len(second.asked) == 3
    assert not any(each.force_first for each in mechanism.questions)


def test_days_from_rupture_to_restoration(happened: PlayReport, mechanism: PlayReport) -> None:
    assert happened.rupture_days == mechanism.rupture_days == 9
    standing = [each.kind for each in happened.restorations if not each.restored_ms]
    assert standing == ["suspend-talks"]


def test_an_undated_promise_shows_its_days_open_and_is_never_overdue(happened: PlayReport) -> None:
    undated = [each for each in happened.promises if not each.due_ms]
    assert [(each.words_used, each.signed, each.standing, each.days_open) for each in undated] == [
        ("immediately", True, "open", 91),
        ("at-an-early-date", False, "proposed", 91),
    ]
    dated = [each for each in happened.promises if each.due_ms]
    assert [(each.standing, each.kept_ms <= each.due_ms) for each in dated] == [("fulfilled", True)] * 2


def test_line_tests_missed_are_counted_day_by_day(happened: PlayReport, mechanism: PlayReport) -> None:
    assert (happened.tests.due, happened.tests.held, happened.tests.missed) == (22, 2, 20)
    assert (mechanism.tests.due, mechanism.tests.held, mechanism.tests.missed) == (22, 22, 0)


def test_moving_the_acknowledgement_makes_a_clock_late(mechanism: PlayReport) -> None:
    late = reported(moved("clarification-panjgur-ack", timedelta(minutes=20)), WITH_THE_MECHANISM)
    assert late.clocks.late == mechanism.clocks.late + 1
    assert late.clocks.in_time == mechanism.clocks.in_time - 1
    name = ("clarification-panjgur", "acknowledge")
    (before,) = [each for each in mechanism.limits if (each.inject, each.duty) == name]
    (after,) = [each for each in late.limits if (each.inject, each.duty) == name]
    assert (before.result, after.result) == ("in_time", "late")
    assert after.met_ms - before.met_ms == 20 * 60_000


def test_moving_the_question_behind_the_strike_makes_force_come_first() -> None:
    answers = ("ack", "hold", "answer", "close")
    scenario = built_in()
    names = ["clarification-panjgur", *(f"clarification-panjgur-{each}" for each in answers), "principals-panjgur"]
    later = [
        msgspec.structs.replace(each, at=each.at + timedelta(days=2)) if each.id in names else each
        for each in scenario.injects
    ]
    shifted = msgspec.structs.replace(scenario, injects=tuple(sorted(later, key=lambda each: each.at)))
    asked = reported(shifted, WITH_THE_MECHANISM).questions[0]
    assert (asked.inject, asked.hours, asked.force_first) == ("incident-panjgur", 48, True)


def test_leaving_a_note_out_is_a_handling_time_never_kept(mechanism: PlayReport) -> None:
    fewer = reported(without("visits-note"), WITH_THE_MECHANISM)
    assert fewer.handling["PRIORITY"].never == mechanism.handling["PRIORITY"].never + 1


def test_moving_the_ambassador_moves_the_days_of_rupture() -> None:
    later = changed(
        "return-allowed",
        lambda each: msgspec.structs.replace(
            each,
            at=each.at + timedelta(days=3),
            fields={**each.fields, "since_ms": each.fields["since_ms"] + timedelta(days=3)},
        ),
    )
    answering = "ambassadors-fulfilled-pak"
    kept = [
        msgspec.structs.replace(each, answers=("promise-ambassadors", "ambassador-back"))
        if each.id == answering
        else each
        for each in later.injects
    ]
    assert reported(msgspec.structs.replace(later, injects=tuple(kept)), AS_IT_HAPPENED).rupture_days == 12


def test_moving_one_inject_changes_the_row_it_is_in_and_no_other(mechanism: PlayReport) -> None:
    late = reported(moved("test-20-morning-heard", timedelta(hours=7)), WITH_THE_MECHANISM)
    before, after = (side_by_side([each]) for each in (mechanism, late))
    differ = [one.what for one, two in zip(before, after, strict=True) if one != two]
    assert differ == ["Handling times kept, ROUTINE", "Line tests held"]


def test_the_second_play_never_says_that_a_strike_would_not_have_happened(
    happened: PlayReport, mechanism: PlayReport
) -> None:
    assert [each.inject for each in mechanism.force] == [each.inject for each in happened.force]
    shared = [each.id for each in built_in().injects if AS_IT_HAPPENED in each.plays]
    lacking = [each for each in shared if each not in [inject.id for inject in built_in().of(WITH_THE_MECHANISM)]]
    assert lacking == [
        "clarification-saravan-late",
        "sponsor-told",
        "sponsor-published",
        "army-told",
        "army-published",
    ]
    second = built_in().head.plays[1]
    assert "does not say that a strike would not have happened" in " ".join(second.caution.split())


def test_what_has_no_public_record_says_so_in_its_act() -> None:
    scenario = built_in()
    added = [each for each in scenario.injects if each.plays == (WITH_THE_MECHANISM,)]
    assert added
    assert {scenario.head.sources[each.source].kind for each in added} == {"exercise"}
    assert all(not each.claim_of for each in added)


def test_an_approval_revoked_before_does_not_count_in_a_report() -> None:
    pair, _ = revoked_once()
    lines: list[bytes] = []
    export(pair.b.store, pair.line, START_MS, lines.append)
    said = [each for each in read_export(lines).held if each.act.procedure == "message"]
    assert [len(each.approvals) for each in said] == [1, 0, 0]


def test_the_order_of_the_file_does_not_matter() -> None:
    raw = (files("rabita") / "data" / "scenarios" / "january-2024.toml").read_text(encoding="utf-8")
    head, *entries = raw.split("[[entry]]")
    turned = "[[entry]]".join([head, *reversed([each.rstrip() + "\n\n" for each in entries])])
    assert {each.id for each in read_scenario(turned.encode()).injects} == {each.id for each in built_in().injects}
