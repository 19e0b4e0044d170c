"""Violation reports, clause by clause (3-procedures, violation report, Territory guard; scenario, 16 to 18 January)."""

from functools import cache
from typing import Any, Final

import pytest

from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.held import Held
from rabita.procedures.territory_edition import Edition
from rabita.procedures.violation_report import VIOLATION_REPORT
from rabita.procedures.violation_report_rules import measured
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import IRN, PAK, World

NOW_MS: Final = 1_705_600_000_000
WHEN: Final = {"start_ms": 1_705_400_000_000, "end_ms": 1_705_400_000_000}
HERE: Final = place(1, 1, 1.1, 1.1)


@cache
def edition() -> Edition:
    return soil()


def world() -> World:
    w = World()
    w.charters[1] = charter_of(edition())
    return w


def report(w: World, where: dict[str, Any] = HERE, when: dict[str, int] = WHEN) -> Held:
    fields = {"what": "airspace", "by": ["missile", "drone"], "when": when, "where": where, "known_from": "sensor"}
    opening = w.say(PAK, "violation report", "report", fields=fields)
    w.meet()
    return opening


def say(w: World, author: str, act: str, opening: Held, **fields: Any) -> Held:  # noqa: ANN401 - a coded field
    said = w.say(author, "violation report", act, [opening], fields)
    w.meet()
    return said


def test_report_explanation_accepted() -> None:
    w = world()
    opening = report(w)
    say(w, IRN, "acknowledge", opening)
    say(w, IRN, "explain", opening, says="technical-fault")
    assert w.case(opening).state == "explained"
    say(w, PAK, "accept explanation", opening)
    assert w.case(opening).state == "accepted"


def test_protest_before_and_after_an_explanation() -> None:
    """In January 2024 protest came at once; an explanation may still follow, and the protest stays on record."""
    w = world()
    opening = report(w)
    say(w, PAK, "protest", opening, form="summons")
    assert w.case(opening).state == "protested"
    say(w, IRN, "explain", opening, says="deliberate")
    say(w, PAK, "protest", opening)
    case = w.case(opening)
    assert (case.state, len(case.effective("protest"))) == ("protested", 2)


def test_a_protest_never_closes_the_report() -> None:
    assert VIOLATION_REPORT.terminal == ("accepted",)
    assert "protested" not in VIOLATION_REPORT.ends


def test_only_the_reporter_accepts_and_only_after_an_explanation() -> None:
    w = world()
    opening = report(w)
    assert w.of(say(w, PAK, "accept explanation", opening), opening).because == "wrong-state"
    say(w, IRN, "explain", opening, says="not-ours")
    assert w.of(say(w, IRN, "accept explanation", opening), opening).because == "not-your-act"


@pytest.mark.parametrize(("ours", "state"), [("protest", "explained"), ("accept explanation", "accepted")])
def test_a_protest_that_had_not_seen_the_explanation_leaves_it_to_be_judged(ours: str, state: str) -> None:
    w = world()
    opening = report(w)
    say(w, IRN, "explain", opening, says="by-error")
    w.say(PAK, "violation report", ours, [opening])
    w.say(IRN, "violation report", "explain", [opening], {"says": "distress"})
    w.meet()
    assert w.case(opening).state == state


def test_measured_against_the_shared_map_edition_with_its_accuracy() -> None:
    """3-procedures: measured against the shared map edition, with its accuracy."""
    w = world()
    (found,) = measured(w.case(report(w)), edition()).places
    assert (found.author, found.edition, found.accuracy_m) == (PAK, edition().digest, 8700)
    assert "accurate to 8.7 km and decides no side" in found.sentence


def test_the_distance_under_each_claim() -> None:
    """X-PAK draws the line at 2.2 degrees, X-IRN at 2: from 1.1 that is 122 and 100 km."""
    w = world()
    (found,) = measured(w.case(report(w)), edition()).places
    distances = dict(found.distance_m)
    assert abs(distances[PAK] - 122_400) < 500
    assert abs(distances[IRN] - 100_150) < 500


