"""Many officers at once over one draft, with stale pages, old answers and crashes: what leaves is what was approved."""

import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rabita.line.entry import portion_content
from rabita.line.errors import LocalFault, UserFault
from rabita.line.ids import Lane
from rabita.procedures.engine.held import FOREIGN_MINISTRY
from rabita.services.credentials import approval_key, point_of
from rabita.services.drafting import Shown
from rabita.services.drafts import WRITABLE, Did, Said, SaidPortion, State
from rabita.services.officers import Passkey, Role, Standing, Who
from rabita.services.release import Begun
from tests.services.release_house import Died, Ministry, Someone

ROLES: Final = (
    (Role.DRAFTER,),
    (Role.DRAFTER, Role.RELEASER),
    (Role.RELEASER,),
    (Role.RELEASER,),
    (Role.RELEASER, Role.FOREIGN_MINISTRY_DESK),
    (Role.FOREIGN_MINISTRY_DESK,),
    (Role.REVIEWER,),
)
CANARY: Final = "canary 5e1f: "
CAST: Final = st.sampled_from(range(len(ROLES)))
DIES: Final = st.sampled_from(("", "", "", "before", "after", "refuses"))
RARELY: Final = st.sampled_from(range(8)).map(lambda at: at == 0)


@cache
def house() -> tuple[Ministry, tuple[Someone, ...]]:
    """Found one node for all examples; each has a draft of its own."""
    found = Ministry(Path(tempfile.mkdtemp()))
    cast = tuple([found.officer(*roles) for roles in ROLES])
    found.second_key(cast[2])
    return found, cast


