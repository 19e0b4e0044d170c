"""Lists of traffic and cases, and one case in full: what desk, REST and command line show.

Rule kept here: a list is one range of the index, and a page reads from the store only the entries it shows; so neither
grows with what is held. A case in full is folded again, which costs what its length is.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec

from rabita.line.errors import SENTENCES, UserFault
from rabita.ports.index import ActRow
from rabita.procedures.engine.check import allowed, flags
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.fold import Case
from rabita.procedures.engine.fold import Folded as FoldedAct
from rabita.procedures.engine.say import ENGLISH, WORDS, Reader, explain
from rabita.services.case_views import (
    ActLine,
    CaseLine,
    DutyLine,
    Shelf,
    act_lines,
    case_lines,
    duty_lines,
    owed_now,
)
from rabita.services.casebook import (
    Casebook,
    Folded,
    Page,
    Reading,
    act_row,
    bounded,
    case_row,
    folded,
    page,
    read_cursor,
)
from rabita.services.caseindex_held import take
from rabita.services.caseindex_words import facets, texts_of
from rabita.services.casework import Finding, rule_remarks
from rabita.services.reads import find_line, portions

SCANNED_AT_ONCE: Final = 200
SCANNED_MAX: Final = 2_000
"""Entries looked at for one page, where a filter has no range of its own; then the page ends early."""


class Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which acts: of a line, procedure, lane, author, post; empty is any.

    With a ``state``, one row for each case that is in it: its opening act. ``unacknowledged``: acts on which a duty of
    ours is open.
    """

    line: str = ""
    procedure: str = ""
    lane: str = ""
    party: str = ""
    post: str = ""
    state: str = ""
    unacknowledged: bool = False


class Cases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which cases: of a procedure, in a state, only those that have not ended; empty is any."""

    procedure: str = ""
    state: str = ""
    open_only: bool = False


class JointLine(msgspec.Struct, frozen=True):
    """A result both sides signed: what, the digest signed, the two signing acts, whether it stands yet."""

    name: str
    digest: str
    by: tuple[str, str]
    stands: bool
    sentence: str
    standing: str


class NextAct(msgspec.Struct, frozen=True):
    """An act we may do now: its name and sentence, whether it is a consent act or needs the node's approval alone."""

    act: str
    says: str
    consent: bool
    service: bool


class CaseView(msgspec.Struct, frozen=True):
    """A case in full, its acts' fields as corrected. ``refers_to`` and ``referred_by`` are ids of other cases."""

    case: CaseLine
    acts: tuple[ActLine, ...]
    duties: tuple[DutyLine, ...]
    joint: tuple[JointLine, ...]
    next: tuple[NextAct, ...]
    refers_to: tuple[str, ...]
    referred_by: tuple[str, ...]
    explained: str


def traffic(
    book: Casebook, wanted: Traffic, cursor: str = "", count: int = 50, reader: Reader = ENGLISH
) -> Page[ActLine]:
    """List acts, the newest held first; a page may be short of *count* where few of many fit, and still go on.

    Raises ``UserFault``: ``cursor-malformed``; with a state, or those not acknowledged, as ``find_line``.
    """
    count = bounded(count)
    (before,) = read_cursor(cursor, 1)
    if wanted.state or wanted.unacknowledged:
        rows, place = _ranged(book, wanted, before, count)
        return Page(tuple(act_lines(book, rows, reader)), str(place) if place else "")
    posts = (wanted.post,) if wanted.post else ()
    line = find_line(book.store, wanted.line) if wanted.line else ""
    named = facets(line=line, party=wanted.party, procedure=wanted.procedure, lane=wanted.lane, posts=posts)
    seqs = book.index.found(named, (), before, count + 1)
    rows = list(book.index.rows(seqs[:count]))
    return page(act_lines(book, rows, reader), count, [(row.seq,) for row in rows], more=len(seqs) > count)


def _ranged(book: Casebook, wanted: Traffic, before: int, count: int) -> tuple[list[ActRow], int]:
    """Walk the range of open duties, or of cases in a state; gives acts that fit, and where to go on (0: the end)."""
    line = find_line(book.store, wanted.line)
    found: list[ActRow] = []
    at_once = SCANNED_AT_ONCE if _is_narrowed(wanted) else count
    for _ in range(0, SCANNED_MAX, at_once):
        places = _places(book, line, wanted, before, at_once)
        rows = {row.seq: row for row in book.index.rows([seq for seq, _ in places])}
        for seq, place in places:
            before = place
            if seq in rows and _fits(book, rows[seq], wanted):
                found.append(rows[seq])
            if len(found) == count:
                return found, before
        if len(places) < at_once:
            return found, 0
    return found, before


