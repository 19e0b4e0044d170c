"""Registers: commitments, incidents, the roster, notices, measures, each case with what its procedure's own views say.

Rule kept here: a register is a list of cases, one range of the index; only the cases of the page are folded. What a
view says is the procedure module's, written down as plain data.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from rabita.line.errors import UserFault
from rabita.ports.index import CaseRow, Spread
from rabita.procedures.accreditation import nomination, tour
from rabita.procedures.commitment import terms
from rabita.procedures.commitment_views import rated, standing
from rabita.procedures.engine.say import ENGLISH, Reader
from rabita.procedures.incident_facts import Verdict, calls_for_clarification, compare
from rabita.procedures.measure import components, days_to_restoration
from rabita.procedures.notice import announced
from rabita.services.case_reads import texts_by_digest
from rabita.services.case_views import CaseLine, case_lines
from rabita.services.casebook import Casebook, Folded, Page, Reading, bounded, page, read_cursor
from rabita.services.caseindex_fold import EVERYWHERE
from rabita.services.reads import find_line
from rabita.services.sight import markings_of

PAGE_CASES_MAX: Final = 50


class Registered(msgspec.Struct, frozen=True):
    """A case in a register: as in every list, and what its procedure's views say of it, as plain data."""

    case: CaseLine
    view: dict[str, Any]


class Seen(NamedTuple):
    """What a view is given: the case, the texts of its portions by digest, the present time."""

    folded: Folded
    texts: Mapping[str, str]
    now_ms: int


View: TypeAlias = Callable[[Seen], dict[str, Any]]


def register(
    book: Casebook,
    procedure: str,
    line: str = "",
    state: str = "",
    cursor: str = "",
    count: int = 25,
    reader: Reader = ENGLISH,
) -> Page[Registered]:
    """List the cases of a procedure that has a register (``VIEWS``), the last active first.

    Raises ``UserFault``: ``procedure-unknown``, ``cursor-malformed``, and as ``find_line``.
    """
    if procedure not in VIEWS:
        raise UserFault("procedure-unknown", procedure[:64])
    count = min(bounded(count), PAGE_CASES_MAX)
    (before,) = read_cursor(cursor, 1)
    rows = book.index.cases(find_line(book.store, line), procedure, state, before, count + 1)
    shown = _shown(book, rows[:count], reader)
    return page(shown, count, [(row.last_seq,) for row in rows], more=len(rows) > count)


def commitments(book: Casebook, line: str = "", cursor: str = "", count: int = 25) -> Page[Registered]:
    """List commitments with their terms, how they stand now and how far each side holds them kept."""
    return register(book, "commitment", line, "", cursor, count)


def incidents(book: Casebook, line: str = "", cursor: str = "", count: int = 25) -> Page[Registered]:
    """List incidents with both accounts compared field by field, and the facts agreed and disputed."""
    return register(book, "incident", line, "", cursor, count)


def roster(book: Casebook, line: str = "", cursor: str = "", count: int = 25) -> Page[Registered]:
    """List accreditations with the post nominated for and the tour, extensions included."""
    return register(book, "accreditation", line, "", cursor, count)


def measures(book: Casebook, line: str = "", cursor: str = "", count: int = 25) -> Page[Registered]:
    """List measures with their components and the days until they were undone."""
    return register(book, "measure", line, "", cursor, count)


def notices(
    book: Casebook,
    line: str = "",
    from_ms: int = 0,
    until_ms: int = 2**46,
    cursor: str = "",
    count: int = 25,
    reader: Reader = ENGLISH,
) -> Page[Registered]:
    """List notices whose activity falls into a time (ms since 1970 UTC), those announced last first.

    Raises ``UserFault``: ``cursor-malformed``, and as ``find_line``.
    """
    within = EVERYWHERE._replace(start_ms=from_ms, end_ms=until_ms)
    return spread(book, ("notice",), within, line, cursor, count, reader)


