"""A notice that the territory guard refuses, and then a consent to it: bounded, by the ministry and two officers.

The line is cut while the consent is given: until it has come over, the guard refuses as before.
"""

from typing import Final

import pytest
from playwright.sync_api import expect

from rabita.line.errors import SENTENCES
from rabita.procedures.territory import ALLOWED
from tests.browser.flows.seen import stands
from tests.browser.flows.texts import EDITION, IRN_SOIL, corners
from tests.browser.two_sides import Desk, Form, TwoSides
from tests.gateways.people import DAY_MS

pytestmark = pytest.mark.sockets

ACROSS: Final = SENTENCES["territory-across"]
CONSENTED: Final = ALLOWED["territory-consented"]
CONSENTS: Final = "{author} consents, within the area and time stated and for nothing else."


def bounded(form: Form, day_ms: int) -> Form:
    """Say where and when."""
    form.area(corners(IRN_SOIL), EDITION)
    return form.moment("Start", day_ms).moment("End", day_ms + DAY_MS)


def refused(desk: Desk, day_ms: int) -> Form:
    """Write a notice of a patrol that reaches over the line: the guard says so, and it cannot be submitted."""
    form = desk.begun("notice", "announce").choose("Kind", "patrol").choose("Formation", "platoon")
    bounded(form.add("Areas").fill("Contact", "duty-room"), day_ms).saved()
    expect(form.page.locator("#found .refuses").filter(has_text=desk.say(ACROSS))).to_have_count(1)
    desk.hand.press(desk.button(form.page, "Submit for review"))
    expect(form.page.locator("#errors")).to_be_focused()
    expect(form.page.locator("#standing")).to_have_text(desk.say("being written"))
    return form


def asked(desk: Desk, day_ms: int) -> str:
    form = desk.begun("notice", "ask consent").choose("Purpose", "rescue")
    return desk.sealed(bounded(form, day_ms))


def consented(desk: Desk, request: str, day_ms: int) -> str:
    """Give the consent: the desk of the foreign ministry and two more officers, each with a passkey."""
    draft = bounded(desk.answers(request, CONSENTS), day_ms).submitted()
    desk.reviewed(draft)
    for name in ("ministry", "releaser"):
        page = desk.released(draft, name)
        expect(page.locator("#outcome")).to_have_text(desk.say("Your approval is noted. It waits for others."))
    return desk.reference(desk.released(draft, "second"))


def test_a_notice_over_the_line_is_refused_until_the_other_side_consents(both: TwoSides) -> None:
    us, them = both.desks
    for name in ("ministry", "second"):
        them.officer(name)
    day_ms = (both.now_ms // DAY_MS + 2) * DAY_MS
    draft = refused(us, day_ms).page.url.partition("#")[2]
    request = asked(us, day_ms)
    both.settle()
    both.cut()
    consent = consented(them, request, day_ms)
    both.waits(them, consent)
    form = us.taken_up(draft).fill("Contact", "border-room").saved()
    expect(form.page.locator("#found .refuses").filter(has_text=us.say(ACROSS))).to_have_count(1)
    both.restore()
    both.arrived(them, consent)
    for desk in both:
        within = "{responder} consents, within the area and time stated, until it revokes."
        stands(desk, request, within, responder=them.party)
    form = us.taken_up(draft).fill("What it answers (references)", consent).saved()
    expect(form.page.locator("#found")).to_contain_text(us.say(CONSENTED))
    expect(form.page.locator("#found .refuses")).to_have_count(0)
    notice = us.sealed(form)
    both.settle()
    them.sealed(them.answers(notice, "{author} acknowledges the notice. This is no consent."))
    both.settle()
    for desk in both:
        stands(desk, notice, "{responder} acknowledged the notice. This is no consent.", responder=them.party)
