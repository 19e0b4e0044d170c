"""The watch handed over on a command line, and the duty directory kept and read there."""

import json
from pathlib import Path

import pytest

from tests.cli.people import quickly_founded

pytestmark = pytest.mark.sockets

DAY, NIGHT = "watch-day", "watch-night"
DIRECTORY = {
    "posts": [
        {
            "code": code,
            "party": party,
            "telephones": ["+92 51 111"],
            "languages": ["ur", "en"],
            "hours": [{"days": list(range(7)), "from_minute": 0, "until_minute": until}],
        }
        for code, party, until in (("never-now", "X-PAK", 1), ("always", "X-PAK", 0))
    ]
}


def test_a_handover_is_written_down_and_signed_by_two_officers(tmp_path: Path) -> None:
    ours, _ = quickly_founded(tmp_path)
    keys = [tmp_path / f"{post}.json" for post in (DAY, NIGHT)]
    for key, post in zip(keys, (DAY, NIGHT), strict=True):
        ours.do("officer", "create", post, key)
    posts = ("--from", DAY, "--to", NIGHT, "--remarks", "All quiet.")
    same = ours.run("watch", "handover", *posts, "--from-key", keys[0], "--to-key", keys[0])
    assert (same.code, "role-missing" in same.err) == (2, True)
    assert ours.do("watch", "handovers") == []
    said = ours.run("watch", "handover", *posts, "--from-key", keys[0], "--to-key", keys[1])
    assert said.code == 0, said.err
    assert f"Handover 1 is signed by {DAY} and {NIGHT}." in said.out
    ours.do("watch", "handover", "--from", NIGHT, "--to", DAY, "--from-key", keys[1], "--to-key", keys[0])
    first, second = ours.do("watch", "handovers")
    assert [each["post"] for each in first["signatures"]] == [DAY, NIGHT]
    assert second["handover"]["since_ms"] == first["handover"]["at_ms"]
    assert "All quiet." in ours.run("watch", "handovers").out


def test_a_duty_directory_is_kept_and_says_who_is_on_duty_first(tmp_path: Path) -> None:
    ours, _ = quickly_founded(tmp_path)
    none = ours.run("watch", "directory")
    assert (none.code, "directory-none" in none.err) == (2, True)
    file = tmp_path / "directory.json"
    file.write_text("{}")
    wrong = ours.run("watch", "keep", file)
    assert (wrong.code, "directory-malformed" in wrong.err) == (2, True)
    file.write_text(json.dumps(DIRECTORY))
    ours.do("watch", "keep", file)
    listed = ours.do("watch", "directory")
    assert listed[0]["on_duty"]
    assert {each["post"]["code"] for each in listed} == {"always", "never-now"}
    assert "+92 51 111" in ours.run("watch", "directory").out
