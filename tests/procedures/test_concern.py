"""Concern, clause by clause (3-procedures, concern; 1-mechanism, M4)."""

from functools import cache
from typing import Any, Final

import msgspec
import pytest

from rabita.procedures.concern import CONCERN, Elapsed, warning_to_outcome
from rabita.procedures.engine.coded import Place
from rabita.procedures.engine.definition import CORRECT
from rabita.procedures.engine.duties import View, obligations, owed
from rabita.procedures.engine.fold import Status
from rabita.procedures.engine.held import Held
from rabita.procedures.engine.say import explain
from rabita.procedures.marking import Marking, parse_marking
from rabita.procedures.territory_edition import Edition
from tests.procedures.ruling import flagged, refused, ruled
from tests.procedures.soil import charter_of, place, soil
from tests.procedures.world import IRN, PAK, World

WINDOW: Final = {"start_ms": 1_705_400_000_000, "end_ms": 1_705_500_000_000}
GRADE: Final = {"source": "B", "information": "3"}
THEIRS: Final = place(2.5, 1, 2.7, 1.2)
"""An area of 22 km on the soil of IRN."""
RAISED: Final = {"kind": "standing-worry", "what": "gathering", "area": THEIRS, "grade": GRADE}
IMMINENT: Final = {**RAISED, "kind": "imminent-threat", "group": "group-one", "window": WINDOW}
HOUR_MS: Final = 3_600_000


@cache
def edition() -> Edition:
    return soil()


def world() -> World:
    w = World()
    w.charters[1] = charter_of(edition())
    return w


def raised(w: World, fields: dict[str, Any] = RAISED) -> Held:
    opening = w.say(PAK, "concern", "raise", fields=fields)
    w.meet()
    return opening


def test_a_standing_worry_or_an_imminent_threat_has_group_coarse_area_window_and_grade() -> None:
    w = world()
    opening = raised(w, IMMINENT)
    assert w.case(opening).state == "raised"
    assert refused(ruled(w, opening, edition=edition())) == []


@pytest.mark.parametrize(
    "fields",
    [
        {**RAISED, "kind": "imminent-threat"},
        {**RAISED, "grade": {"source": "X", "information": "1"}},
        {key: value for key, value in RAISED.items() if key != "grade"},
        {key: value for key, value in RAISED.items() if key != "area"},
    ],
)
def test_a_threat_without_window_grade_or_area_is_void(fields: dict[str, Any]) -> None:
    """An imminent threat gives its window; source and information are graded in one scheme."""
    w = world()
    assert w.of(opening := raised(w, fields), opening).status is Status.VOID


def test_accepted_acted_on_with_outcome_and_reviewed_at_the_next_meeting() -> None:
    w = world()
    opening = raised(w)
    for author, act, fields, state in (
        (IRN, "acknowledge", {}, "acknowledged"),
        (IRN, "need more", {}, "more needed"),
        (PAK, "add", {"area": THEIRS}, "acknowledged"),
        (IRN, "accept", {}, "accepted"),
        (IRN, "act", {"measures": ["patrols", "search"]}, "acting"),
        (IRN, "report outcome", {"result": "threat-reduced"}, "outcome reported"),
        (PAK, "review", {"result": "settled"}, "outcome reported"),
        (IRN, "review", {"result": "kept-in-view"}, "reviewed"),
    ):
        said = w.say(author, "concern", act, [opening], fields)
        w.meet()
        assert w.of(said, opening).status is Status.EFFECTIVE
        assert w.case(opening).state == state


def test_declined_with_a_reason_that_may_be_suspected_torture_and_reviewed_all_the_same() -> None:
    """1-mechanism: information suspected to stem from torture is refused with its own reason code."""
    w = world()
    opening = raised(w)
    w.say(IRN, "concern", "decline", [opening], {"reason": "suspected-torture"})
    w.meet()
    case = w.case(opening)
    assert case.state == "declined"
    assert "review" in {each.duty for each in obligations(CONCERN, w.charters[1], case)}
    assert w.of(w.say(IRN, "concern", "decline", [opening]), opening).because == "field-missing"


