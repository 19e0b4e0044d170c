"""Officers who come by an identity provider: a real node, a real browser's headers, a provider that can be steered."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rabita.gateways.rest.application import STRANGERS_BURST
from rabita.services.audit import Deed, Outcome, Wanted, read_deed
from rabita.services.officers import Role
from tests.app.people import PATIENCE_S
from tests.authenticator import Authenticator
from tests.gateways.browser import Browser, code_of, first_officer, told
from tests.gateways.people import House, Side
from tests.gateways.test_rest_drafts import begun, reviewed, stand, step
from tests.provider import CLIENT, SECRET, SUBJECT, WELL_KNOWN, Answer, Minted, Provider, provider

pytestmark = pytest.mark.sockets

REFUSED = "/sign-in#refused"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder: Path = tmp_path_factory.mktemp("provider")
    (folder / "secret").write_text(f"{SECRET}\n")
    with provider(folder) as found:
        yield found


@pytest.fixture(scope="module")
def linked(home: House, running: Provider) -> Iterator[House]:
    """Give the house whose first side knows the provider."""
    home.restart(0, **settings_for(running))
    yield home
    home.restart(0)


@pytest.fixture
def fake(running: Provider) -> Provider:
    running.reset()
    return running


@pytest.fixture
def side(linked: House, fake: Provider) -> Side:
    assert fake.url
    return linked.sides[0]


def settings_for(running: Provider) -> dict[str, object]:
    return {
        "oidc_issuer": running.url,
        "oidc_name": "The nation <b>",
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": str(Path(running.ca_file).parent / "secret"),
        "oidc_ca_file": running.ca_file,
    }


def asked(side: Side, path: str, cookie: str = "", **query: str) -> httpx.Response:
    headers = {"cookie": cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with httpx.Client(base_url=side.url, timeout=PATIENCE_S) as http:
        return http.get(path, params=query, headers=headers)


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def back(side: Side, fake: Provider, **changed: str) -> httpx.Response:
    """Go to the provider, sign in there, and come back; *changed* is what came back otherwise."""
    begun = asked(side, "/access/oidc", next="of no interest")
    assert begun.status_code == 303, begun.text
    return asked(side, "/access/oidc/callback", cookie_of(begun), **(fake.visit(begun.headers["location"]) | changed))


def refused(answer: httpx.Response) -> bool:
    assert answer.status_code == 303
    return answer.headers["location"] == REFUSED and "set-cookie" not in answer.headers and not answer.content


def entered(side: Side, fake: Provider, device: Authenticator | None = None) -> Browser:
    """Sign in by the provider, and ask on as its browser does."""
    answer = back(side, fake)
    assert not refused(answer)
    browser = Browser(side, device or Authenticator(), cookie=cookie_of(answer))
    browser.csrf = told(browser.get("/access/session"))["csrf"]
    return browser


def officer(side: Side, *roles: Role) -> tuple[Browser, Browser]:
    """Give an administrator, and an officer of these roles whom they linked."""
    admin = first_officer(side)
    invited = admin.invite(*roles)
    assert told(admin.post(f"/officers/{invited.officer}/identity", {"subject": SUBJECT}))["identity"] == SUBJECT
    return admin, invited


def deeds(home: House, side: Side, door: str) -> list[Deed]:
    home.run(side.node.audit.sign())
    found = [read_deed(raw) for raw in side.node.audit.log().newest(Wanted(), 2**53 - 1, 1_000)]
    return [each for each in found if each.door == door]


def test_a_linked_officer_signs_in_is_listed_and_signs_out(linked: House, side: Side, fake: Provider) -> None:
    _, invited = officer(side, Role.DRAFTER)
    browser = entered(side, fake)
    principal = told(browser.get("/me"))["principal"]
    assert (principal["id"], principal["roles"]) == (invited.officer, ["drafter"])
    assert not principal.get("authenticated_ms")
    sessions = told(browser.get("/access/sessions"))
    assert [(each["way"], each["own"]) for each in sessions] == [("passkey", False), ("identity", True)]
    told(browser.post("/access/sign-out"))
    assert code_of(browser.get("/me")) == "token-missing"
    (deed, *_) = deeds(linked, side, "sign-in-oidc")
    assert (deed.outcome, deed.target, deed.action) == (Outcome.ALLOWED, invited.officer, "sign-in")


def test_the_cookies_are_out_of_reach_and_the_sessions_stays_at_home(side: Side, fake: Provider) -> None:
    officer(side, Role.DRAFTER)
    begun = asked(side, "/access/oidc")
    assert re.fullmatch(
        r"rabita-oidc=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600", begun.headers["set-cookie"]
    )
    assert (begun.headers["referrer-policy"], begun.headers["cache-control"]) == ("no-referrer", "no-store")
    answer = back(side, fake)
    assert answer.headers["location"] == "/"
    pattern = r"rabita=[0-9a-f]{16}_[\w-]{43}; Path=/; HttpOnly; SameSite=Strict"
    assert re.fullmatch(pattern, answer.headers["set-cookie"])


@pytest.mark.parametrize("way", ["stranger", "unlinked", "suspended", "signature", "nonce", "issuer", "state", "down"])
def test_every_refusal_is_the_same_and_the_log_has_the_code(
    linked: House, side: Side, fake: Provider, way: str
) -> None:
    admin, invited = officer(side, Role.DRAFTER)
    changed = {"issuer": {"iss": "https://other.example"}, "state": {"state": "A" * 75}}.get(way, {})
    if way == "unlinked":
        assert told(admin.post(f"/officers/{invited.officer}/identity", {"subject": ""}))["identity"] == ""
    elif way == "suspended":
        told(admin.post(f"/officers/{invited.officer}/suspend"))
    elif way == "stranger":
        fake.subject = "somebody"
    elif way == "signature":
        fake.signature = Minted().sign
    elif way == "nonce":
        fake.claims = {"nonce": "another"}
    elif way == "down":
        fake.instead = {"/token": Answer(503)}
    assert refused(back(side, fake, **changed))
    (deed, *_) = deeds(linked, side, "sign-in-oidc")
    assert (deed.outcome, deed.code) == {
        "down": (Outcome.FAILED, "oidc-unavailable"),
    }.get(way, (Outcome.REFUSED, "oidc-refused"))


def test_nobody_is_signed_in_by_a_link_that_another_made(side: Side, fake: Provider) -> None:
    officer(side, Role.DRAFTER)
    begun = asked(side, "/access/oidc")
    answer = fake.visit(begun.headers["location"])
    assert refused(asked(side, "/access/oidc/callback", **answer))
    other = cookie_of(asked(side, "/access/oidc"))
    assert refused(asked(side, "/access/oidc/callback", other, **answer))
    assert not refused(asked(side, "/access/oidc/callback", cookie_of(begun), **answer))


def test_a_replayed_answer_is_refused_though_the_provider_would_take_it(side: Side, fake: Provider) -> None:
    officer(side, Role.DRAFTER)
    fake.codes_last = True
    begun = asked(side, "/access/oidc")
    answer = fake.visit(begun.headers["location"])
    assert not refused(asked(side, "/access/oidc/callback", cookie_of(begun), **answer))
    assert refused(asked(side, "/access/oidc/callback", cookie_of(begun), **answer))


def test_parameters_given_twice_or_too_long_are_refused(side: Side) -> None:
    for path in ("/access/oidc/callback?state=a&state=b", "/access/oidc/callback?state=" + "a" * 5_000):
        assert refused(asked(side, path))


def test_who_came_by_the_provider_governs_no_officers_until_a_passkey_is_shown(side: Side, fake: Provider) -> None:
    _, invited = officer(side, Role.DRAFTER, Role.ADMINISTRATOR)
    browser = entered(side, fake, invited.device)
    assert code_of(browser.get("/officers")) == "policy-refused"
    assert code_of(browser.post("/officers", {"name": "X", "roles": []})) == "policy-refused"
    assert code_of(browser.post("/access/passkeys/begin")) == "confirmation-needed"
    confirm(browser)
    assert told(browser.post("/officers", {"name": "X", "roles": []}))["code"]


def confirm(browser: Browser) -> None:
    answer = browser.device.show(told(browser.post("/access/confirm/begin"))["public_key"])
    told(browser.post("/access/confirm", {"answer": answer}))


def test_who_came_by_the_provider_drafts_and_releases_by_passkey_alone(
    linked: House, side: Side, fake: Provider
) -> None:
    admin, invited = officer(side, Role.DRAFTER, Role.RELEASER)
    drafter, reviewer = admin.invite(Role.DRAFTER), admin.invite(Role.REVIEWER)
    browser = entered(side, fake, invited.device)
    assert begun(browser)["writers"] == [invited.officer]
    draft = reviewed(drafter, reviewer)
    stand(linked, invited)
    shown = told(step(browser, draft, "release/begin", precedence="PRIORITY"))
    forged = Authenticator(browser.origin, id=invited.device.id, handle=invited.device.handle)
    for answer in ({}, {"id": ""}, forged.show(shown["publicKey"])):
        refused_one = browser.post(f"/drafts/{draft['id']}/release", {"digest": shown["digest"], "answer": answer})
        assert refused_one.status_code in (403, 422), refused_one.text
    answer = invited.device.show(shown["publicKey"])
    body = {"digest": shown["digest"], "answer": answer}
    assert told(browser.post(f"/drafts/{draft['id']}/release", body))["state"] == "released"


def test_taking_the_link_away_ends_the_session_at_its_next_request(side: Side, fake: Provider) -> None:
    admin, invited = officer(side, Role.DRAFTER)
    browser = entered(side, fake)
    told(admin.post(f"/officers/{invited.officer}/identity", {"subject": ""}))
    assert code_of(browser.get("/me")) == "session-over"


def test_links_are_made_by_an_administrator_for_others(side: Side) -> None:
    admin, invited = officer(side, Role.DRAFTER)
    other = admin.invite(Role.SECURITY_OFFICER)
    assert code_of(invited.post(f"/officers/{other.officer}/identity", {"subject": "x"})) == "policy-refused"
    assert code_of(other.post(f"/officers/{invited.officer}/identity", {"subject": "x"})) == "policy-refused"
    mine = admin.post(f"/officers/{admin.officer}/identity", {"subject": "x"})
    assert code_of(mine) in ("policy-refused", "officer-oneself")
    assert code_of(admin.post(f"/officers/{other.officer}/identity", {"subject": SUBJECT})) == "identity-taken"
    assert code_of(admin.post(f"/officers/{other.officer}/identity", {"subject": "ü"})) == "officer-terms"


def test_a_provider_that_is_down_keeps_nobody_with_a_passkey_out(linked: House, fake: Provider) -> None:
    side = linked.restart(0, **settings_for(fake))
    watch = first_officer(side, Role.DUTY_OFFICER)
    fake.silent = True
    answers: list[httpx.Response] = []
    crowd = [threading.Thread(target=lambda: answers.append(asked(side, "/access/oidc"))) for _ in range(12)]
    for each in crowd:
        each.start()
    while not fake.asked:
        threading.Event().wait(0.01)
    assert Browser(side, watch.device).enter().get("/lines").status_code == 200
    fake.instead = {WELL_KNOWN: Answer(503)}
    fake.awake.set()
    for each in crowd:
        each.join()
    assert [refused(each) for each in answers] == [True] * 12
    assert Browser(side, watch.device).enter().get("/lines").status_code == 200


def test_guesses_at_the_callback_keep_nobody_out(linked: House, fake: Provider) -> None:
    side = linked.restart(0, **settings_for(fake))
    watch, _ = officer(side, Role.DRAFTER)
    for _ in range(2 * STRANGERS_BURST):
        assert refused(asked(side, "/access/oidc/callback", state="guess", code="guess"))
    assert "/token" not in fake.asked, "what did not begin here asks nobody"
    assert watch.get("/me").status_code == 200
    assert Browser(side, watch.device).enter().get("/me").status_code == 200
    assert entered(side, fake).get("/me").status_code == 200
    linked.restart(0, **settings_for(fake))


def test_the_ways_in_are_told_and_without_a_provider_there_is_one(home: House, fake: Provider) -> None:
    side = home.restart(0, **settings_for(fake))
    assert told(asked(side, "/access/ways")) == {"passkey": True, "provider": "The nation <b>", "code": False}
    side = home.restart(0)
    assert told(asked(side, "/access/ways")) == {"passkey": True, "provider": "", "code": False}
    for path in ("/access/oidc", "/access/oidc/callback"):
        assert refused(asked(side, path))
    admin = first_officer(side)
    other = admin.invite(Role.DRAFTER)
    assert code_of(admin.post(f"/officers/{other.officer}/identity", {"subject": "x"})) == "oidc-needed"
    home.restart(0, **settings_for(fake))


def test_over_tls_the_cookie_is_bound_to_this_host(linked: House, fake: Provider) -> None:
    side = linked.restart(0, **settings_for(fake), web_origin="https://node.example")
    begun = asked(side, "/access/oidc")
    pattern = r"__Host-rabita-oidc=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure"
    assert re.fullmatch(pattern, begun.headers["set-cookie"])
    assert "redirect_uri=https%3A%2F%2Fnode.example%2Faccess%2Foidc%2Fcallback&" in begun.headers["location"]
    linked.restart(0, **settings_for(fake))
