"""What the alarm rings for: what this side must answer and must hear of until it does.

That is every duty of ours that rings by its procedure, and every FLASH of theirs that we have not acknowledged. To have
shown it is not to have acknowledged it.
"""

from typing import Final, NamedTuple

from rabita.line.ids import Lane, reference
from rabita.ports.index import ActRow, DutyRow
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.say import ENGLISH
from rabita.services.case_views import DutyLine, duty_lines
from rabita.services.casebook import Casebook
from rabita.services.duties_read import RINGING_MAX
from rabita.services.reads import find_line
from rabita.services.snoozing import duty_id

ACKNOWLEDGE: Final = "acknowledge"


class Alarming(NamedTuple):
    """A duty that rings, and the act that it arose by."""

    duty: DutyRow
    since: ActRow

    @property
    def id(self) -> str:
        """Name it as what puts duties off does (``snoozing``)."""
        reference_ = reference(self.since.log, self.since.index)
        return duty_id(self.duty.line, self.duty.case.hex(), self.duty.duty, reference_)


def alarming(book: Casebook, line: str = "") -> tuple[Alarming, ...]:
    """List what rings on a line, the oldest first, without a look at what it says; raises as ``find_line``."""
    name = find_line(book.store, line)
    us = book.record(name).us
    loud = book.index.ringing(name, RINGING_MAX, ours=True)
    flash = book.index.owed_in(name, Lane.FLASH, _acknowledged(book), RINGING_MAX)
    since = {row.seq: row for row in book.index.rows([each.since_seq for each in (*loud, *flash)])}
    theirs = [each for each in flash if each.since_seq in since and since[each.since_seq].log.party != us]
    found = [Alarming(each, since[each.since_seq]) for each in (*loud, *theirs) if each.since_seq in since]
    return tuple(sorted(found, key=lambda each: each.since.seq))


def _acknowledged(book: Casebook) -> list[tuple[str, str]]:
    """Name the duties that an acknowledgement answers, but for those that ring anyway, by their procedures."""
    every = [(procedure, duty) for procedure in book.catalogue.procedures.values() for duty in procedure.duties]
    named = [(procedure, duty.name) for procedure, duty in every if not duty.rings]
    return [(procedure.name, name) for procedure, name in named if answer_of(procedure, name) == ACKNOWLEDGE]


def alarms(book: Casebook, line: str = "") -> tuple[DutyLine, ...]:
    """Show what rings on a line in English, the oldest first; raises as ``find_line``."""
    return tuple(duty_lines(book, [each.duty for each in alarming(book, line)], book.clock.now_ms(), ENGLISH))


def answer_of(procedure: Procedure, duty: str) -> str:
    """Name the one act that answers a duty at once: an acknowledgement, or the only act there is; else empty."""
    found = [each.until for each in procedure.duties if each.name == duty]
    until = found[0] if found else ()
    if ACKNOWLEDGE in until:
        return ACKNOWLEDGE
    return until[0] if len(until) == 1 else ""
