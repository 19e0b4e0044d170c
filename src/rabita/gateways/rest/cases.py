"""Reads of what was said and what became of it: entries, cases, duties, registers, search; one page of one list."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import msgspec

from rabita.gateways.rest.forms import Fingerprints, Milliseconds, Name
from rabita.gateways.rest.problems import FieldError
from rabita.gateways.rest.routing import READ, At, PageQuery, Query, Route
from rabita.line.entry import WITHHELD
from rabita.line.errors import UserFault
from rabita.line.ids import Lane
from rabita.line.limits import INTEGER_MAX
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.duty_directory import DutyDirectory
from rabita.services import case_reads, duties_read, reads, registers, searching, watch
from rabita.services.audit import Action
from rabita.services.case_reads import Cases, CaseView, Traffic
from rabita.services.case_views import ActLine, CaseLine, DutyLine
from rabita.services.casebook import Page
from rabita.services.duty_directory import directory_of
from rabita.services.policy import Matter
from rabita.services.reads import Portion, View
from rabita.services.registers import Registered
from rabita.services.searching import Hit, Search
from rabita.services.watch import Handover

TEXT_CHARS_MAX: Final = 200


class TrafficQuery(PageQuery, frozen=True):
    """Which entries: of a procedure, lane, party, post, or in a state; ``unacknowledged``: that want our answer."""

    procedure: Name = ""
    lane: Lane | None = None
    party: Name = ""
    post: Name = ""
    state: Name = ""
    unacknowledged: bool = False


class CasesQuery(PageQuery, frozen=True):
    """Which cases: of a procedure, in a state, only those not closed."""

    procedure: Name = ""
    state: Name = ""
    open_only: bool = False


class DutiesQuery(PageQuery, frozen=True):
    """Whose duties: what we owe, or what is owed to us."""

    by: Literal["us", "them"] = "us"


class SearchQuery(PageQuery, frozen=True, kw_only=True):
    """What is looked for, in which procedure, by whom."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
    procedure: Name = ""
    party: Name = ""


class NoticesQuery(PageQuery, frozen=True):
    """Into which time the activity falls; ms since 1970 UTC, both ends included."""

    from_ms: Milliseconds = 0
    until_ms: Milliseconds = INTEGER_MAX


def entries(at: At, query: TrafficQuery) -> Page[ActLine]:
    """List what was said, the newest held first."""
    wanted = Traffic(
        line=at.line,
        procedure=_procedure(query.procedure),
        lane=query.lane or "",
        party=query.party,
        post=query.post,
        state=query.state,
        unacknowledged=query.unacknowledged,
    )
    return case_reads.traffic(at.book, wanted, query.cursor, query.count)


def entry(at: At, _query: Query) -> View:
    """Show one entry in full, with its approvals, receipt and proof.

    The words of a withheld portion, which never leave this node, are shown to those alone who may draft such words.
    Raises ``UserFault("policy-refused")`` for one that the asker may not read.
    """
    listed = reads.find_entry(at.services.store, f"{at.line}/{at.path['reference']}")
    view = reads.view(at.services.store, listed, at.services.book.index)
    marked = (view.summary.marking, *(each.marking for each in view.portions))
    at.permit_marked("read", Matter(line=at.line, procedure=view.summary.procedure), marked)
    if at.allows("draft", at.matter):
        return view
    shown = [_without_words(each) if each.state == WITHHELD else each for each in view.portions]
    return msgspec.structs.replace(view, portions=tuple(shown))


def _without_words(portion: Portion) -> Portion:
    return msgspec.structs.replace(portion, text="")


def act(at: At, _query: Query) -> ActLine:
    """Show one act in full: its coded fields, what became of it, what rules remark on it.

    Of one that the asker may not read there are no words and no fields.
    """
    return case_reads.act(at.book, at.line, at.path["act"])


def cases(at: At, query: CasesQuery) -> Page[CaseLine]:
    """List cases, the last active first."""
    wanted = Cases(procedure=_procedure(query.procedure), state=query.state, open_only=query.open_only)
    return case_reads.case_list(at.book, wanted, at.line, query.cursor, query.count)


def case(at: At, _query: Query) -> CaseView:
    """Show a case in full: its acts, what is owed, and what we may do next."""
    return case_reads.case(at.book, at.line, at.path["case"])


def case_version(view: CaseView) -> str:
    """Give what changes whenever an act of the case does."""
    return view.case.fingerprint


def _procedure(name: str) -> str:
    """Give a procedure's name for its name or slug, empty for empty; raises ``UserFault("parameter-invalid")``."""
    found = [each.name for each in CATALOGUE.procedures.values() if name in (each.name, each.slug)]
    if name and not found:
        raise FieldError("parameter-invalid", "procedure", "a procedure of the catalogue")
    return found[0] if found else ""


