"""The handover of the watch: what is open, drawn up, signed by both officers' passkeys, kept and printed.

Rules kept here: what both sign is the record as it was drawn up, not what the page shows meanwhile; its sentences are
written in the reader's language from the record's own values; a record whose signatures do not verify says so.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from litestar import Response

from rabita.desk.lines import line_options, on_line
from rabita.desk.rendering import Desk, Place, Reading, page, page_route, script_route
from rabita.gateways.rest.forms import Name
from rabita.gateways.rest.officer_forms import ByPasskey, Ceremony, Nothing
from rabita.gateways.rest.routing import READ, At, Query, Route, read_body
from rabita.gateways.rest.sign_in import officers_of, signed_in
from rabita.line.errors import PeerFault, UserFault
from rabita.procedures.engine.definition import Procedure
from rabita.procedures.engine.duties import Obligation, Owed, View
from rabita.procedures.engine.say import say_duty
from rabita.services.alarm import ACKNOWLEDGE, answer_of
from rabita.services.audit import Action
from rabita.services.case_views import DutyLine
from rabita.services.duties_read import OWING_MAX
from rabita.services.handing_over import HandingOver
from rabita.services.officers import Standing
from rabita.services.watch import Handover, Kept, PostName, check_handover, draft_handover, handovers, keep

REMARKS_CHARS_MAX: Final = 4_000
LISTED: Final = 50
PREVIEWED: Final = 40
"""How much of what each side owes is shown before the record is drawn up, which lists more."""
PLACE: Final = Place(
    "handover",
    "/desk/handover",
    "Handover",
    "What is open goes from one watch to the next, written down and signed by both officers.",
    (READ,),
)
RECORD: Final = Place("handover_record", "/desk/handovers/{number}", "Handover", "", (READ,))


class HandoverQuery(Query, frozen=True):
    """Of which line, by the beginning of its name."""

    line: Name = ""


class DrawnUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which post to which the watch goes, and what the next one should know."""

    from_post: PostName
    to_post: PostName
    remarks: Annotated[str, msgspec.Meta(max_length=REMARKS_CHARS_MAX)] = ""


class Waits(msgspec.Struct, frozen=True):
    """A handover that waits for ``signatures`` (0 or 1 were given), or with 2 is kept."""

    id: str
    number: int
    signatures: int


class Item(NamedTuple):
    """A duty in a handover, said in the reader's language."""

    duty: DutyLine
    sentence: str
    title: str


class Part(NamedTuple):
    """A list of a handover under its name: ``rings``, ``unacknowledged``, ``owed_by_us``, ``owed_to_us``."""

    name: str
    items: tuple[Item, ...]


