"""Sessions and forged requests: fixed, stolen, replayed, sent by other sites; and what stays in a browser."""

import re
from importlib.resources import files
from typing import Final

import httpx
import pytest

from rabita.gateways.rest.application import ROUTES
from rabita.gateways.rest.doors import CSRF
from rabita.services.audit import Action
from rabita.services.officers import Role
from tests.attacks.test_headers import filled
from tests.authenticator import Authenticator
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

CHANGING: Final = [route for route in ROUTES if route.method == "POST" and not route.is_open]
READING: Final = {
    *(Action.READ, Action.LIST, Action.SEARCH, Action.LISTEN, Action.STATUS, Action.VERIFY, Action.CHECK),
    *(Action.READ_AUDIT, Action.EXPORT_AUDIT, Action.EXPORT),
}


def test_every_route_that_changes_something_refuses_what_other_sites_can_send(side: Side) -> None:
    """A form, a fetch without preflight, a page in the same site: the cookie goes along, and nothing is done."""
    officer = first_officer(side, Role.SECURITY_OFFICER)
    attempts: tuple[dict[str, str], ...] = (
        {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.test"},
        {"content-type": "multipart/form-data; boundary=x", "sec-fetch-site": "cross-site"},
        {"content-type": "application/json", "origin": officer.origin},
        {"content-type": "application/json", CSRF: officer.csrf},
        {"content-type": "application/json", CSRF: officer.csrf, "origin": f"{officer.origin}.evil.test"},
    )
    with officer.http() as http:
        for route in CHANGING:
            for headers in attempts:
                answer = http.post(filled(route, side.line), content=b"{}", headers=headers)
                refused = (answer.status_code, code_of(answer))
                assert refused in ((403, "csrf-refused"), (429, "rate-exceeded")), (route.name, headers)


def test_reading_is_get_and_changing_is_post() -> None:
    assert [route.name for route in ROUTES if route.method == "GET" and route.audit not in READING] == []
    assert {route.method for route in ROUTES} == {"GET", "POST"}


def test_a_session_is_ours_and_new_at_every_sign_in(side: Side) -> None:
    officer = first_officer(side)
    first = officer.cookie
    fixed = Browser(side, officer.device, cookie="rabita=" + "ab" * 8 + "_" + "x" * 43)
    fixed.enter()
    second = fixed.cookie
    assert len({first, second, "rabita=" + "ab" * 8 + "_" + "x" * 43}) == 3
    for cookie in (first, second):
        assert re.fullmatch(r"rabita=[0-9a-f]{16}_[\w-]{43}", cookie), "256 bits"


def test_a_session_that_is_none_opens_nothing_and_becomes_none(side: Side) -> None:
    officer = first_officer(side)
    name, _, text = officer.cookie.partition("=")
    session, _, secret = text.partition("_")
    for forged in (
        *(
            f"{session}_",
            f"{session}",
            f"_{secret}",
            f"{session}_{secret[:-1]}",
            f"{session}_{secret}x",
            "",
            "_",
            "ü_ü",
        ),
        *(f"{'0' * 16}_{secret}", f"{session.upper()}_{secret.upper()}", f"{session}_{secret[::-1]}", "a" * 4_000),
    ):
        with httpx.Client(base_url=side.url, headers={b"cookie": f"{name}={forged}".encode()}) as http:
            answer = http.get("/me")
        assert answer.status_code in (401, 429)
        assert "set-cookie" not in answer.headers
    both = {b"cookie": f"{name}={'0' * 16}_x; {name}={text}".encode()}
    with httpx.Client(base_url=side.url, headers=both) as http:
        assert http.get("/me").status_code in (200, 401)


def test_an_assertion_is_good_once_at_one_door_of_one_site(home: House) -> None:
    side = home.restart(0)  # which forgets who guessed
    officer = first_officer(side)
    answer = officer.answer()
    told(officer.post("/access/sign-in", {"answer": answer}))
    replayed = Browser(side).post("/access/sign-in", {"answer": answer})
    moved = officer.answer()
    confirmed = officer.enter().post("/access/confirm", {"answer": moved})
    elsewhere = Browser(side, Authenticator(**{**vars(officer.device), "origin": "https://evil.test"}))
    elsewhere.device.origin = "https://evil.test"
    phished = elsewhere.post("/access/sign-in", {"answer": elsewhere.answer()}, origin=officer.origin)
    assert [code_of(each) for each in (replayed, confirmed, phished)] == ["passkey-refused"] * 3


def test_a_copy_of_a_passkey_ends_both(home: House) -> None:
    side = home.restart(0)  # which forgets who guessed
    officer = first_officer(side)
    copy = Browser(side, Authenticator(**vars(officer.device)))
    officer.enter()
    officer.enter()
    assert code_of(copy.post("/access/sign-in", {"answer": copy.answer()})) == "passkey-cloned"
    assert code_of(officer.get("/me")) == "session-over"
    assert code_of(officer.post("/access/sign-in", {"answer": officer.answer()})) == "passkey-ended"


def test_signing_out_tells_the_browser_to_forget(side: Side) -> None:
    officer = first_officer(side)
    cookie = officer.cookie
    left = officer.post("/access/sign-out")
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    officer.cookie = cookie
    assert code_of(officer.get("/me")) == "session-over"


def test_the_pages_store_nothing_in_the_browser() -> None:
    kept = re.compile(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker|__proto__|\beval\b"
    )
    folder = files("rabita.desk").joinpath("static")
    scripts = [each for each in folder.iterdir() if each.name.endswith(".js")]
    assert scripts
    assert [f"{each.name}: {found}" for each in scripts for found in kept.findall(each.read_text("utf-8"))] == []


def test_no_secret_is_a_parameter_of_an_address() -> None:
    secret = {"token", "code", "key", "secret", "passphrase", "password", "session", "answer", "csrf"}
    assert {name for route in ROUTES for name in route.query.__struct_fields__} & secret == set()
    named = {name for route in ROUTES for name in re.findall(r"\{(\w+)\}", route.path)}
    assert named & (secret - {"session"}) == set(), "a session's name is its id, which opens nothing"
