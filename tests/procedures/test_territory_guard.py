"""The territory guard, clause by clause (3-procedures, Territory guard; 1-mechanism, M6)."""

import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point as Geometry

from rabita.line.errors import SENTENCES, PeerFault
from rabita.procedures.territory import (
    ALLOWED,
    AREA_VERTICES_MAX,
    CONCERN_EXTENT_KM,
    DEGREE,
    HOST_SOIL_EXTENT_KM,
    Area,
    Consent,
    Point,
    Window,
    area_of_degrees,
    coarsen,
    verdict_sentence,
)
from rabita.procedures.territory_edition import Edition, area_fault
from rabita.procedures.territory_guard import coarse_enough, guard, too_fine_on_host_soil
from tests.procedures.territory_maps import box, built_in, drawn, read_drawn

DAY = Window(1_000_000, 2_000_000)


@cache
def edition() -> Edition:
    return read_drawn(drawn())


def verdict(area: Area, announcer: str = "WES", *, assured: bool = False, consents: tuple[Consent, ...] = ()) -> str:
    """Judge an area on the drawn edition; a verdict always explains itself and refuses what it does not allow."""
    said = guard(edition(), announcer, area, DAY, assured=assured, consents=consents)
    assert verdict_sentence(said).startswith(ALLOWED[said.code] if said.allowed else SENTENCES[said.code])
    assert said.allowed or said.flagged
    assert bool(said.consent) == (said.code == "territory-consented")
    return said.code


def consent(area: Area, giver: str = "EAS", window: Window = DAY) -> Consent:
    return Consent("c" * 64, giver, area, window)


def test_within_own_territory_is_allowed_and_not_flagged() -> None:
    said = guard(edition(), "WES", box(0.5, 0.5, 1, 1), DAY)
    assert (said.code, said.allowed, said.flagged) == ("territory-own", True, False)


def test_in_the_band_it_needs_the_announcers_assurance() -> None:
    """Inside the uncertainty band it needs the announcer's recorded assurance to stay on its own side."""
    area = box(1, 1, 1.95, 2)
    assert verdict(area) == "territory-assurance-needed"
    assert verdict(area, assured=True) == "territory-band"


def test_in_the_band_it_is_flagged_to_the_other_even_when_assured() -> None:
    said = guard(edition(), "WES", box(1, 1, 1.95, 2), DAY, assured=True)
    assert (said.allowed, said.flagged) == (True, True)


def test_the_band_is_measured_to_the_nearer_of_both_claims() -> None:
    """WES draws the line at 2.2 and EAS at 2: nine tenths of a degree matter to neither, 0.05 to WES."""
    assert verdict(box(1, 1, 1.9, 2)) == "territory-own"
    assert verdict(box(1, 1, 1.92, 2)) == "territory-assurance-needed"


def test_the_band_of_the_built_in_edition_is_ten_kilometres() -> None:
    shifted = [box(63.5 - shift / 100, 27.0, 63.6, 27.1) for shift in range(0, 24, 3)]
    said = [guard(built_in(), "PAK", area, DAY) for area in shifted]
    assert {each.code for each in said} == {"territory-own", "territory-assurance-needed"}
    assert all((each.distance_m[0][1] >= 10_000) == (each.code == "territory-own") for each in said)


def test_an_area_that_touches_the_line_and_does_not_cross_it_is_in_the_band() -> None:
    """Drawn along the line by its vertices it is exactly along it, here on the built-in edition."""
    line = [(lon / DEGREE, lat / DEGREE) for lon, lat in list(built_in().claims[0].line.coords)[108:127]]
    east = area_of_degrees([*line, (64, line[-1][1]), (64, line[0][1])])
    assert guard(built_in(), "PAK", east, DAY, assured=True).code == "territory-band"
    assert guard(built_in(), "IRN", east, DAY, assured=True).code == "territory-across"


def test_across_the_line_it_is_refused() -> None:
    assert verdict(box(1, 1, 3, 2), assured=True) == "territory-across"


def test_wholly_on_the_others_soil_it_is_refused() -> None:
    assert verdict(box(3, 1, 3.5, 2), assured=True) == "territory-across"


def test_in_a_zone_both_claim_it_is_refused() -> None:
    assert verdict(box(2.05, 1, 2.15, 2), assured=True) == "territory-disputed"
    assert verdict(box(2.05, 1, 2.15, 2), "EAS", assured=True) == "territory-disputed"
    assert verdict(box(1, 1, 2.15, 2), assured=True) == "territory-disputed"


