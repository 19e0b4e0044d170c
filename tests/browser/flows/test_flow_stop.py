"""A stop request from one key press to *have complied*: it rings on the other side until it is answered.

The side that asks is the second one here, so that what is written in Urdu is read by an officer who reads Persian. The
line is cut before *have complied*.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.flows.seen import stands
from tests.browser.flows.texts import STOP
from tests.browser.two_sides import Desk, TwoSides

pytestmark = pytest.mark.sockets


def asked(desk: Desk) -> str:
    """Ask from the watch: one key leads to the request, Enter begins it; what it says beside its words is there."""
    desk.watches()
    window = desk.officer("drafter").window
    window.press("!")
    begins = desk.button(window.page, "Begin this draft")
    expect(begins).to_be_focused()
    window.press("Enter")
    form = desk.form(window.page)
    expect(form.labelled("Precedence")).to_have_value("FLASH")
    expect(form.labelled("What")).to_have_value("all")
    return desk.sealed(form.add("Portion").words(STOP[desk.code], desk.code))


def answered(desk: Desk, reference: str) -> str:
    """Answer what rings on the watch: in its case, which it leads to."""
    page = desk.officer("drafter").page
    ring = page.locator("#rings .ring").filter(has_text=reference)
    expect(ring).to_contain_text(desk.say("say that it will comply, or cannot"))
    desk.hand.press(ring.get_by_role("link", name=desk.say("Open the case")))
    page.wait_for_url("**/desk/case/*")
    desk.hand.press(page.get_by_role("button", name=desk.sentence("{author} will comply.")))
    form = desk.form(page)
    expect(form.labelled("Precedence")).to_have_value("FLASH")
    return desk.sealed(form)


def test_a_stop_request_rings_until_it_is_answered_and_is_complied_with(both: TwoSides) -> None:
    them, us = both.desks
    page = them.watches()
    expect(page.locator("#rings .ring")).to_have_count(0)
    request = asked(us)
    expect(page.locator("#rings")).to_contain_text(request)
    expect(page.locator("#alarm")).not_to_be_empty()
    them.sees_words(request, STOP[us.code], us.code)
    them.watches()
    answered(them, request)
    expect(them.watches().locator("#rings .ring")).to_have_count(0)
    both.settle()
    stands(us, request, "{responder} will comply with the stop request.", responder=them.party)
    both.cut()
    done = them.sealed(them.answers(request, "{author} has complied."))
    both.waits(them, done)
    page = us.entry(request)
    expect(page.locator("#receipts")).to_contain_text(us.say("Not complied with yet"))
    both.restore()
    both.arrived(them, done)
    for desk in both:
        stands(desk, request, "{responder} has stopped, and waits until the request is lifted.", responder=them.party)
    expect(us.entry(request).locator("#receipts")).to_contain_text(us.say("Complied with"))
