"""The officers' services of one node, with a clock that tests steer and real passkeys."""

from dataclasses import dataclass, field
from typing import Any

from rabita.keys.passkeys import WebauthnPasskeys
from rabita.services.enrolment import Enrolment
from rabita.services.officers import Limits, OfficerStore, Role, Who
from rabita.services.own_passkeys import OwnPasskeys
from rabita.services.passkeys import Challenges
from rabita.services.people import Invited, People, Wanted
from rabita.services.sign_in import SignIn
from rabita.store.officers_sqlite import MemoryOfficers
from tests.authenticator import ORIGIN, Authenticator

NOW_MS = 1_700_000_000_000
MINUTE_MS = 60_000
LIMITS = Limits()


@dataclass
class SteeredClock:
    """Goes when it is told to."""

    at_ms: int = NOW_MS

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms - NOW_MS

    def pass_ms(self, milliseconds: int) -> None:
        self.at_ms += milliseconds


@dataclass
class House:
    """A node's officers."""

    store: OfficerStore = field(default_factory=MemoryOfficers)
    clock: SteeredClock = field(default_factory=SteeredClock)

    def __post_init__(self) -> None:
        passkeys, challenges = WebauthnPasskeys(ORIGIN), Challenges(self.clock.monotonic_ms)
        self.people = People(self.store, self.clock, LIMITS)
        self.enrolment = Enrolment(self.store, passkeys, challenges, self.clock)
        self.sign_in = SignIn(self.store, passkeys, challenges, self.clock, LIMITS)
        self.own = OwnPasskeys(self.store, passkeys, challenges, self.clock)

    def first(self, *more: Role) -> Invited:
        return self.people.invite_first(Wanted("A. Admin", (Role.ADMINISTRATOR, *more)))

    def enrol(self, code: str, device: Authenticator | None = None) -> Authenticator:
        device = device or Authenticator()
        self.enrolment.finish(code, device.make(self.enrolment.begin(code)))
        return device

    def shown(self, device: Authenticator) -> dict[str, Any]:
        return device.show(self.sign_in.begin())

    def entered(self, device: Authenticator) -> str:
        """Sign in; gives the text of the session."""
        return self.sign_in.finish(self.shown(device)).text

    def who(self, device: Authenticator) -> Who:
        return self.sign_in.who(self.entered(device))

    def officer(self, by: Who, *roles: Role) -> tuple[Who, Authenticator]:
        """Invite, enrol and sign in another officer."""
        device = self.enrol(self.people.invite(by, Wanted("B. Other", roles)).code)
        return self.who(device), device