def duties(at: At, query: DutiesQuery) -> Page[DutyLine]:
    """List open duties, the earliest due first."""
    return duties_read.owed(at.book, at.line, query.by, query.cursor, query.count)


def ringing(at: At, _query: Query) -> tuple[DutyLine, ...]:
    """List what rings until it is answered."""
    return duties_read.ringing(at.book, at.line)


def handovers(at: At, _query: Query) -> tuple[Handover, ...]:
    """List what watches handed over, as both officers signed it."""
    found = watch.handovers(at.services.store, at.line)
    for each in found:
        watch.check_handover(each)
    return tuple([each.handover for each in found])


def directory(at: At, _query: Query) -> DutyDirectory:
    """Show whom to call, on which numbers and at which hours."""
    found = directory_of(at.services.store, at.line)
    if found is None:
        raise UserFault("directory-none")
    return found


def search(at: At, query: SearchQuery) -> Page[Hit]:
    """Search what was said, in three scripts."""
    wanted = Search(text=query.text, line=at.line, procedure=_procedure(query.procedure), party=query.party)
    return searching.search(at.book, wanted, query.cursor, query.count)


def register(read: Callable[..., Page[Registered]]) -> Callable[[At, PageQuery], Page[Registered]]:
    """Make the route of a register from what reads it."""
    return lambda at, query: read(at.book, at.line, query.cursor, query.count)


def notices(at: At, query: NoticesQuery) -> Page[Registered]:
    """List notices by the time their activity falls into."""
    book = at.book
    return registers.notices(book, at.line, query.from_ms, query.until_ms, query.cursor, query.count)


def fingerprints(at: At, _query: Query) -> Fingerprints:
    """Give the state of every case by its digest, to compare with the other side's node."""
    book = at.book
    return Fingerprints(case_reads.state_digest(book, at.line), case_reads.fingerprints(book, at.line))


def _read(  # a list, unless it says otherwise
    path: str,
    name: str,
    title: str,
    answers: Any,  # noqa: ANN401 - a type
    run: Any,  # noqa: ANN401 - a handler
    *,
    audit: Action = Action.LIST,
    **more: Any,  # noqa: ANN401 - whatever else a route says
) -> Route:
    return Route(
        method="GET",
        path="/lines/{line}" + path,
        name=name,
        title=title,
        action=READ,
        answers={200: answers},
        run=run,
        audit=audit,
        **more,
    )


ROUTES: Final = (
    _read("/entries", "entries", "What was said", Page[ActLine], entries, query=TrafficQuery, tag="entries"),
    _read(
        "/entries/{reference}",
        "entry",
        "One entry with its proof",
        View,
        entry,
        audit=Action.READ,
        faults=("reference-malformed", "reference-unknown"),
        tag="entries",
    ),
    _read(
        "/acts/{act}",
        "act",
        "One act, by its digest or reference",
        ActLine,
        act,
        audit=Action.READ,
        faults=("basis-unknown", "reference-malformed", "reference-unknown"),
        tag="entries",
    ),
    _read(
        "/search",
        "search",
        "Search what was said",
        Page[Hit],
        search,
        query=SearchQuery,
        audit=Action.SEARCH,
        tag="entries",
    ),
    _read("/cases", "cases", "Cases", Page[CaseLine], cases, query=CasesQuery, tag="cases"),
    _read(
        "/cases/{case}",
        "case",
        "One case in full",
        CaseView,
        case,
        audit=Action.READ,
        faults=("case-unknown",),
        version=case_version,
        tag="cases",
    ),
    _read("/duties", "duties", "What is owed", Page[DutyLine], duties, query=DutiesQuery, tag="duties"),
    *(
        _read(f"/{name}", name, title, Page[Registered], register(read), query=PageQuery, tag="registers")
        for name, title, read in (
            ("commitments", "Commitments, with their terms and how they stand", registers.commitments),
            ("incidents", "Incidents, with both accounts compared", registers.incidents),
            ("roster", "Accreditations, with post and tour", registers.roster),
            ("measures", "Measures and their undoing", registers.measures),
        )
    ),
    _read(
        "/notices",
        "notices",
        "Notices by the time of their activity",
        Page[Registered],
        notices,
        query=NoticesQuery,
        tag="registers",
    ),
    _read(
        "/handovers",
        "handovers",
        "Handovers of the watch, the oldest first",
        tuple[Handover, ...],
        handovers,
        tag="watch",
    ),
    _read(
        "/directory",
        "directory",
        "The duty directory in force",
        DutyDirectory,
        directory,
        faults=("directory-none",),
        tag="watch",
    ),
    _read("/ringing", "ringing", "What rings until it is answered", tuple[DutyLine, ...], ringing, tag="duties"),
    _read(
        "/fingerprints",
        "fingerprints",
        "The state of every case by its digest",
        Fingerprints,
        fingerprints,
        tag="cases",
    ),
)
