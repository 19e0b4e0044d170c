"""Other ways in, in Chromium: the identity provider's link where there is one, and a second passkey of one's own."""

import pytest
from playwright.sync_api import Route, expect

from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.people import entered, signed_in
from tests.gateways.browser import Browser

pytestmark = pytest.mark.sockets


def test_the_provider_is_offered_by_its_name_where_there_is_one(opened: Open) -> None:
    window = opened()
    page = window.go("/sign-in")
    expect(page.locator("#provider")).to_be_hidden()

    def answer(route: Route) -> None:
        route.fulfill(json={"passkey": True, "provider": "<b>قوم</b>"})

    page.route("**/access/ways", answer)
    page.reload()
    link = page.get_by_role("link", name="Sign in with <b>قوم</b>")
    expect(link).to_have_attribute("href", "/access/oidc")
    expect(page.locator("b")).to_have_count(0)


def test_a_browser_that_is_turned_away_is_told_so_and_may_try_again(opened: Open) -> None:
    window = opened()
    page = window.go("/access/oidc")
    assert page.url == f"{window.origin}/sign-in#refused"
    expect(page.locator("#said")).to_contain_text("was not accepted")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_passkeys_are_listed_and_the_last_one_stays(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    page = officer.go("/sessions")
    expect(page.locator("#passkeys li")).to_have_count(1)
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator("#said")).to_contain_text("last passkey")
    page.get_by_role("button", name="Make another passkey").click()
    expect(page.locator("#said")).to_contain_text("Nothing was done", timeout=60_000)


def test_a_second_passkey_is_made_and_the_first_revoked(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    page = officer.go("/sessions")
    expect(page.locator("#passkeys li")).to_have_count(1)

    def another_device(route: Route) -> None:
        officer.window.exchange()
        route.continue_()

    page.route("**/access/passkeys/begin", another_device)
    page.get_by_role("button", name="Make another passkey").click()
    expect(page.locator("#said")).to_have_text("The passkey is made.")
    expect(page.locator("#passkeys li")).to_have_count(2)
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.locator("#said")).to_have_text("You are not signed in, or no longer.")
    signed_in(officer.window)
    page = officer.go("/sessions")
    expect(page.locator("#passkeys li").first).to_contain_text("used no more")
