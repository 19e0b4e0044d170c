"""The steps of a draft from page to page, as officers take them."""

from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.people import Officer

POST: Final = "DUTY-ROOM"
WORDS: Final = "Two of our patrols will pass the crossing at Taftan at 06:00Z."
KEPT: Final = "The source of this is not for them."


def begun(officer: Officer, procedure: str = "message", act: str = "send") -> Page:
    """Begin a draft by the page that lists them."""
    page = officer.go("/desk/drafts")
    expect(page.get_by_label("Act")).not_to_have_text("")
    page.get_by_label("Procedure").select_option(procedure)
    page.get_by_label("Act").select_option(act)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/desk/draft#*")
    expect(page.locator("#writing")).to_be_visible()
    return page


def saved(page: Page) -> None:
    expect(page.locator("#kept")).to_have_text("Saved")


def written(page: Page, text: str, withheld: str = "") -> None:
    """Write the words, and what stays."""
    page.get_by_label("Words").first.fill(text)
    if withheld:
        page.get_by_role("button", name="Add: Portion").click()
        page.get_by_label("Words").nth(1).fill(withheld)
        page.get_by_label("What it is").nth(1).select_option("text")
        page.get_by_label("Withheld").nth(1).check()
    saved(page)


def submitted(page: Page) -> str:
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#standing")).to_have_text("in review")
    return page.url.partition("#")[2]


def reviewed(officer: Officer, draft: str) -> None:
    page = officer.go("/desk/review")
    page.locator(f"a[href$='{draft}']").click()
    page.get_by_role("button", name="Pass on to release").click()
    page.wait_for_url("**/desk/review")


def drafted(officer: Officer, text: str = WORDS, withheld: str = "") -> str:
    """Draft a message and submit it; gives the draft's id."""
    page = begun(officer)
    written(page, text, withheld)
    return submitted(page)


def queued(officer: Officer, draft: str) -> Page:
    """Open a draft that waits for release."""
    page = officer.go("/desk/release")
    page.locator(f"a[href$='{draft}']").click()
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_enabled()
    return page


def signed(page: Page) -> None:
    page.get_by_role("button", name="Release with my passkey").click()
