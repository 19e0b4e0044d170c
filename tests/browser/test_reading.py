"""The pages that are read, in a browser: filters and views, drafts begun from a case, the replay, verifying, hints."""

import re

import pytest
from playwright.sync_api import expect

from rabita.services.officers import Role
from tests.browser.chromium import Window
from tests.browser.conftest import Open
from tests.browser.people import Officer, entered
from tests.desk.told import Talk
from tests.gateways.browser import Browser
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

FRIEND = "یہ حادثہ سرحد پر ہوا۔"


@pytest.fixture
def talk(home: House) -> Talk:
    return Talk(home)


def reader(admin: Browser, window: Window) -> Officer:
    return entered(admin, window, Role.DRAFTER, Role.DUTY_OFFICER)


def test_a_filter_goes_into_the_address_and_is_kept_as_a_view(opened: Open, admin: Browser) -> None:
    officer = reader(admin, opened())
    page = officer.go("/desk/traffic")
    page.get_by_label("Precedence").select_option("FLASH")
    page.get_by_label("Only what waits for our answer").check()
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**/desk/traffic?*")
    assert re.search(r"\?lane=FLASH&unacknowledged=true$", page.url)
    expect(page.get_by_label("Precedence")).to_have_value("FLASH")
    page.get_by_text("Views kept under a name").click()
    page.get_by_label("Name of this view").fill("Flash to answer")
    page.get_by_role("button", name="Keep this view").click()
    expect(page.locator(".kept a")).to_have_text("Flash to answer")
    officer.go("/desk/traffic")
    page.get_by_text("Views kept under a name").click()
    page.get_by_role("link", name="Flash to answer").click()
    page.wait_for_url("**/desk/traffic?lane=FLASH&unacknowledged=true")
    page.get_by_text("Views kept under a name").click()
    page.get_by_role("button", name="Drop the view Flash to answer").click()
    expect(page.get_by_role("link", name="Flash to answer")).to_have_count(0)


def test_several_entries_are_acknowledged_by_drafts_at_once(opened: Open, admin: Browser, talk: Talk) -> None:
    sent = [
        talk.say(1, "message", "send", portions=[{"text": f"Please confirm {n}.", "language": "en"}]) for n in (1, 2)
    ]
    officer = reader(admin, opened())
    page = officer.go("/desk/traffic?unacknowledged=true")
    for each in sent:
        page.get_by_label(f"Choose {each.reference}").check()
    expect(page.locator("#bulk")).to_contain_text("Chosen: 2.")
    page.get_by_role("button", name="Begin a draft to acknowledge each").click()
    page.wait_for_url("**/desk/drafts")
    expect(page.locator('#list a[href*="/desk/draft#"]').nth(1)).to_be_visible()


def test_an_answer_is_begun_from_a_case_and_gone_back_to(opened: Open, admin: Browser, talk: Talk) -> None:
    sent = talk.say(1, "message", "send", portions=[{"text": "Is it yours?", "language": "en"}])
    officer = reader(admin, opened())
    page = officer.go(f"/desk/case/{sent.case}")
    page.locator('[data-begin][data-act="acknowledge"]').click()
    page.wait_for_url("**/desk/draft#*")
    expect(page.locator("#writing")).to_be_visible()
    draft = page.url.partition("#")[2]
    page = officer.go(f"/desk/case/{sent.case}")
    expect(page.locator(f'a[href="/desk/draft#{draft}"]')).to_be_visible()


def test_a_list_tells_what_happens_by_itself_and_keeps_what_is_chosen(opened: Open, admin: Browser, talk: Talk) -> None:
    sent = talk.say(1, "message", "send", portions=[{"text": "First.", "language": "en"}])
    officer = reader(admin, opened())
    page = officer.go("/desk/traffic")
    page.get_by_label(f"Choose {sent.reference}").check()
    page.locator("h1").click()
    later = talk.say(1, "message", "send", portions=[{"text": "Second.", "language": "en"}])
    expect(page.get_by_role("link", name=later.reference)).to_be_visible()
    expect(page.get_by_label(f"Choose {sent.reference}")).to_be_checked()
    expect(page.locator("#bulk")).to_be_visible()


def test_the_days_are_replayed_by_keyboard(opened: Open, admin: Browser, talk: Talk) -> None:
    words = [{"text": "Talks are suspended.", "language": "en"}]
    talk.say(0, "measure", "declare", fields={"kind": "suspend-talks", "since_ms": 1_705_400_000_000}, portions=words)
    talk.message(fields=EXERCISE, kind="exercise")
    talk.message(fields={"exercise": {**EXERCISE["exercise"], "at_ms": 1_705_600_000_000}}, kind="exercise")
    officer = reader(admin, opened())
    page = officer.go("/desk/timeline?play=january-2024-1")
    days = page.locator("[data-day]")
    expect(days).to_have_count(2)
    officer.window.tab_to("Show up to this day")
    officer.window.press("Home")
    expect(days.nth(1)).to_be_hidden()
    expect(page.locator("#reached")).to_have_text("16 Jan 2024")
    page.get_by_role("button", name="Play", exact=True).press("Enter")
    expect(days.nth(1)).to_be_visible()
    expect(page.locator("#said")).to_have_text("The replay has come to its last day.")
    page.get_by_role("button", name="Together").press("Enter")
    expect(page.locator("#days")).not_to_have_class(re.compile("apart"))


EXERCISE = {
    "exercise": {
        "scenario": "january-2024-1",
        "inject": "i1",
        "at_ms": 1_705_400_000_000,
        "hour": "assumed",
        "source": "own",
        "source_kind": "exercise",
    }
}


def test_a_transcript_is_verified_on_its_page(opened: Open, admin: Browser, talk: Talk) -> None:
    talk.message()
    page = reader(admin, opened()).go("/desk/transcript")
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("#verdict")).to_contain_text("Genuine")
    expect(page.locator("#verdict table")).to_be_visible()
    expect(page.locator("#progress")).to_be_hidden()


def test_a_false_friend_in_an_entry_opens_by_keyboard(opened: Open, admin: Browser, talk: Talk) -> None:
    sent = talk.message(FRIEND)
    page = reader(admin, opened()).go(f"/desk/entry/{sent.reference}")
    word = page.locator("button.friend").first
    word.press("Enter")
    expect(page.locator(".friend-hint").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".friend-hint").first).to_be_hidden()
    expect(page.locator(".text").first).to_contain_text("سرحد پر ہوا")
