"""Officers over HTTP: enrolment, signing in, sessions, who may administer, and whoever pretends to be one of them."""

import re
import threading
from pathlib import Path

import msgspec
import pytest

from rabita.app.officers import origin_of
from rabita.app.settings import Settings
from rabita.gateways.rest.application import STRANGERS_BURST
from rabita.services.officers import Role
from tests.app.people import PATIENCE_S
from tests.authenticator import Authenticator, packed
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets


def test_an_officer_enrols_signs_in_is_told_apart_and_signs_out(side: Side) -> None:
    admin = first_officer(side, Role.RELEASER)
    principal = told(admin.get("/me"))["principal"]
    assert (principal["kind"], principal["id"], principal["scope"]) == ("officer", admin.officer, None)
    assert principal["roles"] == ["releaser", "administrator"]
    assert principal["authenticated_ms"]
    assert told(admin.get("/access/session"))["csrf"] == admin.csrf
    assert told(admin.get(f"/lines/{side.line}"))["line"] == side.line
    left = admin.post("/access/sign-out")
    assert told(left)["own"]
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert code_of(admin.get("/me")) == "token-missing"


def test_the_cookie_is_out_of_reach_and_no_secret_of_it_is_kept(side: Side) -> None:
    admin = first_officer(side)
    answer = admin.post("/access/sign-in", {"answer": admin.answer()})
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"rabita=[0-9a-f]{16}_[\w-]{43}; Path=/; HttpOnly; SameSite=Strict", cookie)
    secret = cookie.partition("_")[2].partition(";")[0]
    for path in sorted(side.node.home.folder.glob("officers.db*")):
        assert secret.encode() not in path.read_bytes()
    assert secret not in answer.text


def test_what_changes_something_must_come_from_our_own_page(side: Side) -> None:
    admin = first_officer(side)
    other = admin.invite(Role.SECURITY_OFFICER)
    for headers in (
        {"x_rabita_csrf": ""},
        {"x_rabita_csrf": "x" * 64},
        {"x_rabita_csrf": "ü"},
        {"x_rabita_csrf": other.csrf},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "", "sec_fetch_site": "cross-site"},
        {"origin": "", "sec_fetch_site": "same-site"},
    ):
        refused = admin.post("/officers", {"name": "X", "roles": []}, **headers)
        assert code_of(refused) == "csrf-refused", headers
    assert told(admin.post("/officers", {"name": "X", "roles": []}, origin="", sec_fetch_site="same-origin"))["code"]
    refused = admin.post("/access/sign-out", content_type="text/plain")
    assert code_of(refused) == "media-unsupported", "a form of another site cannot say JSON"


def test_a_stolen_session_ends_with_its_revocation_at_the_next_request(side: Side) -> None:
    admin = first_officer(side)
    officer = admin.invite(Role.RELEASER)
    with officer.http() as thief:
        assert thief.get("/lines").status_code == 200
        told(admin.post(f"/officers/{officer.officer}/revoke"))
        assert code_of(thief.get("/lines")) == "session-over"
    refused = officer.post("/access/sign-in", {"answer": officer.answer()})
    assert code_of(refused) == "passkey-ended"


@pytest.mark.parametrize("taken", ["session", "role"])
def test_revocation_ends_a_stream_of_events(side: Side, taken: str) -> None:
    admin = first_officer(side)
    officer = admin.invite(Role.DUTY_OFFICER)
    begun, ended = threading.Event(), threading.Event()

    def listen() -> None:
        with officer.http() as http, http.stream("GET", "/events") as answer:
            for _ in answer.iter_lines():
                begun.set()
        ended.set()

    thread = threading.Thread(target=listen)
    thread.start()
    assert begun.wait(PATIENCE_S)
    (tenure,) = told(admin.get(f"/officers/{officer.officer}"))["tenures"]
    way = {"session": "suspend", "role": f"tenures/{tenure['id']}/end"}[taken]
    told(admin.post(f"/officers/{officer.officer}/{way}"))
    assert ended.wait(PATIENCE_S)
    thread.join()


def test_sessions_are_listed_and_ended(side: Side) -> None:
    admin = first_officer(side)
    officer = admin.invite(Role.DRAFTER)
    second = Browser(side, officer.device).enter()
    listed = told(officer.get("/access/sessions"))
    assert [each["own"] for each in listed] == [True, False]
    assert code_of(officer.get("/access/sessions", all="true")) == "policy-refused"
    told(officer.post(f"/access/sessions/{listed[1]['id']}/end"))
    assert code_of(second.get("/me")) == "session-over"
    (foreign,) = told(admin.get("/access/sessions"))
    assert code_of(officer.post(f"/access/sessions/{foreign['id']}/end")) == "session-unknown"
    security = admin.invite(Role.SECURITY_OFFICER)
    everyone = told(security.get("/access/sessions", all="true"))
    assert {each["officer"] for each in everyone} == {admin.officer, officer.officer, security.officer}
    told(security.post(f"/access/sessions/{foreign['id']}/end"))
    assert code_of(admin.get("/me")) == "session-over"


