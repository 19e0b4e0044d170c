"""Writing a transcript: everything both parties may see of a line, a batch at a time, never a withheld portion.

Before it the caller lets the exchange ``attest``, so that the newest heads carry post-quantum signatures.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

from rabita.line.errors import UserFault
from rabita.line.ids import RANK, Lane
from rabita.line.record import LogRow
from rabita.line.transcript_lines import (
    TITLE,
    BatchLine,
    CharterLine,
    DescriptorLine,
    End,
    EndLine,
    Evidence,
    EvidenceLine,
    Head,
    Line,
    LogHead,
    LogLine,
    encode_line,
)
from rabita.ports import Store


def export(
    store: Store,
    line: str,
    time_ms: int,
    write: Callable[[bytes], object],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> End:
    """Write the transcript of *line*, one call of *write* a line of the file; gives its end line's counts.

    *time_ms* is when this node claims to write it. *progress* is told, batch by batch, how many entries of how many
    are written. What is sealed meanwhile is left out. Raises ``UserFault("line-unknown")`` and
    ``LocalFault("store-unavailable")``; what was written until then is a truncated transcript and says so.
    """
    record = next((each for each in store.lines() if each.line == line), None)
    if record is None:
        raise UserFault("line-unknown", line)
    digest = sha256()

    def put(part: Line) -> None:
        raw = encode_line(part)
        digest.update(raw)
        write(raw)

    put(Head(TITLE, line, record.us, time_ms))
    put(CharterLine(record.charter.decode()))
    for note in record.descriptors:
        put(DescriptorLine(note.decode()))
    heads = sorted(store.logs(line), key=_order)
    total = sum([head.frontier.size for head in heads])
    batches = entries = 0
    for head in heads:
        put(LogLine(LogHead(*head.log, head.nonce, head.frozen_at, head.stopped)))
        for batch in _batches(store, line, head):
            write(encode_line(batch))
            batches, entries = batches + 1, entries + len(batch.entries)
            progress(entries, total)
    for row in store.evidence(line):
        put(EvidenceLine(Evidence(*row.log, row.code, row.items)))
    end = End(batches, entries, digest.hexdigest())
    write(encode_line(EndLine(end)))
    return end


def _order(head: LogRow) -> tuple[bool, str, int, int]:
    log = head.log
    return log.lane is not Lane.CONTROL, log.party, log.epoch, RANK[log.lane]


def _batches(store: Store, line: str, head: LogRow) -> Iterator[BatchLine]:
    """Read a log's batches up to the size it had when the export began, each with its note and receipt."""
    first = 0
    while first < head.frontier.size:
        batch = store.batch(line, head.log, first)
        noted = store.notes(line, head.log, first, 1)
        if batch is None or not noted:
            return
        _, note, receipt = noted[0]
        yield BatchLine(first, batch.entries, note.decode(), receipt.decode())
        first += len(batch.entries)
