"""What policy makes of release, in the browser: a FLASH by one officer alone, and personal data with their reviewer."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from rabita.app.officers import origin_of
from rabita.services.officers import Role
from tests.browser.chromium import Chromium, Window
from tests.browser.conftest import Open, Staff
from tests.browser.flow import POST, begun, queued, reviewed, saved, signed, submitted
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser, first_officer
from tests.gateways.people import DAY_MS, House, Side, house
from tests.services.test_release import flash_alone

pytestmark = pytest.mark.sockets

WATCH = (Role.RELEASER, Role.DUTY_OFFICER)
FIRED_UPON = "Our post at Jalq is being fired upon. Cease fire."


@pytest.fixture(scope="module")
def lax(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run a pair whose policies let a duty officer send a FLASH alone."""
    folder = tmp_path_factory.mktemp("lax")
    with house(folder, policy_dir=flash_alone(folder / "policies")) as found:
        yield found


@pytest.fixture
def laxly(chromium: Chromium, lax: House) -> Iterator[Officer]:
    """Give a duty officer of that pair."""
    side = lax.sides[0]
    windows: list[Window] = []

    def come_in() -> Officer:
        windows.append(chromium.open(origin_of(side.settings, side.web.address[1])))
        return entered(first_officer(side), windows[0], *WATCH, post=POST)

    yield chromium.run(come_in)
    chromium.end(windows)


def flash(officer: Officer) -> Page:
    """Write a FLASH oneself, and go on to release it at once."""
    page = begun(officer)
    page.get_by_label("Words").first.fill(FIRED_UPON)
    page.get_by_label("Precedence").select_option("FLASH")
    saved(page)
    page.get_by_role("link", name="Release this FLASH at once").click()
    page.wait_for_url("**/desk/release#*")
    return page


def test_a_flash_goes_by_one_officer_where_policy_says_so(lax: House, chromium: Chromium, laxly: Officer) -> None:
    del chromium  # the browser on whose thread this runs
    page = flash(laxly)
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_enabled()
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    reference = page.locator("#outcome .code").inner_text()
    lax.settle()
    for side in lax.sides:
        with side.http() as http:
            view = http.get(f"/lines/{side.line}/entries/{reference}").json()
        assert view["summary"]["lane"] == "FLASH"
        assert [each["standing"] for each in view["approvals"]] == ["verified"]


def test_a_flash_by_one_officer_is_refused_where_policy_does_not(admin: Browser, staff: Staff, opened: Open) -> None:
    watch = entered(admin, opened(), *WATCH, post=POST)
    page = flash(watch)
    expect(page.locator("#said")).to_contain_text("No policy allows anyone to")
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_disabled()
    draft = page.url.partition("#")[2]
    page = watch.go(f"/desk/draft#{draft}")
    submitted(page)
    page = staff[2].go(f"/desk/release#{draft}")
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_enabled()
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")


def with_personal_data(drafter: Officer, side: Side) -> str:
    """Draft a message with personal data in it and submit it; gives the draft's id."""
    until = datetime.fromtimestamp((side.now_ms + 10 * DAY_MS) / 1000, UTC)
    page = begun(drafter)
    page.get_by_label("Words").first.fill("Asma, 9, of Jiwani is missing since Tuesday.")
    page.get_by_label("Includes: Personal data").check()
    page.get_by_label("Purpose").select_option("humanitarian")
    page.get_by_label("Category").select_option("missing")
    page.get_by_label("Kept until").fill(f"{until:%Y-%m-%d}T06:00:00")
    saved(page)
    return submitted(page)


def test_personal_data_leave_once_their_reviewer_has_passed_them(
    admin: Browser, side: Side, staff: Staff, opened: Open
) -> None:
    drafter, reviewer, releaser = staff
    guard = entered(admin, opened(), Role.DATA_PROTECTION_REVIEWER)
    draft = with_personal_data(drafter, side)
    reviewed(reviewer, draft)
    page = releaser.go(f"/desk/release#{draft}")
    expect(page.locator("#said")).to_contain_text("A data-protection reviewer has to review the personal data first.")
    expect(page.get_by_role("button", name="Release with my passkey")).to_be_disabled()
    reviewed(guard, draft)
    page = queued(releaser, draft)
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    expect(page.locator("#history")).to_contain_text("personal data reviewed")
