"""The watch in Chromium: live without loading anew, the alarm, putting off, the keyboard, languages."""

import pytest
from playwright.sync_api import Page, expect

from rabita.client import calls
from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser, people_of
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

DESK = (1366, 768)
SOUND = "() => document.getElementById('arm').dataset.armed"
ABOVE = """(names) => names.every((each) => {
  const box = document.querySelector(each).getBoundingClientRect();
  return box.top >= 0 && box.top < innerHeight;
})"""


def on_watch(admin: Browser, opened: Open, path: str = "/desk") -> Officer:
    """Let a duty officer come in, and open a page that is live."""
    officer = entered(admin, opened(DESK), Role.DUTY_OFFICER, Role.DRAFTER, post="DUTY-ROOM", name="Duty Officer")
    live(officer.go(path))
    return officer


def live(page: Page) -> None:
    expect(page.locator("#heard")).to_have_attribute("data-state", "live")


def said(home: House, text: str, precedence: str) -> str:
    """Let the other side say something; gives its reference."""
    with home.sides[1].client() as client:
        told = client.ask(
            calls.say(home.sides[0].line, "message", "send", precedence=precedence, portions=[{"text": text}])
        )
    home.settle()
    return told.reference


def chosen(page: Page, name: str, value: str) -> None:
    """Choose something on the page of settings; whatever changes how pages are written loads it anew."""
    page.goto("/desk/settings")
    live(page)
    with page.expect_event("load"):
        page.locator(f"input[name='{name}'][value='{value}']").check()
    live(page)


