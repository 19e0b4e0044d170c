"""Acts, cases and duties as people are shown them: plain values, every code said in the reader's language.

What an act says is read from its bytes in the store at that moment, so what was purged is gone from here too; what
became of it is the index's. Times are milliseconds since 1970 UTC, 0 for none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from rabita.line.entry import SENT
from rabita.line.errors import SENTENCES
from rabita.line.ids import Lane, reference
from rabita.ports.index import ActRow, CaseRow, DutyRow
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.duties import Obligation, Owed, owed
from rabita.procedures.engine.fold import Case, Folded, Status
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.engine.say import ENGLISH, STATUS_WORDS, Reader, say_act, say_duty, say_state
from rabita.services.casebook import Casebook
from rabita.services.caseindex_held import Taken, take
from rabita.services.caseindex_words import texts_of
from rabita.services.casework import Finding
from rabita.services.sight import markings_of

SUMMARY_CHARS: Final = 160
_STANDING: Final = {
    **{status.value: text for status, text in STATUS_WORDS.items()},
    "again": "Sealed again; it counts once, where it stood first.",
    "line": "An act of the line itself.",
    "stray": "In no case: {because}",
    "not-computed": "{because}",
}
"""What is said of an entry by its status in the index, those whose act no case has too."""


class ActLine(msgspec.Struct, frozen=True):
    """An act in a list. ``status`` is the fold's, or ``stray``, ``again``, ``line``, ``not-computed``.

    ``standing`` says the status, ``sentence`` the act; ``receipted_ms`` is when the other side first receipted it.
    Where the reader may not see its words there are none, nor fields and posts.
    """

    seq: int
    reference: str
    digest: str
    line: str
    party: str
    ours: bool
    lane: Lane
    procedure: str
    act: str
    case: str
    state: str
    status: str
    because: str
    sentence: str
    standing: str
    posts: tuple[str, ...]
    marking: str
    text: str
    withheld: int
    claimed_ms: int
    held_ms: int
    receipted_ms: int
    reply_by_ms: int
    expires_ms: int
    fields: dict[str, Any] = {}
    basis: tuple[str, ...] = ()
    flags: tuple[Finding, ...] = ()


class CaseLine(msgspec.Struct, frozen=True):
    """A case in a list: ``id`` is the digest of its opening act, ``text`` the first words of that act."""

    id: str
    reference: str
    line: str
    procedure: str
    title: str
    state: str
    sentence: str
    closed: bool
    computed: bool
    opener: str
    responder: str
    lane: Lane
    opened_ms: int
    last_ms: int
    acts: int
    text: str
    fingerprint: str


class DutyLine(msgspec.Struct, frozen=True):
    """What is owed: ``view`` is how it looks now (``engine.duties.View``), ``ours`` whether it is ours to do."""

    line: str
    case: str
    reference: str
    procedure: str
    duty: str
    sentence: str
    view: str
    debtors: tuple[str, ...]
    ours: bool
    theirs: bool
    since_ms: int
    due_ms: int
    met_ms: int
    days_open: int
    rings: bool
    lane: Lane
    post: str


class Shelf:
    """The entries and cases that a page shows, fetched at once; *taken* are entries read already."""

    def __init__(self, book: Casebook, rows: Sequence[ActRow], taken: Mapping[int, Taken] | None = None) -> None:
        self._book = book
        self.taken = dict(taken or {})
        missing = [row.seq for row in rows if row.seq not in self.taken]
        self.taken |= {each.seq: take(each) for each in book.store.at(missing)} if missing else {}
        ids = list(dict.fromkeys([row.case for row in rows if row.case]))
        self._cases = {(row.line, row.id): row for row in book.index.cases_of(ids)}
        self._us = {record.line: record.us for record in book.store.lines()}

    def case(self, line: str, case: bytes) -> CaseRow | None:
        """Give the case of an entry, None where it is in none."""
        return self._cases.get((line, case))

    def us(self, line: str) -> str:
        """Give who we are on a line."""
        return self._us[line]

    def sees(self, row: ActRow, taken: Taken) -> bool:
        """Say whether the reader may see the words of an entry."""
        return self._book.sees(row.line, row.procedure, markings_of(taken.act))

    def act(self, row: ActRow, reader: Reader = ENGLISH, folded: Folded | None = None) -> ActLine | None:
        """Show an entry, None for one that is gone from the store; with *folded*, as its corrections have it."""
        taken = self.taken.get(row.seq)
        if taken is None:
            return None
        act, case, seen = taken.act, self.case(row.line, row.case), self.sees(row, taken)
        return ActLine(
            seq=row.seq,
            reference=reference(row.log, row.index),
            digest=row.digest.hex(),
            line=row.line,
            party=row.log.party,
            ours=row.log.party == self.us(row.line),
            lane=row.log.lane,
            procedure=row.procedure,
            act=row.act,
            case=row.case.hex(),
            state=case.state if case else "",
            status=row.status,
            because=row.because,
            sentence=self.sentence(row, taken, case if seen else None, reader, folded),
            standing=standing(row, reader),
            posts=act.posts if seen else (),
            marking=act.marking,
            text=first_words(taken) if seen else "",
            withheld=len([ref for ref in act.portions if ref.state != SENT]),
            claimed_ms=row.claimed_ms,
            held_ms=row.held_ms,
            receipted_ms=row.received_ms,
            reply_by_ms=act.reply_by_ms,
            expires_ms=act.expires_ms,
        )

    def sentence(
        self, row: ActRow, taken: Taken, case: CaseRow | None, reader: Reader, folded: Folded | None = None
    ) -> str:
        """Say an act; of one in no case only its name."""
        procedure = self._book.catalogue.procedures.get(row.procedure)
        if procedure is None or case is None or not case.computed:
            return f"{reader.party(row.log.party)}: {row.procedure} {row.act}".strip() + "."
        rule = procedure.rules.get(row.act)
        fields = read_fields(rule, taken.act.fields) if rule is not None else None
        coded = fields if isinstance(fields, Coded) else None
        plain = Folded(taken.parsed.held, 0, Status.EFFECTIVE, "", "", "", coded, coded)
        return say_act(procedure, bare(case), folded or plain, reader)


def bare(row: CaseRow) -> Case:
    """Give a case as far as its row has it: who opened it and where it stands, no acts."""
    return Case(row.procedure, row.id.hex(), row.opener, row.responder, row.state, row.computed, (), ())


def standing(row: ActRow, reader: Reader) -> str:
    """Say what became of an act."""
    because = reader.translate(SENTENCES.get(row.because, row.because))
    return reader.translate(_STANDING.get(row.status, row.status)).format(because=because)


def first_words(taken: Taken) -> str:
    """Give the first words of the first text an entry sent."""
    texts = texts_of(taken)
    return " ".join(texts[0].split())[:SUMMARY_CHARS] if texts else ""


def act_lines(book: Casebook, rows: Sequence[ActRow], reader: Reader) -> list[ActLine]:
    """Show entries in the order given."""
    shelf = Shelf(book, rows)
    return [shown for row in rows if (shown := shelf.act(row, reader)) is not None]


def case_lines(book: Casebook, cases: Sequence[CaseRow], reader: Reader) -> list[CaseLine]:
    """Show cases in the order given; an index that is made anew meanwhile leaves some out."""
    numbers = dict.fromkeys([seq for case in cases for seq in (case.opened_seq, case.last_seq)])
    rows = {row.seq: row for row in book.index.rows(list(numbers))}
    shelf = Shelf(book, [rows[case.opened_seq] for case in cases if case.opened_seq in rows])
    known = [case for case in cases if {case.opened_seq, case.last_seq} <= rows.keys()]
    return [_case_line(book, case, rows, shelf, reader) for case in known]


def _case_line(book: Casebook, case: CaseRow, rows: Mapping[int, ActRow], shelf: Shelf, reader: Reader) -> CaseLine:
    procedure, opening = book.catalogue.procedures[case.procedure], rows[case.opened_seq]
    taken = shelf.taken.get(case.opened_seq)
    return CaseLine(
        id=case.id.hex(),
        reference=reference(opening.log, opening.index),
        line=case.line,
        procedure=case.procedure,
        title=reader.translate(procedure.title),
        state=case.state,
        sentence=say_state(procedure, bare(case), reader),
        closed=case.closed,
        computed=case.computed,
        opener=case.opener,
        responder=case.responder,
        lane=Lane(case.lane),
        opened_ms=opening.held_ms,
        last_ms=rows[case.last_seq].held_ms,
        acts=case.acts,
        text=first_words(taken) if taken is not None and shelf.sees(opening, taken) else "",
        fingerprint=case.fingerprint.hex(),
    )


def duty_lines(book: Casebook, duties: Iterable[DutyRow], now_ms: int, reader: Reader) -> list[DutyLine]:
    """Show duties in the order given; as ``case_lines``."""
    listed = list(duties)
    rows = {row.seq: row for row in book.index.rows([each.since_seq for each in listed])}
    listed = [each for each in listed if each.since_seq in rows]
    shelf = Shelf(book, list(rows.values()))
    return [_duty_line(book, each, rows[each.since_seq], shelf, now_ms, reader) for each in listed]


def _duty_line(book: Casebook, duty: DutyRow, since: ActRow, shelf: Shelf, now_ms: int, reader: Reader) -> DutyLine:
    case = shelf.case(duty.line, duty.case)
    us = shelf.us(duty.line)
    parties = [each for each in (case.opener, case.responder) if each] if case else []
    debtors = tuple([each for each in parties if (duty.by_us if each == us else duty.by_them)])
    due = owed_now(duty, debtors, now_ms)
    taken = shelf.taken.get(duty.since_seq)
    posts = taken.act.posts if taken is not None else ()
    return DutyLine(
        line=duty.line,
        case=duty.case.hex(),
        reference=reference(since.log, since.index),
        procedure=duty.procedure,
        duty=duty.duty,
        sentence=say_duty(book.catalogue.procedures[duty.procedure], due, reader),
        view=due.view.value,
        debtors=debtors,
        ours=duty.by_us,
        theirs=duty.by_them,
        since_ms=due.since_ms,
        due_ms=due.due_ms,
        met_ms=due.met_ms,
        days_open=due.days_open,
        rings=duty.rings,
        lane=since.log.lane,
        post=posts[0] if posts and taken is not None and shelf.sees(since, taken) else "",
    )


def owed_now(duty: DutyRow, debtors: tuple[str, ...], now_ms: int) -> Owed:
    """View a duty now, as the engine does."""
    obligation = Obligation(
        duty=duty.duty,
        case=duty.case.hex(),
        debtors=debtors,
        since=duty.since.hex(),
        allowed_ms=duty.allowed_ms,
        due_ms=duty.named_ms,
        rings=duty.rings,
        met_by=duty.met_by.hex(),
        ended=duty.ended,
    )
    receipts = {duty.since.hex(): duty.since_ms, duty.met_by.hex(): duty.met_ms}
    return owed(obligation, receipts, now_ms)
