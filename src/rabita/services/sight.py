"""Which words a reader is shown: what is marked above one's clearance is listed, and its words are not.

Rule kept here: a list, a case and a search are made once for everyone; what differs is asked act by act, with the
markings of the act and of all its portions, at the one place that shows an act. Who reads is whoever the casebook is
for.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from rabita.line.charter import Charter
from rabita.line.entry import Act
from rabita.line.errors import PeerFault
from rabita.ports import Store
from rabita.procedures.marking import parse_marking
from rabita.services.caseindex_held import take

Sees: TypeAlias = Callable[[str, str, Sequence[str]], bool]
"""Says whether the words of an act are shown: its line, its procedure, and its markings as written."""
ENTRIES_AT_ONCE: Final = 500
UNREADABLE: Final = "?"
"""The level of a marking that cannot be read: no charter has it, so no clearance covers it."""


def everything(_line: str, _procedure: str, _markings: Sequence[str]) -> bool:
    """Show everything: to the node itself."""
    return True


def markings_of(act: Act) -> tuple[str, ...]:
    """Give the markings of an act and its portions as written, each once."""
    return tuple(dict.fromkeys([act.marking, *(each.marking for each in act.portions)]))


def levels_of(charter: Charter, markings: Sequence[str]) -> tuple[str, ...]:
    """Give the classification levels of markings, each once; a marking without one has none."""
    return tuple(dict.fromkeys(_levels(tuple(charter.classification), markings)))


def markings_held(store: Store, line: str) -> tuple[str, ...]:
    """Give the markings of all that is held of a line, each once: what leaves with its whole record."""
    found: dict[str, None] = {}
    after = 0
    while rows := store.following(line, after, ENTRIES_AT_ONCE):
        for row in rows:
            found |= dict.fromkeys(markings_of(take(row).act))
        after = rows[-1].seq
    return tuple(found)


def _levels(levels: tuple[str, ...], markings: Sequence[str]) -> Iterator[str]:
    for text in markings:
        try:
            level = parse_marking(text, levels).level
        except PeerFault:
            level = UNREADABLE
        if level:
            yield level
