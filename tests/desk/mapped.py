"""Things with a place that both sides say, through the real doors: two accounts, notices, a crossing, a post."""

from typing import Any, Final, NamedTuple

from rabita.client import calls
from rabita.services.terms import BOUNDARY
from tests.gateways.people import DAY_MS, House, Side

PANJGUR: Final = [
    [63_900_000, 26_850_000],
    [64_300_000, 26_850_000],
    [64_300_000, 27_150_000],
    [63_900_000, 27_150_000],
]
"""A district of Pakistan, far from the line."""
NEARER: Final = [[63_800_000, 26_800_000], [64_100_000, 26_800_000], [64_100_000, 27_000_000], [63_800_000, 27_000_000]]
"""A part of it and of what lies west of it."""
SARAVAN: Final = [
    [62_150_000, 27_200_000],
    [62_500_000, 27_200_000],
    [62_500_000, 27_550_000],
    [62_150_000, 27_550_000],
]
"""A district of Iran."""
ACROSS: Final = [[62_000_000, 27_980_000], [63_400_000, 27_980_000], [63_400_000, 28_080_000], [62_000_000, 28_080_000]]
"""Reaches over the line."""
OWN: Final = [[63_200_000, 27_980_000], [63_400_000, 27_980_000], [63_400_000, 28_080_000], [63_200_000, 28_080_000]]
"""A place on Pakistan's own soil."""


class Mapped(NamedTuple):
    """The digests of what was said."""

    report: str
    account: str
    notice: str
    disputed: str
    crossing: str


def place(area: list[list[int]]) -> dict[str, Any]:
    return {"area": area, "edition": BOUNDARY.digest}


def window(start_ms: int, days: int = 1) -> dict[str, int]:
    return {"start_ms": start_ms, "end_ms": start_ms + days * DAY_MS}


def told(side: Side, procedure: str, act: str, basis: tuple[str, ...] = (), **more: Any) -> str:  # noqa: ANN401 - coded
    """Say something; gives its digest."""
    with side.client() as client:
        return client.ask(calls.say(side.line, procedure, act, basis=basis, **more)).digest


def account(start_ms: int, area: list[list[int]], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - coded
    return {"what": "strike", "when": window(start_ms), "known_from": "reported", "where": place(area)} | more


def posted(home: House, at: str) -> str:
    """Have an officer of ours agreed on by both, to serve at a place; gives the nomination's digest."""
    ours, theirs = home.sides
    nomination = {
        "post": "liaison-zahedan",
        "at": at,
        "role": "liaison-officer",
        "rank": "of-5",
        "status": "border-liaison",
        "tour": window(ours.now_ms // DAY_MS * DAY_MS, 300),
        "disclosure": {"ceiling": "none", "categories": ["incidents"], "methods": ["oral"]},
    }
    digest = told(ours, "accreditation", "nominate", fields=nomination)
    home.settle()
    for side, act in ((ours, "confirm"), (theirs, "agree")):
        told(side, "accreditation", act, (digest,), fields={"digest": digest})
        home.settle()
    return digest


SAID: dict[int, Mapped] = {}
"""By the house, for a side has one open announcement of a crossing point."""


def mapped(home: House) -> Mapped:
    """Say it all once in a house, and wait until both sides hold it."""
    if id(home) not in SAID:
        SAID[id(home)] = _mapped(home)
    return SAID[id(home)]


def _mapped(home: House) -> Mapped:
    ours, theirs = home.sides
    day_ms = ours.now_ms // DAY_MS * DAY_MS
    words = [{"text": "What is known of it so far.", "language": "en"}]
    flash: dict[str, Any] = {"precedence": "FLASH", "portions": words}
    report = told(ours, "incident", "report", fields=account(day_ms - 3 * DAY_MS, PANJGUR), **flash)
    disputed = told(ours, "incident", "report", fields=account(day_ms - 2 * DAY_MS, PANJGUR), **flash)
    notice = {"kind": "exercise", "areas": [place(OWN)], "window": window(day_ms + 20 * DAY_MS, 5)}
    notice |= {"formation": "brigade", "contact": "pak-ops"}
    announced = told(ours, "notice", "announce", fields=notice)
    status = {"point": "mirjaveh-taftan", "status": "restricted", "since_ms": day_ms, "reason": "security"}
    crossing = told(ours, "crossing", "announce", fields=status | {"admitted": ["medical"]})
    home.settle()
    second = told(theirs, "incident", "account", (report,), fields=account(day_ms - 3 * DAY_MS, NEARER), portions=words)
    other = account(day_ms - 2 * DAY_MS, SARAVAN, what="explosion")
    told(theirs, "incident", "account", (disputed,), fields=other, portions=words)
    told(theirs, "crossing", "state own", (crossing,), fields={**status, "status": "open", "reason": "ordinary"})
    home.settle()
    return Mapped(report, second, announced, disputed, crossing)
