"""What the markings of any act must keep to, found by the one door to the rules."""

import pytest

from tests.procedures.carrying import Carried, carry, codes
from tests.procedures.ruling import NOW_MS, ruled
from tests.procedures.world import PAK, World, charter

GOOD = "TLP:RED//WHY source//REVIEW 2024-06-01"


@pytest.mark.parametrize(
    ("marking", "portion", "posts", "expected"),
    [
        ("", "", (), []),
        ("", "H1", (), ["marking-reason", "marking-review"]),
        ("", "H1//WHY source//REVIEW 2024-01-17", (), ["marking-review"]),
        ("", "H1//WHY source//REVIEW 2024-01-18", (), []),
        ("", GOOD, (), ["marking-recipients"]),
        ("", GOOD, ("x-post",), []),
        ("", "PERSONAL safety/victim/3651", (), ["personal-retention"]),
        ("", "REL TO X-PAK", (), ["release-not-named"]),
        ("", "REL TO X-IRN", (), []),
        ("TLP:GREEN", "TLP:CLEAR", (), []),
        ("TLP:GREEN", "TLP:AMBER", (), ["marking-below-portions"]),
        ("BEYOND ANYTHING", "", (), ["marking-malformed"]),
        ("", "BEYOND ANYTHING", (), ["marking-malformed"]),
    ],
)
def test_the_markings_of_any_act(marking: str, portion: str, posts: tuple[str, ...], expected: list[str]) -> None:
    """3-procedures, intelligence report: "restrictive marks need a reason and a review date"; so on every act."""
    w = World()
    held = carry(w, PAK, "message", "send", carried=[Carried("text", marking=portion)], marking=marking, posts=posts)
    assert codes(ruled(w, held)) == expected


def test_levels_are_those_of_the_charter() -> None:
    """2-line, portions: the charter holds both classification systems and their equivalence."""
    w = World()
    w.charters[1] = charter(classification={"SECRET": {}})
    assert not ruled(w, carry(w, PAK, "message", "send", carried=[Carried("text", marking="SECRET")]), NOW_MS)
