"""What became of promises, as both sides see it: what is owed, how far it is kept, and how often it was promised.

Pure views over folded cases. *Overdue* and *lapsed* depend on the clock of the node that asks; an undated promise is
never overdue, it shows the days it has been open.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from rabita.procedures.commitment import Progress, Promise, dues, terms
from rabita.procedures.engine.duties import View, owed
from rabita.procedures.engine.fold import Case

FULL: Final = 3


class Standing(StrEnum):
    """How a commitment stands at a moment, to the node that asks."""

    PROPOSED = "proposed"
    OPEN = "open"
    OVERDUE = "overdue"
    LAPSED = "lapsed"
    FULFILLED = "fulfilled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Rated(NamedTuple):
    """How far each side holds a commitment kept, 0 to 3, -1 where it has not said."""

    opener: int
    responder: int

    @property
    def common(self) -> int:
        """What both grant: the lower of the two, 0 where a side has not said."""
        return max(0, min(self))


class Theme(NamedTuple):
    """How far the commitments of a theme are kept: how many, and the share in percent, rounded down."""

    commitments: int
    percent: int


class History(NamedTuple):
    """How often something was promised: the cases from the oldest to this one, and when first (ms; 0: not known)."""

    cases: tuple[Case, ...]
    first_made_ms: int


def standing(case: Case, receipts: Mapping[str, int], now_ms: int) -> Standing:
    """Say how a commitment stands at *now_ms*; *receipts* as for duties.

    Lapsed: its validity ended before it was kept.
    """
    promise = terms(case)
    by_state = {
        "fulfilled": Standing.FULFILLED,
        "declined": Standing.DECLINED,
        "withdrawn": Standing.WITHDRAWN,
        "withdrawn from": Standing.WITHDRAWN,
    }
    if promise is None or case.state in by_state:
        return by_state.get(case.state, Standing.PROPOSED)
    if 0 < promise.valid_until_ms < now_ms:
        return Standing.LAPSED
    late = [due for due in dues(case) if due.duty == "fulfil" and owed(due, receipts, now_ms).view is View.OVERDUE]
    return Standing.OVERDUE if late else Standing.OPEN


def rated(case: Case) -> Rated:
    """Give each side's newest rating; fulfilled is 3 to both."""
    if case.state == "fulfilled":
        return Rated(FULL, FULL)
    newest = {case.opener: -1, case.responder: -1}
    for each in case.effective("report progress", "fulfil"):
        newest[each.held.author] = each.corrected.rating if isinstance(each.corrected, Progress) else FULL
    return Rated(newest[case.opener], newest[case.responder])


def by_theme(cases: Iterable[Case]) -> dict[str, Theme]:
    """Give how far commitments are kept, by theme: the sum of what both grant, of three times their number.

    Counted are those both signed and neither withdrew from, whether they lapsed or not.
    """
    ratings: dict[str, list[int]] = {}
    for case in cases:
        promise = terms(case)
        if promise is not None and case.state in ("confirmed", "fulfilled"):
            ratings.setdefault(promise.theme, []).append(rated(case).common)
    return {theme: Theme(len(each), 100 * sum(each) // (FULL * len(each))) for theme, each in sorted(ratings.items())}


def history(case: Case, cases: Mapping[str, Case]) -> History:
    """Follow a promise back through those it renews; *cases* are the commitments held, by opening act."""
    chain: dict[str, Case] = {}
    first: list[int] = []
    earlier: Case | None = case
    while earlier is not None and earlier.id not in chain:
        chain[earlier.id] = earlier
        promised = [terms(earlier), *(each.corrected for each in earlier.effective("propose"))]
        promise = next((each for each in promised if isinstance(each, Promise)), None)
        first += [promise.first_made_ms] if promise is not None and promise.first_made_ms else []
        earlier = cases.get(promise.renews) if promise is not None else None
    return History(tuple(reversed(chain.values())), min(first, default=0))
