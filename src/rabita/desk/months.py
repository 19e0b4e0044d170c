"""Months as an officer counts them, in their calendar and zone: a register is turned over month by month."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from babel.dates import format_date
from persiantools.jdatetime import JalaliDate

from rabita.desk.dates import day_text, digits, zone_of
from rabita.services.preferences import Calendar, Preferences

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MONTHS: Final = 12
LAST_MS: Final = 2**46
"""The latest moment whose month is known, some two thousand years ahead; later ones count as it."""


class Month(NamedTuple):
    """A month: its first and last millisecond (since 1970 UTC), how it is called, moments in those beside it."""

    from_ms: int
    until_ms: int
    says: str
    before_ms: int
    after_ms: int


def month_of(time_ms: int, how: Preferences) -> Month:
    """Give the month of a moment (ms since 1970 UTC) in the officer's calendar and zone."""
    zone = zone_of(how.zone)
    day = (_EPOCH + timedelta(milliseconds=min(time_ms, LAST_MS))).astimezone(zone).date()
    first = _first(day, how.calendar)
    following = _first(first + timedelta(days=_MONTHS * 3), how.calendar)
    from_ms, end_ms = (_ms(datetime(each.year, each.month, each.day, tzinfo=zone)) for each in (first, following))
    return Month(from_ms, end_ms - 1, month_text(first, from_ms, how), max(0, from_ms - 1), end_ms)


def month_text(first: date, from_ms: int, how: Preferences) -> str:
    """Name a month by its first day."""
    if how.calendar is Calendar.SOLAR_HIJRI:
        return day_text(from_ms, how).partition(" ")[2]
    return digits(format_date(first, "LLLL y", locale=how.language), how)


def _first(day: date, calendar: Calendar) -> date:
    """Give the first day of the month that a day is in."""
    if calendar is Calendar.GREGORIAN:
        return day.replace(day=1)
    solar = JalaliDate(day)  # type: ignore[no-untyped-call]  # - persiantools leaves it untyped
    return day - timedelta(days=solar.day - 1)


def _ms(when: datetime) -> int:
    return (when - _EPOCH) // _MILLISECOND