def test_showing_the_passkey_again_is_noted(side: Side) -> None:
    officer = first_officer(side)
    before = told(officer.get("/me"))["principal"]["authenticated_ms"]
    answer = officer.device.show(told(officer.post("/access/confirm/begin"))["public_key"])
    told(officer.post("/access/confirm", {"answer": answer}))
    assert told(officer.get("/me"))["principal"]["authenticated_ms"] >= before
    assert code_of(officer.post("/access/confirm", {"answer": answer})) == "passkey-refused"


def test_officers_are_appointed_dismissed_and_let_in_again_by_two(side: Side) -> None:
    admin = first_officer(side, Role.SECURITY_OFFICER)
    other = admin.invite(Role.SECURITY_OFFICER)
    officer = admin.invite(Role.DRAFTER, rank="of-3", languages=["ur"], clearances=["SECRET"], post="HQ")
    path = f"/officers/{officer.officer}"
    tenure = told(admin.post(f"{path}/tenures", {"post": "LO-TURBAT", "role": "releaser"}))
    assert told(officer.get("/me"))["principal"]["roles"] == ["drafter", "releaser"]
    assert told(officer.get("/me"))["principal"]["posts"] == ["HQ", "LO-TURBAT"]
    told(admin.post(f"{path}/tenures/{tenure['id']}/end"))
    assert told(officer.get("/me"))["principal"]["roles"] == ["drafter"]
    assert code_of(other.post(f"{path}/tenures", {"post": "P", "role": "releaser"})) == "policy-refused"
    assert told(admin.post(f"{path}/recover"))["state"] == "waiting"
    assert code_of(admin.post(f"{path}/recover")) == "officer-oneself"
    shown = told(admin.get(path))
    assert (shown["recovery_by"], shown["rank"], shown["name"]) == (admin.officer, "of-3", "Somebody")
    invitation = told(other.post(f"{path}/recover"))
    assert code_of(officer.get("/me")) == "session-over"
    assert told(Browser(side).enrol(invitation["code"]).enter().get("/me"))["principal"]["roles"] == ["drafter"]
    told(other.post(f"{path}/suspend"))
    told(other.post(f"{path}/restore"))
    assert [each["standing"] for each in told(other.get("/officers")) if each["id"] == officer.officer] == ["active"]
    fresh = told(admin.post("/officers", {"name": "N", "roles": ["drafter"]}))
    assert told(admin.post(f"/officers/{fresh['officer']}/invite"))["code"] != fresh["code"]


def test_what_strangers_are_told_is_the_same_whoever_there_is(side: Side) -> None:
    officer = first_officer(side)
    stranger = Browser(side, Authenticator(handle=officer.device.handle))
    known = Browser(side, Authenticator(id=officer.device.id, handle=officer.device.handle))
    answers = [each.post("/access/sign-in", {"answer": each.answer()}) for each in (stranger, known)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].status_code == 403
    codes = [stranger.post("/access/enrol/begin", {"code": each}).text for each in ("", "ABCD-EFGH" * 4)]
    assert len(set(codes)) == 1


def test_guesses_are_slowed_and_keep_nobody_out(home: House) -> None:
    side = home.restart(0)
    watch = first_officer(side, Role.DUTY_OFFICER)
    guess = {"answer": {"id": packed(watch.device.id)}}
    with side.http("") as http:
        answers = [http.post("/access/sign-in", json=guess) for _ in range(4 * STRANGERS_BURST)]
    assert {code_of(each) for each in answers} == {"passkey-refused", "rate-exceeded"}
    assert watch.get("/lines").status_code == 200, "who is signed in is not slowed"
    assert Browser(side, watch.device).enter().get("/lines").status_code == 200, "nor who has the passkey"
    home.restart(0)


def test_a_session_outlives_a_restart_and_a_challenge_does_not(home: House) -> None:
    fixed = {"web_origin": "https://node.example"}
    side = home.restart(0, **fixed)
    watch = first_officer(side)
    answer = watch.answer()
    watch.side = home.restart(0, **fixed)
    assert told(watch.get("/me"))["principal"]["id"] == watch.officer
    assert code_of(watch.post("/access/sign-in", {"answer": answer})) == "passkey-refused"
    assert watch.enter().csrf
    home.restart(0)


def test_over_tls_the_cookie_is_bound_to_this_host(home: House) -> None:
    side = home.restart(0, web_origin="https://node.example")
    watch = first_officer(side)
    answer = watch.post("/access/sign-in", {"answer": watch.answer()})
    assert re.fullmatch(
        r"__Host-rabita=[0-9a-f]{16}_[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure", answer.headers["set-cookie"]
    )
    home.restart(0)


def test_without_an_origin_there_are_no_officers(home: House) -> None:
    side = home.restart(0, web_origin="nowhere")
    with side.http("") as http:
        assert code_of(http.post("/access/sign-in/begin", json={})) == "web-origin-needed"
    home.restart(0)


def test_the_origin_is_as_set_or_this_machine(tmp_path: Path) -> None:
    for changed, origin in (
        ({}, "http://localhost:8420"),
        ({"web_certificate": "x"}, "https://localhost:8420"),
        ({"web_address": "::1"}, "http://localhost:8420"),
        ({"web_address": "192.0.2.1", "web_certificate": "x"}, ""),
        ({"web_address": "192.0.2.1", "web_origin": "https://node.example"}, "https://node.example"),
    ):
        settings = msgspec.structs.replace(Settings(home=tmp_path), **changed)
        assert origin_of(settings, 8420) == origin
