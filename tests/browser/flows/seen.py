"""What a desk shows of a procedure, as flows look at it: where a case stands, and words as they were written."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.two_sides import Desk, TwoSides

DIRECTION = {"en": "ltr", "ur": "rtl", "fa": "rtl"}
SHOWN = """found => found.map((each) => [each.dataset.said ?? each.textContent, getComputedStyle(each).direction])"""


def reads(at: Page | Locator, text: str, code: str) -> None:
    """See words exactly as they were written, in their own language and direction."""
    shown = at.locator(f".text .written[lang='{code}']")
    expect(shown.first).to_be_visible()
    assert [text, DIRECTION[code]] in shown.evaluate_all(SHOWN)


def stands(desk: Desk, reference: str, sentence: str, **parties: str) -> Page:
    """See in words where the case of an act stands; *parties* fill the sentence's places."""
    page = desk.case(reference)
    expect(page.locator("#standing .what")).to_contain_text(desk.say(sentence, **parties))
    return page


def sign(both: TwoSides, desk: Desk, reference: str, act: str) -> str:
    """Sign the newest text of a case by the button of the case's page, and wait until the other side holds that."""
    page = desk.case(reference)
    desk.hand.press(page.locator(f"[data-begin][data-act='{act}']"))
    signed = desk.sealed(desk.form(page))
    both.settle()
    return signed
