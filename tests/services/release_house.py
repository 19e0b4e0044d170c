"""A node with officers, the built-in policies and a live line, on which drafts are written and released for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rabita.keys.passkeys import WebauthnPasskeys
from rabita.keys.sets import OfficerKey
from rabita.line.control import CREDENTIAL, CREDENTIAL_REVOCATION, fields_of
from rabita.line.entry import Act, Approval, decode_act, decode_approvals, encode
from rabita.line.errors import LocalFault, RabitaError
from rabita.line.events import Draft as Sealable
from rabita.line.ids import Lane
from rabita.line.record import EntryRow
from rabita.line.state import LineState, load
from rabita.line.verify import ED25519, Credential, check_approval
from rabita.policy.cedar import open_policy
from rabita.services.authority import NONE
from rabita.services.casebook import Casebook, builtin_annexes
from rabita.services.caseindex import Indexer
from rabita.services.credentials import plan
from rabita.services.draft_room import Room
from rabita.services.drafting import Drafting, Shown
from rabita.services.drafts import Said, SaidPortion
from rabita.services.enrolment import Enrolment
from rabita.services.officers import Limits, Role, Who
from rabita.services.own_passkeys import OwnPasskeys
from rabita.services.passkeys import Challenges
from rabita.services.people import People, Wanted
from rabita.services.release import Begun, Outcome, Release
from rabita.services.sign_in import SignIn
from rabita.services.terms import BOUNDARY
from rabita.store.drafts_sqlite import SqliteDrafts
from rabita.store.index_sqlite import open_index
from rabita.store.officers_sqlite import MemoryOfficers
from tests.authenticator import ORIGIN, Authenticator
from tests.pair import FAR_MS, Pair, approvals, fresh

LIMITS: Final = Limits(idle_ms=10**12, absolute_ms=10**12)
DAY_MS: Final = 86_400_000
SOIL: Final = [[63_200_000, 27_980_000], [63_400_000, 27_980_000], [63_400_000, 28_080_000], [63_200_000, 28_080_000]]


class Died(Exception):
    """The node died, between two steps of a release."""


@dataclass
class Someone:
    """An officer, with the passkeys they have and the text of their session."""

    id: str
    session: str
    keys: list[Authenticator]


@dataclass
class Ministry:
    """One node's officers at work; the line's other side holds what was sealed once it is read there.

    ``dies`` is when the node dies: ``before`` the next act is sealed, or ``after``; ``refuses``: it cannot seal it.
    ``seals`` counts what it was told to seal.
    """

    folder: Path
    policies: str = ""
    accredited: str = NONE
    dies: str = ""
    seals: int = 0
    officers: MemoryOfficers = field(default_factory=MemoryOfficers)
    pair: Pair = field(default_factory=Pair)

    def __post_init__(self) -> None:
        self.clock, self.us, self.line = self.pair.world, self.pair.a, self.pair.line
        passkeys, challenges = WebauthnPasskeys(ORIGIN), Challenges(self.clock.monotonic_ms)
        self.people = People(self.officers, self.clock, LIMITS)
        self.enrolment = Enrolment(self.officers, passkeys, challenges, self.clock)
        self.sign_in = SignIn(self.officers, passkeys, challenges, self.clock, LIMITS)
        self.own = OwnPasskeys(self.officers, passkeys, challenges, self.clock)
        self.indexer = Indexer(self.us.store, open_index(":memory:"))
        self.book = Casebook(self.us.store, self.indexer.index, self.clock, builtin_annexes)
        self.policy = open_policy(self.policies)
        self.pair.connect()
        self.pair.run()
        self.admin = self._enrolled(self.people.invite_first(Wanted("A. Admin", (Role.ADMINISTRATOR,))).code)
        self.start()

    def start(self) -> None:
        """Take the services up, as after a restart."""
        self.store = SqliteDrafts(self.folder / "drafts.db")
        self.room = Room(self.book, self.store, self.policy, lambda _line, _post: self.accredited)
        self.drafting = Drafting(self.room, self.us.blobs)
        self.release = Release(self.room, self.drafting, self.officers, WebauthnPasskeys(ORIGIN), self._seal)

    def restart(self) -> None:
        self.store.close()
        self.start()

    # people

    def officer(self, *roles: Role, post: str = "HOME", clearances: tuple[str, ...] = ("TOP SECRET",)) -> Someone:
        """Invite somebody, who enrols and signs in, and publish their keys."""
        wanted = Wanted("B. Other", roles, post, clearances=clearances)
        someone = self._enrolled(self.people.invite(self.who(self.admin), wanted).code)
        self.publish()
        return someone

    def second_key(self, someone: Someone) -> None:
        """Have an officer make another passkey."""
        device = Authenticator()
        self.own.finish(self.who(someone), device.make(self.own.begin(self.who(someone))))
        someone.keys.append(device)
        self.publish()

    def who(self, someone: Someone) -> Who:
        return self.sign_in.who(someone.session)

    def publish(self) -> None:
        """Tell the line of the officers' keys as the node would."""
        state = self.state
        found = plan(state.facts, state.us, self.people.everyone(), lambda _: NONE, ORIGIN, self.clock.now_ms())
        for key in found.revoke:
            self.us.control(CREDENTIAL_REVOCATION, {"key": key})
        for credential in found.publish:
            self.us.control(CREDENTIAL, fields_of(credential))
        self.settle()

    def _enrolled(self, code: str) -> Someone:
        device = Authenticator()
        officer = self.enrolment.finish(code, device.make(self.enrolment.begin(code)))
        opened = self.sign_in.finish(device.show(self.sign_in.begin()))
        return Someone(officer.id, opened.text, [device])

    # the line

    @property
    def state(self) -> LineState:
        return load(self.us.store.snapshot(self.line))

    def settle(self) -> None:
        """Let both sides hold what was said, and index it."""
        self.pair.run()
        self.indexer.catch_up()

    def asks_consent(self) -> str:
        """Have the other side ask for a consent; gives the digest of what it asked."""
        key, other = OfficerKey.generate(self.pair.b.code, "OPS"), self.pair.b
        other.control(CREDENTIAL, fields_of(Credential(key.public.hex(), "OPS", ("release",), ED25519, key.public)))
        fields = {"purpose": "rescue", **self.consenting()}
        act_id = fresh(16).hex()
        act = Act(
            self.line, other.code, Lane.ROUTINE, act_id, FAR_MS, "exercise", "notice", "ask consent", fields=fields
        )
        other.seal_draft(Sealable(encode(act), approvals(key, encode(act))), Lane.ROUTINE)
        self.settle()
        return next(row for row in self.book.index.cases(self.line, "notice", "", 0, 9)).id.hex()

    def consenting(self) -> dict[str, Any]:
        now_ms = self.clock.now_ms()
        window = {"start_ms": now_ms + DAY_MS, "end_ms": now_ms + 2 * DAY_MS}
        return {"area": {"area": SOIL, "edition": BOUNDARY.digest}, "window": window}

    def sealed(self) -> list[tuple[Act, tuple[Approval, ...], EntryRow]]:
        """List what officers here sealed, as the other side holds it."""
        listed = self.pair.b.store.following(self.line, 0, 1_000)
        ours = [each for each in listed if each.log.party == self.us.code and each.log.lane is not Lane.CONTROL]
        return [(decode_act(each.row.entry.act), decode_approvals(each.row.entry.approvals), each.row) for each in ours]

    def approvers(self) -> list[tuple[str, str]]:
        """Name key and role of the approvals of what was sealed last, each verified against its credential."""
        _, given, row = self.sealed()[-1]
        credentials = self.state.facts.credentials
        for each in given:
            check_approval(each, row.entry.act, credentials[f"{self.us.code}/{each.key}"])
        return [(each.role, each.key) for each in given]

    def _seal(self, _line: str, lane: Lane, draft: Sealable) -> object:
        dies, self.dies = self.dies, ""
        self.seals += 1
        if dies == "refuses":
            raise LocalFault("store-unavailable")
        if dies == "before":
            raise Died
        before = len(self.us.answers)
        self.us.seal_draft(draft, lane)
        self.settle()
        (answer,) = self.us.answers[before:]
        if isinstance(answer, RabitaError):
            raise answer
        if dies:
            raise Died
        return answer

    # drafts

    def draft(self, by: Someone, said: Said | None = None, procedure: str = "message", act: str = "send") -> Shown:
        return self.drafting.create(self.who(by), self.line, procedure, act, said or message())

    def reviewed(self, by: Someone, reviewer: Someone, said: Said | None = None, **what: str) -> Shown:
        """Bring a draft before its releasers."""
        shown = self.draft(by, said, **what)
        shown = self.drafting.submit(self.who(by), shown.draft.id, shown.draft.version)
        return self.drafting.review(self.who(reviewer), shown.draft.id, shown.draft.version, "")

    def begun(self, by: Someone, shown: Shown, precedence: Lane | None = None) -> Begun:
        draft = shown.draft
        return self.release.begin(self.who(by), draft.id, draft.version, precedence or shown.said.precedence)

    def approved(self, by: Someone, shown: Shown, begun: Begun | None = None, key: int = 0) -> Outcome:
        """Approve what is shown with a passkey."""
        begun = begun or self.begun(by, shown)
        answer = by.keys[key].show(begun.public_key)
        return self.release.release(self.who(by), shown.draft.id, begun.digest, answer)


def message(text: str = "The crossing closes at noon.", withheld: str = "", **more: Any) -> Said:  # noqa: ANN401 - members
    portions = [SaidPortion(text)] + ([SaidPortion(withheld, withheld=True)] if withheld else [])
    return Said(portions=tuple(portions), precedence=Lane.PRIORITY, posts=("LO-TURBAT",), **more)


@contextmanager
def ministry(folder: Path, policies: str = "") -> Iterator[Ministry]:
    """Run a node's officers in a folder."""
    found = Ministry(folder, policies)
    try:
        yield found
    finally:
        found.store.close()
