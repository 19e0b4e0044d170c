"""What two nodes say to each other for the pages that are read: through the real doors, by each side's own programs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from rabita.client import calls
from rabita.gateways.rest.forms import Sealed
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.officers import Role
from rabita.services.preferences import Preferences
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import House, Side
from tests.procedures.sampling import least

URDU = "تفتان کی گزرگاہ 17 جنوری کو بند رہے گی۔"
PERSIAN = "گذرگاه تفتان ۱۷ ژانویه بسته خواهد بود."
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass
class Talk:
    """Both sides' programs: ``say`` seals an act as a side, and waits until the other has receipted it."""

    home: House

    def say(self, by: int, procedure: str, act: str, **body: Any) -> Sealed:  # noqa: ANN401 - an act's body
        side = self.home.sides[by]
        with side.client() as client:
            sealed = client.ask(calls.say(side.line, procedure, act, **body))
        self.home.settle()
        return sealed

    def least(self, procedure: str, act: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - coded fields
        """Give the fewest coded fields an act of a procedure may have."""
        return {**least(CATALOGUE.procedures[procedure].rules[act]), **more}

    def message(self, text: str = URDU, language: str = "ur", **body: Any) -> Sealed:  # noqa: ANN401 - an act's body
        return self.say(0, "message", "send", portions=[{"text": text, "language": language}], **body)


def officer(side: Side, *roles: Role, **how: object) -> Browser:
    """Let an officer in who reads pages so."""
    found = first_officer(side).invite(*(roles or (Role.DRAFTER, Role.DUTY_OFFICER)), post="home")
    reads_so(side, found, **how)
    return found


def reads_so(side: Side, who: Browser, **how: Any) -> None:  # noqa: ANN401 - preferences
    with side.web.desk.transaction() as rows:
        rows.put(Preferences(id=who.officer, **how))


def follow(reader: Browser, address: str) -> str:
    """Give the page of an address with its query."""
    path, _, query = address.partition("?")
    answer = reader.get(path, **dict(parse_qsl(query)))
    assert answer.status_code == 200, answer.text
    return answer.text
