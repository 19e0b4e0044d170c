"""Enrolment, signing in, sessions and leaving, in Chromium with a virtual authenticator; by keyboard alone."""

import pytest
from playwright.sync_api import expect

from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.people import enrolled, entered, signed_in
from tests.gateways.browser import Browser, code_of
from tests.gateways.people import Side

pytestmark = pytest.mark.sockets

NOT_SIGNED_IN = "You are not signed in, or no longer."


def invited(admin: Browser, *roles: Role) -> str:
    return code_of(admin.post("/officers", {"name": "Somebody", "roles": roles}))


def test_an_officer_enrols_signs_in_and_leaves_by_keyboard_alone(admin: Browser, opened: Open) -> None:
    window = opened()
    page = window.go("/enrol")
    window.tab_to("One-time code")
    page.keyboard.type(invited(admin, Role.DRAFTER))
    window.press("Enter")
    expect(page.locator("#said")).to_have_text("The passkey is made. Now sign in with it.")
    assert len(window.passkeys()) == 1
    window.tab_to("Sign in")
    window.press("Enter")
    page.wait_for_url("**/sign-in")
    window.tab_to("Sign in with a passkey")
    window.press("Enter")
    page.wait_for_url("**/desk")
    window.tab_to("Sessions")
    window.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    window.tab_to("Sign out")
    window.press("Enter")
    page.wait_for_url("**/sign-in")
    window.go("/sessions")
    expect(page.locator("#said")).to_have_text(NOT_SIGNED_IN)
    assert page.context.cookies() == []


def test_a_wrong_code_and_a_missing_passkey_are_said_aloud(admin: Browser, opened: Open) -> None:
    window = opened()
    page = window.go("/enrol")
    page.get_by_label("One-time code").fill("ABCD-EFGH-JKLM-NPQR")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("#said")).to_contain_text("code")
    assert window.passkeys() == []
    enrolled(window, invited(admin, Role.DRAFTER))
    window.forget()
    page = window.go("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#said")).to_have_text(
        "Nothing was done: the browser was told to stop, or had no passkey for this node."
    )


def test_a_code_is_good_once_and_a_passkey_of_an_officer_kept_out_opens_nothing(admin: Browser, opened: Open) -> None:
    code = invited(admin, Role.DRAFTER)
    first, second = opened(), opened()
    enrolled(first, code)
    page = second.go("/enrol")
    page.get_by_label("One-time code").fill(code)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("#said")).to_contain_text("code")
    signed_in(first)
    officer = first.page.evaluate("fetch('/access/session').then((each) => each.json())")["principal"]["id"]
    assert admin.post(f"/officers/{officer}/suspend").status_code == 200
    page = first.go("/sessions")
    expect(page.locator("#said")).to_have_text(NOT_SIGNED_IN)
    expect(page.get_by_role("link", name="Drafts")).to_have_count(0)
    page = first.go("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#said")).to_contain_text("passkey")
    assert page.context.cookies() != [], "the cookie is there still, and opens nothing"


def test_a_stolen_session_ends_when_its_owner_ends_it(admin: Browser, side: Side, opened: Open) -> None:
    owner = entered(admin, opened(), Role.DRAFTER)
    (cookie,) = [f"{each['name']}={each['value']}" for each in owner.window.context.cookies()]
    thief = Browser(side, cookie=cookie)
    assert thief.get("/access/session").status_code == 200
    signed_in(owner.window)
    page = owner.go("/sessions")
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("row").filter(has_text="another").get_by_role("button").click()
    expect(page.get_by_role("row")).to_have_count(2)
    assert code_of(thief.get("/access/session")) == "session-over"
    assert code_of(thief.post("/access/sign-out")) == "session-over"


def test_another_site_can_neither_frame_the_pages_nor_ask_with_the_cookie(admin: Browser, opened: Open) -> None:
    owner = entered(admin, opened(), Role.DRAFTER)
    page = owner.page
    (cookie,) = owner.window.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie") == ""
    told = page.evaluate(
        "fetch('/access/sign-out', {method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'})"
        ".then((each) => each.json())"
    )
    assert told["code"] == "csrf-refused"