def test_both_sides_places_are_measured_alike() -> None:
    w = world()
    opening = report(w)
    say(w, IRN, "explain", opening, says="on-our-side", where=place(2.5, 1, 2.6, 1.1))
    found = measured(w.case(opening), edition())
    assert [each.author for each in found.places] == [PAK, IRN]
    assert not found.editions_differ


def test_places_on_two_editions_are_flagged_and_not_measured_together() -> None:
    """3-procedures, Territory guard: two accounts made on different map editions are flagged."""
    w = world()
    opening = report(w)
    say(w, IRN, "explain", opening, says="on-our-side", where={**HERE, "edition": "0" * 64})
    found = measured(w.case(opening), edition())
    assert ([each.author for each in found.places], found.editions_differ) == ([PAK], True)


def test_a_place_of_no_shape_is_not_measured() -> None:
    w = world()
    crossing = {**HERE, "area": [[0, 0], [500_000, 500_000], [500_000, 0], [0, 500_000]]}
    opening = report(w, crossing)
    assert measured(w.case(opening), edition()).places == ()
    assert refused(ruled(w, opening, NOW_MS, edition=edition())) == ["area-self-crossing"]


@pytest.mark.parametrize(
    ("where", "refusals", "flags"),
    [
        (HERE, [], []),
        (place(2.05, 1, 2.15, 1.1), [], []),
        (place(2.5, 1, 2.6, 1.1), [], ["place-elsewhere"]),
        (place(2.05, 1, 2.07, 1.02), ["place-fine"], []),
        ({**HERE, "edition": "0" * 64}, ["edition-foreign"], []),
    ],
)
def test_a_place_is_on_the_shared_edition_and_coarse_on_the_others_soil(
    where: dict[str, Any], refusals: list[str], flags: list[str]
) -> None:
    """What both claim counts as the other's; what the reporter does not claim is flagged, for it states the side."""
    w = world()
    found = ruled(w, report(w, where), NOW_MS, edition=edition())
    assert (refused(found), flagged(found)) == (refusals, flags)


def test_without_the_map_what_needs_it_is_not_judged() -> None:
    w = world()
    assert ruled(w, report(w, place(2.5, 1, 2.6, 1.1)), NOW_MS) == ()


def test_a_correction_and_an_explanation_keep_to_the_same_rules() -> None:
    w = world()
    opening = report(w)
    act_fields = {**opening.act.fields, "where": place(2.05, 1, 2.07, 1.02)}
    corrected = say(w, PAK, CORRECT, opening, reason="error", fields=act_fields)
    assert refused(ruled(w, corrected, NOW_MS, edition=edition())) == ["place-fine"]
    explained = say(w, IRN, "explain", opening, says="on-our-side", where=place(1, 1, 1.02, 1.02))
    assert refused(ruled(w, explained, NOW_MS, edition=edition())) == ["place-fine"]
    placeless = say(w, IRN, "explain", opening, says="did-not-happen")
    assert ruled(w, placeless, NOW_MS, edition=edition()) == ()


def test_no_violation_is_reported_before_it_happened() -> None:
    w = world()
    later = {"start_ms": NOW_MS + 1, "end_ms": NOW_MS + 1}
    assert refused(ruled(w, report(w, when=later), NOW_MS)) == ["violation-future"]


def test_an_explanation_is_owed_and_shows_days_open() -> None:
    w = world()
    opening = report(w)
    due = next(each for each in obligations(VIOLATION_REPORT, w.charters[1], w.case(opening)) if each.duty == "explain")
    seen = owed(due, {opening.digest: NOW_MS}, NOW_MS + 9 * 86_400_000)
    assert (due.debtors, seen.view, seen.days_open) == ((IRN,), View.OWED, 9)
