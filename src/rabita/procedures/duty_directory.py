"""The duty directory: which posts can be called, on which numbers, in which languages, at which hours.

It is an annex of the charter: a JSON document that both sides hold by its SHA-256, as they hold the map edition. It
knows posts, never persons. Hours are UTC, by weekday; a window may reach over midnight.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from rabita.line.entry import UNREADABLE
from rabita.line.errors import PeerFault
from rabita.procedures.engine.coded import Code, PartyCode

DIRECTORY_BYTES_MAX: Final = 2**20
DAY_MINUTES: Final = 1440
_MINUTE_MS: Final = 60_000
_THURSDAY: Final = 3
"""The weekday of 1 January 1970, where Monday is 0."""

Telephone = Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]+([ -][0-9]+)*$", max_length=32)]


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stretch of duty: on these weekdays (0 Monday to 6 Sunday) from one minute of the day (UTC) to before another.

    Where it ends no later than it starts, it ends on the next day; equal ends are a whole day.
    """

    days: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...], msgspec.Meta(min_length=1, max_length=7)]
    from_minute: Annotated[int, msgspec.Meta(ge=0, lt=1440)]
    until_minute: Annotated[int, msgspec.Meta(ge=0, lt=1440)]


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post that can be called."""

    code: Code
    party: PartyCode
    telephones: Annotated[tuple[Telephone, ...], msgspec.Meta(min_length=1, max_length=8)]
    languages: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}$")], ...], msgspec.Meta(min_length=1, max_length=8)
    ]
    hours: Annotated[tuple[Hours, ...], msgspec.Meta(min_length=1, max_length=14)]


class DutyDirectory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The posts both sides named."""

    posts: Annotated[tuple[Post, ...], msgspec.Meta(min_length=1, max_length=1000)]

    def post(self, code: str) -> Post | None:
        """Give a post by its code."""
        return next((each for each in self.posts if each.code == code), None)

    def answering(self, party: str, at_ms: int) -> tuple[Post, ...]:
        """List the posts of a party that are on duty at a time (ms since 1970 UTC)."""
        return tuple([each for each in self.posts if each.party == party and on_duty(each, at_ms)])


def read_directory(raw: bytes, digest: str) -> DutyDirectory:
    """Read the directory whose SHA-256 (hex) both sides hold.

    Raises ``PeerFault``:
    1. ``directory-foreign`` unless the bytes are those of *digest*;
    2. ``directory-malformed`` unless it has the form above and names every post once.
    """
    if sha256(raw).hexdigest() != digest:
        raise PeerFault("directory-foreign")  # 1
    if len(raw) > DIRECTORY_BYTES_MAX:
        raise PeerFault("directory-malformed", "too large")
    try:
        found = msgspec.json.decode(raw, type=DutyDirectory)
    except UNREADABLE as fault:
        raise PeerFault("directory-malformed", str(fault)[:200]) from None  # 2
    if len({each.code for each in found.posts}) < len(found.posts):
        raise PeerFault("directory-malformed", "a post named twice")  # 2
    return found


def on_duty(post: Post, at_ms: int) -> bool:
    """Say whether a post is on duty at a time (ms since 1970 UTC)."""
    day, minute = divmod(at_ms // _MINUTE_MS, DAY_MINUTES)
    today = (day + _THURSDAY) % 7
    return any(
        _covers(each, today, minute) or _covers(each, (today - 1) % 7, minute + DAY_MINUTES) for each in post.hours
    )


def _covers(hours: Hours, weekday: int, minute: int) -> bool:
    over = DAY_MINUTES if hours.until_minute <= hours.from_minute else 0
    return weekday in hours.days and hours.from_minute <= minute < hours.until_minute + over