def _is_narrowed(wanted: Traffic) -> bool:
    """Say whether some of the range do not fit, so that more of it than a page must be looked at."""
    by_lane = wanted.lane and (wanted.procedure or wanted.state)
    return bool(wanted.post or wanted.party or by_lane or (wanted.state and wanted.unacknowledged))


def _places(book: Casebook, line: str, wanted: Traffic, before: int, count: int) -> list[tuple[int, int]]:
    """Give entry numbers, each with its place in the range they come from."""
    if wanted.unacknowledged:
        seqs = book.index.unanswered(line, wanted.procedure, wanted.lane, before, count)
        return [(seq, seq) for seq in seqs]
    cases = book.index.cases(line, wanted.procedure, wanted.state, before, count)
    return [(case.opened_seq, case.last_seq) for case in cases]


def _fits(book: Casebook, row: ActRow, wanted: Traffic) -> bool:
    """Say whether an act is what is wanted beyond the range it was found in."""
    if wanted.lane not in ("", row.log.lane) or wanted.party not in ("", row.log.party):
        return False
    if wanted.state and wanted.unacknowledged:
        case = book.index.case(row.line, row.case)
        if case is None or case.state != wanted.state:
            return False
    return not wanted.post or any(wanted.post in take(each).act.posts for each in book.store.at([row.seq]))


def case_list(
    book: Casebook,
    wanted: Cases = Cases(),  # noqa: B008 - frozen
    line: str = "",
    cursor: str = "",
    count: int = 50,
    reader: Reader = ENGLISH,
) -> Page[CaseLine]:
    """List cases of a line, the last active first; raises as ``find_line``, and ``cursor-malformed``."""
    count = bounded(count)
    (before,) = read_cursor(cursor, 1)
    name = find_line(book.store, line)
    rows = book.index.cases(name, wanted.procedure, wanted.state, before, count + 1, open_only=wanted.open_only)
    shown = case_lines(book, rows[:count], reader)
    return page(shown, count, [(row.last_seq,) for row in rows], more=len(rows) > count)


def act(book: Casebook, line: str, name: str, reader: Reader = ENGLISH) -> ActLine:
    """Show one act, named by reference or digest, with its fields and what its rules flag; raises as ``act_row``."""
    row = act_row(book, find_line(book.store, line), name)
    shelf = Shelf(book, [row])
    shown = shelf.act(row, reader)
    if shown is None:
        raise UserFault("basis-unknown", name[:64])
    return _in_full(shelf, row, shown, flagged(book, row))


def case(book: Casebook, line: str, name: str, reader: Reader = ENGLISH) -> CaseView:
    """Show a case in full, named by its id or by any of its acts; raises ``UserFault("case-unknown")``."""
    row = case_row(book, find_line(book.store, line), name)
    reading = Reading(book, row.line)
    found = reading.fold(row)
    shelf = Shelf(book, list(found.acts.values()), reading.taken)
    us, now_ms = shelf.us(row.line), book.clock.now_ms()
    duties = book.index.duties(row.line, row.id)
    parties = (row.opener, row.responder)
    dues = [owed_now(each, _debtors(parties, us, each.by_us, each.by_them), now_ms) for each in duties]
    outward, inward = _references(book, found)
    return CaseView(
        case=case_lines(book, [row], reader)[0],
        acts=tuple(_acts(found, shelf, reader)),
        duties=tuple(duty_lines(book, duties, now_ms, reader)),
        joint=tuple(_joint(found.procedure, found.case, reader)),
        next=tuple(_next(found.procedure, found.case, us, reader)),
        refers_to=outward,
        referred_by=inward,
        explained=explain(found.procedure, found.case, tuple(dues), reader),
    )


def contents(book: Casebook, line: str, name: str) -> dict[str, str]:
    """Give the texts of a case's portions that were sent, or withheld and disclosed since, by portion digest."""
    row = case_row(book, find_line(book.store, line), name)
    reading = Reading(book, row.line)
    return texts_by_digest(reading, reading.fold(row))


def texts_by_digest(reading: Reading, found: Folded) -> dict[str, str]:
    """Give the texts that the acts of a case sent; one disclosed later has the digest of the portion withheld."""
    told: dict[str, str] = {}
    for row in found.acts.values():
        taken = reading.taken[row.seq]
        shown = portions(taken.act, taken.listed.row.entry, ())
        told |= {each.digest: each.text for each in shown if each.text}
    return told


