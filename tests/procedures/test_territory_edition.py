"""Map editions: the one shipped, what is refused, and distances against an independent geodesic."""

import json
from copy import deepcopy
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from rabita.line.charter import Boundary
from rabita.line.errors import PeerFault
from rabita.procedures import territory_edition
from rabita.procedures.territory import DEGREE, Point, area_of_degrees, coarsen
from rabita.procedures.territory_edition import areas_overlap, distance_to_line, read_edition, room_m
from tests.procedures.territory_maps import (
    BAND_M,
    BUILT_IN,
    DATA,
    boundary,
    box,
    built_in,
    drawn,
    feature,
    read_drawn,
    ring,
)

GEOD = Geod(ellps="WGS84")


def refused(members: dict[str, Any]) -> PeerFault:
    with pytest.raises(PeerFault) as caught:
        read_drawn(members)
    return caught.value


def test_the_built_in_edition_shows_both_claims_and_the_ten_kilometre_band() -> None:
    """3-procedures, Territory guard."""
    edition = built_in()
    assert [claim.party for claim in edition.claims] == ["IRN", "PAK"]
    assert (edition.band_m, edition.accuracy_m) == (BAND_M, 8700)
    assert all(claim.undisputed.equals(claim.territory) for claim in edition.claims)


def test_the_built_in_line_is_the_border_both_territories_share_and_that_of_the_source() -> None:
    first, second = built_in().claims
    assert first.line.equals(second.line)
    assert first.territory.boundary.covers(first.line)
    assert second.territory.boundary.covers(first.line)
    source = json.loads((DATA / "irpk.geojson").read_bytes())["features"][0]["geometry"]
    assert (
        shapely.hausdorff_distance(
            shapely.transform(first.line, lambda at: at / DEGREE), shapely.geometry.shape(source)
        )
        < 1e-4
    )


def test_an_exercise_plays_on_the_claims_of_those_it_plays() -> None:
    """3-procedures, Exercise: codes with ``X-``."""
    assert [claim.party for claim in built_in(("X-PAK", "X-IRN")).claims] == ["X-IRN", "X-PAK"]


def test_an_edition_is_the_one_the_charter_names_or_none() -> None:
    """The charter's ``boundary.digest`` is its SHA-256."""
    with pytest.raises(PeerFault) as caught:
        read_edition(BUILT_IN + b"\n", boundary(BUILT_IN), ("PAK", "IRN"))
    assert caught.value.code == "edition-foreign"


def test_an_edition_without_a_claim_of_one_party_is_foreign() -> None:
    with pytest.raises(PeerFault) as caught:
        read_drawn(drawn(), ("WES", "NOR"))
    assert (caught.value.code, caught.value.detail) == ("edition-foreign", "NOR territory")
    with pytest.raises(PeerFault):
        read_drawn(drawn()).sides("NOR")


def test_a_strip_that_both_claim_is_no_partys_undisputed_soil() -> None:
    edition = read_drawn(drawn())
    own, other = edition.sides("WES")
    strip = shapely.box(2 * DEGREE, 0, 2.2 * DEGREE, 4 * DEGREE)
    assert own.territory.covers(strip)
    assert other.territory.covers(strip)
    assert own.undisputed.equals(shapely.box(0, 0, 2 * DEGREE, 4 * DEGREE))
    assert edition.sides("EAS")[0] is other


BAD_SHAPES = [
    ("WES", "territory", "LineString", [[0, 0], [1, 1]]),
    ("WES", "line", "Polygon", [ring(0, 0, 1, 1)]),
    ("WES", "territory", "Polygon", [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]),
    ("WES", "territory", "Polygon", [ring(0, 0, 1e-8, 1e-8)]),
    ("WES", "territory", "Polygon", []),
    ("WES", "territory", "Polygon", [[[0, 0], [1, 1], [0, 0]]]),
    ("WES", "territory", "MultiPolygon", []),
    ("WES", "territory", "Polygon", [ring(-179, 0, 179, 1)]),
    ("WES", "territory", "Polygon", [ring(0, 0, 181, 1)]),
    ("WES", "territory", "Polygon", [ring(0, 0, 1, 91)]),
    ("WES", "territory", "Circle", [0, 0]),
    ("WES", "line", "LineString", [[0, 0]]),
    ("WES", "line", "LineString", [[-179, 0], [179, 0]]),
    ("WES", "line", "LineString", [[0, 0, 0], [1, 1, 0]]),
    ("WES", "line", "MultiLineString", []),
    ("WES", "river", "LineString", [[0, 0], [1, 1]]),
]


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_a_shape_that_cannot_be_drawn_is_refused(shape: tuple[str, str, str, Any]) -> None:
    members = drawn()
    kept = [each for each in members["features"] if tuple(each["properties"].values()) != shape[:2]]
    assert refused({**members, "features": [*kept, feature(*shape)]}).code == "edition-malformed"


