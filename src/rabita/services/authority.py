"""Whether officers of ours may act as a post on a line: by the accreditations that the line itself holds.

Rules kept here: it is computed from the entries held each time it is asked, and nothing of it is remembered, so what
gives an accreditation or ends it gives or ends the authority in the same moment. The rule is the procedure's own
(``procedures.accreditation.authority``), asked of an act that would come next.
"""

from typing import Final

from rabita.line.ids import Lane
from rabita.line.limits import INTEGER_MAX
from rabita.procedures.accreditation import ACCREDITATION, authority, nomination
from rabita.procedures.engine.fold import Case
from rabita.procedures.engine.held import UNREAD, Held
from rabita.services.casebook import PAGE_MAX, Casebook, all_folded

NONE: Final = "none"
"""The post is none that the other side accredits officers to: a post at home."""
AWAITED: Final = "awaited"
"""An officer is nominated for it, and not in post yet."""
IN_FORCE: Final = "in-force"
OVER: Final = "over"
"""Its tour is over by the clock, which an extension may still change; no act has ended it."""
ENDED: Final = "ended"
_TO_COME: Final = {"accreditation-unsigned": ("nominated",), "post-not-taken": ("agreed",)}
"""Why there is no authority yet, with the states in which there may come to be."""
_WORDS: Final = {"": IN_FORCE, "tour-over": OVER}


class Posts:
    """The standing of our posts on a line, read once; made anew for every question of its own."""

    def __init__(self, book: Casebook, line: str) -> None:
        """Read the accreditations of our officers that the index holds; raises as ``Casebook.record``."""
        self._us = book.record(line).us
        self._now_ms = book.clock.now_ms()
        self._cases = _cases(book, line, self._us)

    def standing(self, post: str) -> str:
        """Say how a post stands: of several accreditations to it one that is in force suffices."""
        found = [_standing(each, self._us, code_of(post), self._now_ms) for each in self._cases]
        return next((each for each in (IN_FORCE, OVER, ENDED, AWAITED) if each in found), NONE)


def accreditation(book: Casebook, line: str, post: str) -> str:
    """Say whether our accreditation to a post on a line is ``in-force``, ``ended``, or there is ``none``.

    A nomination that is not in force yet is none; the index must have taken in what is to count (``Node.indexed``).
    """
    found = Posts(book, line).standing(post)
    return {AWAITED: NONE, OVER: ENDED}.get(found, found)


def code_of(post: str) -> str:
    """Write a post as accreditations name it: ``LO-ZAHEDAN`` as ``lo-zahedan``."""
    return post.lower().replace(" ", "-")


def _cases(book: Casebook, line: str, us: str) -> tuple[Case, ...]:
    found: list[Case] = []
    before = 0
    while rows := book.index.cases(line, ACCREDITATION.name, "", before, PAGE_MAX):
        found += [each.case for each in all_folded(book, line, [row for row in rows if row.opener == us])]
        before = rows[-1].last_seq
    return tuple(found)


def _standing(case: Case, us: str, post: str, now_ms: int) -> str:
    nominated = nomination(case)
    if nominated is None or nominated.post != post:
        return NONE
    fault = authority(case, post, _next_of(us), now_ms)
    return AWAITED if case.state in _TO_COME.get(fault, ()) else _WORDS.get(fault, ENDED)


def _next_of(us: str) -> Held:
    """Give an act of ours that comes after everything held."""
    end = INTEGER_MAX
    return Held("", us, end, end, Lane.ROUTINE, end, end, (end, end, end, end, end), 1, UNREAD)
