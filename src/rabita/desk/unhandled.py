"""Marking what was answered as not handled after all, from the watch or from the entry; taking the mark off again.

Rules kept here: whoever may read the line may mark, as with putting off; the page says that the other side keeps our
acknowledgement, and by which act it is taken back there.
"""

from typing import Final, NamedTuple

from rabita.desk.lines import permit_kept
from rabita.desk.rendering import Desk, Reading, script_route
from rabita.gateways.rest.officer_forms import Nothing
from rabita.gateways.rest.routing import READ, At, Route, read_body
from rabita.gateways.rest.sign_in import officers_of, signed_in
from rabita.services.policy import Matter
from rabita.services.unhandled import NotHandled, Unhandled, answered_by_us, handled, mark, unhandled

PATH: Final = "/desk/unhandled"


class Mark(NamedTuple):
    """A mark as a page shows it: the procedure's title in the reader's language, the name of who made it."""

    made: Unhandled
    title: str
    name: str


class MarkOn(NamedTuple):
    """How an act stands: the mark on it, if there is one, and whether one may be made."""

    made: Mark | None
    may: bool


def marks(seen: Reading, line: str) -> list[Mark]:
    """List the marks on a line, for whoever may read it."""
    found = unhandled(seen.desk.store, line)
    names = names_of(seen.at) if found else {}
    return [_shown(seen, each, names) for each in found]


def mark_on(seen: Reading, line: str, reference: str) -> MarkOn:
    """Say how one act stands; raises as ``act_row``."""
    made = next((each for each in marks(seen, line) if each.made.reference == reference), None)
    return MarkOn(made, may=made is None and answered_by_us(seen.at.book, line, reference))


def names_of(at: At) -> dict[str, str]:
    """Give the names of this node's officers; they never leave it."""
    return {each.officer.id: each.officer.name for each in officers_of(at).people.everyone()}


def _shown(seen: Reading, each: Unhandled, names: dict[str, str]) -> Mark:
    procedure = seen.at.book.catalogue.procedures.get(each.procedure)
    title = seen.language.translate(procedure.title) if procedure is not None else each.procedure
    return Mark(each, title, names.get(each.officer, each.officer))


def routes(desk: Desk) -> tuple[Route, ...]:
    """Make the routes of marking."""

    def make(at: At, _query: object) -> Unhandled:
        wanted = read_body(NotHandled, at.body)
        at.permit(READ, Matter(line=wanted.line))
        return mark(at.book, desk.store, signed_in(at).officer.id, wanted)

    def take_off(at: At, _query: object) -> Nothing:
        read_body(Nothing, at.body)
        signed_in(at)
        permit_kept(at, desk.store, Unhandled, at.path["mark"])
        handled(desk.store, at.path["mark"])
        return Nothing()

    return (
        script_route(
            *("POST", PATH, "desk-unhandled", "Mark what was answered as not handled", make),
            body=NotHandled,
            answers={200: Unhandled},
            faults=("officer-needed", "line-unknown", "reference-unknown", "unhandled-unanswered", "unhandled-many"),
        ),
        script_route(
            *("POST", f"{PATH}/{{mark}}/end", "desk-handled", "Say that what was marked is handled", take_off),
            body=Nothing,
            answers={200: Nothing},
            faults=("officer-needed",),
        ),
    )
