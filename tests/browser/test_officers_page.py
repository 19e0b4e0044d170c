"""The page of officers: whoever is invited, appointed, dismissed, given another code or linked, is so on the node."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from rabita.app.officers import origin_of
from rabita.services.officers import Role
from tests.browser.chromium import Chromium
from tests.browser.conftest import Open
from tests.browser.people import Officer, enrolled, entered, signed_in
from tests.gateways.browser import Browser, first_officer, told
from tests.gateways.people import House, house

pytestmark = pytest.mark.sockets

OWN: Final = "Nobody does this for themselves"
RELEASE: Final = "#menu a[href='/desk/release']"
LASTING: Final = "2031-05-01 06:00"


def chief(admin: Browser, opened: Open) -> Officer:
    return entered(admin, opened(), Role.ADMINISTRATOR, Role.SECURITY_OFFICER, name="Ch. Ief")


def line_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def listed(officer: Officer) -> Page:
    page = officer.go("/desk/officers")
    expect(line_of(page, officer.id[:8])).to_have_count(1)
    return page


def appointed(page: Page, name: str, post: str, role: str, until: str = "") -> None:
    form = page.locator("#appoint")
    option = form.get_by_label("Officer").locator("option").filter(has_text=name)
    form.get_by_label("Officer").select_option(option.get_attribute("value"))
    form.get_by_label("At which post").fill(post)
    form.get_by_label("Role").select_option(role)
    form.get_by_label("Until").fill(until)
    form.get_by_role("button", name="Appoint").click()


def twice(node: Locator) -> None:
    node.click()
    node.page.get_by_role("button", name="Press again").click()


def test_an_officer_is_appointed_to_a_post_and_dismissed_from_it(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER, name="App. Ointed")
    page = listed(chief(admin, opened))
    appointed(page, "App. Ointed", "LO-TURBAT", "releaser", LASTING)
    expect(page.locator("#said")).to_have_text("Done.")
    expect(line_of(page, "App. Ointed")).to_contain_text("releaser · LO-TURBAT until 1 May 2031 06:00Z")
    held = {(each["role"], each["post"]) for each in admin.get(f"/officers/{officer.id}").json()["tenures"]}
    assert held == {("drafter", "home"), ("releaser", "LO-TURBAT")}
    expect(officer.go("/sessions").locator(RELEASE)).to_be_attached()
    twice(page.get_by_role("button", name="End releaser LO-TURBAT App. Ointed"))
    expect(line_of(page, "App. Ointed")).not_to_contain_text("LO-TURBAT")
    expect(officer.go("/sessions").locator("#menu a[href='/desk/drafts']")).to_be_attached()
    expect(officer.page.locator(RELEASE)).to_have_count(0)


def test_nobody_appoints_themselves(admin: Browser, opened: Open) -> None:
    officer = chief(admin, opened)
    page = listed(officer)
    appointed(page, officer.id[:8], "HQ", "releaser")
    expect(page.locator("#said")).to_contain_text(OWN)
    expect(line_of(page, officer.id[:8])).not_to_contain_text("HQ")


def test_whoever_has_no_passkey_yet_is_given_another_code(admin: Browser, opened: Open) -> None:
    invited = admin.post("/officers", {"name": "L. Ate", "roles": ["drafter"]}).json()
    page = listed(chief(admin, opened))
    twice(page.get_by_role("button", name="New code L. Ate"))
    expect(page.locator("#code")).to_be_focused()
    code = page.locator("#code .code").inner_text()
    assert code != invited["code"]
    window = opened()
    enrolled(window, code)
    signed_in(window)
    page.reload()
    expect(page.get_by_role("button", name="Suspend L. Ate")).to_be_visible()
    expect(page.get_by_role("button", name="New code L. Ate")).to_have_count(0)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Run a pair whose officers may sign in by an identity provider, which nobody asks here."""
    folder = tmp_path_factory.mktemp("linked")
    with house(folder, oidc_issuer="https://id.example", oidc_name="Nation ID", oidc_client_id="rabita") as found:
        yield found


def test_an_officer_is_linked_to_the_provider_where_there_is_one(
    chromium: Chromium, linked: House, admin: Browser, opened: Open
) -> None:
    expect(listed(chief(admin, opened)).locator("#linking")).to_be_hidden()
    side = linked.sides[0]
    first = first_officer(side)
    other = told(first.post("/officers", {"name": "L. Inked", "roles": ["drafter"]}))["officer"]
    window = chromium.open(origin_of(side.settings, side.web.address[1]))
    page = listed(entered(first, window, Role.ADMINISTRATOR))
    form = page.locator("#link")
    for subject in ("n-1024", ""):
        form.get_by_label("Officer").select_option(other)
        form.get_by_label("What the provider calls them").fill(subject)
        form.get_by_role("button", name="Link").click()
        expect(page.locator("#said")).to_have_text("Done.")
        expect(line_of(page, "L. Inked").get_by_text("n-1024")).to_have_count(1 if subject else 0)
        assert told(first.get(f"/officers/{other}"))["identity"] == subject
    window.close()
