"""Every question a store asks of its tables, prepared once; each is one index range, flat however long a log grows."""

from typing import Final

from sqlalchemy import and_, bindparam, false, func, or_, select

from rabita.line.ids import RANK, Lane
from rabita.store import schema
from rabita.store.codec import EntryColumns, LogColumns, OrderColumns

_lines, _authors, _logs, _batches = schema.lines.c, schema.authors.c, schema.logs.c, schema.batches.c
_entries, _withheld = schema.entries.c, schema.withheld.c
_author_of_line: Final = schema.authors.join(schema.lines)
_of_line: Final = _lines.name == bindparam("line")
_in_log: Final = and_(_batches.author_id == bindparam("author"), _batches.lane == bindparam("rank"))
_of_batch: Final = and_(_entries.seq >= _batches.seq, _entries.seq < _batches.seq + _batches.size - _batches.first)
_all_of_entry: Final = [_entries[name] for name in EntryColumns._fields]

RECORDS: Final = select(
    _lines.name, _lines.us, _lines.peer, _lines.charter, _lines.our_descriptor, _lines.peer_descriptor
).order_by(_lines.name)
RECORD: Final = RECORDS.where(_of_line)

AUTHOR: Final = (
    select(_authors.id)
    .select_from(_author_of_line)
    .where(_of_line, _authors.party == bindparam("party"), _authors.epoch == bindparam("epoch"))
)
AUTHORS: Final = (
    select(_authors.id)
    .select_from(_author_of_line)
    .where(_of_line, (bindparam("party") == "") | (_authors.party == bindparam("party")))
)

LOGS: Final = (
    select(_authors.party, _authors.epoch, *[_logs[name] for name in LogColumns._fields[2:]])
    .select_from(_author_of_line.join(schema.logs))
    .where(_of_line)
    .order_by(_authors.party, _authors.epoch, _logs.lane)
)

ORDERS: Final = (
    select(_authors.party, _authors.epoch, schema.orders.c.n, schema.orders.c.leaf, schema.orders.c.seen)
    .select_from(_author_of_line.join(schema.orders))
    .where(_of_line)
    .order_by(_authors.party, _authors.epoch)
)

CONTROL: Final = (
    select(_authors.party, _authors.epoch, false(), *_all_of_entry)
    .select_from(_author_of_line.join(schema.batches).join(schema.entries, _of_batch))
    .where(_of_line, _batches.lane == RANK[Lane.CONTROL])
    .order_by(_entries.seq)
)

FACTS: Final = (
    select(schema.facts.c.name, schema.facts.c.value)
    .select_from(schema.facts.join(schema.lines))
    .where(_of_line)
    .order_by(schema.facts.c.name)
)

EVIDENCE: Final = (
    select(_authors.party, _authors.epoch, schema.evidence.c.lane, schema.evidence.c.code, schema.evidence.c["items"])
    .select_from(_author_of_line.join(schema.evidence))
    .where(_of_line)
    .order_by(schema.evidence.c.id)
)

AUDIT: Final = (
    select(schema.audit.c.time_ms, schema.audit.c.code, schema.audit.c.detail)
    .order_by(schema.audit.c.id.desc())
    .limit(bindparam("count"))
)

NEXT_BATCH: Final = (
    select(_batches.size, _batches.first, _batches.seq, _batches.note)
    .where(_in_log, _batches.size > bindparam("first"))
    .order_by(_batches.size)
    .limit(1)
)
PARTS: Final = (
    select(_entries.stamp, _entries.act, _entries.approvals, _entries.portions)
    .where(_entries.seq >= bindparam("begin"), _entries.seq < bindparam("end"))
    .order_by(_entries.seq)
)

NOTE: Final = select(_batches.note).where(_in_log, _batches.size == bindparam("size"))
NOTES: Final = (
    select(_batches.size, _batches.note, _batches.receipt)
    .where(_in_log, _batches.size > bindparam("after_size"))
    .order_by(_batches.size)
    .limit(bindparam("count"))
)

_last: Final = schema.batches.alias()
_LAST_SIZE: Final = (  # of the batch in which a range ends; a bound from below alone would walk on to the log's end
    select(_last.c.size)
    .where(
        _last.c.author_id == bindparam("author"), _last.c.lane == bindparam("rank"), _last.c.size >= bindparam("end")
    )
    .order_by(_last.c.size)
    .limit(1)
)
LEAVES: Final = (
    select(_entries.leaf)
    .select_from(schema.batches.join(schema.entries, _of_batch))
    .where(
        _in_log,
        _batches.size > bindparam("begin"),
        _batches.size <= func.coalesce(_LAST_SIZE.scalar_subquery(), schema.SEQ_MAX),
        _entries.place >= bindparam("begin"),
        _entries.place < bindparam("end"),
    )
    .order_by(_batches.size, _entries.seq)
)

ORDER: Final = (
    select(*[_entries[name] for name in OrderColumns._fields])
    .where(_entries.author_id == bindparam("author"), _entries.n > bindparam("after_n"))
    .order_by(_entries.n, _entries.lane, _entries.place)
    .limit(bindparam("count"))
)

ACTS: Final = (
    select(_authors.party, _authors.epoch, _entries.lane, _entries.place, _entries.act_digest)
    .select_from(schema.entries.join(schema.authors).join(schema.lines))
    .where(_entries.act_id == bindparam("act_id"), _of_line)
    .order_by(_authors.epoch, _entries.n, _authors.party, _entries.lane, _entries.place)
)

_HELD: Final = select(  # what is held of the counterpart's is receipted
    _authors.party,
    _authors.epoch,
    or_(_authors.party == _lines.peer, _entries.place < func.coalesce(_logs.receipted, 0)),
    *_all_of_entry,
).select_from(
    schema.entries.join(schema.authors)
    .join(schema.lines)
    .outerjoin(schema.logs, and_(_logs.author_id == _entries.author_id, _logs.lane == _entries.lane))
)
HELD_AT: Final = _HELD.where(_entries.seq == bindparam("at"))
HELD_BELOW: Final = (
    _HELD.where(_entries.author_id == bindparam("author"), _entries.seq < bindparam("before"))
    .order_by(_entries.seq.desc())
    .limit(bindparam("count"))
)
HELD_ABOVE: Final = (
    _HELD.where(_entries.author_id == bindparam("author"), _entries.seq > bindparam("after"))
    .order_by(_entries.seq)
    .limit(bindparam("count"))
)
HELD_AMONG: Final = (
    _HELD.with_only_columns(_lines.name, *_HELD.selected_columns)
    .where(_entries.seq.in_(bindparam("seqs", expanding=True)))
    .order_by(_entries.seq)
)
WITHHELD: Final = select(_withheld.portion).where(_withheld.seq == bindparam("at")).order_by(_withheld.position)

DOCUMENTS: Final = (
    select(*schema.documents.c)
    .where(schema.documents.c.kind == bindparam("kind"))
    .order_by(schema.documents.c.name, schema.documents.c.serial)
)

ATTACHMENTS: Final = (
    select(
        schema.attachments.c.digest,
        _authors.party,
        _authors.epoch,
        _entries.lane,
        _entries.place,
    )
    .select_from(schema.attachments.join(schema.entries).join(schema.authors).join(schema.lines))
    .where(_of_line)
    .order_by(schema.attachments.c.seq, schema.attachments.c.position)
)
ATTACHMENTS_OF: Final = ATTACHMENTS.where(schema.attachments.c.digest == bindparam("digest"))
