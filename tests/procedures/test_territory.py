"""Places in acts: microdegrees, rings, coarsening, and the words for a verdict."""

import math
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import SENTENCES, UserFault
from rabita.procedures.territory import (
    DEGREE,
    LATITUDE_MAX,
    LONGITUDE_MAX,
    Area,
    Point,
    Verdict,
    area_in_degrees,
    area_of_degrees,
    coarsen,
    editions_differ,
    near_line_sentence,
    over_antimeridian,
    refuse,
    verdict_sentence,
)

POINTS = st.builds(Point, st.integers(-LONGITUDE_MAX, LONGITUDE_MAX), st.integers(-LATITUDE_MAX, LATITUDE_MAX))


def test_coordinates_travel_as_whole_microdegrees_longitude_first() -> None:
    """Acts hold no floats (2-line); the order is GeoJSON's (RFC 7946, 3.1.1)."""
    area = area_of_degrees([(60.8629, 29.4963), (61, 29.4963), (61, 30)])
    assert msgspec.json.encode(area) == b"[[60862900,29496300],[61000000,29496300],[61000000,30000000]]"
    assert msgspec.json.decode(msgspec.json.encode(area), type=Area) == area


@pytest.mark.parametrize("raw", [b"[[180000001,0]]", b"[[0,-90000001]]", b"[[1.5,0]]", b"[[0]]", b"[[0,0,0]]"])
def test_a_coordinate_that_is_no_place_does_not_decode(raw: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw, type=Area)


def test_a_closed_ring_is_read_open_and_written_closed() -> None:
    """RFC 7946, 3.1.6: first and last position are equal."""
    closed = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
    assert area_of_degrees(closed) == area_of_degrees(closed[:-1])
    assert area_in_degrees(area_of_degrees(closed)) == closed
    assert area_of_degrees([(1.0, 1.0)]) == (Point(DEGREE, DEGREE),)


@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 180.000001, 1e308])
def test_a_coordinate_that_is_no_number_or_off_the_globe_is_refused(lon: float) -> None:
    with pytest.raises(UserFault) as caught:
        area_of_degrees([(lon, 0.0)])
    assert caught.value.code == "area-coordinates"


def test_a_latitude_off_the_globe_is_refused() -> None:
    with pytest.raises(UserFault):
        area_of_degrees([(0.0, 90.1)])


def test_an_edge_over_half_the_globe_is_over_the_antimeridian() -> None:
    """RFC 7946, 3.1.9."""
    assert over_antimeridian(area_of_degrees([(179, 0), (-179, 0), (-179, 1), (179, 1)]))
    assert not over_antimeridian(area_of_degrees([(-90, 0), (90, 0), (90, 1), (-90, 1)]))


@given(point=POINTS, cell_km=st.integers(1, 500))
def test_a_point_lies_in_its_cell(point: Point, cell_km: int) -> None:
    """Locations on the host's soil are coarsened (1-mechanism)."""
    (west, south), (east, _), (_, north), _ = coarsen(point, cell_km)
    assert west <= point.lon <= east
    assert south <= point.lat <= north
    assert -LONGITUDE_MAX <= west < east <= LONGITUDE_MAX
    assert -LATITUDE_MAX <= south < north <= LATITUDE_MAX


@given(point=POINTS, cell_km=st.integers(1, 500), data=st.data())
def test_every_point_of_a_cell_has_that_cell(point: Point, cell_km: int, data: st.DataObject) -> None:
    """So that many coarse reports of one place tell no more than one."""
    cell = coarsen(point, cell_km)
    (west, south), _, (east, north), _ = cell
    other = Point(data.draw(st.integers(west, east - 1)), data.draw(st.integers(south, north - 1)))
    assert coarsen(other, cell_km) == cell


def test_a_cell_larger_than_the_globe_is_half_of_it_at_most() -> None:
    assert coarsen(Point(0, 0), 50_000)[0] == Point(0, -LATITUDE_MAX)


def test_accounts_on_different_editions_are_flagged() -> None:
    """3-procedures, Territory guard."""
    assert editions_differ("a" * 64, "b" * 64)
    assert not editions_differ("a" * 64, "a" * 64)


def test_a_refused_verdict_is_raised_by_its_code_and_an_allowed_one_is_not() -> None:
    refuse(Verdict("territory-own", allowed=True, flagged=False))
    with pytest.raises(UserFault) as caught:
        refuse(Verdict("territory-across", allowed=False, flagged=True))
    assert caught.value.code == "territory-across"


def test_a_verdict_is_explained_in_plain_words() -> None:
    both = Verdict("territory-own", allowed=True, flagged=False, distance_m=(("EAS", 12_001), ("WES", 12_999)))
    assert verdict_sentence(both) == (
        "The area lies within the announcing party's own territory. It lies within 13 km of the line, indicative."
    )
    apart = Verdict("territory-across", allowed=False, flagged=True, distance_m=(("EAS", 0), ("WES", 500)))
    assert verdict_sentence(apart).endswith(
        "It lies on the line as EAS claims it and within 1 km of the line as WES claims it, indicative."
    )
    assert verdict_sentence(Verdict("area-empty", allowed=False, flagged=True)) == SENTENCES["area-empty"]


def test_the_map_only_says_within_so_many_kilometres_of_the_line_indicative() -> None:
    """3-procedures: the side is what the reporters state."""
    said = near_line_sentence((("IRN", 3100), ("PAK", 3100)), 8700)
    assert said == "It lies within 4 km of the line, indicative: the map is accurate to 8.7 km and decides no side."


def test_the_parts_without_geometry_load_no_geometry_library() -> None:
    """A node at rest stays under 120 MB, and ``rabita --help`` under 0.3 s (6-bars)."""
    light = "territory, marking, marking_grades, disclosure, words, catalogue"
    program = (
        f"import sys; from rabita.procedures import {light}; print({{'shapely', 'pyproj', 'mgrs'}} & {{*sys.modules}})"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
