"""Administering officers: who may be made, what a role at a post counts for, how one is kept out and let in again."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from rabita.line.errors import UserFault
from rabita.services.officers import Recovery, Role, Standing, Who
from rabita.services.people import Invited, Wanted
from tests.authenticator import Authenticator
from tests.services.officers_house import LIMITS, MINUTE_MS, NOW_MS, House


@pytest.fixture
def house() -> House:
    return House()


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(UserFault) as refused:
        act()
    return refused.value.code


def administrator(house: House) -> Who:
    return house.who(house.enrol(house.first(Role.SECURITY_OFFICER).code))


def invited(found: Invited | Recovery) -> Invited:
    assert isinstance(found, Invited)
    return found


def test_the_console_makes_the_first_administrator_and_no_other(house: House) -> None:
    lost = house.first()
    admin = administrator(house)
    assert refusal(house.first) == "administrator-stands"
    house.people.revoke(admin.officer.id)
    assert house.first().officer.id != lost.officer.id, "nobody can administer, so the console may"
    assert refusal(lambda: house.people.invite_first(Wanted("A", (Role.DRAFTER,)))) == "officer-terms"


@pytest.mark.parametrize(
    "terms",
    [
        {"name": ""},
        {"name": "A" * 81},
        {"name": "A\nB"},
        {"name": " A"},
        {"rank": "of-99"},
        {"languages": ("xx",)},
        {"clearances": ("",)},
        {"post": ""},
        {"post": "P" * 33},
    ],
    ids=lambda terms: f"{next(iter(terms))}-{len(str(terms))}",
)
def test_terms_that_are_none_are_refused(house: House, terms: dict[str, Any]) -> None:
    admin = administrator(house)
    wanted = Wanted(**{"name": "A", "roles": (Role.DRAFTER,), **terms})
    assert refusal(lambda: house.people.invite(admin, wanted)) == "officer-terms"


def test_a_role_counts_from_its_beginning_until_its_end(house: House) -> None:
    admin = administrator(house)
    who, device = house.officer(admin, Role.DRAFTER)
    start, end = house.clock.now_ms() + MINUTE_MS, house.clock.now_ms() + 3 * MINUTE_MS
    house.people.appoint(admin, who.officer.id, "LO-TURBAT", Role.RELEASER, start, end)
    text = house.entered(device)
    held = []
    for _ in range(4):
        now = house.sign_in.who(text)
        held.append((Role.RELEASER in now.roles, "LO-TURBAT" in now.posts))
        house.clock.pass_ms(MINUTE_MS)
    assert held == [(False, False), (True, True), (True, True), (False, False)]
    assert refusal(lambda: house.people.appoint(admin, who.officer.id, "P", Role.DRAFTER, end, end)) == "officer-terms"


def test_a_role_is_taken_away_at_once(house: House) -> None:
    admin = administrator(house)
    who, device = house.officer(admin, Role.RELEASER)
    text = house.entered(device)
    (tenure,) = house.people.known(who.officer.id).tenures
    house.people.dismiss(who.officer.id, tenure.id)
    assert house.sign_in.who(text).roles == ()
    assert house.people.dismiss(who.officer.id, tenure.id).until_ms, "twice is once"
    assert refusal(lambda: house.people.dismiss(admin.officer.id, tenure.id)) == "tenure-unknown"


def test_nobody_gives_themselves_a_role_or_lets_themselves_in(house: House) -> None:
    admin = administrator(house)
    own = admin.officer.id
    assert refusal(lambda: house.people.appoint(admin, own, "P", Role.RELEASER, 0, 0)) == "officer-oneself"
    assert refusal(lambda: house.people.recover(admin, own)) == "officer-oneself"
    house.people.suspend(own)
    assert refusal(lambda: house.people.restore(admin, own)) == "officer-oneself"


def test_who_is_suspended_is_out_until_restored(house: House) -> None:
    admin = administrator(house)
    who, device = house.officer(admin, Role.DRAFTER)
    text = house.entered(device)
    house.people.suspend(who.officer.id)
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    assert refusal(lambda: house.entered(device)) == "passkey-ended"
    assert house.people.restore(admin, who.officer.id).standing is Standing.ACTIVE
    assert refusal(lambda: house.sign_in.who(text)) == "session-over", "what has ended stays so"
    assert house.who(device).officer == who.officer


def test_a_seized_device_is_out_in_one_act(house: House) -> None:
    admin = administrator(house)
    who, device = house.officer(admin, Role.RELEASER)
    texts = [house.entered(device) for _ in range(3)]
    house.people.revoke(who.officer.id)
    assert {refusal(partial(house.sign_in.who, text)) for text in texts} == {"session-over"}
    assert refusal(lambda: house.entered(device)) == "passkey-ended"
    assert house.people.sessions(who.officer.id) == ()
    people = house.people
    for act in (
        *(partial(each, admin, who.officer.id) for each in (people.restore, people.recover, people.invite_again)),
        partial(people.suspend, who.officer.id),
    ):
        assert refusal(act) == "officer-ended"


def test_an_invitation_ends_with_its_officer(house: House) -> None:
    admin = administrator(house)
    first = house.people.invite(admin, Wanted("B", (Role.DRAFTER,)))
    house.people.suspend(first.officer.id)
    assert refusal(lambda: house.enrolment.begin(first.code)) == "invitation-refused"
    house.people.restore(admin, first.officer.id)
    house.people.revoke(first.officer.id)
    assert refusal(lambda: house.enrolment.begin(first.code)) == "invitation-refused"


def test_who_never_enrolled_is_given_another_code_and_the_first_ends(house: House) -> None:
    admin = administrator(house)
    first = house.people.invite(admin, Wanted("B", (Role.DRAFTER,)))
    second = house.people.invite_again(admin, first.officer.id)
    assert refusal(lambda: house.enrolment.begin(first.code)) == "invitation-refused"
    house.enrol(second.code)
    assert refusal(lambda: house.people.invite_again(admin, first.officer.id)) == "officer-enrolled"


def two_security_officers(house: House) -> tuple[Who, Who, Who, Authenticator]:
    admin = administrator(house)
    other, _ = house.officer(admin, Role.SECURITY_OFFICER)
    lost, device = house.officer(admin, Role.RELEASER)
    return admin, other, lost, device


def test_two_security_officers_let_an_officer_in_anew_and_what_was_before_ends(house: House) -> None:
    one, other, lost, device = two_security_officers(house)
    text = house.entered(device)
    assert isinstance(house.people.recover(one, lost.officer.id), Recovery)
    assert refusal(lambda: house.people.recover(one, lost.officer.id)) == "officer-oneself"
    assert house.sign_in.who(text).officer == lost.officer, "one alone changes nothing"
    code = invited(house.people.recover(other, lost.officer.id)).code
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    assert refusal(lambda: house.entered(device)) == "passkey-ended"
    assert house.who(house.enrol(code)).roles == (Role.RELEASER,)
    assert house.people.known(lost.officer.id).recovery is None


def test_an_approval_of_recovery_ends_with_its_day_and_with_its_giver(house: House) -> None:
    one, other, lost, _ = two_security_officers(house)
    house.people.recover(one, lost.officer.id)
    house.clock.pass_ms(LIMITS.recovery_ms)
    assert isinstance(house.people.recover(other, lost.officer.id), Recovery)
    house.people.suspend(other.officer.id)
    assert isinstance(house.people.recover(one, lost.officer.id), Recovery)


def test_sessions_are_listed_and_ended_ones_own_or_anyones(house: House) -> None:
    admin = administrator(house)
    who, device = house.officer(admin, Role.DRAFTER)
    text = house.entered(device)
    session = house.sign_in.who(text).session
    assert session.id in [each.id for each in house.people.sessions(who.officer.id)]
    assert {each.officer for each in house.people.sessions()} == {admin.officer.id, who.officer.id}
    assert refusal(lambda: house.people.end_session(session.id, admin.officer.id)) == "session-unknown"
    house.people.end_session(session.id)
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    assert session.id not in [each.id for each in house.people.sessions()]


def test_what_is_unknown_is_said_to_be(house: House) -> None:
    acts: tuple[Callable[[str], object], ...] = (house.people.known, house.people.suspend, house.people.revoke)
    for act in acts:
        assert refusal(partial(act, "nobody")) == "officer-unknown"
    assert house.people.everyone() == ()
    assert house.clock.now_ms() == NOW_MS
