"""The keyboard alone: a message from the first key to its review, and no page that holds the focus fast."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from rabita.services.officers import Role
from tests.browser.chromium import STOPS
from tests.browser.conftest import Open
from tests.browser.people import Officer, entered
from tests.desk.mapped import mapped
from tests.gateways.browser import Browser
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

POST: Final = "DUTY-ROOM"
TEXT: Final = "Two patrols pass the crossing."
LONG: Final = ("/desk", "/desk/map", "/desk/timeline", "/desk/settings", "/desk/drafts")
AT: Final = """() => {
  const at = document.activeElement;
  window.stops ??= new Map();
  if (!window.stops.has(at)) window.stops.set(at, window.stops.size);
  return at === document.body ? -1 : window.stops.get(at);
}"""

PERSIAN_KEYS: Final = {"g": "ل", "h": "ا", "k": "ن"}
"""What a Persian keyboard writes where a Latin one has these letters (ISIRI 9147)."""
PRESSED: Final = """([key, code, ctrlKey]) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { key, code, ctrlKey, bubbles: true, cancelable: true }))"""


def chosen(officer: Officer, label: str, text: str) -> None:
    """Choose in a list by typing what stands there."""
    officer.window.tab_to(label)
    officer.page.keyboard.type(text)


def begun(admin: Browser, opened: Open, procedure: str, act: str) -> Officer:
    """Come in, go to the drafts by the keys, and begin one."""
    officer = entered(admin, opened(), Role.DRAFTER, post=POST)
    page = officer.go("/desk")
    expect(page.locator("#heard")).to_have_attribute("data-state", "live")
    officer.window.press("g", "f")
    page.wait_for_url("**/desk/drafts")
    expect(page.locator("#go")).to_be_enabled()
    chosen(officer, "Procedure", procedure)
    chosen(officer, "Act", act)
    officer.window.tab_to("Begin")
    officer.window.press("Enter")
    page.wait_for_url("**/desk/draft#*")
    expect(page.locator("#writing")).to_be_visible()
    return officer


def test_single_keys_are_found_by_their_place_where_the_keyboard_writes_another_script(
    admin: Browser, opened: Open
) -> None:
    officer = entered(admin, opened(), Role.DUTY_OFFICER, post=POST)
    page = officer.go("/desk")
    expect(page.locator("#heard")).to_have_attribute("data-state", "live")
    page.evaluate(PRESSED, [PERSIAN_KEYS["k"], "KeyK", True])
    expect(page.get_by_role("combobox")).to_be_focused()
    officer.window.press("Escape")
    page.evaluate(PRESSED, ["؟", "Slash", False])
    expect(page.get_by_role("dialog")).to_contain_text("Go to: Handover")
    officer.window.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for letter in "gh":
        page.evaluate(PRESSED, [PERSIAN_KEYS[letter], f"Key{letter.upper()}", False])
    page.wait_for_url("**/desk/handover")


def test_a_message_is_written_and_submitted_by_the_keyboard_alone(admin: Browser, opened: Open) -> None:
    officer = begun(admin, opened, "Message", "X-PAK sends a message.")
    officer.window.tab_to("Words")
    officer.page.keyboard.type(TEXT)
    officer.window.tab_to("Submit for review")
    officer.window.press("Enter")
    expect(officer.page.locator("#standing")).to_have_text("in review")
    expect(officer.page.locator("#reading")).to_contain_text(TEXT)


def test_what_stands_in_the_way_is_reached_by_the_keyboard_alone(admin: Browser, opened: Open) -> None:
    officer = begun(admin, opened, "Incident", "X-PAK reports an incident")
    officer.window.tab_to("Submit for review")
    officer.window.press("Enter")
    expect(officer.page.locator("#errors")).to_be_focused()
    officer.window.press("Tab", "Enter")
    expect(officer.page.locator("#writing :focus")).to_have_count(1)


def stops(page: Page, key: str) -> list[int]:
    """Go round a page by one key, until the focus leaves it or comes back to where it began."""
    most = page.evaluate(f"() => {STOPS}(document).length")
    found: list[int] = []
    for _ in range(most + 10):
        page.keyboard.press(key)
        at = page.evaluate(AT)
        if at in (-1, *found[:1]):
            break
        found.append(at)
    return found


@pytest.mark.parametrize("path", LONG)
def test_no_page_holds_the_focus_fast(admin: Browser, opened: Open, home: House, path: str) -> None:
    mapped(home)
    officer = entered(admin, opened(), Role.DRAFTER, Role.DUTY_OFFICER, post=POST)
    page = officer.go(path)
    page.wait_for_load_state("networkidle")
    there = stops(page, "Tab")
    assert len(there) == len(set(there)) > len("menu")
    page.evaluate("() => document.activeElement.blur()")
    back = stops(page, "Shift+Tab")
    assert set(back) >= set(there) - {0}