def test_a_shape_shown_twice_is_refused() -> None:
    members = drawn()
    assert refused({**members, "features": [*members["features"], members["features"][0]]}).detail == "WES territory"


def test_a_band_narrower_than_the_accuracy_is_refused() -> None:
    members = drawn()
    members["rabita"]["band_m"] = 8699
    assert refused(members).detail == "band_m"


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[" * 5000, b"{}", b'{"type":"FeatureCollection","features":[]}'])
def test_bytes_that_are_no_edition_are_refused(raw: bytes) -> None:
    with pytest.raises(PeerFault) as caught:
        read_edition(raw, boundary(raw), ("WES", "EAS"))
    assert caught.value.code == "edition-malformed"


def test_an_oversized_edition_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(territory_edition, "EDITION_BYTES_MAX", 10)
    assert refused(drawn()).detail == "size"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["Polygon", "WES", "line", "Feature"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["type", "coordinates"]), inner),
    max_leaves=12,
)
NUMBERS = st.floats(-200, 200) | st.floats() | st.integers(-200, 200)


@given(
    at=st.integers(0, 3),
    change=JSON | st.lists(st.lists(st.lists(NUMBERS, min_size=2, max_size=2), max_size=8), max_size=3),
    where=st.sampled_from([("geometry", "coordinates"), ("geometry",), ("properties",), ()]),
)
def test_whatever_stands_in_an_edition_only_a_peer_fault_escapes(
    at: int, change: object, where: tuple[str, ...]
) -> None:
    members = deepcopy(drawn())
    target: Any = members["features"]
    keys = [at, *where]
    for key in keys[:-1]:
        target = target[key]
    target[keys[-1]] = change
    try:
        assert read_drawn(members).band_m == BAND_M
    except PeerFault as fault:
        assert fault.code in {"edition-malformed", "edition-foreign"}


@given(raw=st.binary(max_size=200))
def test_any_bytes_with_the_digest_of_the_charter_give_a_peer_fault(raw: bytes) -> None:
    with pytest.raises(PeerFault):
        read_edition(raw, Boundary("", boundary(raw).digest, -1), ("WES", "EAS"))


def test_distances_are_given_under_each_claim() -> None:
    """3-procedures, violation report: distance under each claim."""
    (east, east_m), (west, west_m) = distance_to_line(Point(DEGREE, 2 * DEGREE), read_drawn(drawn()))
    assert (east, west) == ("EAS", "WES")
    assert east_m == pytest.approx(GEOD.inv(1, 2, 2, 2)[2], rel=1e-3)
    assert west_m == pytest.approx(GEOD.inv(1, 2, 2.2, 2)[2], rel=1e-3)


@given(lon=st.integers(60_000_000, 64_500_000), lat=st.integers(25_000_000, 30_500_000))
def test_a_distance_is_the_geodesic_to_the_nearest_place_of_the_line(lon: int, lat: int) -> None:
    """Against the geodesic to every 100 m of the straight edges of RFC 7946, whose ends it cannot miss by 51 m."""
    edition = built_in()
    path = shapely.get_coordinates(shapely.segmentize(edition.claims[0].line, 1000)) / DEGREE
    lons, lats = path[:, 0], path[:, 1]
    near = GEOD.inv([lon / DEGREE] * len(lons), [lat / DEGREE] * len(lats), lons, lats)[2].min()
    (_, found), _ = distance_to_line(Point(lon, lat), edition)
    assert near - 51 - 2 <= found <= near + 2


@given(lon=st.integers(-179_000_000, 179_000_000), lat=st.integers(-70_000_000, 70_000_000))
def test_a_cell_leaves_the_room_it_promises(lon: int, lat: int) -> None:
    """A cell of 10 km holds a circle of 10 km, to 1 %."""
    assert room_m(coarsen(Point(lon, lat), 10)) >= 9_900


def test_room_is_that_of_the_largest_circle_and_spikes_do_not_widen_it() -> None:
    assert room_m(box(1, 0, 1.1, 3)) == pytest.approx(11_132, rel=0.01)
    arm = [(1, -0.001), (1, 0.001), (0.001, 0.001)]
    cross = [(a * x - b * y, b * x + a * y) for a, b in ((1, 0), (0, 1), (-1, 0), (0, -1)) for x, y in arm]
    assert room_m(area_of_degrees(cross)) < 400


def test_areas_overlap_when_they_share_more_than_an_edge() -> None:
    """3-procedures, notice: overlaps with the other's notices are flagged."""
    assert areas_overlap(box(0, 0, 1, 1), box(0.9, 0.9, 2, 2))
    assert areas_overlap(box(0, 0, 3, 3), box(1, 1, 2, 2))
    assert not areas_overlap(box(0, 0, 1, 1), box(1, 0, 2, 1))
    assert not areas_overlap(box(0, 0, 1, 1), box(1, 1, 2, 2))
