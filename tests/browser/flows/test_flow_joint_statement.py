"""A joint statement in parallel languages: drafted, redlined with the line cut, adopted by both under one digest."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.flows.seen import reads, sign, stands
from tests.browser.two_sides import Form, TwoSides

pytestmark = pytest.mark.sockets

DRAFT: Final = {
    "en": "Both sides respect each other's territory.",
    "ur": "دونوں فریق ایک دوسرے کی سرزمین کا احترام کرتے ہیں۔",
    "fa": "دو طرف به سرزمین یکدیگر احترام می‌گذارند.",
}
REDLINED: Final = {
    "en": "Both sides respect each other's sovereignty and territorial integrity.",
    "ur": "دونوں فریق ایک دوسرے کی خودمختاری اور علاقائی سالمیت کا احترام کرتے ہیں۔",
    "fa": "دو طرف به حاکمیت و تمامیت ارضی یکدیگر احترام می‌گذارند.",
}
ADOPTED: Final = "Both sides adopted one text; it is not published yet."


def texts(form: Form, said: dict[str, str]) -> Form:
    """Write the whole text, in every language side by side."""
    form.choose("Occasion", "de-escalation")
    for number, (code, text) in enumerate(said.items()):
        if number:
            form.add("Portion")
        form.words(text, code, number)
    return form


def test_one_text_in_three_languages_is_adopted_by_both(both: TwoSides) -> None:
    us, them = both.desks
    draft = us.sealed(texts(us.begun("joint-statement", "draft"), DRAFT))
    both.settle()
    both.cut()
    redline = them.sealed(texts(them.begun("joint-statement", "redline", draft), REDLINED))
    both.waits(them, redline)
    both.restore()
    page = us.entry(redline)
    for code, text in REDLINED.items():
        reads(page, text, code)
    assert [each["text"] for each in us.view(redline)["portions"]] == [*REDLINED.values()]
    for desk in both:
        sign(both, desk, redline, "adopt")
    digest = us.view(redline)["act_digest"]
    assert digest == them.view(redline)["act_digest"]
    for desk in both:
        page = stands(desk, draft, ADOPTED)
        joint = page.locator("section").filter(has=page.locator("#joint-head"))
        expect(joint).to_contain_text(desk.say("There is one statement of both sides."))
        expect(joint).to_contain_text(desk.say("Both sides have signed; it stands."))
        expect(joint.locator(f"a[href*='{digest}']")).to_be_visible()
