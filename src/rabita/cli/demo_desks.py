"""Both desks of the exercise for whoever wants to look: officers invited, and a link for each to come in by, once.

Rules kept here: officers are invited through the node's own door by its administrator; a link holds the one-time code
behind its ``#``, which browsers send to no server; codes stand on the terminal and in one file of mode 0600.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from rich.text import Text

from rabita.cli.demo_house import House, Side, write_secret
from rabita.cli.demo_release import POST, Desk, administrator
from rabita.services.officers import Role
from rabita.services.people import Wanted

ENROL: Final = "/enrol"
NAME_CHARS: Final = 32
FIRST_WATCH: Final = Wanted("Duty officer, first watch", (Role.DUTY_OFFICER,), "FIRST-WATCH")
SEATS: Final = (
    FIRST_WATCH,
    Wanted("Duty officer, second watch", (Role.DUTY_OFFICER,), "SECOND-WATCH"),
    Wanted("Liaison officer, who drafts", (Role.DRAFTER,), POST),
    Wanted("Reviewer", (Role.REVIEWER,), POST),
    Wanted("Releaser", (Role.RELEASER,), POST),
    Wanted("Foreign-ministry desk", (Role.FOREIGN_MINISTRY_DESK,), "MINISTRY"),
    Wanted("Administrator", (Role.ADMINISTRATOR,)),
    Wanted("Auditor", (Role.AUDITOR,), "AUDIT"),
)
"""Whom each side invites: name, roles, post."""


class Link(NamedTuple):
    """How one officer comes in: at which side, called what, by which address; good once."""

    code: str
    name: str
    address: str


class Desks:
    """The administrators of both sides, signed in, and the links of those whom they invited."""

    def __init__(self, sides: Sequence[Side], stack: ExitStack) -> None:
        """Let the administrators in; raises as ``Desk.post``."""
        self._sides = sides
        self.chiefs: dict[str, Desk] = {side.code: administrator(side, stack) for side in sides}

    def invite(self, house: House) -> tuple[Link, ...]:
        """Invite everyone, who may read whatever their charter's classification has, and keep the links in a file."""
        links = tuple([Link(side.code, *each) for side in self._sides for each in self._invited(side)])
        write_secret(house.links, "".join(f"{each.code}\t{each.name}\t{each.address}\n" for each in links))
        return links

    def _invited(self, side: Side) -> Iterator[tuple[str, str]]:
        clearances = tuple(side.state.charter.classification)
        for seat in SEATS:
            code = self.chiefs[side.code].invite(seat._replace(clearances=clearances))
            yield seat.name, f"{side.origin}{ENROL}#{code}"


def invitation(links: Sequence[Link], kept: Path | str) -> Iterator[Text]:
    """Say how to come in; every link on a line of its own, so that it can be clicked or copied whole."""
    yield Text("Both desks are open in a browser on this machine. Each link is good once, for one officer:", "bold")
    side = ""
    for each in links:
        if side != each.code:
            side = each.code
            yield Text(side, "bold")
        yield Text.assemble(f"  {each.name:<{NAME_CHARS}}", (each.address, f"cyan link {each.address}"))
    yield Text(
        "One browser holds one officer of each side; a private window holds another. A browser without passkeys may "
        f"come in too, and release nothing. The links are kept in {kept}."
    )


def doors(links: Sequence[Link]) -> list[Text]:
    """Write the links in one line for each side, as words to click, for a screen that has other things to show."""
    lines: dict[str, Text] = {}
    for each in links:
        line = lines.setdefault(each.code, Text.assemble((each.code, "bold"), " ", each.address.partition(ENROL)[0]))
        line.append(" · ", "dim").append(each.name, f"cyan link {each.address}")
    for line in lines.values():
        line.no_wrap, line.overflow = True, "ellipsis"
    return list(lines.values())
