"""On an exercise line every listing says EXERCISE, in that word."""

from pathlib import Path

import pytest

from tests.cli.people import quickly_founded


@pytest.mark.sockets
def test_every_listing_of_an_exercise_line_says_so(tmp_path: Path) -> None:
    side, _ = quickly_founded(tmp_path)
    reference = side.seal("a word")
    for command in (["inbox", "--party", "all"], ["show", reference], ["status"]):
        assert "EXERCISE" in side.run(*command).out, command
