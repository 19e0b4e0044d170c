"""Signing in by an identity provider: who is let in, an answer bound to its question, what such a session may."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import UserFault
from rabita.services.identities import Identities
from rabita.services.officers import CONSOLE, Role, Standing, Who
from rabita.services.oidc import STATE_MS, Asked, Begun, OidcSignIn, Told
from rabita.services.people import Wanted
from rabita.services.sign_in import Opened
from tests.authenticator import Authenticator
from tests.services.officers_house import LIMITS, House

T = TypeVar("T")
ISSUER = "https://id.example"
SUBJECT = "officer-7@nation"


@dataclass
class Nation:
    """A provider where whoever comes has signed in already; ``says`` is who it says they are."""

    issuer: str = ISSUER
    name: str = "The nation"
    says: str = SUBJECT
    codes: dict[str, Asked] = field(default_factory=dict)

    async def address(self, asked: Asked) -> str:
        self.codes[f"code-{len(self.codes)}"] = asked
        return f"{ISSUER}/authorize"

    async def subject(self, asked: Asked, told: Told) -> str:
        if self.codes.get(told.code) != asked:
            raise UserFault("oidc-refused")
        return self.says


@dataclass
class Town:
    """A node's officers and the provider they may sign in by."""

    house: House = field(default_factory=House)
    nation: Nation = field(default_factory=Nation)

    def __post_init__(self) -> None:
        self.oidc = OidcSignIn(self.house.store, self.nation, self.house.clock)
        self.identities = Identities(self.house.store, self.house.clock, ISSUER)
        self.device = self.house.enrol(self.house.first().code)
        self.admin = self.house.who(self.device)

    def officer(self, *roles: Role) -> tuple[str, Authenticator]:
        """Invite an officer, who enrols and is linked; gives the id and the passkey."""
        invited = self.house.people.invite(self.admin, Wanted("B. Other", roles))
        self.identities.link(self.admin.officer.id, invited.officer.id, SUBJECT)
        return invited.officer.id, self.house.enrol(invited.code)

    def begun(self) -> tuple[Begun, Told]:
        begun = run(self.oidc.begin())
        code, asked = list(self.nation.codes.items())[-1]
        return begun, Told(asked.state, code, ISSUER)

    def entered(self) -> str:
        begun, told = self.begun()
        return run(self.oidc.finish(begun.secret, told)).text

    def who(self) -> Who:
        return self.house.sign_in.who(self.entered())


@pytest.fixture
def town() -> Town:
    return Town()


def run(scene: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scene)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(UserFault) as refused:
        act()
    return refused.value.code


def test_an_officer_who_was_linked_signs_in_and_no_passkey_counts_as_shown(town: Town) -> None:
    officer, _ = town.officer(Role.DRAFTER, Role.RELEASER)
    who = town.who()
    assert (who.officer.id, who.roles) == (officer, (Role.DRAFTER, Role.RELEASER))
    assert (who.session.passkey, who.session.authenticated_ms) == ("", 0)
    assert who.session in town.house.people.sessions(officer)


def test_roles_over_officers_are_held_once_a_passkey_was_shown(town: Town) -> None:
    _, device = town.officer(Role.DRAFTER, Role.SECURITY_OFFICER, Role.ADMINISTRATOR)
    text = town.entered()
    who = town.house.sign_in.who(text)
    assert who.roles == (Role.DRAFTER,)
    town.house.sign_in.finish_again(who, device.show(town.house.sign_in.begin_again(who)))
    again = town.house.sign_in.who(text)
    assert again.roles == (Role.DRAFTER, Role.SECURITY_OFFICER, Role.ADMINISTRATOR)
    assert again.session.authenticated_ms == town.house.clock.now_ms()


def test_a_session_that_a_passkey_confirmed_ends_with_the_passkey_and_with_the_identity(town: Town) -> None:
    officer, device = town.officer(Role.DRAFTER)
    clone = Authenticator(id=device.id, key=device.key, handle=device.handle, rp_id=device.rp_id)
    by_identity, confirmed = town.entered(), town.entered()
    who = town.house.sign_in.who(confirmed)
    town.house.sign_in.finish_again(who, device.show(town.house.sign_in.begin_again(who)))
    assert refusal(lambda: town.house.entered(clone)) == "passkey-cloned"
    assert refusal(lambda: town.house.sign_in.who(confirmed)) == "session-over"
    assert town.house.sign_in.who(by_identity).officer.id == officer
    town.identities.unlink(officer)
    assert refusal(lambda: town.house.sign_in.who(by_identity)) == "session-over"
    town.identities.link(CONSOLE, officer, SUBJECT)
    assert town.who().officer.id == officer


@pytest.mark.parametrize("way", ["suspended", "revoked", "recovered", "unlinked", "linked anew", "never linked"])
def test_whoever_is_not_to_come_in_is_refused_like_a_stranger(town: Town, way: str) -> None:
    officer, device = town.officer(Role.DRAFTER)
    text = town.entered()
    _, other = town.house.officer(town.admin, Role.SECURITY_OFFICER)
    _, second = town.house.officer(town.admin, Role.SECURITY_OFFICER)
    if way == "suspended":
        town.house.people.suspend(officer)
    elif way == "revoked":
        town.house.people.revoke(officer)
    elif way == "recovered":
        town.house.people.recover(town.house.who(other), officer)
        town.house.people.recover(town.house.who(second), officer)
    elif way == "unlinked":
        town.identities.unlink(officer)
    elif way == "linked anew":
        town.identities.link(CONSOLE, officer, "somebody else")
    else:
        town.nation.says = "a stranger"
    assert refusal(town.entered) == "oidc-refused"
    if way != "never linked":
        assert refusal(lambda: town.house.sign_in.who(text)) == "session-over"
    if way not in ("unlinked", "linked anew", "never linked"):
        assert refusal(lambda: town.house.entered(device)) == "passkey-ended"


