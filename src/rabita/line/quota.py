"""Quotas and credit: what a counterpart may send per lane and day, and how much may be under way unstored.

Over quota nothing is lost and nobody is at fault: credit is withheld, the officers are told, and it goes on next day.
On a low disk the same happens to every lane below FLASH, refills included, until there is room.
"""

import msgspec

from rabita.line import limits
from rabita.line.entry import entry_bytes
from rabita.line.events import Effect, Room, Send, Tell
from rabita.line.frames import Credit
from rabita.line.ids import LANES, RANK, Lane, LogId
from rabita.line.record import SealedBatch
from rabita.line.state import QUOTAS, LineState, Quota, ReceivePending, Session, conversation, replace

DAY_MS = 86_400_000


def used_today(state: LineState, lane: Lane) -> Quota:
    """Give what the counterpart used of a lane on the present day (UTC by our clock)."""
    day = state.time_ms // DAY_MS
    quota = state.quotas.get(lane)
    return quota if quota is not None and quota.day == day else Quota(day, 0, 0)


def count_batch(state: LineState, batch: SealedBatch) -> LineState:
    """Count a batch of the counterpart against its lane's quota."""
    used = used_today(state, batch.log.lane)
    size = sum([entry_bytes(row.entry) for row in batch.rows])
    fresh = Quota(used.day, used.entries + len(batch.rows), used.size_bytes + size)
    return replace(state, quotas={**state.quotas, batch.log.lane: fresh})


def quota_fact(state: LineState) -> tuple[str, str]:
    """Write the quotas as a fact to be kept."""
    return QUOTAS, msgspec.json.encode({lane.value: quota for lane, quota in state.quotas.items()}).decode()


def over_quota(state: LineState, lane: Lane) -> bool:
    """Say whether the counterpart has used up a lane's entries or bytes of the day."""
    used, terms = used_today(state, lane), state.charter.terms(lane)
    return used.entries >= terms.entries_per_day or used.size_bytes >= terms.bytes_per_day


def is_refill(state: LineState, log: LogId) -> bool:
    """Say whether we hold less of a log than we once receipted: what its author sends again is free."""
    return log in state.logs and state.logs[log].frontier.size < conversation(state).floors.get(log, 0)


def withheld(state: LineState, log: LogId) -> str:
    """Say why nothing more is admitted of a log of the counterpart now: a code, empty where it is admitted."""
    if state.disk_low and RANK[log.lane] > RANK[Lane.FLASH]:
        return "disk-low"
    return "over-quota" if over_quota(state, log.lane) and not is_refill(state, log) else ""


def take_room(state: LineState, event: Room, out: list[Effect]) -> LineState:
    """Withhold credit below FLASH while the disk is low, and give it again once there is room."""
    if event.low and not state.disk_low:
        out.append(Tell("disk-low", state.line))
    return grant_all(replace(state, disk_low=event.low), out)


def grant(state: LineState, log: LogId, out: list[Effect]) -> LineState:
    """Renew the credit of one log after a batch of it was stored; withhold it over quota or on a low disk."""
    session = state.session
    if session is None or session.bulk or not session.met or log.lane is Lane.CONTROL:
        return state
    reason = withheld(state, log)
    before = session.granted.get(log, 0)
    admitted = session.taken.get(log, 0) + limits.CREDIT_BYTES - _unstored_bytes(state, session, log)
    wanted = before if reason else admitted
    if reason == "over-quota":
        out.append(Tell(reason, f"{log.party} {log.lane}"))
    elif wanted <= before:
        return state
    out.append(Send(session.id, (Credit(log, wanted, bool(reason)),)))
    return replace(state, session=replace(session, granted={**session.granted, log: wanted}))


def _unstored_bytes(state: LineState, session: Session, log: LogId) -> int:
    """Count what was taken of a log in this conversation and is not yet stored or refused."""
    pending = [
        each for each in state.pending.values() if isinstance(each, ReceivePending) and each.session == session.id
    ]
    unstored = [each.size_bytes for each in pending if each.verified.value.log == log]
    unstored += [size_bytes for each, _, size_bytes in session.waiting if each == log]
    return sum(unstored) + (session.receiving[log].size_bytes if log in session.receiving else 0)


def grant_all(state: LineState, out: list[Effect]) -> LineState:
    """Give the first credit of a conversation, or the next day's, for every log of the counterpart's."""
    logs = {LogId(state.peer, state.epochs[state.peer], lane) for lane in LANES} | set(state.logs)
    for log in sorted(logs, key=lambda each: (-each.epoch, RANK[each.lane], each.party)):
        state = grant(state, log, out) if log.party == state.peer else state
    return state


def credited(state: LineState, frame: Credit, _out: list[Effect]) -> LineState:
    """Take credit in; it never goes back."""
    session = conversation(state)
    plan = session.sending.get(frame.log)
    if plan is None:
        return state
    plan = replace(plan, credit_bytes=max(plan.credit_bytes, frame.size_bytes))
    return replace(state, session=replace(session, sending={**session.sending, frame.log: plan}))
