"""Release with four eyes: whoever wrote it neither reviews nor releases it, and is told so; another's passkey does."""

from typing import Final

import pytest
from playwright.sync_api import expect

from rabita.policy.cedar import NOBODY
from tests.browser.flows.seen import reads
from tests.browser.two_sides import POST, TwoSides

pytestmark = pytest.mark.sockets

WORDS: Final = {
    "en": "Two of our patrols pass the crossing at Taftan tomorrow at six.",
    "ur": "ہماری دو گشتی ٹولیاں کل چھ بجے تفتان کی گزرگاہ سے گزریں گی۔",
    "fa": "دو گشت ما فردا ساعت شش از گذرگاه تفتان می‌گذرند.",
}
KEPT: Final = {
    "en": "Our men there are few.",
    "ur": "وہاں ہمارے آدمی کم ہیں۔",
    "fa": "نفرات ما در آنجا کم است.",
}
FOUR_EYES: Final = "Whoever wrote any of it neither reviews nor releases it; another officer has to."


def test_who_wrote_it_releases_nothing_and_another_does(both: TwoSides) -> None:
    us, them = both.desks
    form = us.begun("message", "send", by="author").words(WORDS[us.code], us.code).add("Portion")
    form.choose("What it is", "text", 1).words(KEPT[us.code], us.code, 1).tick("Withheld: stays at this node", 1)
    draft = form.submitted()
    page = us.go(f"/desk/review#{draft}", "author")
    us.hand.press(us.button(page, "Pass on to release"))
    expect(page.locator("#said")).to_contain_text(us.say(FOUR_EYES))
    us.reviewed(draft)
    page = us.go(f"/desk/release#{draft}", "author")
    expect(page.locator("#said")).to_contain_text(us.say(NOBODY))
    expect(us.button(page, "Release with my passkey")).to_be_disabled()
    both.cut()
    page = us.go(f"/desk/release#{draft}", "releaser")
    expect(page.locator(".leaving")).to_contain_text(WORDS[us.code])
    expect(page.locator(".staying")).to_contain_text(KEPT[us.code])
    reference = us.reference(us.released(draft))
    both.waits(us, reference)
    both.restore()
    page = them.entry(reference)
    reads(page, WORDS[us.code], us.code)
    assert KEPT[us.code] not in page.content()
    expect(page.locator("#proof")).to_contain_text(them.say("An officer approved exactly these bytes:"))
    view = them.view(reference)
    assert [(each["role"], each["post"], each["standing"]) for each in view["approvals"]] == [
        ("releaser", POST, "verified")
    ]
    assert [each["state"] for each in view["portions"]] == ["sent", "not disclosed"]
