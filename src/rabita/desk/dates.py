"""Times as an officer reads them: their calendar, zone and digits, the zone always beside the time.

Rules kept here: a time is shown to the minute with its zone; days are counted in that zone. Iran has kept one offset
since 2022; the zones' data come with the program. Solar Hijri dates come from ``persiantools``, names from CLDR.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from persiantools.jdatetime import JalaliDate

from rabita.services.preferences import Calendar, Digits, Preferences, Zone

DAYS_KEPT: Final = 4_096
"""Days whose names are kept: CLDR takes longer to write one than all the rest of a row takes."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES: Final[Mapping[Zone, str]] = {Zone.Z: "UTC", Zone.PKT: "Asia/Karachi", Zone.IRST: "Asia/Tehran"}
_EASTERN: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_SOLAR: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        *("Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar"),
        *("Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand"),
    ),
    "ur": ("فروردین", "اردیبہشت", "خرداد", "تیر", "مرداد", "شہریور", "مہر", "آبان", "آذر", "دی", "بہمن", "اسفند"),
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
}


@cache
def zone_of(zone: Zone) -> ZoneInfo:
    """Give the rules of a zone."""
    return ZoneInfo(_ZONES[zone])


def digits(text: str, how: Preferences) -> str:
    """Write ASCII digits as the officer reads them."""
    return text.translate(_EASTERN) if how.digits is Digits.EASTERN else text


def time_text(time_ms: int, how: Preferences) -> str:
    """Write a time (ms since 1970 UTC) to the minute with its zone; empty for none (0), ms beyond the calendar."""
    if not time_ms:
        return ""
    try:
        when = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone_of(how.zone))
        return digits(f"{_day(when, how)} {when:%H:%M}", how) + ("Z" if how.zone is Zone.Z else f" {how.zone}")
    except (OverflowError, ValueError):
        return f"{time_ms} ms"


def clock_text(time_ms: int, zone: Zone, how: Preferences) -> str:
    """Write the time of day (ms since 1970 UTC) in a zone to the minute, without it."""
    when = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone_of(zone))
    return digits(f"{when:%H:%M}", how)


def day_text(time_ms: int, how: Preferences) -> str:
    """Write the day of a time (ms since 1970 UTC) in the officer's zone and calendar."""
    when = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone_of(how.zone))
    return digits(_day(when, how), how)


@cache
def month_names(language: str, calendar: Calendar) -> tuple[str, ...]:
    """Name the months of a calendar in a language, as days are written with them."""
    if calendar is Calendar.SOLAR_HIJRI:
        return _SOLAR[language]
    return tuple([format_date(date(2000, month, 1), "MMM", locale=language) for month in range(1, 13)])


def _day(when: datetime, how: Preferences) -> str:
    if how.calendar is Calendar.SOLAR_HIJRI:
        day = JalaliDate(when.date())  # type: ignore[no-untyped-call]  # - persiantools leaves it untyped
        return f"{day.day} {_SOLAR[how.language][day.month - 1]} {day.year}"
    return _gregorian(when.date(), how.language)


@lru_cache(maxsize=DAYS_KEPT)
def _gregorian(day: date, language: str) -> str:
    return format_date(day, "d MMM y", locale=language)
