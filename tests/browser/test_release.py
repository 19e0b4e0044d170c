"""From a draft to the other side, in Chromium: one officer writes, another reads, a third releases by passkey."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from rabita.client import calls
from rabita.services.officers import Role
from rabita.services.terms import BOUNDARY
from tests.browser.conftest import Open, Staff
from tests.browser.flow import KEPT, POST, WORDS, begun, drafted, queued, reviewed, saved, signed, submitted, written
from tests.browser.people import entered
from tests.gateways.browser import Browser
from tests.gateways.people import DAY_MS, House, Side
from tests.services.release_house import SOIL

pytestmark = pytest.mark.sockets


def test_one_drafts_another_reviews_a_third_releases_and_the_other_side_verifies(home: House, staff: Staff) -> None:
    drafter, reviewer, releaser = staff
    draft = drafted(drafter, WORDS, KEPT)
    reviewed(reviewer, draft)
    page = queued(releaser, draft)
    page.get_by_label("Precedence").select_option("PRIORITY")
    expect(page.locator("#digest")).to_be_visible()
    expect(page.locator(".leaving")).to_contain_text(WORDS)
    expect(page.locator(".leaving")).not_to_contain_text(KEPT)
    expect(page.locator(".staying")).to_contain_text(KEPT)
    digest = page.locator("#digest").inner_text()
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    expect(page.locator("#outcome")).to_be_focused()
    reference = page.locator("#outcome .code").inner_text()
    home.settle()
    for side in home.sides:
        with side.http() as http:
            view = http.get(f"/lines/{side.line}/entries/{reference}").json()
        assert view["act_digest"] == digest
        assert view["summary"]["lane"] == "PRIORITY"
        assert [(each["role"], each["post"], each["standing"]) for each in view["approvals"]] == [
            ("releaser", POST, "verified")
        ]
        assert [each["text"] for each in view["portions"] if each["state"] == "sent"] == [WORDS]
    with home.sides[1].http() as http:
        assert KEPT not in http.get(f"/lines/{home.sides[1].line}/entries/{reference}").text
    page = drafter.go(f"/desk/draft#{draft}")
    expect(page.locator("#standing")).to_have_text("released and sealed")


def test_it_is_returned_with_a_comment_and_mended(staff: Staff) -> None:
    drafter, reviewer, releaser = staff
    draft = drafted(drafter)
    reviewed(reviewer, draft)
    page = queued(releaser, draft)
    page.get_by_role("button", name="Return with the comment").click()
    expect(page.locator("#said")).to_have_text("Say why it is returned.")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.get_by_label("Comment").fill("At which hour?")
    page.get_by_role("button", name="Return with the comment").click()
    page.wait_for_url("**/desk/release")
    page = drafter.go("/desk/drafts")
    page.get_by_label("Show").select_option("returned")
    page.locator(f"#list a[href$='{draft}']").click()
    expect(page.locator("#history")).to_contain_text("At which hour?")
    written(page, f"{WORDS} Local time is +5.")
    page.get_by_role("button", name="Show version").last.click()
    expect(page.locator("#older")).to_contain_text(WORDS)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#standing")).to_have_text("in review")


def test_what_is_missing_is_said_in_a_summary_that_takes_the_focus(staff: Staff) -> None:
    page = begun(staff[0], "accreditation", "nominate")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#errors")).to_be_focused()
    link = page.locator("#errors").get_by_role("link").first
    link.focus()
    staff[0].window.press("Enter")
    assert page.evaluate("document.activeElement.id").startswith("said.fields.")
    expect(page.locator("#standing")).to_have_text("being written")


def test_who_writes_beside_another_is_told_and_loses_nothing(staff: Staff) -> None:
    drafter, _, releaser = staff
    page = begun(drafter)
    written(page, WORDS)
    other = releaser.go(f"/desk/draft#{page.url.partition('#')[2]}")
    expect(other.get_by_label("Words")).to_have_value(WORDS)
    written(other, "Another's words.")
    page.get_by_label("Words").fill("Mine.")
    expect(page.locator("#kept")).to_contain_text("Not saved.")
    expect(page.get_by_label("Words")).to_have_value("Mine.")


def test_a_dropped_draft_is_asked_for_twice_and_has_no_words_left(staff: Staff) -> None:
    page = begun(staff[0])
    written(page, WORDS)
    draft = page.url.partition("#")[2]
    page.get_by_role("button", name="Drop").click()
    page.get_by_role("button", name="Press again").click()
    page.wait_for_url("**/desk/drafts")
    page = staff[0].go(f"/desk/draft#{draft}")
    expect(page.locator("#standing")).to_have_text("dropped")
    assert WORDS not in page.content()


def test_four_eyes_who_wrote_it_is_shown_no_button_that_works(admin: Browser, staff: Staff, opened: Open) -> None:
    both = entered(admin, opened(), Role.DRAFTER, Role.RELEASER, post=POST)
    draft = drafted(both)
    reviewed(staff[1], draft)
    page = both.go(f"/desk/release#{draft}")
    expect(page.locator("#said")).not_to_be_empty()
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_disabled()


@pytest.mark.parametrize("deed", ["suspend", "revoke", "dismiss"])
def test_who_is_kept_out_between_looking_and_signing_releases_nothing(
    admin: Browser, staff: Staff, opened: Open, deed: str
) -> None:
    drafter, reviewer, _ = staff
    releaser = entered(admin, opened(), Role.RELEASER, post=POST)
    draft = drafted(drafter)
    reviewed(reviewer, draft)
    page = queued(releaser, draft)
    if deed == "dismiss":
        (tenure,) = admin.get(f"/officers/{releaser.id}").json()["tenures"]
        assert admin.post(f"/officers/{releaser.id}/tenures/{tenure['id']}/end").status_code == 200
    else:
        assert admin.post(f"/officers/{releaser.id}/{deed}").status_code == 200
    signed(page)
    expect(page.locator("#said")).not_to_have_text("Waiting for your passkey …")
    expect(page.locator("#said")).not_to_be_empty()
    expect(page.locator("#outcome")).to_be_hidden()
    shown = drafter.go(f"/desk/draft#{draft}")
    expect(shown.locator("#standing")).to_have_text("waiting for release")


def test_an_act_of_consent_waits_for_the_ministry_and_two_officers(
    admin: Browser, home: House, staff: Staff, opened: Open
) -> None:
    drafter, reviewer, releaser = staff
    ministry = entered(admin, opened(), Role.FOREIGN_MINISTRY_DESK, post="MINISTRY")
    second = entered(admin, opened(), Role.RELEASER, post=POST)
    start_ms = (home.sides[0].now_ms // DAY_MS + 1) * DAY_MS
    window = {"start_ms": start_ms, "end_ms": start_ms + DAY_MS}
    area = {"area": SOIL, "edition": BOUNDARY.digest}
    with home.sides[1].client() as client:
        fields = {"purpose": "rescue", "area": area, "window": window}
        asked = client.ask(calls.say(home.sides[1].line, "notice", "ask consent", fields=fields))
    home.settle()
    page = begun(drafter, "notice", "consent")
    page.get_by_label("What it answers").fill(asked.digest)
    page.get_by_label("Area").fill("\n".join(f"{lon / 10**6}, {lat / 10**6}" for lon, lat in SOIL))
    page.get_by_label("Edition").fill(BOUNDARY.digest)
    for label, at_ms in (("Start", window["start_ms"]), ("End", window["end_ms"])):
        page.get_by_label(label).fill(datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    saved(page)
    draft = submitted(page)
    reviewed(reviewer, draft)
    for officer in (ministry, releaser):
        page = queued(officer, draft)
        signed(page)
        expect(page.locator("#outcome")).to_contain_text("Your approval is noted. It waits for others.")
    page = queued(second, draft)
    expect(page.locator("#approvals")).to_contain_text("foreign ministry (MINISTRY)")
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")


def test_a_session_that_ended_loses_no_words_while_the_page_is_open(admin: Browser, side: Side, opened: Open) -> None:
    drafter = entered(admin, opened(), Role.DRAFTER, post=POST)
    page = begun(drafter)
    written(page, WORDS)
    (cookie,) = drafter.window.context.cookies()
    session = cookie["value"].partition("_")[0]
    assert admin.post(f"/access/sessions/{session}/end").status_code == 200
    page.get_by_label("Words").fill(f"{WORDS} And more.")
    expect(page.locator("#kept")).to_contain_text("not signed in")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#standing")).to_have_text("being written")
    expect(page.get_by_label("Words")).to_have_value(f"{WORDS} And more.")
    stolen = Browser(side, cookie=f"{cookie['name']}={cookie['value']}")
    assert stolen.get("/drafts").status_code == 401
