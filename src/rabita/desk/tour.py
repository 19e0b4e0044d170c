"""The tour of an exercise's desk: some ten steps over the real pages, in about five minutes.

Rules kept here: only a node of an exercise has it; a step whose page is not for the reader is left out. Which step it
is stands in the page's address, so that the tour goes by links; the page itself knows nothing of it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final, NamedTuple, cast

import msgspec

from rabita.gateways.rest.routing import READ, At, Query
from rabita.line.ids import is_exercise_code
from rabita.services.policy import Matter
from rabita.services.registers import incidents

PARAMETER: Final = "tour"
STEPS_MAX: Final = 99
INCIDENTS_LOOKED_AT: Final = 10
START: Final = "/desk"
EXAMPLE: Final = "/desk/incidents"
"""Stands for an incident of which both sides gave an account; where there is none, for the list of them."""


LISTED: Final = "register"
"""The part of that list which the step is about then."""


class Step(NamedTuple):
    """A step: what it says (in ``SAYS``), whose page of the menu it belongs to, its address, the part it is about."""

    name: str
    page: str
    path: str
    mark: str


STEPS: Final = (
    Step("alive", "watch", START, "lines"),
    Step("urgent", "watch", START, "rings"),
    Step("owed", "watch", START, "ours"),
    Step("said", "traffic", "/desk/traffic", "entries"),
    Step("accounts", "incidents", EXAMPLE, "accounts"),
    Step("draft", "drafts", "/desk/drafts", "form"),
    Step("release", "release", "/desk/release", "list"),
    Step("map", "map", "/desk/map", "mapping"),
    Step("promises", "commitments", "/desk/commitments", "register"),
    Step("genuine", "transcript", "/desk/transcript", "verify"),
    Step("language", "settings", "/desk/settings", "settings"),
    Step("handover", "handover", "/desk/handover", "do-title"),
)
SAYS: Final[Mapping[str, tuple[str, str]]] = {
    "alive": (
        "Is the line alive?",
        (
            "Each line says whether it is up, when it was last tested, and what still waits to go or to be receipted."
            " If it were cut, you would see it here first."
        ),
    ),
    "urgent": (
        "What is urgent",
        "A FLASH stands here and rings until an officer answers it. To look at it is not to acknowledge it.",
    ),
    "owed": (
        "What is owed",
        (
            "Every duty of ours stands here with the time it falls due, the earliest first; what the other side owes "
            "us stands with it. The page keeps itself up to date: watch it while the exercise plays."
        ),
    ),
    "said": (
        "Everything that was said",
        (
            "Both sides hold the same entries in the same order. Each says how urgent it is, who said it, and how far"
            " it has come on the other side: received, opened, acknowledged, complied with."
        ),
    ),
    "accounts": (
        "Two accounts of one event",
        (
            "Both sides tell field by field what happened. What they agree and dispute on is computed from that and "
            "is no finding; each account stays the claim of the side that gave it."
        ),
    ),
    "draft": (
        "To say something",
        (
            "The form of a draft is made from the rules of its procedure. While you write, it counts the words, says "
            "what the marking does, and names who will have to release it."
        ),
    ),
    "release": (
        "Nobody releases their own words",
        (
            "Whoever wrote a message never releases it. A second officer is shown what leaves and what stays, byte "
            "for byte, and signs exactly that with a passkey."
        ),
    ),
    "map": (
        "Where it happened",
        (
            "Incidents, notices, crossings and posts of both sides, with no network. Go through time with the slider;"
            " the table below holds the same items."
        ),
    ),
    "promises": (
        "What was promised",
        (
            "Each commitment stands here with its date, and whether it was kept. One that is made again keeps the "
            "dates it had before."
        ),
    ),
    "genuine": (
        "Is it genuine?",
        (
            "Press “Verify now”: this node computes everything again from the signed bytes, as a mediator would from "
            "a copy, trusting neither side."
        ),
    ),
    "language": (
        "In your own language",
        (
            "English, Urdu and Persian are equals here. Each officer chooses a language, a calendar, digits and a "
            "time zone; precedence and markings stay as they are in all three."
        ),
    ),
    "handover": (
        "The next watch",
        (
            "Whoever goes off watch writes down what is open, and both officers sign it. Here the tour ends. Try "
            "whatever you like: none of this is in earnest."
        ),
    ),
}
"""What each step says: its title, and what there is to see."""


class Tour(NamedTuple):
    """The step that a page is shown for, its number out of how many, and where one goes from there.

    ``before`` and ``after`` are addresses, empty at the ends.
    """

    title: str
    says: str
    mark: str
    number: int
    total: int
    before: str
    after: str


def on_tour(form: type[Query]) -> type[Query]:
    """Give a page's query as its address may have it on the tour; ``off_tour`` gives the page its own back."""
    number = (PARAMETER, Annotated[int, msgspec.Meta(ge=0, le=STEPS_MAX)], 0)
    made = msgspec.defstruct(form.__name__, [number], bases=(form,), frozen=True, kw_only=True)
    return cast("type[Query]", made)


def off_tour(form: type[Query], asked: Query) -> Query:
    """Give a page's query as the page itself declares it."""
    return form(**{name: getattr(asked, name) for name in form.__struct_fields__})


def step_of(asked: Query) -> int:
    """Give the number of the step that an address asks for, 0: none."""
    number: int = getattr(asked, PARAMETER, 0)
    return number


def tour_of(at: At, pages: Collection[str], number: int) -> Tour | None:
    """Say what the step of this number is, of the steps over the *pages* that the reader has; none off the tour."""
    steps = [each for each in STEPS if each.page in pages] if may_tour(at.services.party, pages) else []
    if not 0 < number <= len(steps):
        return None
    step = steps[number - 1]
    return Tour(
        *SAYS[step.name],
        mark=LISTED if f" {EXAMPLE}?" in at.address else step.mark,
        number=number,
        total=len(steps),
        before=_address(at, steps, number - 1),
        after=_address(at, steps, number + 1),
    )


def may_tour(party: str, pages: Collection[str]) -> bool:
    """Say whether there is a tour for whoever has these pages: in an exercise, for those who read what was said."""
    return is_exercise_code(party) and STEPS[0].page in pages


def _address(at: At, steps: Sequence[Step], number: int) -> str:
    if not 0 < number <= len(steps):
        return ""
    path = steps[number - 1].path
    path = _example(at) if path == EXAMPLE else path
    return f"{path}{'&' if '?' in path else '?'}{PARAMETER}={number}"


def _example(at: At) -> str:
    """Find an incident with two accounts, the last one active first."""
    for record in at.services.store.lines():
        if at.allows(READ, Matter(line=record.line)):
            for each in incidents(at.book, record.line, count=INCIDENTS_LOOKED_AT).rows:
                if each.view.get("agreed") or each.view.get("disputed"):
                    return f"/desk/case/{each.case.id}?line={record.line}"
    return EXAMPLE