class Releasing(RuleBasedStateMachine):
    """One draft, everyone's steps in any order, and what must hold of whatever the other side comes to hold."""

    @initialize(consent=st.booleans())
    def begin_draft(self, consent: bool) -> None:  # noqa: FBT001 - drawn
        self.house, self.cast = house()
        self.house.dies = ""
        for each in self.cast:
            self._stand(each)
        self.consent = consent
        self.basis = (self.house.asks_consent(),) if consent else ()
        self.fields = self.house.consenting() if consent else {}
        self.before = len(self.house.sealed())
        what = {"procedure": "notice", "act": "consent"} if consent else {}
        self.seen: list[Shown] = [self.house.draft(self.cast[0], self._said("one"), **what)]
        self.shown: dict[str, Begun] = {}
        self.begun: list[tuple[Someone, Begun]] = []
        self.given: set[tuple[str, str]] = set()
        self.active: set[str] = set()

    def _said(self, text: str) -> Said:
        portions = (SaidPortion(text), SaidPortion(CANARY + text, withheld=True))
        return Said(basis=self.basis, fields=self.fields, portions=portions)

    def _stand(self, someone: Someone) -> None:
        """Let an officer in again who was suspended."""
        if self.house.people.known(someone.id).officer.standing is not Standing.ACTIVE:
            self.house.people.restore(self.house.who(self.house.admin), someone.id)
            shown = someone.keys[0].show(self.house.sign_in.begin())
            someone.session = self.house.sign_in.finish(shown).text

    def _who(self, who: int) -> Who:
        return self.house.who(self.cast[who])

    def _tried(self, act: Callable[[], Shown]) -> None:
        try:
            self.seen.append(act())
        except UserFault as fault:
            assert fault.code in ("draft-changed", "draft-state", "policy-refused", "session-over"), fault

    def _page(self, *, stale: bool) -> tuple[str, int]:
        """Give the draft as some page shows it, the newest or an older one."""
        draft = self.seen[0 if stale else -1].draft
        return draft.id, draft.version

    @rule(who=CAST, text=st.sampled_from(("one", "two", "three")), stale=RARELY)
    def save(self, who: int, text: str, stale: bool) -> None:  # noqa: FBT001 - drawn
        page = self._page(stale=stale)
        self._tried(lambda: self.house.drafting.save(self._who(who), *page, self._said(text)))

    @rule(who=CAST, stale=RARELY)
    def submit(self, who: int, stale: bool) -> None:  # noqa: FBT001 - drawn
        self._tried(lambda: self.house.drafting.submit(self._who(who), *self._page(stale=stale)))

    @rule(who=CAST, stale=RARELY)
    def review(self, who: int, stale: bool) -> None:  # noqa: FBT001 - drawn
        self._tried(lambda: self.house.drafting.review(self._who(who), *self._page(stale=stale), ""))

    @rule(who=CAST, sure=RARELY)
    def give_back(self, who: int, sure: bool) -> None:  # noqa: FBT001 - drawn
        if sure:
            self._tried(lambda: self.house.drafting.return_(self._who(who), *self._page(stale=False), ""))

    @rule(who=CAST, lane=st.sampled_from((Lane.ROUTINE, Lane.ROUTINE, Lane.ROUTINE, Lane.FLASH)), stale=RARELY)
    def look(self, who: int, lane: Lane, stale: bool) -> None:  # noqa: FBT001 - drawn
        draft, version = self._page(stale=stale)
        try:
            begun = self.house.release.begin(self._who(who), draft, version, lane)
        except UserFault:
            return
        self.shown[begun.digest] = begun
        self.begun.append((self.cast[who], begun))

    @rule(at=st.integers(0, 3), key=st.integers(0, 1), dies=DIES)
    def approve(self, at: int, key: int, dies: str) -> None:
        """Answer what some page showed, not always the last."""
        if not self.begun:
            return
        someone, begun = self.begun[-1 - at % len(self.begun)]
        answer = someone.keys[key % len(someone.keys)].show(begun.public_key)
        self.house.dies, before = dies, len(self.house.sealed())
        self.given.add((someone.id, begun.digest))
        try:
            who = self.house.who(someone)
            self.house.release.release(who, self.seen[0].draft.id, begun.digest, answer)
        except (Died, UserFault, LocalFault):
            pass
        if len(self.house.sealed()) > before:
            self.active = self._active()

    @rule(who=CAST, dies=DIES)
    def go_on(self, who: int, dies: str) -> None:
        """Take the step that is due, so that most drafts come to an end."""
        self._stand(self.cast[who])
        state = self.seen[-1].draft.state
        if state in WRITABLE:
            self.save(who, "two", stale=False)
            self.submit(0, stale=False)
        elif state is State.IN_REVIEW:
            self.review(6, stale=False)
        else:
            self.look(who, Lane.ROUTINE, stale=False)
            self.approve(0, 0, dies)

    @rule(who=CAST)
    def suspend(self, who: int) -> None:
        self.house.people.suspend(self.cast[who].id)

    @rule(who=CAST)
    def restore(self, who: int) -> None:
        self._stand(self.cast[who])

    @rule(sure=RARELY)
    def restart(self, sure: bool) -> None:  # noqa: FBT001 - drawn
        if sure:
            self.house.restart()

    @invariant()
    def nothing_leaves_but_what_was_shown_and_approved(self) -> None:
        sealed = self.house.sealed()[self.before :]
        assert len(sealed) <= 1
        for act, _, row in sealed:
            digest = sha256(row.entry.act).hexdigest()
            assert act == self.shown[digest].act
            texts = [portion_content(each or b"").decode() for each in row.entry.portions]
            assert texts == [each.text for each in self.shown[digest].leaves]
            assert CANARY not in "".join((*texts, str(row.entry.act), str(row.entry.approvals)))
            event(f"sealed: {act.act} at {act.precedence}")
            self._check_approvals(digest, act.precedence)

    def _check_approvals(self, digest: str, lane: Lane) -> None:
        """Check who approved: enough of them, each another officer, none a writer, each of these very bytes."""
        given = [(role, self._officer(key)) for role, key in self.house.approvers()]
        officers = {officer for _, officer in given}
        writers = {each for shown in self.seen for each in shown.draft.writers}
        assert len(officers) == len(given) >= (3 if self.consent else 1)
        assert not officers & writers
        assert officers <= self.active
        assert all((officer, digest) in self.given for officer in officers)
        assert not self.consent or FOREIGN_MINISTRY in [role for role, _ in given]
        steps = self.house.drafting.read(self.house.who(self._anyone()), self.seen[0].draft.id).steps
        assert lane is Lane.FLASH or Did.REVIEW in [each.did for each in steps if each.version == steps[-1].version]

    def _anyone(self) -> Someone:
        """Name somebody who may read drafts, let in again if need be."""
        self._stand(self.cast[2])
        return self.cast[2]

    def _active(self) -> set[str]:
        known = [self.house.people.known(each.id).officer for each in self.cast]
        return {each.id for each in known if each.standing is Standing.ACTIVE}

    def _officer(self, key: str) -> str:
        """Name the officer of an approval key."""
        with self.house.officers.reading() as rows:
            keys = {approval_key(point_of(each.public_key), "HOME"): each.officer for each in rows.of(Passkey)}
        return keys[key]


Releasing.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
TestReleasing = Releasing.TestCase
