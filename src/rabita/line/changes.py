"""What one transaction of a store makes durable, all of it or nothing."""

from typing import NamedTuple

from rabita.line.record import AuditRow, EvidenceRow, LogRow, OrderRow, SealedBatch, StoredReceipt
from rabita.line.verify import Verified


class Changes(NamedTuple):
    """Rows to keep for one line; applied in the order of the fields, atomically.

    Several changes to one log may wait for their commits at once, so each says only what it changes:
    ``logs`` adds logs not held yet as they are given, and of those held replaces ``stopped`` and ``frozen_at``, and
    ``note`` where it is over the size held; each of ``batches`` moves its log's frontier and note; each of
    ``receipts`` sets ``receipted`` and ``receipt`` of its log unless a larger size is held. ``facts`` are small values
    by name (JSON text) that the core wants back in its next snapshot.
    """

    line: str
    logs: tuple[LogRow, ...] = ()
    batches: tuple[Verified[SealedBatch], ...] = ()
    receipts: tuple[Verified[StoredReceipt], ...] = ()
    orders: tuple[OrderRow, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    audit: tuple[AuditRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