class Past(NamedTuple):
    """A handover that was kept, and whether both signatures verify."""

    kept: Kept
    handover: Handover
    genuine: bool


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of the handover."""
    path = "/lines/{line}/handovers"
    return (
        page_route(desk, PLACE, show, query=HandoverQuery),
        page_route(desk, RECORD, record, query=HandoverQuery, audit=Action.READ),
        _post(desk, f"{path}/draw-up", "handover-draw-up", "Write down what is open", DrawnUp, draw_up, Waits),
        _post(desk, f"{path}/{{handing}}/begin", "handover-begin", "What a passkey signs", Nothing, begin, Ceremony),
        _post(desk, f"{path}/{{handing}}/sign", "handover-sign", "Sign, one after the other", ByPasskey, sign, Waits),
        _post(desk, f"{path}/{{handing}}/drop", "handover-drop", "Forget what was drawn up", Nothing, drop, Nothing),
    )


def show(seen: Reading, query: HandoverQuery) -> Response[bytes]:
    """Show what is open, or what was drawn up and waits for signatures; raises as ``on_line``."""
    seen = on_line(seen, query.line)
    at, people = seen.at, officers_of(seen.at).people.everyone()
    waiting = _handing_over(seen.desk, at).waiting(at.line)
    open_now = waiting.handover if waiting is not None else _open_now(seen)
    active = [each for each in people if each.officer.standing is Standing.ACTIVE]
    past = [_past(each) for each in handovers(at.services.store, at.line)[::-1][:LISTED]]
    return page(
        *(seen, PLACE.page, PLACE.title),
        lead=PLACE.lead,
        scripts=("handover",),
        sheets=("handover",),
        line=at.line,
        lines=line_options(seen),
        waiting=waiting,
        handover=open_now,
        parts=_parts(seen, open_now),
        owing_max=OWING_MAX,
        posts=signed_in(at).posts,
        others=sorted({tenure.post for each in active for tenure in each.tenures}),
        past=past,
        names={each.officer.id: each.officer.name for each in people},
        party=seen.reader.party(at.record().peer),
    )


def record(seen: Reading, query: HandoverQuery) -> Response[bytes]:
    """Show a handover as it was kept; raises as ``on_line``, and ``UserFault("handover-unknown")``."""
    seen = on_line(seen, query.line)
    at, number = seen.at, seen.at.path["number"]
    found = [each for each in handovers(at.services.store, at.line) if str(each.handover.number) == number]
    if not found:
        raise UserFault("handover-unknown", number[:16])
    past = _past(found[0])
    names = {each.officer.id: each.officer.name for each in officers_of(at).people.everyone()}
    return page(
        *(seen, RECORD.page, RECORD.title),
        scripts=("handover",),
        sheets=("handover",),
        line=at.line,
        past=past,
        handover=past.handover,
        parts=_parts(seen, past.handover),
        owing_max=OWING_MAX,
        names=names,
        party=seen.reader.party(at.record().peer),
    )


def draw_up(desk: Desk, at: At, _query: Query) -> Waits:
    """Write down what is open now."""
    form = read_body(DrawnUp, at.body)
    officer = signed_in(at).officer.id
    drawn = _handing_over(desk, at).draw_up(officer, at.line, form.from_post, form.to_post, form.remarks)
    return Waits(drawn.id, drawn.handover.number, 0)


def begin(desk: Desk, at: At, _query: Query) -> Ceremony:
    """Ask for the passkey of whoever signs next."""
    read_body(Nothing, at.body)
    signed_in(at)
    return Ceremony(_handing_over(desk, at).begin(at.line, at.path["handing"]))


async def sign(desk: Desk, at: At, _query: Query) -> Waits:
    """Take a signature; with the second one the record is kept."""
    form, handing = read_body(ByPasskey, at.body), at.path["handing"]
    signed_in(at)
    service = _handing_over(desk, at)
    found = await asyncio.to_thread(service.sign, at.line, handing, form.answer)
    if not isinstance(found, Kept):
        return Waits(handing, found.handover.number, 1)
    keep(at.services.store, found)
    await asyncio.to_thread(service.drop, handing)
    return Waits(handing, found.handover.number, 2)


def drop(desk: Desk, at: At, _query: Query) -> Nothing:
    """Forget what was drawn up."""
    read_body(Nothing, at.body)
    signed_in(at)
    _handing_over(desk, at).drop(at.path["handing"])
    return Nothing()


def _open_now(seen: Reading) -> Handover:
    return draft_handover(seen.at.book, seen.at.line, "-", "-", desk=seen.desk.store, one_post=True, listed=PREVIEWED)


def _handing_over(desk: Desk, at: At) -> HandingOver:
    officers = officers_of(at)
    return HandingOver(at.book, desk.store, officers.people, officers.sign_in)


def _parts(seen: Reading, handover: Handover) -> tuple[Part, ...]:
    """Sort what is open: what rings, what waits for our acknowledgement, what else we owe, what is owed to us."""
    book = seen.at.book
    waits: list[Item] = []
    rest: list[Item] = []
    for each in _items(seen, handover.owed_by_us):
        answer = answer_of(book.procedure(each.duty.procedure), each.duty.duty)
        (waits if answer == ACKNOWLEDGE else rest).append(each)
    return (
        Part("rings", _items(seen, handover.ringing)),
        Part("unacknowledged", tuple(waits)),
        Part("owed_by_us", tuple(rest)),
        Part("owed_to_us", _items(seen, handover.owed_to_us)),
    )


def _items(seen: Reading, duties: Sequence[DutyLine]) -> tuple[Item, ...]:
    book = seen.at.book
    return tuple([_item(seen, book.procedure(each.procedure), each) for each in duties])


def _item(seen: Reading, procedure: Procedure, duty: DutyLine) -> Item:
    obligation = Obligation(duty.duty, duty.case, duty.debtors, "", -1, duty.due_ms, duty.rings)
    owed = Owed(obligation, View(duty.view), duty.since_ms, duty.due_ms, duty.met_ms, duty.days_open)
    return Item(duty, say_duty(procedure, owed, seen.reader), seen.language.translate(procedure.title))


def _past(kept: Kept) -> Past:
    try:
        check_handover(kept)
    except PeerFault:
        return Past(kept, kept.handover, genuine=False)
    return Past(kept, kept.handover, genuine=True)


def _post(desk: Desk, path: str, name: str, title: str, body: type[msgspec.Struct], run: Any, answer: Any) -> Route:  # noqa: ANN401 - a handler, a type
    return script_route(
        *("POST", path, name, title, partial(run, desk)),
        audit=Action.HAND_OVER,
        body=body,
        answers={200: answer},
        faults=("officer-needed", "handover-unknown", "handover-officer", "handover-passed", "passkey-refused"),
        apart=not asyncio.iscoroutinefunction(run),
    )
