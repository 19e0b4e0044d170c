"""The one draft that a key leads to: a stop request, from any page; or by its name, and on whichever line is meant."""

import pytest
from playwright.sync_api import Route, expect

from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.people import entered
from tests.browser.test_watch import chosen
from tests.gateways.browser import Browser

pytestmark = pytest.mark.sockets

STOP = "**/desk/draft?procedure=stop-request&act=stop"


def test_a_key_leads_to_a_stop_request_and_enter_begins_it(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    page = officer.go("/desk/traffic")
    officer.window.press("!")
    page.wait_for_url(STOP)
    expect(page.get_by_role("button", name="Begin this draft")).to_be_focused()
    officer.window.press("Enter")
    page.wait_for_url("**/desk/draft#*")
    expect(page.locator("#what")).to_contain_text("STOP. X-PAK asks X-IRN to stop at once")
    expect(page.get_by_label("Precedence")).to_have_value("FLASH")


def test_it_is_found_by_its_name_and_the_key_can_be_turned_off(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    page = officer.page
    chosen(page, "shortcuts", "off")
    officer.window.press("!")
    officer.window.press("Control+k")
    page.get_by_role("combobox").fill("stop")
    officer.window.press("Enter")
    page.wait_for_url(STOP)


def test_it_is_offered_to_nobody_who_may_not_write(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DUTY_OFFICER)
    page = officer.go("/desk")
    expect(page.locator("#menu a[data-place=watch]")).to_be_attached()
    expect(page.locator("#menu a[data-place=stop]")).to_have_count(0)
    officer.window.press("!")
    officer.window.press("g", "t")
    page.wait_for_url("**/desk/traffic")


def test_with_several_lines_each_has_its_own_button(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    page = officer.page

    def two(route: Route) -> None:
        (line,) = route.fetch().json()
        route.fulfill(json=[line, {**line, "line": "f" * 64, "peer": "X-TUR"}])

    page.route("**/lines", two)
    officer.go("/desk/draft?procedure=stop-request&act=stop")
    expect(page.locator("#begin button")).to_have_text(
        [f"Begin this draft: X-PAK – {peer} (exercise)" for peer in ("X-IRN", "X-TUR")]
    )