def receipts(book: Casebook, line: str, name: str) -> dict[str, int]:
    """Give when the other side first receipted each act of a case, by act digest, as the engine's views want it."""
    return folded(book, case_row(book, find_line(book.store, line), name)).receipts


def flagged(book: Casebook, row: ActRow) -> tuple[Finding, ...]:
    """Give what the rules remark on an act held, judged against what its case was before it."""
    procedure = book.catalogue.procedures.get(row.procedure)
    charter = book.charters(row.line).get(row.charter)
    taken = [take(each) for each in book.store.at([row.seq])]
    if procedure is None or charter is None or not taken:
        return ()
    texts = texts_of(taken[0])
    found = flags(procedure, charter, taken[0].act, texts)
    plain = [Finding(each.code, SENTENCES[each.code], each.detail, refuses=False) for each in found]
    home = book.index.case(row.line, row.case) if row.case else None
    before = folded(book, home, before_seq=row.seq) if home is not None and home.opened_seq < row.seq else None
    told = [each.text or None for each in portions(taken[0].act, taken[0].listed.row.entry, ())]
    now_ms = row.received_ms or row.held_ms
    remarks = rule_remarks(book, procedure, charter, before, taken[0].act, told, now_ms)
    return (*plain, *[msgspec.structs.replace(each, refuses=False) for each in remarks])


def fingerprints(book: Casebook, line: str) -> dict[str, str]:
    """Give every case's fingerprint (``engine.fold``): equal on both nodes where both hold the same."""
    name, before = find_line(book.store, line), 0
    found: dict[str, str] = {}
    while rows := book.index.cases(name, "", "", before, SCANNED_AT_ONCE):
        found |= {row.id.hex(): row.fingerprint.hex() for row in rows}
        before = rows[-1].last_seq
    return found


def state_digest(book: Casebook, line: str) -> str:
    """Give one SHA-256 (hex) over all fingerprints of a line, cases by id."""
    return sha256(msgspec.json.encode(sorted(fingerprints(book, line).items()))).hexdigest()


def _acts(found: Folded, shelf: Shelf, reader: Reader) -> Iterator[ActLine]:
    """Show the acts of a case in its order; where it is not computed, in that of their arrival."""
    became: list[tuple[ActRow, FoldedAct | None]] = [(found.acts[each.held.digest], each) for each in found.case.acts]
    for row, each in became or [(row, None) for row in found.acts.values()]:
        shown = shelf.act(row, reader, each)
        if shown is not None:
            fields = msgspec.to_builtins(each.corrected) if each and each.corrected else None
            yield _in_full(shelf, row, shown, (), fields)


def _in_full(
    shelf: Shelf, row: ActRow, shown: ActLine, found: tuple[Finding, ...], fields: dict[str, Any] | None = None
) -> ActLine:
    """Add what a list leaves out, where the reader may see it."""
    act = shelf.taken[shown.seq].act
    if not shelf.sees(row, shelf.taken[shown.seq]):
        return msgspec.structs.replace(shown, basis=act.basis)
    return msgspec.structs.replace(shown, fields=act.fields if fields is None else fields, basis=act.basis, flags=found)


def _debtors(parties: tuple[str, str], us: str, by_us: bool, by_them: bool) -> tuple[str, ...]:  # noqa: FBT001 - a row's
    return tuple([each for each in parties if (by_us if each == us else by_them)])


def _joint(procedure: Procedure, found: Case, reader: Reader) -> Iterator[JointLine]:
    for each in found.joint:
        said = reader.translate(procedure.joint(each.name).says)
        standing = reader.translate(WORDS["standing" if each.stands else "signed"])
        yield JointLine(each.name, each.digest, each.by, each.stands, said, standing)


def _next(procedure: Procedure, found: Case, us: str, reader: Reader) -> Iterator[NextAct]:
    for name in allowed(procedure, found, us) if found.computed else ():
        rule = procedure.acts[name]
        yield NextAct(name, reader.translate(rule.says), rule.consent, rule.service)


def _references(book: Casebook, found: Folded) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the other cases that acts of this one name, and those whose acts name it."""
    line, own = found.row.line, found.row.id
    named = dict.fromkeys([bytes.fromhex(each) for act in found.case.acts for each in act.held.act.basis])
    outward = [row.case for row in book.index.mains_of(line, list(named))]
    inward = [row.case for row in book.index.naming(line, [row.digest for row in found.acts.values()])]
    outer, inner = (
        [each.hex() for each in dict.fromkeys(some) if each not in (b"", own)] for some in (outward, inward)
    )
    return tuple(outer), tuple(inner)
