"""The proof of an entry in plain words: what was checked just now, whether it held, and what that means.

Rule kept here: nothing is said to hold that was not checked from the bytes at this moment; what is not yet so (a
receipt still to come) is told apart from what is wrong.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from rabita.line.errors import SENTENCES
from rabita.services.reads import View

MS: Final = 1_000


class Holds(StrEnum):
    """Whether a statement holds."""

    YES = "yes"
    NOT_YET = "not-yet"
    NO = "no"


class Statement(NamedTuple):
    """What was checked: its name (the page's words go by it), whether it holds, and what its words are about.

    ``subject`` is a post, a role or the code of a fault; ``number`` a size or a time (ms since 1970 UTC).
    """

    name: str
    holds: Holds
    subject: str = ""
    number: int = 0
    detail: str = ""


def statements(view: View) -> tuple[Statement, ...]:
    """List what the proof of an entry shows, the strongest ground first."""
    return (*_place(view), *_approvals(view), *_standing(view))


def _place(view: View) -> Iterator[Statement]:
    """Whether it stands in its author's log, and whether the other side signed for having it."""
    proof = view.proof
    if proof is None:
        yield Statement("unproven", Holds.NO)
        return
    yield Statement("logged", Holds.YES, number=proof.size, detail=str(len(proof.hashes)))
    if proof.receipted_s:
        yield Statement("receipted", Holds.YES, number=proof.receipted_s * MS)
    elif view.summary.ours:
        yield Statement("unreceipted", Holds.NOT_YET)
    else:
        yield Statement("held", Holds.YES, number=view.summary.held_ms)


def _approvals(view: View) -> Iterator[Statement]:
    """Whether officers approved it with keys that their side published."""
    for each in view.approvals:
        waits = each.standing in ("not verified", "not computed")
        holds = Holds.YES if each.standing == "verified" else Holds.NOT_YET if waits else Holds.NO
        yield Statement(f"approval-{each.standing.replace(' ', '-')}", holds, each.role, detail=each.post)
    if not view.approvals:
        yield Statement("unapproved", Holds.NOT_YET)


def _standing(view: View) -> Iterator[Statement]:
    """Whether its content can be read, under which charter, and whether anything speaks against its counting."""
    if view.summary.fault:
        yield Statement("fault", Holds.NO, SENTENCES[view.summary.fault])
    if view.charter_fault:
        holds = Holds.NOT_YET if view.charter_fault == "charter-unheld" else Holds.NO
        yield Statement(view.charter_fault, holds, number=view.charter)
    else:
        yield Statement("charter", Holds.YES, number=view.charter)
    yield Statement("void", Holds.NO) if view.void else Statement("single", Holds.YES)
    if view.late:
        yield Statement("late", Holds.NO)
