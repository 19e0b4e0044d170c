"""One case: where it stands, both accounts side by side, what is owed, what may be said next, everything said so far.

Rules kept here: what the two accounts agree and dispute on is computed from coded facts and never a finding; whose
account is whose always stands beside it. What leads on begins a draft and says nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from litestar import Response

from rabita.desk.drafting import beginnings, open_drafts
from rabita.desk.lines import LineQuery, on_line, sided
from rabita.desk.receipts import reached
from rabita.desk.rendering import Desk, Place, Reading, page, page_route
from rabita.gateways.rest.routing import Route
from rabita.procedures.engine.say import Reader, label, say_value
from rabita.procedures.incident import INCIDENT
from rabita.procedures.incident_facts import UNTOLD, WITHHELD, Comparison, Verdict, compare
from rabita.services import case_reads
from rabita.services.audit import Action
from rabita.services.case_views import CaseLine, case_lines
from rabita.services.casebook import Casebook, Folded, case_row, folded
from rabita.services.casebook import Reading as Books
from rabita.services.registers import view_of

PLACE: Final = Place("case", "/desk/case/{case}", "Case", "")
VERDICTS: Final = {
    Verdict.AGREED: "agreed",
    Verdict.DISPUTED: "disputed",
    Verdict.ONE_SIDED: "one-sided",
    Verdict.WITHHELD: "withheld",
}


class Field(NamedTuple):
    """One field of both accounts in words: as each side has it, how they stand to each other, whether it is a claim."""

    says: str
    opener: str
    responder: str
    verdict: str
    claim: bool
    written: bool


def show(seen: Reading, query: LineQuery) -> Response[bytes]:
    """Show the case; raises as ``on_line`` and ``case_reads.case``."""
    seen = on_line(seen, query.line)
    book, line = seen.at.book, seen.at.line
    row = case_row(book, line, seen.at.path["case"])
    home = folded(book, row)
    reader = sided(seen.reader, row.opener, row.responder)
    view = case_reads.case(book, line, row.id.hex(), reader)
    seen_whole = bool(view_of(book, row))
    compared = comparison(book, home) if seen_whole and row.procedure == INCIDENT.name else None
    members = frozenset([each.digest for each in view.acts])
    return page(
        *(seen, PLACE.page, view.case.title),
        scripts=("pages",),
        sheets=("pages",),
        broad=True,
        view=view,
        line=line,
        fields=fields(reader, compared) if compared else (),
        editions_differ=compared is not None and compared.editions_differ,
        acts=list(zip(view.acts, reached(book, view.acts), strict=True)),
        begins=beginnings(seen, home),
        drafts=open_drafts(seen, row.procedure, members) if seen.at.allows("draft", seen.at.matter) else (),
        others=_others(seen, book, (*view.refers_to, *view.referred_by)),
        party=seen.reader.party,
    )


def comparison(book: Casebook, home: Folded) -> Comparison:
    """Compare both accounts of an incident."""
    books = Books(book, home.row.line)
    return compare(home.case, case_reads.texts_by_digest(books, books.fold(home.row)))


def fields(reader: Reader, compared: Comparison) -> list[Field]:
    """Say both accounts field by field; what neither side tells is left out."""
    return [
        Field(
            reader.translate(label(each.field)),
            _value(reader, each.field, each.opener),
            _value(reader, each.field, each.responder),
            VERDICTS[each.verdict],
            each.claim,
            each.field.endswith("in words"),
        )
        for each in compared.rows
        if each.verdict in VERDICTS
    ]


def _value(reader: Reader, name: str, value: Any) -> str:  # noqa: ANN401 - a coded field of any kind
    if value in UNTOLD:
        return ""
    if value == WITHHELD:
        return reader.translate("withheld")
    if name.endswith("in words"):
        return str(value)
    given = tuple([each for each in value if each]) if isinstance(value, tuple) else value
    return say_value(name, given, reader)


def _others(seen: Reading, book: Casebook, ids: Iterable[str]) -> Sequence[CaseLine]:
    """Give the cases that this one refers to, and those that refer to it."""
    found = book.index.cases_of([bytes.fromhex(each) for each in dict.fromkeys(ids)])
    return case_lines(book, [each for each in found if each.line == seen.at.line], seen.reader)


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, audit=Action.READ, query=LineQuery),)
