"""Recovery: after a restore or a fork a party goes on in a new epoch, and what the other side lacks is sealed anew.

Rules kept here: an opening is signed by two recovery keys of our newest descriptor; a lost act is sealed under the same
act bytes, so that it is one act wherever it stands; of leaves under one act id the earliest of its author is in force,
and other bytes under that id are void.
"""

from typing import Final, NamedTuple

from rabita.line.amendment import last_signer
from rabita.line.control import OPENING, PROCEDURE, RECOVERY, RECOVERY_SIGNATURES, Opening, fields_of
from rabita.line.entry import Act, Approval, approval_message, encode
from rabita.line.errors import LocalFault
from rabita.line.events import Draft
from rabita.line.ids import RANK, Lane, LogId
from rabita.line.limits import INTEGER_MAX
from rabita.line.record import EntryRow, LogRow
from rabita.line.revocation import LogSize
from rabita.line.state import OPEN, LineState
from rabita.ports import Keys, Store

NONCE_BYTES: Final = 16


class InForce(NamedTuple):
    """An act of a party as it stands in its logs: where its earliest leaf is, and what it says."""

    log: LogId
    index: int  # type: ignore[assignment]  # - not the tuple method
    act_id: bytes
    act_digest: bytes


class Lost(NamedTuple):
    """An act of ours that the counterpart does not hold, ready to be sealed anew in the lane it had."""

    lane: Lane
    draft: Draft


def opening_draft(state: LineState, keys: Keys, nonce: bytes, act_id: bytes) -> Draft:
    """Write the opening of our next epoch, signed by two of our recovery keys; to be sealed in the control lane.

    *nonce* and *act_id* are 16 fresh random bytes each. Raises ``LocalFault("key-unavailable")`` unless *keys* holds
    two recovery keys of our newest descriptor.
    """
    epoch = state.epochs[state.us]
    known = [
        log for log in sorted(state.logs) if log.party == state.us and (log.lane is Lane.CONTROL or log.epoch == epoch)
    ]
    heads = tuple([LogSize(*log, state.logs[log].frontier.size) for log in known])
    act = encode(
        Act(
            line=state.line,
            author=state.us,
            precedence=Lane.CONTROL,
            id=act_id.hex(),
            seal_before_ms=INTEGER_MAX,
            kind="exercise" if state.charter.exercise else "operation",
            procedure=PROCEDURE,
            act=OPENING,
            fields=fields_of(Opening(nonce.hex(), heads)),
        )
    )
    return Draft(act, encode(_recovery_approvals(state, keys, act)))


def _recovery_approvals(state: LineState, keys: Keys, act: bytes) -> tuple[Approval, ...]:
    message = approval_message(RECOVERY, act)
    approvals: list[Approval] = []
    for public in state.facts.books[state.us].newest.recovery:
        try:
            approvals.append(Approval(RECOVERY, public.hex(), keys.sign_ed25519(public, message)))
        except LocalFault:
            continue
        if len(approvals) == RECOVERY_SIGNATURES:
            return tuple(approvals)
    raise LocalFault("key-unavailable", RECOVERY)


def acts_in_force(store: Store, line: str, party: str) -> tuple[InForce, ...]:
    """List a party's acts that are in force, by its own order (epoch, n): late entries and void acts are left out."""
    heads = {row.log: row for row in store.logs(line)}
    found = sorted(
        [
            (each.log.epoch, each.row.n, RANK[each.log.lane], each.row.index, each.log, each.row)
            for each in store.listed(line, party, 0, INTEGER_MAX)
            if each.row.act_id and each.row.index < _limit(heads[each.log])
        ]
    )
    first: dict[bytes, InForce] = {}
    for *_, log, row in found:
        first.setdefault(row.act_id, InForce(log, row.index, row.act_id, row.act_digest))
    return tuple(first.values())


def lost_drafts(store: Store, state: LineState) -> tuple[Lost, ...]:
    """List our acts that are in no epoch in force, in our own order: those beyond where the counterpart froze a log.

    Of control acts only the amendment that follows the charter in force is among them; an officer repeats what else
    still matters. An epoch counts once its freezing is known, which the counterpart's next hello tells.
    """
    beyond = [
        (log, head)
        for log, head in sorted(state.logs.items())
        if log.party == state.us and log.lane is not Lane.CONTROL and OPEN < head.frozen_at < head.frontier.size
    ]
    held = {each.act_id for each in acts_in_force(store, state.line, state.us)} if beyond else set()
    lost: list[tuple[int, int, Lane, EntryRow]] = []
    for log, head in beyond:
        for index in range(head.frozen_at, head.frontier.size):
            entry = store.entry(state.line, log, index)
            if entry is not None and entry.row.act_id not in held:
                held.add(entry.row.act_id)
                lost.append((log.epoch, entry.row.n, log.lane, entry.row))
    found = [Lost(lane, _draft(row)) for _, _, lane, row in sorted(lost, key=lambda each: each[:2])]
    return (*_lost_amendment(store, state), *found)


def _lost_amendment(store: Store, state: LineState) -> tuple[Lost, ...]:
    newest = state.charters[-1]
    for each in state.facts.brought:
        ours = each.log.party == state.us == last_signer(newest.charter, each.number)
        if ours and (each.number, each.before) == (newest.number + 1, newest.digest):
            entry = store.entry(state.line, each.log, each.index)
            return (Lost(Lane.CONTROL, _draft(entry.row)),) if entry is not None else ()
    return ()


def _draft(row: EntryRow) -> Draft:
    portions = tuple([raw for raw in row.entry.portions if raw is not None])
    return Draft(row.entry.act, row.entry.approvals, portions, row.withheld)


def _limit(head: LogRow) -> int:
    return INTEGER_MAX if head.frozen_at == OPEN else head.frozen_at