def test_a_corner_of_the_others_soil_between_own_corners_is_across() -> None:
    """All four corners lie on own soil; an edge passes through a corner where the line bends in."""
    members = drawn()
    west, west_line, east, east_line = members["features"]
    bent = [[2, 0], [1.5, 2], [2, 4]]
    west["geometry"]["coordinates"] = [[[0, 0], *bent, [0, 4], [0, 0]]]
    east["geometry"]["coordinates"] = [[[[4, 0], [4, 4], *bent[::-1], [4, 0]]]]
    west_line["geometry"]["coordinates"], east_line["geometry"]["coordinates"] = bent, [bent]
    map_ = read_drawn(members)
    own, _ = map_.sides("WES")
    area = box(1, 1.2, 1.6, 2.8)
    assert all(own.territory.covers(Geometry(corner)) for corner in area)
    assert guard(map_, "WES", area, DAY, assured=True).code == "territory-across"
    assert guard(map_, "WES", box(1, 1.2, 1.5, 2.8), DAY, assured=True).code == "territory-band"


def test_consent_covering_area_and_time_allows_it_and_flags_it() -> None:
    """Refused unless it names an entry of the other's consent covering area and time."""
    said = guard(edition(), "WES", box(1, 1, 3, 2), DAY, consents=[consent(box(2, 1, 3, 2))])
    assert (said.code, said.allowed, said.flagged, said.consent) == ("territory-consented", True, True, "c" * 64)


def test_consent_covers_the_zone_both_claim() -> None:
    assert verdict(box(1, 1, 2.15, 2), consents=(consent(box(2, 0.5, 2.2, 2.5)),)) == "territory-consented"


def test_consent_must_cover_all_of_the_area_beyond_own_territory() -> None:
    assert verdict(box(1, 1, 3, 2), consents=(consent(box(2, 1, 2.9, 2)),)) == "consent-area"
    assert verdict(box(1, 1, 3, 2), consents=(consent(box(2.2, 1, 3, 2)),)) == "consent-area"


def test_consent_covers_an_area_part_of_which_is_thinner_than_the_grid() -> None:
    """Such a part becomes an edge without area, which must not upset the comparison."""
    thin = (
        Point(2_000_002, 1_500_005),
        Point(2_000_002, 1_500_006),
        Point(2_000_000, 1_500_000),
        Point(2_000_002, 1_500_000),
    )
    assert verdict(thin, consents=(consent(box(2, 1, 3, 2)),)) == "territory-consented"
    assert verdict(thin, consents=(consent(box(2.5, 1, 3, 2)),)) == "consent-area"


def test_two_consents_that_cover_half_each_cover_nothing() -> None:
    halves = (consent(box(2, 1, 2.5, 2)), consent(box(2.5, 1, 3, 2)))
    assert verdict(box(1, 1, 3, 2), consents=halves) == "consent-area"


@pytest.mark.parametrize("window", [Window(1_000_001, 2_000_000), Window(1_000_000, 1_999_999), Window(0, 10)])
def test_consent_must_cover_the_whole_time(window: Window) -> None:
    assert verdict(box(1, 1, 3, 2), consents=(consent(box(2, 1, 3, 2), window=window),)) == "consent-time"


def test_a_time_that_ends_before_it_begins_is_covered_by_no_consent() -> None:
    said = guard(
        edition(), "WES", box(1, 1, 3, 2), Window(9, 8), consents=[consent(box(2, 1, 3, 2), window=Window(0, 10))]
    )
    assert said.code == "consent-time"


def test_consent_must_be_the_others() -> None:
    assert verdict(box(1, 1, 3, 2), consents=(consent(box(2, 1, 3, 2), giver="WES"),)) == "consent-foreign"


def test_any_one_of_the_consents_named_suffices() -> None:
    named = (consent(box(2, 1, 3, 2), giver="WES"), consent(box(2, 1, 3, 2)))
    assert verdict(box(1, 1, 3, 2), consents=named) == "territory-consented"


def test_a_consent_whose_own_area_has_a_fault_covers_nothing() -> None:
    knot = area_of_degrees([(2, 1), (3, 2), (3, 1), (2, 2)])
    assert verdict(box(1, 1, 3, 2), consents=(consent(knot),)) == "consent-area"


def test_outside_both_it_is_refused_even_with_consent() -> None:
    """Neither party can speak for a third one's soil."""
    assert verdict(box(1, 3.5, 1.5, 4.5), assured=True) == "territory-outside"
    assert verdict(box(3, 3.5, 3.5, 4.5), consents=(consent(box(3, 3, 4, 5)),)) == "territory-outside"


@pytest.mark.parametrize(
    ("code", "area"),
    [
        ("area-empty", ()),
        ("area-empty", (Point(0, 0), Point(DEGREE, DEGREE))),
        ("area-empty", (Point(0, 0), Point(DEGREE, DEGREE), Point(2 * DEGREE, 2 * DEGREE))),
        ("area-empty", (Point(5, 5),) * 4),
        ("area-self-crossing", area_of_degrees([(0, 0), (1, 1), (1, 0), (0, 1)])),
        ("area-self-crossing", area_of_degrees([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)])),
        ("area-antimeridian", area_of_degrees([(179, 0), (-179, 0), (-179, 1), (179, 1)])),
        ("area-huge", box(0, 0, 4, 4)),
        ("area-huge", box(-180, -90, 0, 90)),
        ("area-coordinates", (Point(0, 0), Point(180 * DEGREE + 1, 0), Point(0, DEGREE))),
        ("area-coordinates", (Point(0, 0), Point(0, -90 * DEGREE - 1), Point(0, DEGREE))),
        ("area-coordinates", (Point(0, 0), Point(10**400, 0), Point(0, DEGREE))),
        ("area-vertices", (Point(0, 0),) * (AREA_VERTICES_MAX + 1)),
    ],
)
def test_an_area_whose_shape_has_a_fault_is_refused_by_its_code(code: str, area: Area) -> None:
    """Self-crossing, empty, over the antimeridian, huge, off the globe, too many: each its code and sentence."""
    assert verdict(area, assured=True, consents=(consent(box(0, 0, 4, 4)),)) == code


