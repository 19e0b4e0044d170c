"""The duty directory: an annex both sides hold by digest; posts, telephones, languages, hours, and no person."""

from hashlib import sha256
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import PeerFault
from rabita.procedures.duty_directory import (
    DIRECTORY_BYTES_MAX,
    DutyDirectory,
    Hours,
    Post,
    on_duty,
    read_directory,
)

HOUR_MS: Final = 3_600_000
TUESDAY_MS: Final = 1_705_363_200_000
"""16 January 2024, 00:00 UTC."""
ROOM: Final[dict[str, Any]] = {
    "code": "operations-room",
    "party": "X-PAK",
    "telephones": ["+92 51 000 0000"],
    "languages": ["en", "ur"],
    "hours": [{"days": [0, 1, 2, 3, 4], "from_minute": 480, "until_minute": 960}],
}


def written(*posts: dict[str, Any]) -> tuple[bytes, str]:
    raw = msgspec.json.encode({"posts": posts})
    return raw, sha256(raw).hexdigest()


def code_of(raw: bytes, digest: str) -> str:
    with pytest.raises(PeerFault) as caught:
        read_directory(raw, digest)
    return caught.value.code


def test_the_directory_names_posts_telephones_languages_and_hours() -> None:
    """3-procedures, call record: the duty directory (posts, telephones, languages, hours)."""
    read = read_directory(*written(ROOM))
    assert read.post("operations-room") == msgspec.convert(ROOM, Post)
    assert read.post("nobody") is None
    for name in ROOM:
        left = {key: value for key, value in ROOM.items() if key != name}
        assert code_of(*written(left)) == "directory-malformed"


def test_it_belongs_to_the_charters_annexes_by_its_digest() -> None:
    """3-procedures, call record: the directory belongs to the charter's annexes; both hold the same bytes."""
    raw, digest = written(ROOM)
    assert code_of(raw + b" ", digest) == "directory-foreign"


def test_it_knows_no_person() -> None:
    """1-mechanism: no bulk personal data; a post has no name of who holds it."""
    assert code_of(*written({**ROOM, "officer": "a name"})) == "directory-malformed"
    assert code_of(*written({**ROOM, "telephones": ["Colonel so-and-so"]})) == "directory-malformed"


def test_a_post_stands_once_and_the_whole_has_a_bound() -> None:
    """2-line, bad input: what cannot be read is refused by a stable code."""
    assert code_of(*written(ROOM, ROOM)) == "directory-malformed"
    big = b" " * (DIRECTORY_BYTES_MAX + 1)
    assert code_of(big, sha256(big).hexdigest()) == "directory-malformed"


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_a_fault_escapes(raw: bytes) -> None:
    """2-line, bad input: from hostile bytes a typed fault and nothing else."""
    assert code_of(raw, sha256(raw).hexdigest()) == "directory-malformed"


def test_who_answers_now() -> None:
    """3-procedures, call record: hours are of the directory; they are read in UTC, by weekday."""
    day = msgspec.convert(ROOM, Post)
    assert [on_duty(day, TUESDAY_MS + at * HOUR_MS) for at in (7, 8, 15, 16)] == [False, True, True, False]
    saturday_ms = TUESDAY_MS + 4 * 24 * HOUR_MS + 9 * HOUR_MS
    assert not on_duty(day, saturday_ms)
    directory = DutyDirectory((day,))
    assert directory.answering("X-PAK", TUESDAY_MS + 9 * HOUR_MS) == (day,)
    assert directory.answering("X-IRN", TUESDAY_MS + 9 * HOUR_MS) == ()
    assert directory.answering("X-PAK", saturday_ms) == ()


def test_a_watch_over_midnight_and_one_of_a_whole_day() -> None:
    """3-procedures, call record: hours; a night watch belongs to the day it begins on."""
    night = Post("night", "X-IRN", ("123",), ("fa",), (Hours((1,), 1320, 360),))
    assert [on_duty(night, TUESDAY_MS + at * HOUR_MS) for at in (5, 21, 22, 29, 30)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    always = Post("always", "X-IRN", ("123",), ("fa",), (Hours(tuple(range(7)), 0, 0),))
    assert all(on_duty(always, TUESDAY_MS + at * HOUR_MS) for at in range(0, 24 * 8, 5))