def test_what_comes_in_shows_by_itself_and_flash_stands_on_top(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    page = watch.page
    page.evaluate("document.body.dataset.here = 'still'")
    flash = said(home, "Stop firing.", "FLASH")
    expect(page.locator("#rings")).to_contain_text(flash)
    expect(page.locator("#alarm")).to_contain_text("Rings")
    assert page.title().startswith("▲")
    assert page.evaluate("document.body.dataset.here") == "still"
    assert page.evaluate(ABOVE, ["#rings .ring", "#lines .line", "#ours"])
    routine = said(home, "When convenient.", "ROUTINE")
    expect(page.locator("#ours")).to_contain_text(routine)
    expect(page.locator("#ours .count").first).not_to_be_empty()


def test_the_alarm_is_armed_by_one_press_and_says_whether_it_is(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    said(home, "Stop firing now.", "FLASH")
    page = watch.go("/desk")
    button = page.locator("#arm")
    button.click()
    expect(button).to_have_text("Alarm armed: try its sound")
    assert page.evaluate(SOUND) == "yes"
    expect(page.locator("#alarm a")).to_have_attribute("href", "/desk")


def test_half_an_answer_to_the_alarm_is_told_as_none(admin: Browser, opened: Open) -> None:
    page = on_watch(admin, opened).page
    half = '{"ringing": ['
    page.route("**/desk/alarm", lambda route: route.fulfill(content_type="application/json", body=half))
    page.reload()
    expect(page.locator("#alarm")).to_contain_text("The alarm hears nothing")


def test_what_has_the_focus_keeps_it_when_a_part_is_renewed(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    said(home, "One.", "ROUTINE")
    page = watch.go("/desk")
    link = page.locator("#ours a").first
    link.focus()
    key = link.get_attribute("data-key")
    said(home, "Two.", "ROUTINE")
    reference = said(home, "Three.", "ROUTINE")
    expect(page.locator("#ours")).to_contain_text(reference)
    assert page.evaluate("document.activeElement.dataset.key") == key


def test_putting_off_needs_a_reason_and_is_taken_back(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    reference = said(home, "Please confirm.", "PRIORITY")
    page = watch.go("/desk")
    row = page.locator("#ours .owed > li").filter(has_text=reference)
    row.get_by_text("Put off").first.click()
    row.get_by_label("Why").fill("The colonel calls them.")
    row.get_by_role("button", name="Put off").click()
    off = page.locator("#ours .owed.off > li").filter(has_text=reference)
    expect(off).to_contain_text("The colonel calls them.")
    expect(off).to_contain_text("Duty Officer")
    off.get_by_role("button").click()
    expect(page.locator("#ours .owed.off > li").filter(has_text=reference)).to_have_count(0)
    expect(page.locator("#ours .owed > li").filter(has_text=reference)).to_have_count(1)


def test_an_acknowledgement_begins_as_a_draft(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    reference = said(home, "Hear us.", "IMMEDIATE")
    page = watch.go("/desk")
    page.locator("#ours .owed > li").filter(has_text=reference).get_by_role("button", name="Acknowledge").click()
    page.wait_for_url("**/desk/draft#*")


def test_a_lost_node_is_told_in_words_and_so_is_its_return(admin: Browser, opened: Open) -> None:
    watch = on_watch(admin, opened)
    page = watch.page
    watch.window.context.set_offline(True)
    expect(page.locator("#heard")).to_have_attribute("data-state", "lost")
    expect(page.locator("#heard")).to_contain_text("No connection to this node since")
    expect(page.locator("#said")).to_contain_text("No connection")
    watch.window.context.set_offline(False)
    expect(page.locator("#heard")).to_have_attribute("data-state", "live")
    expect(page.locator("#said")).to_contain_text("The connection is back")


def test_whoever_was_signed_out_is_told_that_nothing_is_live(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    people = people_of(home.sides[0])
    for each in people.sessions(watch.id):
        people.end_session(each.id)
    expect(watch.page.locator("#heard")).to_have_attribute("data-state", "out")
    expect(watch.page.locator("#alarm")).to_contain_text("The alarm hears nothing")
    expect(watch.page.get_by_role("link", name="Sign in")).to_be_visible()


def test_the_keyboard_goes_everywhere_and_can_be_turned_off(admin: Browser, opened: Open, home: House) -> None:
    watch = on_watch(admin, opened)
    said(home, "For the rows.", "ROUTINE")
    page = watch.go("/desk")
    watch.window.press("g", "h")
    page.wait_for_url("**/desk/handover")
    watch.window.press("g", "w")
    page.wait_for_url("**/desk")
    watch.window.press("j")
    first = page.evaluate("document.activeElement.dataset.key")
    watch.window.press("j")
    assert page.evaluate("document.activeElement.dataset.key") not in (None, first)
    watch.window.press("k")
    assert page.evaluate("document.activeElement.dataset.key") == first
    watch.window.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go to: Handover")
    watch.window.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    watch.window.press("Control+k")
    page.get_by_role("combobox").fill("direct")
    watch.window.press("Enter")
    page.wait_for_url("**/desk/directory")
    chosen(page, "shortcuts", "off")
    watch.window.press("g", "w")
    watch.window.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    assert page.url.endswith("/desk/settings")


def test_two_officers_sign_a_handover_each_with_their_passkey(admin: Browser, opened: Open) -> None:
    watch = on_watch(admin, opened, "/desk/handover")
    watch.page.get_by_label("What the next watch should know").fill("All quiet.")
    watch.page.get_by_label("Hands over: the post").select_option("DUTY-ROOM")
    watch.page.get_by_label("Takes over: the post").select_option("DUTY-ROOM")
    watch.page.get_by_role("button", name="Write down what is open now").click()
    watch.page.get_by_role("button", name="Sign as the one who hands over").click()
    expect(watch.page.locator(".signs .tag.good")).to_have_count(1)
    relief = entered(admin, opened(DESK), Role.DUTY_OFFICER, post="DUTY-ROOM", name="Relief Officer")
    page = relief.go("/desk/handover")
    expect(page.get_by_text("All quiet.")).to_be_visible()
    page.get_by_role("button", name="Sign as the one who takes over").click()
    page.wait_for_url("**/desk/handovers/*")
    expect(page.get_by_text("Both verify")).to_be_visible()
    expect(page.locator(".signs")).to_contain_text("Relief Officer")


def test_an_english_page_loads_no_letters_it_does_not_show(admin: Browser, opened: Open) -> None:
    watch = on_watch(admin, opened)
    watch.window.asked.clear()
    page = watch.go("/desk/directory")
    live(page)
    assert [each for each in watch.window.asked if each.endswith(".woff2")] == []
    chosen(page, "language", "fa")
    assert [each.rpartition("/")[2] for each in watch.window.asked if "vazirmatn" in each] != []
