"""An officer's own passkeys: a second one, one revoked, and what a stolen session cannot do."""

import pytest

from rabita.line.errors import UserFault
from rabita.services.officers import Role, Standing, Who
from rabita.services.own_passkeys import FRESH_MS, PASSKEYS_MAX
from tests.authenticator import Authenticator, packed
from tests.services.officers_house import LIMITS, House
from tests.services.test_sign_in import refusal, signed_in_officer


@pytest.fixture
def house() -> House:
    return House()


def another(house: House, who: Who, device: Authenticator | None = None) -> Authenticator:
    device = device or Authenticator()
    house.own.finish(who, device.make(house.own.begin(who)))
    return device


def test_a_second_passkey_is_made_and_signs_in(house: House) -> None:
    who = house.who(signed_in_officer(house))
    second = another(house, who)
    assert house.who(second).officer == who.officer
    assert [each.id for each in house.own.listed(who)][1:] == [packed(second.id)]
    assert [each["id"] for each in house.own.begin(who)["excludeCredentials"]][1:] == [packed(second.id)]


def test_a_session_alone_makes_and_revokes_nothing(house: House) -> None:
    device = signed_in_officer(house)
    text = house.entered(device)
    who = house.sign_in.who(text)
    answer = Authenticator().make(house.own.begin(who))
    house.clock.pass_ms(FRESH_MS)
    who = house.sign_in.who(text)
    assert refusal(lambda: house.own.begin(who)) == "confirmation-needed"
    assert refusal(lambda: house.own.finish(who, answer)) == "confirmation-needed"
    assert refusal(lambda: house.own.revoke(who, packed(device.id))) == "confirmation-needed"
    house.sign_in.finish_again(who, device.show(house.sign_in.begin_again(who)))
    another(house, house.sign_in.who(text))


def test_the_last_passkey_stays_and_of_two_one_goes_with_its_sessions(house: House) -> None:
    device = signed_in_officer(house)
    text = house.entered(device)
    who = house.sign_in.who(text)
    assert refusal(lambda: house.own.revoke(who, packed(device.id))) == "passkey-last"
    second = another(house, who)
    by_second = house.who(second)
    assert house.own.revoke(by_second, packed(device.id)).standing is Standing.REVOKED
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    assert refusal(lambda: house.entered(device)) == "passkey-ended"
    assert refusal(lambda: house.own.revoke(by_second, packed(second.id))) == "passkey-last"


def test_nobody_touches_the_passkeys_of_others(house: House) -> None:
    device = signed_in_officer(house)
    who = house.who(device)
    other, theirs = house.officer(who, Role.DRAFTER)
    assert refusal(lambda: house.own.revoke(who, packed(theirs.id))) == "passkey-unknown"
    assert refusal(lambda: house.own.revoke(who, "nothing")) == "passkey-unknown"
    assert refusal(lambda: another(house, who, theirs)) == "passkey-refused"
    answer = Authenticator().make(house.own.begin(who))
    assert refusal(lambda: house.own.finish(other, answer)) == "passkey-refused"


def test_an_answer_is_good_once_and_its_session_must_still_stand(house: House) -> None:
    who = house.who(signed_in_officer(house))
    answer = Authenticator().make(house.own.begin(who))
    house.own.finish(who, answer)
    assert refusal(lambda: house.own.finish(who, answer)) == "passkey-refused"
    late = Authenticator().make(house.own.begin(who))
    house.sign_in.end(who)
    assert refusal(lambda: house.own.finish(who, late)) == "session-over"
    assert refusal(lambda: house.own.revoke(who, "nothing")) == "session-over"


def test_there_is_an_end_to_passkeys(house: House) -> None:
    device = signed_in_officer(house)
    who = house.who(device)
    answer = Authenticator().make(house.own.begin(who))
    for _ in range(PASSKEYS_MAX - 1):
        another(house, who)
    assert refusal(lambda: house.own.begin(who)) == "passkeys-full"
    assert refusal(lambda: house.own.finish(who, answer)) == "passkeys-full"
    revoked = house.own.listed(who)[-1]
    house.own.revoke(who, revoked.id)
    another(house, who)


def test_a_clock_that_went_back_confirms_nothing(house: House) -> None:
    who = house.who(signed_in_officer(house))
    house.clock.pass_ms(-LIMITS.idle_ms)
    with pytest.raises(UserFault, match="confirmation-needed"):
        house.own.begin(who)