def test_only_the_hosts_own_authorities_act() -> None:
    """3-procedures: action by the host's own authorities on its own soil."""
    w = world()
    opening = raised(w)
    w.say(IRN, "concern", "accept", [opening])
    w.meet()
    mine = w.say(PAK, "concern", "act", [opening], {"measures": ["patrols"]})
    assert w.of(mine, opening).because == "not-your-act"


@pytest.mark.parametrize(
    ("where", "codes"),
    [
        (THEIRS, []),
        (place(2.21, 1, 2.29, 1.08), []),
        (place(1, 1, 1.2, 1.2), ["territory-across"]),
        (place(2.05, 1, 2.15, 1.1), ["territory-disputed"]),
        (place(5, 1, 5.2, 1.2), ["territory-outside"]),
        (place(1, 1, 1.02, 1.02), ["place-fine"]),
    ],
)
def test_action_is_on_the_hosts_own_soil(where: dict[str, Any], codes: list[str]) -> None:
    w = world()
    opening = raised(w)
    w.say(IRN, "concern", "accept", [opening])
    w.meet()
    acted = w.say(IRN, "concern", "act", [opening], {"measures": ["patrols"], "where": where})
    assert refused(ruled(w, acted, edition=edition())) == codes
    unheld = ["edition-unheld"] if codes in ([], ["territory-across"]) else []
    assert not unheld or refused(ruled(w, acted)) == unheld


def test_an_action_without_a_place_is_allowed() -> None:
    w = world()
    opening = raised(w)
    acted = w.say(IRN, "concern", "act", [opening], {"measures": ["inquiry"]})
    assert ruled(w, acted, edition=edition()) == ()


def test_it_is_never_a_consent_to_cross() -> None:
    """No act of a concern is a consent act, whatever approvals it has; the words of acceptance say so."""
    assert not any(rule.consent for rule in CONCERN.rules.values())
    assert "no consent to cross" in CONCERN.acts["accept"].says


def test_a_concern_points_at_no_place() -> None:
    """3-procedures: no point location; its area leaves room for ten kilometres."""
    w = world()
    narrow = {**RAISED, "area": place(2.5, 1, 2.55, 2)}
    assert refused(ruled(w, raised(w, narrow), edition=edition())) == ["concern-point"]
    assert refused(ruled(w, raised(w, narrow))) == ["concern-point"]
    assert refused(ruled(w, raised(w), edition=edition())) == []


def test_what_is_added_or_corrected_points_at_no_place_either() -> None:
    w = world()
    opening = raised(w)
    added = w.say(PAK, "concern", "add", [opening], {"area": place(2.5, 1, 2.52, 1.02)})
    assert refused(ruled(w, added)) == ["concern-point"]
    narrow = {**RAISED, "area": place(2.5, 1, 2.52, 1.02)}
    corrected = w.say(PAK, "concern", CORRECT, [opening], {"reason": "error", "fields": narrow})
    assert refused(ruled(w, corrected)) == ["concern-point"]


def test_an_addition_without_a_place_and_other_acts_have_nothing_to_check() -> None:
    w = world()
    opening = raised(w)
    assert ruled(w, w.say(PAK, "concern", "add", [opening]), edition=edition()) == ()
    assert ruled(w, w.say(IRN, "concern", "acknowledge", [opening]), edition=edition()) == ()


def test_a_concern_is_about_no_individual() -> None:
    """3-procedures: no individual. Coded fields cannot hold one; a portion marked as personal data is refused."""
    w = world()
    opening = raised(w)
    personal = parse_marking("PERSONAL safety/suspect/30", ())
    assert refused(ruled(w, opening, edition=edition(), markings={"text": (Marking(),)})) == []
    assert refused(ruled(w, opening, edition=edition(), markings={"text": (personal,)})) == ["concern-individual"]


def test_a_concern_about_soil_that_is_not_the_hosts_is_flagged() -> None:
    w = world()
    ours = raised(w, {**RAISED, "area": place(1, 1, 1.2, 1.2)})
    found = ruled(w, ours, edition=edition())
    assert (refused(found), flagged(found)) == ([], ["concern-elsewhere"])
    assert ruled(w, ours) == ()


