"""The menu: which pages stand together, and which key leads to each.

Rule kept here: a page that no group names stands in the last one, so that none is lost.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeVar

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Now", ("watch", "map", "handover", "directory")),
    ("What was said", ("traffic", "cases", "search", "timeline", "transcript")),
    ("Registers", ("incidents", "commitments", "notices", "measures", "roster")),
    ("Writing", ("stop", "drafts", "review", "release")),
    ("This node", ("officers", "sessions", "settings", "style")),
)
KEYS: Final[Mapping[str, str]] = {
    "watch": "w",
    "map": "m",
    "handover": "h",
    "directory": "d",
    "traffic": "t",
    "cases": "c",
    "search": "/",
    "timeline": "l",
    "transcript": "p",
    "incidents": "i",
    "commitments": "o",
    "notices": "n",
    "measures": "e",
    "roster": "a",
    "stop": "!",
    "drafts": "f",
    "review": "v",
    "release": "r",
    "settings": "s",
}
"""The letter after ``g`` that leads to a page; signs stand alone, and are found on a keyboard of each language."""


class Named(Protocol):
    """Whatever is of a page, by its name."""

    @property
    def page(self) -> str:
        """The page's name."""
        ...


N = TypeVar("N", bound=Named)


def grouped(places: Iterable[N]) -> list[tuple[str, list[N]]]:
    """Put pages into their groups, by the group's title (English), in its order; empty groups are left out."""
    left = {each.page: each for each in places}
    found = [(title, [left.pop(name) for name in names if name in left]) for title, names in GROUPS]
    found[-1][1].extend(left.values())
    return [each for each in found if each[1]]