def test_the_same_subject_at_another_provider_is_somebody_else(town: Town) -> None:
    town.officer(Role.DRAFTER)
    town.nation.issuer = "https://other.example"
    assert refusal(town.entered) == "oidc-refused"


def test_an_answer_is_good_once_in_one_browser_and_for_minutes(town: Town) -> None:
    town.officer(Role.DRAFTER)
    begun, told = town.begun()
    assert refusal(lambda: run(town.oidc.finish("another browser", told))) == "oidc-refused"
    assert refusal(lambda: run(town.oidc.finish("", told))) == "oidc-refused"
    assert isinstance(run(town.oidc.finish(begun.secret, told)), Opened)
    assert refusal(lambda: run(town.oidc.finish(begun.secret, told))) == "oidc-refused"
    late, told = town.begun()
    town.house.clock.pass_ms(STATE_MS)
    assert refusal(lambda: run(town.oidc.finish(late.secret, told))) == "oidc-refused"


def test_an_answer_to_another_question_is_refused(town: Town) -> None:
    town.officer(Role.DRAFTER)
    first, told = town.begun()
    second, other = town.begun()
    for secret, answer in (
        (first.secret, other),
        (second.secret, told),
        (first.secret, told._replace(state=other.state)),
        (first.secret, told._replace(code=other.code)),
        (first.secret, told._replace(code="")),
        (first.secret, told._replace(error="access_denied")),
        (first.secret, told._replace(state="")),
        (first.secret, told._replace(state="ü")),
        (first.secret, told._replace(state=told.state + "!")),
    ):
        assert refusal(partial(run, town.oidc.finish(secret, answer))) == "oidc-refused"
    assert run(town.oidc.finish(first.secret, told))


def test_of_two_who_bring_one_answer_one_comes_in(town: Town) -> None:
    town.officer(Role.DRAFTER)
    begun, told = town.begun()

    async def both() -> list[object]:
        return await asyncio.gather(*(town.oidc.finish(begun.secret, told) for _ in range(2)), return_exceptions=True)

    assert sorted(isinstance(each, Opened) for each in run(both())) == [False, True]


def test_what_the_provider_is_told_does_not_tell_the_verifier_or_the_cookie(town: Town) -> None:
    begun, told = town.begun()
    asked = town.nation.codes[told.code]
    assert len({*asked, begun.secret}) == 4
    assert all(len(each) >= 43 for each in asked)
    assert begun.secret not in repr(asked)


@given(st.text(), st.text(), st.text())
def test_nothing_that_comes_back_crashes(state: str, code: str, secret: str) -> None:
    oidc = OidcSignIn(House().store, Nation(), House().clock)
    assert refusal(lambda: run(oidc.finish(secret, Told(state, code)))) == "oidc-refused"


def test_links_are_made_by_others_and_one_to_one(town: Town) -> None:
    officer, _ = town.officer(Role.DRAFTER)
    other, _ = town.house.officer(town.admin, Role.DRAFTER)
    by = town.admin.officer.id
    assert refusal(lambda: town.identities.link(by, by, "me")) == "officer-oneself"
    assert refusal(lambda: town.identities.link(by, other.officer.id, SUBJECT)) == "identity-taken"
    assert refusal(lambda: town.identities.link(by, "nobody", "x")) == "officer-unknown"
    assert refusal(lambda: town.identities.unlink("nobody")) == "officer-unknown"
    for wrong in ("", "ü", "a\n", "a" * 256):
        assert refusal(partial(town.identities.link, by, officer, wrong)) == "officer-terms"
    town.house.people.suspend(officer)
    assert refusal(lambda: town.identities.link(by, officer, "x")) == "officer-ended"
    none = Identities(town.house.store, town.house.clock, "")
    assert refusal(lambda: none.link(by, other.officer.id, "x")) == "oidc-needed"
    known = town.house.people.known(officer)
    assert known.officer.standing is Standing.SUSPENDED
    assert known.identity is not None
    assert (known.identity.issuer, known.identity.subject, known.identity.by) == (ISSUER, SUBJECT, by)


def test_an_identity_lets_nobody_past_the_limits_of_a_session(town: Town) -> None:
    town.officer(Role.DRAFTER)
    text = town.entered()
    town.house.clock.pass_ms(LIMITS.idle_ms)
    assert refusal(lambda: town.house.sign_in.who(text)) == "session-over"


def test_who_can_sign_in_by_identity_alone_is_no_administrator_who_stands(town: Town) -> None:
    town.house.people.revoke(town.admin.officer.id)
    invited = town.house.people.invite_first(Wanted("C", (Role.ADMINISTRATOR,)))
    town.identities.link(CONSOLE, invited.officer.id, SUBJECT)
    assert town.who().roles == ()
    assert town.house.people.invite_first(Wanted("D", (Role.ADMINISTRATOR,)))
