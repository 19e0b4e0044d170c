"""A promise "at an early date": undated and never overdue, then dated, overdue on both desks, fulfilled to both."""

from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.flows.seen import reads, sign, stands
from tests.browser.two_sides import Desk, Form, TwoSides
from tests.gateways.people import DAY_MS

pytestmark = pytest.mark.sockets

HOUR_MS: Final = 3_600_000
TERMS: Final = {"owed_by": "both", "theme": "liaison-officers", "source": "meeting", "valid": "until-fulfilled"}
EARLY: Final = {
    "en": "Liaison officers will be deployed in each other's country at an early date.",
    "ur": "رابطہ افسران جلد ایک دوسرے کے ملک میں تعینات کیے جائیں گے۔",
    "fa": "افسران رابط به‌زودی در کشور یکدیگر مستقر خواهند شد.",
}
DATED: Final = {
    "en": "Liaison officers will be deployed in each other's country by the date named here.",
    "ur": "رابطہ افسران یہاں درج تاریخ تک ایک دوسرے کے ملک میں تعینات کیے جائیں گے۔",
    "fa": "افسران رابط تا تاریخ یادشده در کشور یکدیگر مستقر خواهند شد.",
}
DONE: Final = {
    "en": "The officers took up their posts.",
    "ur": "افسران نے اپنی تعیناتی سنبھال لی۔",
    "fa": "افسران مأموریت خود را آغاز کردند.",
}


def terms(form: Form, texts: dict[str, str]) -> Form:
    """Say who owes what, in every language side by side."""
    for label, member in (("Owed by", "owed_by"), ("Theme", "theme"), ("Source", "source"), ("Valid", "valid")):
        form.choose(label, TERMS[member])
    for number, (code, text) in enumerate(texts.items()):
        if number:
            form.add("Portion")
        form.words(text, code, number)
    return form


def undated(both: TwoSides) -> str:
    """Have both sides sign a promise without a date; gives its reference."""
    us = both.desks[0]
    form = us.begun("commitment", "propose").include("Words used").choose("Words used", "at-an-early-date")
    promise = us.sealed(terms(form.moment("Review", both.now_ms + 30 * DAY_MS), EARLY))
    both.settle()
    for desk in both:
        sign(both, desk, promise, "confirm")
    return promise


def listed(desk: Desk, reference: str) -> Locator:
    """Find a promise in the register."""
    return desk.go("/desk/commitments").locator("li.paper").filter(has_text=reference)


def fulfilled(desk: Desk, reference: str) -> str:
    form = desk.begun("commitment", "fulfil", reference).add("Portion")
    return desk.sealed(form.choose("What it is", "evidence").words(DONE[desk.code], desk.code))


def test_a_promise_at_an_early_date_is_dated_overdue_and_fulfilled(both: TwoSides) -> None:
    us, them = both.desks
    promise = undated(both)
    for desk in both:
        paper = listed(desk, promise)
        early = desk.say("No date: “%(words)s”") % {"words": desk.say("at an early date")}
        expect(paper).to_contain_text(early)
        expect(paper).to_contain_text(desk.say("Promised, not fulfilled yet"))
        reads(paper, EARLY[desk.code], desk.code)
    both.cut()
    dated = us.sealed(terms(us.begun("commitment", "amend", promise).moment("Due", both.now_ms + HOUR_MS), DATED))
    both.waits(us, dated)
    both.restore()
    for desk in (them, us):
        sign(both, desk, dated, "confirm")
    both.later(2 * HOUR_MS)
    for desk in both:
        paper = listed(desk, promise)
        reads(paper, DATED[desk.code], desk.code)
        expect(paper.locator(".tag.bad")).to_have_text(desk.say("Overdue"))
    for desk in both:
        fulfilled(desk, dated)
        both.settle()
    for desk in both:
        stands(desk, promise, "Both sides hold the commitment fulfilled.")
        expect(listed(desk, promise).locator(".tag.good")).to_have_text(desk.say("Fulfilled"))
