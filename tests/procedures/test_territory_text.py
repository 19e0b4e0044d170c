"""Places as people type them: decimal degrees and MGRS, in and out, in three digit sets."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rabita.line.errors import UserFault
from rabita.procedures.territory import DEGREE, LATITUDE_MAX, LONGITUDE_MAX, Point
from rabita.procedures.territory_text import degrees_text, mgrs_text, parse_point

ZAHEDAN = Point(60_862_900, 29_496_300)
POINTS = st.builds(Point, st.integers(-LONGITUDE_MAX, LONGITUDE_MAX), st.integers(-LATITUDE_MAX, LATITUDE_MAX))
ON_GRID = st.builds(Point, st.integers(-LONGITUDE_MAX, LONGITUDE_MAX), st.integers(-79_900_000, 83_900_000))


@pytest.mark.parametrize(
    "text",
    [
        "29.4963, 60.8629",
        "29.4963 60.8629",
        "+29.4963;+60.8629",
        " 29.4963 N 60.8629 E ",
        "29.4963°N, 60.8629°E",
        "29.4963n60.8629e",
        "۲۹٫۴۹۶۳، ۶۰٫۸۶۲۹",
        "٢٩٫٤٩٦٣؛ ٦٠٫٨٦٢٩",
        "\u200e29.4963\u200f, 60.8629",
    ],
)
def test_decimal_degrees_are_read_latitude_first(text: str) -> None:
    """ISO 6709: latitude before longitude; digits and separators of Persian and Urdu too."""
    assert parse_point(text) == ZAHEDAN


def test_south_and_west_are_negative() -> None:
    assert parse_point("29.5 S 60.25 W") == parse_point("-29.5, −60.25") == Point(-60_250_000, -29_500_000)


@pytest.mark.parametrize("text", ["41R KN 92823 64876", "41rkn9282364876", "۴۱R KN ۹۲۸۲۳ ۶۴۸۷۶"])
def test_mgrs_is_read_to_the_metre(text: str) -> None:
    lon, lat = parse_point(text)
    assert abs(lon - ZAHEDAN.lon) < 10
    assert abs(lat - ZAHEDAN.lat) < 10


def test_an_mgrs_reference_names_a_square_and_its_middle_is_given() -> None:
    """At 10 km: the middle of 41R KN 9 6 is 41R KN 95000 65000."""
    assert parse_point("41R KN 9 6") == parse_point("41R KN 95000 65000")
    assert parse_point("1N EA 1 1") == parse_point("01NEA11")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "29.5",
        "29.5 N 60.8",
        "29.5, 60.8 E",
        "-29.5 N 60.8 E",
        "29.5 N -60.8 E",
        "91, 20",
        "20, 181",
        "29.5 E 60.8 N",
        "41R KN 923 64",
        "41I KN 92 64",
        "61R KN 92 64",
        "00R KN 92 64",
        "41RKV0000000000",
        "60XVV12",
        "nan, 1",
        "1e3, 1",
        "29.4963 60.8629" + " " * 60,
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UserFault) as caught:
        parse_point(text)
    assert caught.value.code == "place-malformed"


def test_places_are_written_in_ascii() -> None:
    assert degrees_text(ZAHEDAN) == "29.496300, 60.862900"
    assert mgrs_text(ZAHEDAN) == "41R KN 92823 64876"
    assert [mgrs_text(ZAHEDAN, digits) for digits in (0, 1, 2)] == ["41R KN", "41R KN 9 6", "41R KN 92 64"]


@pytest.mark.parametrize("lat", [-80_000_001, 84_000_001, LATITUDE_MAX])
def test_beyond_the_grid_there_is_no_mgrs(lat: int) -> None:
    with pytest.raises(UserFault) as caught:
        mgrs_text(Point(0, lat))
    assert caught.value.code == "place-off-grid"


@given(point=POINTS)
def test_decimal_degrees_come_back_exactly(point: Point) -> None:
    assert parse_point(degrees_text(point)) == point


@given(point=ON_GRID)
@example(point=Point(5_900_000, 60_000_000))
def test_mgrs_comes_back_to_two_metres(point: Point) -> None:
    lon, lat = parse_point(mgrs_text(point))
    assert abs(lat - point.lat) < 40
    assert min(abs(lon - point.lon), 360 * DEGREE - abs(lon - point.lon)) < 250


@given(text=st.text(max_size=70) | st.from_regex(r"[0-6]?\d[C-X][A-Z]{2}\d{0,11}", fullmatch=True))
def test_whatever_is_typed_only_a_user_fault_escapes(text: str) -> None:
    try:
        lon, lat = parse_point(text)
    except UserFault as fault:
        assert fault.code == "place-malformed"
    else:
        assert abs(lon) <= LONGITUDE_MAX
        assert abs(lat) <= LATITUDE_MAX
