"""What the alarm rings for: what this side must answer and must hear of until it does.

That is every duty of ours that rings by its procedure, and every FLASH of theirs that we have not acknowledged. To have
shown it is not to have acknowledged it.
"""

from typing import Final

from rabita.line.ids import Lane
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.say import ENGLISH, Reader
from rabita.services.case_reads import Traffic, traffic
from rabita.services.case_views import DutyLine, duty_lines
from rabita.services.casebook import Casebook
from rabita.services.duties_read import RINGING_MAX, ringing
from rabita.services.reads import find_line

ACKNOWLEDGE: Final = "acknowledge"


def alarms(book: Casebook, line: str = "", reader: Reader = ENGLISH) -> tuple[DutyLine, ...]:
    """List what rings on a line, the oldest first; raises as ``find_line``."""
    name = find_line(book.store, line)
    loud = [each for each in ringing(book, name, reader) if each.ours]
    wanted = Traffic(line=name, lane=Lane.FLASH.value, unacknowledged=True)
    acts = [each for each in traffic(book, wanted, count=RINGING_MAX, reader=reader).rows if each.case]
    since = {each.digest for each in acts if not each.ours}
    rows = [
        row
        for case in dict.fromkeys([each.case for each in acts])
        for row in book.index.duties(name, bytes.fromhex(case))
        if row.is_open and row.by_us and not row.rings and row.since.hex() in since
    ]
    rows = [row for row in rows if answer_of(book.procedure(row.procedure), row.duty) == ACKNOWLEDGE]
    flash = duty_lines(book, rows, book.clock.now_ms(), reader)
    return tuple(sorted([*loud, *flash], key=lambda each: each.since_ms))


def answer_of(procedure: Procedure, duty: str) -> str:
    """Name the one act that answers a duty at once: an acknowledgement, or the only act there is; else empty."""
    found = [each.until for each in procedure.duties if each.name == duty]
    until = found[0] if found else ()
    if ACKNOWLEDGE in until:
        return ACKNOWLEDGE
    return until[0] if len(until) == 1 else ""
