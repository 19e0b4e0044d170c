"""Sending: which log speaks next, in chunks small enough that an urgent one never waits long.

Control and FLASH go first; one chunk in sixteen serves the lower lanes, so that none starves. A batch starts only
when the other side's credit covers all of it; refills of a closed epoch and control are free.
"""

from collections.abc import Mapping

from rabita.line import limits
from rabita.line.events import Effect, LoadBatch, Loaded, Send
from rabita.line.frames import Chunk, Frame, encode_batch
from rabita.line.ids import RANK, Lane, LogId
from rabita.line.record import SealedBatch
from rabita.line.state import LineState, Sending, Session, conversation, replace
from rabita.line.window import Window, rested, sent


def urgency(log: LogId) -> tuple[int, int, str]:
    """Order logs by lane, newest epoch first."""
    return (RANK[log.lane], -log.epoch, log.party)


def offer(state: LineState, log: LogId, first: int, until: int, out: list[Effect]) -> LineState:
    """Plan to send a log from entry *first* up to *until*; what was planned before is replaced, credit is kept."""
    session = conversation(state)
    old = session.sending.get(log, Sending(first, until))
    plan = replace(old, first=first, until=until, data=b"", end=0, offset=0, loading=False)
    return _wanted(state, session, log, plan, out)


def extend(state: LineState, batch: SealedBatch, out: list[Effect]) -> LineState:
    """Send on what was just made durable: at once from memory when nothing of the log waits before it."""
    session = state.session
    plan = session.sending.get(batch.log) if session is not None else None
    if session is None or plan is None:
        return state
    end = batch.frontier.size
    if plan.first == batch.first and not plan.data and not plan.loading and not plan.blocked:
        data = encode_batch(batch.first, [row.entry for row in batch.rows], batch.note)
        return put_sending(state, session, batch.log, replace(plan, until=end, data=data, end=end))
    return _wanted(state, session, batch.log, replace(plan, until=end), out)


def loaded(state: LineState, event: Loaded, out: list[Effect]) -> LineState:
    """Take the batch read from the store; a plan that changed meanwhile is loaded anew."""
    session = state.session
    if session is None or session.id != event.session or event.log not in session.sending:
        return state
    plan = replace(session.sending[event.log], loading=False)
    batch = event.batch
    if batch is not None and batch.first == plan.first and not (plan.data or plan.blocked):
        data = encode_batch(batch.first, batch.entries, batch.note)
        plan = replace(plan, data=data, end=batch.first + len(batch.entries), offset=0)
    elif batch is not None:
        return _wanted(state, session, event.log, plan, out)
    return put_sending(state, session, event.log, plan)


def put_sending(state: LineState, session: Session, log: LogId, plan: Sending) -> LineState:
    """Keep a plan."""
    return replace(state, session=replace(session, sending={**session.sending, log: plan}))


def _wanted(state: LineState, session: Session, log: LogId, plan: Sending, out: list[Effect]) -> LineState:
    if plan.first < plan.until and not (plan.data or plan.loading or plan.blocked):
        out.append(LoadBatch(session.id, log, plan.first))
        plan = replace(plan, loading=True)
    return put_sending(state, session, log, plan)


def flow(state: LineState, out: list[Effect]) -> LineState:
    """Send chunks, most urgent first, while the window has room."""
    session = state.session
    if session is None or not session.met:
        return state
    frames: list[Frame] = []
    window, count, plans = rested(session.window, state.now_ms), session.frames, dict(session.sending)
    while has_room(session, window):
        log = _next_log(state, plans, count, bulk=session.bulk)
        if log is None or any(plan.loading and urgency(other) < urgency(log) for other, plan in plans.items()):
            break  # nothing may go, or what is more urgent is just being read
        plan = plans[log]
        size = limits.CHUNK_BYTES_MAX if session.bulk else window.chunk_bytes
        data = plan.data[plan.offset : plan.offset + size]
        last = plan.offset + len(data) == len(plan.data)
        frames.append(Chunk(log, plan.first, plan.offset, last, data))
        window, count = sent(window, len(data), state.now_ms), count + 1
        used = plan.used_bytes + len(data)
        if last:
            more = plan.end < plan.until
            plans[log] = replace(plan, first=plan.end, data=b"", offset=0, used_bytes=used, loading=more)
            if more:
                out.append(LoadBatch(session.id, log, plan.end))
        else:
            plans[log] = replace(plan, offset=plan.offset + len(data), used_bytes=used)
    if not frames:
        return state
    out.append(Send(session.id, tuple(frames)))
    return replace(state, session=replace(session, window=window, frames=count, sending=plans))


def is_idle(state: LineState) -> bool:
    """Say whether no lane has anything that may be sent, nor anything that is just being read to be sent."""
    session = conversation(state)
    plans = session.sending
    loading = any(plan.loading for plan in plans.values())
    return not loading and _next_log(state, plans, session.frames, bulk=session.bulk) is None


def has_room(session: Session, window: Window) -> bool:
    """Say whether a chunk may be sent; a bulk conversation has no drain rate, it is bounded like one log's credit."""
    if session.bulk:
        return window.sent_bytes - window.acked_bytes < limits.CREDIT_BYTES
    return window.room_bytes >= window.chunk_bytes


def _next_log(state: LineState, plans: Mapping[LogId, Sending], count: int, *, bulk: bool) -> LogId | None:
    ready = [
        log for log, plan in plans.items() if plan.data and (bulk or log.party == state.peer or _covered(log, plan))
    ]
    ready.sort(key=urgency)
    if not ready:
        return None
    turn, rest = divmod(count, limits.LOWER_LANES_FRAME_EVERY)
    lower = ready[1:]
    return lower[turn % len(lower)] if lower and rest == limits.LOWER_LANES_FRAME_EVERY - 1 else ready[0]


def _covered(log: LogId, plan: Sending) -> bool:
    """Say whether credit covers the batch under way (only a whole batch may be started)."""
    return log.lane is Lane.CONTROL or plan.offset > 0 or plan.credit_bytes - plan.used_bytes >= len(plan.data)
