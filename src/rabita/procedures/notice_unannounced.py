"""Activity that nobody announced points to clarification (3-procedures, notice), not to a reaction."""

from collections.abc import Iterable
from typing import Final

from rabita.procedures.clarification import ORDINARY, Asked
from rabita.procedures.engine.coded import Place, Window
from rabita.procedures.engine.fold import Case
from rabita.procedures.notice import UNDER_WAY, announced
from rabita.procedures.notice_rules import meets

STANDS: Final = (*UNDER_WAY, "ended")


def clarification_of(notices: Iterable[Case], party: str, place: Place, when: Window) -> Asked | None:
    """Give the clarification that an activity of *party* seen at a place and time points to; None if it was announced.

    A notice that was cancelled or withdrawn announces nothing. The clock is the ordinary one: nothing was fired.
    """
    plans = [announced(case) for case in notices if case.opener == party and case.state in STANDS]
    if any(plan is not None and meets(plan, [place], when) for plan in plans):
        return None
    return Asked(clock=ORDINARY, matter="movement", happened=when)