def spread(
    book: Casebook,
    procedures: Sequence[str],
    within: Spread,
    line: str = "",
    cursor: str = "",
    count: int = 25,
    reader: Reader = ENGLISH,
) -> Page[Registered]:
    """List the cases of procedures (empty: all) that say something of an area and time: what a map shows.

    Each once on a page, by the newest act that says so. Raises as ``notices``.
    """
    name, count = find_line(book.store, line), min(bounded(count), PAGE_CASES_MAX)
    (before,) = read_cursor(cursor, 1)
    found: dict[bytes, CaseRow] = {}
    while True:
        rows = book.index.rows(book.index.spread(procedures, within, before, count))
        for row in rows:
            before = row.seq
            case = book.index.case(name, row.case) if row.line == name and row.case else None
            if case is not None:
                found[case.id] = case
            if len(found) == count:
                return Page(tuple(_shown(book, list(found.values()), reader)), str(before))
        if len(rows) < count:
            return Page(tuple(_shown(book, list(found.values()), reader)))


def view_of(book: Casebook, row: CaseRow) -> dict[str, Any]:
    """Give what the views of its procedure say of a case, nothing where it has none, or an act may not be seen."""
    return _view(book, Reading(book, row.line), row)


def _view(book: Casebook, reading: Reading, row: CaseRow) -> dict[str, Any]:
    view = VIEWS.get(row.procedure)
    if view is None or not row.computed:
        return {}
    found = reading.fold(row)
    marked = [markings_of(reading.taken[each.seq].act) for each in found.acts.values()]
    if not all(book.sees(row.line, row.procedure, each) for each in marked):
        return {}
    seen = Seen(found, texts_by_digest(reading, found), book.clock.now_ms())
    plain: dict[str, Any] = msgspec.to_builtins(view(seen))
    return plain


def _shown(book: Casebook, rows: Sequence[CaseRow], reader: Reader) -> list[Registered]:
    """Show cases of one line, their entries read at once."""
    if not rows:
        return []
    reading = Reading(book, rows[0].line)
    reading.take(rows)
    by_id = {row.id.hex(): row for row in rows}
    return [Registered(line, _view(book, reading, by_id[line.id])) for line in case_lines(book, rows, reader)]


def _commitment(seen: Seen) -> dict[str, Any]:
    case = seen.folded.case
    promise = terms(case)
    texts = promise and next((each for each in case.acts if each.fields is promise), None)
    refs = texts.held.act.portions if texts else ()
    return {
        "standing": standing(case, seen.folded.receipts, seen.now_ms),
        "rated": rated(case)._asdict(),
        "terms": promise,
        "texts": {ref.language: seen.texts[ref.digest] for ref in refs if ref.digest in seen.texts},
    }


def _incident(seen: Seen) -> dict[str, Any]:
    case = seen.folded.case
    compared = compare(case, seen.texts)
    return {
        "fields": [row._asdict() for row in compared.rows],
        "agreed": compared.fields(Verdict.AGREED),
        "disputed": compared.fields(Verdict.DISPUTED),
        "editions_differ": compared.editions_differ,
        "calls_for_clarification": calls_for_clarification(case),
    }


def _accreditation(seen: Seen) -> dict[str, Any]:
    case = seen.folded.case
    return {"nomination": nomination(case), "tour": tour(case), "stands": case.stands("accreditation")}


def _measure(seen: Seen) -> dict[str, Any]:
    case = seen.folded.case
    steps = [each._asdict() for each in components(case)]
    return {"components": steps, "days_to_restoration": days_to_restoration(case)}


def _notice(seen: Seen) -> dict[str, Any]:
    return {"announced": announced(seen.folded.case)}


VIEWS: Final[Mapping[str, View]] = {
    "commitment": _commitment,
    "incident": _incident,
    "accreditation": _accreditation,
    "measure": _measure,
    "notice": _notice,
}
"""The registers there are, by procedure, each with its view."""
