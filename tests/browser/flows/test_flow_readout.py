"""One side's public account, answered *concur except* before it is published: the difference stays with the text."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.flows.seen import reads, stands
from tests.browser.two_sides import TwoSides
from tests.gateways.people import DAY_MS

pytestmark = pytest.mark.sockets

ACCOUNT: Final = {
    "en": "Both sides agreed to open a third crossing this year.",
    "ur": "دونوں فریقوں نے اس سال تیسری گزرگاہ کھولنے پر اتفاق کیا۔",
    "fa": "دو طرف توافق کردند امسال گذرگاه سومی گشوده شود.",
}
DIFFERENCE: Final = {
    "en": "We agreed to study a third crossing; no year was named.",
    "ur": "ہم نے تیسری گزرگاہ کا جائزہ لینے پر اتفاق کیا؛ کسی سال کا ذکر نہیں ہوا۔",
    "fa": "ما توافق کردیم گذرگاه سوم بررسی شود؛ از سالی نام برده نشد.",
}
ALL_BUT: Final = "{responder} concurs with the account but for a difference; it is not published yet."
PUBLISHED: Final = "{opener} published its account; the difference that {responder} stated is on record with it."


def test_an_account_is_published_with_the_difference_on_record(both: TwoSides) -> None:
    us, them = both.desks
    form = us.begun("readout", "offer").choose("Of", "meeting").words(ACCOUNT[us.code], us.code)
    form.moment("Start", both.now_ms - DAY_MS).moment("End", both.now_ms - DAY_MS)
    offer = us.sealed(form)
    both.settle()
    reads(them.entry(offer), ACCOUNT[us.code], us.code)
    both.cut()
    form = them.begun("readout", "concur-except", offer).tick("what was agreed")
    answer = them.sealed(form.words(DIFFERENCE[them.code], them.code))
    both.waits(them, answer)
    stands(
        us,
        offer,
        "{opener} showed {responder} an account that it means to publish; {responder} has not answered.",
        opener=us.party,
        responder=them.party,
    )
    both.restore()
    stands(us, offer, ALL_BUT, responder=them.party)
    page = us.entry(answer)
    expect(page.locator("#main")).to_contain_text(us.say("what was agreed"))
    reads(page, DIFFERENCE[them.code], them.code)
    us.sealed(us.answers(offer, "{author} published the account {offer}.").moment("At", both.now_ms))
    both.settle()
    for desk in both:
        stands(desk, offer, PUBLISHED, opener=us.party, responder=them.party)
