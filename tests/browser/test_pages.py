"""The pages without data in Chromium: frame, labels, what is large enough to touch, what strangers are shown."""

import pytest
from playwright.sync_api import Page, expect

from rabita.desk.shells import SHELLS
from rabita.desk.words import ENGLISH
from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.people import entered
from tests.gateways.browser import Browser

pytestmark = pytest.mark.sockets

PAGES = {each.page: each for each in SHELLS}
TITLES = {each.title for each in SHELLS}
OPEN_PAGES = ("sign_in", "enrol")
SMALL = (320, 640)
UNLABELLED = """() => [...document.querySelectorAll('input, select, textarea, button')]
  .filter((each) => each.checkVisibility() && !each.labels?.length && !each.textContent.trim() && !each.ariaLabel)
  .map((each) => each.outerHTML)"""
TOO_SMALL = """() => [...document.querySelectorAll('main button, main select, main a, header a, header button')]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 24 && !each.closest('p, td'))
  .map((each) => each.outerHTML)"""


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def test_every_page_has_its_name_its_labels_and_a_way_past_the_menu(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(SMALL), *(role for role in Role if role is not Role.AUDITOR))
    for place in PAGES.values():
        page = officer.go(place.path)
        settled(page)
        assert page.title() == f"{place.title} - Rabita"
        expect(page.get_by_role("heading", level=1)).to_have_text(place.title)
        assert page.evaluate(UNLABELLED) == []
        assert page.evaluate(TOO_SMALL) == []
        officer.window.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        officer.window.press("Enter")
        settled(page)
        assert page.evaluate("document.activeElement.id") == "main"


def test_strangers_are_shown_no_data_and_where_to_sign_in(opened: Open) -> None:
    window = opened()
    for place in SHELLS:
        if place.page in OPEN_PAGES:
            continue
        page = window.go(place.path)
        expect(page.locator("#said")).to_have_text(ENGLISH["not_signed_in"])
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        assert page.get_by_role("row").count() == 0
        assert page.get_by_role("navigation").inner_text() == ""


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (Role.DRAFTER, ["Drafts", "Sessions"]),
        (Role.REVIEWER, ["Drafts", "Review", "Sessions"]),
        (Role.RELEASER, ["Drafts", "Review", "Release", "Sessions"]),
        (Role.ADMINISTRATOR, ["Officers", "Sessions"]),
        (Role.AUDITOR, ["Sessions"]),
    ],
)
def test_the_menu_lists_what_one_s_roles_are_for(admin: Browser, opened: Open, role: Role, places: list[str]) -> None:
    page = entered(admin, opened(), role).page
    assert [each for each in page.locator("#menu a").all_inner_texts() if each in TITLES] == places


def test_the_wrong_officer_is_told_so_and_shown_nothing(admin: Browser, opened: Open) -> None:
    auditor = entered(admin, opened(), Role.AUDITOR)
    for name in ("drafts", "review", "release", "officers"):
        page = auditor.go(PAGES[name].path)
        expect(page.locator("#said")).not_to_be_empty()
        assert page.get_by_role("row").count() == 0
