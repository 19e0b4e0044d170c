"""What each side owes and by when: from receipt to receipt, never by a claimed time (E18).

Which duties there are follows from the folded case alone; *overdue*, *expired* and days open are views that are given
the receipts and the time, and are never a state.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from operator import attrgetter
from typing import Final, NamedTuple

from rabita.line.charter import Charter
from rabita.line.entry import Act
from rabita.procedures.engine.definition import LANE, REPLY_BY, Duty, Procedure, Who
from rabita.procedures.engine.fold import Case, Folded, Status

DAY_MS: Final = 86_400_000
_SECOND_MS: Final = 1_000


class Obligation(NamedTuple):
    """A duty of a case: who owes it (both parties where either discharges it), since which act, until which.

    ``allowed_ms`` is the time allowed from the first receipt, -1 where there is no such clock; ``due_ms`` a time the
    starting act itself names, 0 where it names none. ``met_by`` is the digest of the discharging act, empty while there
    is none; ``ended`` says that the case ended, or the starting act was withdrawn, with the duty open.
    """

    duty: str
    case: str
    debtors: tuple[str, ...]
    since: str
    allowed_ms: int
    due_ms: int
    rings: bool
    met_by: str = ""
    ended: bool = False


class View(StrEnum):
    """How a duty looks at a moment, to the node that asks."""

    UNSEEN = "not yet received"
    OWED = "owed"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met late"
    ENDED = "no longer owed"


class Owed(NamedTuple):
    """A duty as it looks now. Times in milliseconds since 1970 UTC, 0 where not known or not set.

    ``days_open`` counts whole days since the debtor's first receipt; it is all an undated duty shows.
    """

    obligation: Obligation
    view: View
    since_ms: int
    due_ms: int
    met_ms: int
    days_open: int


def obligations(procedure: Procedure, charter: Charter, case: Case) -> list[Obligation]:
    """List the duties of a case in the order in which they arose; linear in its acts."""
    found: list[Obligation] = []
    for duty in procedure.duties:
        found += _of_duty(procedure, charter, case, duty)
    found += procedure.joint_duties(case) if procedure.joint_duties is not None else ()
    order = {each.held.digest: at for at, each in enumerate(case.acts)}
    return sorted(found, key=lambda each: order[each.since])


def owed(obligation: Obligation, receipts: Mapping[str, int], now_ms: int) -> Owed:
    """View a duty at *now_ms*. *receipts* gives, by act, when the other side first receipted it (ms since 1970 UTC).

    The clock starts with the first receipt that covers the starting act and stops with the first that covers the
    discharging one, so neither side gains by dating an act back.
    """
    since_ms = receipts.get(obligation.since, 0)
    met_ms = receipts.get(obligation.met_by, 0) if obligation.met_by else 0
    due_ms = obligation.due_ms
    if since_ms and obligation.allowed_ms >= 0:
        due_ms = since_ms + obligation.allowed_ms
    until_ms = met_ms or now_ms
    late = bool(due_ms) and until_ms > due_ms
    if met_ms:
        view = View.MET_LATE if late else View.MET
    elif obligation.ended:
        view = View.ENDED
    elif not since_ms:
        view = View.UNSEEN
    else:
        view = View.OVERDUE if late else View.OWED
    days = max(0, until_ms - since_ms) // DAY_MS if since_ms else 0
    return Owed(obligation, view, since_ms, due_ms, met_ms, days)


def is_expired(act: Act, now_ms: int) -> bool:
    """Say whether an act's own expiry has passed: a view, never a state."""
    return 0 < act.expires_ms < now_ms


def ringing(obligations_held: Sequence[Obligation]) -> list[Obligation]:
    """Give the duties that ring: those that must be heard until they are discharged."""
    return [each for each in obligations_held if each.rings and not each.met_by and not each.ended]


def _of_duty(procedure: Procedure, charter: Charter, case: Case, duty: Duty) -> list[Obligation]:
    """Walk the case once, opening a duty at each starting act and closing it at the first act that discharges it."""
    found: list[Obligation] = []
    open_at: dict[str, int] = {}
    depth_of: dict[str, int] = {}
    for each in case.acts:
        if each.status is not Status.EFFECTIVE:
            continue
        if each.act in duty.until and open_at:
            answered = _answered(duty, each, open_at)
            for digest in answered:
                at = open_at[digest]
                if each.held.author in found[at].debtors and each.depth > depth_of[digest]:
                    found[at] = found[at]._replace(met_by=each.held.digest)
                    del open_at[digest]
        if each.act in duty.since and _applies(duty, each):
            open_at[each.held.digest] = len(found)
            depth_of[each.held.digest] = each.depth
            found.append(_obligation(charter, case, duty, each))
            if each.withdrawn_by:
                found[-1] = found[-1]._replace(ended=True)
    if case.state in procedure.ends:
        for at in open_at.values():
            found[at] = found[at]._replace(ended=True)
    return found


def _answered(duty: Duty, each: Folded, open_at: Mapping[str, int]) -> list[str]:
    return [digest for digest in each.held.act.basis if digest in open_at] if duty.each else list(open_at)


def _applies(duty: Duty, each: Folded) -> bool:
    """Say whether an act starts a duty: its fields are as the duty asks, and a reply-by duty has its time."""
    if duty.at == REPLY_BY and not each.held.act.reply_by_ms:
        return False
    return all(getattr(each.fields, name, None) == value for name, value in duty.when.items())


def _obligation(charter: Charter, case: Case, duty: Duty, each: Folded) -> Obligation:
    act = each.held.act
    handling_s = charter.terms(act.precedence).handling_time_s
    allowed_s = handling_s if duty.within == LANE else charter.deadlines_s.get(duty.within, -1)
    due_ms = act.reply_by_ms if duty.at == REPLY_BY else int(attrgetter(duty.at)(each.fields) if duty.at else 0)
    allowed_ms = allowed_s * _SECOND_MS if allowed_s >= 0 else -1
    return Obligation(duty.name, case.id, _debtors(duty, case, each), each.held.digest, allowed_ms, due_ms, duty.rings)


def _debtors(duty: Duty, case: Case, each: Folded) -> tuple[str, ...]:
    both = (case.opener, case.responder)
    if duty.who is Who.OTHER:
        return tuple(party for party in both if party != each.held.author)
    return {Who.OPENER: both[:1], Who.RESPONDER: both[1:]}.get(duty.who, both)
