"""Officers who come in through the pages themselves: invited by an administrator, enrolled in their own window."""

import re
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect

from rabita.services.officers import Role
from rabita.services.preferences import Preferences
from tests.browser.chromium import Window, located
from tests.gateways.browser import Browser, code_of

HOME_POST = "home"
CHOOSE: Final = located("async (how) => (await import('/static/api.js')).change('/desk/preferences', how)")


def ways(how: Preferences) -> dict[str, str]:
    """Give what an officer chooses, without whose it is."""
    return {each: str(getattr(how, each)) for each in Preferences.__struct_fields__ if each != "id"}


@dataclass
class Officer:
    """One who is signed in: the window, and the id the node knows them by."""

    window: Window
    id: str

    @property
    def page(self) -> Page:
        return self.window.page

    def go(self, path: str) -> Page:
        return self.window.go(path)

    def choose(self, **how: str) -> None:
        """Have the desk work in this officer's way from the next page on; a page is open."""
        self.page.evaluate(CHOOSE, how)


def entered(admin: Browser, window: Window, *roles: Role, post: str = HOME_POST, name: str = "Somebody") -> Officer:
    """Invite an officer, enrol the window's passkey with the code, sign in with it."""
    invited = admin.post("/officers", {"name": name, "roles": roles, "post": post})
    assert invited.status_code == 200, invited.text
    enrolled(window, code_of(invited))
    signed_in(window)
    return Officer(window, invited.json()["officer"])


def enrolled(window: Window, code: str) -> None:
    page = window.go("/enrol")
    page.get_by_label("One-time code").fill(code)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("#said")).to_have_text("The passkey is made. Now sign in with it.")


def signed_in(window: Window) -> None:
    page = window.go("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile(f"{re.escape(window.origin)}/(desk)?$"))
    expect(page.locator("#menu a[href='/sessions']")).to_be_attached()
