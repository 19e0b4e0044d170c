"""Enrolling and signing in with passkeys: real ceremonies by a software authenticator, and ways to cheat in one."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import UserFault
from rabita.services.officers import Role, Session
from rabita.services.passkeys import CHALLENGE_MS
from rabita.services.people import Wanted
from tests.authenticator import PRESENT, Authenticator, packed, unpacked
from tests.services.officers_house import LIMITS, MINUTE_MS, House


@pytest.fixture
def house() -> House:
    return House()


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(UserFault) as refused:
        act()
    return refused.value.code


def signed_in_officer(house: House) -> Authenticator:
    return house.enrol(house.first().code)


def test_an_officer_enrols_and_signs_in(house: House) -> None:
    invited = house.first(Role.SECURITY_OFFICER)
    device = house.enrol(invited.code)
    opened = house.sign_in.finish(house.shown(device))
    who = house.sign_in.who(opened.text)
    assert who.officer.id == invited.officer.id
    assert who.roles == (Role.SECURITY_OFFICER, Role.ADMINISTRATOR)
    assert who.posts == ("HOME",)
    assert who.session.authenticated_ms == house.clock.now_ms()
    assert opened.text.partition("_")[2] not in repr(who)


def test_the_browser_is_told_the_pseudonym_and_never_the_name(house: House) -> None:
    invited = house.first()
    told = repr(house.enrolment.begin(invited.code))
    assert invited.officer.id in told
    assert invited.officer.name not in told


def test_a_code_may_be_typed_as_people_type(house: House) -> None:
    code = house.first().code
    for typed in (code.lower(), code.replace("-", " "), f" {code}\n", code.replace("-", "")):
        house.enrolment.begin(typed)


def test_a_code_is_good_once_for_minutes_and_only_if_it_is_the_newest(house: House) -> None:
    used = house.first()
    house.enrol(used.code)
    assert refusal(lambda: house.enrolment.begin(used.code)) == "invitation-refused"

    late = House()
    code = late.first().code
    answer = Authenticator().make(late.enrolment.begin(code))
    late.clock.pass_ms(LIMITS.invitation_ms)
    assert refusal(lambda: late.enrolment.finish(code, answer)) == "invitation-refused"
    assert refusal(lambda: late.enrolment.begin("")) == "invitation-refused"
    assert refusal(lambda: late.enrolment.begin(code[:-1] + "=")) == "invitation-refused"


def test_two_who_hold_one_code_do_not_both_enrol(house: House) -> None:
    code = house.first().code
    one, other = (Authenticator().make(house.enrolment.begin(code)) for _ in range(2))
    house.enrolment.finish(code, one)
    assert refusal(lambda: house.enrolment.finish(code, other)) == "invitation-refused"


def test_a_passkey_is_enrolled_once(house: House) -> None:
    device = signed_in_officer(house)
    admin = house.who(device)
    code = house.people.invite(admin, Wanted("C", (Role.DRAFTER,))).code
    assert refusal(lambda: house.enrol(code, device)) == "passkey-refused"


def test_a_replayed_assertion_is_refused(house: House) -> None:
    device = signed_in_officer(house)
    answer = house.shown(device)
    house.sign_in.finish(answer)
    assert refusal(lambda: house.sign_in.finish(answer)) == "passkey-refused"


def test_a_passkey_that_does_not_count_cannot_be_replayed_either(house: House) -> None:
    device = house.enrol(house.first().code, Authenticator(counts=False))
    answer = house.shown(device)
    house.sign_in.finish(answer)
    assert refusal(lambda: house.sign_in.finish(answer)) == "passkey-refused"
    assert house.entered(device)


def test_a_challenge_is_good_for_two_minutes_here_and_for_one_purpose(house: House) -> None:
    device = signed_in_officer(house)
    late = house.shown(device)
    house.clock.pass_ms(CHALLENGE_MS)
    assert refusal(lambda: house.sign_in.finish(late)) == "passkey-refused"
    elsewhere = device.show(House().sign_in.begin())
    assert refusal(lambda: house.sign_in.finish(elsewhere)) == "passkey-refused"
    who = house.who(device)
    again = device.show(house.sign_in.begin_again(who))
    assert refusal(lambda: house.sign_in.finish(again)) == "passkey-refused"
    assert refusal(lambda: house.sign_in.finish_again(who, house.shown(device))) == "passkey-refused"


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("origin", "https://node.example.evil.test"),
        ("origin", "http://node.example"),
        ("rp_id", "evil.test"),
        ("flags", PRESENT),
        ("flags", 0),
        ("handle", packed(b"somebody else")),
    ],
)
def test_what_is_wrong_with_an_assertion_is_refused_alike(house: House, what: str, value: object) -> None:
    device = signed_in_officer(house)
    right = getattr(device, what)
    setattr(device, what, value)
    assert refusal(lambda: house.entered(device)) == "passkey-refused"
    setattr(device, what, right)
    assert house.entered(device), "a refusal costs its officer nothing"


@pytest.mark.parametrize(("what", "value"), [("origin", "https://evil.test"), ("rp_id", "evil.test"), ("flags", 1)])
def test_what_is_wrong_with_a_new_passkey_is_refused_and_the_code_stays_good(
    house: House, what: str, value: object
) -> None:
    code, device = house.first().code, Authenticator()
    setattr(device, what, value)
    assert refusal(lambda: house.enrol(code, device)) == "passkey-refused"
    house.enrol(code)


def test_another_key_under_a_known_id_and_an_unknown_id_are_refused_alike(house: House) -> None:
    device = signed_in_officer(house)
    assert refusal(lambda: house.entered(Authenticator(id=device.id, handle=device.handle))) == "passkey-refused"
    assert refusal(lambda: house.entered(Authenticator())) == "passkey-refused"


def test_what_is_asked_before_a_passkey_is_shown_says_nothing_of_anyone(house: House) -> None:
    nobody = house.sign_in.begin()
    signed_in_officer(house)
    somebody = house.sign_in.begin()
    assert {**nobody, "challenge": ""} == {**somebody, "challenge": ""}


def test_a_cloned_passkey_is_suspended_with_its_sessions(house: House) -> None:
    device = signed_in_officer(house)
    clone = replace(device)
    text = house.entered(device)
    assert refusal(lambda: house.entered(clone)) == "passkey-cloned"
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    assert refusal(lambda: house.entered(device)) == "passkey-ended"


def test_a_session_ends_when_it_is_not_used_and_in_any_case(house: House) -> None:
    device = signed_in_officer(house)
    text = house.entered(device)
    house.clock.pass_ms(LIMITS.idle_ms)
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    text, began_ms = house.entered(device), house.clock.now_ms()
    while house.clock.now_ms() - began_ms < LIMITS.absolute_ms - MINUTE_MS:
        house.sign_in.who(text)
        house.clock.pass_ms(LIMITS.idle_ms - MINUTE_MS)
    house.clock.at_ms = began_ms + LIMITS.absolute_ms - 1
    assert house.sign_in.who(text).session.created_ms == began_ms
    house.clock.pass_ms(1)
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"


def test_asking_whether_a_session_stands_does_not_keep_it_alive(house: House) -> None:
    session = house.who(signed_in_officer(house)).session
    for _ in range(3):
        assert house.sign_in.standing(session.id)
        house.clock.pass_ms(LIMITS.idle_ms // 3)
    assert not house.sign_in.standing(session.id)
    assert not house.sign_in.standing("nothing")


def test_an_idle_session_answers_what_pages_ask_by_themselves_until_it_ends_in_any_case(house: House) -> None:
    device = signed_in_officer(house)
    text, began_ms = house.entered(device), house.clock.now_ms()
    house.clock.at_ms = began_ms + LIMITS.absolute_ms - 1
    assert house.sign_in.who(text, unattended=True).session.seen_ms == began_ms
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    house.clock.pass_ms(1)
    assert refusal(lambda: house.sign_in.who(text, unattended=True)) == "session-over"
    ended = house.entered(device)
    house.sign_in.end(house.sign_in.who(ended))
    assert refusal(lambda: house.sign_in.who(ended, unattended=True)) == "session-over"


def test_a_session_is_signed_out_and_cannot_be_guessed(house: House) -> None:
    device = signed_in_officer(house)
    text, other = house.entered(device), house.entered(device)
    house.sign_in.end(house.sign_in.who(text))
    assert refusal(lambda: house.sign_in.who(text)) == "session-over"
    session_id, _, secret = other.partition("_")
    for wrong in ("", session_id, f"{session_id}_", f"{session_id}_{secret}x", f"{'0' * 16}_{secret}"):
        assert refusal(partial(house.sign_in.who, wrong)) == "session-over"
    assert house.sign_in.who(other).session.id == session_id


def test_showing_the_passkey_again_is_noted_and_only_ones_own_will_do(house: House) -> None:
    device = signed_in_officer(house)
    text = house.entered(device)
    who = house.sign_in.who(text)
    house.clock.pass_ms(MINUTE_MS)
    assert house.sign_in.who(text).session.authenticated_ms == house.clock.now_ms() - MINUTE_MS
    house.sign_in.finish_again(who, device.show(house.sign_in.begin_again(who)))
    assert house.sign_in.who(text).session.authenticated_ms == house.clock.now_ms()
    _, other = house.officer(who, Role.DRAFTER)
    answer = other.show(house.sign_in.begin_again(who))
    assert refusal(lambda: house.sign_in.finish_again(who, answer)) == "passkey-refused"


def test_old_sessions_are_forgotten(house: House) -> None:
    device = signed_in_officer(house)
    house.entered(device)
    house.clock.pass_ms(31 * 86_400_000)
    house.entered(device)
    with house.store.reading() as rows:
        assert len(rows.of(Session)) == 1


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(st.data())
def test_no_answer_crashes(data: st.DataObject) -> None:
    house = House()
    answer = house.shown(house.enrol(house.first().code))
    broken = deepcopy(answer)
    inside = data.draw(st.booleans())
    part = broken["response"] if inside else broken
    name = data.draw(st.sampled_from(sorted(part)))
    part[name] = data.draw(HOSTILE | st.binary().map(packed))
    if broken != answer and not (inside and name == "userHandle" and not part[name]):
        assert refusal(lambda: house.sign_in.finish(broken)) == "passkey-refused"


@given(st.dictionaries(st.text(), HOSTILE) | st.binary().map(lambda raw: {"response": {"clientDataJSON": packed(raw)}}))
def test_no_stranger_crashes(answer: dict[str, Any]) -> None:
    house = House()
    assert refusal(lambda: house.sign_in.finish(answer)) == "passkey-refused"
    assert refusal(lambda: house.enrolment.finish(house.first().code, answer)) == "passkey-refused"


@given(st.integers(min_value=0, max_value=55), st.integers(min_value=1, max_value=255))
def test_a_challenge_cannot_be_altered(at: int, by: int) -> None:
    house = House()
    device = house.enrol(house.first().code)
    options = house.sign_in.begin()
    raw = bytearray(unpacked(options["challenge"]))
    raw[at] ^= by
    assert refusal(lambda: house.sign_in.finish(device.show({**options, "challenge": packed(bytes(raw))}))) == (
        "passkey-refused"
    )
