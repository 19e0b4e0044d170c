"""The duty directory: whom to call now, on which numbers, in which languages; who is on duty comes first.

Rule kept here: it knows posts and never persons; hours, which are agreed in UTC, are shown in the reader's zone.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from babel.dates import get_day_names
from litestar import Response

from rabita.desk.dates import digits, zone_of
from rabita.desk.lines import line_options, on_line
from rabita.desk.rendering import Desk, Place, Reading, page, page_route
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.routing import READ, Query, Route
from rabita.procedures.duty_directory import DAY_MINUTES, Hours, Post, on_duty
from rabita.services.duty_directory import directory_of
from rabita.services.preferences import Preferences

PLACE: Final = Place(
    "directory", "/desk/directory", "Duty directory", "Whom to call now. It names posts, never persons.", (READ,)
)
_WEEK: Final = 7
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Iran and Pakistan keep one offset all year, so that any day tells it."""


class DirectoryQuery(Query, frozen=True):
    """Of which line, by the beginning of its name."""

    line: Name = ""


class Called(NamedTuple):
    """A post: its party's name, whether it is on duty now, its hours as its reader has them: days, from when to when.

    Of a whole day there are the days alone.
    """

    post: Post
    party: str
    ours: bool
    now: bool
    hours: tuple[tuple[str, str], ...]


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the route of the page."""
    return (page_route(desk, PLACE, show, query=DirectoryQuery),)


def show(seen: Reading, query: DirectoryQuery) -> Response[bytes]:
    """Show the directory in force for a line; raises as ``on_line``."""
    seen = on_line(seen, query.line)
    at = seen.at
    found, now_ms, us = directory_of(at.services.store, at.line), at.services.clock.now_ms(), at.record().us
    posts = [_called(seen, each, us, now_ms) for each in found.posts] if found is not None else []
    return page(
        *(seen, PLACE.page, PLACE.title),
        lead=PLACE.lead,
        scripts=("pages",),
        sheets=("directory",),
        lines=line_options(seen),
        posts=sorted(posts, key=lambda each: (each.ours, not each.now)),
        kept=found is not None,
    )


def _called(seen: Reading, post: Post, us: str, now_ms: int) -> Called:
    hours = tuple([hours_text(each, seen.how) for each in post.hours])
    return Called(post, seen.reader.party(post.party), post.party == us, on_duty(post, now_ms), hours)


def hours_text(hours: Hours, how: Preferences) -> tuple[str, str]:
    """Write a stretch of duty in the reader's zone: its days; from when until when with the zone, or nothing."""
    offset = _EPOCH.astimezone(zone_of(how.zone)).utcoffset()
    shift = int(offset.total_seconds()) // 60 if offset is not None else 0
    later, first = divmod(hours.from_minute + shift, DAY_MINUTES)
    days = sorted({(each + later) % _WEEK for each in hours.days})
    whole = hours.from_minute == hours.until_minute
    names = get_day_names("wide" if how.language != "en" else "abbreviated", locale=how.language)
    said = "–".join([names[days[0]], names[days[-1]]]) if _runs(days) else ", ".join([names[each] for each in days])
    zone = "Z" if how.zone.value == "Z" else f" {how.zone}"
    until = (hours.until_minute + shift) % DAY_MINUTES
    return said, "" if whole else digits(f"{_clock(first)}–{_clock(until)}{zone}", how)


def _runs(days: list[int]) -> bool:
    """Say whether three or more days follow each other."""
    return len(days) > 2 and days[-1] - days[0] == len(days) - 1  # noqa: PLR2004 - two are named each


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