def test_an_area_on_another_edition_or_of_no_shape_is_refused() -> None:
    w = world()
    foreign = raised(w, {**RAISED, "area": {**THEIRS, "edition": "0" * 64}})
    assert refused(ruled(w, foreign, edition=edition())) == ["edition-foreign"]
    crossing = {**THEIRS, "area": [[0, 0], [500_000, 500_000], [500_000, 0], [0, 500_000]]}
    assert refused(ruled(w, raised(w, {**RAISED, "area": crossing}))) == ["area-self-crossing"]
    opening = raised(w)
    acted = w.say(IRN, "concern", "act", [opening], {"measures": ["search"], "where": crossing})
    assert refused(ruled(w, acted, edition=edition())) == ["area-self-crossing"]


def test_the_time_from_warning_to_outcome_is_shown() -> None:
    """From the host's receipt of the warning to the warner's receipt of the outcome; until then it runs on."""
    w = world()
    opening = raised(w, IMMINENT)
    assert warning_to_outcome(w.case(opening), {}, HOUR_MS) == Elapsed(0, 0, 0)
    w.say(IRN, "concern", "accept", [opening])
    w.meet()
    outcome = w.say(IRN, "concern", "report outcome", [opening], {"result": "threat-ended"})
    warned = {opening.digest: HOUR_MS}
    assert warning_to_outcome(w.case(opening), warned, 3 * HOUR_MS) == Elapsed(HOUR_MS, 0, 2 * HOUR_MS)
    receipts = {**warned, outcome.digest: 6 * HOUR_MS}
    assert warning_to_outcome(w.case(opening), receipts, 9 * HOUR_MS) == Elapsed(HOUR_MS, 6 * HOUR_MS, 5 * HOUR_MS)


def test_acknowledgement_is_owed_within_the_lanes_handling_time() -> None:
    """ACP 121, ROUTINE: six hours."""
    w = world()
    opening = raised(w)
    acknowledge = next(
        each for each in obligations(CONCERN, w.charters[1], w.case(opening)) if each.duty == "acknowledge"
    )
    seen = owed(acknowledge, {opening.digest: HOUR_MS}, 8 * HOUR_MS)
    assert (seen.view, seen.due_ms) == (View.OVERDUE, 7 * HOUR_MS)


def test_what_was_added_and_not_seen_is_answered_anew() -> None:
    """An addition that crosses a refusal puts the question again; one that crosses an acceptance leaves it accepted."""
    for answer, state in (("decline", "acknowledged"), ("accept", "accepted")):
        w = world()
        opening = raised(w)
        w.say(IRN, "concern", "need more", [opening])
        w.meet()
        w.say(PAK, "concern", "add", [opening])
        w.say(IRN, "concern", answer, [opening], {"reason": "not-substantiated"} if answer == "decline" else {})
        w.meet()
        assert w.case(opening).state == state
        assert explain(CONCERN, w.case(opening))


def test_a_review_names_the_meeting() -> None:
    """3-procedures: reviewed at the next meeting."""
    w = world()
    opening = raised(w)
    meeting = w.say(PAK, "message", "send")
    w.say(IRN, "concern", "decline", [opening], {"reason": "not-stated"})
    w.meet()
    bare = w.say(PAK, "concern", "review", [opening], {"result": "settled"})
    assert refused(ruled(w, bare)) == ["review-without-meeting"]
    named = w.say(PAK, "concern", "review", [opening, meeting], {"result": "settled"})
    assert refused(ruled(w, named)) == []


def test_a_concern_has_no_field_for_a_person_or_a_point() -> None:
    """1-mechanism: no schema has live positions of persons; the only place is an area of coarse extent."""
    (schema,), parts = msgspec.json.schema_components([CONCERN.acts["raise"].fields])
    assert set(parts["Raised"]["properties"]) == {
        "roles", "exercise", "kind", "what", "area", "grade", "group", "window",
    }  # fmt: skip
    assert schema
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(place(2.5, 1, 2.5, 1), Place)
