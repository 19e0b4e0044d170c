"""Words that would be markup, script or disguise: they are shown as words on every page that shows them."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from rabita.services.officers import Role
from tests.browser.conftest import Open
from tests.browser.flow import POST, begun, queued, saved, signed, submitted
from tests.browser.people import entered
from tests.gateways.browser import Browser
from tests.gateways.people import House

pytestmark = pytest.mark.sockets

HOSTILE: Final = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "\"'><svg onload=alert(3)>` ${alert(4)} {{alert(5)}} javascript:alert(6)",
    "<b onclick=alert(7)>سرحد پر گاڑیاں</b> \u202eexe.txt\u202c \u2066x\u2069",
    "می\u200cخواهیم <iframe srcdoc='<script>alert(8)</script>'> ز\u200dن \u200f\u061c",
)
TEXT: Final = "\n".join(HOSTILE)
FOREIGN: Final = "img, iframe, svg, b, script:not([src^='/static/']):not(#words)"


def as_words(page: Page, *texts: str) -> None:
    """See that the page shows these as words: nothing of them became an element, what reorders text is spelled out."""
    shown = page.locator(".written").all_inner_texts()
    for text in texts:
        spelled = "".join(
            f"U+{ord(each):04X}" if each in "\u202e\u202c\u2066\u2069\u200f\u061c" else each for each in text
        )
        assert any(spelled in each for each in shown), (spelled, shown)
    assert page.locator(FOREIGN).count() == 0


def test_hostile_words_stay_words_from_draft_to_release(admin: Browser, home: House, opened: Open) -> None:
    drafter = entered(admin, opened(), Role.DRAFTER, post=POST, name="<img src=x onerror=alert(9)>")
    reviewer = entered(admin, opened(), Role.REVIEWER, post=POST)
    releaser = entered(admin, opened(), Role.RELEASER, post=POST)
    expect(drafter.page.locator("#who")).to_contain_text("<img src=x onerror=alert(9)>")
    page = begun(drafter)
    page.get_by_label("Words").fill(TEXT)
    saved(page)
    for label in ("What it answers", "Subjects"):
        page.get_by_label(label).fill(HOSTILE[0])
        expect(page.locator("#found .refuses").first).to_be_visible()
        as_words(page)
        page.get_by_label(label).fill("")
        saved(page)
    page.get_by_label("Marking", exact=True).fill(HOSTILE[0])
    expect(page.locator("#kept")).to_contain_text("Not saved.")
    as_words(page)
    page.get_by_label("Marking", exact=True).fill("")
    saved(page)
    draft = submitted(page)
    page = reviewer.go(f"/desk/review#{draft}")
    page.get_by_label("Comment").fill(TEXT)
    as_words(page, *HOSTILE)
    page.get_by_role("button", name="Pass on to release").click()
    page.wait_for_url("**/desk/review")
    page = queued(releaser, draft)
    as_words(page, *HOSTILE)
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    as_words(page, *HOSTILE)
    home.settle()


def test_hostile_words_about_officers_stay_words(admin: Browser, opened: Open) -> None:
    security = entered(admin, opened(), Role.ADMINISTRATOR, Role.SECURITY_OFFICER)
    page = security.go("/desk/officers")
    page.get_by_label("Name").fill(HOSTILE[0])
    page.get_by_label("drafter").check()
    page.get_by_label("At the post").fill("<b>POST</b>")
    page.get_by_role("button", name="Make a one-time code").click()
    expect(page.locator("#code")).to_contain_text("The one-time code, shown this once:")
    expect(page.locator("#list")).to_contain_text(HOSTILE[0])
    assert page.locator(FOREIGN).count() == 0
    page.get_by_label("Name").fill(HOSTILE[3])
    page.get_by_role("button", name="Make a one-time code").click()
    expect(page.locator("#said")).to_contain_text("officer")
    assert page.locator(FOREIGN).count() == 0


def test_an_address_cannot_make_a_page_ask_for_anything_else(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    for fragment in (
        "../access/sessions",
        "..%2Faccess%2Fsession",
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
    ):
        page = officer.go("/")
        page = officer.go(f"/desk/draft#{fragment}")
        expect(page.locator("#said")).not_to_be_empty()
        assert page.locator(FOREIGN).count() == 0
    assert not [each for each in officer.window.asked if each.endswith(("/access/sessions", "/x"))]