def test_as_many_vertices_as_the_protocol_allows_pass() -> None:
    turn = [2 * math.pi * each / AREA_VERTICES_MAX for each in range(AREA_VERTICES_MAX)]
    assert verdict(area_of_degrees([(1 + math.cos(a) / 2, 2 + math.sin(a) / 2) for a in turn])) == "territory-own"


def test_a_stranger_to_the_edition_is_told_apart() -> None:
    with pytest.raises(PeerFault) as caught:
        guard(edition(), "NOR", box(1, 1, 2, 2), DAY)
    assert caught.value.code == "edition-foreign"


def test_both_nodes_reach_the_same_verdict_from_the_same_bytes() -> None:
    """Enforced at sealing and shown as a flag at receipt."""
    area, here, there = box(62, 26, 63, 27), built_in(("PAK", "IRN")), built_in(("IRN", "PAK"))
    assert guard(here, "PAK", area, DAY) == guard(there, "PAK", area, DAY)


def test_a_concern_names_no_point_location() -> None:
    """3-procedures, concern: no individual, no point location."""
    assert coarse_enough(coarsen(Point(62 * DEGREE, 27 * DEGREE), CONCERN_EXTENT_KM), CONCERN_EXTENT_KM)
    assert not coarse_enough(box(62, 27, 62.01, 28), CONCERN_EXTENT_KM)


def test_locations_on_the_hosts_soil_are_coarsened() -> None:
    """1-mechanism: locations on the host's soil are coarsened; what both claim counts as the other's."""
    fine = box(0, 0, 0.01, 0.01)
    assert not too_fine_on_host_soil(edition(), "WES", fine)
    assert too_fine_on_host_soil(edition(), "WES", tuple(Point(lon + 3 * DEGREE, lat) for lon, lat in fine))
    assert too_fine_on_host_soil(edition(), "WES", tuple(Point(lon + 2_100_000, lat) for lon, lat in fine))
    coarse = coarsen(Point(3 * DEGREE, DEGREE), HOST_SOIL_EXTENT_KM)
    assert not too_fine_on_host_soil(edition(), "WES", coarse)


POINTS = st.builds(Point, st.integers(-100_000, 4_500_000), st.integers(-100_000, 4_500_000))
AREAS = st.lists(POINTS, max_size=8).map(tuple)
BOXES = st.builds(
    lambda west, south, wide, high: box(west / 100, south / 100, (west + wide) / 100, (south + high) / 100),
    *(st.integers(-20, 400), st.integers(-20, 400), st.integers(1, 200), st.integers(1, 200)),
)


@given(
    area=AREAS | BOXES,
    other=AREAS | BOXES,
    assured=st.booleans(),
    window=st.builds(Window, st.integers(0, 9), st.integers(0, 9)),
)
def test_whatever_the_area_the_guard_gives_a_verdict_with_a_sentence(
    area: Area, other: Area, *, assured: bool, window: Window
) -> None:
    said = guard(edition(), "WES", area, window, assured=assured, consents=[Consent("c", "EAS", other, Window(0, 9))])
    assert verdict_sentence(said)
    assert bool(area_fault(area)) == (not said.distance_m)
    if not area_fault(area):
        assert coarse_enough(area, 1) in {True, False}


@given(area=BOXES, assured=st.booleans())
def test_no_area_reaches_the_others_soil_without_its_consent(area: Area, *, assured: bool) -> None:
    """M6: no notice may cover the other's soil without its recorded consent; here boxes, judged by their corners."""
    said = guard(edition(), "WES", area, DAY, assured=assured)
    beyond = max(lon for lon, _ in area) > 2 * DEGREE
    assert not (said.allowed and beyond)
    near = max(lon for lon, _ in area) > 1_915_000
    assert not (said.allowed and near and not assured)


@given(lon=st.integers(-360_000_000, 360_000_000), lat=st.integers(-180_000_000, 180_000_000), area=AREAS)
def test_the_guard_judges_any_place_on_earth_or_off_it(lon: int, lat: int, area: Area) -> None:
    moved = tuple(Point(each.lon + lon, each.lat + lat) for each in area)
    assert guard(edition(), "EAS", moved, DAY).flagged in {True, False}
