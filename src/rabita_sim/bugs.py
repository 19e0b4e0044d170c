"""Bugs planted into the real code, each with the guarantee it breaks: the simulation must find every one of them.

A bug replaces one function of the product for as long as its context lasts. What a world says of it is compared with
nothing but "some guarantee broke": the guarantee named here is the one that is usually seen first.
"""

# ruff: noqa: ANN401 - a planted bug stands in for functions of any kind
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import msgspec

from rabita.line import (
    control,
    frames,
    hello,
    keybook,
    node,
    order,
    quota,
    receipts,
    receiving,
    sealing,
    sending,
    verify,
    window,
)
from rabita.line.control import control_form
from rabita.line.errors import PeerFault
from rabita.line.events import Committed, Room, Seal, Store, Tell
from rabita.line.ids import RANK
from rabita.line.note import parse_checkpoint, parse_note
from rabita.line.state import SealPending, load, replace
from rabita.services import commits, exchange, recovery
from rabita.store.memory import MemoryStore
from rabita_sim import node as sim_node
from rabita_sim import properties

Patch = tuple[Any, str, Any]


class Bug(NamedTuple):
    """A planted bug: what it is, the guarantee it breaks, and what it replaces."""

    name: str
    breaks: str
    patches: tuple[Patch, ...]


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Let the product have the bug."""
    kept = [
        (place, name, place[name] if isinstance(place, dict) else getattr(place, name))
        for place, name, _ in bug.patches
    ]
    try:
        for place, name, value in bug.patches:
            _put(place, name, value)
        yield
    finally:
        for place, name, value in kept:
            _put(place, name, value)


def _put(place: Any, name: Any, value: Any) -> None:
    if isinstance(place, dict):
        place[name] = value
    else:
        setattr(place, name, value)


def _nothing(state: Any, *_: Any) -> Any:
    return state


def _sends_before_commit() -> Callable[..., Any]:
    real = sealing.seal_signed

    def seal_signed(state: Any, event: Any, pending: Any, out: Any) -> Any:
        state = real(state, event, pending, out)
        waiting = state.pending.get(state.ticket)
        for batch in waiting.verified if isinstance(waiting, SealPending) else ():
            state = sending.extend(state, batch.value, out)
        return state

    return seal_signed


def _cosigns_before_durable() -> Callable[..., Any]:
    real = receiving._store

    def store(state: Any, pending: Any, row: Any, out: Any) -> Any:
        state = real(state, pending, row, out)
        early = receipts.cosign(replace(state, logs={**state.logs, row.log: row}), row.log, out)
        return replace(early, logs=state.logs) if row.log.party == state.peer else state

    return store


def _believes_no_restore(snapshot: Any) -> Any:
    return replace(load(snapshot), behind=False)


def _checkpoint_without_root(raw: bytes, expected: Any, keys: Any) -> Any:
    return verify.open_checkpoint(raw, expected.origin, keys)[0]


def _claim_without_signature(raw: bytes, _origin: str, _keys: Any) -> Any:
    note = parse_note(raw)
    return note, parse_checkpoint(note.text)


def _note_without_signature(raw: Any, _key: Any) -> Any:
    return (parse_note(raw) if isinstance(raw, bytes) else raw), 0


def _every_leaf_in_force(store: Any, line: str, party: str) -> Any:
    heads = {row.log: row for row in store.logs(line)}
    rows = sorted(store.listed(line, party, 0, 10**6), key=lambda each: each.seq)
    return tuple(
        [
            recovery.InForce(each.log, each.row.index, each.row.act_id, each.row.act_digest)
            for each in rows
            if each.row.act_id and each.row.index < recovery._limit(heads[each.log])
        ]
    )


def _leaks() -> Callable[..., Any]:
    real = MemoryStore.batch

    def batch(self: Any, line: str, log: Any, first: int) -> Any:
        found = real(self, line, log, first)
        if found is None:
            return None
        rows = [self.entry(line, log, first + place).row for place in range(len(found.entries))]
        entries = [row.entry._replace(portions=row.entry.portions + row.withheld) for row in rows]
        return found._replace(entries=tuple(entries))

    return batch


def _tells_drafts() -> Callable[..., Any]:
    real = sealing.seal

    def seal(state: Any, event: Any, out: Any) -> Any:
        out.extend([Tell("act-foreign", raw[16:].decode()) for draft in event.drafts for raw in draft.withheld])
        return real(state, event, out)

    return seal


def _loses_count(snapshot: Any) -> Any:
    state = load(snapshot)
    return replace(state, n=max(state.n - 1, 0))


def _ignores_failed_commits() -> Callable[..., Any]:
    def store(self: Any, effect: Any) -> None:
        self._out.commits.submit(effect.lane, effect.changes, lambda _fault: self.feed(Committed(effect.ticket)))

    return store


def _freezes_too_early() -> Callable[..., Any]:
    real = receiving.frozen_rows
    return lambda state, epoch: real(replace(state, session=replace(state.session, floors={}, unsure=())), epoch)


def _order_not_checked(*, repeated: bool) -> Callable[..., Any]:
    real = order._contradicted

    def contradicted(state: Any, one: Any, two: Any, out: Any) -> Any:
        return state if (one is not two) == repeated else real(state, one, two, out)

    return contradicted


def _opening_unsigned() -> Callable[..., Any]:
    def check(_row: Any, act: Any, _approvals: Sequence[Any], _book: Any) -> Any:
        form = control_form(act)
        if form is None:
            raise PeerFault("opening-malformed")
        return form

    return check


def _decode_anything(raw: bytes) -> Any:
    return msgspec.msgpack.decode(raw, type=frames.Frame)


def _reads_otherwise() -> Callable[..., Any]:
    real = verify.entry_row

    def entry_row(*parts: Any) -> Any:
        return real(*parts)._replace(fault="act-foreign")

    return entry_row


def _urgency(log: Any) -> Any:
    return (-RANK[log.lane], -log.epoch, log.party)


BUGS: Final = (
    Bug("sends a batch before it is committed", "durable", ((node, "seal_signed", _sends_before_commit()),)),
    Bug(
        "answers a seal although its commit failed",
        "durable",
        ((exchange, "_DO", {**exchange._DO, Store: _ignores_failed_commits()}),),
    ),
    Bug("cosigns before the batch is durable", "receipted", ((receiving, "_store", _cosigns_before_durable()),)),
    Bug("cosigns without the words", "receipted", ((verify, "check_portions", lambda *_, **__: None),)),
    Bug("cosigns below a receipt shown to it", "receipted", ((hello, "_shown_receipt", lambda *_: 0),)),
    Bug("does not check receipts", "receipted", ((verify, "verify_note", _note_without_signature),)),
    Bug(
        "seals into the old epoch after a restore",
        "undeniable",
        ((sim_node, "load", _believes_no_restore), (hello, "lost_tail", _nothing), (receiving, "lost_tail", _nothing)),
    ),
    Bug("ignores a root that does not match", "undeniable", ((verify, "check_checkpoint", _checkpoint_without_root),)),
    Bug("loses an entry's number when it starts", "undeniable", ((sim_node, "load", _loses_count),)),
    Bug("keeps no proof of a fork", "undeniable", ((hello, "contradict", _nothing),)),
    Bug("ignores a seen that falls", "undeniable", ((order, "_rises", lambda *_: True),)),
    Bug(
        "ignores a prev that names another entry",
        "undeniable",
        ((order, "_contradicted", _order_not_checked(repeated=False)),),
    ),
    Bug(
        "ignores one number under two entries",
        "undeniable",
        ((order, "_contradicted", _order_not_checked(repeated=True)),),
    ),
    Bug(
        "uses the old key after a rotation",
        "undeniable",
        ((keybook, "era_at", lambda book, _log, _size: book.eras[0].descriptor),),
    ),
    Bug(
        "executes an act under one id twice",
        "delivered",
        ((recovery, "acts_in_force", _every_leaf_in_force), (properties, "acts_in_force", _every_leaf_in_force)),
    ),
    Bug("never says a lost receipt again", "delivered", ((hello, "cosign", _nothing),)),
    Bug("never freezes a closed epoch", "delivered", ((receiving, "frozen_rows", lambda *_: []),)),
    Bug(
        "returns nothing to an author who lost it",
        "delivered",
        ((hello, "_offer_unclaimed", _nothing), (hello, "_take_theirs", _nothing)),
    ),
    Bug("freezes below a receipt shown to it", "receipted", ((receiving, "frozen_rows", _freezes_too_early()),)),
    Bug("reads an entry otherwise than its author", "convergent", ((verify, "entry_row", _reads_otherwise()),)),
    Bug("lets ROUTINE starve FLASH", "urgent first", ((sending, "urgency", _urgency),)),
    Bug("commits in the order of arrival", "urgent first", ((commits, "RANK", dict.fromkeys(RANK, 0)),)),
    Bug("ignores the send window", "urgent first", ((window.Window, "room_bytes", property(lambda _self: 2**40)),)),
    Bug(
        "takes an opening without recovery signatures",
        "contained",
        ((receiving, "check_opening", _opening_unsigned()),),
    ),
    Bug(
        "believes unsigned claims about its own tail",
        "contained",
        ((hello, "open_checkpoint", _claim_without_signature),),
    ),
    Bug("lets a malformed frame out as another error", "contained", ((node, "decode_frame", _decode_anything),)),
    Bug("never withholds credit", "contained", ((quota, "over_quota", lambda *_: False),)),
    Bug("admits everything on a low disk", "contained", ((node, "_ON", {**node._ON, Room: _nothing}),)),
    Bug("purges nothing", "durable", ((MemoryStore, "purge", _nothing),)),
    Bug(
        "forgets what a rolled-back machine sealed",
        "delivered",
        ((receiving, "contradict_ourselves", _nothing), (hello, "contradict_ourselves", _nothing)),
    ),
    Bug("keeps counting a revoked key", "undeniable", ((control, "revoke", lambda book, *_: book),)),
    Bug("puts withheld portions into batches", "confidential", ((MemoryStore, "batch", _leaks()),)),
    Bug("tells what a draft withholds", "confidential", ((node, "_ON", {**node._ON, Seal: _tells_drafts()}),)),
)
