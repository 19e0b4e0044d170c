"""Times as officers read them: zones, calendars, digits, and what lies beyond them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from persiantools.jdatetime import JalaliDate

from rabita.desk.dates import clock_text, day_text, time_text
from rabita.services.preferences import Calendar, Digits, Preferences, Zone

ENGLISH = Preferences()
STRIKE_MS = int(datetime(2024, 1, 16, 17, 30, tzinfo=UTC).timestamp() * 1000)


def how(**changes: object) -> Preferences:
    return msgspec.structs.replace(ENGLISH, **changes)


@pytest.mark.parametrize(
    ("preferences", "text"),
    [
        (ENGLISH, "16 Jan 2024 17:30Z"),
        (how(zone=Zone.PKT), "16 Jan 2024 22:30 PKT"),
        (how(zone=Zone.IRST), "16 Jan 2024 21:00 IRST"),
        (how(language="ur", zone=Zone.PKT), "16 جنوری 2024 22:30 PKT"),
        (how(language="ur", zone=Zone.PKT, digits=Digits.EASTERN), "۱۶ جنوری ۲۰۲۴ ۲۲:۳۰ PKT"),
        (how(language="fa", zone=Zone.IRST, calendar=Calendar.SOLAR_HIJRI), "26 دی 1402 21:00 IRST"),
        (how(calendar=Calendar.SOLAR_HIJRI), "26 Dey 1402 17:30Z"),
        (how(language="ur", calendar=Calendar.SOLAR_HIJRI), "26 دی 1402 17:30Z"),
    ],
)
def test_a_time_is_written_with_its_zone(preferences: Preferences, text: str) -> None:
    assert time_text(STRIKE_MS, preferences) == text


def test_days_are_counted_in_the_officer_s_zone() -> None:
    late_ms = STRIKE_MS + 4 * 3_600_000
    assert day_text(late_ms, ENGLISH) == "16 Jan 2024"
    assert day_text(late_ms, how(zone=Zone.PKT)) == "17 Jan 2024"
    assert clock_text(late_ms, Zone.IRST, how(digits=Digits.EASTERN)) == "۰۱:۰۰"


def test_no_time_is_none_and_one_beyond_the_calendar_is_still_said() -> None:
    assert time_text(0, ENGLISH) == ""
    assert time_text(2**53, ENGLISH) == f"{2**53} ms"


@given(day=st.integers(0, 60_000))
def test_every_day_is_the_one_of_its_calendar(day: int) -> None:
    time_ms = 1 + day * 86_400_000
    date = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
    solar = JalaliDate(date)  # type: ignore[no-untyped-call]  # - persiantools leaves it untyped
    assert day_text(time_ms, how(calendar=Calendar.SOLAR_HIJRI)).startswith(f"{solar.day} ")
    assert day_text(time_ms, ENGLISH).startswith(f"{date.day} ")
    assert day_text(time_ms, ENGLISH).endswith(f"{date.year}")
