"""One entry in full: what it says in the reader's language, its words as they were written, its receipts and proof.

Rules kept here: words are shown as they were sent, beside any translation and never in its place; a translation says
who made it and whether it was checked. What the reader may not see is decided by the same read as for programs.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from litestar import Response

from rabita.desk.drafting import Begin, beginnings, disclosures
from rabita.desk.files import files
from rabita.desk.lines import LineQuery, on_line, sided
from rabita.desk.proofs import statements
from rabita.desk.receipts import TRANSLATE, Reached, reached
from rabita.desk.rendering import Desk, Place, Reading, page, page_route
from rabita.desk.unhandled import mark_on
from rabita.gateways.rest.cases import entry
from rabita.gateways.rest.routing import Query, Route
from rabita.line.entry import SENT, WITHHELD
from rabita.line.errors import UserFault
from rabita.procedures.engine.coded import Coded
from rabita.procedures.engine.definition import CORRECT, WITHDRAW
from rabita.procedures.engine.judge import read_fields
from rabita.procedures.engine.say import Reader, say_fields
from rabita.services import case_reads
from rabita.services.audit import Action
from rabita.services.case_views import ActLine, Shelf
from rabita.services.casebook import Casebook, Folded, case_row, folded
from rabita.services.reads import Portion, View, portions

PLACE: Final = Place("entry", "/desk/entry/{reference}", "Entry", "")
TEXT: Final = "text/"
RETRACTS: Final = (CORRECT, WITHDRAW)


class Translation(NamedTuple):
    """A translation of an entry: into which language, by whom, whether it was checked, where it stands, its words."""

    language: str
    by: str
    checked: bool
    reference: str
    party: str
    held_ms: int
    texts: tuple[str, ...]


class Shown(NamedTuple):
    """A portion as the page shows it: ``disclosed`` are words withheld then and sent since.

    ``begins`` are the drafts that would show what is withheld still.
    """

    portion: Portion
    role: str
    disclosed: str
    begins: list[Begin]

    @property
    def text(self) -> str:
        """The words that can be read here."""
        return self.disclosed or self.portion.text

    @property
    def stays(self) -> bool:
        """Whether it was never sent."""
        return self.portion.state != SENT and not self.disclosed


def show(seen: Reading, query: LineQuery) -> Response[bytes]:
    """Show the entry; raises as ``on_line`` and the read of an entry."""
    seen = on_line(seen, query.line)
    view = entry(seen.at, Query())
    book = seen.at.book
    home = _home(book, view)
    reader = sided(seen.reader, home.case.opener, home.case.responder) if home is not None else seen.reader
    act = _act(book, reader, view)
    far = reached(book, [act])[0] if act is not None else None
    translations = list(_translations(seen, book, view))
    return page(
        *(seen, PLACE.page, view.summary.reference),
        scripts=("pages", "entry", "unhandled"),
        sheets=("pages", "friends"),
        broad=True,
        view=view,
        act=act,
        line=seen.at.line,
        coded=coded(book, view, reader),
        portions=_portions(seen, view, home),
        translations=translations,
        untranslated=_untranslated(seen, view, far),
        far=far,
        files=files(seen, seen.at.line, view.attachments),
        handling=mark_on(seen, seen.at.line, act.reference) if act is not None else None,
        statements=statements(view),
        answers=beginnings(seen, home, view.act_digest, RETRACTS if view.summary.ours else ())
        if home is not None
        else [],
        party=seen.reader.party,
        says=seen.language.translate,
    )


def coded(book: Casebook, view: View, reader: Reader) -> dict[str, str]:
    """Say the coded fields of an entry: label and value; none where they cannot be read."""
    procedure = book.catalogue.procedures.get(view.summary.procedure)
    rule = procedure.rules.get(view.summary.act) if procedure is not None else None
    fields = read_fields(rule, view.fields) if rule is not None else None
    return say_fields(fields, reader) if isinstance(fields, Coded) else {}


def _home(book: Casebook, view: View) -> Folded | None:
    """Give the case of an entry, None where it is in none."""
    try:
        return folded(book, case_row(book, view.summary.line, view.act_digest))
    except UserFault:
        return None


def _act(book: Casebook, reader: Reader, view: View) -> ActLine | None:
    """Give the act, None for an entry that the index has not, or not yet, taken in."""
    try:
        return case_reads.act(book, view.summary.line, view.act_digest, reader)
    except UserFault:
        return None


def _portions(seen: Reading, view: View, home: Folded | None) -> list[Shown]:
    texts = case_reads.contents(seen.at.book, view.summary.line, view.act_digest) if home is not None else {}
    roles = [*view.fields.get("roles", ()), *[""] * len(view.portions)]
    shown = []
    for each, role in zip(view.portions, roles, strict=False):
        disclosed = texts.get(each.digest, "") if each.state in (WITHHELD, "not disclosed") else ""
        begins = disclosures(seen, home, view, each, str(role)) if home is not None and not disclosed else []
        shown.append(Shown(each, str(role), disclosed, begins))
    return shown


def _translations(seen: Reading, book: Casebook, view: View) -> Iterator[Translation]:
    """Give the translations attached to an entry, those into the reader's language first."""
    rows = [each for each in book.index.naming(seen.at.line, [bytes.fromhex(view.act_digest)]) if each.act == TRANSLATE]
    shelf = Shelf(book, rows)
    found = []
    for row in rows:
        taken = shelf.taken.get(row.seq)
        line = shelf.act(row, seen.reader)
        if taken is None or line is None or not shelf.sees(row, taken):
            continue
        told = portions(taken.act, taken.listed.row.entry, ())
        fields = taken.act.fields
        found.append(
            Translation(
                str(fields.get("language", "")),
                str(fields.get("by", "")),
                fields.get("checked") is True,
                line.reference,
                line.party,
                line.held_ms,
                tuple([each.text for each in told if each.text]),
            )
        )
    yield from sorted(found, key=lambda each: each.language != seen.language.code)


def _untranslated(seen: Reading, view: View, far: Reached | None) -> bool:
    """Say whether words were sent in other languages alone, and nobody has translated them into the reader's."""
    sent = [each for each in view.portions if each.state == SENT and each.media.startswith(TEXT) and each.language]
    known = far.languages if far is not None else tuple([each.language for each in sent])
    return bool(sent) and seen.language.code not in known


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the page."""
    return (page_route(desk, PLACE, show, audit=Action.READ, query=LineQuery),)
